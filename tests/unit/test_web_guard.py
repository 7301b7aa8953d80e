"""What is refused before any route sees it."""

from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from service.web.failures import Failures
from service.web.guard import Guard

LIMIT = 1000


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


def client_of(app: ASGIApp, url: str = "http://testserver") -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=url)


def guarded(*hosts: str) -> ASGIApp:
    return Failures(Guard(echo, max_body_bytes=LIMIT, allowed_hosts=hosts))


async def in_chunks(size: int, count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"x" * size


async def test_a_body_passes_up_to_the_limit() -> None:
    async with client_of(guarded()) as client:
        answer = await client.post("/", content=b"x" * LIMIT)
        assert answer.content == b"x" * LIMIT
        answer = await client.post("/", content=in_chunks(100, 10))
        assert answer.content == b"x" * LIMIT
        assert (await client.get("/")).content == b""


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_larger_body_is_refused(chunked: bool) -> None:
    async with client_of(guarded()) as client:
        content = in_chunks(100, 11) if chunked else b"x" * (LIMIT + 1)
        answer = await client.post("/", content=content)
    assert answer.status_code == 413
    assert answer.json()["code"] == "body_too_large"
    assert answer.headers["connection"] == "close"


@pytest.mark.parametrize(
    "host", ["example.org", "example.org:8000", "127.0.0.1:80", "[::1]:8000", "[fe80::1]", "a_b-c.d", "%C3%A9.example"]
)
async def test_hosts_of_correct_syntax_are_answered(host: str) -> None:
    async with client_of(guarded()) as client:
        assert (await client.get("/", headers={"host": host})).status_code == 200


@pytest.mark.parametrize("host", ["", "a b", "a/b", "user@a", "a:b", "[::1", "a,b", "a:123456", "é", "x" * 300])
async def test_other_hosts_are_not(host: str) -> None:
    async with client_of(guarded()) as client:
        answer = await client.get("/", headers={b"host": host.encode()})
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_host"


async def test_two_hosts_are_not() -> None:
    async with client_of(guarded()) as client:
        answer = await client.get("/", headers=[("host", "a"), ("host", "b")])
    assert answer.status_code == 400


async def test_a_list_of_hosts_is_heeded_but_by_probes() -> None:
    async with client_of(guarded("papers.example", "*.lab.example")) as client:
        statuses = {
            host: (await client.get("/v1/papers", headers={"host": host})).status_code
            for host in ("papers.example", "Papers.Example:443", "a.lab.example", "lab.example", "other.example")
        }
        assert statuses == {
            "papers.example": 200,
            "Papers.Example:443": 200,
            "a.lab.example": 200,
            "lab.example": 400,
            "other.example": 400,
        }
        assert (await client.get("/healthz", headers={"host": "10.0.0.7:8000"})).status_code == 200


async def test_what_nobody_foresaw_is_masked(caplog: pytest.LogCaptureFixture) -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("password=secret")

    async with client_of(Failures(broken)) as client:
        answer = await client.get("/", headers={"x-request-id": "abc-1"})
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal_error"
    assert answer.json()["request_id"] == "abc-1"
    assert "secret" not in answer.text
    (record,) = caplog.records
    assert record.__dict__["request_id"] == "abc-1"
    assert record.exc_info is not None

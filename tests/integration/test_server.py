"""The HTTP server over real sockets: what a client library hides."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from service.app import create_app
from service.errors import SetupError
from service.settings import Settings
from service.web import guard, protocol
from service.web.routing import NamedRoute
from service.web.server import listen, serve
from tests.serving import serve_live

# The longest wait for what comes at once on a machine that has nothing else to do.
PATIENCE = 30.0


@pytest_asyncio.fixture(scope="module")
async def address(loaded_dsn: str, settings: Settings) -> AsyncIterator[str]:
    settings = replace(settings, port=0)
    async with serve_live(create_app(settings, loaded_dsn), settings) as url:
        yield url


async def send(address: str, *parts: bytes, pause: float = 0.0) -> bytes:
    """All that comes back over a new connection until the server closes it."""
    url = httpx.URL(address)
    reader, writer = await asyncio.open_connection(url.host, url.port)
    try:
        for part in parts:
            writer.write(part)
            await asyncio.sleep(pause)
        return await asyncio.wait_for(reader.read(), PATIENCE)
    finally:
        writer.close()


def read_problem(answer: bytes) -> tuple[int, str]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"application/problem+json" in head
    return int(head.split()[1]), json.loads(body)["code"]


def head(*lines: str) -> bytes:
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode()


async def test_head_is_get_without_the_body(address: str) -> None:
    async with httpx.AsyncClient(base_url=address) as client:
        for path in ("/v1/papers?limit=2", "/v1/stats", "/", "/v1/nothing"):
            got, headed = await client.get(path), await client.head(path)
            assert headed.content == b""
            assert headed.status_code == got.status_code
            assert headed.headers.get("etag") == got.headers.get("etag")
            if got.status_code == 200:
                assert headed.headers["content-length"] == str(len(got.content))


async def test_names_nobody_but_itself(address: str) -> None:
    async with httpx.AsyncClient(base_url=address) as client:
        assert "server" not in (await client.get("/healthz")).headers


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        (head("GET /v1/papers?q=" + "a" * 50_000 + " HTTP/1.1", "Host: a"), 414, "address_too_long"),
        (head("GET /healthz HTTP/1.1", "Host: a", "X: " + "a" * 70_000), 431, "headers_too_large"),
        (head("GET /healthz HTTP/1.1", "Host: a", "X: " + "a" * 1_000_000), 431, "headers_too_large"),
        (head("GET /healthz HTTP/1.1", "Host: a", *(f"X{n}: 1" for n in range(120))), 431, "headers_too_large"),
        (head("GARBAGE"), 400, "invalid_request"),
        (head("GET /healthz HTTP/1.1"), 400, "invalid_host"),
        (head("GET /healthz HTTP/1.1", "Host: a", "Host: b"), 400, "invalid_host"),
        (
            head("POST /v1/papers/batch HTTP/1.1", "Host: a", "Content-Length: 3", "Transfer-Encoding: chunked") + b"0",
            400,
            "invalid_request",
        ),
        (
            head("POST /v1/papers/batch HTTP/1.1", "Host: a", "Content-Length: 3", "Content-Length: 4") + b"abc",
            400,
            "invalid_request",
        ),
        (head("GET /v1/papers?q=a%00 HTTP/1.1", "Host: a"), 400, "invalid_parameter"),
        (head("GET /v1/papers?q=%FF HTTP/1.1", "Host: a"), 400, "invalid_parameter"),
        (b"GET /v1/papers?q=\xff HTTP/1.1\r\nHost: a\r\n\r\n", 400, "invalid_request"),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_what_is_refused(address: str, request_: bytes, status: int, code: str) -> None:
    assert read_problem(await send(address, request_)) == (status, code)


async def test_an_old_client_needs_no_host(address: str) -> None:
    assert (await send(address, b"GET /healthz HTTP/1.0\r\n\r\n")).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_client_that_sends_too_much_can_read_why(address: str, chunked: bool) -> None:
    """Closing at once would reset the connection under a client that is still sending."""
    content = b"x" * 3_000_000

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(content), 50_000):
            yield content[start : start + 50_000]

    async with httpx.AsyncClient(base_url=address) as client:
        answer = await client.post("/v1/papers/batch", content=chunks() if chunked else content)
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


async def test_half_a_request_is_not_waited_for_for_ever(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "_HEAD_SECONDS", 0.3)
    started = asyncio.get_running_loop().time()
    answers = await asyncio.gather(
        send(address), send(address, b"GET /healthz HT"), send(address, b"GET /healthz HTTP/1.1\r\nHost: a\r\n")
    )
    assert list(answers) == [b"", b"", b""]
    assert asyncio.get_running_loop().time() - started < 8


@pytest.mark.parametrize("path", ["/v1/papers/batch", "/graphql", "/v1/nothing"])
@pytest.mark.parametrize("framing", ["Content-Length: 9", "Transfer-Encoding: chunked"])
async def test_half_a_body_is_not_waited_for_for_ever(
    address: str, monkeypatch: pytest.MonkeyPatch, path: str, framing: str
) -> None:
    monkeypatch.setattr(guard, "_BODY_SECONDS", 0.3)
    monkeypatch.setattr(guard, "_DRAIN_SECONDS", 0.1)
    request = f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n{framing}\r\n\r\n1".encode()
    assert read_problem(await send(address, request)) == (408, "request_timeout")


@pytest.mark.parametrize(
    "body",
    [
        "Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\na",
        "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nContent-Length: 9\r\n\r\n",
        "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    ],
    ids=["size", "overflow", "trailer", "coding"],
)
@pytest.mark.parametrize("pause", [0, 0.1])
async def test_a_body_that_is_no_http_is_refused(address: str, body: str, pause: float) -> None:
    begin, end = f"POST /v1/papers/batch HTTP/1.1\r\nHost: a\r\n{body}".encode().split(b"\r\n\r\n", 1)
    answer = await send(address, begin + b"\r\n\r\n", end, pause=pause)
    assert read_problem(answer) == (400, "invalid_request")
    assert answer.count(b"HTTP/1.1") == 1


async def test_an_empty_line_does_not_keep_a_connection_open(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "_HEAD_SECONDS", 0.5)
    started = asyncio.get_running_loop().time()
    assert b"200 OK" in await send(address, b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", b"\r\n", pause=0.1)
    assert asyncio.get_running_loop().time() - started < 8


async def test_a_slow_answer_is_not_cut_by_the_deadline_of_its_request(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "_HEAD_SECONDS", 0.5)
    request = b"POST /v1/papers/batch HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nConnection: close\r\n\r\n"
    answer = await send(address, request, b"{", b"}", pause=0.8)
    assert answer.startswith(b"HTTP/1.1 415")


async def test_a_connection_serves_several_requests(address: str) -> None:
    one = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
    answer = await send(address, one + one, head("GET /healthz HTTP/1.1", "Host: a"), pause=0.05)
    assert answer.count(b'{"status":"ok"}') == 3


def slow_app(settings: Settings, dsn: str, begun: asyncio.Event, end: asyncio.Event) -> Starlette:
    async def answer_slowly(_request: Request) -> Response:
        begun.set()
        await end.wait()
        return Response("done")

    app = create_app(settings, dsn)
    app.router.routes.append(NamedRoute("/slow", answer_slowly))
    return app


async def refuses_connections(port: int) -> None:
    """Returns when nobody listens there any more."""
    # Refused, or reset: what stood in the queue of the listener when it closed.
    with contextlib.suppress(ConnectionError):
        while True:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            await asyncio.sleep(0.01)


async def test_requests_in_flight_are_answered_and_new_ones_refused(loaded_dsn: str, settings: Settings) -> None:
    settings = replace(settings, port=0, shutdown_timeout=PATIENCE)
    begun, end, ready, stop = asyncio.Event(), asyncio.Event(), asyncio.Event(), asyncio.Event()
    listener = listen(settings)
    port = listener.getsockname()[1]
    app = slow_app(settings, loaded_dsn, begun, end)
    serving = asyncio.create_task(serve(app, settings, [listener], on_ready=ready.set, stop=stop, logs=False))
    await ready.wait()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE) as client:
        slow = asyncio.create_task(client.get("/slow"))
        await begun.wait()
        stop.set()
        await asyncio.wait_for(refuses_connections(port), PATIENCE)
        end.set()
        assert (await slow).text == "done"
    await asyncio.wait_for(serving, PATIENCE)
    assert app.state.database is None


async def test_an_address_in_use_is_said_in_one_line(settings: Settings) -> None:
    with listen(replace(settings, port=0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SetupError, match=f"127.0.0.1 port {port}: Address already in use"):
            listen(replace(settings, port=port))
    with pytest.raises(SetupError, match=r"no\.such\.host\.invalid"):
        listen(replace(settings, host="no.such.host.invalid", port=0))


async def test_what_cannot_start_says_so(settings: Settings) -> None:
    with pytest.raises(SetupError, match="did not start"):
        await serve(create_app(settings), replace(settings, port=0), logs=False)


async def test_who_reads_nothing_is_given_up(
    settings: Settings, loaded_dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "_STALL_SECONDS", 0.3)
    settings = replace(settings, port=0)

    async def answer_much(_request: Request) -> Response:
        return Response(bytes(30_000_000))

    app = create_app(settings, loaded_dsn)
    app.router.routes.append(NamedRoute("/much", answer_much))
    async with serve_live(app, settings) as url:
        _, writer = await asyncio.open_connection(httpx.URL(url).host, httpx.URL(url).port, limit=1)
        writer.write(b"GET /much HTTP/1.1\r\nHost: a\r\n\r\n")
        async with asyncio.timeout(PATIENCE):
            with pytest.raises(ConnectionError):
                while True:
                    writer.write(b"\r\n")
                    await writer.drain()
                    await asyncio.sleep(0.05)
        # One that reads is answered in full.
        async with httpx.AsyncClient(base_url=url) as client:
            assert len((await client.get("/much")).content) == 30_000_000


async def test_who_has_gone_is_not_worked_for(
    settings: Settings, loaded_dsn: str, caplog: pytest.LogCaptureFixture
) -> None:
    settings = replace(settings, port=0)
    begun, ended = asyncio.Event(), asyncio.Event()

    async def answer_never(_request: Request) -> Response:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()
        return Response()

    app = create_app(settings, loaded_dsn)
    app.router.routes.append(NamedRoute("/never", answer_never))
    async with serve_live(app, settings) as url:
        _, writer = await asyncio.open_connection(httpx.URL(url).host, httpx.URL(url).port)
        writer.write(b"GET /never HTTP/1.1\r\nHost: a\r\n\r\n")
        await asyncio.wait_for(begun.wait(), PATIENCE)
        writer.close()
        await asyncio.wait_for(ended.wait(), PATIENCE)
        # Several at once, and gone.
        _, writer = await asyncio.open_connection(httpx.URL(url).host, httpx.URL(url).port)
        writer.write(b"GET /v1/papers HTTP/1.1\r\nHost: a\r\n\r\n" * 20)
        writer.close()
        await asyncio.sleep(0.5)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]

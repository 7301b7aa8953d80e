"""REST when the database is away, empty, or not the one this version needs."""

from collections.abc import AsyncIterator
from dataclasses import replace

import asyncpg
import httpx
import pytest
import pytest_asyncio
from starlette.requests import Request
from starlette.responses import Response

from service.app import create_app
from service.errors import SetupError
from service.settings import Settings
from service.web.routing import NamedRoute
from tests.conftest import run_app

# Nothing listens on the discard port.
NOWHERE = "postgresql://somebody:sesame@127.0.0.1:9/nothing"


@pytest_asyncio.fixture
async def alone(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async with run_app(create_app(settings, NOWHERE)) as client:
        yield client


@pytest.mark.parametrize("path", ["/v1/papers", "/v1/papers/arxiv:2301.05005", "/v1/stats", "/v1/repos", "/readyz"])
async def test_no_database_is_503(alone: httpx.AsyncClient, path: str) -> None:
    answer = await alone.get(path)
    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
    assert int(answer.headers["retry-after"]) >= 1
    assert "sesame" not in answer.text


async def test_what_needs_no_database_works(alone: httpx.AsyncClient) -> None:
    for path in ("/healthz", "/metrics", "/openapi.yaml", "/"):
        assert (await alone.get(path)).status_code == 200
    assert (await alone.get("/v1/papers?limit=0")).status_code == 400
    scraped = (await alone.get("/metrics")).text
    assert "colophon_schema_version" not in scraped
    assert "colophon_build_info" in scraped


async def test_an_empty_database_answers(settings: Settings, dsn: str) -> None:
    async with run_app(create_app(settings, dsn)) as client:
        page = (await client.get("/v1/papers")).json()
        assert page == {
            "items": [],
            "total": {"value": 0, "relation": "eq"},
            "next_cursor": None,
            "facets": None,
            "applied": {"query": None, "mode": "all", "sort": "-published", "dropped": []},
        }
        assert (await client.get("/v1/models")).json()["items"] == []
        assert (await client.get("/v1/stats")).json()["updated_at"] is None


async def test_another_schema_is_not_ready(settings: Settings, dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute("DELETE FROM schema_migrations WHERE number = (SELECT max(number) FROM schema_migrations)")
    await connection.close()
    async with run_app(create_app(settings, dsn)) as client:
        answer = await client.get("/readyz")
        assert (answer.status_code, answer.json()["code"]) == (503, "schema_mismatch")
        assert (await client.get("/healthz")).status_code == 200


async def test_a_database_that_comes_back_needs_no_restart(settings: Settings, dsn: str) -> None:
    async with run_app(create_app(settings, dsn)) as client:
        assert (await client.get("/v1/papers")).status_code == 200
        connection = await asyncpg.connect(dsn)
        await connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
        await connection.close()
        assert (await client.get("/v1/papers")).status_code == 200


async def test_what_nobody_foresaw_is_masked(settings: Settings, dsn: str) -> None:
    async def fail(_request: Request) -> Response:
        raise RuntimeError("sesame")

    app = create_app(settings, dsn)
    app.router.routes.append(NamedRoute("/fail", fail))
    async with run_app(app) as client:
        answer = await client.get("/fail", headers={"origin": "https://example.org"})
        assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
        assert "sesame" not in answer.text
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["x-content-type-options"] == "nosniff"
        scraped = (await client.get("/metrics")).text
    assert 'route="/fail",status="500"' in scraped


async def test_origins_may_be_few_or_none(settings: Settings, dsn: str) -> None:
    some = replace(settings, cors_origins=("https://a.example",))
    async with run_app(create_app(some, dsn)) as client:
        for origin, allowed in (("https://a.example", "https://a.example"), ("https://b.example", None)):
            answer = await client.get("/healthz", headers={"origin": origin})
            assert answer.headers.get("access-control-allow-origin") == allowed
    async with run_app(create_app(replace(settings, cors_origins=()), dsn)) as client:
        answer = await client.get("/healthz", headers={"origin": "https://a.example"})
        assert "access-control-allow-origin" not in answer.headers


async def test_an_application_without_a_database_does_not_start(settings: Settings) -> None:
    app = create_app(replace(settings, database_url=None))
    with pytest.raises(SetupError, match="DATABASE_URL"):
        async with app.router.lifespan_context(app):
            pass

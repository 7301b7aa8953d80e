"""What operators and programs ask of the service itself: alive, ready, figures, metrics, the contract."""

import asyncio
from functools import cache

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from service import SCHEMA_DIR
from service.errors import ApiError, Unavailable
from service.migrate import SCHEMA_VERSION, read_schema_version
from service.queries.loads import fetch_load_figures
from service.queries.stats import fetch_stats
from service.rest.operations import Operation, Values
from service.web.answers import answer
from service.web.metrics import MEDIA_TYPE, Metrics
from service.web.requests import find_database

# Probes and scrapers wait for seconds at most.
_PROBE_SECONDS = 2.0
_NO_STORE = {"cache-control": "no-store"}


async def get_health(_request: Request, _values: Values) -> Response:
    return Response(b'{"status":"ok"}', media_type="application/json", headers=_NO_STORE)


async def get_readiness(request: Request, _values: Values) -> Response:
    try:
        async with asyncio.timeout(_PROBE_SECONDS):
            version = await read_schema_version(find_database(request))
    except TimeoutError:
        raise Unavailable("The database does not answer.") from None
    if version != SCHEMA_VERSION:
        raise Unavailable(
            f"The database's schema has version {version}; this service needs {SCHEMA_VERSION}.",
            code="schema_mismatch",
            hint="An operator has to run: colophon migrate",
        )
    body = msgspec.json.encode({"status": "ready", "schema_version": version})
    return Response(body, media_type="application/json", headers=_NO_STORE)


async def get_stats(request: Request, _values: Values) -> Response:
    return answer(request, await fetch_stats(find_database(request)))


async def get_metrics(request: Request, _values: Values) -> Response:
    """What the database knows is left out while it cannot be asked: a scrape must work most of all then."""
    gauges: list[tuple[str, str, float]] = []
    try:
        async with asyncio.timeout(_PROBE_SECONDS):
            database = find_database(request)
            version = await read_schema_version(database)
            gauges.append(("colophon_schema_version", "The last migration applied.", version or 0))
            gauges += await fetch_load_figures(database)
    except (ApiError, TimeoutError):
        pass
    metrics: Metrics = request.app.state.metrics
    return Response(metrics.render(gauges), media_type=MEDIA_TYPE, headers=_NO_STORE)


async def get_contract(request: Request, _values: Values) -> Response:
    return answer(request, _read_contract(), "application/yaml")


@cache
def _read_contract() -> bytes:
    return (SCHEMA_DIR / "openapi.yaml").read_bytes()


OPERATIONS = (
    Operation("GET", "/v1/stats", "getStats", "What is in the database, in figures", get_stats, schema="Stats"),
    Operation(
        "GET",
        "/healthz",
        "getHealth",
        "Whether the process lives",
        get_health,
        schema="Health",
        needs_database=False,
        has_etag=False,
    ),
    Operation(
        "GET",
        "/readyz",
        "getReadiness",
        "Whether requests can be answered",
        get_readiness,
        "The database answers and has the schema of this version.",
        schema="Readiness",
        has_etag=False,
    ),
    Operation(
        "GET",
        "/metrics",
        "getMetrics",
        "Metrics for Prometheus",
        get_metrics,
        media_type="text/plain",
        needs_database=False,
        has_etag=False,
    ),
    Operation(
        "GET",
        "/openapi.yaml",
        "getContract",
        "This contract",
        get_contract,
        media_type="application/yaml",
        needs_database=False,
    ),
)

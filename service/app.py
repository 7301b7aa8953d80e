"""Where everything is put together: routes, middleware, the database's life."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response

from service.database import Database
from service.errors import NotFound, SetupError
from service.graphql.view import GraphQL
from service.rest.routes import build_routes
from service.settings import Settings
from service.web.failures import Failures
from service.web.guard import Guard
from service.web.metrics import Metrics
from service.web.observe import Observe
from service.web.problems import answer_problem
from service.web.requests import read_request_id
from service.web.routing import NamedRoute

# What scripts of other origins may read and send besides what the Fetch standard always allows.
_EXPOSED = ("etag", "link", "location", "retry-after", "x-request-id")
_ALLOWED = ("content-type", "if-none-match", "x-request-id")


def create_app(settings: Settings, dsn: str | None = None) -> Starlette:
    """The whole service as an ASGI application.

    dsn: the database; settings.database_url if None. It is opened and closed by the lifespan, which raises
    SetupError when there is neither. state.settings, state.metrics and, once started, state.database.
    """
    metrics = Metrics()
    graphql = GraphQL(settings)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        address = dsn or settings.database_url
        if address is None:
            raise SetupError("There is no database: set DATABASE_URL, or use: colophon serve")
        database = await Database.open(address, settings, read_only=True)
        database.observers.append(metrics.observe_statement)
        end_watch = metrics.watch_pools(database.pool_states)
        app.state.database = database
        try:
            yield
        finally:
            app.state.database = None
            end_watch()
            await database.close()

    app = Starlette(
        routes=[
            *build_routes(),
            NamedRoute("/graphql", graphql),
            NamedRoute("/graphql/assets/{name}", graphql),
        ],
        middleware=[
            Middleware(Observe, metrics=metrics),
            *_allow_origins(settings),
            Middleware(Failures),
            Middleware(Guard, max_body_bytes=settings.max_body_bytes, allowed_hosts=settings.allowed_hosts),
        ],
        exception_handlers={HTTPException: _answer_unrouted},
        lifespan=lifespan,
    )
    # A path with a slash too many is another path; guessing would hide the mistake.
    app.router.redirect_slashes = False
    app.state.settings = settings
    app.state.metrics = metrics
    return app


def _allow_origins(settings: Settings) -> list[Middleware]:
    if not settings.cors_origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=("GET", "HEAD", "POST", "OPTIONS"),
            allow_headers=_ALLOWED,
            expose_headers=_EXPOSED,
        )
    ]


async def _answer_unrouted(request: Request, error: Exception) -> Response:
    """Starlette raises HTTPException only for a path that no route has."""
    if not isinstance(error, HTTPException) or error.status_code != NotFound.status:
        raise error
    return answer_problem(
        NotFound("There is nothing at this address.", hint="/openapi.yaml lists what there is."),
        read_request_id(request.scope),
    )

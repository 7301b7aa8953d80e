"""`colophon serve`: the service, on a database of its own where none is given."""

import logging
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Annotated

import typer

from service.commands.load import check_files, load_shown, show_report
from service.errors import ServerUnreachable
from service.settings import Settings

_log = logging.getLogger("colophon.serve")
_TO_TRY = (
    ("/", "what this is"),
    ("/v1/papers?q=language+model", "papers with these words"),
    ("/v1/papers?model=llama", "papers that mention a model"),
    ("/v1/repos", "repositories that papers link"),
    ("/graphql", "GraphQL"),
    ("/openapi.yaml", "the REST contract"),
)


def serve(
    host: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Address to listen on. By default COLOPHON_HOST, 127.0.0.1.")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(metavar="N", min=0, max=65535, help="Port; 0: any free one. By default COLOPHON_PORT, 8000."),
    ] = None,
    load: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="Load this file first. Repeatable.", callback=check_files),
    ] = None,
    sample: Annotated[
        bool | None,
        typer.Option(
            help="Load the sample first when the database is empty. By default only on the embedded server.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Serve REST and GraphQL until SIGTERM or Ctrl-C.

    With DATABASE_URL on that PostgreSQL, which `colophon migrate` has prepared; without, on an embedded one, which
    is started, migrated and, when empty, given a sample. Requests in flight are answered before it ends.

    \b
    Examples:
      colophon serve
      colophon serve --port 9000 --load papers.jsonl
    """
    from service.commands.running import run

    settings = Settings.from_env()
    settings = replace(
        settings,
        host=settings.host if host is None else host,
        port=settings.port if port is None else port,
    )
    wants_sample = settings.database_url is None if sample is None else sample
    run(_serve(settings, load or [], wants_sample))


async def _serve(settings: Settings, files: list[str], wants_sample: bool) -> None:
    from service.app import create_app
    from service.web.server import listen
    from service.web.server import serve as serve_app

    # Says at once that the port is taken. Closed again: until all is loaded, clients are to be refused.
    listen(settings).close()
    async with _find_database(settings, may_be_down=not files and not wants_sample) as (dsn, failure):
        await _fill(dsn, settings, files, wants_sample)
        listener = listen(settings)
        app = create_app(settings, dsn)
        try:
            await serve_app(app, settings, [listener], on_ready=lambda: _announce(settings, listener, failure))
        finally:
            # A second signal must not keep the embedded server from being stopped.
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: None)


@asynccontextmanager
async def _find_database(settings: Settings, may_be_down: bool) -> AsyncIterator[tuple[str, ServerUnreachable | None]]:
    """As migrate.prepared; but a server of DATABASE_URL that is down may come up while we serve, and is yielded with
    the failure."""
    from service.migrate import prepared

    async with AsyncExitStack() as stack:
        failure = None
        try:
            dsn = await stack.enter_async_context(prepared(settings))
        except ServerUnreachable as error:
            if settings.database_url is None or not may_be_down:
                raise
            dsn, failure = settings.database_url, error
        yield dsn, failure


async def _fill(dsn: str, settings: Settings, files: list[str], wants_sample: bool) -> None:
    if not files and not wants_sample:
        return
    from service.ingest.run import is_empty, load_sample

    if files:
        show_report(await load_shown(dsn, settings, files), err=True)
    if wants_sample and await is_empty(dsn, settings):
        await load_sample(dsn, settings)


def _announce(settings: Settings, listener: socket.socket, failure: ServerUnreachable | None) -> None:
    """Where to look, for people on a terminal, for others a log line."""
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not listened on
        host = "localhost"
    base = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    if failure is not None:
        _log.warning("database_unreachable", extra={"reason": str(failure)})
    if settings.log_format == "console" or (settings.log_format == "auto" and sys.stdout.isatty()):
        lines = [f"  {base + path:<{len(base) + 32}}{what}" for path, what in _TO_TRY]
        typer.echo("\n".join(["Colophon is ready:", *lines, "Ctrl-C ends it."]))
    else:
        _log.info("ready", extra={"url": base, "try": [base + path for path, _ in _TO_TRY]})

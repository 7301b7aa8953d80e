"""`colophon migrate`: bring the database's schema to this version's."""

import json as json_module
from contextlib import AbstractContextManager, nullcontext
from typing import Annotated

import typer

from service.settings import Settings


def migrate(
    json: Annotated[bool, typer.Option("--json", help='{"version": 3, "applied": [...]}')] = False,
) -> None:
    """Bring the database to the schema of this version.

    Applies the migrations that DATABASE_URL (or, unset, the embedded server) lacks, each in its own transaction.
    A second process waits for the first. A database that is ahead, or whose migrations differ, is left alone.

    \b
    Example:
      DATABASE_URL=postgresql://colophon@db.example/colophon colophon migrate
    """
    from service.commands.running import run
    from service.migrate import SCHEMA_VERSION

    settings = Settings.from_env()
    applied = run(_migrate(settings, quiet=json))
    if json:
        typer.echo(json_module.dumps({"version": SCHEMA_VERSION, "applied": applied}))
    elif not applied:
        typer.echo(f"The schema is at version {SCHEMA_VERSION}; nothing to do.")


async def _migrate(settings: Settings, quiet: bool) -> list[str]:
    from service.migrate import migrate as apply_migrations

    with _find_server(settings) as dsn:
        return await apply_migrations(dsn, settings, None if quiet else lambda name: typer.echo(f"applied {name}"))


def _find_server(settings: Settings) -> AbstractContextManager[str]:
    if settings.database_url is not None:
        return nullcontext(settings.database_url)
    from service.embedded import attach

    return attach(settings.data_dir)

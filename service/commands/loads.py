"""`colophon loads`: what was loaded, and what became of it."""

import json as json_module
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from service.commands.screen import on_terminal, say, shown
from service.settings import Settings

_COUNTS = ("created", "updated", "unchanged", "merged", "rejected")
_MOST = 1_000


def loads(
    limit: Annotated[int, typer.Option(metavar="N", min=1, max=_MOST, help="As many, the newest first.")] = 20,
    *,
    json: Annotated[bool, typer.Option("--json", help="One JSON object, with the counts of each file.")] = False,
) -> None:
    """List loads, the newest first: number, when, counts and files.

    A load that did not finish still runs or was broken off; loading its files again goes on from there.

    \b
    Examples:
      colophon loads
      colophon loads --limit 1 --json | jq '.loads[0].files'
    """
    from service.commands.running import run

    found = run(_fetch(Settings.from_env(), limit))
    if json:
        typer.echo(json_module.dumps({"loads": found}, ensure_ascii=False))
    elif not found:
        say("Nothing was loaded yet.")
    elif on_terminal():
        _print(found)
    else:
        for cells in _list_cells(found):
            typer.echo("\t".join(cells))


async def _fetch(settings: Settings, limit: int) -> list[dict[str, Any]]:
    from service.database import Database
    from service.migrate import prepared
    from service.queries.loads import fetch_loads

    async with prepared(settings) as dsn:
        database = await Database.open(dsn, settings, read_only=True)
        try:
            return await fetch_loads(database, limit)
        finally:
            await database.close()


def _list_cells(found: list[dict[str, Any]]) -> Iterator[tuple[str, ...]]:
    for load in found:
        begun, ended = (moment and moment[:19] + "Z" for moment in (load["started_at"], load["finished_at"]))
        files = [shown(file["file"]) + (" (not to its end)" if file["error"] else "") for file in load["files"]]
        counts = (f"{load[name]}" for name in _COUNTS)
        yield str(load["id"]), begun, ended or "not finished", *counts, ", ".join(files)


def _print(found: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for name in ("id", "started", "finished", *_COUNTS):
        table.add_column(name, justify="right" if name in ("id", *_COUNTS) else "left")
    table.add_column("files", overflow="fold")
    for cells in _list_cells(found):
        table.add_row(*map(Text, cells))
    Console(highlight=False).print(table)

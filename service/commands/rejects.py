"""`colophon rejects`: what loads left out, and why."""

import json as json_module
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.commands.screen import say, shown
from service.errors import SetupError
from service.settings import Settings

if TYPE_CHECKING:
    from service.ingest.record import Reject

OnRejects = Callable[[Sequence["Reject"]], None]


def rejects(
    load: Annotated[
        int | None, typer.Option(metavar="ID", min=1, help="As colophon loads shows it; by default the last.")
    ] = None,
    *,
    json: Annotated[bool, typer.Option("--json", help="One JSON object, with the entries as they stand.")] = False,
) -> None:
    """Show what a load left out, where, and why.

    \b
    Examples:
      colophon rejects
      colophon rejects --load 7 --json | jq -r '.rejects[].entry'
    """
    from service.commands.running import run

    found = run(_fetch(Settings.from_env(), load))
    if found is None:
        raise SetupError("Nothing was loaded yet." if load is None else f"There is no load {load}; colophon loads.")
    if json:
        typer.echo(json_module.dumps(found, ensure_ascii=False))
        return
    for one in found["rejects"]:
        typer.echo(place_reject(shown(one["file"]), one["line"], one["number"], one["reason"], one["hint"]))
    more = found["rejected"] - len(found["rejects"])
    if more:
        say(f"{more:,} more were rejected than are kept (COLOPHON_MAX_REJECTS).")
    elif not found["rejected"]:
        say(f"Load {found['load']} rejected nothing.")


async def _fetch(settings: Settings, load: int | None) -> dict[str, Any] | None:
    from service.database import Database
    from service.migrate import prepared
    from service.queries.loads import fetch_rejects

    async with prepared(settings) as dsn:
        database = await Database.open(dsn, settings, read_only=True)
        try:
            return await fetch_rejects(database, load)
        finally:
            await database.close()


def place_reject(name: str, line: int | None, number: int, reason: str, hint: str | None) -> str:
    """A reject as a line for people. name: of its file, as it may be shown."""
    # The file as a whole has neither line nor number.
    place = f"{name}:{line}" if line else f"{name}, entry {number}" if number else name
    return f"{place}: {shown(_as_sentence(reason, hint))}"


def _as_sentence(reason: str, hint: str | None) -> str:
    if hint is None:
        return reason
    # Some hints go on, others are sentences of their own.
    return f"{reason}; {hint}" if hint[0].islower() else f"{reason}. {hint}"


@contextmanager
def open_rejects(path: Path | None) -> Iterator[OnRejects | None]:
    """What writes rejects into a new file at `path`, one JSON object a line: file, line, number, reason, hint, entry.
    All of them, however many. None without a path. Raises SetupError where it cannot be written."""
    if path is None:
        yield None
        return
    try:
        # A lone surrogate of an entry is written as JSON's escape.
        stream = path.open("w", encoding="utf-8")
    except OSError as error:
        raise SetupError(f"{shown(str(path))} cannot be written: {error.strerror}.") from None

    def write(found: Sequence["Reject"]) -> None:
        try:
            for one in found:
                stream.write(json_module.dumps(_describe(one)) + "\n")
            stream.flush()
        except OSError as error:
            raise SetupError(f"{shown(str(path))} cannot be written: {error.strerror}.") from None

    try:
        yield write
    finally:
        # What could not be written is said already.
        with suppress(OSError):
            stream.close()


def _describe(one: "Reject") -> dict[str, Any]:
    place = {"file": one.place.file, "line": one.place.line, "number": one.place.number}
    return {**place, "reason": one.reason, "hint": one.hint, "entry": one.entry}

"""`colophon extract --again`: every paper built anew of its stored records."""

import json as json_module
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from service.commands.screen import say
from service.settings import Settings

if TYPE_CHECKING:
    from service.ingest.again import Changes, Step


def extract(
    again: Annotated[bool, typer.Option("--again", help="Confirm: all papers are looked at.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print what changed as one JSON object.")] = False,
) -> None:
    """Find links and models anew in all stored papers.

    For after an upgrade, or after names were added with colophon alias. Papers that come out as they are, are not
    written. Searches and loads go on meanwhile. Stopped or killed, it goes on where it was when it is run again.

    \b
    Example:
      colophon extract --again
    """
    from service.commands.running import run

    if not again:
        raise typer.BadParameter("say --again to look at all papers anew.", param_hint="--again")
    changes = run(_extract(Settings.from_env()))
    if json:
        typer.echo(json_module.dumps(asdict(changes)))
    else:
        typer.echo(
            f"{changes.papers:,} papers, {changes.changed:,} changed; "
            f"repositories: {changes.repos_added:,} added, {changes.repos_removed:,} removed; "
            f"models: {changes.models_added:,} added, {changes.models_removed:,} removed"
        )


async def _extract(settings: Settings) -> "Changes":
    import asyncio

    from service.ingest.again import extract_again
    from service.migrate import prepared

    async with prepared(settings) as dsn:
        try:
            with _showing_progress() as progress:
                return await extract_again(dsn, settings, progress=progress)
        except asyncio.CancelledError:
            say("Stopped. What was done stays; colophon extract --again goes on from there.")
            raise


@contextmanager
def _showing_progress() -> "Iterator[Callable[[Step], None] | None]":
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f} papers, {task.fields[changed]:,} changed"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as display:
        task = display.add_task("extracting", total=0, changed=0)

        def update(step: "Step") -> None:
            description = "going on" if step.resumed else "extracting"
            display.update(
                task,
                description=description,
                completed=step.changes.papers,
                total=step.total,
                changed=step.changes.changed,
            )

        yield update

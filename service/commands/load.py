"""`colophon load`: files into the database, and what became of them."""

import asyncio
import json as json_module
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from service.commands.rejects import OnRejects, open_rejects, place_reject
from service.commands.screen import say, shown
from service.names import find_unstorable
from service.settings import Settings

if TYPE_CHECKING:
    from rich.progress import TaskID

    from service.ingest.record import Skipped
    from service.ingest.run import Progress, Report

# Of a file, on standard error; --json has more of them.
_SHOWN_REJECTS = 20
_SOME_REJECTED = 3
# Characters of a file's name beside its progress: the rest fits into 80 columns.
_NAME_WIDTH = 22


def check_files(files: list[str] | None) -> list[str] | None:
    """Refuses a misspelt name before a server starts for it."""
    for file in files or ():
        is_address = file.lower().startswith(("http://", "https://"))
        if file != "-" and not is_address and not Path(file).exists():
            raise typer.BadParameter(f"there is no file {shown(file)!r}.")
    return files


def load(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE",
            help="A file, a folder or an http(s) address, plain, compressed, tar or zip; - for standard input.",
            callback=check_files,
        ),
    ],
    format: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="A format of docs/formats.md, to insist; by default the content tells."),
    ] = None,
    *,
    source: Annotated[
        str | None, typer.Option(metavar="NAME", help="Where the papers come from, as they will say.")
    ] = None,
    rejects: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Write what is left out to this file, as JSON Lines.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would happen; write nothing.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the report as one JSON object.")] = False,
) -> None:
    """Load papers from files.

    Loading a file again changes nothing. What cannot be read is left out and named, with its place and the reason, on
    standard error; the rest loads. colophon rejects shows it again, colophon loads what was loaded. Exit code 0: all is
    in; 3: something was left out. Where a file is not there, nothing is loaded: exit code 2, and no report.

    \b
    Examples:
      colophon load page.txt papers.jsonl.gz
      colophon load --dry-run --rejects left-out.jsonl papers.jsonl
      curl -s https://papers.example/today.jsonl | colophon load --json -
    """
    from service.commands.running import run
    from service.ingest.formats import FORMATS

    if format is not None and format not in FORMATS:
        raise typer.BadParameter(f"{format!r} is none of {', '.join(FORMATS)}.", param_hint="--format")
    if source is not None and (find_unstorable(source) is not None or not source.strip()):
        raise typer.BadParameter("a name is expected, in UTF-8.", param_hint="--source")
    if rejects is not None and any(file != "-" and rejects.resolve() == Path(file).resolve() for file in files):
        raise typer.BadParameter("it is one of the files to load.", param_hint="--rejects")
    with open_rejects(rejects) as write:
        options = {"format": format, "source": source, "on_rejects": write, "dry_run": dry_run}
        report = run(_load(Settings.from_env(), files, options))
    if dry_run:
        say("Nothing was written; this is what loading would do.")
    if json:
        typer.echo(json_module.dumps(report.to_dict(), ensure_ascii=False))
    else:
        show_report(report)
    if not report.complete:
        raise typer.Exit(_SOME_REJECTED)


async def _load(settings: Settings, files: list[str], options: dict[str, Any]) -> "Report":
    from service.migrate import prepared

    async with prepared(settings) as dsn:
        return await load_shown(dsn, settings, files, **options)


async def load_shown(
    dsn: str,
    settings: Settings,
    files: Sequence[str],
    *,
    format: str | None = None,
    source: str | None = None,
    on_rejects: OnRejects | None = None,
    dry_run: bool = False,
) -> "Report":
    """run.load_files, with its progress on standard error where that is a terminal."""
    from service.ingest.run import load_files

    try:
        with _showing_progress() as progress:
            return await load_files(
                dsn,
                settings,
                files,
                format=format,
                source=source,
                progress=progress,
                on_rejects=on_rejects,
                dry_run=dry_run,
            )
    except asyncio.CancelledError:
        say(
            "Stopped. Nothing was written."
            if dry_run
            else "Stopped. What was stored stays; loading the same files again goes on from there."
        )
        raise


@contextmanager
def _showing_progress() -> "Iterator[Callable[[Progress], None] | None]":
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Display

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=10),
        TextColumn("{task.fields[records]:,} records"),
        TextColumn("{task.fields[rate]:,.0f}/s"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Display(*columns, console=Console(stderr=True), transient=True) as display:
        tasks: dict[str, TaskID] = {}
        # A file begins where the one before ended.
        begun = told = monotonic()

        def update(progress: "Progress") -> None:
            nonlocal begun, told
            task = tasks.get(progress.file)
            if task is None:
                name = shown(progress.file)
                # Its end tells more than the folders it begins with.
                name = name if len(name) <= _NAME_WIDTH else f"…{name[1 - _NAME_WIDTH :]}"
                task = tasks[progress.file] = display.add_task(escape(name), total=None, records=0, rate=0.0)
                begun = told
            told = monotonic()
            display.update(
                task,
                completed=progress.bytes_read,
                total=progress.bytes_total,
                records=progress.records,
                rate=progress.records / max(told - begun, 0.001),
            )

        yield update


def show_report(report: "Report", *, err: bool = False) -> None:
    """What was left out on standard error, the counts on standard output (err: there too)."""
    told: set[str] = set()
    for file in report.files:
        name = "standard input" if file.file == "-" else shown(file.file)
        if file.error:
            say(f"{name}: {shown(file.error)}")
        _show_skipped(name, file.skipped, file.skipped_lines, told)
        for reject in file.rejects[:_SHOWN_REJECTS]:
            of = _name_member(name, reject.place.file)
            say(place_reject(of, reject.place.line, reject.place.number, reject.reason, reject.hint))
        if file.counts.rejected > _SHOWN_REJECTS:
            more = f"colophon rejects --load {report.load}" if report.load else "--json or --rejects PATH"
            say(f"{name}: {file.counts.rejected - _SHOWN_REJECTS:,} more rejected; {more} names them")
    stream = sys.stderr if err else sys.stdout
    if len(report.files) > 1 and stream.isatty():
        _show_table(report, stream)
    else:
        counts = asdict(report.totals)
        typer.echo(", ".join(f"{count:,} {name}" for name, count in counts.items()), err=err)


def _name_member(name: str, place: str) -> str:
    """What a reject's file is called, `name` being that of its file or archive with its folder: a member of an archive
    has its name after the archive's."""
    if name.endswith(shown(place)):
        return name
    ends = [at for at, sign in enumerate(place) if sign == ":"]
    end = next((at for at in ends if name.endswith(shown(place[:at]))), ends[0] if ends else len(place))
    return name + shown(place[end:])


def _show_skipped(name: str, skipped: "list[Skipped]", lines: int, told: set[str]) -> None:
    """Each member that is not known, once a name (told: those of other files): what is misspelt would be lost
    unseen. Lines that are no papers are what every saved page begins with: for people alone."""
    for item in skipped:
        if item.member and item.text not in told:
            told.add(item.text)
            say(f"{name}:{item.line}: {shown(item.text)!r} is {item.reason} (left out; told once)")
    if lines and sys.stderr.isatty():
        first = next(item for item in skipped if not item.member)
        where = f"line {first.line}" if first.line else first.reason
        what = f"{where} is no paper" if lines == 1 else f"{lines:,} lines are no papers, the first of them {where}"
        say(f"{name}: {what}: {shown(first.text)}")


def _show_table(report: "Report", stream: TextIO) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, show_footer=True)
    totals = asdict(report.totals)
    table.add_column("file", "total", overflow="fold")
    for name, count in totals.items():
        table.add_column(name, f"{count:,}", justify="right")
    for file in report.files:
        table.add_row(Text(shown(file.file)), *(f"{count:,}" for count in asdict(file.counts).values()))
    Console(file=stream, highlight=False).print(table)

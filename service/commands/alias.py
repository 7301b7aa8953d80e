"""`colophon alias`: names that moved, which loads and look-ups take for the new ones."""

import json as json_module
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.commands.screen import on_terminal, say, shown
from service.errors import SetupError
from service.settings import Settings

if TYPE_CHECKING:
    from service.database import Connection
    from service.ingest.alias_table import ListedAlias, Stored
    from service.ingest.aliases import Alias, Kind

# Of a file, on standard error.
_SHOWN_REJECTS = 20
_SOME_REJECTED = 3
# The values of ingest.aliases.Kind, which is not imported before a command runs.
_KINDS = ("repo", "model")
_STALE = "colophon extract --again brings papers that are loaded already under the new names."

alias = typer.Typer(
    name="alias",
    help="""Keep the names of repositories and models that moved.

    What is loaded from then on is stored under the new name, and whoever asks for the old one finds the new one. No
    process has to be started again. Chains are followed; a circle is refused.

    \b
    Examples:
      colophon alias add repo openai/old-name openai/new-name
      colophon alias add model "Old Name" "New-Name 2"
      colophon alias list
    """,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


def _check_kind(kind: str) -> str:
    if kind not in _KINDS:
        raise typer.BadParameter(f"{shown(kind)[:50]!r} is neither {' nor '.join(_KINDS)}.")
    return kind


_KIND = Annotated[str, typer.Argument(metavar="KIND", help="repo or model.", callback=_check_kind)]
_OLD = Annotated[str, typer.Argument(metavar="OLD", help="The old name, in any spelling.")]
_JSON = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@alias.command()
def add(
    kind: _KIND, old: _OLD, new: Annotated[str, typer.Argument(metavar="NEW", help="What it is called now.")]
) -> None:
    """Tell that a name moved. An old name that is known leads to the new one from then on.

    \b
    Example:
      colophon alias add repo openai/old-name https://github.com/openai/new-name
    """
    from service.commands.running import run

    one = _read(kind, old, new)
    stored = run(_add(Settings.from_env(), [one]))
    for reason in stored.refused.values():
        raise typer.BadParameter(reason, param_hint="NEW")
    typer.echo(f"{'unchanged' if stored.unchanged else 'added' if stored.added else 'changed'}: {_show(one)}")
    if not stored.unchanged:
        say(_STALE)


@alias.command()
def remove(kind: _KIND, old: _OLD) -> None:
    """Forget that a name moved.

    \b
    Example:
      colophon alias remove model "Old Name"
    """
    from service.commands.running import run
    from service.ingest.aliases import AliasError, Kind, read_key

    try:
        key = read_key(Kind(kind), old)
    except AliasError as error:
        raise typer.BadParameter(str(error), param_hint="OLD") from None
    if not run(_remove(Settings.from_env(), Kind(kind), key)):
        raise typer.BadParameter(f"there is no alias of {shown(old)!r}.", param_hint="OLD")
    typer.echo(f"removed: {kind} {shown(old)}")
    say(_STALE)


@alias.command(name="list")
def show(json: _JSON = False) -> None:
    """List what moved.

    In a pipe one a line: kind, old and new with tabs between, as colophon alias load reads them.

    \b
    Example:
      colophon alias list > aliases.tsv
    """
    from service.commands.running import run

    found = run(_list(Settings.from_env()))
    if json:
        items = [{**asdict(one), "added_at": one.added_at.isoformat()} for one in found]
        typer.echo(json_module.dumps(items, ensure_ascii=False))
    elif on_terminal():
        _show_table(found)
    else:
        for one in found:
            typer.echo("\t".join((one.kind, shown(one.old), shown(one.new))))


@alias.command()
def load(
    file: Annotated[str, typer.Argument(metavar="FILE", help="Lines with tabs, or JSON Lines; - for standard input.")],
    json: _JSON = False,
) -> None:
    """Tell many at once, from a file.

    A line is kind, old and new with tabs between, or {"kind": …, "old": …, "new": …}. Empty lines and those that begin
    with # are passed over. Lines that cannot be taken are named with the reason on standard error; the rest is taken.
    Exit code 3 then.

    \b
    Example:
      colophon alias load aliases.tsv
    """
    from service.commands.running import run
    from service.ingest.alias_files import LineReject, read_lines

    rejects: list[LineReject] = []
    lines: list[int] = []
    aliases: list[Alias] = []
    for item in read_lines(_read_file(file).splitlines()):
        if isinstance(item, LineReject):
            rejects.append(item)
        else:
            lines.append(item[0])
            aliases.append(item[1])
    stored = run(_add(Settings.from_env(), aliases))
    rejects += [LineReject(lines[place], reason) for place, reason in stored.refused.items()]
    rejects.sort(key=lambda reject: reject.line)
    counts = {
        "added": stored.added, "changed": stored.changed, "unchanged": stored.unchanged, "rejected": len(rejects),
    }  # fmt: skip
    if json:
        typer.echo(json_module.dumps({**counts, "rejects": [asdict(one) for one in rejects]}, ensure_ascii=False))
    else:
        for reject in rejects[:_SHOWN_REJECTS]:
            say(f"{shown(file)}:{reject.line}: {shown(reject.reason)}")
        if len(rejects) > _SHOWN_REJECTS:
            say(f"{shown(file)}: {len(rejects) - _SHOWN_REJECTS:,} more rejected; --json names all")
        typer.echo(", ".join(f"{count:,} {name}" for name, count in counts.items()))
        if stored.added or stored.changed:
            say(_STALE)
    if rejects:
        raise typer.Exit(_SOME_REJECTED)


def _read(kind: str, old: str, new: str) -> "Alias":
    from service.ingest.aliases import AliasError, Kind, read_alias

    try:
        return read_alias(Kind(kind), old, new)
    except AliasError as error:
        raise typer.BadParameter(str(error), param_hint="OLD NEW") from None


def _read_file(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{shown(file)!r} cannot be read: {error.strerror}.", param_hint="FILE") from None


def _show(one: "Alias") -> str:
    return f"{one.kind} {shown(one.old)} -> {shown(one.new)}"


def _show_table(found: "list[ListedAlias]") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for name in ("kind", "old", "new", "leads to"):
        table.add_column(name, overflow="fold")
    for one in found:
        leads = one.leads_to if one.leads_to != one.new else ""
        table.add_row(*(Text(shown(text)) for text in (one.kind, one.old, one.new, leads)))
    Console(highlight=False).print(table)


@asynccontextmanager
async def _connected(settings: Settings) -> "AsyncIterator[Connection]":
    import asyncpg

    from service.database import open_connection
    from service.ingest.run import explain
    from service.migrate import prepared

    async with prepared(settings) as dsn:
        connection = await open_connection(dsn, settings, statement_timeout=settings.statement_timeout)
        try:
            yield connection
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            raise SetupError(f"{explain(error)}.") from error
        finally:
            await connection.close(timeout=settings.connect_timeout)


async def _add(settings: Settings, aliases: "list[Alias]") -> "Stored":
    from service.ingest.alias_table import add_aliases

    async with _connected(settings) as connection:
        return await add_aliases(connection, aliases)


async def _remove(settings: Settings, kind: "Kind", key: str) -> bool:
    from service.ingest.alias_table import remove_alias

    async with _connected(settings) as connection:
        return await remove_alias(connection, kind, key)


async def _list(settings: Settings) -> "list[ListedAlias]":
    from service.ingest.alias_table import list_aliases

    async with _connected(settings) as connection:
        return await list_aliases(connection)

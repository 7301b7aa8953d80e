"""`colophon explain`: why a paper is told to link and to mention what it does."""

import json as json_module
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.commands.screen import on_terminal, say, shown
from service.errors import NotFound
from service.papers import read_paper_name
from service.settings import Settings

if TYPE_CHECKING:
    from service.names import PaperName
    from service.queries.explain import Explained

# Of what a source says otherwise, in characters; --json has all.
_MOST_SHOWN = 200
_SAYS_NOTHING = (None, "unknown")

# A line: how far it is moved in, and its parts with the style of each.
Line = tuple[int, list[tuple[str, str]]]

_HEADINGS = {"links": "links", "repos": "repositories", "models": "models", "methods": "methods"}
# What is told in words of its own; of what else is stored of a place its name is told too.
_TOLD = frozenset({"source", "field", "start", "end", "surface", "sentence", "marked", "records", "url", "role"})


def explain(
    id: Annotated[str, typer.Argument(metavar="ID", help="p_…, arxiv:…, doi:…, acl:…, or the paper's address.")],
    *,
    json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Show where a paper's fields, links and mentions came from.

    Which source each field came from, and what others say instead. Links, repositories, models and methods, each with
    the sentence it stands in, its place in title or abstract (in characters from 0), its role, and the records that
    say so, by file and line.

    \b
    Examples:
      colophon explain arxiv:2103.00020
      colophon explain p_31879521259977ec --json
    """
    from service.commands.evidence import explain as explain_paper
    from service.commands.running import run

    found = run(_fetch(Settings.from_env(), read_paper_name(id)))
    if found is None:
        raise NotFound(
            f"There is no paper {shown(id)[:100]}.", code="paper_not_found", hint="colophon search WORDS finds papers."
        )
    explained = explain_paper(found)
    if found.moved:
        say(f"{id} was merged into {explained['id']}.")
    if json:
        typer.echo(json_module.dumps(explained, ensure_ascii=False))
    elif on_terminal():
        _print(_write_lines(explained))
    else:
        for indent, parts in _write_lines(explained):
            typer.echo(" " * indent + "".join(text for text, _ in parts))


async def _fetch(settings: Settings, name: "PaperName") -> "Explained | None":
    from service.database import Database
    from service.migrate import prepared
    from service.queries.explain import fetch_explained

    async with prepared(settings) as dsn:
        database = await Database.open(dsn, settings, read_only=True)
        try:
            return await fetch_explained(database, name)
        finally:
            await database.close()


def _write_lines(explained: dict[str, Any]) -> Iterator[Line]:
    yield 0, [(f"{explained['id']}  ", "dim"), (shown(explained["title"]), "bold")]
    for record in explained["sources"]:
        yield 2, [(_write_record(record), "dim")]
    yield 0, []
    yield 0, [("fields" if explained["provenance"] else "no fields traced; colophon extract --again", "bold")]
    for field, found in explained["provenance"].items():
        yield 2, [(f"{shown(field)}  ", ""), (shown(", ".join(found["sources"])), "dim")]
        for other in found["others"]:
            yield 4, [(shown(f"{other['source']}: {_shorten('; '.join(other['values']))}"), "dim")]
    for noun, heading in _HEADINGS.items():
        items = explained[noun]
        yield 0, []
        yield 0, [(heading if items else f"no {heading}", "bold")]
        for item in items:
            name, told = map(shown, _write_item(noun, item))
            yield 2, [(f"{name}  ", ""), (told, "dim")]
            for evidence in item["evidence"]:
                yield 4, [(_write_place(evidence), "dim")]
                if evidence["sentence"] is not None:
                    yield 6, _mark(evidence["sentence"], **evidence["marked"])


def _shorten(text: str) -> str:
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}…"


def _write_item(noun: str, item: dict[str, Any]) -> tuple[str, str]:
    if noun == "links":
        return item["url"], item["kind"].replace("_", " ")
    if noun == "repos":
        return item["url"], f"official: {item['official']}"
    return item["name"], f"{item['slug']}, {item['role']}"


def _write_place(evidence: dict[str, Any]) -> str:
    where = "beside the text"
    if evidence["field"] is not None:
        where = f"{evidence['field']} {evidence['start']}-{evidence['end']}"
    told = [where, *([evidence["role"]] if evidence.get("role") else [])]
    told += [f"{name} {value}" for name, value in evidence.items() if name not in _TOLD and value not in _SAYS_NOTHING]
    records = "; ".join(map(_write_record, evidence["records"])) or "in no record any more"
    return shown(f"{', '.join(told)}: {records}")


def _write_record(record: dict[str, Any]) -> str:
    place = f":{record['line']}" if record["line"] is not None else f", record {record['number']}"
    return shown(f"{record['source']} {record['file']}{place}")


def _mark(sentence: str, start: int, end: int) -> list[tuple[str, str]]:
    """The surface between angle quotes, which also a pipe shows."""
    before, surface, after = map(_clean, (sentence[:start], sentence[start:end], sentence[end:]))
    return [(before, ""), (f"«{surface}»", "bold"), (after, "")]


def _clean(text: str) -> str:
    """As screen.shown, but the spaces at its ends are kept."""
    return re.sub(r"\s+", " ", "".join(c if c.isprintable() else " " for c in text))


def _print(lines: Iterator[Line]) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    for indent, parts in lines:
        for line in Text.assemble(*parts).wrap(console, max(1, console.width - indent)):
            line.rstrip()
            console.print(Text.assemble(" " * indent, line), soft_wrap=True)

"""`colophon search`: one page of papers, as the REST API would find them."""

import json as json_module
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.commands.screen import on_terminal, say, shown
from service.papers import DEFAULT_LIMIT, MAX_LIMIT, PaperFilter, SearchRequest, Sort
from service.settings import Settings

if TYPE_CHECKING:
    from service.queries.search import PaperPage

_SHOWN_FIELDS = ("id", "title", "published", "repos", "models")
# Of a paper, on a terminal; --json has all.
_SHOWN_MODELS = 5
_SHOWN_REPOS = 3


def _read_sort(text: str | None) -> str | None:
    if text is not None and text not in set(Sort):
        raise typer.BadParameter(f"{text!r} is none of {', '.join(Sort)}.")
    return text


def _check_limit(limit: int) -> int:
    if not 1 <= limit <= MAX_LIMIT:
        raise typer.BadParameter(f"{limit} is not from 1 to {MAX_LIMIT}.")
    return limit


def search(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="WORDS", help='Words, "a phrase", -without, one OR other.')
    ] = None,
    *,
    repo: Annotated[
        list[str] | None, typer.Option(metavar="REPOSITORY", help="Linking this repository, in any spelling.")
    ] = None,
    model: Annotated[
        list[str] | None, typer.Option(metavar="MODEL", help="Mentioning this model or a version of it.")
    ] = None,
    method: Annotated[
        list[str] | None, typer.Option(metavar="METHOD", help="Naming this method that is no model.")
    ] = None,
    # Read here, since typer's own messages on them are about Python's types.
    sort: Annotated[
        str | None,
        typer.Option(
            metavar="ORDER",
            help=f"{', '.join(Sort)}. By default relevance with words, else -published.",
            callback=_read_sort,
        ),
    ] = None,
    limit: Annotated[
        int, typer.Option(metavar="N", help=f"Papers a page, from 1 to {MAX_LIMIT}.", callback=_check_limit)
    ] = DEFAULT_LIMIT,
    cursor: Annotated[str | None, typer.Option(metavar="CURSOR", help="next_cursor of the page before.")] = None,
    json: Annotated[bool, typer.Option("--json", help="The page as one JSON object, as GET /v1/papers.")] = False,
) -> None:
    """Search for papers.

    --repo, --model and --method can be repeated: any of them. In a pipe each paper is one line: id, published, title,
    repositories, separated by tabs. Put "--" before words when the first begins with a hyphen.

    \b
    Examples:
      colophon search attention --model llama
      colophon search --repo openai/clip --json
    """
    from service.commands.running import run

    request = SearchRequest(
        query=" ".join(words or ()),
        filter=PaperFilter(repo=tuple(repo or ()), model=tuple(model or ()), method=tuple(method or ())),
        sort=Sort(sort) if sort else None,
        limit=limit,
        cursor=cursor,
    )
    page = run(_search(Settings.from_env(), request, whole=json))
    items = [json_module.loads(edge.paper) for edge in page.edges]
    if request.has_query and page.applied.query is None:
        say("None of these words can be searched for.")
    elif page.applied.mode == "any":
        say("No paper has all of these words; those with the rarest come first.")
    if json:
        typer.echo(json_module.dumps(_as_answer(page, items), ensure_ascii=False))
    elif on_terminal():
        _show_table(page, items)
    else:
        for item in items:
            repos = " ".join(repo["url"] for repo in item["repos"])
            typer.echo("\t".join(shown(text) for text in (item["id"], item["published"] or "", item["title"], repos)))


async def _search(settings: Settings, request: SearchRequest, whole: bool) -> "PaperPage":
    from service.database import Database
    from service.migrate import prepared
    from service.queries.papers import ITEM_FIELDS
    from service.queries.search import search_papers

    async with prepared(settings) as dsn:
        database = await Database.open(dsn, settings, read_only=True)
        try:
            return await search_papers(database, request, ITEM_FIELDS if whole else _SHOWN_FIELDS)
        finally:
            await database.close()


def _as_answer(page: "PaperPage", items: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "items": items,
        "total": asdict(page.total) if page.total else None,
        "next_cursor": page.next_cursor,
        "applied": asdict(page.applied),
    }


def _show_table(page: "PaperPage", items: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    table.add_column("id", no_wrap=True)
    dated = any(item["published"] for item in items)
    if dated:
        table.add_column("published", no_wrap=True)
    # One wide column takes fewer lines than three narrow ones.
    table.add_column("paper", overflow="fold")
    for item in items:
        models = _list_some(list(dict.fromkeys(model["name"] for model in item["models"])), _SHOWN_MODELS)
        repos = _list_some([f"{repo['owner']}/{repo['name']}" for repo in item["repos"]], _SHOWN_REPOS)
        below = "".join(f"\n{line}" for line in (models, repos) if line)
        cells = (item["id"], item["published"] or "") if dated else (item["id"],)
        table.add_row(*map(Text, cells), Text.assemble(shown(item["title"]), (below, "dim")))
    console = Console(highlight=False)
    if items:
        console.print(table)
    if page.total:
        more = "at least " if page.total.relation == "gte" else ""
        console.print(f"{more}{page.total.value:,} found, {len(items)} shown")
    if page.next_cursor:
        console.print(Text(f"more: add --cursor {page.next_cursor}"), soft_wrap=True)


def _list_some(names: list[str], most: int) -> str:
    more = f", {len(names) - most} more" if len(names) > most else ""
    return ", ".join(map(shown, names[:most])) + more

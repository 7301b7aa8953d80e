"""From arguments to the JSON of queries/. A root field is one statement, a nested one a statement a position.

Children read the dicts that come back by their snake_case keys; nothing here runs once a row.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import asdict
from typing import Any

import msgspec
import strawberry
from strawberry import UNSET

from service.errors import BadRequest
from service.graphql.context import Info, Load
from service.graphql.facets import find_facets
from service.graphql.inputs import (
    PaperFilter,
    read_count,
    read_list,
    read_search,
    read_suggest,
)
from service.graphql.selection import find_selected
from service.names import PaperName, decode_id
from service.papers import (
    DEFAULT_LIMIT,
    MAX_LIMIT,
    CountMode,
    Sort,
    check_count,
    check_limit,
    check_value,
    read_paper_name,
    read_repo_name,
)
from service.queries.details import fetch_details
from service.queries.listing import ListPage
from service.queries.models import fetch_model, fetch_models, list_models
from service.queries.papers import PAPER_FIELDS, fetch_paper, fetch_papers
from service.queries.related import DEFAULT_RELATED, fetch_related
from service.queries.repos import fetch_repo, fetch_repos, list_repos
from service.queries.search import PaperPage, search_papers, search_papers_of
from service.queries.suggest import SuggestionKind, suggest

Json = dict[str, Any]

_NODES = (("edges", "node"), ("nodes",))
_SCOPES = {"Repo": "repo", "Model": "model"}
# Of a repository or model that was removed meanwhile; of other members none.
_NOTHING = {"first_seen": None, "variant_count": 0}


def camel(name: str) -> str:
    """The GraphQL spelling of one of our names: "has_repo" -> "hasRepo"."""
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


_FIELDS = {camel(name): name for name in PAPER_FIELDS}


async def resolve_papers(
    root: Any,
    info: Info,
    *,
    query: str | None = UNSET,
    filter: PaperFilter | None = UNSET,
    order_by: Sort | None = UNSET,
    first: int | None = 20,
    after: str | None = UNSET,
    count: CountMode | None = CountMode.BOUNDED,
) -> Any:
    """Of Query: all papers; of Repo and Model: the papers that link or mention it."""
    db, raw = info.context.database, info._raw_info
    fields = _wanted_fields(info, *_NODES)

    def read() -> Any:
        counted = read_count(count, is_selected="total" in find_selected(raw, ()))
        return read_search(
            query=query,
            wanted=filter,
            order_by=order_by,
            first=first,
            after=after,
            count=counted,
            highlight="highlights" in find_selected(raw, ("edges",)),
            facets=find_facets(raw),
        )

    scope = _SCOPES.get(raw.parent_type.name)
    if scope is None:
        request = read()
        return _paper_connection(await search_papers(db, request, fields), request.cursor)

    def prepare() -> Load:
        request = read()

        async def load(ids: Sequence[int]) -> list[Json]:
            pages = await search_papers_of(db, scope, ids, request, fields)
            return [_paper_connection(pages[i], request.cursor) for i in ids]

        return load

    return await info.context.batch(info, prepare).load(_own_id(root))


async def resolve_paper(info: Info, id: strawberry.ID) -> Any:
    name = read_paper_name(id)
    found = await fetch_paper(info.context.database, name, _wanted_fields(info, ()))
    return found and msgspec.json.decode(found.paper)


async def resolve_papers_by_ids(info: Info, ids: list[strawberry.ID]) -> Any:
    check_count(len(ids), "ids")
    names = [read_paper_name(i, "ids") for i in ids]
    found = await fetch_papers(info.context.database, names, _wanted_fields(info, ())) if names else []
    return [paper and msgspec.json.decode(paper.paper) for paper in found]


async def resolve_repos(
    info: Info, query: str | None = UNSET, first: int | None = 20, after: str | None = UNSET
) -> Any:
    request = read_list(query, first, after)
    return _list_connection(await list_repos(info.context.database, request), request.cursor)


async def resolve_repo(info: Info, url: str) -> Any:
    name = read_repo_name(url, "url")
    return _decode(await fetch_repo(info.context.database, name))


async def resolve_models(
    info: Info, query: str | None = UNSET, first: int | None = 20, after: str | None = UNSET
) -> Any:
    request = read_list(query, first, after)
    return _list_connection(await list_models(info.context.database, request), request.cursor)


async def resolve_model(info: Info, name: str) -> Any:
    check_value(name, "name")
    return _decode(await fetch_model(info.context.database, name))


async def resolve_suggest(
    info: Info, prefix: str, first: int | None = 10, kinds: list[SuggestionKind] | None = UNSET
) -> Any:
    return _decode(await suggest(info.context.database, read_suggest(prefix, first, kinds)))


async def resolve_node(info: Info, id: strawberry.ID) -> Any:
    own = decode_id(id)
    if own is None:
        raise BadRequest(
            "This is no id of ours.",
            code="invalid_id",
            parameter="id",
            hint="As p_…, r_… or m_… with 16 hexadecimal digits; paper(id:) also takes arxiv:… and doi:….",
        )
    db, (prefix, number) = info.context.database, own
    if prefix == "r":
        return _decode((await fetch_repos(db, [number])).get(number))
    if prefix == "m":
        return _decode((await fetch_models(db, [number])).get(number))
    # The prefix of its id says which type an object has, so the id is always there.
    fields = {*_wanted_fields(info, ()), "id"}
    found = await fetch_paper(db, PaperName("id", str(number)), fields)
    return found and msgspec.json.decode(found.paper)


async def resolve_repo_of_paper(root: Any, info: Info) -> Any:
    return await _load_by_id(root, info, fetch_repos)


async def resolve_model_of_paper(root: Any, info: Info) -> Any:
    return await _load_by_id(root, info, fetch_models)


async def resolve_aliases(root: Any, info: Info) -> Any:
    return await _load_detail(root, info, "models", "aliases")


async def resolve_first_seen(root: Any, info: Info) -> Any:
    return await _load_detail(root, info, "models", "first_seen")


async def resolve_variant_count(root: Any, info: Info) -> Any:
    return await _load_detail(root, info, "models", "variant_count")


async def resolve_variants(root: Any, info: Info, first: int | None = DEFAULT_LIMIT) -> Any:
    return await _load_detail(root, info, "models", "variants", DEFAULT_LIMIT if first is None else first)


async def resolve_co_mentioned(root: Any, info: Info) -> Any:
    return await _load_detail(root, info, "models", "co_mentioned")


async def resolve_models_of_repo(root: Any, info: Info) -> Any:
    return await _load_detail(root, info, "repos", "models")


async def resolve_related(root: Any, info: Info, first: int | None = DEFAULT_RELATED) -> Any:
    db, fields = info.context.database, _wanted_fields(info, ())

    def prepare() -> Load:
        limit = DEFAULT_RELATED if first is None else first
        check_limit(limit)

        async def load(ids: Sequence[int]) -> list[list[Json]]:
            found = await fetch_related(db, ids, limit, fields)
            return [[_decode(paper) for paper in found[i].papers] if i in found else [] for i in ids]

        return load

    return await info.context.batch(info, prepare).load(_own_id(root))


async def _load_detail(root: Json, info: Info, noun: str, member: str, limit: int = MAX_LIMIT) -> Any:
    db = info.context.database

    def prepare() -> Load:
        check_limit(limit)

        async def load(ids: Sequence[int]) -> list[Any]:
            found = await fetch_details(db, noun, member, ids, limit)
            return [found.get(i, _NOTHING.get(member, [])) for i in ids]

        return load

    return await info.context.batch(info, prepare).load(_own_id(root))


async def _load_by_id(root: Json, info: Info, fetch: Callable[..., Awaitable[dict[int, str]]]) -> Any:
    db = info.context.database

    def prepare() -> Load:
        async def load(ids: Sequence[int]) -> list[Json | None]:
            found = await fetch(db, ids)
            return [_decode(found.get(i)) for i in ids]

        return load

    return await info.context.batch(info, prepare).load(_own_id(root))


def _wanted_fields(info: Info, *paths: tuple[str, ...]) -> set[str]:
    """The members of an item that the document asks for below this field."""
    selected = find_selected(info._raw_info, *paths)
    # What is related to a paper is found by its id.
    return {_FIELDS[name] for name in selected if name in _FIELDS} | ({"id"} if "related" in selected else set())


def _own_id(item: Json) -> int:
    return int(item["id"].partition("_")[2], 16)


def _decode(text: str | None) -> Any:
    return None if text is None else msgspec.json.decode(text)


def _paper_connection(page: PaperPage, cursor: str | None) -> Json:
    nodes = [msgspec.json.decode(edge.paper) for edge in page.edges]
    edges = [
        {"cursor": edge.cursor, "score": edge.score, "highlights": node.get("highlights"), "node": node}
        for edge, node in zip(page.edges, nodes, strict=True)
    ]
    applied = {**asdict(page.applied), "order_by": page.applied.sort}
    return {
        **_connection(edges, page.next_cursor, cursor),
        "total": _total(page.total),
        "applied": applied,
        "facets": _decode(page.facets),
    }


def _list_connection(page: ListPage, cursor: str | None) -> Json:
    edges = [{"cursor": edge.cursor, "node": msgspec.json.decode(edge.item)} for edge in page.edges]
    return {**_connection(edges, page.next_cursor, cursor), "total": _total(page.total)}


def _connection(edges: Sequence[Json], next_cursor: str | None, cursor: str | None) -> Json:
    page_info = {
        "has_next_page": next_cursor is not None,
        # A cursor is that of an item, so with one there was a page before.
        "has_previous_page": cursor is not None,
        "start_cursor": edges[0]["cursor"] if edges else None,
        "end_cursor": edges[-1]["cursor"] if edges else None,
    }
    return {"edges": edges, "nodes": _nodes(edges), "page_info": page_info}


def _nodes(edges: Iterable[Json]) -> list[Json]:
    return [edge["node"] for edge in edges]


def _total(total: Any) -> Json | None:
    return None if total is None else {"value": total.value, "relation": total.relation}

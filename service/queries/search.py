"""The search for papers: a SearchRequest becomes one statement that answers a page."""

import json
from collections.abc import Collection, Sequence
from dataclasses import astuple, dataclass
from typing import Any

import asyncpg

from service.database import Database, Lane
from service.names import RepoName
from service.papers import CountMode, Cursor, SearchRequest, Sort, fingerprint
from service.queries.arguments import Arguments
from service.queries.counting import render_total
from service.queries.facets import render_facets
from service.queries.filters import Condition, build_conditions
from service.queries.listing import Total, read_total
from service.queries.models import find_model_id
from service.queries.papers import ITEM_FIELDS
from service.queries.parts import JOIN_SEARCH, Parts
from service.queries.ranking import RankKey, render_ranked
from service.queries.repos import find_repo_ids
from service.queries.sorting import SortKey, render_sorted
from service.words import write_clauses


@dataclass(frozen=True, slots=True)
class Edge:
    """One paper of a page as JSON text, with a query also its score and, if asked for, its highlights; the cursor that
    continues after it, and the score."""

    cursor: str
    score: float | None
    paper: str


@dataclass(frozen=True, slots=True)
class Applied:
    """How the request was read: the tsquery (None without a query, or where none of its words can be searched),
    whether "all" words had to match or, since no paper has all, "any", the order, and the words that papers are not
    ranked by because there are too many."""

    query: str | None
    mode: str
    sort: str
    dropped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PaperPage:
    """next_cursor is None on the last page; total is None when it was not to be counted. facets: JSON text, an object
    of those asked for, each with `values` and whether these are `partial`; None without any."""

    edges: tuple[Edge, ...]
    total: Total | None
    facets: str | None
    next_cursor: str | None
    applied: Applied


_SCOPES = {
    "repo": "p.id IN (SELECT paper_id FROM paper_repos WHERE repo_id = parents.id)",
    "model": "p.id IN (SELECT paper_id FROM paper_models WHERE model_id = ANY(ARRAY("
    "SELECT id FROM models WHERE lineage @> ARRAY[parents.id])))",
}


async def search_papers(db: Database, request: SearchRequest, fields: Collection[str] = ITEM_FIELDS) -> PaperPage:
    """A page of the papers that match. Raises BadRequest for a value or a cursor that is wrong."""
    return (await _search(db, request, fields, None, [0]))[0]


async def search_papers_of(
    db: Database, scope: str, ids: Sequence[int], request: SearchRequest, fields: Collection[str] = ITEM_FIELDS
) -> dict[int, PaperPage]:
    """A page of the papers of each of these repositories (scope "repo") or models ("model", with what is below
    them), in one statement."""
    unique = list(dict.fromkeys(ids))
    return dict(zip(unique, await _search(db, request, fields, scope, unique), strict=True)) if unique else {}


async def papers_of_repos(
    db: Database, names: Sequence[RepoName], request: SearchRequest, fields: Collection[str] = ITEM_FIELDS
) -> list[PaperPage | None]:
    """A page a repository, in their order; None where no paper links it. Two statements."""
    ids = await find_repo_ids(db, names)
    pages = await search_papers_of(db, "repo", [i for i in ids if i is not None], request, fields)
    return [None if i is None else pages[i] for i in ids]


async def papers_of_model(
    db: Database, name: str, request: SearchRequest, fields: Collection[str] = ITEM_FIELDS
) -> PaperPage | None:
    """A page of the papers that mention this model or anything below it; None if it is unknown. Two statements."""
    found = await find_model_id(db, name)
    return None if found is None else (await search_papers_of(db, "model", [found], request, fields))[found]


async def _search(
    db: Database, request: SearchRequest, fields: Collection[str], scope: str | None, ids: list[int]
) -> list[PaperPage]:
    bound = db.settings.count_bound if request.count is CountMode.BOUNDED else None
    sql, values = render_search(request, fields, bound, scope, ids)
    by_parent: dict[int, list[asyncpg.Record]] = {i: [] for i in ids}
    for row in await db.fetch(Lane.SEARCH, sql, *values):
        by_parent[row["parent"]].append(row)
    return [_read_page(request, scope, parent, rows, bound) for parent, rows in by_parent.items()]


def render_search(
    request: SearchRequest, fields: Collection[str], bound: int | None, scope: str | None, ids: list[int]
) -> tuple[str, list[object]]:
    """The one statement that answers a request, and its parameters. bound: where counting stops (None: nowhere)."""
    arguments = Arguments()
    key = _read_cursor(request, scope, ids)
    conditions = build_conditions(request.filter, arguments)
    if scope:
        conditions.append(Condition(_SCOPES[scope], (), _SCOPES[scope]))
    if request.has_query and not any(condition.rest for condition in conditions):
        # The search index settles all. PostgreSQL refuses values that no condition uses.
        arguments = Arguments()
    parts = Parts(
        query=arguments.add(write_clauses(request.clauses), "jsonb"),
        # Without words to look for nothing reads them.
        labels=arguments.add(json.dumps([c.labels for c in conditions if c.labels and request.has_query]), "jsonb"),
        names=arguments.add(request.filter.author if request.has_query else [], "text[]"),
        parents=f"unnest({arguments.add(ids, 'bigint[]')}) WITH ORDINALITY",
        tables=f"papers p{JOIN_SEARCH}" if request.filter.author else "papers p",
        conditions=[condition.sql for condition in conditions],
        checked=[condition.rest for condition in conditions if condition.rest],
        is_guess=any(condition.rest and not condition.labels for condition in conditions),
        excludes=any(term.negated for clause in request.clauses for term in clause),
        fields=fields,
        highlight=request.highlight,
    )
    total = render_total(request, bound, parts, arguments)
    facets = render_facets(request, parts)
    if isinstance(key, RankKey) or (key is None and request.order is Sort.RELEVANCE):
        sql = render_ranked(request.limit, key, parts, arguments, total=total, facets=facets)
    else:
        sql = render_sorted(request, key, parts, arguments, total=total, facets=facets)
    return sql, arguments.values


def _read_page(
    request: SearchRequest, scope: str | None, parent: int, rows: list[asyncpg.Record], bound: int | None
) -> PaperPage:
    bound_to = _fingerprint(request, scope, parent)
    first = rows[0]
    key = RankKey if request.order is Sort.RELEVANCE else SortKey
    edges = tuple(
        Edge(Cursor(bound_to, astuple(key.read(row))).encode(), row["score"], row["paper"])
        for row in rows[: request.limit]
        if row["id"] is not None
    )
    total = None if first["total"] is None else read_total(first["total"], bound)
    more = len(rows) > request.limit
    mode = "any" if first["any_word"] else "all"
    applied = Applied(first["applied"] or None, mode, request.order.value, tuple(first["dropped"]))
    return PaperPage(edges, total, first["facets"], edges[-1].cursor if more else None, applied)


def _fingerprint(request: SearchRequest, scope: str | None, parent: int) -> str:
    return fingerprint(request.fingerprint, scope, parent) if scope else request.fingerprint


def _read_cursor(request: SearchRequest, scope: str | None, ids: list[int]) -> RankKey | SortKey | None:
    """Where the page before ended. Raises BadRequest for a cursor that is damaged or of another request."""
    if request.cursor is None:
        return None
    is_ranked = request.order is Sort.RELEVANCE
    kinds = (str, str, str, str, float, int) if is_ranked else (str, str, int)
    # A cursor of one repository's papers fits no other's.
    for parent in ids:
        cursor = Cursor.decode(request.cursor, _fingerprint(request, scope, parent), kinds)
    keys: Any = cursor.keys
    return RankKey(*keys).check() if is_ranked else SortKey(*keys).check(request.order)

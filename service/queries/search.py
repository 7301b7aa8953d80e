"""The search for papers: a SearchRequest becomes one statement that answers a page."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import cast

import asyncpg

from service.database import Database, Lane
from service.names import RepoName, find_unstorable
from service.papers import CountMode, Cursor, SearchRequest, Sort, damaged_cursor, fingerprint
from service.queries.arguments import Arguments
from service.queries.filters import build_conditions
from service.queries.listing import Total, read_total
from service.queries.models import find_model_id
from service.queries.papers import PAPER_FIELDS, render_paper
from service.queries.repos import find_repo_ids
from service.words import write_clauses

# ts_rank's weights of D (abstract), C, B (authors: they filter, they do not rank), A (title); normalisation 1 divides
# by 1 + the logarithm of the length. https://www.postgresql.org/docs/current/textsearch-controls.html
_SCORE = "ts_rank('{0.2, 0, 0, 1}', s.words, query.words, 1)::float8"


# Prepared once, not for every paper: as an uncorrelated subquery it is run once, and only if a paper is found.
_HIGHLIGHTS = "search_highlights(p.title, p.abstract, (SELECT search_marks(words) FROM query))"


@dataclass(frozen=True, slots=True)
class _Order:
    key: str
    key_type: str
    direction: str
    after: str


_ORDERS = {
    Sort.RELEVANCE: _Order(_SCORE, "float8", "DESC", "<"),
    # As text, since a driver's dates have no infinity.
    Sort.NEWEST: _Order("coalesce(p.published_on, '-infinity'::date)", "text::date", "DESC", "<"),
    Sort.OLDEST: _Order("coalesce(p.published_on, 'infinity'::date)", "text::date", "ASC", ">"),
    Sort.TITLE: _Order("p.title_sort", 'text COLLATE "C"', "ASC", ">"),
}


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
    "all" (words must match), the order."""

    query: str | None
    mode: str
    sort: str


@dataclass(frozen=True, slots=True)
class PaperPage:
    """next_cursor is None on the last page; total is None when it was not to be counted."""

    edges: tuple[Edge, ...]
    total: Total | None
    next_cursor: str | None
    applied: Applied


# The words are materialized, because a plan made without the values, as PostgreSQL may choose from the sixth use on,
# would otherwise read them anew for every row. The total stands beside the page, so that it is counted once, and is
# there when the page is empty. The papers are joined to the page that was found, not to all that matches.
_SEARCH = """
WITH query AS MATERIALIZED (SELECT search_query({query}) AS words)
SELECT parents.id AS parent, query.words::text AS words, counted.total, page.*
FROM query CROSS JOIN {parents} AS parents (id, place)
CROSS JOIN LATERAL ({total}) AS counted (total)
LEFT JOIN LATERAL (
    SELECT found.id, found.key::text AS key, found.score, {paper} AS paper
    FROM (
        SELECT {id} AS id, {key} AS key, {score} AS score
        FROM {tables}
        WHERE {conditions}{after}
        ORDER BY {key} {direction}, {id} {direction}
        LIMIT {limit}
    ) AS found JOIN papers p ON p.id = found.id
    ORDER BY found.key {direction}, found.id {direction}
) AS page ON true
ORDER BY parents.place
"""
_COUNT = "SELECT count(*) FROM (SELECT FROM {tables} WHERE {conditions} {bound}) AS matching"

_SCOPES = {
    "repo": "p.id IN (SELECT paper_id FROM paper_repos WHERE repo_id = parents.id)",
    "model": "p.id IN (SELECT paper_id FROM paper_models WHERE model_id = ANY(ARRAY("
    "SELECT id FROM models WHERE lineage @> ARRAY[parents.id])))",
}


async def search_papers(db: Database, request: SearchRequest, fields: Collection[str] = PAPER_FIELDS) -> PaperPage:
    """A page of the papers that match. Raises BadRequest for a value or a cursor that is wrong."""
    return (await _search(db, request, fields, None, [0]))[0]


async def search_papers_of(
    db: Database, scope: str, ids: Sequence[int], request: SearchRequest, fields: Collection[str] = PAPER_FIELDS
) -> dict[int, PaperPage]:
    """A page of the papers of each of these repositories (scope "repo") or models ("model", with what is below
    them), in one statement."""
    unique = list(dict.fromkeys(ids))
    return dict(zip(unique, await _search(db, request, fields, scope, unique), strict=True)) if unique else {}


async def papers_of_repos(
    db: Database, names: Sequence[RepoName], request: SearchRequest, fields: Collection[str] = PAPER_FIELDS
) -> list[PaperPage | None]:
    """A page a repository, in their order; None where no paper links it. Two statements."""
    ids = await find_repo_ids(db, names)
    pages = await search_papers_of(db, "repo", [i for i in ids if i is not None], request, fields)
    return [None if i is None else pages[i] for i in ids]


async def papers_of_model(
    db: Database, name: str, request: SearchRequest, fields: Collection[str] = PAPER_FIELDS
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
    order = _ORDERS[request.order]
    arguments = Arguments()
    query = arguments.add(write_clauses(request.clauses), "jsonb")
    conditions = build_conditions(request.filter, arguments)
    if request.has_query:
        conditions.insert(0, "s.words @@ query.words")
    if scope:
        conditions.append(_SCOPES[scope])
    score = _SCORE if request.has_query else None
    highlights = _HIGHLIGHTS if request.has_query and request.highlight else None
    where = " AND ".join(conditions) or "true"
    # What the words alone decide and order needs no look at the papers.
    only_words = request.order is Sort.RELEVANCE and len(conditions) == 1
    needs_words = request.has_query or request.filter.author
    tables = "papers p" + (" JOIN paper_search s ON s.paper_id = p.id" if needs_words else "")
    if only_words:
        tables = "paper_search s"
    paper_id = "s.paper_id" if only_words else "p.id"
    total = "SELECT NULL::bigint"
    if request.count is not CountMode.NONE:
        limit = "" if bound is None else f"LIMIT {arguments.add(bound + 1, 'bigint')}"
        total = _COUNT.format(tables=tables, conditions=where, bound=limit)
    after = ""
    if request.cursor is not None:
        key, last = _read_cursor(request.cursor, request, scope, ids)
        key_sql, last_sql = arguments.add(key, order.key_type), arguments.add(last, "bigint")
        after = f" AND ({order.key}, {paper_id}) {order.after} ({key_sql}, {last_sql})"
    sql = _SEARCH.format(
        query=query,
        total=total,
        parents=f"unnest({arguments.add(ids, 'bigint[]')}) WITH ORDINALITY",
        id=paper_id,
        key=order.key,
        score=score or "NULL::float8",
        paper=render_paper(fields, score and "found.score", highlights),
        tables=tables,
        conditions=where,
        after=after,
        direction=order.direction,
        limit=arguments.add(request.limit + 1, "bigint"),
    )
    return sql, arguments.values


def _read_page(
    request: SearchRequest, scope: str | None, parent: int, rows: list[asyncpg.Record], bound: int | None
) -> PaperPage:
    bound_to = _fingerprint(request, scope, parent)
    edges = tuple(
        Edge(Cursor(bound_to, (_write_key(request.order, row["key"]), row["id"])).encode(), row["score"], row["paper"])
        for row in rows[: request.limit]
        if row["id"] is not None
    )
    counted = rows[0]["total"]
    total = None if counted is None else read_total(counted, bound)
    more = len(rows) > request.limit
    words = rows[0]["words"] or None
    return PaperPage(edges, total, edges[-1].cursor if more else None, Applied(words, "all", request.order.value))


def _fingerprint(request: SearchRequest, scope: str | None, parent: int) -> str:
    return fingerprint(request.fingerprint, scope, parent) if scope else request.fingerprint


def _write_key(order: Sort, key: str) -> str | float:
    return float(key) if order is Sort.RELEVANCE else key


def _read_cursor(text: str, request: SearchRequest, scope: str | None, ids: list[int]) -> tuple[str | float, int]:
    """The keys of a cursor, safe to hand to PostgreSQL: its checksum is no secret, so they may be anything."""
    kinds = (float if request.order is Sort.RELEVANCE else str, int)
    # A cursor of one repository's papers fits no other's.
    for parent in ids:
        cursor = Cursor.decode(text, _fingerprint(request, scope, parent), kinds)
    key, paper_id = cast(tuple[str | float, int], cursor.keys)
    sound = 0 <= paper_id < 1 << 63
    if request.order in (Sort.NEWEST, Sort.OLDEST):
        sound = sound and _is_date(str(key))
    elif request.order is Sort.TITLE:
        sound = sound and find_unstorable(str(key)) is None
    if not sound:
        raise damaged_cursor()
    return key, paper_id


def _is_date(key: str) -> bool:
    try:
        return key in ("infinity", "-infinity") or date.fromisoformat(key).isoformat() == key
    except ValueError:
        return False

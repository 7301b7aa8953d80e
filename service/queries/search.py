"""The search for papers: a SearchRequest becomes one statement that answers a page."""

from collections.abc import Collection, Sequence
from dataclasses import astuple, dataclass
from datetime import date
from typing import cast

import asyncpg
import msgspec

from service.database import Database, Lane
from service.names import RepoName, find_unstorable
from service.papers import CountMode, Cursor, Key, SearchRequest, Sort, damaged_cursor, fingerprint
from service.queries.arguments import Arguments
from service.queries.counting import render_total
from service.queries.filters import build_conditions, join_conditions
from service.queries.listing import Total, read_total
from service.queries.models import find_model_id
from service.queries.papers import PAPER_FIELDS, render_paper
from service.queries.ranking import SCORE, RankKey, render_ranking
from service.queries.repos import find_repo_ids
from service.words import write_clauses


@dataclass(frozen=True, slots=True)
class _Order:
    key: str
    key_type: str
    direction: str
    after: str


_ORDERS = {
    # As text, since a driver's dates have no infinity.
    Sort.NEWEST: _Order("coalesce(p.published_on, '-infinity'::date)", "text::date", "DESC", "<"),
    Sort.OLDEST: _Order("coalesce(p.published_on, 'infinity'::date)", "text::date", "ASC", ">"),
    Sort.TITLE: _Order("p.title_sort", 'text COLLATE "C"', "ASC", ">"),
}


@dataclass(frozen=True, slots=True)
class Edge:
    """One paper of a page as JSON text, the cursor that continues after it, and its score with a query."""

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
    """next_cursor is None on the last page; total is None when it was not to be counted."""

    edges: tuple[Edge, ...]
    total: Total | None
    next_cursor: str | None
    applied: Applied


# The plan is materialized, because a plan made without the values, as PostgreSQL may choose from the sixth use on,
# would otherwise read the words anew for every row. The total stands beside the page, so that it is counted once, and
# is there when the page is empty. The papers are joined to the page that was found, not to all that matches.
_RANKED = """
WITH reading AS MATERIALIZED (SELECT search_plan({query}, {weights}) AS plan)
SELECT parents.id AS parent, mode.any_word, mode.words::text AS words, (reading.plan).dropped,
    (reading.plan).numbers, (reading.plan).weights, counted.total,
    hit.id, hit.score, hit.inside, hit.box, {paper} AS paper
FROM reading CROSS JOIN {parents} AS parents (id, place)
CROSS JOIN LATERAL ({ranking}) AS ranked
CROSS JOIN LATERAL (
    SELECT ranked.any_word, CASE WHEN ranked.any_word THEN (reading.plan).any_of ELSE (reading.plan).all_of END AS words
) AS mode
CROSS JOIN LATERAL ({total}) AS counted (total)
LEFT JOIN LATERAL unnest(ranked.ids, ranked.scores, ranked.insides, ranked.boxes)
    WITH ORDINALITY AS hit (id, score, inside, box, place) ON true
LEFT JOIN papers p ON p.id = hit.id
ORDER BY parents.place, hit.place
"""
_SORTED = """
WITH reading AS MATERIALIZED (SELECT search_plan({query}, NULL) AS plan)
SELECT parents.id AS parent, mode.any_word, mode.words::text AS words, (reading.plan).dropped, counted.total, page.*
FROM reading CROSS JOIN {parents} AS parents (id, place)
CROSS JOIN LATERAL ({mode}) AS mode
CROSS JOIN LATERAL ({total}) AS counted (total)
LEFT JOIN LATERAL (
    SELECT found.id, found.key::text AS key, {score} AS score, {paper} AS paper
    FROM ({found}
    ) AS found JOIN papers p ON p.id = found.id{scored}
    ORDER BY found.key {direction}, found.id {direction}
) AS page ON true
ORDER BY parents.place
"""
_FOUND = """
        SELECT p.id AS id, {key} AS key
        FROM {tables}
        WHERE {conditions}{after}
        ORDER BY {key} {direction}, p.id {direction}
        LIMIT {limit}"""
# A word that many papers have is met soon on the way through the order; of others the index knows all papers.
# IS TRUE keeps the words' index from being used.
_FOUND_WITH_WORDS = """
        SELECT * FROM (({common}) UNION ALL ({rare})) AS either
        ORDER BY key {direction}, id {direction} LIMIT {limit}"""

_MODE = """
    SELECT any_word, CASE WHEN any_word THEN (reading.plan).any_of ELSE (reading.plan).all_of END AS words,
        (SELECT CASE WHEN any_word THEN (SELECT sum(papers) FROM unnest((reading.plan).counts) WITH ORDINALITY
                AS c (papers, place) WHERE place % 8 = 1)
            ELSE search_expected(reading.plan, array_fill(0, ARRAY[cardinality((reading.plan).lexemes)])) END)
            > (reading.plan).papers / 20 AS is_common
    FROM (SELECT {any_word}) AS m (any_word)"""
_NONE_HAS_ALL = """
        (reading.plan).any_of IS NOT NULL
        AND NOT EXISTS (SELECT FROM {tables} WHERE s.words @@ (reading.plan).all_of{conditions})"""

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
    arguments = Arguments()
    key = _read_cursor(request, scope, ids)
    conditions = build_conditions(request.filter, arguments)
    if scope:
        conditions.append(_SCOPES[scope])
    with_words = "papers p JOIN paper_search s ON s.paper_id = p.id"
    tables = with_words if request.has_query or request.filter.author else "papers p"
    parts = {
        "query": arguments.add(write_clauses(request.clauses), "jsonb"),
        "parents": f"unnest({arguments.add(ids, 'bigint[]')}) WITH ORDINALITY",
        "total": render_total(request, bound, tables, conditions, arguments),
    }
    if request.order is Sort.RELEVANCE:
        rank = key if isinstance(key, RankKey) else None
        sql = _RANKED.format(
            **parts,
            weights=arguments.add(_write_weights(rank.weights), "jsonb") if rank else "NULL",
            ranking=render_ranking(request.limit, rank, conditions, tables, arguments),
            paper=render_paper(fields, "hit.score"),
        )
        return sql, arguments.values
    order = _ORDERS[request.order]
    after, mode = "", None
    if isinstance(key, tuple):
        mode, value, last = key
        value_sql, last_sql = arguments.add(value, order.key_type), arguments.add(last, "bigint")
        after = f" AND ({order.key}, p.id) {order.after} ({value_sql}, {last_sql})"
    found = {
        "key": order.key,
        "tables": tables,
        "after": after,
        "direction": order.direction,
        "limit": arguments.add(request.limit + 1, "bigint"),
    }
    if request.has_query:
        joined = join_conditions(conditions)
        common = "mode.is_common AND (s.words @@ mode.words) IS TRUE"
        rare = "s.words @@ mode.words" + joined
        # With other conditions few of the common word's papers may be wanted.
        halves = [_FOUND.format(**found, conditions=one) for one in (common, "NOT mode.is_common AND " + rare)]
        found_sql = (
            _FOUND.format(**found, conditions=rare)
            if conditions
            else _FOUND_WITH_WORDS.format(**found, common=halves[0], rare=halves[1])
        )
    else:
        found_sql = _FOUND.format(**found, conditions=" AND ".join(conditions) or "true")
    sql = _SORTED.format(
        **parts,
        mode=_render_mode(request, mode, tables, conditions),
        score=SCORE if request.has_query else "NULL::float8",
        scored=" JOIN paper_search s ON s.paper_id = p.id" if request.has_query else "",
        paper=render_paper(fields, SCORE if request.has_query else None),
        found=found_sql,
        direction=order.direction,
    )
    return sql, arguments.values


def _render_mode(request: SearchRequest, mode: str | None, tables: str, conditions: list[str]) -> str:
    """Whether any word is enough, because no paper has all. Pages after the first do as the first."""
    if not request.has_query:
        return "SELECT false AS any_word, NULL::tsquery AS words, false AS is_common"
    if mode is not None:
        return _MODE.format(any_word="true" if mode == "any" else "false")
    return _MODE.format(
        any_word=_NONE_HAS_ALL.format(
            tables=tables if conditions else "paper_search s", conditions=join_conditions(conditions)
        )
    )


def _read_page(
    request: SearchRequest, scope: str | None, parent: int, rows: list[asyncpg.Record], bound: int | None
) -> PaperPage:
    bound_to = _fingerprint(request, scope, parent)
    first = rows[0]
    mode = "any" if first["any_word"] else "all"
    weights = ""
    if request.order is Sort.RELEVANCE:
        weights = ",".join(f"{n}:{w}" for n, w in zip(first["numbers"], first["weights"], strict=True))
    edges = []
    for row in rows[: request.limit]:
        if row["id"] is None:
            break
        keys: tuple[Key, ...] = (
            (mode, row["key"], row["id"])
            if request.order is not Sort.RELEVANCE
            else astuple(RankKey(mode, weights, row["inside"], row["box"], row["score"], row["id"]))
        )
        edges.append(Edge(Cursor(bound_to, keys).encode(), row["score"], row["paper"]))
    total = None if first["total"] is None else read_total(first["total"], bound)
    more = len(rows) > request.limit
    applied = Applied(first["words"] or None, mode, request.order.value, tuple(first["dropped"]))
    return PaperPage(tuple(edges), total, edges[-1].cursor if more else None, applied)


def _fingerprint(request: SearchRequest, scope: str | None, parent: int) -> str:
    return fingerprint(request.fingerprint, scope, parent) if scope else request.fingerprint


def _write_weights(weights: str) -> str:
    """RankKey.weights as search_plan's JSON."""
    pairs = (pair.split(":") for pair in weights.split(",") if pair)
    return msgspec.json.encode({number: float(weight) for number, weight in pairs}).decode()


def _read_cursor(request: SearchRequest, scope: str | None, ids: list[int]) -> RankKey | tuple[str, str, int] | None:
    """The keys of a cursor, safe to hand to PostgreSQL: its checksum is no secret, so they may be anything.

    mode, the value that papers are ordered by, and the id; or a RankKey.
    """
    if request.cursor is None:
        return None
    is_ranked = request.order is Sort.RELEVANCE
    kinds = (str, str, str, str, float, int) if is_ranked else (str, str, int)
    # A cursor of one repository's papers fits no other's.
    for parent in ids:
        cursor = Cursor.decode(request.cursor, _fingerprint(request, scope, parent), kinds)
    if is_ranked:
        return RankKey(*cursor.keys).check()  # type: ignore[arg-type]
    mode, value, paper_id = cast(tuple[str, str, int], cursor.keys)
    is_sound = find_unstorable(value) is None if request.order is Sort.TITLE else _is_date(value)
    if not (is_sound and 0 <= paper_id < 1 << 63 and mode in ("all", "any")):
        raise damaged_cursor()
    return mode, value, paper_id


def _is_date(key: str) -> bool:
    try:
        return key in ("infinity", "-infinity") or date.fromisoformat(key).isoformat() == key
    except ValueError:
        return False

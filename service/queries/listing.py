"""What the lists of repositories and of models share: most papers first, by prefix, with keyset cursors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from service.database import Database, Lane
from service.names import find_unstorable
from service.papers import DEFAULT_LIMIT, Cursor, check_limit, check_value, damaged_cursor, fingerprint
from service.queries.arguments import Arguments


@dataclass(frozen=True, slots=True)
class ListRequest:
    """One page of a list. query: what a name begins with, in any case."""

    query: str | None = None
    limit: int = DEFAULT_LIMIT
    cursor: str | None = None

    def __post_init__(self) -> None:
        check_limit(self.limit)
        if self.query is not None:
            check_value(self.query, "q")
        if self.cursor is not None:
            check_value(self.cursor, "cursor")


@dataclass(frozen=True, slots=True)
class Total:
    """relation: "eq", or "gte" where counting stopped at the bound."""

    value: int
    relation: str


@dataclass(frozen=True, slots=True)
class ListEdge:
    """One item as JSON text and the cursor that continues after it."""

    cursor: str
    item: str


@dataclass(frozen=True, slots=True)
class ListPage:
    """next_cursor is None on the last page."""

    edges: tuple[ListEdge, ...]
    total: Total
    next_cursor: str | None


def read_total(counted: int, bound: int | None) -> Total:
    """A count that went on to bound + 1 at most, or to the end where there was no bound."""
    return Total(counted, "eq") if bound is None or counted <= bound else Total(bound, "gte")


# A left join, so that the total is there when the page is empty.
_LIST = """
SELECT
    (SELECT count(*) FROM (SELECT FROM {table} AS t WHERE {conditions} LIMIT {bound}) AS counted) AS total,
    page.*
FROM (VALUES (true)) AS one
LEFT JOIN LATERAL (
    SELECT t.paper_count, t.{key} AS key, {item}::text AS item
    FROM {table} AS t
    WHERE {conditions}{after}
    ORDER BY t.paper_count DESC, t.{key}
    LIMIT {limit}
) AS page ON true
"""


async def list_items(
    db: Database,
    request: ListRequest,
    *,
    table: str,
    key: str,
    item: str,
    conditions: Sequence[str],
    arguments: Arguments,
) -> ListPage:
    """A page of `table`, aliased t, each row written by the SQL `item`; ties are ordered by the unique column `key`."""
    bound_to = fingerprint(table, request.query or "")
    after = ""
    if request.cursor is not None:
        count, last = _read_cursor(request.cursor, bound_to)
        count_sql, last_sql = arguments.add(count, "integer"), arguments.add(last, "text")
        after = f" AND (t.paper_count < {count_sql} OR (t.paper_count = {count_sql} AND t.{key} > {last_sql}))"
    sql = _LIST.format(
        table=table,
        key=key,
        item=item,
        conditions=" AND ".join(conditions) or "true",
        after=after,
        bound=arguments.add(db.settings.count_bound + 1, "bigint"),
        limit=arguments.add(request.limit + 1, "bigint"),
    )
    rows = await db.fetch(Lane.SEARCH, sql, *arguments.values)
    edges = tuple(
        ListEdge(Cursor(bound_to, (row["paper_count"], row["key"])).encode(), row["item"])
        for row in rows[: request.limit]
        if row["key"] is not None
    )
    more = len(rows) > request.limit
    return ListPage(edges, read_total(rows[0]["total"], db.settings.count_bound), edges[-1].cursor if more else None)


def _read_cursor(text: str, bound_to: str) -> tuple[int, str]:
    """The keys of a cursor, safe to hand to PostgreSQL: its checksum is no secret, so they may be anything."""
    count, last = cast(tuple[int, str], Cursor.decode(text, bound_to, (int, str)).keys)
    if not 0 <= count < 1 << 31 or find_unstorable(last) is not None:
        raise damaged_cursor()
    return count, last

"""The orders that do not depend on the query: by date and by title, each a keyset over an index."""

from dataclasses import dataclass
from datetime import date

from asyncpg import Record

from service.names import find_unstorable
from service.papers import SearchRequest, Sort, damaged_cursor
from service.queries.arguments import Arguments
from service.queries.filters import join_conditions
from service.queries.parts import JOIN_SEARCH, Parts, write_mode, write_words
from service.queries.scoring import SCORE


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


_SORTED = """
{reading}
SELECT parents.id AS parent, mode.any_word, mode.applied, (reading.plan).dropped, counted.total, faceted.facets,
    page.*
FROM reading CROSS JOIN {parents} AS parents (id, place)
CROSS JOIN LATERAL ({few}) AS few
CROSS JOIN LATERAL ({mode}) AS mode
CROSS JOIN LATERAL ({total} OFFSET 0) AS counted (total)
CROSS JOIN LATERAL ({facets}) AS faceted (facets)
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
_FOUND_WITH_WORDS = """
        SELECT * FROM (({common}) UNION ALL ({others})) AS either
        ORDER BY key {direction}, id {direction} LIMIT {limit}"""
_OTHERS = """({all}
            WHERE NOT mode.is_common
        ) AS s CROSS JOIN LATERAL (
            SELECT p.id, p.published_on, p.title_sort FROM papers p WHERE p.id = s.paper_id OFFSET 0
        ) AS p"""

# OFFSET 0, or it would be found out anew for every paper.
_MODE = """
    SELECT any_word, applied, words, {few} AND (querytree(words) = 'T'{or_common}) AS is_common
    FROM ({mode}) AS m
    OFFSET 0"""
# One paper in twenty or more. Of phrases, fields and exclusions nothing is known.
_OR_COMMON = """ OR (
        (reading.is_exact OR reading.lexemes = 0) AND (reading.plan).papers / 20 < CASE WHEN any_word
            THEN (reading.plan).share * (SELECT sum(papers) FROM unnest((reading.plan).counts) WITH ORDINALITY
                AS c (papers, place) WHERE place % 8 = 1)
            ELSE search_expected(reading.plan, array_fill(0, ARRAY[reading.lexemes])) END
    )"""
_NONE_HAS_ALL = """
        (reading.plan).any_of IS NOT NULL
        AND NOT EXISTS ({all}
        )"""


@dataclass(frozen=True, slots=True)
class SortKey:
    """Where in an order a page ended. mode: "all" or "any" words. value: what papers are ordered by, as text."""

    mode: str
    value: str
    id: int

    @classmethod
    def read(cls, row: Record) -> "SortKey":
        return cls("any" if row["any_word"] else "all", row["key"], row["id"])

    def check(self, order: Sort) -> "SortKey":
        """Itself. Raises BadRequest where PostgreSQL could not read it: its checksum is no secret, so it may be
        anything."""
        is_sound = find_unstorable(self.value) is None if order is Sort.TITLE else _is_date(self.value)
        if not (is_sound and 0 <= self.id < 1 << 63 and self.mode in ("all", "any")):
            raise damaged_cursor()
        return self


def render_sorted(
    request: SearchRequest, key: SortKey | None, parts: Parts, arguments: Arguments, *, total: str, facets: str
) -> str:
    """The statement for limit + 1 papers after `key`. Its rows are what SortKey.read takes.

    total, facets: SQL for a row of one value each (counting.py, facets.py).
    """
    order = _ORDERS[request.order]
    after = ""
    if key is not None:
        value, last = arguments.add(key.value, order.key_type), arguments.add(key.id, "bigint")
        after = f" AND ({order.key}, p.id) {order.after} ({value}, {last})"
    ordered = {
        "key": order.key,
        "after": after,
        "direction": order.direction,
        "limit": arguments.add(request.limit + 1, "bigint"),
    }
    if not request.has_query:
        found = _FOUND.format(**ordered, tables=parts.tables, conditions=" AND ".join(parts.conditions) or "true")
    else:
        common = "mode.is_common AND (s.words @@ mode.words) IS TRUE" + join_conditions(parts.checked)
        others = _OTHERS.format(all=parts.write_all("mode.any_word", "mode.words"))
        found = _FOUND_WITH_WORDS.format(
            common=_FOUND.format(**ordered, tables=f"papers p{JOIN_SEARCH}", conditions=common),
            others=_FOUND.format(**ordered, tables=others, conditions="true"),
            **ordered,
        )
    score = SCORE if request.has_query else None
    return _SORTED.format(
        reading=parts.write_reading("NULL"),
        parents=parts.parents,
        few=parts.few if request.has_query else "SELECT NULL::bigint[] AS ids OFFSET 0",
        total=total,
        facets=facets,
        mode=_render_mode(request, key, parts),
        score=score or "NULL::float8",
        scored=JOIN_SEARCH if score else "",
        paper=parts.write_paper(score),
        found=found,
        direction=order.direction,
    )


def _render_mode(request: SearchRequest, key: SortKey | None, parts: Parts) -> str:
    """Whether any word is enough, because no paper has all. Pages after the first do as the first."""
    if not request.has_query:
        return "SELECT false AS any_word, NULL::text AS applied, NULL::tsquery AS words, false AS is_common"
    any_word = _NONE_HAS_ALL.format(all=parts.write_all("false", write_words("false")))
    if key is not None:
        any_word = "true" if key.mode == "any" else "false"
    return _MODE.format(
        mode=write_mode(any_word),
        few="few.ids IS NULL" if parts.checked else "true",
        # With conditions of which nothing is counted few of the common word's papers may be wanted.
        or_common="" if parts.is_guess else _OR_COMMON,
    )


def _is_date(key: str) -> bool:
    try:
        return key in ("infinity", "-infinity") or date.fromisoformat(key).isoformat() == key
    except ValueError:
        return False

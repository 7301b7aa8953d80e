"""The orders that do not depend on the query: by date and by title, each a keyset over an index."""

from dataclasses import dataclass
from datetime import date

from asyncpg import Record

from service.names import find_unstorable
from service.papers import SearchRequest, Sort, damaged_cursor
from service.queries.arguments import Arguments
from service.queries.filters import check_papers, join_conditions
from service.queries.parts import Parts
from service.queries.ranking import READING, SCORE


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
SELECT parents.id AS parent, mode.any_word, mode.words::text AS words, (reading.plan).dropped, counted.total,
    faceted.facets, page.*
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
# IS TRUE keeps the words' index from being used.
_FOUND_WITH_WORDS = """
        SELECT * FROM (({few}) UNION ALL ({common}) UNION ALL ({rare})) AS either
        ORDER BY key {direction}, id {direction} LIMIT {limit}"""

# OFFSET 0, or the planner would look for a rare word on the way through the order.
_RARE = """(
            SELECT s.paper_id FROM paper_search s WHERE {conditions} OFFSET 0
        ) AS s JOIN papers p ON p.id = s.paper_id"""

# OFFSET 0, or it would be found out anew for every paper.
_MODE = """
    SELECT any_word, words, querytree(words) = 'T'{or_common} AS is_common
    FROM (SELECT {any_word} OFFSET 0) AS m (any_word),
        LATERAL (SELECT CASE WHEN any_word THEN (reading.plan).any_of ELSE (reading.plan).all_of END) AS w (words)
    OFFSET 0"""
# One paper in twenty or more. Of phrases, fields and exclusions nothing is known.
_OR_COMMON = """ OR (
        reading.lexemes > 0 AND reading.is_exact AND (reading.plan).papers / 20 < CASE WHEN any_word
            THEN (SELECT sum(papers) FROM unnest((reading.plan).counts) WITH ORDINALITY AS c (papers, place)
                WHERE place % 8 = 1)
            ELSE search_expected(reading.plan, array_fill(0, ARRAY[reading.lexemes])) END
    )"""
_NONE_HAS_ALL = """
        (reading.plan).any_of IS NOT NULL
        AND NOT EXISTS (
            SELECT FROM unnest(few.ids) AS one (id) JOIN paper_search s ON s.paper_id = one.id
            WHERE (s.words @@ (reading.plan).all_of) IS TRUE
        ) AND NOT EXISTS (
            SELECT FROM (
                SELECT s.paper_id, s.words FROM paper_search s
                WHERE search_impacts(s.words, s.length) @@ (
                    SELECT search_box(reading.plan, false, array_fill(0, ARRAY[reading.lexemes]))
                ) AND (reading.is_exact OR s.words @@ (reading.plan).all_of)
                OFFSET 0
            ) AS s{checked}
            WHERE few.ids IS NULL
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


def render_sorted(request: SearchRequest, key: SortKey | None, parts: Parts, arguments: Arguments) -> str:
    """The statement for limit + 1 papers after `key`. Its rows are what SortKey.read takes."""
    order = _ORDERS[request.order]
    after = ""
    if key is not None:
        value, last = arguments.add(key.value, order.key_type), arguments.add(key.id, "bigint")
        after = f" AND ({order.key}, p.id) {order.after} ({value}, {last})"
    ordered = {
        "key": order.key,
        "tables": parts.tables,
        "after": after,
        "direction": order.direction,
        "limit": arguments.add(request.limit + 1, "bigint"),
    }
    if not request.has_query:
        found = _FOUND.format(**ordered, conditions=" AND ".join(parts.conditions) or "true")
    else:
        others = join_conditions(parts.conditions)
        few = _FOUND.format(
            **{**ordered, "tables": f"unnest(few.ids) AS one (id) JOIN ({parts.tables}) ON p.id = one.id"},
            conditions="(s.words @@ mode.words) IS TRUE",
        )
        common = _FOUND.format(
            **ordered,
            conditions="few.ids IS NULL AND mode.is_common AND (s.words @@ mode.words) IS TRUE" + others,
        )
        rare = "few.ids IS NULL AND NOT mode.is_common AND s.words @@ mode.words"
        if parts.conditions:
            rare = _FOUND.format(**ordered, conditions=rare + others)
        else:
            rare = _FOUND.format(**{**ordered, "tables": _RARE.format(conditions=rare)}, conditions="true")
        found = _FOUND_WITH_WORDS.format(few=few, common=common, rare=rare, **ordered)
    score = SCORE if request.has_query else None
    return _SORTED.format(
        reading=READING.format(query=parts.query, weights="NULL"),
        parents=parts.parents,
        few=parts.few if request.has_query else "SELECT NULL::bigint[] AS ids OFFSET 0",
        total=parts.total,
        facets=parts.facets,
        mode=_render_mode(request, key, parts),
        score=score or "NULL::float8",
        scored=" JOIN paper_search s ON s.paper_id = p.id" if score else "",
        paper=parts.write_paper(score),
        found=found,
        direction=order.direction,
    )


def _render_mode(request: SearchRequest, key: SortKey | None, parts: Parts) -> str:
    """Whether any word is enough, because no paper has all. Pages after the first do as the first."""
    if not request.has_query:
        return "SELECT false AS any_word, NULL::tsquery AS words, false AS is_common"
    # With other conditions few of the common word's papers may be wanted.
    or_common = "" if parts.conditions else _OR_COMMON
    if key is not None:
        return _MODE.format(any_word="true" if key.mode == "any" else "false", or_common=or_common)
    none_has_all = _NONE_HAS_ALL.format(checked=check_papers(parts.conditions))
    return _MODE.format(any_word=none_has_all, or_common=or_common)


def _is_date(key: str) -> bool:
    try:
        return key in ("infinity", "-infinity") or date.fromisoformat(key).isoformat() == key
    except ValueError:
        return False

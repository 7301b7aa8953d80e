"""How many papers match: not at all, up to a bound, or to the end."""

from service.papers import CountMode, SearchRequest
from service.queries.arguments import Arguments
from service.queries.filters import check_papers, join_conditions

_COUNT = "SELECT count(*) FROM (SELECT FROM {tables} WHERE {conditions}{limit}) AS matching"
# All papers that match, found by what bounds them: the words that they must have, which is cheaper than what else they
# must fulfil; else what the index of words knows; else, for what only excludes, nothing.
_ALL = """
            SELECT FROM unnest(few.ids) AS one (id) JOIN paper_search s ON s.paper_id = one.id
            WHERE (s.words @@ mode.words) IS TRUE
            UNION ALL
            SELECT FROM (
                SELECT s.paper_id, s.words, s.length FROM paper_search s
                WHERE search_impacts(s.words, s.length) @@ whole.box AND (reading.is_exact OR s.words @@ mode.words)
                OFFSET 0
            ) AS s{checked}
            WHERE few.ids IS NULL
            UNION ALL
            SELECT FROM {tables}
            WHERE few.ids IS NULL AND whole.box IS NULL AND querytree(mode.words) <> 'T'
                AND s.words @@ mode.words{conditions}
            UNION ALL
            SELECT FROM {tables}
            WHERE few.ids IS NULL AND whole.box IS NULL AND querytree(mode.words) = 'T'
                AND (s.words @@ mode.words) IS TRUE{conditions}"""
_COUNT_ALL = """
    SELECT count(*)
    FROM (
        SELECT search_box(reading.plan, mode.any_word, array_fill(0, ARRAY[reading.lexemes])) AS box OFFSET 0
    ) AS whole, LATERAL ({all}{limit}
        ) AS matching"""
# The index gives all papers that have the words before the first can be counted. That there are more than the bound is
# known sooner from a box of those that the words mean much to (ranking.py), if four times as many are expected in it.
_COUNT_WORDS = """
    SELECT CASE WHEN proven.papers > {bound} THEN proven.papers ELSE ({all}) END
    FROM (
        SELECT search_box(reading.plan, mode.any_word, n.tiers) AS box
        FROM search_next(reading.plan, mode.any_word, NULL, 1, {bound} * 4) AS n WHERE n.expected >= {bound} * 4
        UNION ALL SELECT NULL LIMIT 1
    ) AS proof, LATERAL (
        SELECT count(*) FROM (
            SELECT FROM (
                SELECT s.paper_id, s.words, s.length FROM paper_search s
                WHERE search_impacts(s.words, s.length) @@ proof.box AND (reading.is_exact OR s.words @@ mode.words)
                OFFSET 0
            ) AS s{checked}
            WHERE few.ids IS NULL
            LIMIT {bound} + 1
        ) AS matching
    ) AS proven (papers)"""


def render_total(
    request: SearchRequest, bound: int | None, tables: str, conditions: list[str], arguments: Arguments
) -> str:
    """SQL for the one number that Total is read from, null where it is not wanted.

    bound: where counting stops (None: nowhere). conditions: on `tables`. With a query the statement must have the plan
    in `reading`, `mode.words`, `mode.any_word`, and `few.ids` (parts.py).
    """
    if request.count is CountMode.NONE:
        return "SELECT NULL::bigint"
    limit = None if bound is None else arguments.add(bound, "bigint")
    if not request.has_query:
        where = " AND ".join(conditions) or "true"
        return _COUNT.format(tables=tables, conditions=where, limit=f" LIMIT {limit} + 1" if limit else "")
    # What the words alone decide needs no look at the papers.
    tables = tables if conditions else "paper_search s"
    joined = join_conditions(conditions)
    checked = check_papers(conditions)
    matching = _ALL.format(tables=tables, checked=checked, conditions=joined)
    if limit is None:
        return _COUNT_ALL.format(all=matching, limit="")
    everything = _COUNT_ALL.format(all=matching, limit=f"\n            LIMIT {limit} + 1")
    return _COUNT_WORDS.format(checked=checked, bound=limit, all=everything)

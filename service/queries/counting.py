"""How many papers match: not at all, up to a bound, or to the end."""

from service.papers import CountMode, SearchRequest
from service.queries.arguments import Arguments
from service.queries.parts import Parts

_COUNT = "SELECT count(*) FROM (SELECT FROM {tables} WHERE {conditions}{limit}) AS matching"
_COUNT_ALL = "SELECT count(*) FROM ({all}{limit}) AS matching"
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
            SELECT FROM ({proof}
            ) AS s
            LIMIT {bound} + 1
        ) AS matching
    ) AS proven (papers)"""


def render_total(request: SearchRequest, bound: int | None, parts: Parts, arguments: Arguments) -> str:
    """SQL for the one number that Total is read from, null where it is not wanted.

    bound: where counting stops (None: nowhere). With a query the statement must have `reading`, `mode` and `few`
    (parts.py).
    """
    if request.count is CountMode.NONE:
        return "SELECT NULL::bigint"
    limit = None if bound is None else arguments.add(bound, "bigint")
    if not request.has_query:
        where = " AND ".join(parts.conditions) or "true"
        return _COUNT.format(tables=parts.tables, conditions=where, limit=f" LIMIT {limit} + 1" if limit else "")
    matching = parts.write_all("mode.any_word", "mode.words")
    if limit is None:
        return _COUNT_ALL.format(all=matching, limit="")
    everything = _COUNT_ALL.format(all=matching, limit=f" LIMIT {limit} + 1")
    proof = parts.write_boxed("proof.box", "mode.words")
    return _COUNT_WORDS.format(proof=proof, bound=limit, all=everything)

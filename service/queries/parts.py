"""What the statements that answer a search share, whatever the order."""

from collections.abc import Collection
from dataclasses import dataclass

from service.queries.papers import render_paper

# Prepared once, not for every paper: as an uncorrelated subquery it is run once, and only if a paper is found.
_HIGHLIGHTS = "search_highlights(p.title, p.abstract, (SELECT search_marks((plan).all_of) FROM reading))"

# Where the conditions leave so few papers that it is cheaper to look through these than through those that have the
# words, their ids; else null. Few: 2,000, or a twentieth of those that have the words, but no more than can be looked
# through in some 50 ms.
_FEW = """
    SELECT CASE WHEN count(*) < most.papers THEN coalesce(array_agg(filtered.id), '{{}}') END AS ids
    FROM (
        SELECT 1 + least(10000, greatest(2000, 0.05 * search_expected(
            reading.plan, array_fill(0, ARRAY[reading.lexemes])
        )))::bigint AS papers OFFSET 0
    ) AS most LEFT JOIN LATERAL (
        SELECT p.id FROM {tables} WHERE {conditions} LIMIT most.papers
    ) AS filtered ON true
    GROUP BY most.papers"""


@dataclass(frozen=True, slots=True)
class Parts:
    """SQL for the clauses of the query as JSON, the parents with their place, the total, and the facets.

    conditions: on `p` (papers) and `s` (paper_search), which `tables` joins; all must hold.
    fields, highlight: what a paper is written with.
    """

    query: str
    parents: str
    total: str
    facets: str
    tables: str
    conditions: list[str]
    fields: Collection[str]
    highlight: bool

    @property
    def few(self) -> str:
        """SQL for one row, `ids`: the papers to look through, or null. It needs `reading`."""
        if not self.conditions:
            return "SELECT NULL::bigint[] AS ids"
        return _FEW.format(tables=self.tables, conditions=" AND ".join(self.conditions))

    def write_paper(self, score: str | None) -> str:
        """SQL for `p` as JSON text, with the score whose SQL is given and then, if wanted, highlights."""
        return render_paper(self.fields, score, _HIGHLIGHTS if self.highlight and score else None)

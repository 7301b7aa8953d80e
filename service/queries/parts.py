"""What the statements that answer a search share, whatever the order."""

from collections.abc import Collection
from dataclasses import dataclass

from service.queries.papers import render_paper

# Prepared once, not for every paper: as an uncorrelated subquery it is run once, and only if a paper is found.
_HIGHLIGHTS = "search_highlights(p.title, p.abstract, (SELECT search_marks((plan).all_of) FROM reading))"


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

    def write_paper(self, score: str | None) -> str:
        """SQL for `p` as JSON text, with the score whose SQL is given and then, if wanted, highlights."""
        return render_paper(self.fields, score, _HIGHLIGHTS if self.highlight and score else None)

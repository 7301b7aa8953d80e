"""What the statements that answer a search share, whatever the order."""

from collections.abc import Collection
from dataclasses import dataclass

from service.queries.filters import check_papers
from service.queries.papers import render_paper
from service.queries.scoring import READING

# Prepared once, not for every paper: as an uncorrelated subquery it is run once, and only if a paper is found.
_HIGHLIGHTS = "search_highlights(p.title, p.abstract, (SELECT search_marks((plan).all_of) FROM reading))"

JOIN_SEARCH = " JOIN paper_search s ON s.paper_id = p.id"
# Where the conditions leave so few papers that it is cheaper to look through these than through those that have the
# words, their ids; else null. Few: 2,000, or four fifths of those that have the words, but no more than can be looked
# through in some 50 ms.
_FEW = """
    SELECT CASE WHEN count(*) < most.papers THEN coalesce(array_agg(filtered.id), '{{}}') END AS ids
    FROM (
        SELECT 1 + least(5000, greatest(2000, 0.8 * search_expected(
            reading.plan, array_fill(0, ARRAY[reading.lexemes])
        )))::bigint AS papers OFFSET 0
    ) AS most LEFT JOIN LATERAL (
        SELECT p.id FROM {tables} WHERE {conditions} LIMIT most.papers
    ) AS filtered ON true
    GROUP BY most.papers"""

# What matches `words` and lies in `box`, which bounds it. OFFSET 0 keeps the planner from beginning with the conditions
# and computing the impacts of each paper.
_MATCHING = """
                SELECT s.paper_id, s.words, s.length
                FROM (
                    SELECT s.paper_id, s.words, s.length FROM paper_search s
                    WHERE search_impacts(s.words, s.length) @@ {box} AND (reading.is_exact OR s.words @@ {words})
                    OFFSET 0
                ) AS s{checked}"""
# Of those few that the conditions leave. IS TRUE keeps a condition from being an index's.
_MATCHING_FEW = """
                SELECT s.paper_id, s.words, s.length
                FROM unnest(few.ids) AS one (id) JOIN paper_search s ON s.paper_id = one.id
                WHERE few.ids IS NOT NULL AND (s.words @@ {words}) IS TRUE"""
# What only excludes is bounded by no box.
_MATCHING_UNBOUNDED = """
                SELECT s.paper_id, s.words, s.length
                FROM paper_search s{checked}
                WHERE {box} IS NULL AND (s.words @@ {words}) IS TRUE"""
# All that match: the box is the last one, which holds them all. Computed once (OFFSET 0).
_ALL = """
            SELECT s.* FROM (
                SELECT search_box(reading.plan, {any_word}, array_fill(0, ARRAY[reading.lexemes])) AS box OFFSET 0
            ) AS whole, LATERAL ({matching}
            ) AS s"""

_MODE = """
    SELECT any_word, words::text AS applied, {words} AS words
    FROM (SELECT {any_word} OFFSET 0) AS m (any_word),
        LATERAL (SELECT CASE WHEN any_word THEN (reading.plan).any_of ELSE (reading.plan).all_of END) AS w (words)
    OFFSET 0"""


def write_words(any_word: str) -> str:
    """SQL for the tsquery that papers must match, in `reading`: all words, or any, and the fence. What says nothing
    ("the") matches nothing, whatever the fence."""
    words = f"CASE WHEN {any_word} THEN (reading.plan).any_of ELSE (reading.plan).all_of END"
    return f"CASE WHEN numnode((reading.plan).all_of) > 0 THEN ({words}) && (reading.plan).fence ELSE ''::tsquery END"


def write_mode(any_word: str) -> str:
    """SQL for a row of `reading`: any_word, whether any word is enough; words, what papers must match; applied, the
    same without filters, as text. Computed once (OFFSET 0)."""
    return _MODE.format(any_word=any_word, words=write_words("any_word"))


@dataclass(frozen=True, slots=True)
class Parts:
    """What a search is rendered from: SQL for what search_plan takes, and for the parents with their place.

    conditions: on `p` (papers) and, by the name of an author, `s` (paper_search), which `tables` has; all must hold.
    checked: those of them that the search index does not settle. is_guess: of some of these it knows nothing at all.
    excludes: whether the query has words to exclude.
    fields, highlight: what a paper is written with.
    """

    query: str
    labels: str
    names: str
    parents: str
    tables: str
    conditions: list[str]
    checked: list[str]
    is_guess: bool
    excludes: bool
    fields: Collection[str]
    highlight: bool

    @property
    def few(self) -> str:
        """SQL for one row, `ids`: the papers to look through, or null. It needs `reading`."""
        if not self.checked:
            return "SELECT NULL::bigint[] AS ids"
        return _FEW.format(tables=self.tables, conditions=" AND ".join(self.conditions))

    def write_reading(self, weights: str) -> str:
        """SQL for `reading`, the query as PostgreSQL read it."""
        return READING.format(query=self.query, weights=weights, labels=self.labels, names=self.names)

    def write_matching(self, box: str, words: str, *, is_few: bool = True) -> str:
        """SQL for the papers (paper_id, words, length) that match the words and lie in the box; of few.ids, where these
        are known and is_few allows it, whatever the box."""
        ways = [self.write_boxed(box, words, is_few=is_few)]
        unless_few = " AND few.ids IS NULL" if self.checked and is_few else ""
        if self.excludes:
            checked = check_papers(self.checked)
            ways.append(_MATCHING_UNBOUNDED.format(box=box, words=words, checked=checked) + unless_few)
        if unless_few:
            ways.append(_MATCHING_FEW.format(words=words))
        return "\n                UNION ALL".join(ways)

    def write_all(self, any_word: str, words: str) -> str:
        """SQL for all papers (paper_id, words, length) that match the words; any_word: whether these are any_of."""
        return _ALL.format(any_word=any_word, matching=self.write_matching("whole.box", words))

    def write_boxed(self, box: str, words: str, *, is_few: bool = True) -> str:
        """The same without those that no box bounds, and none where few.ids are known."""
        boxed = _MATCHING.format(box=box, words=words, checked=check_papers(self.checked))
        return f"{boxed}\n                WHERE few.ids IS NULL" if self.checked and is_few else boxed

    def write_paper(self, score: str | None) -> str:
        """SQL for `p` as JSON text, with the score whose SQL is given and then, if wanted, highlights."""
        return render_paper(self.fields, score, _HIGHLIGHTS if self.highlight and score else None)

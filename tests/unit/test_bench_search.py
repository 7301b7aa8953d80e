"""What the benchmark of the search compares, and with what."""

from itertools import pairwise

import pytest

from service.papers import SearchRequest
from tests.benchmarks.search.corpus import Paper, make_corpus, paper_id
from tests.benchmarks.search.measuring import compute_overlap
from tests.benchmarks.search.queries import QUERIES

PAPERS = [
    Paper("Zeolites", "One is old. Two is new! Three?", ["A. Lee"], "2020", "arXiv physics.chem-ph"),
    Paper("Galaxies", "Four are far. Five are farther.", ["B. Kim"], "2021", "arXiv astro-ph.GA cs.CV"),
]


@pytest.mark.parametrize(
    ("found", "scores", "overlap"),
    [
        ([1, 2, 3], [3.0, 2.0, 1.0], 1.0),
        ([3, 9, 1], [3.0, 2.0, 1.0], 2 / 3),
        ([], [3.0], 0.0),
        # The tenth ties with the two after it: any of the three will do, but only one of them has a place.
        ([*range(1, 10), 12], [*range(20, 11, -1), 5.0, 5.0, 5.0], 1.0),
        ([*range(1, 9), 11, 12], [*range(20, 11, -1), 5.0, 5.0, 5.0], 0.9),
        ([*range(1, 10), 13], [*range(20, 11, -1), 5.0, 5.0, 5.0], 0.9),
        # What is found after the tenth place is too late.
        ([*range(101, 111), 1], [3.0], 0.0),
    ],
)
def test_overlap(found: list[int], scores: list[float], overlap: float) -> None:
    wanted = list(enumerate(scores, start=1))
    assert compute_overlap(found, wanted) == pytest.approx(overlap)


def test_nothing_overlaps_with_nothing() -> None:
    assert compute_overlap([1], []) is None


def test_spliced_papers_keep_the_company_of_their_category() -> None:
    made = list(make_corpus(PAPERS, 40))
    assert made[:2] == PAPERS and len(made) == 40
    assert made == list(make_corpus(PAPERS, 40))
    assert list(make_corpus(PAPERS, 1)) == PAPERS[:1]
    words = {paper.title: set(paper.abstract.split()) for paper in PAPERS}
    assert all(set(paper.abstract.split()) <= words[paper.title] for paper in made)
    assert len({paper_id(number) for number in range(40)}) == 40


def test_the_queries_are_queries() -> None:
    assert len(QUERIES) >= 40
    assert all(SearchRequest(query.text, query.filter).has_query for query in QUERIES)
    assert all(bool(query.condition) == (str(query) != query.text) for query in QUERIES)
    assert all(str(one) != str(other) for one, other in pairwise(sorted(QUERIES, key=str)))

"""The ranking on judged queries. The floor is BM25's figure less a little: it catches a fall, it is no aim."""

from math import log2
from pathlib import Path

import pytest

from service.settings import Settings
from tests.benchmarks.eval_search import compute_ndcg, compute_recall, measure_set, write_query


async def test_claims_find_their_evidence(dsn: str, settings: Settings, shared_dir: Path) -> None:
    folder = shared_dir / "ir" / "scifact"
    if not folder.is_dir():
        pytest.skip(f"needs the set of judged queries in {folder}")
    figures = await measure_set(dsn, settings, folder)
    assert (figures.documents, figures.merged, figures.queries) == (5183, 0, 300)
    assert figures.unanswered == 0, figures
    assert figures.ndcg >= 0.695, figures


@pytest.mark.parametrize(
    ("ranked", "grades", "expected"),
    [
        (["a"], {"a": 1}, 1.0),
        (["x", "a"], {"a": 1}, 1 / log2(3)),
        # The gain is the grade itself, not a power of it.
        (["b", "a"], {"a": 2, "b": 1}, (1 + 2 / log2(3)) / (2 + 1 / log2(3))),
        (["x"] * 10 + ["a"], {"a": 1}, 0.0),
        (["a"], {"a": 1, "b": 1, "c": 0}, 1 / (1 + 1 / log2(3))),
        ([], {"a": 1}, 0.0),
        (["a"], {"a": 0}, 0.0),
    ],
)
def test_ndcg_is_trec_eval_s(ranked: list[str], grades: dict[str, int], expected: float) -> None:
    assert compute_ndcg(ranked, grades) == pytest.approx(expected)


def test_recall_counts_what_is_relevant() -> None:
    assert compute_recall(["a", "x", "b"], {"a": 1, "b": 2, "c": 1, "x": 0}) == pytest.approx(2 / 3)
    assert compute_recall(["x"] * 100 + ["a"], {"a": 1}) == 0.0


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ('the "small" world', "the small world"),
        ("-20 degrees of title:words and non-linear ones", "20 degrees of words and non-linear ones"),
        ("A OR B or C", "A or B or C"),
        ("word " * 600, " ".join(["word"] * 500)),
    ],
)
def test_texts_become_words_alone(text: str, query: str) -> None:
    assert write_query(text) == query

"""Extraction against the shared gold. The floors are low on purpose: they catch a fall, they are no aim."""

from pathlib import Path

import pytest

from service.ingest.extract import find_links
from tests.benchmarks.measure_extract import find_shared, measure_papers, measure_repos


@pytest.fixture(scope="module")
def shared() -> Path:
    folder = find_shared()
    if not (folder / "gold").is_dir():
        pytest.skip("the shared data is not here: set COLOPHON_SHARED to its folder")
    return folder


def test_models_of_the_saved_page(shared: Path) -> None:
    pairs, spans, roles = measure_papers(shared)
    assert pairs.precision >= 0.95 and pairs.recall >= 0.90, pairs.errors
    assert spans.f1 >= 0.85 and roles.f1 >= 0.80


def test_repositories_in_abstracts(shared: Path) -> None:
    repos = measure_repos(shared)
    assert repos.precision == 1.0 and repos.recall >= 0.99, repos.errors


def test_every_address_of_the_saved_page(shared: Path) -> None:
    links = find_links((shared / "data" / "daily-papers-page.txt").read_text(encoding="utf-8"), "abstract")
    kinds = [link.kind for link in links]
    assert {kind: kinds.count(kind) for kind in kinds} == {"repository": 22, "project_page": 2, "model": 1}

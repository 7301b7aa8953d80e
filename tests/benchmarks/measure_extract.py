"""Precision and recall of the extraction against the shared gold: `python -m tests.benchmarks.measure_extract`.

Pairs are (paper, canonical name), spans (field, start, end). Borderline names of the gold are ignored,
or count as errors with strict=True.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from service.ingest.extract import extract, find_links
from service.names import model_key, parse_repo
from tests.shared import find_shared


@dataclass
class Score:
    """Counts of right, invented and missed items, with a list of the errors."""

    right: int = 0
    invented: int = 0
    missed: int = 0
    errors: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        return self.right / max(self.right + self.invented, 1)

    @property
    def recall(self) -> float:
        return self.right / max(self.right + self.missed, 1)

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0

    def __str__(self) -> str:
        return (
            f"precision {self.precision:.3f}  recall {self.recall:.3f}  F1 {self.f1:.3f}  "
            f"({self.right} right, {self.invented} invented, {self.missed} missed)"
        )

    def add(self, place: str, found: set[Any], wanted: set[Any], ignored: set[Any]) -> None:
        """Count one text."""
        invented, missed = found - wanted - ignored, wanted - found
        self.right += len(found & wanted)
        self.invented += len(invented)
        self.missed += len(missed)
        self.errors += [f"{place}: invented {item}" for item in sorted(invented)]
        self.errors += [f"{place}: missed {item}" for item in sorted(missed)]


def read_gold(shared: Path, name: str) -> Iterator[dict[str, Any]]:
    with (shared / "gold" / name).open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def read_abstracts(shared: Path) -> dict[str, str]:
    """Of the saved page: every line with the next one that is not blank, so also title -> abstract."""
    lines = (shared / "data" / "daily-papers-page.txt").read_text(encoding="utf-8").splitlines()
    full = [line for line in lines if line.strip()]
    return dict(pairwise(full))


def measure_papers(shared: Path, strict: bool = False) -> tuple[Score, Score, Score]:
    """The models of daily_papers_dev: pairs, spans, and pairs with the right role."""
    abstracts = read_abstracts(shared)
    pairs, spans, roles = Score(), Score(), Score()
    for paper in read_gold(shared, "daily_papers_dev.jsonl"):
        mentions = extract(paper["title"], abstracts[paper["title"]]).mentions
        place = str(paper["index"])
        borderline = [] if strict else paper["borderline"]
        kept = {model_key(m["canonical"]) for m in paper["models"]}
        ignored = {model_key(m["canonical"]) for m in borderline} - kept
        pairs.add(place, {model_key(m.model.name) for m in mentions}, kept, ignored)
        roles.add(
            place,
            {(model_key(m.model.name), m.role) for m in mentions},
            {(model_key(m["canonical"]), m["role"]) for m in paper["models"]},
            {(key, role) for key in ignored for role in ("introduced", "used")},
        )
        spans.add(
            place,
            {(m.field, m.start, m.end, m.surface) for m in mentions},
            {(m["field"], m["start"], m["end"], m["surface"]) for m in paper["models"]},
            {(m["field"], m["start"], m["end"], m["surface"]) for m in borderline},
        )
    return pairs, spans, roles


def measure_paragraphs(shared: Path) -> Score:
    """The names of models (MLModel) in the paragraphs of gsap_ner_dev: exact spans, each paragraph alone."""
    spans = Score()
    for paragraph in read_gold(shared, "gsap_ner_dev.jsonl"):
        wanted = {(m["start"], m["end"], m["text"]) for m in paragraph["mentions"] if m["type"] == "MLModel"}
        found = {(m.start, m.end, m.surface) for m in extract("", paragraph["text"]).mentions}
        spans.add(paragraph["id"], found, wanted, set())
    return spans


def measure_repos(shared: Path) -> Score:
    """The repositories in the abstracts of repo_links_dev."""
    repos = Score()
    for paper in read_gold(shared, "repo_links_dev.jsonl"):
        wanted = {repo.key for url in paper["abstract_repo_urls"] if (repo := parse_repo(url))}
        found = {link.repo.key for link in find_links(paper["abstract"], "abstract") if link.repo}
        repos.add(paper["id"], found, wanted, set())
    return repos


def main() -> None:
    """Print the figures; with --errors the errors too, with --paragraphs the paragraphs' (slower)."""
    shared = find_shared()
    scores: dict[str, Score] = {}
    for name, strict in (("borderline ignored", False), ("strict", True)):
        pairs, spans, roles = measure_papers(shared, strict)
        scores |= {f"papers, pairs, {name}": pairs, f"papers, spans, {name}": spans, f"papers, roles, {name}": roles}
    scores["repositories"] = measure_repos(shared)
    if "--paragraphs" in sys.argv:
        start = time.perf_counter()
        scores["paragraphs, spans"] = measure_paragraphs(shared)
        print(f"{time.perf_counter() - start:.1f} s for the paragraphs")
    for name, score in scores.items():
        print(f"{name:36} {score}")
        if "--errors" in sys.argv and "strict" not in name:
            print("".join(f"    {error}\n" for error in score.errors), end="")
    if "--common" in sys.argv:
        surfaces = Counter(
            e.split(": ", 1)[1].split(" ")[0] + " " + e.rsplit("'", 2)[1] for e in score.errors if "'" in e
        )
        print(*(f"{n:5} {surface}" for surface, n in surfaces.most_common(150)), sep="\n")


if __name__ == "__main__":
    main()

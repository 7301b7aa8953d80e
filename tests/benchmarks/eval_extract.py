"""Precision and recall of the extraction against the shared gold: `make eval-extract`.

Spans are (text, field, start, end), exact; pairs (paper, canonical name). Sets:
- daily_papers: titles and abstracts, models only. Borderline names (named methods, generic classes, expansions) are
  ignored, or with "strict" count as errors. How many of its named methods are found is printed beside.
- gsap_ner: paragraphs of papers, each alone, MLModel. Models and methods together, and models alone. Its canonical
  names are read from the surfaces by our own grammar.
- repo_links: the repositories that abstracts name.

The errors of the small sets are printed, the most frequent ones of the paragraphs too; all go to --errors-to.
"""

import json
import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from service.ingest.extract import Mention, extract, find_links, resolve_model
from service.names import model_key, parse_repo
from tests.shared import find_shared


@dataclass
class Score:
    """Counts of right, invented and missed items, with a list of the errors: (place, "invented" or "missed", item)."""

    right: int = 0
    invented: int = 0
    missed: int = 0
    errors: list[tuple[str, str, Any]] = field(default_factory=list)

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
        self.errors += [(place, "invented", item) for item in sorted(invented)]
        self.errors += [(place, "missed", item) for item in sorted(missed)]


def join_scores(scores: Iterable[Score]) -> Score:
    """The counts of several sets together."""
    joined = Score()
    for score in scores:
        joined.right += score.right
        joined.invented += score.invented
        joined.missed += score.missed
    return joined


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


def measure_methods(shared: Path) -> Score:
    """The borderline names of daily_papers_dev that are named methods, as pairs. What is invented says little: the gold
    lists the methods that could be taken for models, not all."""
    abstracts = read_abstracts(shared)
    pairs = Score()
    for paper in read_gold(shared, "daily_papers_dev.jsonl"):
        found = {model_key(m.model.name) for m in extract(paper["title"], abstracts[paper["title"]]).methods}
        wanted = {model_key(m["canonical"]) for m in paper["borderline"] if m["reason"] == "method"}
        pairs.add(str(paper["index"]), found, wanted, set())
    return pairs


def measure_paragraphs(shared: Path, methods: bool = True) -> tuple[Score, Score]:
    """The names (MLModel) in the paragraphs of gsap_ner_dev, each paragraph alone: pairs and exact spans."""
    pairs, spans = Score(), Score()
    for paragraph in read_gold(shared, "gsap_ner_dev.jsonl"):
        place = paragraph["id"]
        extraction = extract("", paragraph["text"])
        found: tuple[Mention, ...] = extraction.mentions + (extraction.methods if methods else ())
        wanted = [(m["start"], m["end"], m["text"]) for m in paragraph["mentions"] if m["type"] == "MLModel"]
        spans.add(place, {(m.start, m.end, m.surface) for m in found}, set(wanted), set())
        pairs.add(place, {read_key(m.surface) for m in found}, {read_key(text) for _, _, text in wanted}, set())
    return pairs, spans


def read_key(surface: str) -> str:
    """The canonical key of a surface, without the plural's and the owner's s."""
    return model_key(resolve_model(surface.removesuffix("'s")).name).removesuffix("s")


def measure_repos(shared: Path) -> Score:
    """The repositories in the abstracts of repo_links_dev."""
    repos = Score()
    for paper in read_gold(shared, "repo_links_dev.jsonl"):
        wanted = {repo.key for url in paper["abstract_repo_urls"] if (repo := parse_repo(url))}
        found = {link.repo.key for link in find_links(paper["abstract"], "abstract") if link.repo}
        repos.add(paper["id"], found, wanted, set())
    return repos


def print_errors(name: str, score: Score, limit: int) -> None:
    """All errors of a score, or the most frequent by surface where there are more than limit."""
    if not score.errors:
        return
    print(f"\n{name}: {len(score.errors)} errors")
    if len(score.errors) <= limit:
        print(*(f"    {place}: {kind} {item}" for place, kind, item in score.errors), sep="\n")
        return
    common = Counter((kind, str(item[-1]) if isinstance(item, tuple) else item) for _, kind, item in score.errors)
    print(*(f"    {count:4} times {kind} {surface}" for (kind, surface), count in common.most_common(limit)), sep="\n")


def main() -> None:
    """Print the figures and the errors."""
    parser = ArgumentParser(description="measure the extraction against the shared gold")
    parser.add_argument("--errors-to", type=Path, default=Path("build/eval-extract.txt"), help="a file for all errors")
    parser.add_argument("--limit", type=int, default=40, help="errors printed of a set")
    options = parser.parse_args()
    shared = find_shared()
    if not (shared / "gold").is_dir():
        sys.exit(f"{shared} has no gold: set SHARED_DATA")
    pairs, spans, roles = measure_papers(shared)
    strict_pairs, strict_spans, strict_roles = measure_papers(shared, strict=True)
    paragraph_pairs, paragraph_spans = measure_paragraphs(shared)
    model_pairs, model_spans = measure_paragraphs(shared, methods=False)
    scores = {
        "overall, pairs": join_scores([pairs, paragraph_pairs]),
        "overall, spans": join_scores([spans, paragraph_spans]),
        "overall, pairs, strict": join_scores([strict_pairs, paragraph_pairs]),
        "overall, spans, strict": join_scores([strict_spans, paragraph_spans]),
        "daily_papers, pairs": pairs,
        "daily_papers, spans": spans,
        "daily_papers, pairs with role": roles,
        "daily_papers, pairs, strict": strict_pairs,
        "daily_papers, spans, strict": strict_spans,
        "daily_papers, pairs with role, strict": strict_roles,
        "gsap_ner, pairs": paragraph_pairs,
        "gsap_ner, spans": paragraph_spans,
        "gsap_ner, pairs, models alone": model_pairs,
        "gsap_ner, spans, models alone": model_spans,
        "repo_links, repositories": measure_repos(shared),
    }
    for name, score in scores.items():
        print(f"{name:38} {score}")
    methods = measure_methods(shared)
    print(f"{'daily_papers, named methods found':38} {methods.right} of {methods.right + methods.missed}")
    listed = [name for name in scores if scores[name].errors and "alone" not in name]
    for name in listed:
        print_errors(name, scores[name], options.limit)
    options.errors_to.parent.mkdir(parents=True, exist_ok=True)
    with options.errors_to.open("w", encoding="utf-8") as out:
        for name in listed:
            out.writelines(f"{name}\t{place}\t{kind}\t{item}\n" for place, kind, item in scores[name].errors)
    print(f"\nAll errors: {options.errors_to}")


if __name__ == "__main__":
    main()

"""Real papers, and as many more as are wanted, spliced from them. The same every time.

A spliced paper has the title of a real one and half of its sentences, with half of those of another of the same
primary category, so that words keep company as they really do.
"""

import gzip
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random

from service.names import hash_id

_SEED = 20_240_517
_SENTENCE_ENDS = re.compile(r"(?<=[.!?])\s+")
# Models that filters ask for. A word match will do: what is measured is the filter, not the extraction.
MODELS = ("BERT", "GPT-4", "LLaMA", "ResNet", "LSTM", "CLIP", "YOLO", "Transformer")
_MODEL = re.compile(rf"\b(?:{'|'.join(MODELS)})\b")
_REPO = re.compile(r"github\.com/[\w.-]+/[\w-]+")


@dataclass(frozen=True, slots=True)
class Paper:
    title: str
    abstract: str
    authors: list[str]
    published: str | None
    venue: str | None

    @property
    def categories(self) -> list[str]:
        """The venue of these papers is "arXiv", then their categories, the primary one first."""
        return (self.venue or "").split()[1:]

    @property
    def primary(self) -> str:
        return next(iter(self.categories), "")

    @property
    def models(self) -> list[str]:
        """Those that it names."""
        return sorted(set(_MODEL.findall(f"{self.title} {self.abstract}")))

    @property
    def repos(self) -> list[str]:
        """Those that its abstract links, without the scheme."""
        return sorted({found.lower() for found in _REPO.findall(self.abstract)})


def paper_id(number: int) -> int:
    """The id of a paper by its place in the corpus, scattered as the product's are."""
    return hash_id(f"bench:{number}")


def read_papers(path: Path, count: int) -> list[Paper]:
    """So many papers of a compressed file of JSON Lines, from all over it: its neighbours are of one time."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        lines = list(file)
    count = min(count, len(lines))
    records = (json.loads(lines[place * len(lines) // count]) for place in range(count))
    return [Paper(r["title"], r["abstract"], r["authors"], r.get("published"), r.get("venue")) for r in records]


def make_corpus(papers: Sequence[Paper], count: int) -> Iterator[Paper]:
    """These papers, then spliced ones, `count` in all."""
    yield from islice(papers, count)
    yield from islice(_splice(papers), max(count - len(papers), 0))


def _splice(papers: Sequence[Paper]) -> Iterator[Paper]:
    random = Random(_SEED)
    alike: dict[str, list[Paper]] = defaultdict(list)
    for paper in papers:
        alike[paper.primary].append(paper)
    while True:
        first = random.choice(papers)
        second = random.choice(alike[first.primary])
        sentences = _draw_half(first, random) + _draw_half(second, random)
        yield Paper(first.title, " ".join(sentences), first.authors, first.published, first.venue)


def _draw_half(paper: Paper, random: Random) -> list[str]:
    sentences = _SENTENCE_ENDS.split(paper.abstract)
    # Of an odd number more or less than half, by turns.
    return random.sample(sentences, (len(sentences) + random.randrange(2)) // 2)

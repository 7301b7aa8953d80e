"""Where a title and an abstract name methods: words with the shape of a name that the text treats as something that is
trained, proposed, compared or performs. Pure.

What is known as a model, or introduced as one, is not looked at here. No word decides alone: every occurrence of a name
gives evidence for or against (data sets, tasks and metrics have the same shapes), and the sum decides.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from service.ingest.extract.evidence import ENOUGH, PLACE, weigh_name, weigh_place
from service.ingest.extract.generic import is_generic, is_joined
from service.ingest.extract.lexicon import Lexicon

# An inner capital or digit, or capitals joined by a hyphen. Each alternative fails within a word or two.
_SHAPE = re.compile(
    r"(?<![\w.@/\\#&$^+-])"
    r"(?:[A-Z][a-z]*[A-Z0-9]|[a-z]{1,12}\d?[A-Z]|[a-z]{2,10}2[a-z]{2}|\d[A-Z]{2}|[A-Z][a-z]+-(?:[A-Z]|[a-z]+-[A-Z])|[A-Z]-[A-Z])"
    r"[A-Za-z0-9]{0,30}(?:[-+.][A-Za-z0-9]{1,20}){0,4}\+{0,2}(?![\w@/\\$^{=]|[-+]\w)"
)
_ENUMERATED = re.compile(
    r"(?:\s*(?:\([^()]{0,50}\)|\[[\d, -]{1,20}\]))?"
    r"\s*(?:,\s*(?:and\s+|or\s+)?|\s(?:and|or|vs\.?|versus)\s+|/|;\s*|\+)\s*(?:the\s+|a\s+)?"
)


# How what goes before a list ends; only then it is worth while to look whether it is one of models.
_LISTING = ("as ", "like ", "including ", "e.g. ", "e.g., ", "i.e. ", "i.e., ", "namely ", "(", ": ")
_LIST_HEAD = re.compile(
    r"(?:[Mm]odels?|L?LMs?|PLMs?|encoders?|backbones?|chatbots?|detectors?)(?:"
    r"(?:\s*[,:(]\s*|\s+)(?:such as|like|including|e\.g\.,?|i\.e\.,?|namely)|(?<=s)\s*[(:])\s*$"
)
_DATA_LIKE = re.compile(
    r"(?i:bench|corpus|dataset|bank\b|eval|wiki|tasks?$|challenge)|(?:QA|Set|Data|NLI|DB|KG|Hub|Gym|Score|Arena|Suite|Net-?\d+k)s?"
    r"(?:[-.]?v?\d[\d.]*)?$|^(?:CIFAR|MNIST|WMT|TREC|SST|COCO|VOC|ImageNet|GLUE|SQuAD|LAION|KITTI|UCI|MIMIC|Phase|Section|"
    r"Table|Figure|Fig|Eq|Appendix|Theorem|Lemma|COVID|Covid|RTX|Intel|Xeon|NVIDIA|Nvidia|GTX|Windows)\b|(?:19|20)\d\d$|\d(?:x|th|st|nd|D)$|^\d+[A-Z]?$"
)
# A capital or a digit inside of a word, and what follows. It begins with the one set of characters that a search can
# skip to.
_INSIDE = re.compile(r"[A-Z0-9](?<=[A-Za-z-].|\d[A-Z])\S*")
_PLURAL = re.compile(r"(?:[A-Z0-9]|[Nn]et|[Ff]ormer|[Mm]odel|[Cc]oder)s$")
_IN_FORMULA = re.compile(r"(?:[_^]|\\(?:ref|eqref|cite[a-z]*|label))\{$")
# What an introduction says of a name.
_KINDS = {"method": 5.0, "": 2.0, "model": 5.0, "other": -100.0}


@dataclass(slots=True)
class Candidate:
    """A word with the shape of a name, in one place. name: without a plural's s. role: as of a mention. listed:
    it stands in a list of models ("models such as BERT and X").
    """

    field: str
    start: int
    end: int
    name: str
    role: str = "used"
    listed: bool = False


def find_candidates(text: str, field: str, taken: Sequence[tuple[int, int]]) -> Iterator[Candidate]:
    """The words of a text that look like names, but for the taken places and what is known to be something else.

    taken: ascending, none overlapping another.
    """
    # Of the places only the last that begins before a word's end can reach into the word.
    starts = [start for start, _ in taken]
    ends = [-1, *(end for _, end in taken)]
    for inside in _INSIDE.finditer(text):
        # The whole of what stands between spaces, as it may hold several names.
        first, stop = inside.span()
        begin = max(text.rfind(" ", 0, first), text.rfind("\n", max(0, first - 60), first)) + 1
        for match in _SHAPE.finditer(text, begin, stop):
            start = match.start()
            word = match[0].rstrip(".")
            name = read_name(word)
            if name and not (
                ends[bisect_left(starts, start + len(word))] > start
                or (text[start - 1 : start] == "{" and _IN_FORMULA.search(text[max(0, start - 10) : start]))
            ):
                yield Candidate(field, start, start + len(word), name)


# The same few words have the shape of a name in most papers.
@lru_cache(maxsize=50_000)
def read_name(word: str) -> str | None:
    """A word without a plural's s, None when it is a generic term, a data set by its shape, or two words joined."""
    name = word[:-1] if len(word) > 3 and _PLURAL.search(word) else word
    if is_generic(name) or _DATA_LIKE.search(name) or is_joined(word):
        return None
    return name


def find_methods(
    texts: Mapping[str, str],
    taken: Mapping[str, Sequence[tuple[int, int]]],
    models: Mapping[str, Sequence[tuple[int, int]]],
    lexicon: Lexicon,
    introduced: Mapping[str, str],
) -> list[Candidate]:
    """The places of methods, in the order of the text. taken: places that are something else; models: those of models,
    which vouch for what is enumerated with them; introduced: name -> kind, see introductions.py."""
    found = [c for f, text in texts.items() for c in find_candidates(text, f, sorted([*taken[f], *models[f]]))]
    if not found:
        return []
    known = {name.lower(): _KINDS[kind] for name, kind in introduced.items()}
    scores: dict[str, float] = {}
    placed: set[str] = set()
    for candidate in found:
        key = candidate.name.lower()
        if key not in scores:
            scores[key] = known.get(key, 0.0) + weigh_name(candidate.name, lexicon)
        weight = weigh_place(texts[candidate.field], candidate.start, candidate.end)
        # One "in X" or "on X" is as good as many.
        if weight == PLACE:
            weight = 0.0 if key in placed else PLACE
            placed.add(key)
        scores[key] += weight
    places = {
        f: sorted(
            [(s, e, "") for s, e in models[f]] + [(c.start, c.end, c.name.lower()) for c in found if c.field == f]
        )
        for f in texts
    }
    listed = _find_listed(texts, places)
    for key in _spread(texts, places, scores) | listed:
        scores[key] += 2.0
    methods = [c for c in found if scores[c.name.lower()] >= ENOUGH]
    for method in methods:
        method.listed = method.name.lower() in listed
        if known.get(method.name.lower(), 0.0) > 0:
            method.role = "introduced"
    return methods


# Start, end and lower-cased name of what looks like a name; "" for a model.
Places = Mapping[str, Sequence[tuple[int, int, str]]]


def _spread(texts: Mapping[str, str], places: Places, scores: Mapping[str, float]) -> set[str]:
    """The names that stand in one enumeration with a model or a method, or with one that does."""
    beside: dict[str, set[str]] = {}
    for f, text in texts.items():
        for (_, end, left), (start, _, right) in pairwise(places[f]):
            if left != right and _is_enumerated(text, end, start):
                beside.setdefault(left, set()).add(right)
                beside.setdefault(right, set()).add(left)
    waiting = ["", *(key for key, score in scores.items() if score >= ENOUGH)]
    reached = set(waiting)
    near: set[str] = set()
    while waiting:
        fresh = beside.get(waiting.pop(), set()) - reached
        near |= fresh
        reached |= fresh
        waiting.extend(fresh)
    return near


def _find_listed(texts: Mapping[str, str], places: Places) -> set[str]:
    """The names that stand with others behind "models such as" and the like."""
    listed: set[str] = set()
    for f, text in texts.items():
        chain: list[str] = []
        reached = -1
        for start, end, name in [*places[f], (len(text) + 1, len(text) + 1, "")]:
            if chain and start <= len(text) and _is_enumerated(text, reached, start):
                chain.append(name)
            else:
                listed |= set(chain) if len(chain) > 1 else set()
                before = text[max(0, start - 50) : start].removesuffix("the ")
                chain = [name] if before.endswith(_LISTING) and _LIST_HEAD.search(before) else []
            reached = end
    return listed - {""}


def _is_enumerated(text: str, end: int, start: int) -> bool:
    return start - end < 80 and _ENUMERATED.fullmatch(text, end, start) is not None

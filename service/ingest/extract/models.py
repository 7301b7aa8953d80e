"""Where a title and an abstract name models: the lexicon in one pass, then the names the paper introduces. Pure."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

from service.ingest.extract.ellipses import find_ellipses
from service.ingest.extract.extraction import Mention, Model
from service.ingest.extract.grammar import describe, find_family, resolve_unknown
from service.ingest.extract.introductions import find_introduced
from service.ingest.extract.lexicon import Entry, Lexicon, load_lexicon
from service.ingest.extract.matching import Hit, accept_hits, choose_hits, find_entry, find_known
from service.ingest.extract.methods import Candidate, find_methods
from service.names import model_key

# Names come again and again.
_key = lru_cache(maxsize=50_000)(model_key)

_SIZED = re.compile(r"[-_]\d+(?:\.\d+)?[BbM](?:-A\d+(?:\.\d+)?B)?$")
# Hyphens people and converters use; each is one code point, so offsets stay.
_HYPHENS = str.maketrans("‐‑‒–−", "-----")
_PRESENTED_BEFORE = re.compile(
    r"\b(?:introduc(?:e|es|ing)|presents?|propos(?:e|es|ing)|releas(?:e|es|ing)|creat(?:e|es|ing)|develop|build|called|"
    r"named|dubbed)\s+(?:the\s+|our\s+)?$"
)
_PRESENTED_AFTER = re.compile(r"\s*(?:[.,;:(]|$|\s(?:which|that|and its|--?|—)\s)")


def find_mentions(
    title: str, abstract: str, addresses: Sequence[tuple[str, int, int]] = (), lexicon: Lexicon | None = None
) -> tuple[list[Mention], list[Mention]]:
    """Every mention of a model, and every mention of a method, each in the order of the text, the title first. A
    method's name is never that of a model of the same text.

    addresses: (field, start, end) of the links in the text; a name inside one is no mention.
    """
    known = lexicon or load_lexicon()
    texts = {"title": _level_hyphens(title), "abstract": _level_hyphens(abstract)}
    cues: dict[str, list[int]] = {}
    hits = {
        "title": list(find_known(texts["title"], known, {})),
        "abstract": list(find_known(texts["abstract"], known, cues)),
    }
    kinds = find_introduced(texts["title"], texts["abstract"], cues)
    introduced = [name for name, kind in kinds.items() if kind == "model" and _key(name) not in known.excluded]
    new = _make_entries(introduced, known)
    if new:
        for name, text in texts.items():
            hits[name] += [hit for entry in new for hit in find_entry(text, entry, known)]
    taken = {f: [(s, e) for field, s, e in addresses if field == f] for f in texts}
    accepted = hits
    if hits["title"] or hits["abstract"]:
        chosen = {f: choose_hits(found, taken[f]) for f, found in hits.items()}
        accepted = accept_hits(texts, chosen, {_key(name) for name in introduced})
        for name, text in texts.items():
            accepted[name] = sorted(
                [*accepted[name], *find_ellipses(text, accepted[name], known)], key=lambda hit: hit.start
            )
    # "our BERT model" presents no BERT: a known name has to be presented right where it stands.
    keys = {_key(entry.name) for entry in new}
    keys |= {_key(hit.model.name) for f in texts for hit in accepted[f] if _is_presented(texts[f], hit, f)}
    places = {f: [(hit.start, hit.end) for hit in accepted[f]] for f in texts}
    named = find_methods(texts, taken, places, known, kinds)
    unlisted = {c.name: model for c in named if (model := _read_unlisted(c, known))}
    originals = {"title": title, "abstract": abstract}
    mentions = [
        Mention(hit.model, originals[f][hit.start : hit.end], f, hit.start, hit.end, _read_role(hit.model, keys))
        for f in texts
        for hit in accepted[f]
    ]
    mentions += [_mention(c, unlisted[c.name], originals) for c in named if c.name in unlisted]
    mentions.sort(key=lambda m: (m.field == "abstract", m.start))
    models = {_key(mention.model.name) for mention in mentions}
    methods = [
        _mention(c, Model(c.name, None), originals)
        for c in named
        if c.name not in unlisted and _key(c.name) not in models
    ]
    return mentions, methods


def _mention(candidate: Candidate, model: Model, texts: Mapping[str, str]) -> Mention:
    surface = texts[candidate.field][candidate.start : candidate.end]
    return Mention(model, surface, candidate.field, candidate.start, candidate.end, candidate.role)


def _read_unlisted(candidate: Candidate, lexicon: Lexicon) -> Model | None:
    """The model that a named thing is when the lexicon has it in another spelling ("Cycle-GAN"), when its name has a
    size ("Foo-7B"), or when it is listed as one ("models such as BERT and FooNet"); None for a method."""
    key = _key(candidate.name)
    entry = lexicon.by_key.get(key)
    if entry is not None:
        return describe(entry, lexicon) if candidate.listed or "context" not in entry.flags else None
    if key in lexicon.excluded or key in lexicon.datasets:
        return None
    return resolve_unknown(candidate.name, lexicon) if candidate.listed or _SIZED.search(candidate.name) else None


def _make_entries(names: Sequence[str], lexicon: Lexicon) -> list[Entry]:
    return [Entry(n, find_family(n, lexicon)) for n in names if _key(n) not in lexicon.by_key]


def _level_hyphens(text: str) -> str:
    return text if text.isascii() else text.translate(_HYPHENS)


def _is_presented(text: str, hit: Hit, field: str) -> bool:
    """Whether this mention presents the model: "X: …" as a title, "to create X." in an abstract."""
    if field == "title":
        return hit.start == 0 and re.match(r"\s*:|\s--?\s", text[hit.end : hit.end + 4]) is not None
    before = text[max(0, hit.start - 30) : hit.start]
    return bool(_PRESENTED_BEFORE.search(before) and _PRESENTED_AFTER.match(text, hit.end))


def _read_role(model: Model, introduced: set[str]) -> str:
    line: Model | None = model
    while line is not None:
        if _key(line.name) in introduced:
            return "introduced"
        line = line.parent
    return "used"

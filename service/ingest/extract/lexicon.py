"""The known models: names, aliases, families. Data in own.tsv (by hand), public.tsv, datasets.tsv (by generate.py)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from itertools import product

from ahocorasick_rs import AhoCorasick, Implementation

from service.ingest.extract.introductions import CUES
from service.names import model_key, model_slug

_FLAGS = frozenset({"context", "numbered", "joined", "letters", "suffix", "excluded", "method"})


@dataclass(frozen=True, slots=True)
class Entry:
    """A model of the lexicon. flags: see the head of own.tsv; source: the list that names it."""

    name: str
    family: str
    parent: str | None = None
    flags: frozenset[str] = frozenset()
    aliases: tuple[str, ...] = ()
    source: str = "own"

    @property
    def spellings(self) -> tuple[str, ...]:
        return (self.name, *self.aliases)


@dataclass(frozen=True, slots=True, eq=False)
class Lexicon:
    """Entries, findable by names.model_key of any spelling, and all at once in a text.

    excluded: names.model_key of what is known to be no model; methods: those of it that are named methods.
    datasets: names.model_key of data sets and benchmarks; a paper may still give such a name to a model of its own.
    automaton: finds the lower-cased spellings and the cues of introductions.py; None for a lexicon without names.
    spelled: for each of them, by its number in the automaton, the (entry, spelling) pairs written so, and the kind of
    cue that it is or "".
    """

    entries: tuple[Entry, ...]
    by_key: dict[str, Entry]
    excluded: frozenset[str]
    methods: frozenset[str]
    datasets: frozenset[str]
    automaton: AhoCorasick | None = field(repr=False)
    spelled: tuple[tuple[tuple[tuple[Entry, str], ...], str], ...] = field(repr=False)


@cache
def load_lexicon() -> Lexicon:
    """The lexicon of the package. Raises ValueError when its data is damaged."""
    own = load_own()
    known = {model_key(name) for entry in own for name in entry.spellings}
    public = (e for e in _read("public.tsv") if model_key(e.name) not in known)
    return build_lexicon([*own, *public], frozenset(model_key(row["name"]) for row in _read_rows("datasets.tsv")))


def load_own() -> list[Entry]:
    """The entries made by hand, the excluded ones too."""
    return list(_read("own.tsv"))


def build_lexicon(entries: list[Entry], datasets: frozenset[str] = frozenset(), searchable: bool = True) -> Lexicon:
    """A lexicon of these; where two share a spelling the first has it. searchable: with an automaton."""
    excluded = frozenset(model_key(s) for e in entries if e.flags & {"excluded", "method"} for s in e.spellings)
    methods = frozenset(model_key(s) for e in entries if "method" in e.flags for s in e.spellings)
    entries = [entry for entry in entries if not entry.flags & {"excluded", "method"}]
    by_key: dict[str, Entry] = {}
    spelled: dict[str, list[tuple[Entry, str]]] = {}
    for entry in entries:
        for spelling in entry.spellings:
            by_key.setdefault(model_key(spelling), entry)
            for variant in _spell_apart(spelling):
                spelled.setdefault(variant.lower(), []).append((entry, variant))
    if not searchable:
        return Lexicon(tuple(entries), by_key, excluded, methods, datasets, None, ())
    words = [*spelled, *(cue for cue in CUES if cue not in spelled)]
    automaton = AhoCorasick(words, implementation=Implementation.DFA)
    payloads = tuple((tuple(spelled.get(word, ())), CUES.get(word, "")) for word in words)
    return Lexicon(tuple(entries), by_key, excluded, methods, datasets, automaton, payloads)


def _spell_apart(name: str) -> set[str]:
    """A name with each space or hyphen written as either ("Code-Llama" for "Code Llama")."""
    parts = re.split(r"[ -]", name)
    if len(parts) == 1 or len(parts) > 4:
        return {name}
    joints = product(" -", repeat=len(parts) - 1)
    return {"".join(a + b for a, b in zip(parts, (*joint, ""), strict=True)) for joint in joints}


def _read(file: str) -> Iterator[Entry]:
    for row in _read_rows(file):
        flags = frozenset(filter(None, row["flags"].split(",")))
        if not flags <= _FLAGS:
            raise ValueError(f"{file}: {row['name']} has an unknown flag in {row['flags']!r}")
        yield Entry(
            name=row["name"],
            family=row["family"] or model_slug(row["name"]),
            parent=row["parent"] or None,
            flags=flags,
            aliases=tuple(filter(None, row["aliases"].split("|"))),
            source=row.get("source", "own"),
        )


def _read_rows(file: str) -> Iterator[dict[str, str]]:
    text = (files(__package__) / file).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    columns = lines[0].split("\t")
    for line in lines[1:]:
        yield dict(zip(columns, line.split("\t"), strict=True))

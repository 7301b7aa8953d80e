"""BibTeX and BibLaTeX.

bibtexparser reads the entries, one block of lines at a time, so that a file is never in memory as a whole and a block
that is broken costs no other. Macros (@string), months, crossref and LaTeX are resolved here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from service.ingest.formats.bibtex_entries import Entry, measure, read_entries
from service.ingest.formats.bibtex_fields import convert, inherit, trim_parent
from service.ingest.formats.building import build_found
from service.ingest.formats.content import Content, Head
from service.ingest.formats.text import EDGES, FormatError
from service.ingest.record import Found, Place, Reject, Skipped

NAME = "bibtex"
SOURCE = "bibtex"
RANK = 40

_KINDS = (
    "article|artwork|book|booklet|bookinbook|collection|comment|conference|dataset|electronic|inbook|incollection|"
    "inproceedings|manual|mastersthesis|misc|mvbook|online|periodical|phdthesis|preamble|preprint|proceedings|report|"
    "software|string|techreport|thesis|unpublished|www|webpage"
)
_BEGINNING = re.compile(rf"@(?:{_KINDS})\s*[{{(]", re.IGNORECASE)
# Beside which a record is no paper, whatever it is titled.
_NO_PAPERS = frozenset("proceedings mvproceedings periodical software dataset set xdata artwork image video".split())
# What is referred to (crossref).
_PARENTS = frozenset("proceedings mvproceedings book mvbook collection mvcollection periodical misc".split())
# Characters of entries that wait for the one they refer to, which BibTeX wants below them; and of those referred to.
_MOST_WAITING = 20_000_000
_MOST_PARENTS = 20_000_000


def recognise(head: Head) -> bool:
    lines = [line.strip(EDGES) for line in head.lines]
    lines = [line for line in lines if line and not line.startswith("%")]
    if not lines or lines[0][0] in "{[<":
        return False
    return any(_BEGINNING.match(line) for line in lines)


def read(content: Content, file: str, source: str) -> Iterator[Found | Reject | Skipped]:
    number = 0
    parents = _Parents()
    waiting: list[tuple[Entry, Place]] = []
    size = 0
    failure: FormatError | None = None
    entries = read_entries(content.lines, file, content.limits.entry)
    while True:
        try:
            entry = next(entries, None)
        except FormatError as error:
            # What waits is whole.
            failure, entry = error, None
        if entry is None:
            break
        if isinstance(entry, Skipped):
            yield entry
            continue
        if not entry.problem and _is_no_paper(entry):
            parents.keep(entry)
            yield Skipped(file, entry.line, f"@{entry.kind}{{{entry.key}", _explain(entry))
            continue
        number += 1
        place = Place(file, entry.line, number)
        if entry.problem:
            yield Reject(place, entry.problem, entry.hint)
            continue
        parents.keep(entry)
        size += measure(entry) if parents.is_awaited_by(entry) else 0
        if parents.is_awaited_by(entry) and size <= _MOST_WAITING:
            waiting.append((entry, place))
        else:
            yield _finish(entry, parents, place, source)
    for entry, place in waiting:
        yield _finish(entry, parents, place, source)
    if failure is not None:
        raise failure


def _finish(entry: Entry, parents: "_Parents", place: Place, source: str) -> Found | Reject:
    return build_found(place, source, lambda: convert(inherit(entry, parents.find(entry))))


@dataclass
class _Parents:
    """The entries that others may refer to, without what they do not take from them."""

    kept: dict[str, Entry] = field(default_factory=dict)
    size: int = 0

    def keep(self, entry: Entry) -> None:
        key = entry.key.lower()
        if entry.kind in _PARENTS and key and key not in self.kept:
            trimmed = trim_parent(entry)
            self.size += measure(trimmed)
            if self.size <= _MOST_PARENTS:
                self.kept[key] = trimmed

    def find(self, entry: Entry) -> Entry | None:
        return self.kept.get(entry.fields.get("crossref", "").strip().lower())

    def is_awaited_by(self, entry: Entry) -> bool:
        return "crossref" in entry.fields and self.find(entry) is None


def _is_no_paper(entry: Entry) -> bool:
    return entry.kind in _NO_PAPERS or (entry.kind == "misc" and not entry.fields.get("title"))


def _explain(entry: Entry) -> str:
    if entry.kind == "misc":
        return "an entry of kind misc without a title is no paper"
    return f"an entry of kind {entry.kind} is no paper"

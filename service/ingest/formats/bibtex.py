"""BibTeX and BibLaTeX.

bibtexparser reads the entries, one block of lines at a time, so that a file is never in memory as a whole and a block
that is broken costs no other. Macros (@string), months, crossref and LaTeX are resolved here.
"""

import re
from collections.abc import Iterator

from service.ingest.formats.bibtex_entries import Entry, read_entries
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
# Entries that wait for the one they refer to, which BibTeX wants below them.
_PARENTS = frozenset("proceedings mvproceedings book mvbook collection mvcollection periodical misc".split())
_MOST_WAITING = 10_000
_MOST_PARENTS = 100_000


def recognise(head: Head) -> bool:
    lines = [line.strip(EDGES) for line in head.lines]
    lines = [line for line in lines if line and not line.startswith("%")]
    if not lines or lines[0][0] in "{[<":
        return False
    return any(_BEGINNING.match(line) for line in lines)


def read(content: Content, file: str, source: str) -> Iterator[Found | Reject | Skipped]:
    number = 0
    parents: dict[str, Entry] = {}
    waiting: list[tuple[Entry, Place]] = []
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
            _keep_parent(parents, entry)
            yield Skipped(file, entry.line, f"@{entry.kind}{{{entry.key}", _explain(entry))
            continue
        number += 1
        place = Place(file, entry.line, number)
        if entry.problem:
            yield Reject(place, entry.problem, entry.hint)
            continue
        _keep_parent(parents, entry)
        above = _name_parent(entry)
        if above and above not in parents and len(waiting) < _MOST_WAITING:
            waiting.append((entry, place))
        else:
            yield _finish(entry, parents, place, source)
    for entry, place in waiting:
        yield _finish(entry, parents, place, source)
    if failure is not None:
        raise failure


def _finish(entry: Entry, parents: dict[str, Entry], place: Place, source: str) -> Found | Reject:
    above = _name_parent(entry)
    return build_found(place, source, lambda: convert(inherit(entry, parents.get(above) if above else None)))


def _name_parent(entry: Entry) -> str:
    return entry.fields.get("crossref", "").strip().lower()


def _keep_parent(parents: dict[str, Entry], entry: Entry) -> None:
    """What others may refer to, without what they do not take from it."""
    if entry.kind in _PARENTS and not entry.problem and len(parents) < _MOST_PARENTS:
        parents.setdefault(entry.key.lower(), trim_parent(entry))


def _is_no_paper(entry: Entry) -> bool:
    return entry.kind in _NO_PAPERS or (entry.kind == "misc" and not entry.fields.get("title"))


def _explain(entry: Entry) -> str:
    if entry.kind == "misc":
        return "an entry of kind misc without a title is no paper"
    return f"an entry of kind {entry.kind} is no paper"

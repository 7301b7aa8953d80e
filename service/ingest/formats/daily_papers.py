"""A Daily Papers listing saved as plain text: some header lines, then title, abstract, title, abstract, …

roles.py finds which line is which. What follows from its costs:

- A line of 400 characters or more is an abstract; the second of two in a row has no title and is rejected.
- All short lines before the first title that has an abstract are header, whatever they say; so is a lone
  title there, as nothing tells it from a header. They are told as skipped.
- Later a short line with no abstract below it is a title, and a paper with an empty abstract; only three or
  more in a row, most of one or two words, are furniture (a footer; the header of a second page joined on).
- A line without a letter separates.
- The lines of a broken abstract or title are joined by a space, or by nothing after a hyphen inside a word.
"""

import re
from collections.abc import Iterator

from service.ingest.formats.content import Content, Head
from service.ingest.formats.roles import Role, assign_roles
from service.ingest.formats.rows import Row, measure_rows
from service.ingest.formats.text import EDGES, FormatError, Line, hint_at
from service.ingest.record import MAX_ABSTRACT, Found, Place, Record, RecordError, Reject, Skipped, check_record

NAME = "daily_papers"
SOURCE = "daily_papers"
# Last: only how lines look tells it.
RANK = 1000

_OTHER = re.compile(r"<[!?a-zA-Z]|@[A-Za-z]+\s*[{(]|TY  - |\"?\w+\"?([,;\t]\"?\w+\"?)+$")


def recognise(head: Head) -> bool:
    """There is a title with an abstract, and such pairs are at least half of what follows the header.

    Raises FormatError for markup, BibTeX, RIS and tables, which have lines that look like such pairs.
    """
    first = next(line.strip(EDGES) for line in head.lines if line.strip(EDGES))
    if _OTHER.match(first):
        raise FormatError(f"The file begins with {first[:20]!r}: no format that is read. Save a page as plain text.")
    lines = (Line(number, text) for number, text in enumerate(head.lines, 1))
    entries = [item for item in _read_lines(lines, "", SOURCE) if not isinstance(item, Skipped)]
    pairs = sum(isinstance(entry, Found) and _is_plausible(entry.record) for entry in entries)
    return pairs > 0 and pairs * 2 >= len(entries)


def _is_plausible(record: Record) -> bool:
    """A title and prose: not code, not a table, not headings of Markdown."""
    if (
        not record.abstract
        or not re.match(r"[\w\"'“‘(\[$\\¿¡«「《]", record.title)
        or re.search(r"[,;:=({\[|]$", record.title)
    ):
        return False
    # Long words: addresses, paths; East Asian text has none but long ones.
    words = record.abstract.split()
    return len(record.abstract) <= 14 * len(words) or not record.abstract.isascii()


def read(content: Content, file: str, source: str) -> Iterator[Found | Reject | Skipped]:
    return _read_lines(content.lines, file, source)


def _read_lines(lines: Iterator[Line], file: str, source: str) -> Iterator[Found | Reject | Skipped]:
    separators: list[Line] = []
    entry: _Entry | None = None
    number = 0
    for row, role in assign_roles(measure_rows(lines, separators)):
        yield from _tell(separators, file)
        if role in (Role.TITLE, Role.ORPHAN, Role.HEADER, Role.FOOTER):
            if entry:
                yield entry.close(file, source)
            entry = None
        if role in (Role.HEADER, Role.FOOTER):
            yield Skipped(file, row.number, row.text, role.name.lower())
        elif entry:
            entry.add(row, role)
        else:
            number += 1
            entry = _Entry(row, number, orphan=role is Role.ORPHAN)
    if entry:
        yield entry.close(file, source)
    yield from _tell(separators, file)


def _tell(separators: list[Line], file: str) -> Iterator[Skipped]:
    for line in separators:
        yield Skipped(file, line.number, line.text.strip(EDGES), "separator")
    separators.clear()


class _Entry:
    """A paper as its lines come in."""

    def __init__(self, first: Row, number: int, *, orphan: bool) -> None:
        self._first, self._number, self._orphan = first, number, orphan
        self._problem = first.problem
        self._title = [first.text]
        self._abstract: list[str] = []
        self._abstract_size = 0

    def add(self, row: Row, role: Role) -> None:
        self._problem = self._problem or (row.problem and f"line {row.number:,}: {row.problem}")
        if role is Role.TITLE_MORE:
            self._title.append(row.text)
        elif self._abstract_size <= MAX_ABSTRACT:
            self._abstract.append(row.text)
            self._abstract_size += len(row.text)

    def close(self, file: str, source: str) -> Found | Reject:
        place = Place(file, self._first.number, self._number)
        if self._problem:
            return Reject(place, self._problem, hint_at(self._problem))
        if self._orphan:
            beginning = self._first.text[:60]
            return Reject(
                place,
                f"an abstract without a title: {beginning!r}",
                "Each abstract stands below its paper's title.",
            )
        record = Record(title=_join(self._title), abstract=_join(self._abstract))
        try:
            check_record(record)
        except RecordError as error:
            return Reject(place, error.reason, error.hint)
        return Found(record, source, place)


def _join(lines: list[str]) -> str:
    joined: list[str] = []
    for line in lines:
        if joined and not (re.search(r"\w-$", joined[-1][-2:]) and line[0].islower()):
            joined.append(" ")
        joined.append(line)
    return "".join(joined)

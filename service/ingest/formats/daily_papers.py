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
from dataclasses import dataclass, field

from service.ingest.formats.roles import Role, Row, assign_roles, measure_rows
from service.ingest.formats.text import EDGES, FormatError, Line, hint_at
from service.ingest.record import MAX_ABSTRACT, Found, Place, Record, RecordError, Reject, Skipped, check_record

NAME = "daily_papers"
SOURCE = "daily_papers"

_OTHER = re.compile(r"<[!?a-zA-Z]|@[A-Za-z]+\s*[{(]|TY  - |\"?\w+\"?([,;\t]\"?\w+\"?)+$")


def recognise(head: tuple[str, ...]) -> bool:
    """There is a title with an abstract, and such pairs are most of what follows the header.

    Raises FormatError for markup, BibTeX, RIS and tables, which have lines that look like such pairs.
    """
    first = next(line.strip(EDGES) for line in head if line.strip(EDGES))
    if _OTHER.match(first):
        raise FormatError(f"The file begins with {first[:20]!r}: no format that is read. Save a page as plain text.")
    lines = (Line(number, text) for number, text in enumerate(head, 1))
    entries = [item for item in read(lines, "", SOURCE) if not isinstance(item, Skipped)]
    pairs = sum(isinstance(entry, Found) and _is_plausible(entry.record) for entry in entries)
    return pairs * 2 > len(entries)


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


def read(lines: Iterator[Line], file: str, source: str) -> Iterator[Found | Reject | Skipped]:
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
            yield Skipped(file, row.number, row.text[:80], role.name.lower())
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
        yield Skipped(file, line.number, line.text.strip(EDGES)[:80], "separator")
    separators.clear()


@dataclass(slots=True)
class _Entry:
    """A paper as its lines come in."""

    first: Row
    number: int
    orphan: bool
    title: str = field(init=False)
    abstract: str = ""
    problem: str | None = field(init=False)

    def __post_init__(self) -> None:
        self.title = self.first.text
        self.problem = self.first.problem

    def add(self, row: Row, role: Role) -> None:
        self.problem = self.problem or (row.problem and f"line {row.number:,}: {row.problem}")
        if role is Role.TITLE_MORE:
            self.title = _join(self.title, row.text)
        elif len(self.abstract) <= MAX_ABSTRACT:
            self.abstract = _join(self.abstract, row.text)

    def close(self, file: str, source: str) -> Found | Reject:
        place = Place(file, self.first.number, self.number)
        if self.problem:
            return Reject(place, self.problem, hint_at(self.problem))
        if self.orphan:
            return Reject(
                place,
                f"an abstract without a title: {self.first.text[:60]!r}",
                "Each abstract stands below its paper's title.",
            )
        record = Record(title=self.title, abstract=self.abstract)
        try:
            check_record(record)
        except RecordError as error:
            return Reject(place, error.reason, error.hint)
        return Found(record, source, place)


def _join(text: str, more: str) -> str:
    if not text or (re.search(r"\w-$", text) and more[0].islower()):
        return text + more
    return f"{text} {more}"

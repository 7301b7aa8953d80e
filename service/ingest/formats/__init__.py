"""Bytes to records: one module a format, recognised from content.

To add a format, write a module with NAME, SOURCE (its records' source unless the caller says another),
recognise (do these first lines look like it?) and read, and name it in _MODULES.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from service.ingest.formats import daily_papers, jsonl
from service.ingest.formats.text import FormatError, Line, open_text
from service.ingest.record import Found, Reject, Skipped

__all__ = ["FORMATS", "Format", "FormatError", "read_records"]


@dataclass(frozen=True, slots=True)
class Format:
    """recognise(the file's first lines, one of which at least is not blank); read(all lines, file name, source)."""

    name: str
    source: str
    recognise: Callable[[tuple[str, ...]], bool]
    read: Callable[[Iterator[Line], str, str], Iterator[Found | Reject | Skipped]]


# In the order they are tried: the strictest first.
_MODULES = (jsonl, daily_papers)
FORMATS = {m.NAME: Format(m.NAME, m.SOURCE, m.recognise, m.read) for m in _MODULES}


def read_records(
    stream: BinaryIO, file: str, format: str | None = None, source: str | None = None
) -> Iterator[Found | Reject | Skipped]:
    """The entries of a file (plain or gzip; it need not be seekable), as a stream, in order.

    file: its name in the places. format: a name in FORMATS, to insist. Raises FormatError at once for a file
    that is empty, binary or of no known format, and while reading for one that breaks off (a damaged gzip).
    """
    if format is not None and format not in FORMATS:
        raise FormatError(f"{format!r} is not a format; there are {', '.join(FORMATS)}.")
    text = open_text(stream)
    found = FORMATS[format] if format else next((f for f in FORMATS.values() if f.recognise(text.head)), None)
    if found is None:
        raise FormatError(
            "The file is of no format that is read: neither JSON Lines (one record a line) "
            f"nor a Daily Papers page saved as text (titles with their abstracts).{_tell_nul(text.head)}"
        )
    return found.read(text.lines, file, source or found.source)


def _tell_nul(head: tuple[str, ...]) -> str:
    """Where the first NUL is: an entry that has one is rejected, and of a file with few others nothing is left."""
    for number, line in enumerate(head, 1):
        if "\0" in line:
            place = line.index("\0") + 1
            return f" Line {number:,} has a NUL character at character {place:,}, which no text has: take it out."
    return ""

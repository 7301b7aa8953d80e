"""Bytes to records: one module a format, recognised from content. docs/formats.md tells how to add one."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from service.ingest.formats.archives import Member, read_members, recognise_archive
from service.ingest.formats.content import Content, Head, open_text, unpack
from service.ingest.formats.limits import DEFAULT_LIMITS, Limits
from service.ingest.formats.text import FormatError, Line
from service.ingest.record import Found, Place, Reject, Skipped

__all__ = ["FORMATS", "Content", "Format", "FormatError", "Head", "Limits", "Line", "read_records"]


@dataclass(frozen=True, slots=True)
class Format:
    """What a module of this package gives, as NAME, SOURCE, RANK, recognise and read.

    name: what --format takes. source: its records' source unless the caller says another. rank: where it is tried,
    the strictest first. recognise: does a file that begins so look like it? It may raise FormatError to say what
    else the file is, when no later format could take it. read(content, file name, source): what the file holds;
    what is no record is a Reject or Skipped. It raises FormatError only when nothing more can be read.
    """

    name: str
    source: str
    rank: int
    recognise: Callable[[Head], bool]
    read: Callable[[Content, str, str], Iterator[Found | Reject | Skipped]]


def _find_formats() -> dict[str, Format]:
    """Every module of this package that has a NAME, in the order they are tried."""
    modules = [importlib.import_module(f"{__name__}.{module.name}") for module in pkgutil.iter_modules(__path__)]
    formats = [Format(m.NAME, m.SOURCE, m.RANK, m.recognise, m.read) for m in modules if hasattr(m, "NAME")]
    return {format.name: format for format in sorted(formats, key=lambda f: (f.rank, f.name))}


FORMATS = _find_formats()


def read_records(
    stream: BinaryIO,
    file: str,
    format: str | None = None,
    source: str | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> Iterator[Found | Reject | Skipped]:
    """The entries of a file (it need not be seekable), as a stream, in order.

    Of an archive those of its members, as archive:member. file: its name in the places. format: a name in FORMATS, to
    insist. Raises FormatError at once for a file that is empty, binary or of no known format, and while reading for
    one that breaks off.
    """
    if format is not None and format not in FORMATS:
        raise FormatError(f"{format!r} is not a format; there are {', '.join(FORMATS)}.")
    unpacked = unpack(stream, limits)
    if kind := recognise_archive(unpacked.head):
        # In a zip members are sought, which what was peeked at cannot do.
        sought = kind == "zip" and unpacked.compression is None and stream.seekable()
        members = read_members(kind, stream if sought else unpacked.stream, limits)
        return _read_archive(members, file, format, source, limits)
    return _read_plain(open_text(unpacked, limits), file, format, source)


def _read_plain(
    content: Content, file: str, format: str | None, source: str | None
) -> Iterator[Found | Reject | Skipped]:
    found = FORMATS[format] if format else next((f for f in FORMATS.values() if f.recognise(content.head)), None)
    if found is None:
        raise FormatError(
            f"The file is of no format that is read ({', '.join(FORMATS)}).{_tell_nul(content.head.lines)}"
        )
    return found.read(content, file, source or found.source)


def _read_archive(
    members: Iterator[Member], archive: str, format: str | None, source: str | None, limits: Limits
) -> Iterator[Found | Reject | Skipped]:
    """A member that cannot be read, or not to its end, is a reject without a line; the others load."""
    for member in members:
        file = f"{archive}:{member.name}"
        if member.hidden:
            yield Skipped(file, None, member.name, "hidden file")
        elif member.stream is None:
            yield Reject(Place(file, None, 0), member.problem or "the member cannot be read")
        else:
            try:
                unpacked = unpack(member.stream, limits)
                if kind := recognise_archive(unpacked.head):
                    raise FormatError(f"The member is a {kind} inside an archive; unpack it first.")
                yield from _read_plain(open_text(unpacked, limits), file, format, source)
            except FormatError as error:
                yield Reject(Place(file, None, 0), str(error))


def _tell_nul(head: tuple[str, ...]) -> str:
    """Where the first NUL is: an entry that has one is rejected, and of a file with few others nothing is left."""
    for number, line in enumerate(head, 1):
        if "\0" in line:
            place = line.index("\0") + 1
            return f" Line {number:,} has a NUL character at character {place:,}, which no text has: take it out."
    return ""

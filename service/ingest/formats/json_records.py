"""JSON entries to records: what the formats whose files are JSON share."""

import io
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice

from service.ingest.formats.content import Content, Head
from service.ingest.formats.fields import Json
from service.ingest.formats.json_items import NULL, read_entries
from service.ingest.formats.json_values import pick
from service.ingest.formats.text import FormatError
from service.ingest.record import Found, Record, RecordError, Reject, Skipped, check_record

Convert = Callable[[Json], Record]
# Entries that a format is recognised by.
_PEEKED = 5


def find_entries(head: Head, *wrappers: str) -> tuple[str, list[Json]]:
    """Where the entries of a file are, and some of the first of them; the last may be cut.

    wrappers: members that lists come in ("message.items"), the first that is there; else the entries are at the top
    (""): an object, the objects of a list, or an object a line.
    """
    path = next((wrapper for wrapper in wrappers if _is_wrapped(head.json, wrapper)), "")
    if not isinstance(head.json, dict | list):
        return path, []
    # As far as the first value reaches, and what stands behind an entry that cannot be read.
    entries = [*islice(pick(head.json, (path,)), _PEEKED), *_read_whole(head, path)]
    # Ours alone have external_ids, whatever else a producer carries along.
    return path, [entry for entry in entries if isinstance(entry, dict) and "external_ids" not in entry]


def _is_wrapped(value: object, path: str) -> bool:
    """Whether a list or an object stands at this path, of the first of a list of answers too."""
    for name in path.split("."):
        value = value[0] if isinstance(value, list) and value else value
        value = value.get(name) if isinstance(value, dict) else None
    return isinstance(value, list | dict)


def _read_whole(head: Head, path: str) -> Iterator[Json]:
    """Of the first entries those that the head holds whole."""
    with suppress(FormatError):
        for entry in islice(read_entries(Content(head, io.BytesIO(head.bytes)), path), _PEEKED):
            if entry.problem is None:
                yield entry.value


def read_converted(
    content: Content,
    file: str,
    source: str,
    convert: Convert,
    *wrappers: str,
    part: Callable[[Json], str | None] | None = None,
) -> Iterator[Found | Reject | Skipped]:
    """The records of a file, an entry a record. part: what Found.part is, of an entry.

    One with neither abstract nor authors, as searches give that were not asked for more, is kept beside what the same
    source says in full, and does not replace it.
    """
    path, _ = find_entries(content.head, *wrappers)
    for entry in read_entries(content, path):
        if entry.problem == NULL:
            yield Skipped(file, entry.line, "null", "the producer has nothing here")
            continue
        if entry.problem is not None:
            yield entry.reject(file)
            continue
        place = entry.place(file)
        try:
            record = convert(entry.value)
            check_record(record)
        except RecordError as error:
            yield Reject(place, error.reason, error.hint)
        else:
            named = part(entry.value) if part else None
            yield Found(record, source, place, named or (None if record.abstract or record.authors else "brief"))

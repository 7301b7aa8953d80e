"""JSON entries to records: what the formats whose files are JSON share."""

from collections.abc import Callable, Iterator
from typing import Any

from service.ingest.formats.content import Content
from service.ingest.formats.fields import Json, read_dicts
from service.ingest.formats.json_items import NULL, read_entries
from service.ingest.record import Found, Record, RecordError, Reject, Skipped, check_record

Convert = Callable[[Json], Record]


def find_entries(value: object, *wrappers: str) -> tuple[str, list[Json]]:
    """Where the entries of a file are, and the first of them, from the value it begins with (its end may be cut).

    wrappers: members that lists come in ("message.items"), the first that is there; else the entries are at the top
    (""): an object, the objects of a list, or an object a line.
    """
    for path in wrappers if isinstance(value, dict) else ():
        inner: Any = value
        for name in path.split("."):
            inner = inner.get(name) if isinstance(inner, dict) else None
        if isinstance(inner, list | dict):
            return path, _list_first(inner)
    return "", _list_first(value)


def _list_first(value: object) -> list[Json]:
    entries = [value] if isinstance(value, dict) else read_dicts(value)[:5]
    # Ours alone have these, whatever else a producer carries along.
    return [entry for entry in entries if "external_ids" not in entry]


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
    path, _ = find_entries(content.head.json, *wrappers)
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

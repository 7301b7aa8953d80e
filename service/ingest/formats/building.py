"""A record to what a format yields of it."""

from collections.abc import Callable

from service.ingest.record import Found, Place, Record, RecordError, Reject, check_record


def build_found(place: Place, source: str, build: Callable[[], Record]) -> Found | Reject:
    """The record that `build` makes, or why there is none: it raises RecordError, or what it makes cannot be stored."""
    try:
        record = build()
        check_record(record)
    except RecordError as error:
        return Reject(place, error.reason, error.hint)
    return Found(record, source, place)

"""Reads files of aliases: lines of kind, old and new with tabs between, or JSON objects of these, one a line. Pure but
for the reading."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import msgspec

from service.ingest.aliases import Alias, AliasError, Kind, read_alias


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    kind: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class LineReject:
    """line: from 1. reason: a sentence."""

    line: int
    reason: str


def read_lines(lines: Iterable[bytes]) -> Iterator[tuple[int, Alias] | LineReject]:
    """What each line says, with its number. Empty lines and those that begin with # say nothing. Of two lines about
    one old name the second is rejected unless it says the same."""
    seen: dict[tuple[Kind, str], tuple[int, Alias]] = {}
    for number, raw in enumerate(lines, start=1):
        try:
            text = raw.decode("utf-8-sig" if number == 1 else "utf-8").strip(" \r\n")
        except UnicodeDecodeError:
            yield LineReject(number, "This is not UTF-8.")
            continue
        if not text.strip() or text.startswith("#"):
            continue
        try:
            alias = _read_line(text)
        except AliasError as error:
            yield LineReject(number, str(error))
            continue
        first = seen.setdefault((alias.kind, alias.key), (number, alias))
        if first[0] == number:
            yield number, alias
        elif first[1].new_key != alias.new_key:
            yield LineReject(number, f"Line {first[0]} has {alias.old} already, as {first[1].new}.")


def _read_line(text: str) -> Alias:
    if text.startswith("{"):
        try:
            line = msgspec.json.decode(text, type=_Line)
        except msgspec.DecodeError as error:
            raise AliasError(f'This is no object as {{"kind": "repo", "old": "…", "new": "…"}}: {error}.') from None
        kind, old, new = line.kind, line.old, line.new
    else:
        cells = text.split("\t")
        if len(cells) != 3:
            raise AliasError(f"Three cells with tabs between are expected (kind, old, new), not {len(cells)}.")
        kind, old, new = cells
    if kind.strip() not in set(Kind):
        raise AliasError(f"{kind[:50]!r} is none of {', '.join(Kind)}.")
    return read_alias(Kind(kind.strip()), old, new)

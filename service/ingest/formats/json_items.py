"""The entries of a JSON or JSON Lines file, one at a time, whatever the file's size.

read_entries(content, "results") is all a format needs: it tells by itself whether the file has an object a line or
is one value. Where entries end is found by brackets and quotes alone; each is then read by itself, so that one
that is spoilt (bad bytes, a control character, nested too deep, too long) costs no other. A streaming parser such as
ijson ends with the first error.
"""

import re
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

from service.ingest.formats.content import Content, Head
from service.ingest.formats.json_values import parse, pick
from service.ingest.formats.streams import HEAD_BYTES, read_some
from service.ingest.formats.text import EDGES, FormatError, hint_at
from service.ingest.record import Place, Reject

MAX_DEPTH = 100
# The problem of a null among the entries: some answers have it for what was asked for and not found.
NULL = "null stands where an object is expected"
# Bytes read at once.
_CHUNK = 262_144
_SPACE = re.compile(rb"[ \t\r\n]*+")
# Up to the next bracket, or a string whose end is not there yet.
_OUTSIDE = re.compile(rb'(?:[^"{}\[\]]++|"(?:[^"\\]++|\\.)*+")*+', re.DOTALL)
_INSIDE = re.compile(rb"(?:[^\"\\]++|\\.)*+", re.DOTALL)
_SCALAR = re.compile(rb"[^,\]}\[{\"\s]*+")


class Entry(NamedTuple):
    """number: from 1; line: where it begins. value is what it is (an object, where problem is None); problem: why it
    cannot be read."""

    number: int
    line: int
    value: dict[str, Any]
    problem: str | None = None

    def reject(self, file: str) -> Reject:
        """For an entry that has a problem."""
        problem = self.problem or "it cannot be read"
        return Reject(self.place(file), problem, hint_at(problem))

    def place(self, file: str) -> Place:
        return Place(file, self.line, self.number)


def read_entries(content: Content, *paths: str) -> Iterator[Entry]:
    """The objects at these paths ("": at the top; "message.items": the member items of the member message).

    Lists on the way and at the end are passed through, so that "" reads `{…}`, `[{…}, …]` and an object a line alike.
    Raises FormatError where the file breaks off or is no JSON any more.
    """
    if is_json_lines(content.head, paths or ("",)):
        yield from _read_lines(content, paths or ("",))
    else:
        yield from _Reader(content.utf8, paths or ("",), content.limits.entry).read()


def is_json_lines(head: Head, paths: tuple[str, ...] = ("",)) -> bool:
    """Whether most of the first lines are an object each."""
    lines = [line for line in (line.strip(EDGES) for line in head.lines) if line][:10]
    if not lines[0].startswith("{"):
        return False
    if len(lines) == 1 and len(head.bytes) >= HEAD_BYTES:
        # The line is cut, and what comes after it unknown.
        return paths == ("",)
    return 2 * sum(line.startswith("{") and line.endswith("}") for line in lines) >= len(lines)


def _read_lines(content: Content, paths: tuple[str, ...]) -> Iterator[Entry]:
    number = 0
    for line in content.lines:
        text = line.text.strip(EDGES)
        if not text:
            continue
        if line.problem:
            number += 1
            yield Entry(number, line.number, {}, line.problem)
            continue
        value, problem = parse(text.encode("utf-8", "surrogatepass"))
        for item in [value] if problem or paths == ("",) else pick(value, paths):
            number += 1
            yield _entry(number, line.number, item, problem)


def _entry(number: int, line: int, value: object, problem: str | None) -> Entry:
    if problem is None and not isinstance(value, dict):
        problem = NULL if value is None else "an object is expected"
    return Entry(number, line, value if isinstance(value, dict) else {}, problem)


class _Reader:
    """Walks down to the entries. It holds a chunk and one entry."""

    def __init__(self, stream: BinaryIO, paths: tuple[str, ...], longest: int) -> None:
        self._stream, self._longest = stream, longest
        self._paths = tuple(tuple(path.split(".")) if path else () for path in paths)
        self._buffer = b""
        self._at = 0
        # The line at a place of the buffer that was passed.
        self._line, self._counted = 1, 0
        self._number = 0
        self._failure: FormatError | None = None

    def read(self) -> Iterator[Entry]:
        while self._next() is not None:
            yield from self._read_value(())
            if self._next() == b",":
                raise self._not_json("a comma between values")

    def _read_value(self, place: tuple[str, ...], depth: int = 0) -> Iterator[Entry]:
        first = self._next()
        if first == b"[" and depth < MAX_DEPTH and any(path[: len(place)] == place for path in self._paths):
            yield from self._read_list(place, depth + 1)
        elif place in self._paths:
            yield self._take_entry()
        elif first == b"{" and any(path[: len(place)] == place for path in self._paths):
            yield from self._read_object(place, depth + 1)
        else:
            self._take(keep=False)

    def _read_list(self, place: tuple[str, ...], depth: int) -> Iterator[Entry]:
        self._at += 1
        if self._next() == b"]":
            self._at += 1
            return
        while True:
            yield from self._read_value(place, depth)
            after = self._next()
            if after not in (b",", b"]"):
                raise self._not_json("a comma or ] is expected")
            self._at += 1
            if after == b"]":
                return

    def _read_object(self, place: tuple[str, ...], depth: int) -> Iterator[Entry]:
        self._at += 1
        if self._next() == b"}":
            self._at += 1
            return
        while True:
            if self._next() != b'"':
                raise self._not_json("a member's name is expected")
            name, _ = parse(self._take(keep=True)[0])
            if self._next() != b":":
                raise self._not_json("a colon is expected")
            self._at += 1
            yield from self._read_value((*place, str(name)), depth)
            after = self._next()
            if after not in (b",", b"}"):
                raise self._not_json("a comma or } is expected")
            self._at += 1
            if after == b"}":
                return

    def _take_entry(self) -> Entry:
        self._number += 1
        line = self._tell_line()
        data, problem = self._take(keep=True)
        value: object = None
        if problem is None:
            value, problem = parse(data)
        return _entry(self._number, line, value, problem)

    def _take(self, *, keep: bool) -> tuple[bytes, str | None]:
        """Move past the value that begins here: its bytes if wanted, or why they are not given."""
        if self._next() is None:
            raise self._not_json("a value is expected")
        if self._buffer[self._at] not in b'{["':
            return self._take_scalar(), None
        line = self._tell_line()
        inside = self._buffer[self._at] == 0x22
        depth, at, problem = 0, self._at + inside, None
        too_long = f"the entry has more than {self._longest:,} bytes"
        while True:
            match = (_INSIDE if inside else _OUTSIDE).match(self._buffer, at)
            at = match.end() if match else at
            if at >= len(self._buffer) or self._buffer[at] == 0x5C:
                # More is needed: what is not to be kept goes.
                if keep and at - self._at > self._longest:
                    problem, keep = problem or too_long, False
                if not keep:
                    self._at = at
                before = self._at
                if not self._refill():
                    raise FormatError(f"The JSON ends early, in what begins at line {line:,}.")
                at -= before
                continue
            sign = self._buffer[at]
            at += 1
            if sign == 0x22:
                inside = not inside
            elif sign in b"{[":
                depth += 1
                if depth > MAX_DEPTH:
                    problem, keep = problem or "the JSON is nested too deep", False
            else:
                depth -= 1
            if depth <= 0 and not inside:
                break
        if keep and at - self._at > self._longest:
            problem, keep = too_long, False
        data = self._buffer[self._at : at] if keep else b""
        self._at = at
        return data, problem

    def _take_scalar(self) -> bytes:
        parts = b""
        while True:
            match = _SCALAR.match(self._buffer, self._at)
            end = match.end() if match else self._at
            parts += self._buffer[self._at : end]
            if end < len(self._buffer) or len(parts) > _CHUNK:
                if end == self._at and not parts:
                    raise self._not_json("a value is expected")
                self._at = end
                return parts
            self._at = end
            if not self._refill():
                return parts

    def _next(self) -> bytes | None:
        """The next byte that is not white space, not yet taken; None at the end."""
        while True:
            match = _SPACE.match(self._buffer, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._buffer):
                return self._buffer[self._at : self._at + 1]
            if not self._refill():
                return None

    def _refill(self) -> bool:
        """Read on; what was taken is forgotten, and the place starts at 0 again."""
        if self._failure is not None:
            raise self._failure
        self._tell_line()
        parts = [self._buffer[self._at :]]
        # More for a long entry, which is copied each time.
        wanted = max(_CHUNK, len(parts[0]) // 2)
        try:
            while wanted > 0 and (part := read_some(self._stream, wanted)):
                parts.append(part)
                wanted -= len(part)
        except FormatError as error:
            # What came is read first.
            self._failure = error
        self._buffer = b"".join(parts)
        self._at = self._counted = 0
        return len(parts) > 1 or self._failure is not None

    def _tell_line(self) -> int:
        """The line of the place; each byte is counted once."""
        self._line += self._buffer.count(b"\n", self._counted, self._at)
        self._counted = self._at
        return self._line

    def _not_json(self, expected: str) -> FormatError:
        line = self._tell_line()
        if self._next() is None:
            return FormatError(f"The JSON ends early, at line {line:,}.")
        return FormatError(f"Line {line:,} is not JSON any more: {expected}.")

"""A file as its format sees it: what it begins with, and its lines or its bytes, once."""

import codecs
import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import BinaryIO, NamedTuple

from service.ingest.formats.compressed import decompress, recognise_compression
from service.ingest.formats.json_values import peek_json
from service.ingest.formats.limits import DEFAULT_LIMITS, Limits
from service.ingest.formats.streams import HEAD_BYTES, peek, read_some
from service.ingest.formats.text import FormatError, Line, read_lines, recognise_encoding, split_head
from service.ingest.formats.xml_outline import Outline, peek_xml


@dataclass(frozen=True)
class Head:
    """The beginning of a file, decompressed: bytes, at most HEAD_BYTES of them; lines: those that are whole, of which
    one at least is not blank."""

    bytes: bytes
    encoding: str
    lines: tuple[str, ...]

    @cached_property
    def json(self) -> object | None:
        """The first JSON value, as far as it reaches into the head: its last members and items may be missing or
        cut. None: the file does not begin with an object or a list."""
        return peek_json(self.lines)

    @cached_property
    def xml(self) -> Outline | None:
        """The root and the names in the head; None: the file does not begin as XML does."""
        return peek_xml(self.bytes)


@dataclass(frozen=True)
class Content:
    """A file opened for reading, once: take its lines (numbered, decoded) or its stream (bytes as they stand).

    The stream is not closed. Reading either raises FormatError where the file breaks off.
    """

    head: Head
    stream: BinaryIO
    limits: Limits = DEFAULT_LIMITS

    @property
    def lines(self) -> Iterator[Line]:
        return read_lines(self.stream, self.head.encoding, self.limits.entry)

    @property
    def utf8(self) -> BinaryIO:
        """The stream in UTF-8, without a byte order mark; what was no text of its encoding is then no UTF-8 either."""
        if self.head.encoding == "utf-8":
            return self.stream
        if self.head.encoding == "utf-8-sig":
            self.stream.read(len(codecs.BOM_UTF8))
            return self.stream
        return io.BufferedReader(_Recoded(self.stream, self.head.encoding), HEAD_BYTES)


def open_content(stream: BinaryIO, limits: Limits = DEFAULT_LIMITS) -> Content:
    """Plain or compressed, from where it stands; the stream need not be seekable and is not closed.

    Raises FormatError for what is empty, binary or of an encoding that is not read.
    """
    return open_text(unpack(stream, limits), limits)


class Unpacked(NamedTuple):
    """head: the first bytes; stream: all of them, decompressed by `compression`, if any."""

    head: bytes
    stream: BinaryIO
    compression: str | None


def unpack(stream: BinaryIO, limits: Limits) -> Unpacked:
    """Look at a stream, and decompress it if it is compressed, once."""
    head, peeked = peek(stream)
    kind = recognise_compression(head)
    if kind is None:
        return Unpacked(head, peeked, None)
    head, peeked = peek(decompress(peeked, kind, limits))
    if again := recognise_compression(head):
        raise FormatError(f"The file is {again} inside {kind}; text is expected.")
    return Unpacked(head, peeked, kind)


def open_text(unpacked: Unpacked, limits: Limits) -> Content:
    """Raises FormatError as open_content."""
    encoding = recognise_encoding(unpacked.head)
    return Content(Head(unpacked.head, encoding, split_head(unpacked.head, encoding)), unpacked.stream, limits)


class _Recoded(io.RawIOBase):
    """A stream of another encoding as UTF-8."""

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")
        self._ready = b""
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._ready and not self._ended:
            part = read_some(self._stream, HEAD_BYTES)
            self._ended = not part
            # U+FFFD is what stood for no character: a byte that UTF-8 does not have keeps it an error.
            text = self._decoder.decode(part, final=self._ended).replace("\ufffd", "\udcff")
            self._ready = text.encode("utf-8", "surrogateescape")
        part, self._ready = self._ready[: len(buffer)], self._ready[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)

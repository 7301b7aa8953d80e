"""Compressed files to bytes: gzip, bzip2, xz and zstd, told by their first bytes, within limits."""

import bz2
import io
import lzma
import sys
import zlib
from collections.abc import Callable
from typing import BinaryIO, Protocol

from service.ingest.formats.limits import Limits
from service.ingest.formats.streams import read_some
from service.ingest.formats.text import FormatError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_CHUNK = 65_536
# Unpacked bytes from which on the ratio counts: few bytes of padding may unpack to much.
_RATIO_FROM = 16_000_000
# What a decoder may need for itself: zstd up to level 19 and xz -9 need 8 and 65 MB.
_ZSTD_WINDOW_LOG = 26
_XZ_MEMORY = 80_000_000


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Gzip:
    """zlib's object with the interface of the other three."""

    def __init__(self) -> None:
        self._object = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._object.eof

    @property
    def needs_input(self) -> bool:
        return not self._object.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._object.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._object.decompress(self._object.unconsumed_tail + data, max_length)


def _open_zstd() -> _Decompressor:
    return zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: _ZSTD_WINDOW_LOG})


_KINDS: tuple[tuple[bytes, str, Callable[[], _Decompressor]], ...] = (
    (b"\x1f\x8b", "gzip", _Gzip),
    (b"\x28\xb5\x2f\xfd", "zstd", _open_zstd),
    (b"\xfd7zXZ\0", "xz", lambda: lzma.LZMADecompressor(memlimit=_XZ_MEMORY)),
    (b"BZh", "bzip2", bz2.BZ2Decompressor),
)
_ERRORS = (zlib.error, lzma.LZMAError, zstd.ZstdError, OSError, EOFError, MemoryError)


def recognise_compression(head: bytes) -> str | None:
    """gzip, zstd, xz or bzip2, by a file's first bytes."""
    return next((name for signature, name, _ in _KINDS if head.startswith(signature)), None)


def decompress(stream: BinaryIO, kind: str, limits: Limits) -> BinaryIO:
    """The bytes within a stream of this kind, also of several such joined. Reading raises FormatError for what is
    damaged, ends early or grows beyond the limits."""
    make = next(make for _, name, make in _KINDS if name == kind)
    return io.BufferedReader(_Unpacked(stream, kind, make, limits), _CHUNK)


class _Unpacked(io.RawIOBase):
    def __init__(self, stream: BinaryIO, kind: str, make: Callable[[], _Decompressor], limits: Limits) -> None:
        self._stream, self._kind, self._make, self._limits = stream, kind, make, limits
        self._decompressor = make()
        self._waiting = b""
        self._failure: FormatError | None = None
        self._packed = self._unpacked = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if self._failure is None:
            try:
                return self._fill(buffer)
            except FormatError as error:
                self._failure = error
        # Also to who asks again: a tar goes on to its next member.
        raise self._failure

    def _fill(self, buffer: memoryview) -> int:
        part = self._read(len(buffer))
        self._unpacked += len(part)
        if self._unpacked > self._limits.unpacked:
            raise FormatError(f"The {self._kind} unpacks to more than {self._limits.unpacked:,} bytes.")
        if self._unpacked > _RATIO_FROM and self._unpacked > self._packed * self._limits.ratio:
            raise FormatError(
                f"The {self._kind} unpacks to more than {self._limits.ratio:,} times its size; it looks like a bomb."
            )
        buffer[: len(part)] = part
        return len(part)

    def _read(self, size: int) -> bytes:
        while True:
            if self._decompressor.eof:
                # xz files may be padded.
                self._waiting = self._decompressor.unused_data.lstrip(b"\0")
                while not self._waiting and (part := self._take()):
                    self._waiting = part.lstrip(b"\0")
                if not self._waiting:
                    return b""
                self._decompressor = self._make()
            elif self._decompressor.needs_input and not self._waiting:
                self._waiting = self._take()
                if not self._waiting:
                    raise FormatError(f"The {self._kind} is damaged or ends early.")
            try:
                part = self._decompressor.decompress(self._waiting, size)
            except _ERRORS as error:
                reason = f" ({error})" if "emory" in str(error) or "indow" in str(error) else ""
                raise FormatError(f"The {self._kind} is damaged or ends early{reason}.") from error
            self._waiting = b""
            if part:
                return part

    def _take(self) -> bytes:
        part = read_some(self._stream, _CHUNK)
        self._packed += len(part)
        return part

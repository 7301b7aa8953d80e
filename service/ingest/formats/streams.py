"""Streams of bytes that may break off: what came before must not be lost with the end."""

import io
from typing import BinaryIO

# First bytes of a file that are looked at: enough for some forty entries of a saved page.
HEAD_BYTES = 65_536


def read_some(stream: BinaryIO, size: int) -> bytes:
    """Up to so many bytes, b"" at the end. Where a stream has a buffer, read() would wait for all of them, and lose
    those it has when the next fail."""
    read1 = getattr(stream, "read1", None)
    part: bytes = stream.read(size) if read1 is None else read1(size)
    return part


def peek(stream: BinaryIO) -> tuple[bytes, BinaryIO]:
    """The first HEAD_BYTES of a stream that need not be seekable, and a stream that still has them.

    One that breaks off within them gives what there is; reading on says where it ends.
    """
    parts: list[bytes] = []
    wanted = HEAD_BYTES
    failure: Exception | None = None
    try:
        while wanted and (part := read_some(stream, wanted)):
            parts.append(part)
            wanted -= len(part)
    except (OSError, ValueError) as error:
        if not any(parts):
            raise
        failure = error
    head = b"".join(parts)
    return head, io.BufferedReader(_Rewound(head, stream, failure), HEAD_BYTES)


class _Rewound(io.RawIOBase):
    """A stream whose head was already read."""

    def __init__(self, head: bytes, rest: BinaryIO, failure: Exception | None) -> None:
        self._head, self._rest, self._failure = head, rest, failure

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        part, self._head = self._head[: len(buffer)], self._head[len(buffer) :]
        if not part:
            if self._failure is not None:
                raise self._failure
            part = read_some(self._rest, len(buffer))
        buffer[: len(part)] = part
        return len(part)

"""The members of tar and zip archives, each as a stream. Nothing is written where a member's name says.

A tar is read as it streams by. A zip's list of members stands at its end: what cannot be sought is spooled to a
temporary file first.
"""

import io
import re
import stat
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, cast

from service.ingest.formats.limits import Limits
from service.ingest.formats.streams import read_some
from service.ingest.formats.text import FormatError

_CHUNK = 65_536
# Bytes from which on a member's ratio counts, and what an archive may hold beyond its ratio.
_RATIO_FROM = 16_000_000
_SLACK = 1_000_000_000
# Of a zip's list of members, a member, with its name; of a tar's long name or extended header.
_LISTED = 512
_MAX_HEADER = 1_000_000
_HIDDEN = re.compile(r"(^|/)(\.[^/]*|__MACOSX)(/|$)")
# Of metadata, not of the file: what stands in a tar for the next member.
_EXTENSIONS = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)
# RuntimeError: an encrypted member, NotImplementedError: one packed in a way that zipfile cannot undo.
_ERRORS = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError)


@dataclass(frozen=True, slots=True)
class Member:
    """A file of an archive: its stream, to be read before the next member; or why it has none. hidden: it is left
    out because its name says that it is not meant (.DS_Store, __MACOSX/…)."""

    name: str
    stream: BinaryIO | None = None
    problem: str | None = None
    hidden: bool = False


def recognise_archive(head: bytes) -> str | None:
    """tar or zip, by a file's first bytes."""
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    try:
        tarfile.TarInfo.frombuf(head[: tarfile.BLOCKSIZE], "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return None
    return "tar"


def read_members(kind: str, stream: BinaryIO, limits: Limits) -> Iterator[Member]:
    """The members of a tar or a zip that begins where the stream stands, without folders.

    Raises FormatError when no more can be read.
    """
    members = _read_tar(stream) if kind == "tar" else _read_zip(stream, limits)
    for number, member in enumerate(members, 1):
        if number > limits.members:
            raise FormatError(f"The {kind} has more than {limits.members:,} members.")
        yield member


def _check_name(name: str) -> str | None:
    """What is wrong with a member's name: one that, unpacked, would not stay in its folder."""
    if name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name):
        return "the member's name is absolute"
    if ".." in re.split(r"[/\\]", name):
        return "the member's name leads out of the archive"
    return None


def _show_name(name: str) -> str:
    name = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(c if c.isprintable() else "\ufffd" for c in name[:500])


def _read_tar(stream: BinaryIO) -> Iterator[Member]:
    with _explained("tar"):
        archive = tarfile.open(fileobj=stream, mode="r|", tarinfo=_Header)  # noqa: SIM115 - the stream is the caller's
    while True:
        with _explained("tar"):
            header = archive.next()
        if header is None:
            return
        # It would keep them all.
        archive.members = []  # type: ignore[attr-defined]
        if header.isdir():
            continue
        name = _show_name(header.name)
        problem = _check_name(header.name)
        if header.issym() or header.islnk():
            problem = problem or "the member is a link; only files are read"
        elif not header.isreg() or header.issparse():
            problem = problem or "the member is no regular file"
        if problem:
            yield Member(name, problem=problem)
        elif _HIDDEN.search(header.name.removeprefix("./")):
            yield Member(name, hidden=True)
        else:
            with _explained("tar"):
                member = cast(BinaryIO, archive.extractfile(header))
            yield Member(name, _guard(member))


class _Header(tarfile.TarInfo):
    """A header whose extensions, which tarfile reads at once, are bounded."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> "_Header":
        header = super().frombuf(buf, encoding, errors)
        if header.type in _EXTENSIONS and header.size > _MAX_HEADER:
            raise FormatError(f"The tar has a header of {header.size:,} bytes.")
        return header


def _read_zip(stream: BinaryIO, limits: Limits) -> Iterator[Member]:
    if not stream.seekable():
        with tempfile.TemporaryFile(prefix="colophon-") as spooled:
            _spool(stream, cast(BinaryIO, spooled), limits)
            yield from _read_zip(cast(BinaryIO, spooled), limits)
        return
    size = stream.seek(0, io.SEEK_END)
    _check_directory(stream, size, limits)
    with _explained("zip"):
        archive = zipfile.ZipFile(stream)
    budget = _Budget(min(limits.unpacked, size * limits.ratio + _SLACK))
    for info in archive.infolist():
        if info.is_dir():
            continue
        name = _show_name(info.filename)
        # orig_filename: with what Python has already made harmless.
        problem = _check_name(info.orig_filename)
        mode = info.external_attr >> 16
        if info.flag_bits & 1:
            problem = problem or "the member is encrypted"
        elif stat.S_ISLNK(mode):
            problem = problem or "the member is a link; only files are read"
        elif stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            problem = problem or "the member is no regular file"
        elif info.file_size > max(_RATIO_FROM, info.compress_size * limits.ratio):
            problem = problem or _tell_bomb(limits)
        if problem:
            yield Member(name, problem=problem)
        elif _HIDDEN.search(info.filename):
            yield Member(name, hidden=True)
        else:
            try:
                member = cast(BinaryIO, archive.open(info))
            except _ERRORS as error:
                yield Member(name, problem=f"the member cannot be read: {_tell(error)}")
                continue
            with member:
                yield Member(name, _guard(member, budget, max(_RATIO_FROM, info.compress_size * limits.ratio), limits))


def _tell_bomb(limits: Limits) -> str:
    return f"the member unpacks to more than {limits.ratio:,} times its size; it looks like a bomb"


def _spool(stream: BinaryIO, spooled: BinaryIO, limits: Limits) -> None:
    size = 0
    while part := stream.read(_CHUNK):
        size += len(part)
        if size > limits.spooled:
            raise FormatError(f"The zip has more than {limits.spooled:,} bytes, and comes through a pipe.")
        spooled.write(part)


def _check_directory(stream: BinaryIO, size: int, limits: Limits) -> None:
    """Raise FormatError for a list of members that would fill memory: zipfile reads it at once."""
    stream.seek(max(0, size - 66_000))
    tail = stream.read(66_000)
    end = tail.rfind(b"PK\x05\x06")
    listed = struct.unpack_from("<L", tail, end + 12)[0] if 0 <= end <= len(tail) - 22 else 0
    wide = tail.rfind(b"PK\x06\x06")
    if 0 <= wide <= len(tail) - 56:
        listed = max(listed if listed != 0xFFFFFFFF else 0, struct.unpack_from("<Q", tail, wide + 40)[0])
    if listed > limits.members * _LISTED:
        raise FormatError(f"The zip has a list of members of {listed:,} bytes.")


@dataclass
class _Budget:
    """Bytes that the members of an archive may still unpack to."""

    left: int


class _Guarded(io.RawIOBase):
    """A member's bytes; what is wrong with them is a FormatError."""

    def __init__(self, member: BinaryIO, budget: _Budget | None, most: int, limits: Limits | None) -> None:
        self._member, self._budget, self._left, self._limits = member, budget, most, limits

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            part = read_some(self._member, len(buffer))
        except FormatError:
            raise
        except _ERRORS as error:
            raise FormatError(f"The member is damaged or ends early ({_tell(error)}).") from error
        if self._budget is not None and self._limits is not None:
            self._left -= len(part)
            self._budget.left -= len(part)
            if self._left < 0:
                raise FormatError(f"{_tell_bomb(self._limits).capitalize()}.")
            if self._budget.left < 0:
                raise FormatError("The archive's members unpack to more than is allowed.")
        buffer[: len(part)] = part
        return len(part)


def _guard(member: BinaryIO, budget: _Budget | None = None, most: int = 0, limits: Limits | None = None) -> BinaryIO:
    return io.BufferedReader(_Guarded(member, budget, most, limits), _CHUNK)


def _tell(error: Exception) -> str:
    return str(error)[:100] or type(error).__name__


@contextmanager
def _explained(kind: str) -> Iterator[None]:
    try:
        yield
    except FormatError:
        raise
    except _ERRORS as error:
        raise FormatError(f"The {kind} is damaged or ends early ({_tell(error)}).") from error

"""What a command line names: files, folders with all that is in them, http(s) addresses, standard input."""

import os
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from service.ingest.downloads import Download, decode_content, is_address, name_address, show_address
from service.ingest.formats.limits import Limits


class Input(NamedTuple):
    """One file to read. path: where it is ("-": standard input); shown: what reports call it; name: what the places
    of its records call it, the same wherever it lies."""

    path: str
    shown: str
    name: str


class LeftOut(NamedTuple):
    """What a folder holds and is not read. error: that it could not be; else it is not meant to be."""

    shown: str
    reason: str
    error: bool


@dataclass(slots=True)
class Opened:
    """stream: the file's bytes. raw: what stream takes them from, whose tell() says how far it is, of `size` bytes
    (None: unknown); it is closed by who opened it, unless it is standard input."""

    stream: BinaryIO
    raw: BinaryIO
    size: int | None


def find_inputs(path: str) -> Iterator[Input | LeftOut]:
    """What a path means. A folder: its files and those of its folders, by name; hidden ones are left out.

    Links to folders are not followed: they may lead in circles.
    """
    if path == "-":
        yield Input("-", "-", "-")
    elif is_address(path):
        yield Input(path, show_address(path), name_address(path))
    elif Path(path).is_dir():
        yield from _walk(path, "")
    else:
        yield Input(path, path, decode_name(Path(path).name))


def _walk(folder: str, within: str) -> Iterator[Input | LeftOut]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: os.fsencode(entry.name))
    except OSError as error:
        yield LeftOut(folder, error.strerror or "it cannot be read", error=True)
        return
    if not entries and not within:
        yield LeftOut(folder, "The folder is empty.", error=True)
    for entry in entries:
        name = within + decode_name(entry.name)
        if entry.name.startswith("."):
            yield LeftOut(entry.path, "hidden file", error=False)
        elif entry.is_dir(follow_symlinks=False):
            yield from _walk(entry.path, f"{name}/")
        elif entry.is_dir():
            yield LeftOut(entry.path, "link to a folder", error=False)
        elif not entry.is_file() and not entry.is_symlink():
            yield LeftOut(entry.path, "no regular file", error=False)
        else:
            yield Input(entry.path, entry.path, name)


def decode_name(name: str) -> str:
    """A name may hold bytes that are no UTF-8, which the database cannot store."""
    return os.fsencode(name).decode("utf-8", "replace")


def open_input(path: str, stdin: BinaryIO | None, limits: Limits) -> Opened:
    """Raises OSError or FormatError."""
    if path == "-":
        # Without Python's buffer, whose lock a thread that waits for input holds: Python aborts when it has to
        # end meanwhile.
        stream = stdin or open(sys.stdin.fileno(), "rb", buffering=0, closefd=False)  # noqa: SIM115
        return Opened(stream, stream, None)
    if is_address(path):
        download = Download(path, limits.timeout)
        return Opened(decode_content(download, limits), cast(BinaryIO, download), download.size)
    file = Path(path).open("rb")  # noqa: SIM115 - it is closed by who opens it
    status = os.fstat(file.fileno())
    return Opened(file, file, status.st_size if stat.S_ISREG(status.st_mode) else None)

"""Compressed files and archives: every kind, and what must not be read from them."""

import io
import random
import stat
import struct
import tarfile
import zipfile
from collections.abc import Callable
from typing import BinaryIO, cast

import pytest

from service.ingest.formats import FormatError, read_records
from service.ingest.formats.limits import DEFAULT_LIMITS, Limits
from service.ingest.record import Found, Reject, Skipped
from tests.archives import COMPRESSIONS, Pipe, make_tar, make_zip

ONE = b'{"title": "One"}\n{"title": "Two"}\n'
_RANDOM = random.Random(1)
NOISE = [_RANDOM.random() for _ in range(20_000)]
TWO = b'{"title": "Three"}\n'


def read(
    data: bytes, *, pipe: bool = False, limits: Limits = DEFAULT_LIMITS
) -> tuple[list[tuple[str, str, int | None]], list[tuple[str, int | None, str]], list[str]]:
    """Titles with file and line, rejects, the files that were skipped."""
    stream = cast(BinaryIO, Pipe(data) if pipe else io.BytesIO(data))
    found, rejects, skipped = [], [], []
    for item in read_records(stream, "a", limits=limits):
        if isinstance(item, Found):
            found.append((item.record.title, item.place.file, item.place.line))
        elif isinstance(item, Reject):
            rejects.append((item.place.file, item.place.line, item.reason))
        else:
            assert isinstance(item, Skipped)
            skipped.append(item.file)
    return found, rejects, skipped


BOTH = [("One", "a:one.jsonl", 1), ("Two", "a:one.jsonl", 2), ("Three", "a:sub/two.jsonl", 1)]


@pytest.mark.parametrize("pipe", [False, True])
@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_compressed_files(compression: str, pipe: bool) -> None:
    compress = COMPRESSIONS[compression]
    assert read(compress(ONE), pipe=pipe)[0] == [("One", "a", 1), ("Two", "a", 2)]
    # Joined, as `cat` does; of another size than what is read at once.
    many = "".join(f'{{"title": "T {n} {NOISE[n]}"}}\n' for n in range(20_000)).encode()
    assert len(read(compress(many) + compress(ONE), pipe=pipe)[0]) == 20_002
    assert len(read(compress(many[: 1 << 16]) + compress(many[1 << 16 :]), pipe=pipe)[0]) == 20_000


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_a_compressed_file_that_breaks_off(compression: str) -> None:
    many = "".join(f'{{"title": "T {n} {NOISE[n]}"}}\n' for n in range(20_000)).encode()
    whole = COMPRESSIONS[compression](many)
    items = read_records(io.BytesIO(whole[: len(whole) // 2]), "a")
    seen = 0
    with pytest.raises(FormatError, match=f"{compression} is damaged or ends early, after line"):
        for seen, _ in enumerate(items, 1):  # noqa: B007
            pass
    assert seen > 5_000
    broken = bytearray(whole)
    broken[len(whole) // 2 :] = bytes(len(whole) - len(whole) // 2)
    with pytest.raises(FormatError, match="damaged"):
        list(read_records(io.BytesIO(bytes(broken)), "a"))


def test_xz_with_padding() -> None:
    compress = COMPRESSIONS["xz"]
    assert len(read(compress(ONE) + bytes(8) + compress(TWO) + bytes(4))[0]) == 3


CONTAINERS: dict[str, Callable[[dict[str, bytes]], bytes]] = {
    "zip": make_zip,
    "zip stored": lambda members: make_zip(members, zipfile.ZIP_STORED),
    "zip bzip2": lambda members: make_zip(members, zipfile.ZIP_BZIP2),
    "zip lzma": lambda members: make_zip(members, zipfile.ZIP_LZMA),
    "tar pax": make_tar,
    "tar gnu": lambda members: make_tar(cast(dict[str, bytes | tarfile.TarInfo], members), tarfile.GNU_FORMAT),
    "tar ustar": lambda members: make_tar(cast(dict[str, bytes | tarfile.TarInfo], members), tarfile.USTAR_FORMAT),
    **{
        f"tar.{name}": lambda members, compress=compress: compress(make_tar(members))  # type: ignore[misc]
        for name, compress in COMPRESSIONS.items()
    },
    "zip in gzip": lambda members: COMPRESSIONS["gzip"](make_zip(members)),
}


@pytest.mark.parametrize("pipe", [False, True])
@pytest.mark.parametrize("container", CONTAINERS)
def test_members_are_files_of_their_own(container: str, pipe: bool) -> None:
    make = CONTAINERS[container]
    assert read(make({"one.jsonl": ONE, "sub/two.jsonl": TWO}), pipe=pipe) == (BOTH, [], [])
    # Each compressed in its own way, and with files that nobody means beside them.
    members = {f"{name}.jsonl": compress(ONE) for name, compress in COMPRESSIONS.items()}
    found, rejects, skipped = read(make({".DS_Store": b"\0\1", "__MACOSX/._x.json": b"\0", **members}), pipe=pipe)
    assert found == [(title, f"a:{name}", line) for name in members for line, title in ((1, "One"), (2, "Two"))]
    assert (rejects, skipped) == ([], ["a:.DS_Store", "a:__MACOSX/._x.json"])


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_member_that_cannot_be_read_costs_no_other(container: str) -> None:
    bad = {
        "README.md": b"# Just a text\n\nshort\n",
        "empty.json": b"",
        "image.png": b"\x89PNG\r\n",
        "inner.zip": make_zip({"one.jsonl": ONE}),
        "inner.tar": make_tar({"one.jsonl": ONE}),
        "twice.gz": COMPRESSIONS["gzip"](COMPRESSIONS["xz"](ONE)),
        "cut.gz": COMPRESSIONS["gzip"](ONE)[:-12],
        "laughs.xml": b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    }
    found, rejects, skipped = read(CONTAINERS[container]({**bad, "one.jsonl": ONE, "sub/two.jsonl": TWO}))
    # What came before one breaks off is kept.
    assert ([entry for entry in found if entry[1] != "a:cut.gz"], skipped) == (BOTH, [])
    assert {(file, line) for file, line, _ in rejects} == {(f"a:{name}", None) for name in bad}
    reasons = {file.removeprefix("a:"): reason for file, _, reason in rejects}
    assert reasons["inner.zip"] == "The member is a zip inside an archive; unpack it first."
    assert reasons["inner.tar"] == "The member is a tar inside an archive; unpack it first."
    assert reasons["twice.gz"] == "The file is xz inside gzip; text is expected."
    assert reasons["empty.json"] == "The file is empty."
    assert "PNG" in reasons["image.png"]


NAMES = {
    "/etc/passwd": "the member's name is absolute",
    "C:\\x.jsonl": "the member's name is absolute",
    "\\\\host\\x.jsonl": "the member's name is absolute",
    "../x.jsonl": "the member's name leads out of the archive",
    "a/../../x.jsonl": "the member's name leads out of the archive",
    "a\\..\\x.jsonl": "the member's name leads out of the archive",
}


@pytest.mark.parametrize("container", CONTAINERS)
def test_names_that_lead_out_are_rejected(container: str) -> None:
    found, rejects, _ = read(CONTAINERS[container]({**dict.fromkeys(NAMES, ONE), "ok..jsonl": TWO}))
    assert found == [("Three", "a:ok..jsonl", 1)]
    assert [reason for _, _, reason in rejects] == list(NAMES.values())


def test_links_and_devices_are_rejected() -> None:
    kinds = (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE)
    members: dict[str, bytes | tarfile.TarInfo] = {}
    for number, kind in enumerate(kinds):
        info = tarfile.TarInfo()
        info.type, info.linkname = kind, "/etc/passwd"
        members[f"m{number}"] = info
    folder = tarfile.TarInfo()
    folder.type = tarfile.DIRTYPE
    found, rejects, _ = read(make_tar({**members, "folder": folder, "two.jsonl": TWO}))
    assert [title for title, _, _ in found] == ["Three"]
    link, other = "the member is a link; only files are read", "the member is no regular file"
    assert [reason for _, _, reason in rejects] == [link, link, other, other, other]

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, mode in (("link", stat.S_IFLNK), ("device", stat.S_IFCHR), ("two.jsonl", stat.S_IFREG)):
            zipped = zipfile.ZipInfo(name)
            zipped.external_attr = (mode | 0o644) << 16
            archive.writestr(zipped, TWO)
    found, rejects, _ = read(buffer.getvalue())
    assert [title for title, _, _ in found] == ["Three"]
    assert [reason for _, _, reason in rejects] == [link, other]


def test_an_encrypted_member_is_rejected() -> None:
    data = bytearray(make_zip({"one.jsonl": ONE, "two.jsonl": TWO}))
    # The flag of the first, in the header before it and in the list at the end.
    data[6] |= 1
    data[data.index(b"PK\1\2") + 8] |= 1
    found, rejects, _ = read(bytes(data))
    assert [title for title, _, _ in found] == ["Three"]
    assert rejects == [("a:one.jsonl", None, "the member is encrypted")]


def test_a_damaged_member_costs_no_other() -> None:
    data = bytearray(make_zip({"one.jsonl": ONE, "two.jsonl": TWO}, zipfile.ZIP_STORED))
    data[data.index(b"One")] ^= 1
    found, rejects, _ = read(bytes(data))
    assert [title for title, _, _ in found][-1] == "Three"
    ((file, _, reason),) = rejects
    assert file == "a:one.jsonl"
    assert "The member is damaged or ends early (Bad CRC-32" in reason


@pytest.mark.parametrize("container", ["zip", "tar pax", "tar.gzip", "tar.zstd"])
def test_an_archive_that_breaks_off_says_so(container: str) -> None:
    lines = "".join(f'{{"title": "T {NOISE[n]}"}}\n' for n in range(20_000)).encode()
    whole = CONTAINERS[container]({"one.jsonl": ONE, "many.jsonl": lines})
    seen: list[object] = []
    with pytest.raises(FormatError, match="damaged or ends early"):
        seen.extend(read_records(io.BytesIO(whole[: len(whole) // 2]), "a"))
    # A zip's list stands at its end: without it there is nothing.
    assert len(seen) == 0 or container != "zip"
    items = read_records(io.BytesIO(whole[: len(whole) // 2]), "a") if container != "zip" else iter([None] * 2)
    assert len([next(items), next(items)]) == 2


SMALL = Limits(ratio=100, unpacked=100_000_000, members=50, spooled=100_000)
ZEROS = b'{"title": "' + b"x" * 30_000_000 + b'"}\n'


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_bombs(compression: str) -> None:
    bomb = COMPRESSIONS[compression](ZEROS)
    with pytest.raises(FormatError, match="more than 100 times its size; it looks like a bomb"):
        read(bomb, limits=SMALL)
    # The line is too long for a record, and told; then the file is left.
    _, rejects, _ = read(bomb, limits=Limits(ratio=1_000_000))
    assert rejects[0][2].startswith("the line has more than")
    for container in ("zip stored", "tar pax"):
        found, rejects, _ = read(CONTAINERS[container]({"bomb": bomb, "sub/two.jsonl": TWO}), limits=SMALL)
        assert found == BOTH[2:]
        assert rejects[-1][0] == "a:bomb"
        assert "it looks like a bomb" in rejects[-1][2]


def test_a_zip_bomb_costs_no_other() -> None:
    found, rejects, _ = read(make_zip({"bomb": ZEROS, "sub/two.jsonl": TWO}), limits=SMALL)
    assert found == BOTH[2:]
    assert [(file, "bomb" in reason) for file, _, reason in rejects] == [("a:bomb", True)]
    # One that says it is small.
    data = bytearray(make_zip({"bomb": ZEROS, "sub/two.jsonl": TWO}))
    at = data.index(b"PK\1\2")
    data[at + 24 : at + 28] = struct.pack("<L", 1000)
    found, rejects, _ = read(bytes(data), limits=SMALL)
    assert found == BOTH[2:]
    assert [file for file, _, _ in rejects][-1] == "a:bomb"


def test_limits_of_archives() -> None:
    members = {f"{n}.jsonl": TWO for n in range(60)}
    for container in ("zip", "tar pax"):
        items = read_records(io.BytesIO(CONTAINERS[container](members)), "a", limits=SMALL)
        assert len([next(items) for _ in range(50)]) == 50
        with pytest.raises(FormatError, match="more than 50 members"):
            next(items)
    stored = make_zip({"one.jsonl": ONE * 10_000}, zipfile.ZIP_STORED)
    with pytest.raises(FormatError, match="more than 100,000 bytes, and comes through a pipe"):
        read(stored, pipe=True, limits=SMALL)
    with pytest.raises(FormatError, match="list of members"):
        read(make_zip({f"{'n' * 200}{n}": b"" for n in range(300)}), limits=SMALL)
    with pytest.raises(FormatError, match="unpacks to more than 1,000,000 bytes"):
        read(COMPRESSIONS["gzip"](ONE * 100_000), limits=Limits(unpacked=1_000_000))
    header = tarfile.TarInfo("x")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 1 << 40
    with pytest.raises(FormatError, match="header of 1,099,511,627,776 bytes"):
        read(header.tobuf(tarfile.GNU_FORMAT) + bytes(1 << 16))

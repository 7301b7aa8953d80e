"""Bytes to lines: encodings, line ends, gzip, and what is no text."""

import gc
import gzip
import io

import pytest

from service.ingest.formats import FormatError, read_records
from service.ingest.formats.content import open_content
from service.ingest.formats.limits import Limits
from service.ingest.formats.streams import HEAD_BYTES

TEXT = "first line\nsecond, naïve — line\n\n第三行\nlast"


def read_lines(data: bytes) -> list[tuple[int, str]]:
    return [(line.number, line.text) for line in open_content(io.BytesIO(data)).lines]


EXPECTED = [(1, "first line"), (2, "second, naïve — line"), (3, ""), (4, "第三行"), (5, "last")]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]
)
def test_encodings_and_line_ends(encoding: str, end: str) -> None:
    assert read_lines(TEXT.replace("\n", end).encode(encoding)) == EXPECTED


@pytest.mark.parametrize(("mark", "encoding"), [(b"\xfe\xff", "utf-16-be"), (b"\x00\x00\xfe\xff", "utf-32-be")])
def test_big_endian_marks(mark: bytes, encoding: str) -> None:
    assert read_lines(mark + TEXT.encode(encoding)) == EXPECTED


def test_line_ends_across_the_edge_of_the_head() -> None:
    # A CR as the last byte of what is peeked, its LF the first after it.
    line = "x" * (HEAD_BYTES - 1)
    assert read_lines(f"{line}\r\nnext".encode()) == [(1, line), (2, "next")]


def test_a_character_across_the_edge_of_the_head() -> None:
    line = "x" * (HEAD_BYTES - 1) + "é"
    assert read_lines(line.encode()) == [(1, line)]


class Pipe(io.RawIOBase):
    """Not seekable, and gives a few bytes at a time."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        return self._data.read(min(7, size if size and size > 0 else 7))


def test_a_pipe_that_trickles() -> None:
    data = (TEXT * 3000).encode()
    text = open_content(Pipe(data))  # type: ignore[arg-type]
    assert "\n".join(line.text for line in text.lines) == TEXT * 3000


def test_gzip_of_several_members() -> None:
    assert read_lines(gzip.compress(b"one\n") + gzip.compress(b"two")) == [(1, "one"), (2, "two")]


def test_a_gzip_that_breaks_off_says_where() -> None:
    whole = gzip.compress("\n".join(f"line {n} {hash(str(n))}" for n in range(100_000)).encode())
    lines = open_content(io.BytesIO(whole[: len(whole) // 2])).lines
    seen = 0
    with pytest.raises(FormatError, match=r"ends early, after line [\d,]+"):
        for seen, _ in enumerate(lines, 1):  # noqa: B007
            pass
    assert seen > 10_000


def test_bad_bytes_spoil_their_line_only() -> None:
    data = b"good\n" * 2000 + b"caf\xe9\n" + b"good\n"
    lines = list(open_content(io.BytesIO(data)).lines)
    assert [(line.number, line.problem) for line in lines if line.problem] == [
        (2001, "the bytes at character 4 of the line are not UTF-8")
    ]
    assert len(lines) == 2002


def test_utf_16_that_is_cut_loses_its_last_line_only() -> None:
    lines = list(open_content(io.BytesIO(("whole line\n" * 3 + "cut").encode("utf-16-le")[:-1])).lines)
    assert [line.problem is None for line in lines] == [True, True, True, False]


def test_a_nul_in_utf_8_is_not_utf_16() -> None:
    assert read_lines(b"one\n" * 50 + b"t\0wo\n")[-1] == (51, "t\0wo")


def test_chinese_utf_16_without_a_mark() -> None:
    text = "大型语言模型的预训练方法研究\n" * 30
    for encoding in ("utf-16-le", "utf-16-be"):
        assert read_lines(text.encode(encoding))[29] == (30, "大型语言模型的预训练方法研究")


def test_a_line_without_end_is_cut_and_said() -> None:
    data = b"a" * (2 * Limits().entry + 5) + b"\nnext\n"
    lines = list(open_content(io.BytesIO(data)).lines)
    assert [(line.number, len(line.text)) for line in lines] == [(1, Limits().entry), (2, 4)]
    assert lines[0].problem == "the line has more than 8,000,000 characters"
    assert lines[1].problem is None


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b" \r\n\t\n\xc2\xa0\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"\xff\xfe", "empty"),
        (gzip.compress(b"", mtime=0), "empty"),
        (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
        (gzip.compress(gzip.compress(b"x", mtime=0), mtime=0), "gzip inside gzip"),
        (b"\x1f\x8bnot really", "damaged"),
        (bytes(range(256)) * 40, "binary"),
        (b"\x00" * 5000, "binary"),
        (b"\x7fELF\x02\x01\x01", "program"),
        (("Żółć naïve café résumé " * 30).encode("cp1250", "replace"), "not UTF-8"),
        ("论文标题\n".encode("gbk") * 50, "not UTF-8"),
    ],
)
def test_what_is_no_text_is_refused_at_once(data: bytes, message: str) -> None:
    with pytest.raises(FormatError, match=message):
        read_records(io.BytesIO(data), "f")


def test_the_stream_stays_open_and_may_be_closed_under_way() -> None:
    stream = io.BytesIO(b'{"title": "A"}\n{"title": "B"}\n')
    records = read_records(stream, "f")
    next(records)
    stream.close()
    del records
    # Warnings are errors: nothing may complain when the reader goes.
    gc.collect()
    stream = io.BytesIO(b'{"title": "A"}\n')
    assert len(list(read_records(stream, "f"))) == 1
    gc.collect()
    assert not stream.closed

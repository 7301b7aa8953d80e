"""What is no character of XML costs the element it is in, and encodings are read as they are named."""

import io

import pytest

from service.ingest.formats.xml_pieces import BAD, read_pieces
from service.ingest.record import Found, Reject
from tests.reading import SAMPLES, read_lines

TEXT = (SAMPLES / "arxiv_oai" / "dublin_core.xml").read_text()


@pytest.mark.parametrize(
    "bad", [b"\x0b", b"\0", b"\xff", b"\xed\xa0\x80", b"&#0;", b"&#x1F;", b"&#011;", "\uffff".encode()], ids=repr
)
def test_a_bad_character_costs_its_element(bad: bytes) -> None:
    twice = TEXT.replace("<ListRecords>", f"<ListRecords>{TEXT.split('<ListRecords>')[1].split('</ListRecords>')[0]}")
    first, _, second, _ = read_lines(twice.encode().replace(b"We study", b"We " + bad, 1))
    assert isinstance(first, Reject)
    assert first.reason == "it has a control character, or bytes that are not UTF-8"
    assert isinstance(second, Found)


def test_a_bad_character_in_an_attribute() -> None:
    paper = "<paper id='{}'><title>T</title><pwccode url='{}'/></paper>"
    both = paper.format(1, "https://x.org/\x01") + paper.format(2, "https://x.org/")
    first, second = read_lines(f"<collection id='2031.x'><volume id='1'>{both}</volume></collection>")
    assert isinstance(first, Reject)
    assert isinstance(second, Found)


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("ISO-8859-1", "latin-1"),
        ("windows-1252", "cp1252"),
        ("UTF-16", "utf-16"),
        ("UTF-8", "utf-8-sig"),
        ("utf8", "utf-8"),
    ],
)
def test_encodings(name: str, encoding: str) -> None:
    found, _ = read_lines(TEXT.replace("UTF-8", name).encode(encoding))
    assert found.record.authors == ("Ada Example", "Björn Sample")


def test_blanks_before_the_declaration() -> None:
    found, _ = read_lines("\n \n" + TEXT)
    assert found.place.line == 7


@pytest.mark.parametrize("shift", range(9))
def test_references_across_pieces(shift: int) -> None:
    data = b"<a>" + b"x" * (65_536 - 3 - shift) + b"&#0;&amp;&#10;" + "é".encode() * 40_000 + b"</a>"
    text = "".join(map(str, read_pieces(io.BytesIO(data), data[:100])))
    assert text == "<a>" + "x" * (65_536 - 3 - shift) + BAD + "&amp;&#10;" + "é" * 40_000 + "</a>"

"""RIS."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.ingest.formats.limits import Limits
from service.ingest.record import Found, Place, Record, Reject, Skipped
from tests.reading import SAMPLES, read_lines, read_sample

WIDGETS = Record(
    title="Widgets in Practice: A Study",
    abstract="We practise with widgets.",
    authors=("Ada Example", "Björn Sample Jr."),
    published="2031-07-08",
    venue="Journal of Widgets",
    url="https://example.org/ris1",
    pdf_url="https://example.org/ris1.pdf",
    urls=("https://github.com/example/ris",),
    external_ids={"doi": "10.5555/RIS.1"},
)


def test_entries() -> None:
    first, between, second, preprint, untitled, program, unended = read_sample("ris/library.ris")
    assert first == Found(WIDGETS, "ris", Place("library.ris", 1, 1))
    assert between == Skipped("library.ris", 23, "Record #2 of 5", "it stands outside an entry (TY to ER)")
    assert second.record == Record(
        title="A Short One",
        abstract="Short.",
        authors=("Ada Example",),
        published="2030",
        venue="Proceedings of Shortness",
    )
    assert preprint.record.authors == ("The Widget Consortium",)
    assert preprint.record.published == "2031-01-05"
    assert preprint.record.external_ids == {"arxiv": "3101.01234"}
    assert preprint.record.url == "https://arxiv.org/abs/3101.01234"
    assert isinstance(untitled, Reject)
    assert (untitled.reason, untitled.place) == ("title is empty", Place("library.ris", 38, 4))
    assert program == Skipped("library.ris", 42, "TY  - COMP", "a computer program is no paper")
    assert unended.record == Record(title="Not Ended")


@pytest.mark.parametrize("change", ["crlf", "bom", "one blank", "utf-16"])
def test_as_others_write_it(change: str) -> None:
    text = (SAMPLES / "ris" / "library.ris").read_text()
    data = {
        "crlf": text.replace("\n", "\r\n").encode(),
        "bom": text.encode("utf-8-sig"),
        "one blank": text.replace("  - ", " - ").encode(),
        "utf-16": text.encode("utf-16"),
    }[change]
    items = read_lines(data)
    assert [type(item) for item in items] == [Found, Skipped, Found, Found, Reject, Skipped, Found]
    assert items[0].record == WIDGETS


def test_a_conference_paper_with_its_days() -> None:
    lines = ["TY  - CONF", "TI  - Widgets", "T2  - 2031 Made-Up Symposium", "AU  - A. Example", "PY  - 2031"]
    (found,) = read_lines("\n".join([*lines, "Y1  - 20-25 May 2031", "DO  - 10.48550/arXiv.3101.01234", "ER  - "]))
    assert (found.record.published, found.record.venue) == ("2031-05-20", "2031 Made-Up Symposium")
    assert found.record.external_ids == {"doi": "10.48550/arXiv.3101.01234", "arxiv": "3101.01234"}


def test_bytes_of_another_encoding_are_a_reject() -> None:
    data = b"TY  - JOUR\nTI  - Bad \xff byte\nER  - \nTY  - JOUR\nTI  - Good\nER  - \n"
    bad, good = read_lines(data)
    assert isinstance(bad, Reject)
    assert "are not UTF-8" in bad.reason
    assert good.record.title == "Good"


def test_an_entry_without_end_fills_no_memory() -> None:
    text = "TY  - JOUR\nTI  - Long\nAB  - " + "word word word word\n" * 1000 + "TY  - JOUR\nTI  - Next\nER  - \n"
    bad, good = read_lines(text, limits=Limits(entry=10_000))
    assert isinstance(bad, Reject)
    assert bad.reason == "the entry is larger than 10,000 characters"
    assert good.record.title == "Next"


PRINTABLE = st.characters(exclude_categories=("Cc", "Cs"))


@given(
    st.lists(
        st.sampled_from(["TY  - JOUR", "ER  - ", "TI  - T", "AU  - A, B", "PY  - 20", "text", "", "DO  -"])
        | st.text(PRINTABLE)
    )
)
def test_nothing_raises(lines: list[str]) -> None:
    for item in read_lines(b"TY  - JOUR\n" + "\n".join(lines).encode("utf-8", "replace"), format="ris"):
        assert isinstance(item, Found | Reject | Skipped)

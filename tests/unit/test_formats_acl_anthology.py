"""The ACL Anthology's XML."""

import pytest

from service.ingest.formats.acl_anthology import compose_id
from service.ingest.record import Found, GivenRepo, Place, Record, Reject, Skipped
from tests.reading import read_lines, read_sample
from tests.shared import find_shared

SHARED = find_shared() / "data" / "formats" / "acl_anthology_xml"


def test_a_collection() -> None:
    found, other, untitled, journal = read_sample("acl_anthology/2031.made.xml")
    assert found == Found(
        Record(
            title="WidgetBERT: Fast Parsing in O(n log n)",
            abstract="We parse with widgets, reaching F_1 of α. Code: https://github.com/example/widgetbert.",
            authors=("Ada Example", "Björn Sample", "Mononym"),
            published="2031-07",
            venue="Proceedings of the Made-Up Conference on NLP",
            url="https://aclanthology.org/2031.made-main.1/",
            pdf_url="https://aclanthology.org/2031.made-main.1.pdf",
            urls=("https://paperswithcode.com/dataset/made-up",),
            external_ids={
                "acl": "2031.made-main.1",
                "doi": "10.5555/2031.made-main.1",
                "acl_bibkey": "example-etal-2031-widgetbert",
            },
            repos=(GivenRepo(url="https://github.com/example/widgetbert", official=True),),
        ),
        "acl",
        Place("2031.made.xml", 15, 1),
    )
    assert other.record.repos == ()
    assert other.record.published == "2031-08"
    assert other.record.pdf_url == "https://elsewhere.example.org/paper2.pdf"
    assert isinstance(untitled, Reject)
    assert untitled.reason == "title is empty"
    assert journal.record.venue == "Made-Up Linguistics"
    assert journal.record.published == "2030"
    assert journal.record.external_ids == {"acl": "2031.made-2.1"}
    assert journal.record.pdf_url is None


def test_old_ids() -> None:
    front, found = read_sample("acl_anthology/P19.xml")
    assert front == Skipped("P19.xml", 5, "P19-1.0", "front matter is no paper")
    assert found.record.external_ids == {"acl": "P19-1012"}
    assert found.record.pdf_url == "https://aclanthology.org/P19-1012.pdf"


def test_the_older_form() -> None:
    front, found = read_sample("acl_anthology/W18.xml")
    assert isinstance(front, Skipped)
    assert found.record.external_ids == {"acl": "W18-0501"}
    assert found.record.published == "2018-06"
    assert found.record.venue == "Proceedings of the Older Workshop"
    assert found.record.pdf_url == "https://aclanthology.org/W18-0501.pdf"


def test_meta_is_its_own_volume_s() -> None:
    volume = "<volume id='{}'>{}<paper id='1'><title>T</title></paper></volume>"
    meta = "<meta><booktitle>First</booktitle><year>2031</year></meta>"
    one, other = read_lines(f"<collection id='2031.x'>{volume.format(1, meta)}{volume.format(2, '')}</collection>")
    assert (one.record.venue, one.record.published) == ("First", "2031")
    assert (other.record.venue, other.record.published) == (None, None)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("2020.acl", "main", "5"), "2020.acl-main.5"),
        (("P19", "1", "1"), "P19-1001"),
        (("W18", "5", "1"), "W18-0501"),
        (("D19", "1", "12"), "D19-1012"),
        (("D19", "50", "3"), "D19-5003"),
        (("C69", "1", "2"), "C69-0102"),
        (("P18", "", "1001"), "P18-1001"),
    ],
)
def test_ids(parts: tuple[str, str, str], expected: str) -> None:
    assert compose_id(*parts) == expected


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared files are not there")
def test_shared() -> None:
    for path in SHARED.glob("*.xml"):
        items = read_lines(path.read_bytes(), path.name)
        text = path.read_text()
        assert [type(item) for item in items] == [Found] * text.count("<paper ")
        records = [item.record for item in items]
        assert sum(len(record.repos) for record in records) == text.count('<pwccode url="http')
        for record in records:
            assert record.authors, record.title
            assert record.published == "2020-11"
            assert record.venue
            assert record.external_ids["acl"].startswith("2020.sdp-1.")
            assert record.external_ids["doi"] == f"10.18653/v1/{record.external_ids['acl']}"
            assert "  " not in record.abstract
            assert "<" not in record.title

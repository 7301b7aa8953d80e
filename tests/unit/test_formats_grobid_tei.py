"""GROBID's TEI, and what no XML may do."""

import pytest

from service.ingest.formats import FormatError
from service.ingest.record import Found, Place, Record, Reject
from tests.reading import read_lines, read_sample
from tests.shared import find_shared

SHARED = find_shared() / "data" / "formats" / "grobid_tei"


def test_a_header() -> None:
    (found,) = read_sample("grobid_tei/paper.tei.xml")
    assert found == Found(
        Record(
            title="WidgetBERT: Fast Parsing",
            abstract="We parse with widgets. They are fast. Code: https://github.com/example/widgetbert",
            authors=("Ada M Example", "Sample"),
            published="2031-07-08",
            venue="Journal of Widgets",
            url="https://arxiv.org/abs/3101.01234",
            pdf_url="https://example.org/widgets.pdf",
            license="https://creativecommons.org/licenses/by/4.0/",
            external_ids={"doi": "10.5555/widgets.31", "arxiv": "3101.01234"},
        ),
        "grobid",
        Place("paper.tei.xml", 3, 1),
    )


def test_a_corpus() -> None:
    found, untitled = read_sample("grobid_tei/corpus.xml")
    assert (found.record, found.place.number) == (Record(title="First of Two"), 1)
    assert isinstance(untitled, Reject)
    assert untitled.reason == "title is empty"


TEI = '<TEI xmlns="http://www.tei-c.org/ns/1.0"><teiHeader><fileDesc><titleStmt><title>{}</title></titleStmt></fileDesc></teiHeader></TEI>'


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE TEI [<!ENTITY a "ha"><!ENTITY b "&a;&a;"><!ENTITY x "&b;&b;">]>',
        '<!DOCTYPE TEI [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE TEI [<!ENTITY % p SYSTEM "http://127.0.0.1:9/evil.dtd"> %p;]>',
    ],
)
def test_hostile_dtds_are_refused(doctype: str) -> None:
    with pytest.raises(FormatError, match="entities"):
        read_lines(doctype + TEI.format("&x;"), format="grobid_tei")


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared files are not there")
def test_shared() -> None:
    (path,) = SHARED.glob("*.xml")
    (found,) = read_lines(path.read_bytes(), path.name)
    assert found.record.title.startswith("Changes of patients' satisfaction with the health care services")
    assert found.record.authors == ("Irena Misevičienė", "Žemyna Milašauskienė")
    assert (found.record.published, found.record.venue) == ("2003", "MEDICINA")
    assert found.record.abstract.startswith("Key words: health care")

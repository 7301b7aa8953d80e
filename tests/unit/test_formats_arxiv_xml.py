"""arXiv's Atom and OAI-PMH."""

import io

import pytest

from service.ingest.formats import FormatError, read_records
from service.ingest.formats.arxiv_fields import find_arxiv_id, read_categories, read_dois, split_authors
from service.ingest.record import Found, GivenRepo, Place, Record, Reject, Skipped
from tests.reading import read_lines, read_sample
from tests.shared import find_shared

ATOM = find_shared() / "data" / "formats" / "arxiv_atom"
OAI = find_shared() / "data" / "formats" / "arxiv_oai"

WIDGETS = Record(
    title="Widgets & Gadgets: A Made-Up Study",
    abstract="We study widgets. Our widgets beat $x^2$ gadgets by < 5%.",
    authors=("Ada Example", "Björn Sample"),
    published="2031-01-05",
    venue="J. Made-Up Res. 12 (2031) 1-20",
    categories=("cs.CL", "cond-mat.mes-hall"),
    url="https://arxiv.org/abs/3101.01234",
    pdf_url="https://arxiv.org/pdf/3101.01234",
    urls=("https://widgets.example.org", "https://doi.org/10.1234/widgets.2"),
    external_ids={"arxiv": "3101.01234", "doi": "10.1234/Widgets.1"},
    repos=(GivenRepo(url="https://github.com/example/widgets", official=True, basis=("paper",)),),
)


def test_atom() -> None:
    found, old, untitled = read_sample("arxiv_atom/answer.xml")
    assert found == Found(WIDGETS, "arxiv", Place("answer.xml", 8, 1))
    assert old.record.external_ids == {"arxiv": "math.gt/0309999"}
    assert (old.record.url, old.record.published) == ("https://arxiv.org/abs/math.gt/0309999", "2003-09-30")
    assert old.record.categories == ("math.GT",)
    assert isinstance(untitled, Reject)
    assert (untitled.reason, untitled.place.number) == ("title is empty", 3)


def test_atom_error_is_a_reject() -> None:
    (reject,) = read_sample("arxiv_atom/error.xml")
    assert isinstance(reject, Reject)
    assert reject.reason == "arXiv answers with an error: incorrect id format for nonsense"


def test_atom_daily() -> None:
    (found,) = read_sample("arxiv_atom/daily.xml")
    assert found.record.abstract == "Every day there is one."
    assert found.record.authors == ("Ada Example", "Björn Sample")
    assert found.record.external_ids == {"arxiv": "3101.04321"}
    assert found.record.license == "http://creativecommons.org/licenses/by/4.0/"


def test_a_paper_titled_error_is_a_paper() -> None:
    entry = "<entry><id>http://arxiv.org/abs/3101.01234v1</id><title>Error</title></entry>"
    (found,) = read_lines(f'<feed xmlns="http://www.w3.org/2005/Atom">{entry}</feed>')
    assert found.record.title == "Error"


def test_oai_raw() -> None:
    found, deleted, untitled, token = read_sample("arxiv_oai/raw.xml")
    assert found.place == Place("raw.xml", 6, 1)
    assert found.record == Record(
        title="Widgets & Gadgets: A Made-Up Study",
        abstract="We study widgets. Our widgets beat gadgets.",
        authors=("Ada Example", "Björn Sample", "Carl Third Jr."),
        published="2031-01-05",
        venue=WIDGETS.venue,
        categories=("cs.CL", "cond-mat.mes-hall"),
        url=WIDGETS.url,
        pdf_url=WIDGETS.pdf_url,
        license="http://creativecommons.org/licenses/by/4.0/",
        external_ids=WIDGETS.external_ids,
        repos=WIDGETS.repos,
    )
    assert deleted == Skipped("raw.xml", 27, "oai:arXiv.org:3101.00002", "the record was deleted")
    assert isinstance(untitled, Reject)
    assert isinstance(token, Skipped)
    assert token.text == "123|1001"
    assert "more records follow, of 1234567 in all" in token.reason


def test_oai_arxiv() -> None:
    (found,) = read_sample("arxiv_oai/arxiv.xml")
    assert found.record.authors == ("Ada Example", "Björn Sample Jr", "The Widget Collaboration")
    assert found.record.published == "2031-01-05"
    assert found.record.categories == ("cs.CL",)


def test_oai_dublin_core() -> None:
    found, foreign = read_sample("arxiv_oai/dublin_core.xml")
    assert found.record == Record(
        title="Widgets & Gadgets: A Made-Up Study",
        abstract="We study widgets. Our widgets beat gadgets.",
        authors=("Ada Example", "Björn Sample"),
        published="2031-01-05",
        venue=WIDGETS.venue,
        categories=("cs.CL", "hep-th"),
        url=WIDGETS.url,
        pdf_url=WIDGETS.pdf_url,
        external_ids=WIDGETS.external_ids,
        repos=WIDGETS.repos,
    )
    assert isinstance(foreign, Reject)
    assert foreign.reason == "the metadata is 'marc', which is not read"


def test_oai_errors_end_the_file() -> None:
    with pytest.raises(
        FormatError, match=r"^arXiv answers with the error badResumptionToken: The token has expired\.$"
    ):
        read_sample("arxiv_oai/bad_token.xml")
    begin = '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><request>https://oaipmh.arxiv.org/oai</request>'
    with pytest.raises(FormatError, match="an answer to ListIdentifiers, which has no papers"):
        read_lines(f"{begin}<ListIdentifiers><header><identifier>x</identifier></header></ListIdentifiers></OAI-PMH>")
    with pytest.raises(FormatError, match="an answer to Identify"):
        read_lines(f"{begin}<Identify/></OAI-PMH>")


def test_oai_last_page_has_no_hint() -> None:
    text = (
        '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><request>arxiv</request><ListRecords><resumptionToken/>'
    )
    assert read_lines(f"{text}</ListRecords></OAI-PMH>") == []


def test_what_came_before_a_break_is_read() -> None:
    whole = "<entry><id>http://arxiv.org/abs/3101.01234v1</id><title>A</title></entry>"
    items = read_records(io.BytesIO(f'<feed xmlns="http://www.w3.org/2005/Atom">{whole}<entry>'.encode()), "f")
    found = next(items)
    assert isinstance(found, Found)
    with pytest.raises(FormatError, match="not well-formed at line 1"):
        next(items)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://arxiv.org/abs/astro-ph/0601001v1", "astro-ph/0601001"),
        ("oai:arXiv.org:3101.00001", "3101.00001"),
        ("arXiv:3101.56789v2 [cs.CL]", "3101.56789"),
        ("https://export.arxiv.org/pdf/3101.00001v3.pdf", "3101.00001"),
        ("https://arxiv.org/api/errors#x", None),
        ("10.1234/foo", None),
        ("3101.000012", None),
        ("", None),
    ],
)
def test_ids(text: str, expected: str | None) -> None:
    assert find_arxiv_id(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A. B. Cee (1) and D. E. Eff (2) ((1) Univ, Town, (2) Other)", ["A. B. Cee", "D. E. Eff"]),
        ("ATLAS Collaboration: G. Aad, B. Abbott, et al.", ["ATLAS Collaboration", "G. Aad", "B. Abbott"]),
        ("Sam Davis, Jr., Foo Bar", ["Sam Davis Jr.", "Foo Bar"]),
        ("X. Y for the ALICE Collaboration", ["X. Y", "ALICE Collaboration"]),
        ("Erd\\H{o}s P\\'al, Fran\\c{c}ois M\\\"uller", ["Erdős Pál", "François Müller"]),
        ("A, B, and C", ["A", "B", "C"]),
        ("Anders Andersson (never closed, B", ["Anders Andersson never closed", "B"]),
        ("", []),
    ],
)
def test_authors_in_one_string(text: str, expected: list[str]) -> None:
    assert list(split_authors(text)) == expected


def test_fields() -> None:
    assert read_dois("doi:10.1/A;  https://doi.org/10.2/b. nonsense") == ["10.1/A", "10.2/b"]
    assert read_categories("cs.CL cs.LG", "68T50 (Primary)", "I.2.7; 68T", "cs.CL", "astro-ph") == (
        "cs.CL",
        "cs.LG",
        "astro-ph",
    )


@pytest.mark.skipif(not ATOM.is_dir(), reason="the shared files are not there")
def test_shared_atom() -> None:
    items = [item for path in sorted(ATOM.glob("*.xml")) for item in read_lines(path.read_bytes(), path.name)]
    found = [item for item in items if isinstance(item, Found)]
    assert len(found) == sum(path.read_text().count("<entry>") for path in ATOM.glob("*.xml")) - 1
    assert [item.reason for item in items if isinstance(item, Reject)] == [
        "arXiv answers with an error: incorrect id format for abc"
    ]
    for item in found:
        assert item.record.abstract, item.record.title
        assert item.record.authors
        assert item.record.published
        assert item.record.categories
        assert item.record.external_ids["arxiv"]
    old = next(item.record for item in found if "OGLE-III" in item.record.title)
    assert old.external_ids == {"arxiv": "astro-ph/0601001"}
    assert old.urls == ("http://www.astronomy.ohio-state.edu/~gould/ogle_hot_jupiters.ps.gz",)


@pytest.mark.skipif(not OAI.is_dir(), reason="the shared files are not there")
def test_shared_oai() -> None:
    (path,) = OAI.glob("*.xml")
    found, deleted, token = read_lines(path.read_bytes())
    assert found.record.title == "A made-up title that wraps over two lines"
    assert found.record.abstract == "A made-up abstract that mentions BERT and Llama-3-8B."
    assert found.record.authors == ("Ada Example", "Bob Sample")
    assert found.record.published == "2026-01-01"
    assert [repo.url for repo in found.record.repos] == ["https://github.com/example/made-up"]
    assert deleted.text == "oai:arXiv.org:2601.00002"
    assert token.text == "6511260|1001"

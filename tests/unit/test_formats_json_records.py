"""What the formats whose files are JSON make of our samples."""

from typing import Any

import pytest

from service.ingest.record import Found, GivenRepo, Record, Reject, Skipped
from tests.conftest import DATA
from tests.reading import read_lines

HERON = "Tiny Herons: Small Models That Wade"


def read(name: str, file: str | None = None) -> list[Any]:
    return read_lines((DATA / "formats" / name).read_bytes(), file or name)


def records(name: str, file: str | None = None) -> list[Record]:
    return [item.record for item in read(name, file) if isinstance(item, Found)]


def test_hugging_face_both_levels() -> None:
    first, second = records("hf_papers.daily.json")
    assert first == Record(
        title=HERON,
        abstract="We present Heron, a small model. It wades well.",
        authors=("Ada Bee", "Cy Dee"),
        published="2024-03-02",
        url="https://huggingface.co/papers/2403.01234",
        pdf_url="https://arxiv.org/pdf/2403.01234",
        urls=("https://heron.example.org/",),
        external_ids={"arxiv": "2403.01234"},
        repos=(GivenRepo(url="https://github.com/Heron-Lab/heron", basis=("auto",)),),
    )
    # What is null inside stands beside.
    assert (second.title, second.abstract, second.published) == ("Grey Egrets", "Stands beside.", "2024-03-06")
    assert records("hf_papers.page_props.json") == [first]


def test_hugging_face_links_what_its_cards_name() -> None:
    (record,) = records("hf_papers.detail.json")
    assert record.models == ()
    assert record.urls[1:] == (
        "https://huggingface.co/heron-lab/heron-1b",
        "https://huggingface.co/someone/other-model-citing-it",
        "https://huggingface.co/datasets/heron-lab/pond",
        "https://huggingface.co/spaces/heron-lab/demo",
    )


def test_hugging_face_older_search() -> None:
    (record,) = records("hf_papers.search.json")
    assert (record.title, record.external_ids) == ("An Older Item", {"arxiv": "2301.00007"})


def test_arxiv_snapshot() -> None:
    first, second = records("arxiv_snapshot.jsonl")
    assert first == Record(
        title="Calculation of wading in $\\gamma$ ponds",
        abstract="A calculation over several lines.\nA new paragraph.",
        authors=("A. Bée", "Cy Dee Jr."),
        published="2007-04-02",
        venue="J. Ponds 7 (2007) 1",
        categories=("hep-ph", "cs.CL"),
        url="https://arxiv.org/abs/0704.0001",
        pdf_url="https://arxiv.org/pdf/0704.0001",
        license="http://creativecommons.org/licenses/by/4.0/",
        urls=("https://wade.example.org", "https://doi.org/10.1234/erratum"),
        external_ids={"arxiv": "0704.0001", "doi": "10.1234/jp.7.1"},
        repos=(GivenRepo(url="https://github.com/heron-lab/wade", official=True, basis=("paper",)),),
    )
    assert second.authors == ("A. Bee", "Cy Dee", "E. Eff")
    assert (second.published, second.external_ids) == ("1999-01", {"arxiv": "hep-th/9901001"})


def test_arxiv_daily() -> None:
    first, _ = records("arxiv_daily.jsonl")
    assert (first.title, first.abstract) == ("Splashing Herons", "We splash in ponds.")
    assert (first.published, first.categories) == ("2025-06", ("cs.GR", "cs.CV"))
    assert first.urls == ("https://splash.example.org/",)


def test_papers_with_code() -> None:
    first, second = records("pwc_papers.json")
    assert first == Record(
        title=HERON,
        abstract="We present Heron.",
        authors=("Ada Bee", "Cy Dee"),
        published="2024-03-02",
        venue="CVPR 2024",
        categories=("Image Classification", "Wading"),
        url="https://arxiv.org/abs/2403.01234v2",
        pdf_url="https://arxiv.org/pdf/2403.01234v2.pdf",
        external_ids={"arxiv": "2403.01234", "openreview": "hErOn1", "paperswithcode": "tiny-herons"},
    )
    assert second.external_ids == {"paperswithcode": "a-paper-without-ids"}


def test_papers_with_code_links_say_whether_a_repository_is_the_papers_own() -> None:
    items = read("pwc_links.json")
    assert [item.record.repos for item in items] == [
        (GivenRepo(url="https://github.com/heron-lab/heron", official=True, basis=("paper", "repository")),),
        (GivenRepo(url="https://github.com/someone/heron-jax", official=False, basis=("repository",)),),
        (GivenRepo(url="https://github.com/no/ids"),),
    ]
    assert len({item.part for item in items}) == 3
    assert items[0].record.external_ids == {"arxiv": "2403.01234", "paperswithcode": "tiny-herons"}


@pytest.mark.parametrize("name", ["paper", "search", "bulk", "batch"])
def test_semantic_scholar(name: str) -> None:
    found = records(f"semantic_scholar.{name}.json")
    assert (
        Record(
            title=HERON,
            abstract="We present Heron.",
            authors=("Ada Bee", "Cy Dee"),
            published="2024-03-02",
            venue="Annual Meeting of Herons",
            categories=("Computer Science", "Biology"),
            url="https://www.semanticscholar.org/paper/aa11",
            pdf_url="https://arxiv.org/pdf/2403.01234",
            license="CCBY",
            external_ids={
                "s2": "aa11",
                "corpusid": "777",
                "arxiv": "2403.01234",
                "doi": "10.1234/HERON",
                "acl": "2024.acl-long.1",
                "dblp": "conf/acl/BeeD24",
                "pubmed": "123",
                "pmc": "PMC456",
                "mag": "99",
            },
        )
        in found
    )
    assert {record.title for record in found} <= {HERON, "Egrets Only"}


def test_what_semantic_scholar_did_not_find_is_told() -> None:
    items = read("semantic_scholar.batch.json")
    assert [type(item) for item in items] == [Skipped, Found, Skipped, Found]
    assert read("semantic_scholar.nothing.json") == []
    (cited,) = records("semantic_scholar.references.json")
    assert (cited.title, cited.published, cited.venue, cited.abstract) == ("Egrets Only", "2019", "J. Ponds", "")


def test_s2orc_metadata() -> None:
    found, reject = read("s2orc.metadata.jsonl")
    assert found.record == Record(
        title="Muscles of Herons",
        authors=("Ada B. C. Bee Jr.", "Dee"),
        published="1975",
        venue="J. Ponds",
        categories=("Medicine",),
        url="https://api.semanticscholar.org/CorpusID:77490001",
        external_ids={
            "corpusid": "77490001",
            "doi": "10.1234/heron.75",
            "acl": "P75-1001",
            "pubmed": "678",
            "pmc": "PMC12345",
            "mag": "2426",
        },
    )
    assert isinstance(reject, Reject)
    assert (reject.place.line, reject.reason) == (2, "title is empty")


def test_s2orc_full_text_is_cut_by_its_annotations() -> None:
    found, reject = read("s2orc.text.jsonl")
    assert found.record == Record(
        title="Tiny Herons",
        abstract="We présent Heron 🐦.\nIt wades.",
        authors=("Ada Bee", "Cy Dé"),
        pdf_url="https://arxiv.org/pdf/2403.01234v1.pdf",
        license="CCBY",
        external_ids={"arxiv": "2403.01234", "doi": "10.1234/heron", "corpusid": "777"},
    )
    assert isinstance(reject, Reject)
    (second,) = records("s2orc.text_v2.jsonl")
    assert (second.title, second.abstract) == (found.record.title, found.record.abstract)
    assert second.external_ids["arxiv"] == "2403.01234"


def test_s2orc_other_lines() -> None:
    (paper,) = records("s2orc.papers.jsonl")
    assert (paper.title, paper.published, paper.external_ids["corpusid"]) == ("Egrets", "2020", "780")
    (parsed,) = records("s2orc.doc2json.json")
    assert (parsed.abstract, parsed.external_ids) == ("As one text.", {"arxiv": "2403.01234"})


@pytest.mark.parametrize("name", ["openalex.work.json", "openalex.page.json", "openalex.snapshot.jsonl"])
def test_openalex(name: str) -> None:
    assert records(name)[0] == Record(
        title="Tiny Herons: Small Models & Ponds",
        abstract="We present Heron, a small model, a wader.",
        authors=("Ada Bee", "Cy Dee"),
        published="2024-03-02",
        venue="Journal of Ponds",
        categories=("Wading Birds",),
        url="https://doi.org/10.1234/heron",
        pdf_url="https://arxiv.org/pdf/2403.01234",
        license="cc-by",
        external_ids={
            "doi": "https://doi.org/10.1234/heron",
            "arxiv": "2403.01234",
            "openalex": "W4390000001",
            "pubmed": "123",
            "pmc": "PMC456",
            "mag": "99",
        },
    )


def test_openalex_of_before() -> None:
    old = records("openalex.snapshot.jsonl")[1]
    assert (old.abstract, old.published, old.venue) == ("Three old words.", "1999", "Old Ponds")
    assert old.categories == ("Biology",)


@pytest.mark.parametrize("name", ["crossref.work.json", "crossref.list.json", "crossref.dump.json", "crossref.jsonl"])
def test_crossref(name: str) -> None:
    assert records(name)[0] == Record(
        title=HERON,
        abstract="Background\nHerons with p < 0.05 and H2O, $$x^2$$.\nThey wade.",
        authors=("Ada Bee", "The Heron Consortium"),
        published="2024-03-02",
        venue="Journal of Ponds & Rivers",
        categories=("Ornithology",),
        url="http://dx.doi.org/10.1234/heron",
        pdf_url="https://pond.example.org/heron",
        license="https://creativecommons.org/licenses/by/4.0/",
        external_ids={"doi": "10.1234/HERON", "arxiv": "2403.01234"},
    )


def test_crossref_preprint_and_csl() -> None:
    preprint = records("crossref.jsonl")[1]
    assert (preprint.title, preprint.venue) == ("A Preprint: Its Subtitle", "bioRxiv")
    assert preprint.published == "2024-01-01"
    (csl,) = records("crossref.csl.json")
    assert (csl.title, csl.venue, csl.published) == ("Tiny Herons", "Journal of Ponds", "2024-03")


@pytest.mark.parametrize("name", ["datacite.work.json", "datacite.list.json", "datacite.jsonl"])
def test_datacite(name: str) -> None:
    assert records(name)[0] == Record(
        title=HERON,
        abstract="We present Heron.\nIt wades.",
        authors=("Ada Bee", "Heron Lab"),
        published="2024-03-02",
        venue="arXiv",
        categories=("cs.CL",),
        url="https://arxiv.org/abs/2403.01234",
        license="cc-by-4.0",
        # The DOI that arXiv registered is the arXiv id; the other is the published version's.
        external_ids={"arxiv": "2403.01234", "doi": "10.1234/heron"},
        repos=("https://github.com/heron-lab/heron",),
    )


def test_datacite_attributes_alone() -> None:
    (record,) = records("datacite.plain.json")
    assert (record.title, record.authors, record.venue) == ("A Pond of Data", ("Bee, Ada",), "Pond Store")
    assert (record.published, record.external_ids) == ("2016-12-20", {"doi": "10.5072/POND"})


def test_datacite_of_before() -> None:
    (record,) = records("datacite.older.json")
    assert (record.title, record.authors, record.published) == ("An Older Pond", ("Ada B. Bee",), "2016-03-27")
    assert record.license == "https://creativecommons.org/licenses/by/4.0"


def test_a_conference_list() -> None:
    first, sent_back, cvf, anthology = records("paperlists.pond2024.json", "pond2024.json")
    assert first == Record(
        title="Tiny Herons & Ponds",
        abstract="We present Heron.",
        authors=("Ada Bee", "Cy Dee"),
        published="2024",
        venue="POND 2024",
        categories=("birds",),
        url="https://openreview.net/forum?id=0AbCdEfGh1",
        urls=("https://heron.example.org",),
        external_ids={"openreview": "0AbCdEfGh1"},
        repos=("https://github.com/heron-lab/heron.git",),
    )
    # A submission that was not taken was not published there.
    assert (sent_back.venue, sent_back.published) == (None, None)
    assert (cvf.authors, cvf.external_ids) == (("Ada Bee", "Cy Dee"), {"arxiv": "2403.01234"})
    assert (cvf.repos, cvf.urls) == (("https://github.com/a/b",), ("https://github.com/fsx",))
    assert anthology.external_ids == {"acl": "2021.acl-long.24", "doi": "10.18653/v1/2021.acl-long.24"}

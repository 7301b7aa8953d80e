"""A paper from its records."""

import hashlib
from itertools import permutations

import msgspec
import pytest

from service.ingest.identity import identify
from service.ingest.paper import Paper, Sourced, build_paper
from service.ingest.record import Record
from service.names import model_slug


def sourced(source: str = "jsonl", **fields: object) -> Sourced:
    record = Record(**{"title": "A Title", **fields})  # type: ignore[arg-type]
    digest = hashlib.sha256(msgspec.json.encode(record, order="deterministic")).digest()
    return Sourced(source, record, identify(record), digest)


def test_every_order_of_records_makes_the_same_paper() -> None:
    records = [
        sourced("page", abstract="We use BERT. Code: https://github.com/O/N."),
        sourced("arxiv", title="A title", authors=("Ann Lee",), external_ids={"arxiv": "2101.00001"}, published="2021"),
        sourced("acl", abstract="Other words.", venue="ACL", external_ids={"acl": "2021.acl-long.1", "doi": "10.1/a"}),
        sourced("list", repos=("o/n",), categories=("cs.CL",), published="2021-05-17"),
    ]
    papers = {build_paper(order).digest for order in permutations(records)}
    assert len(papers) == 1


def test_the_fullest_record_comes_first_and_others_fill_its_gaps() -> None:
    paper = build_paper(
        [
            sourced(title="short", abstract="A page's words.", url="https://a.example"),
            sourced(title="Full", authors=("Ann Lee",), venue="ACL", published="2021", license="CC0"),
        ]
    )
    assert (paper.title, paper.abstract, paper.authors) == ("Full", "A page's words.", ("Ann Lee",))
    assert (paper.venue, paper.license, paper.url) == ("ACL", "CC0", "https://a.example")


@pytest.mark.parametrize(
    ("dates", "chosen"),
    [(("2021", "2021-05-17"), "2021-05-17"), (("2021", "2022-05-17"), "2021"), ((None, "2021-05"), "2021-05")],
)
def test_a_date_becomes_more_precise_not_another(dates: tuple[str | None, str], chosen: str) -> None:
    first, second = dates
    paper = build_paper([sourced(published=first, venue="ACL", authors=("A B",)), sourced(published=second)])
    assert paper.published == chosen


def test_every_field_says_where_it_came_from() -> None:
    records = [
        sourced(
            "arxiv", title="Full", authors=("Ann Lee",), published="2021", categories=("cs.CL",), abstract="Words."
        ),
        sourced("acl", title="Full", published="2021-05-17", venue="ACL", external_ids={"acl": "P19-1001"}),
        sourced("page", title="FULL", authors=("A. Lee",), categories=("cs.AI", "cs.CL"), published="2020"),
    ]
    expected = {
        "title": {"sources": ["arxiv", "acl"], "others": [{"source": "page", "values": ["FULL"]}]},
        "abstract": "arxiv",
        "authors": {"sources": ["arxiv"], "others": [{"source": "page", "values": ["A. Lee"]}]},
        "published": {"sources": ["acl", "arxiv"], "others": [{"source": "page", "values": ["2020"]}]},
        "venue": "acl",
        "categories": {
            "sources": ["arxiv", "page"],
            "others": [{"source": "arxiv", "values": ["cs.CL"]}, {"source": "page", "values": ["cs.AI", "cs.CL"]}],
        },
        "external_ids.acl": "acl",
    }
    for order in permutations(records):
        paper = build_paper(order)
        assert paper.categories == ("cs.CL", "cs.AI")
        assert paper.provenance == expected


def test_of_two_identifiers_of_a_scheme_the_other_is_told() -> None:
    paper = build_paper(
        [
            sourced("crossref", external_ids={"doi": "10.1/b", "arxiv": "2101.00001"}, venue="ACL"),
            sourced(
                "arxiv", external_ids={"doi": "10.1/a", "arxiv": "2101.00001v2"}, pdf_url="https://a.example/x.pdf"
            ),
        ]
    )
    other = {"source": "crossref", "values": ["10.1/b"]}
    assert paper.provenance["external_ids.doi"] == {"sources": ["arxiv"], "others": [other]}
    assert paper.provenance["external_ids.arxiv"] == {"sources": ["arxiv", "crossref"], "others": []}
    assert paper.provenance["pdf_url"] == "arxiv"


def test_ids_of_all_records_are_kept() -> None:
    paper = build_paper([sourced(external_ids={"arxiv": "2101.00001v1"}), sourced(external_ids={"doi": "10.1/A"})])
    assert paper.external_ids == (("arxiv", "2101.00001"), ("doi", "10.1/a"))


def test_a_repository_has_its_evidence() -> None:
    text = "We do things. Code is at https://github.com/OpenAI/CLIP.git. It works."
    paper = build_paper([sourced("page", abstract=text, repos=("openai/clip",))])
    (found,) = paper.repos
    assert (found.repo.url, found.repo.key) == ("https://github.com/OpenAI/CLIP", "github.com/openai/clip")
    in_text, given = found.evidence
    assert in_text.sentence == "Code is at https://github.com/OpenAI/CLIP.git."
    assert text[in_text.start : in_text.end].startswith("https://github.com/OpenAI/CLIP")
    assert (in_text.source, in_text.field, given.field, given.sentence) == ("page", "abstract", None, None)
    assert len(paper.links) == 1


def test_addresses_beside_the_text_follow_those_in_it() -> None:
    paper = build_paper(
        [
            sourced(
                abstract="See https://github.com/o/n.",
                urls=("https://example.org/x", "http://www.github.com/O/N/", "https://example.org/x/", "not a url"),
                repos=("gitlab.com/g/sub/p",),
            )
        ]
    )
    assert [(link.url_key, link.field) for link in paper.links] == [
        ("github.com/o/n", "abstract"),
        ("example.org/x", None),
        ("gitlab.com/g/sub/p", None),
    ]
    assert [found.repo.key for found in paper.repos] == ["github.com/o/n", "gitlab.com/g/sub/p"]


def test_models_of_text_and_record_are_one_list() -> None:
    paper = build_paper([sourced(abstract="We fine-tune BERT and GPT-4; BERT wins.", models=("bert", "MyOwnNet"))])
    models = {model_slug(found.model.name): found for found in paper.models}
    assert {"bert", "gpt-4", "myownnet"} <= set(models)
    assert len(models["bert"].mentions) == 2
    assert models["myownnet"].mentions == ()
    assert models["myownnet"].role == "used"


def test_another_text_is_another_digest() -> None:
    def digest(text: str) -> bytes:
        return build_paper([sourced(abstract=text)]).digest

    assert digest("a") == digest("a") != digest("b")
    assert isinstance(build_paper([sourced()]), Paper)

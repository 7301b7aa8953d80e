"""What a producer says about a repository beside its spelling."""

import hashlib
import json

import msgspec
import pytest

from service.ingest.identity import group_records, identify
from service.ingest.paper import PaperRepo, Sourced, build_paper
from service.ingest.record import GivenRepo, Record, RecordError, check_record
from tests.reading import read_lines


def build(*records: tuple[str, Record]) -> tuple[PaperRepo, ...]:
    sourced = [
        Sourced(source, record, identify(record), hashlib.sha256(msgspec.json.encode(record)).digest())
        for source, record in records
    ]
    return build_paper(sourced).repos


@pytest.mark.parametrize(("flag", "official"), [(True, "true"), (False, "false"), (None, "unknown")])
def test_a_producers_flag_is_evidence_of_its_own(flag: bool | None, official: str) -> None:
    (repo,) = build(("links", Record(title="T", repos=(GivenRepo(url="git@github.com:O/N.git", official=flag),))))
    assert (repo.official, repo.repo.key) == (official, "github.com/o/n")
    (evidence,) = repo.evidence
    assert (evidence.source, evidence.field, evidence.official) == ("links", None, official)


def test_one_flag_that_calls_it_the_papers_own_is_enough() -> None:
    said = {True: "links", False: "other"}
    records = [
        (source, Record(title="T", repos=(GivenRepo(url="o/n", official=flag),))) for flag, source in said.items()
    ]
    (repo,) = build(*records, ("third", Record(title="T", repos=("O/N",))))
    assert repo.official == "true"
    assert sorted((e.source, e.official) for e in repo.evidence) == [
        ("links", "true"),
        ("other", "false"),
        ("third", "unknown"),
    ]


def test_a_flag_says_nothing_of_what_is_no_repository() -> None:
    assert build(("links", Record(title="T", repos=(GivenRepo(url="https://example.org/code", official=True),)))) == ()


def test_records_without_flags_are_stored_as_before() -> None:
    body = msgspec.json.encode(Record(title="T", repos=("o/n",)), order="deterministic")
    assert json.loads(body)["repos"] == ["o/n"]
    assert hashlib.sha256(body).hexdigest() == "3c0a1731a7c8723bdab867e24563c622d445caa12bed33caef7f36a212a5a4e7"
    flagged = Record(title="T", repos=(GivenRepo(url="o/n", official=False),))
    assert b'"repos":[{"url":"o/n","official":false}]' in msgspec.json.encode(flagged, order="deterministic")
    assert msgspec.json.decode(msgspec.json.encode(flagged), type=Record) == flagged


def test_our_own_lines_take_repositories_either_way() -> None:
    line = {"title": "T", "repos": ["o/n", {"url": "a/b", "official": None}, {"url": "c/d", "official": True}]}
    (found,) = read_lines(json.dumps(line))
    assert found.record.repos == ("o/n", GivenRepo(url="a/b"), GivenRepo(url="c/d", official=True))


def test_a_wrong_flag_is_told_by_its_place() -> None:
    (reject,) = read_lines('{"title": "T", "repos": ["o/n", {"url": "a/b", "official": "yes"}]}')
    assert "$.repos[1].official" in reject.reason


@pytest.mark.parametrize("repo", [GivenRepo(url=" "), GivenRepo(url="a\0b"), GivenRepo(url="o/n", basis=("",))])
def test_what_cannot_be_stored_is_refused(repo: GivenRepo) -> None:
    with pytest.raises(RecordError, match=r"repos\[0\]"):
        check_record(Record(title="T", repos=(repo,)))


@pytest.mark.parametrize("scheme", ["openalex", "s2", "corpusid", "mag", "dblp", "paperswithcode"])
def test_two_numbers_of_one_catalogue_do_not_part_a_paper(scheme: str) -> None:
    preprint = Record(title="T", external_ids={"arxiv": "2101.00001", scheme: "1"})
    published = Record(title="T", external_ids={"acl": "2021.acl-long.1", scheme: "2"})
    assert group_records([identify(preprint), identify(published)]) == [[0, 1]]
    apart = [Record(title="T", external_ids={"arxiv": f"2101.0000{n}"}) for n in (1, 2)]
    assert group_records([identify(record) for record in apart]) == [[0], [1]]

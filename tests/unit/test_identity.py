"""Which records are one paper, as a rule over sets."""

from itertools import permutations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.ingest.identity import COMMON_TITLE, Identity, author_keys, group_records, identify
from service.ingest.record import Record


def record(title: str = "T", *authors: str, **ids: str) -> Identity:
    return identify(Record(title=title, authors=authors, external_ids=ids))


def papers(*identities: Identity) -> list[list[int]]:
    return group_records(identities)


def test_an_equal_id_makes_one_paper_whatever_the_titles() -> None:
    assert papers(record("BERT", arxiv="1810.04805v2"), record("Bert!", doi="10.48550/arXiv.1810.04805")) == [[0, 1]]
    assert papers(record("A", doi="10.1/X"), record("B", doi="https://doi.org/10.1/x"), record("C")) == [[0, 1], [2]]


def test_an_equal_id_counts_more_than_a_different_one() -> None:
    assert papers(record(arxiv="2101.00001", doi="10.1/a"), record(arxiv="2101.00001", doi="10.1/b")) == [[0, 1]]


def test_an_equal_title_makes_one_paper() -> None:
    assert papers(record("Pre-Training  of X"), record("pretraining of x", arxiv="2101.00001")) == [[0, 1]]
    assert papers(record(arxiv="2101.00001"), record(acl="P19-1001"), record(openreview="x")) == [[0, 1, 2]]


def test_a_title_does_not_join_what_contradicts() -> None:
    assert papers(record("Editorial", doi="10.1/a"), record("Editorial", doi="10.1/b")) == [[0], [1]]
    assert papers(record("Editorial", "Ann Lee"), record("Editorial", "Bob Ray")) == [[0], [1]]
    assert papers(record("Survey", "Ann Lee", "Bob Ray"), record("Survey", "B. Ray", doi="10.1/a")) == [[0, 1]]


def test_what_fits_two_that_contradict_stays_apart() -> None:
    by_title = record("T"), record("T", doi="10.1/a"), record("T", doi="10.1/b")
    by_id = record("A", arxiv="1", doi="2"), record("B", arxiv="1", doi="1"), record("C", arxiv="2", doi="2")
    one_sided = record("A", arxiv="1", doi="2"), record("A", arxiv="1", doi="1"), record("A", doi="2")
    for three in (by_title, by_id, one_sided):
        assert papers(*three) == [[0], [1], [2]]


def test_a_bridge_of_several_equal_records_is_one_paper_apart() -> None:
    bridge = record("A", arxiv="1", doi="2")
    assert papers(bridge, record("B", arxiv="1", doi="1"), bridge, record("C", arxiv="2", doi="2")) == [
        [0, 2],
        [1],
        [3],
    ]


def test_a_title_that_too_many_have_says_nothing() -> None:
    many = [record("Editorial", doi=f"10.1/{n}") for n in range(COMMON_TITLE)]
    assert len(papers(*many[:-1], record("Editorial", arxiv="2101.00001"))) == COMMON_TITLE
    two = [record("Rare", arxiv="2101.00001"), record("Rare", doi="10.1/1")]
    assert papers(*two) == [[0, 1]]
    assert group_records(two, common={two[0].title}) == [[0], [1]]


def test_nothing_is_one_paper_with_nothing() -> None:
    assert papers() == []
    assert papers(record("Only")) == [[0]]


@pytest.mark.parametrize(
    "spellings",
    [
        ("Yann LeCun", "Y. LeCun", "LeCun, Yann", "LeCun Y"),
        ("Wei Zhang", "Zhang Wei"),
        ("José García", "Jose Garcia", "J. García"),
        ("Plato", "plato"),
    ],
)
def test_spellings_of_one_person_share_a_key(spellings: tuple[str, ...]) -> None:
    for one, other in permutations(spellings, 2):
        assert author_keys(one) & author_keys(other), (one, other)


@pytest.mark.parametrize(("one", "other"), [("Anna Smith", "Bob Smith"), ("Wei Zhang", "Wei Li"), ("…", "…")])
def test_different_people_share_none(one: str, other: str) -> None:
    assert not author_keys(one) & author_keys(other)


def test_a_record_is_called_by_its_strongest_id() -> None:
    assert record(doi="10.1/a", arxiv="2101.00001v3", zzz="1").name == "arxiv:2101.00001"
    assert record(zzz="1", aaa="2").name == "aaa:2"
    assert record("T").name.startswith("title:")
    assert record("T").name != record("T", "Ann Lee").name
    assert record("The  T!").name == record("the t").name


def test_its_own_addresses_are_ids_and_others_are_not() -> None:
    own = identify(Record(title="T", url="https://arxiv.org/abs/2101.00001v2", urls=("https://arxiv.org/abs/1",)))
    assert own.ids == {("arxiv", "2101.00001")}
    assert identify(Record(title="T", url="https://example.org/10.1/a")).ids == frozenset()


_IDENTITIES = st.builds(
    Identity,
    st.frozensets(st.tuples(st.sampled_from("ab"), st.sampled_from("123")), max_size=3),
    st.sampled_from("XYZ"),
    st.frozensets(st.sampled_from("pqr"), max_size=2),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(_IDENTITIES, max_size=9), st.randoms(use_true_random=False))
def test_the_order_does_not_matter(identities: list[Identity], random: Random) -> None:
    order = list(range(len(identities)))
    random.shuffle(order)
    shuffled = group_records([identities[position] for position in order])
    assert sorted(sorted(order[p] for p in group) for group in shuffled) == group_records(identities)


@settings(max_examples=300, deadline=None)
@given(st.lists(_IDENTITIES, max_size=9))
def test_each_record_is_in_one_paper_and_equal_ones_in_the_same(identities: list[Identity]) -> None:
    groups = group_records(identities)
    assert sorted(position for group in groups for position in group) == list(range(len(identities)))
    of = {position: number for number, group in enumerate(groups) for position in group}
    for one, other in permutations(range(len(identities)), 2):
        if identities[one] == identities[other]:
            assert of[one] == of[other]


@settings(max_examples=200, deadline=None)
@given(st.lists(_IDENTITIES, min_size=1, max_size=9))
def test_a_paper_is_made_of_what_fits(identities: list[Identity]) -> None:
    """No title joins different ids: in a paper that no id holds together, no two records contradict."""
    for group in group_records(identities):
        members = [identities[position] for position in group]
        pairs = [(one, other) for one, other in permutations(members, 2) if not one.ids & other.ids]
        direct = len(members) == 2
        for one, other in pairs if direct else ():
            assert one.title == other.title
            assert not (one.authors and other.authors and one.authors.isdisjoint(other.authors))

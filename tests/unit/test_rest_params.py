"""The query string: what is read, and what is refused with what would be right."""

import pytest

from service.errors import ApiError, BadRequest
from service.papers import CountMode, PaperFilter, SearchRequest, Sort
from service.rest.papers import SEARCH, read_search
from service.rest.params import Parameter, choice, flag, integer, read_parameters, text

KNOWN = {
    parameter.name: parameter
    for parameter in (
        text("author", "", repeated=True),
        text("cursor", ""),
        integer("year", "", "2024", low=1, high=9999, repeated=True),
        integer("limit", "", "5", low=1, high=100),
        choice("sort", "", ["title", "published"]),
        flag("has_repo", ""),
        Parameter("q", "", {"type": "string", "maxLength": 10}, str, optional_value=True),
    )
}


def test_values_are_read() -> None:
    query = b"q=a+b&author=Le%C3%B3n&author=Ada&year=2021&limit=7&sort=title&has_repo=false&cursor=x%3D&"
    assert read_parameters(query, KNOWN) == {
        "q": "a b",
        "author": ("León", "Ada"),
        "year": (2021,),
        "limit": 7,
        "sort": "title",
        "has_repo": False,
        "cursor": "x=",
    }


def test_what_is_required_must_be_there() -> None:
    known = {"q": text("q", "", "longf", required=True), **{name: KNOWN[name] for name in ("limit", "author")}}
    assert read_parameters(b"limit=5&q=a", known) == {"limit": 5, "q": "a"}
    for query in (b"", b"limit=5", b"author=q"):
        with pytest.raises(BadRequest) as refused:
            read_parameters(query, known)
        assert (refused.value.parameter, refused.value.hint) == ("q", "As q=longf.")


def test_only_what_is_given_is_there() -> None:
    assert read_parameters(b"", KNOWN) == {}
    assert read_parameters(b"q=", KNOWN) == {"q": ""}


def test_utf8_may_stand_unencoded() -> None:
    assert read_parameters("q=naïve".encode(), KNOWN) == {"q": "naïve"}


# query string, code, parameter, part of the hint
WRONG: list[tuple[bytes, str, str | None, str | None]] = [
    (b"autor=x", "unknown_parameter", "autor", "Did you mean author?"),
    (b"zzzz=x", "unknown_parameter", "zzzz", "This takes author, cursor"),
    (b"Q=x", "unknown_parameter", "Q", None),
    (b"=x", "unknown_parameter", "", None),
    (b"limit", "invalid_parameter", "limit", "Leave it out"),
    (b"cursor=", "invalid_parameter", "cursor", "Leave it out"),
    (b"limit=5&limit=6", "invalid_parameter", "limit", "once"),
    (b"q=a&q=b", "invalid_parameter", "q", "once"),
    (b"limit=0", "invalid_parameter", "limit", "from 1 to 100"),
    (b"limit=101", "invalid_parameter", "limit", "from 1 to 100"),
    (b"limit=5.0", "invalid_parameter", "limit", "whole number"),
    (b"limit=%D9%A5", "invalid_parameter", "limit", "whole number"),
    (b"limit=99999999999999999999", "invalid_parameter", "limit", "whole number"),
    (b"year=twenty", "invalid_parameter", "year", "whole number"),
    (b"sort=titel", "invalid_parameter", "sort", "Did you mean title?"),
    (b"sort=x", "invalid_parameter", "sort", "One of title, published"),
    (b"has_repo=1", "invalid_parameter", "has_repo", "true or false"),
    (b"author=" + b"a" * 2001, "invalid_parameter", "author", "2,000"),
    (b"author=%FF", "invalid_parameter", "author", "UTF-8"),
    (b"author=%ED%A0%80", "invalid_parameter", "author", "UTF-8"),
    (b"author=\xff", "invalid_parameter", "author", "UTF-8"),
    (b"author=100%", "invalid_parameter", "author", "%25"),
    (b"author=%0g", "invalid_parameter", "author", "%25"),
    (b"author=a%00", "invalid_parameter", "author", None),
    (b"%FF=a", "invalid_parameter", None, "UTF-8"),
    (b"&".join([b"author=a"] * 101), "invalid_parameter", "author", "100"),
]


@pytest.mark.parametrize(("query", "code", "parameter", "hint"), WRONG, ids=lambda value: str(value)[:40])
def test_what_is_wrong_is_said(query: bytes, code: str, parameter: str | None, hint: str | None) -> None:
    with pytest.raises(BadRequest) as caught:
        read_parameters(query, KNOWN)
    assert (caught.value.code, caught.value.parameter) == (code, parameter)
    if hint:
        assert hint in (caught.value.hint or "")


def test_a_position_counts_characters() -> None:
    with pytest.raises(BadRequest) as caught:
        read_parameters(b"author=%C3%A9%C3%A9%00", KNOWN)
    assert caught.value.position == 2


def test_a_search_is_read_from_its_parameters() -> None:
    parameters = {parameter.name: parameter for parameter in SEARCH}
    query = (
        b"q=graph&repo=a/b&repo=c/d&model_all=BERT&year=2020&has_repo=true&since=2019&until=2021-05"
        b"&sort=title&limit=3&count=none&fields=title"
    )
    assert read_search(read_parameters(query, parameters)) == SearchRequest(
        query="graph",
        filter=PaperFilter(
            repo=("a/b", "c/d"), model_all=("BERT",), year=(2020,), has_repo=True, since="2019", until="2021-05"
        ),
        sort=Sort.TITLE,
        limit=3,
        count=CountMode.NONE,
    )
    assert read_search({}) == SearchRequest()


def test_every_filter_has_a_parameter() -> None:
    names = {parameter.name for parameter in SEARCH}
    assert set(PaperFilter.__dataclass_fields__) <= names


@pytest.mark.parametrize("parameter", SEARCH, ids=lambda parameter: parameter.name)
def test_examples_are_values(parameter: Parameter) -> None:
    if parameter.example:
        parameter.read(parameter.example)
    else:
        assert parameter.name == "cursor"


def test_fields_are_listed_in_one_parameter() -> None:
    parameters = {parameter.name: parameter for parameter in SEARCH}
    assert read_parameters(b"fields=title,id", parameters)["fields"] == ("id", "title")
    with pytest.raises(ApiError) as caught:
        read_parameters(b"fields=title,repoz", parameters)
    assert caught.value.parameter == "fields"
    assert "repos" in (caught.value.hint or "")

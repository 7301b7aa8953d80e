"""Documents are read, kept and bounded whatever they do with fragments, aliases and variables."""

import time
from typing import Any

import pytest
from graphql import get_introspection_query

from service.errors import ApiError
from service.graphql.documents import CACHE_CHARACTERS, Documents, InvalidDocument
from service.graphql.errors import describe_document_errors
from service.graphql.limits import INTROSPECTION_DEPTH, MAX_FRAGMENTS, MAX_REPEATS, MAX_ROWS
from service.graphql.schema import SCHEMA
from service.settings import Settings

PAGE = "papers(first: 1) { nodes { %s } }"
NESTED = "papers(first: $n) { nodes { models { model { papers(first: $n) { nodes { title } } } } } }"


def read(text: str, variables: dict[str, Any] | None = None, **settings: Any) -> str | None:
    """The code a document is refused with, or None."""
    try:
        Documents(SCHEMA, Settings(**settings)).read(text, None, variables or {})
    except ApiError as error:
        return error.code
    return None


def nest(levels: int) -> str:
    """A document of 3 + 4 * levels levels of fields."""
    opened = "{ repos { repo { papers(first: 1) { nodes " * levels
    return "{ papers(first: 1) { nodes " + opened + "{ id }" + "} } } }" * levels + " } }"


def unfold(levels: int, field: str = "x") -> str:
    """Fragments of which each asks twice for the next under two aliases: 2 ** levels fields."""
    body = "repos {{ repo {{ papers {{ nodes {{ ...f{next} }} }} }} }}"
    fragments = [
        f"fragment f{i} on Paper {{ {field}: {body.format(next=i + 1)} y: {body.format(next=i + 1)} }}"
        for i in range(levels)
    ]
    return f"{{ papers {{ nodes {{ ...f0 }} }} }} {' '.join(fragments)} fragment f{levels} on Paper {{ title }}"


def spread_twice(levels: int) -> str:
    """Finding A of the reliability notes: each fragment spreads the next one twice."""
    fragments = [f"fragment f{i} on Paper {{ ...f{i + 1} ...f{i + 1} }}" for i in range(levels)]
    return f"{{ {PAGE % '...f0'} }} {' '.join(fragments)} fragment f{levels} on Paper {{ title }}"


HOSTILE = {
    "aliases": "{" + PAGE % " ".join(f"a{i}: title" for i in range(10_000)) + "}",
    "aliases within the tokens": "{" + PAGE % " ".join(f"a{i}: title" for i in range(600)) + "}",
    "depth": nest(1_000),
    "depth within the tokens": nest(40),
    "braces": "{ papers " * 5_000 + "}" * 5_000,
    "brackets": "{ papers(filter: { repo: " + "[" * 900 + "]" * 900 + "}) { nodes { id } } }",
    "directives": "{" + PAGE % ("title" + " @skip(if: false)" * 5_000) + "}",
    "the same field": "{" + PAGE % ("title " * 1_900) + "}",
    "the same object": "{" + " ".join([PAGE % "id title venue url"] * 120) + "}",
    "many fragments": "{"
    + PAGE % " ".join(f"...f{i}" for i in range(180))
    + "}"
    + " ".join(f"fragment f{i} on Paper {{ title }}" for i in range(180)),
    "fragments that unfold": unfold(40),
    "a fragment in itself": "{"
    + PAGE % "...f"
    + "} fragment f on Paper { repos { repo { papers { nodes { ...f } } } } }",
    "comments": "#\n" * 100_000 + "{" + PAGE % "title" + "}",
    "operations": " ".join(f"query q{i} {{ {PAGE % 'title'} }}" for i in range(300)),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_documents_are_refused_fast(what: str) -> None:
    started = time.process_time()
    code = read(HOSTILE[what])
    seconds = time.process_time() - started
    assert code == "document_too_complex"
    # 50 ms on an idle machine; processor time, since the tests may share theirs.
    assert seconds < 0.25


def test_fragments_spread_twice_are_read_as_once() -> None:
    started = time.process_time()
    assert read(spread_twice(40)) is None
    assert time.process_time() - started < 0.25


def test_a_document_of_spaces_is_read_fast() -> None:
    started = time.process_time()
    assert read(" " * 260_000 + "{" + PAGE % "title" + "}") is None
    assert time.process_time() - started < 0.5


def test_each_limit_is_where_it_says() -> None:
    assert read(nest(3)) is None and read(nest(4)) == "document_too_complex"
    assert read(nest(4), graphql_max_depth=19) is None
    assert read(nest(4), graphql_max_depth=18) == "document_too_complex"
    for count, code in ((30, None), (31, "document_too_complex")):
        assert read("{" + PAGE % " ".join(f"a{i}: title" for i in range(count)) + "}") == code
    for count, code in ((MAX_REPEATS, None), (MAX_REPEATS + 1, "document_too_complex")):
        assert read("{" + PAGE % ("title " * (count + 1)) + "}") == code
    for count, code in ((MAX_FRAGMENTS, None), (MAX_FRAGMENTS + 1, "document_too_complex")):
        chain = " ".join(f"fragment f{i} on Paper {{ ...f{i + 1} }}" for i in range(count - 1))
        assert read(f"{{ {PAGE % '...f0'} }} {chain} fragment f{count - 1} on Paper {{ title }}") == code
    assert read("{" + PAGE % "title" + "}", graphql_max_tokens=15) is None
    assert read("{" + PAGE % "title" + "}", graphql_max_tokens=12) == "document_too_complex"


@pytest.mark.parametrize(("first", "code"), [(10, None), (100, "document_too_complex")])
def test_rows_are_counted_by_the_page_sizes(first: int, code: str | None) -> None:
    assert 10 * 5 * 10 < MAX_ROWS < 100 * 5 * 100
    assert read("{" + NESTED.replace("$n", str(first)) + "}") == code
    assert read("query ($n: Int) {" + NESTED + "}", {"n": first}) == code
    assert read(f"query ($n: Int = {first}) {{ {NESTED} }}") == code
    # In a fragment and in an inline one.
    fragment = NESTED.replace("$n", str(first))
    assert read(f"{{ ...f }} fragment f on Query {{ ... on Query {{ {fragment} }} }}") == code


def test_fields_are_counted_by_the_objects_that_have_them() -> None:
    """Small documents with large answers: each of these kept the service busy for seconds."""
    mentions = " ".join(f"a{i}: models {{ slug mentions {{ surface start end }} }}" for i in range(29))
    assert read(f"{{ papers(first: 10) {{ nodes {{ {mentions} }} }} }}") is None
    assert read(f"{{ models(first: 90) {{ nodes {{ papers(first: 90) {{ nodes {{ id {mentions} }} }} }} }} }}") == (
        "document_too_complex"
    )
    types = " ".join(f"t{i}: types {{ ...T }}" for i in range(15))
    fields = " ".join(f"f{i}: fields {{ ...F }}" for i in range(15))
    introspection = (
        f"{{ __schema {{ {types} }} }} fragment T on __Type {{ {fields} }}"
        " fragment F on __Field { name description args { name type { name } } type { name ofType { name } } }"
    )
    assert read(introspection) == "document_too_complex"


def test_what_reads_many_papers_is_counted_each_time_it_is_asked_for() -> None:
    assert read("{ models(first: 24) { nodes { coMentioned { slug paperCount } } } }") is None
    assert read("{ models(first: 25) { nodes { coMentioned { slug paperCount } } } }") == "document_too_complex"
    assert read("{ repos(first: 24) { nodes { models { slug } } } }") is None
    assert read("{ repos(first: 25) { nodes { models { slug } } } }") == "document_too_complex"
    assert read("{ papers { nodes { models { model { coMentioned { slug } } } } } }") == "document_too_complex"
    # Each is ten models, and what is asked of these counts as often.
    papers = "papers(first: %d) { nodes { repos { repo { id } } models { model { id } } } }"
    assert read(f'{{ model(name: "a") {{ coMentioned {{ model {{ {papers % 80} }} }} }} }}') is None
    assert read(f'{{ model(name: "a") {{ coMentioned {{ model {{ {papers % 90} }} }} }} }}') == "document_too_complex"
    assert read('{ model(name: "a") { variants(first: 100) { variants(first: 100) { slug } } } }') == (
        "document_too_complex"
    )
    # Scalars and a page's facets cost what they did.
    assert read("{ models(first: 100) { nodes { aliases firstSeen variantCount } } }") is None


def test_a_kept_document_is_counted_again_with_other_variables() -> None:
    documents = Documents(SCHEMA, Settings())
    text = "query ($n: Int) {" + NESTED + "}"
    kept, _ = documents.read(text, None, {"n": 5})
    assert documents.read(text, None, {"n": 6})[0] is kept
    with pytest.raises(ApiError, match="More than 10,000 papers"):
        documents.read(text, None, {"n": 100})


def test_the_full_page_and_the_introspection_query_pass() -> None:
    every = """id title abstract authors published venue categories url pdfUrl license externalIds { scheme value }
        links { url kind field start end path } sources { source file line number loadedAt } createdAt updatedAt
        repos { url official evidence { sentence } repo { id paperCount } }
        models { slug role mentions { surface } model { id paperCount } }"""
    assert read(f"{{ papers(first: 100) {{ nodes {{ {every} }} }} }}") is None
    assert read(get_introspection_query()) is None
    assert read(get_introspection_query(), graphql_max_depth=3) is None
    assert INTROSPECTION_DEPTH > 15


def test_introspection_can_be_switched_off() -> None:
    assert read(get_introspection_query(), introspection=False) == "invalid_document"
    assert read('{ __type(name: "Paper") { name } }', introspection=False) == "invalid_document"
    assert read("{ __typename }", introspection=False) is None


def test_a_number_of_many_digits_is_invalid_and_python_is_not_quoted() -> None:
    with pytest.raises(InvalidDocument) as refused:
        Documents(SCHEMA, Settings()).read("{ papers(first: " + "1" * 5_000 + ") { nodes { id } } }", None, {})
    told = describe_document_errors(refused.value.errors, None)[0]["message"]
    assert told.startswith("Expected value of type 'Int'; found: 1111")


def test_wrong_documents_are_invalid() -> None:
    for text in ("", "{", "{ nothing }", "query { papers(q: 1) { total { value } } }", "fragment f on Paper { id }"):
        assert read(text) == "invalid_document", text
    for text in ("mutation { papers { total { value } } }", "subscription { papers { total { value } } }"):
        assert read(text) == "invalid_document", text
    assert read("query a { __typename } query b { __typename }") == "invalid_document"


def test_an_operation_is_chosen_by_name() -> None:
    documents = Documents(SCHEMA, Settings())
    text = "query a { __typename } query b { node(id: 1) { id } }"
    assert documents.read(text, "b", {})[1].name.value == "b"  # type: ignore[union-attr]
    with pytest.raises(ApiError) as refused:
        documents.read(text, "c", {})
    assert refused.value.code == "invalid_document"


def test_no_more_is_kept_than_there_is_room_for() -> None:
    documents = Documents(SCHEMA, Settings())
    first = "{ __typename } #" + "x" * 10_000
    kept, _ = documents.read(first, None, {})
    assert documents.read(first, None, {})[0] is kept
    for i in range(CACHE_CHARACTERS // 10_000 + 1):
        documents.read(first + str(i), None, {})
    assert documents.read(first, None, {})[0] is not kept
    # One that would push out all others is not kept at all.
    large = "{ __typename } #" + "x" * CACHE_CHARACTERS
    assert documents.read(large, None, {})[0] is not documents.read(large, None, {})[0]

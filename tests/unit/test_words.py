"""The query language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import BadRequest
from service.words import MAX_CHARACTERS, MAX_PARTS, MAX_WORDS, Term, parse_words


def test_words_phrases_exclusions_and_alternatives() -> None:
    assert parse_words('"graph neural" -survey bert OR roberta author:hinton title:"all you need"') == (
        (Term("graph neural", phrase=True),),
        (Term("survey", negated=True),),
        (Term("bert"), Term("roberta")),
        (Term("hinton", field="author"),),
        (Term("all you need", phrase=True, field="title"),),
    )


def test_other_signs_are_text() -> None:
    assert parse_words("state-of-the-art a:b (c) or GPT-4") == tuple(
        (Term(word),) for word in ("state-of-the-art", "a:b", "(c)", "or", "GPT-4")
    )


def test_lone_signs_mean_nothing() -> None:
    assert parse_words(' - "" ?! ') == ()


@pytest.mark.parametrize(
    ("query", "position"), [('a "b c', 2), ("OR b", 0), ("a OR", 2), ("a OR OR b", 5), ("a OR -b", 5), ("-a OR b", 6)]
)
def test_a_wrong_query_says_where(query: str, position: int) -> None:
    with pytest.raises(BadRequest) as caught:
        parse_words(query)
    assert (caught.value.code, caught.value.parameter, caught.value.position) == ("invalid_query", "q", position)
    assert caught.value.hint


def test_limits() -> None:
    assert len(parse_words("a " * MAX_WORDS)) == MAX_WORDS
    assert parse_words("x" * MAX_CHARACTERS)
    for query in ("a " * (MAX_WORDS + 1), "x" * (MAX_CHARACTERS + 1)):
        with pytest.raises(BadRequest):
            parse_words(query)


def test_signs_that_stand_for_many_words_have_a_limit_too() -> None:
    assert parse_words("a-" * MAX_PARTS)
    with pytest.raises(BadRequest) as caught:
        parse_words("\ufdfa" * MAX_PARTS)
    assert caught.value.code == "invalid_query"


@given(st.text(alphabet=st.sampled_from("ab -\":()!&|<>*\\'OR\n"), max_size=40))
def test_any_text_is_read_or_refused(query: str) -> None:
    try:
        clauses = parse_words(query)
    except BadRequest as error:
        assert error.position is not None and 0 <= error.position < len(query)
    else:
        assert all(clause for clause in clauses)

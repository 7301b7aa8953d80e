"""What can be suggested from, and what somebody has typed of a repository."""

import pytest

from service.errors import BadRequest
from service.queries.repos import split_prefix
from service.queries.suggest import SuggestRequest


@pytest.mark.parametrize(
    ("prefix", "position"),
    [("", None), (" ", 0), ("\t\n\u3000", 0), ("\u0301", 0), ("a\x00", 1), ("ab\ud800", 2), ("x" * 2001, 2000)],
)
def test_what_cannot_be_looked_for_is_refused(prefix: str, position: int | None) -> None:
    with pytest.raises(BadRequest) as refused:
        SuggestRequest(prefix)
    error = refused.value
    assert (error.parameter, error.position) == ("q", position)
    assert error.hint


@pytest.mark.parametrize("limit", [0, -1, 101])
def test_a_page_is_of_one_to_a_hundred(limit: int) -> None:
    with pytest.raises(BadRequest) as refused:
        SuggestRequest("a", limit)
    assert refused.value.parameter == "limit"


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("openai", (None, "openai")),
        (" OpenAI/Cl ", (None, "openai/cl")),
        ("openai/", (None, "openai/")),
        ("https://www.github.com/OpenAI/cl", ("github.com", "openai/cl")),
        ("http://gitlab.com/", ("gitlab.com", "")),
        ("github.com", ("github.com", "")),
        ("github.com/openai/clip.git", ("github.com", "openai/clip")),
        ("git@github.com:openai/clip", ("github.com", "openai/clip")),
        ("https://github.com/openai/clip/tree/main/x", ("github.com", "openai/clip")),
        ("https://example.org/a/b", (None, "example.org/a/b")),
        ("", (None, "")),
    ],
)
def test_what_is_typed_of_a_repository(typed: str, expected: tuple[str | None, str]) -> None:
    assert split_prefix(typed) == expected

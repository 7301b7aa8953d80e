"""SearchRequest and Cursor."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import BadRequest
from service.papers import Cursor, PaperFilter, SearchRequest, Sort, read_period


def test_the_order_follows_from_the_query() -> None:
    assert SearchRequest().order is Sort.NEWEST
    assert SearchRequest(query=" ").order is Sort.NEWEST
    assert SearchRequest(query="bert").order is Sort.RELEVANCE
    assert SearchRequest(query="bert", sort=Sort.TITLE).order is Sort.TITLE
    with pytest.raises(BadRequest):
        SearchRequest(sort=Sort.RELEVANCE)


def test_a_cursor_is_bound_to_what_it_continues() -> None:
    one = SearchRequest(query="bert", limit=5)
    assert one.fingerprint == SearchRequest(query="bert ", limit=50, sort=Sort.RELEVANCE).fingerprint
    assert one.fingerprint != SearchRequest(query="gpt").fingerprint
    assert one.fingerprint != SearchRequest(query="bert", sort=Sort.TITLE).fingerprint
    assert one.fingerprint != SearchRequest(query="bert", filter=PaperFilter(has_repo=True)).fingerprint


@pytest.mark.parametrize("limit", [0, -1, 101])
def test_limits_beyond_the_bounds_are_refused(limit: int) -> None:
    with pytest.raises(BadRequest) as caught:
        SearchRequest(limit=limit)
    assert caught.value.parameter == "limit"


def test_periods() -> None:
    assert [day.isoformat() for day in read_period("2024", "since")] == ["2024-01-01", "2024-12-31"]
    assert [day.isoformat() for day in read_period("2024-02", "since")] == ["2024-02-01", "2024-02-29"]
    assert [day.isoformat() for day in read_period("2024-02-29", "since")] == ["2024-02-29", "2024-02-29"]


@pytest.mark.parametrize(
    "text", ["", "24", "2024-13", "2023-02-29", "2024-1", "0000", "2024-00", "２０２４", "2024-05-17T00"]
)
def test_what_is_no_period(text: str) -> None:
    with pytest.raises(BadRequest) as caught:
        PaperFilter(since=text)
    assert caught.value.parameter == "since"


def test_since_after_until_is_refused() -> None:
    PaperFilter(since="2024-05", until="2024")
    with pytest.raises(BadRequest):
        PaperFilter(since="2025", until="2024")


@given(st.floats(allow_nan=False), st.integers(min_value=0, max_value=(1 << 63) - 1))
def test_cursors_survive_their_spelling(score: float, number: int) -> None:
    cursor = Cursor("f", (score, number))
    assert Cursor.decode(cursor.encode(), "f", (float, int)) == cursor


def test_a_foreign_cursor_says_so() -> None:
    text = Cursor("f", ("a", 1)).encode()
    with pytest.raises(BadRequest, match="another request") as caught:
        Cursor.decode(text, "g", (str, int))
    assert caught.value.code == "invalid_cursor"


def test_every_damaged_cursor_is_refused() -> None:
    text = Cursor("f", ("a", 1)).encode()
    damaged = [
        text[:-1],
        text + "A",
        "",
        "!",
        "é",
        "A" * 5000,
        base64.urlsafe_b64encode(json.dumps([]).encode()).decode(),
    ]
    damaged += [text[:i] + ("A" if text[i] != "A" else "B") + text[i + 1 :] for i in range(len(text) - 1)]
    for wrong in damaged:
        with pytest.raises(BadRequest) as caught:
            Cursor.decode(wrong, "f", (str, int))
        assert caught.value.code == "invalid_cursor"


@pytest.mark.parametrize("keys", [(), ("a",), ("a", "b"), (1, 1), ("a", 1, 1), ("a", True), (None, 1)])
def test_a_cursor_with_other_keys_is_refused(keys: tuple[str | int | None, ...]) -> None:
    with pytest.raises(BadRequest):
        Cursor.decode(Cursor("f", keys).encode(), "f", (str, int))

"""A Hugging Face papers page saved as HTML."""

import html
import io
import json
from pathlib import Path
from typing import Any

import pytest

from service.ingest.formats import FORMATS, FormatError, read_records
from service.ingest.formats.content import open_content
from service.ingest.formats.limits import DEFAULT_LIMITS, Limits
from service.ingest.record import Found, Reject, Skipped


def item(number: int, **members: object) -> dict[str, Any]:
    return {
        "paper": {
            "id": f"2401.{number:05}",
            "title": f"A <Title> & “Quotes” {number}",
            "summary": f"We study\nthings {number}.",
            "authors": [{"name": "Ada Lovelace", "hidden": False}, {"name": "Alan Turing"}],
            "publishedAt": "2024-01-05T10:00:00.000Z",
            "upvotes": 3,
            "githubRepo": f"https://github.com/o/n{number}",
            "githubRepoAddedBy": "user",
            **members,
        },
        "publishedAt": "2024-01-06T00:00:00.000Z",
        "title": f"A <Title> & “Quotes” {number}",
        "numComments": 2,
    }


def page(props: object, body: str = "", *, head: str = "<title>Daily Papers - Hugging Face</title>") -> bytes:
    text = props if isinstance(props, str) else json.dumps(props)
    return (
        f'<!doctype html>\n<html class="">\n<head>{head}</head><body>'
        '<div class="SVELTE_HYDRATER contents" data-target="MainHeader" data-props="{&quot;a&quot;:null}"></div>'
        '<div class="SVELTE_HYDRATER contents" data-target="DailyPapers" '
        f'data-props="{html.escape(text)}">{body}</div>'
        "</body></html>"
    ).encode()


def heading(href: str, title: str) -> str:
    return f'<article><a href="{href}"><img></a><h3 class="mb-1">\n<a href="{href}">\n {title} </a></h3></article>'


def read(data: bytes, limits: Limits = DEFAULT_LIMITS, format: str | None = None) -> list[Found | Reject | Skipped]:
    return list(read_records(io.BytesIO(data), "page.html", format, limits=limits))


def test_the_embedded_papers_are_read_as_the_api_gives_them() -> None:
    items = [item(n) for n in range(1, 51)]
    data = page({"dailyPapers": items, "date": "2024-01-06"}, heading("/papers/2401.00001", "A Title"))
    api = list(read_records(io.BytesIO(json.dumps(items).encode()), "page.json"))
    found = read(data)
    assert len(found) == 50
    assert [f.record for f in found if isinstance(f, Found)] == [f.record for f in api if isinstance(f, Found)]
    first = found[0]
    assert isinstance(first, Found)
    assert first.record.title == "A <Title> & “Quotes” 1"
    assert first.record.external_ids == {"arxiv": "2401.00001"}
    assert (first.place.line, first.place.number) == (None, 1)


@pytest.mark.parametrize(
    "props",
    [
        {"papers": [item(1)], "query": "x"},
        {"searchResults": {"papers": [item(1)["paper"]]}},
        {"paper": item(1)["paper"], "comments": []},
    ],
)
def test_other_pages_carry_them_elsewhere(props: object) -> None:
    (found,) = read(page(props))
    assert isinstance(found, Found)
    assert found.record.external_ids == {"arxiv": "2401.00001"}


def test_without_data_the_headings_are_read() -> None:
    body = (
        heading("/papers/2401.00001", "One &amp; <b>only</b>")
        + heading("https://huggingface.co/papers/2401.00002?x=1", "Two")
        + heading("https://web.archive.org/web/2024/https://huggingface.co/papers/2401.00003", "Three")
        + heading("/papers/2401.00001", "One again")
        + heading("/datasets/x", "No paper")
        + heading("/papers/2401.00004", " ")
    )
    found = read(page({}, body))
    assert [(f.record.title, f.record.external_ids["arxiv"]) for f in found if isinstance(f, Found)] == [
        ("One & only", "2401.00001"),
        ("Two", "2401.00002"),
        ("Three", "2401.00003"),
    ]


def test_data_that_is_broken_is_told_and_the_headings_read() -> None:
    found = read(page('{"dailyPapers": [', heading("/papers/2401.00001", "One")))
    assert [type(f) for f in found] == [Reject, Found]
    assert isinstance(found[0], Reject)
    assert found[0].reason.startswith("the page's embedded data cannot be read: not JSON")


def test_a_spoilt_paper_costs_no_other() -> None:
    props = {"dailyPapers": [item(1, title="x" * 3000), item(2, summary="a\0b"), item(3)]}
    found = read(page(props))
    assert [type(f) for f in found] == [Reject, Reject, Found]


def test_a_page_that_is_too_long_or_empty_is_refused() -> None:
    with pytest.raises(FormatError, match="more than 20,000 bytes"):
        read(page({"dailyPapers": [item(n) for n in range(200)]}), limits=Limits(entry=10_000))
    with pytest.raises(FormatError, match="has no papers"):
        read(page({}))
    with pytest.raises(FormatError):
        read(b"<!doctype html><html><body><h3><a href='/x'>Other page</a></h3></body></html>")
    with pytest.raises(FormatError, match="has no papers"):
        read(b"any text", format="daily_papers_html")


def test_a_long_head_before_the_papers() -> None:
    # As SingleFile saves it, with all styles inside.
    saved = b"<!DOCTYPE html> <html><!--\n Page saved with SingleFile \n url: https://huggingface.co/papers -->"
    data = saved + page({"dailyPapers": [item(1)]}, head=f"<style>{'a{}' * 100_000}</style>").partition(b"<html")[2]
    assert len(read(data)) == 1


def test_no_other_format_is_taken_for_it(shared_dir: Path) -> None:
    recognise = FORMATS["daily_papers_html"].recognise
    paths = [path for path in sorted((shared_dir / "data" / "formats").rglob("*.*")) if path.is_file()]
    assert len(paths) > 10
    taken = [path.name for path in paths if recognise(open_content(io.BytesIO(path.read_bytes())).head)]
    assert taken == []

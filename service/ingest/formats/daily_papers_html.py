"""A Hugging Face papers page saved as HTML: the Daily Papers of a day, a search, one paper.

The page carries what it was drawn from as JSON, in attributes named data-props; without that, its headings still have
titles and ids.
"""

import re
from collections.abc import Iterator
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from service.ingest.formats import hf_papers
from service.ingest.formats.content import Content, Head
from service.ingest.formats.json_values import parse
from service.ingest.formats.text import FormatError
from service.ingest.record import Found, Place, RecordError, Reject, Skipped, check_record

NAME = "daily_papers_html"
# The same records as that of the API.
SOURCE = hf_papers.SOURCE
RANK = 30

_HTML = re.compile(rb"\s*(<!--.{0,2000}?-->\s*)*<(!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL)
_SIGNS = re.compile(rb"huggingface\.co|//hf\.co|Daily Papers|[\"'](https://huggingface\.co)?/papers/[\"'\d]")
_PAPER = re.compile(r"(?:^|//(?:huggingface|hf)\.co)/papers/([^/?#\s]+)/?(?:[?#].*)?$")
# Levels of an attribute's value down to a paper.
_DEPTH = 6


def recognise(head: Head) -> bool:
    """An HTML page that names Hugging Face or its papers."""
    beginning = head.bytes.removeprefix(b"\xef\xbb\xbf")
    return _HTML.match(beginning) is not None and _SIGNS.search(beginning) is not None


def read(content: Content, file: str, source: str) -> Iterator[Found | Reject | Skipped]:
    page = content.utf8.read(content.limits.entry + 1)
    if len(page) > content.limits.entry:
        raise FormatError(f"The page has more than {content.limits.entry:,} bytes.")
    tree = LexborHTMLParser(page.decode("utf-8", "replace"))
    number = 0
    seen: set[str] = set()
    for entry in _find_papers(tree):
        if isinstance(entry, str):
            yield Reject(Place(file, None, 0), f"the page's embedded data cannot be read: {entry}")
            continue
        number += 1
        place = Place(file, None, number)
        try:
            record = hf_papers.convert(entry)
            check_record(record)
        except RecordError as error:
            yield Reject(place, error.reason, error.hint)
        else:
            seen.update(record.external_ids.values())
            yield Found(record, source, place)
    for paper_id, title in _find_headings(tree):
        if paper_id not in seen:
            seen.add(paper_id)
            number += 1
            place = Place(file, None, number)
            try:
                record = hf_papers.convert({"id": paper_id, "title": title})
                check_record(record)
            except RecordError as error:
                yield Reject(place, error.reason, error.hint)
            else:
                yield Found(record, source, place)
    if number == 0:
        raise FormatError("The page has no papers: neither embedded data nor headings that lead to /papers/….")


def _find_papers(tree: LexborHTMLParser) -> Iterator[dict[str, Any] | str]:
    """The papers that the page carries as data, each once; text says why some data cannot be read."""
    seen: set[str] = set()
    for node in tree.css("[data-props]"):
        value, problem = parse((node.attributes.get("data-props") or "").encode("utf-8", "surrogatepass"))
        if problem:
            yield problem
        for entry in _pick_papers(value, 0):
            inner = entry.get("paper")
            key = str((inner if isinstance(inner, dict) else entry).get("id"))
            if key not in seen:
                seen.add(key)
                yield entry


def _pick_papers(value: object, depth: int) -> Iterator[dict[str, Any]]:
    if depth > _DEPTH:
        return
    if isinstance(value, dict):
        if hf_papers.is_paper(value):
            yield value
        else:
            for inner in value.values():
                yield from _pick_papers(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _pick_papers(inner, depth + 1)


def _find_headings(tree: LexborHTMLParser) -> Iterator[tuple[str, str]]:
    """Id and title of each heading that leads to a paper."""
    for node in tree.css("h3 a[href]"):
        found = _PAPER.search(node.attributes.get("href") or "")
        title = " ".join(node.text().split())
        if found and title:
            yield found[1], title

"""A Hugging Face papers page saved as HTML: the Daily Papers of a day, a search, one paper.

The page carries what it was drawn from as JSON, in attributes named data-props; without that, its headings still have
titles and ids.
"""

import re
from collections.abc import Iterator
from functools import partial
from itertools import chain

from selectolax.lexbor import LexborHTMLParser

from service.ingest.formats import hf_papers
from service.ingest.formats.building import build_found
from service.ingest.formats.content import Content, Head
from service.ingest.formats.fields import Json, read_dict
from service.ingest.formats.json_values import parse
from service.ingest.formats.text import FormatError
from service.ingest.record import Found, Place, Reject, Skipped

NAME = "daily_papers_html"
# The same records as that of the API.
SOURCE = hf_papers.SOURCE
RANK = 30

_HTML = re.compile(rb"\s*(<!--.{0,2000}?-->\s*)*<(!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL)
_SIGNS = re.compile(rb"huggingface\.co|//hf\.co|Daily Papers|[\"'](https://huggingface\.co)?/papers/[\"'\d]")
_PAPER = re.compile(r"(?:^|//(?:huggingface|hf)\.co)/papers/([^/?#\s]+)/?(?:[?#].*)?$")
_IMAGE = re.compile(rb"data:(?:image|font)/[^\s\"')<>]{100,}")
_MAX_TAGS = 300_000
# Levels of an attribute's value down to a paper.
_DEPTH = 6


def recognise(head: Head) -> bool:
    """An HTML page that names Hugging Face or its papers."""
    beginning = head.bytes.removeprefix(b"\xef\xbb\xbf")
    return _HTML.match(beginning) is not None and _SIGNS.search(beginning) is not None


def read(content: Content, file: str, source: str) -> Iterator[Found | Reject | Skipped]:
    tree = LexborHTMLParser(_read_page(content))
    number = 0
    seen: set[str] = set()
    for entry in chain(_find_papers(tree), _find_headings(tree)):
        if isinstance(entry, str):
            yield Reject(Place(file, None, 0), f"the page's embedded data cannot be read: {entry}")
            continue
        key = str(read_dict(entry.get("paper")).get("id") or entry.get("id"))
        if key in seen:
            continue
        seen.add(key)
        number += 1
        yield build_found(Place(file, None, number), source, partial(hf_papers.convert, entry))
    if number == 0:
        raise FormatError("The page has no papers: neither embedded data nor headings that lead to /papers/….")


def _read_page(content: Content) -> bytes:
    """In UTF-8, without the images that some browsers save inside."""
    stream, most = content.utf8, 2 * content.limits.entry
    page = stream.read(most + 1)
    if len(page) > most:
        raise FormatError(f"The page has more than {most:,} bytes.")
    if page.count(b"<") > _MAX_TAGS:
        raise FormatError(f"The page has more than {_MAX_TAGS:,} tags.")
    return _IMAGE.sub(b"", page)


def _find_papers(tree: LexborHTMLParser) -> Iterator[Json | str]:
    """The papers that the page carries as data; text says why some data cannot be read."""
    for node in tree.css("[data-props]"):
        value, problem = parse((node.attributes.get("data-props") or "").encode("utf-8", "surrogatepass"))
        if problem:
            yield problem
        yield from _pick_papers(value, 0)


def _pick_papers(value: object, depth: int) -> Iterator[Json]:
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


def _find_headings(tree: LexborHTMLParser) -> Iterator[Json]:
    """Id and title of each heading that leads to a paper."""
    for node in tree.css("h3 a[href]"):
        found = _PAPER.search(node.attributes.get("href") or "")
        title = " ".join(node.text().split())
        if found and title:
            yield {"id": found[1], "title": title}

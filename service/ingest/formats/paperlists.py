"""Lists of a conference's papers as papercopilot/paperlists has them: one list in a file named cvpr2024.json."""

import html
import re
from collections.abc import Iterator
from functools import partial

from service.ingest.formats.content import Content, Head
from service.ingest.formats.fields import (
    Json,
    first_of,
    read_address,
    read_address_ids,
    read_addresses,
    read_ids,
    read_line,
    read_text,
    read_texts,
)
from service.ingest.formats.json_records import find_entries, read_converted
from service.ingest.record import Found, Record, Reject, Skipped
from service.names import parse_repo

NAME = "paperlists"
SOURCE = "paperlists"
RANK = 30

_TELLING = frozenset("authorids aff openreview track status site oa project github primary_area gs_citation".split())
_FILE = re.compile(r"(?:.*[/\\])?([a-z0-9]*[a-z])[-_]?((?:19|20)\d\d)(?!\d)", re.IGNORECASE)
_SPELLED = {"automl": "AutoML", "corl": "CoRL", "interspeech": "Interspeech", "neurips": "NeurIPS", "nips": "NeurIPS"}
_NO_CONFERENCE = frozenset(
    "accepted conference conferences data list page paper paperlist paperlists papers sample".split()
)
# A submission that the conference did not take.
_NOT_TAKEN = re.compile(r"reject|withdr|desk|active|submitted", re.IGNORECASE)
_OPENREVIEW = re.compile(r"https?://openreview\.net/(?:forum|pdf|attachment|notes)?\?(?:[^#]*&)?id=([\w-]+)")


def recognise(head: Head) -> bool:
    _, entries = find_entries(head)
    return any(
        "title" in entry and isinstance(entry.get("author"), str) and len(_TELLING & entry.keys()) > 1
        for entry in entries
    )


def read(content: Content, file: str, source: str) -> Iterator[Found | Reject | Skipped]:
    yield from read_converted(content, file, source, partial(convert, file=file))


def convert(entry: Json, file: str = "") -> Record:
    """file: its name says which conference this is, and when."""
    name = _FILE.match(file)
    if name and (name[1].lower() in _NO_CONFERENCE or _NOT_TAKEN.search(read_line(entry.get("status")))):
        name = None
    # Of several, as "https://github.com/a/b; https://github.com/c/d".
    code = [part.rstrip(".") for part in re.split(r"[;,\s]+", read_text(entry.get("github"))) if part]
    repos = [address for address in code if parse_repo(address)]
    addresses = [entry.get(member) for member in ("site", "openreview", "oa", "pdf")]
    # At OpenReview and in the ACL Anthology `id` is what the address says too.
    found = read_address_ids(addresses)
    review = next((m[1] for text in map(read_line, addresses) if (m := _OPENREVIEW.match(text))), None)
    return Record(
        title=html.unescape(read_line(entry.get("title"))),
        abstract=html.unescape(read_text(entry.get("abstract"))),
        authors=_split_authors(read_line(first_of(entry, "author", "authors"))),
        published=name[2] if name else None,
        venue=f"{_SPELLED.get(name[1].lower(), name[1].upper())} {name[2]}" if name else None,
        categories=tuple(read_texts(entry.get("primary_area"))),
        url=next(iter(read_addresses(*addresses[:3])), None),
        pdf_url=read_address(entry.get("pdf")),
        urls=read_addresses(entry.get("project"), *(address for address in code if address not in repos)),
        external_ids={
            **found,
            **read_ids({"arxiv": entry.get("arxiv"), "doi": entry.get("doi"), "openreview": review}),
        },
        repos=tuple(dict.fromkeys(repos)),
    )


def _split_authors(text: str) -> tuple[str, ...]:
    """ "A;B", or "A, B" where there is no semicolon. Marks of equal contribution go."""
    parts = (html.unescape(part).strip(" *†‡") for part in re.split(";" if ";" in text else ",", text))
    return tuple(filter(None, map(read_line, parts)))

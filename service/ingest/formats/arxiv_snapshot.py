"""The arXiv metadata snapshot: an object a line, as in arxiv-metadata-oai-snapshot.json."""

import re
from collections.abc import Iterator

from service.ingest.formats.arxiv_comments import read_comment
from service.ingest.formats.content import Content, Head
from service.ingest.formats.fields import (
    Json,
    read_arxiv_month,
    read_date,
    read_dicts,
    read_ids,
    read_line,
    refine_date,
    unwrap,
)
from service.ingest.formats.json_records import find_entries, read_converted
from service.ingest.record import Found, Record, Reject, Skipped

NAME = "arxiv_snapshot"
SOURCE = "arxiv"
RANK = 20

_TELLING = frozenset({"authors_parsed", "versions", "submitter", "journal-ref", "report-no", "update_date"})


def recognise(head: Head) -> bool:
    _, entries = find_entries(head.json)
    return any({"id", "title", "abstract"} <= entry.keys() and _TELLING & entry.keys() for entry in entries)


def read(content: Content, file: str, source: str) -> Iterator[Found | Reject | Skipped]:
    yield from read_converted(content, file, source, convert)


def convert(entry: Json) -> Record:
    number = read_line(entry.get("id"))
    versions = read_dicts(entry.get("versions"))
    urls, repos = read_comment(read_line(entry.get("comments")))
    categories = entry.get("categories")
    return Record(
        title=read_line(entry.get("title")),
        abstract=unwrap(entry.get("abstract")),
        authors=_read_authors(entry),
        published=refine_date(*(read_date(version.get("created")) for version in versions[:1]))
        or read_arxiv_month(number),
        venue=read_line(entry.get("journal-ref")) or None,
        # A text in the snapshot, a list in copies of it.
        categories=tuple(
            dict.fromkeys(
                " ".join(map(read_line, categories)).split()
                if isinstance(categories, list)
                else read_line(categories).split()
            )
        ),
        url=f"https://arxiv.org/abs/{number}" if number else None,
        pdf_url=f"https://arxiv.org/pdf/{number}" if number else None,
        license=read_line(entry.get("license")) or None,
        urls=urls,
        external_ids=read_ids({"arxiv": number, "doi": entry.get("doi")}),
        repos=repos,
    )


def _read_authors(entry: Json) -> tuple[str, ...]:
    """authors_parsed has accents as characters ([["Balázs", "C.", "", "Michigan State"]]); authors, as TeX, is one
    text with the affiliations in brackets."""
    parsed = entry.get("authors_parsed")
    if isinstance(parsed, list) and parsed:
        names = [
            " ".join(filter(None, map(read_line, [*author[1:2], *author[:1], *author[2:3]])))
            for author in parsed
            if isinstance(author, list)
        ]
        return tuple(filter(None, names))
    given = entry.get("authors")
    if isinstance(given, list):
        return tuple(filter(None, map(read_line, given)))
    return split_authors(read_line(given))


def split_authors(text: str) -> tuple[str, ...]:
    """The names of "A. Bee (1), C. Dee (2) and E. Eff ((1) Here, (2) There)"."""
    before = None
    while before != text:
        before, text = text, re.sub(r"\s*\([^()]*\)", "", text)
    return tuple(filter(None, map(read_line, re.split(r",\s*(?:and\s+)?|\s+and\s+", text))))

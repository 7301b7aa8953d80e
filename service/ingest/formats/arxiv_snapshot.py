"""The arXiv metadata snapshot: an object a line, as in arxiv-metadata-oai-snapshot.json."""

from collections.abc import Iterator

from service.ingest.formats.arxiv_comments import read_comment
from service.ingest.formats.arxiv_fields import (
    address_of,
    find_arxiv_id,
    pdf_address_of,
    read_categories,
    read_dois,
    read_journal,
    split_authors,
)
from service.ingest.formats.content import Content, Head
from service.ingest.formats.fields import (
    Json,
    read_arxiv_month,
    read_date,
    read_dicts,
    read_ids,
    read_line,
    read_people,
    read_texts,
    unwrap,
)
from service.ingest.formats.json_records import find_entries, read_converted
from service.ingest.record import Found, Record, Reject, Skipped

NAME = "arxiv_snapshot"
SOURCE = "arxiv"
RANK = 20

_TELLING = frozenset({"authors_parsed", "versions", "submitter", "journal-ref", "report-no", "update_date"})


def recognise(head: Head) -> bool:
    _, entries = find_entries(head)
    return any({"id", "title", "abstract"} <= entry.keys() and _TELLING & entry.keys() for entry in entries)


def read(content: Content, file: str, source: str) -> Iterator[Found | Reject | Skipped]:
    yield from read_converted(content, file, source, convert)


def convert(entry: Json) -> Record:
    number = find_arxiv_id(read_line(entry.get("id")))
    dois = read_dois(read_line(entry.get("doi")))
    urls, repos = read_comment(read_line(entry.get("comments")))
    first = next((read_date(version.get("created")) for version in read_dicts(entry.get("versions"))), None)
    return Record(
        title=read_line(entry.get("title")),
        abstract=unwrap(entry.get("abstract")),
        authors=_read_authors(entry),
        published=first or read_arxiv_month(number or ""),
        venue=read_journal(read_line(entry.get("journal-ref"))),
        # A text in the snapshot, a list in copies of it.
        categories=read_categories(*read_texts(entry.get("categories"))),
        url=address_of(number) if number else None,
        pdf_url=pdf_address_of(number) if number else None,
        license=read_line(entry.get("license")) or None,
        urls=(*urls, *(f"https://doi.org/{doi}" for doi in dois[1:])),
        external_ids=read_ids({"arxiv": number, "doi": dois[0] if dois else None}),
        repos=repos,
    )


def _read_authors(entry: Json) -> tuple[str, ...]:
    """authors_parsed has accents as characters ([["Balázs", "C.", "", "Michigan State"]]); authors, as TeX, is one
    text with the affiliations in brackets."""
    parsed = entry.get("authors_parsed")
    if isinstance(parsed, list):
        parts = [author for author in parsed if isinstance(author, list)]
        names = (" ".join(filter(None, map(read_line, [*a[1:2], *a[:1], *a[2:3]]))) for a in parts)
        if found := tuple(filter(None, names)):
            return found
    given = entry.get("authors")
    return read_people(given) if isinstance(given, list) else split_authors(read_line(given))

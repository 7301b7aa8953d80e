"""Daily archives of arXiv: an object a line with id, abs, pdf, title, authors[], categories[], comment, summary."""

from collections.abc import Iterator

from service.ingest.formats.arxiv_comments import read_comment
from service.ingest.formats.arxiv_fields import read_categories
from service.ingest.formats.content import Content, Head
from service.ingest.formats.fields import (
    Json,
    first_of,
    read_address,
    read_arxiv_month,
    read_date,
    read_ids,
    read_line,
    read_people,
    read_texts,
    unwrap,
)
from service.ingest.formats.json_records import find_entries, read_converted
from service.ingest.record import Found, Record, Reject, Skipped

NAME = "arxiv_daily"
# Not that of the snapshot and the API, whose records have the day and the DOI: these would take their place.
SOURCE = "arxiv-daily"
RANK = 20


def recognise(head: Head) -> bool:
    _, entries = find_entries(head)
    return any(
        {"id", "title"} <= entry.keys() and {"abs", "pdf"} & entry.keys() and {"summary", "categories"} & entry.keys()
        for entry in entries
    )


def read(content: Content, file: str, source: str) -> Iterator[Found | Reject | Skipped]:
    yield from read_converted(content, file, source, convert)


def convert(entry: Json) -> Record:
    number = read_line(entry.get("id"))
    urls, repos = read_comment(read_line(first_of(entry, "comment", "comments")))
    # An id names the month it was given in.
    published = read_date(first_of(entry, "published", "date")) or read_arxiv_month(number)
    return Record(
        title=read_line(entry.get("title")),
        abstract=unwrap(first_of(entry, "summary", "abstract")),
        authors=read_people(entry.get("authors")),
        published=published,
        categories=read_categories(*read_texts(entry.get("categories"))),
        url=read_address(entry.get("abs")),
        pdf_url=read_address(entry.get("pdf")),
        urls=urls,
        external_ids=read_ids({"arxiv": number}),
        repos=repos,
    )

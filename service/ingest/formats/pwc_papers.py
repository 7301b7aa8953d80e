"""Papers with Code, papers-with-abstracts.json: one list, the papers with their abstracts and tasks."""

import re
from collections.abc import Iterator

from service.ingest.formats.content import Content, Head
from service.ingest.formats.fields import (
    Json,
    first_of,
    read_address,
    read_date,
    read_ids,
    read_line,
    read_people,
    read_texts,
    unwrap,
)
from service.ingest.formats.json_records import find_entries, read_converted
from service.ingest.record import Found, Record, Reject, Skipped

NAME = "pwc_papers"
SOURCE = "paperswithcode"
RANK = 20

_TELLING = frozenset({"url_abs", "url_pdf", "short_abstract", "proceeding", "conference_url_abs", "reproduces_paper"})


def recognise(head: Head) -> bool:
    _, entries = find_entries(head)
    return any({"paper_url", "title"} <= entry.keys() and _TELLING & entry.keys() for entry in entries)


def read(content: Content, file: str, source: str) -> Iterator[Found | Reject | Skipped]:
    yield from read_converted(content, file, source, convert)


def convert(entry: Json) -> Record:
    return Record(
        title=read_line(entry.get("title")),
        abstract=unwrap(first_of(entry, "abstract", "short_abstract")),
        authors=read_people(entry.get("authors")),
        published=read_date(entry.get("date")),
        # "CVPR 2020 6" is that of June.
        venue=re.sub(r"(?<=\b\d{4}) \d{1,2}$", "", read_line(entry.get("proceeding"))) or None,
        categories=tuple(read_texts(entry.get("tasks"))),
        url=read_address(first_of(entry, "url_abs", "conference_url_abs")),
        pdf_url=read_address(first_of(entry, "url_pdf", "conference_url_pdf")),
        external_ids=read_ids(
            {
                "arxiv": entry.get("arxiv_id"),
                "openreview": entry.get("openreview_id"),
                "nips": entry.get("nips_id"),
                "paperswithcode": read_slug(entry.get("paper_url")),
            }
        ),
    )


def read_slug(address: object) -> str:
    """What Papers with Code calls a paper: the end of https://paperswithcode.com/paper/attention-is-all-you-need."""
    match = re.search(r"/paper/([^/?#]+)", read_line(address))
    return match[1] if match else ""

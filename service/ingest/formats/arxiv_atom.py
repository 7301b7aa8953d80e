"""arXiv's Atom: what its API answers (https://info.arxiv.org/help/api/user-manual.html) and its daily feeds."""

import re
from collections.abc import Iterator
from functools import partial
from xml.etree.ElementTree import Element

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
from service.ingest.formats.building import build_found
from service.ingest.formats.content import Content, Head
from service.ingest.formats.fields import read_arxiv_month, read_date
from service.ingest.formats.xml_items import read_elements
from service.ingest.formats.xml_text import find, find_all, read_text, read_texts
from service.ingest.record import Found, Record, Reject, Skipped

NAME = "arxiv_atom"
SOURCE = "arxiv"
RANK = 10

_ATOM = "http://www.w3.org/2005/Atom"

# The daily feeds put this before the abstract.
_ANNOUNCEMENT = re.compile(r"^arXiv:\S+\s+Announce Type:\s*\S+\s+(?:Abstract:\s*)?", re.IGNORECASE)


def recognise(head: Head) -> bool:
    return (
        head.xml is not None
        and head.xml.root == "feed"
        and _ATOM in head.xml.namespaces
        and any("arxiv" in line.lower() for line in head.lines)
    )


def read(content: Content, file: str, source: str) -> Iterator[Found | Reject | Skipped]:
    for item in read_elements(content, "entry"):
        if item.problem:
            yield item.reject(file)
            continue
        place = item.place(file)
        error = read_error(item.element)
        if error is not None:
            yield Reject(place, f"arXiv answers with an error: {error}", "this is no paper: ask arXiv again")
            continue
        yield build_found(place, source, partial(convert, item.element))


def convert(entry: Element) -> Record:
    """An entry of a feed. The record has no title where the entry has none."""
    arxiv_id = find_arxiv_id(read_text(find(entry, "id")))
    dois = read_dois(" ".join(read_texts(entry, "doi") + read_texts(entry, "DOI")))
    authors = read_texts(entry, "author", "name")
    # The daily feeds have one string of all names.
    authors = authors or [name for text in read_texts(entry, "creator") for name in split_authors(text)]
    terms = [
        category.get("term", "") for name in ("primary_category", "category") for category in find_all(entry, name)
    ]
    journal = read_text(find(entry, "journal_ref")) or read_text(find(entry, "journal_reference"))
    urls, repos = read_comment(read_text(find(entry, "comment")))
    ids = {"arxiv": arxiv_id} if arxiv_id else {}
    return Record(
        title=read_text(find(entry, "title")),
        abstract=_ANNOUNCEMENT.sub("", read_text(find(entry, "summary"))),
        authors=tuple(authors),
        published=read_date(read_text(find(entry, "published"))) or read_arxiv_month(arxiv_id or ""),
        venue=read_journal(journal),
        categories=read_categories(*terms),
        url=address_of(arxiv_id) if arxiv_id else None,
        pdf_url=pdf_address_of(arxiv_id) if arxiv_id else None,
        license=read_text(find(entry, "rights")) or None,
        urls=(*urls, *(f"https://doi.org/{doi}" for doi in dois[1:])),
        external_ids=ids | ({"doi": dois[0]} if dois else {}),
        repos=repos,
    )


def read_error(entry: Element) -> str | None:
    """What arXiv says is wrong with the request: it answers with an entry titled "Error". None for a paper."""
    named = read_text(find(entry, "id"))
    if read_text(find(entry, "title")) != "Error" or find_arxiv_id(named):
        return None
    return read_text(find(entry, "summary")) or named.rpartition("#")[2] or "no reason is given"

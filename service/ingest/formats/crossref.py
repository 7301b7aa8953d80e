"""Crossref works: an answer of the REST API ({message}, {message: {items[]}}), {items[]}, a list, or an object a line.

CSL JSON, which DOI resolvers give, has the same members with plain texts for lists.
"""

from collections.abc import Iterator

from service.ingest.formats.content import Content, Head
from service.ingest.formats.fields import (
    Json,
    first_of,
    read_address,
    read_date,
    read_dict,
    read_dicts,
    read_ids,
    read_line,
    read_people,
    read_text,
    read_texts,
    refine_date,
)
from service.ingest.formats.json_records import find_entries, read_converted
from service.ingest.formats.markup import to_plain, to_plain_line
from service.ingest.record import Found, Record, Reject, Skipped
from service.names import normalise_external_id

NAME = "crossref"
SOURCE = "crossref"
RANK = 20

_WRAPPERS = ("message.items", "message", "items", "record")
_DATES = ("published", "issued", "published-online", "published-print", "posted", "created")
# Relations to another version of the same work.
_VERSIONS = ("has-preprint", "is-version-of", "has-version", "is-same-as", "is-identical-to", "is-preprint-of")


def recognise(head: Head) -> bool:
    value = read_dict(head.json)
    path, entries = find_entries(head, *_WRAPPERS)
    if path == "message.items" and not entries:
        return value.get("message-type") == "work-list"
    return any("DOI" in entry and {"title", "URL", "type", "issued", "publisher"} & entry.keys() for entry in entries)


def read(content: Content, file: str, source: str) -> Iterator[Found | Reject | Skipped]:
    yield from read_converted(content, file, source, convert, *_WRAPPERS)


def convert(work: Json) -> Record:
    # When the DOI was registered says little of the work, but is better than nothing.
    *dates, registered = (read_date(work.get(name)) for name in _DATES)
    return Record(
        title=_read_title(work),
        abstract=to_plain(read_text(work.get("abstract"))),
        authors=read_people(work.get("author")),
        published=refine_date(*dates) or registered,
        venue=_read_venue(work),
        categories=tuple(read_texts(work.get("subject"))),
        url=read_address(work.get("URL"))
        or read_address(read_dict(read_dict(work.get("resource")).get("primary")).get("URL")),
        pdf_url=_find_pdf(work),
        license=_find_license(work),
        external_ids=read_ids({"doi": work.get("DOI"), "pubmed": work.get("PMID"), "arxiv": _find_arxiv(work)}),
    )


def _read_title(work: Json) -> str:
    """The first title, with its subtitle unless it has that already."""
    titles, subtitles = (list(map(to_plain_line, read_texts(work.get(name)))) for name in ("title", "subtitle"))
    title = next(iter(titles), "")
    subtitle = next(iter(subtitles), "")
    if not title or not subtitle or subtitle.casefold() in title.casefold():
        return title
    return f"{title}{' ' if title[-1] in ':.?!–—-' else ': '}{subtitle}"


def _read_venue(work: Json) -> str | None:
    names = read_texts(work.get("container-title")) or read_texts(read_dict(work.get("event")).get("name"))
    # A preprint is in no container but has a server.
    servers = [name for item in read_dicts(work.get("institution")) if (name := read_line(item.get("name")))]
    found = names or servers or read_texts(work.get("group-title"))
    return to_plain_line(found[0]) or None if found else None


def _find_pdf(work: Json) -> str | None:
    links = read_dicts(work.get("link"))
    for link in links:
        address = read_address(link.get("URL"))
        if address and (link.get("content-type") == "application/pdf" or address.lower().endswith(".pdf")):
            return address
    return None


def _find_license(work: Json) -> str | None:
    """Creative Commons before others; what is allowed to text mining alone is no license of the text."""
    licenses = [
        url
        for item in read_dicts(work.get("license"))
        if (url := read_line(item.get("URL"))) and item.get("content-version") != "tdm"
    ]
    return next((url for url in licenses if "creativecommons.org" in url), next(iter(licenses), None))


def _find_arxiv(work: Json) -> str | None:
    """The arXiv id among the other versions of this work."""
    for name in _VERSIONS:
        related = read_dict(work.get("relation")).get(name)
        for other in read_dicts(related):
            number, kind = read_line(first_of(other, "id")), read_line(other.get("id-type")).lower()
            scheme, value = normalise_external_id(kind, number)
            if number and scheme == "arxiv":
                return value
    return None

"""arXiv's OAI-PMH (https://info.arxiv.org/help/oa/): answers to ListRecords and GetRecord with the metadata prefixes
arXiv, arXivRaw, arXivOld and oai_dc."""

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
from service.ingest.formats.latex import read_latex
from service.ingest.formats.people import read_family_first
from service.ingest.formats.text import FormatError
from service.ingest.formats.xml_items import Item, read_elements
from service.ingest.formats.xml_text import find, find_all, local_name, read_text, read_texts
from service.ingest.record import Found, Place, Record, RecordError, Reject, Skipped

NAME = "arxiv_oai"
SOURCE = "arxiv"
RANK = 10

_ROOTS = ("OAI-PMH", "ListRecords", "GetRecord", "record")
_OAI = "http://www.openarchives.org/OAI/2.0/"


def recognise(head: Head) -> bool:
    """arXiv's alone: other repositories' papers are not arXiv's, though --format reads their oai_dc."""
    return (
        head.xml is not None
        and head.xml.root in _ROOTS
        and _OAI in head.xml.namespaces
        and any("arxiv" in line.lower() for line in head.lines)
    )


def read(content: Content, file: str, source: str) -> Iterator[Found | Reject | Skipped]:
    """Raises FormatError for an answer that is an error, as badResumptionToken, or that has no records at all."""
    number = 0
    for item in read_elements(
        content, "record", "header", "error", "resumptionToken", "Identify", "ListSets", "ListMetadataFormats"
    ):
        name = local_name(item.element)
        if name == "record":
            number += 1
            yield _read_record(item, Place(file, item.line, number), source)
        elif name == "resumptionToken":
            token = read_text(item.element)
            if token:
                yield Skipped(file, item.line, token, f"{_tell_size(item)}ask for the rest with this resumptionToken")
        elif name == "error":
            code = item.element.get("code", "error")
            told = read_text(item.element).rstrip(".")
            raise FormatError(f"arXiv answers with the error {code}{': ' + told if told else ''}.")
        else:
            what = "ListIdentifiers" if name == "header" else name
            raise FormatError(f"This is an answer to {what}, which has no papers; ask for ListRecords or GetRecord.")


def _read_record(item: Item, place: Place, source: str) -> Found | Reject | Skipped:
    if item.problem:
        return Reject(place, item.problem)
    if is_deleted(item.element):
        return Skipped(place.file, item.line, read_identifier(item.element), "the record was deleted")
    return build_found(place, source, partial(convert, item.element))


def _tell_size(token: Item) -> str:
    size = token.element.get("completeListSize", "")
    return f"more records follow, of {size} in all: " if size.isdigit() else "more records follow: "


def convert(record: Element) -> Record:
    """A record that is not deleted. Raises RecordError for one without metadata of a prefix that is read."""
    metadata = find(record, "metadata")
    described = next((child for child in metadata if local_name(child)), None) if metadata is not None else None
    if described is None:
        raise RecordError("the record has no metadata", "ask for ListRecords, not for ListIdentifiers")
    name = local_name(described)
    arxiv_id = find_arxiv_id(read_identifier(record))
    if name == "arXiv":
        return _convert_arxiv(described, arxiv_id)
    if name in ("arXivRaw", "arXivOld"):
        return _convert_raw(described, arxiv_id)
    if name == "dc":
        return _convert_dc(described, record, arxiv_id)
    raise RecordError(f"the metadata is {name!r}, which is not read", "arXiv, arXivRaw and oai_dc are")


def read_identifier(record: Element) -> str:
    """The header's, as "oai:arXiv.org:2601.00001"."""
    return read_text(find(record, "header", "identifier"))


def is_deleted(record: Element) -> bool:
    header = find(record, "header")
    return header is not None and header.get("status", "").lower() == "deleted"


def _convert_arxiv(described: Element, arxiv_id: str | None) -> Record:
    authors = []
    for author in find_all(described, "authors", "author"):
        parts = [read_text(find(author, part)) for part in ("forenames", "keyname", "suffix")]
        authors.append(read_latex(" ".join(part for part in parts if part)))
    return _build(described, arxiv_id, tuple(filter(None, authors)), read_date(read_text(find(described, "created"))))


def _convert_raw(described: Element, arxiv_id: str | None) -> Record:
    dates = read_texts(described, "version", "date") or read_texts(described, "date")
    return _build(described, arxiv_id, split_authors(read_text(find(described, "authors"))), _read_first(dates))


def _build(described: Element, arxiv_id: str | None, authors: tuple[str, ...], published: str | None) -> Record:
    """What arXiv and arXivRaw write alike."""
    arxiv_id = find_arxiv_id(read_text(find(described, "id"))) or arxiv_id
    dois = read_dois(read_text(find(described, "doi")))
    urls, repos = read_comment(read_text(find(described, "comments")))
    return Record(
        title=read_text(find(described, "title")),
        abstract=read_text(find(described, "abstract")),
        authors=authors,
        published=published or read_arxiv_month(arxiv_id or ""),
        venue=read_journal(read_text(find(described, "journal-ref"))),
        categories=read_categories(*read_texts(described, "categories")),
        url=address_of(arxiv_id) if arxiv_id else None,
        pdf_url=pdf_address_of(arxiv_id) if arxiv_id else None,
        license=read_text(find(described, "license")) or None,
        urls=(*urls, *(f"https://doi.org/{doi}" for doi in dois[1:])),
        external_ids=_name(arxiv_id, dois),
        repos=repos,
    )


def _convert_dc(described: Element, record: Element, arxiv_id: str | None) -> Record:
    """Dublin Core has the abstract and the comments as descriptions, and addresses, DOI and journal as identifiers."""
    descriptions = read_texts(described, "description")
    comments = [text for text in descriptions if text.startswith("Comment:")]
    identifiers = read_texts(described, "identifier")
    arxiv_id = arxiv_id or next((found for text in identifiers if (found := find_arxiv_id(text))), None)
    dois = [
        doi
        for text in identifiers
        if re.match(r"(?i)doi:|10\.|https?://(dx\.)?doi\.org/", text)
        for doi in read_dois(text)
    ]
    journals = [text for text in identifiers if not re.match(r"(?i)https?:|doi:|10\.\d+/|oai:|arxiv:", text)]
    urls, repos = read_comment(" ".join(comments))
    sets = [_read_set(text) for text in read_texts(record, "header", "setSpec")]
    return Record(
        title=read_text(find(described, "title")),
        abstract=next((text for text in descriptions if text not in comments), ""),
        authors=tuple(read_family_first(read_latex(text)) for text in read_texts(described, "creator")),
        published=_read_first(read_texts(described, "date")),
        venue=read_journal(journals[0]) if journals else None,
        categories=read_categories(*sets) or tuple(read_texts(described, "subject")),
        url=address_of(arxiv_id) if arxiv_id else next((text for text in identifiers if "://" in text), None),
        pdf_url=pdf_address_of(arxiv_id) if arxiv_id else None,
        license=next(iter(read_texts(described, "rights")), None),
        urls=urls,
        external_ids=_name(arxiv_id, dois) or {"oai": read_identifier(record)},
        repos=repos,
    )


def _read_set(name: str) -> str:
    """The category that a set is: "cs:cs:CL" -> "cs.CL", "physics:hep-th" -> "hep-th"."""
    return ".".join(name.split(":")[1:]) or name


def _name(arxiv_id: str | None, dois: list[str]) -> dict[str, str]:
    return ({"arxiv": arxiv_id} if arxiv_id else {}) | ({"doi": dois[0]} if dois else {})


def _read_first(dates: list[str]) -> str | None:
    """The earliest of dates as 2026-01-02 or "Thu, 01 Jan 2026 00:00:00 GMT"."""
    return min(filter(None, map(read_date, dates)), default=None)

"""S2ORC and the other bulk data of Semantic Scholar: an object a line.

Metadata lines (paper_id, authors in parts), full-text lines (one text, and where in it title, authors and abstract
stand: lists as JSON texts), the lines of the data set "papers", and the output of doc2json.
"""

import json
from collections.abc import Iterator

from service.ingest.formats.content import Content, Head
from service.ingest.formats.fields import (
    Json,
    first_of,
    read_address,
    read_addresses,
    read_date,
    read_dict,
    read_dicts,
    read_ids,
    read_line,
    read_people,
    read_text,
    read_texts,
)
from service.ingest.formats.json_records import find_entries, read_converted
from service.ingest.formats.semantic_scholar import read_external, read_fields
from service.ingest.record import Found, Record, Reject, Skipped

NAME = "s2orc"
SOURCE = "s2orc"
RANK = 20

_METADATA = frozenset(
    "s2_url has_pdf_parse mag_field_of_study outbound_citations pmc_id acl_id pdf_parse latex_parse grobid_parse "
    "_pdf_hash body_text metadata".split()
)


def recognise(head: Head) -> bool:
    _, entries = find_entries(head)
    return any(
        ("paper_id" in entry and _METADATA & entry.keys())
        or ("corpusid" in entry and {"title", "content", "body", "externalids"} & entry.keys())
        for entry in entries
    )


def read(content: Content, file: str, source: str) -> Iterator[Found | Reject | Skipped]:
    yield from read_converted(content, file, source, convert, part=_tell_part)


def _tell_part(entry: Json) -> str | None:
    """What metadata and full text say of one paper is kept side by side."""
    return "text" if "corpusid" in entry and {"content", "body"} & entry.keys() else None


def convert(entry: Json) -> Record:
    if "corpusid" in entry:
        return _convert_text(entry) if {"content", "body"} & entry.keys() else _convert_paper(entry)
    return _convert_metadata(entry)


def _convert_metadata(entry: Json) -> Record:
    line = {**entry, **read_dict(entry.get("metadata")), **read_dict(entry.get("identifiers"))}
    number = read_line(line.get("paper_id"))
    abstract = line.get("abstract")
    if isinstance(abstract, list):
        # As paragraphs, where the PDF was read.
        abstract = "\n".join(filter(None, (read_text(part.get("text")) for part in read_dicts(abstract))))
    return Record(
        title=read_line(line.get("title")),
        abstract=read_text(abstract),
        authors=read_people(line.get("authors")),
        published=read_date(line.get("year")),
        venue=read_line(first_of(line, "venue", "journal")) or None,
        categories=tuple(read_texts(line.get("mag_field_of_study"))),
        url=read_address(line.get("s2_url")),
        external_ids=read_ids(
            {
                # Files of CORD-19 are named by a hash of the PDF or by PMC's number.
                "corpusid": number if number.isdecimal() else None,
                "arxiv": line.get("arxiv_id"),
                "doi": line.get("doi"),
                "acl": line.get("acl_id"),
                "pubmed": line.get("pubmed_id"),
                "pmc": line.get("pmc_id") or (number if number.startswith("PMC") else None),
                "mag": line.get("mag_id"),
            }
        ),
    )


def _convert_paper(entry: Json) -> Record:
    return Record(
        title=read_line(entry.get("title")),
        abstract=read_text(entry.get("abstract")),
        authors=read_people(entry.get("authors")),
        published=read_date(entry.get("publicationdate")) or read_date(entry.get("year")),
        venue=read_line(entry.get("venue") or read_dict(entry.get("journal")).get("name")) or None,
        categories=read_fields(entry, "s2fieldsofstudy", "fieldsofstudy"),
        url=read_address(entry.get("url")),
        external_ids=read_ids({**read_external(entry.get("externalids")), "corpusid": entry.get("corpusid")}),
    )


def _convert_text(entry: Json) -> Record:
    content = read_dict(first_of(entry, "content", "body"))
    given = content.get("text")
    text: str = given if isinstance(given, str) else ""
    places = read_dict(content.get("annotations"))

    def cut(name: str) -> list[str]:
        return [text[start:end] for start, end in read_spans(places.get(name), len(text))]

    access = read_dict(first_of(entry, "openaccessinfo")) or read_dict(read_dict(content.get("source")).get("oainfo"))
    pdfs = read_dict(content.get("source")).get("pdfurls")
    ids = first_of(entry, "externalids") or access.get("externalids")
    return Record(
        title=read_line(entry.get("title")) or read_line(" ".join(cut("title")[:1])),
        abstract=read_text(entry.get("abstract")) or "\n".join(filter(None, map(read_text, cut("abstract")))),
        authors=read_people(entry.get("authors")) or tuple(filter(None, map(read_line, cut("author")))),
        published=read_date(first_of(entry, "publicationdate", "year")),
        venue=read_line(" ".join(cut("venue")[:1])) or None,
        pdf_url=next(iter(read_addresses(*pdfs)), None) if isinstance(pdfs, list) else None,
        license=read_line(access.get("license")) or None,
        external_ids=read_ids({**read_external(ids), "corpusid": entry.get("corpusid")}),
    )


def read_spans(annotation: object, length: int) -> list[tuple[int, int]]:
    """The places that an annotation gives: a list of {start, end}, or one as a JSON text. What lies outside a text of
    this length, or is no place, is left out."""
    if isinstance(annotation, str):
        try:
            annotation = json.loads(annotation)
        except (ValueError, RecursionError):
            return []
    spans = []
    for span in read_dicts(annotation):
        start, end = (str(span.get(name)) for name in ("start", "end"))
        # Older releases have the numbers as texts.
        if start.isdecimal() and end.isdecimal() and len(end) < 12 and int(start) < int(end) <= length:
            spans.append((int(start), int(end)))
    return spans

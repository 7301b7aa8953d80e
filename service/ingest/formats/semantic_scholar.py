"""Semantic Scholar's Graph and Recommendations API: one paper, a batch's list, or lists wrapped in `data`."""

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
)
from service.ingest.formats.json_records import find_entries, read_converted
from service.ingest.record import Found, Record, Reject, Skipped

NAME = "semantic_scholar"
SOURCE = "semanticscholar"
RANK = 20

_WRAPPERS = ("data", "recommendedPapers", "papers")
# What the names of externalIds are here; those of the bulk data sets are in lower case.
_SCHEMES = {"pubmedcentral": "pmc"}
# How citations and references wrap a paper.
_CITED = ("citingPaper", "citedPaper")


def recognise(head: Head) -> bool:
    path, entries = find_entries(head, *_WRAPPERS)
    if any("paperId" in _unwrap(entry) for entry in entries):
        return True
    # A search without a match.
    return path == "data" and isinstance(head.json, dict) and {"total", "data"} <= head.json.keys() and not entries


def read(content: Content, file: str, source: str) -> Iterator[Found | Reject | Skipped]:
    yield from read_converted(content, file, source, convert, *_WRAPPERS)


def convert(entry: Json) -> Record:
    paper = _unwrap(entry)
    pdf = read_dict(paper.get("openAccessPdf"))
    venue = first_of(paper, "venue") or first_of(read_dict(paper.get("publicationVenue")), "name")
    ids = {"s2": paper.get("paperId"), "corpusid": paper.get("corpusId")}
    return Record(
        title=read_line(paper.get("title")),
        abstract=read_text(paper.get("abstract")),
        authors=read_people(paper.get("authors")),
        published=read_date(paper.get("publicationDate")) or read_date(paper.get("year")),
        venue=read_line(venue or read_dict(paper.get("journal")).get("name")) or None,
        categories=read_fields(paper, "s2FieldsOfStudy", "fieldsOfStudy"),
        url=read_address(paper.get("url")),
        pdf_url=read_address(pdf.get("url")),
        license=read_line(pdf.get("license")) or None,
        external_ids=read_ids({**ids, **read_external(paper.get("externalIds"))}),
    )


def read_external(ids: object) -> dict[str, object]:
    """{"ArXiv": …, "PubMedCentral": …} in our schemes."""
    return {
        _SCHEMES.get(name.lower(), name.lower()): value
        for name, value in read_dict(ids).items()
        if value not in (None, "")
    }


def read_fields(paper: Json, detailed: str, plain: str) -> tuple[str, ...]:
    """Fields of study, from [{"category"}] or a list of names."""
    found = [read_line(field.get("category")) for field in read_dicts(paper.get(detailed))]
    return tuple(dict.fromkeys(filter(None, found))) or tuple(read_texts(paper.get(plain)))


def _unwrap(entry: Json) -> Json:
    return next((entry[name] for name in _CITED if isinstance(entry.get(name), dict)), entry)

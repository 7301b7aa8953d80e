"""DataCite works: an answer of the REST API ({data}, {data[]}), its attributes alone, a list, or an object a line.

Older files spell publication_year or publication-year, and have creator and title for the lists.
"""

import re
from collections.abc import Iterator

from service.ingest.formats.content import Content, Head
from service.ingest.formats.fields import (
    Json,
    first_of,
    is_arxiv_doi,
    read_address,
    read_date,
    read_dict,
    read_dicts,
    read_ids,
    read_line,
    read_people,
    read_text,
    refine_date,
)
from service.ingest.formats.json_records import find_entries, read_converted
from service.ingest.formats.markup import to_plain, to_plain_line
from service.ingest.record import Found, Record, Reject, Skipped
from service.names import parse_repo

NAME = "datacite"
SOURCE = "datacite"
RANK = 20

_WRAPPERS = ("data",)
_DATES = ("Issued", "Available", "Submitted", "Created")
# Relations to another version of the same work.
_VERSIONS = ("IsVersionOf", "IsIdenticalTo", "IsVariantFormOf", "HasVersion", "IsPreviousVersionOf", "IsPublishedIn")
_SUBJECT = re.compile(r".*\(([a-z-]+(?:\.[A-Za-z-]+)?)\)")


def recognise(head: Head) -> bool:
    _, entries = find_entries(head, *_WRAPPERS)
    return any(_is_work(entry) for entry in entries)


def read(content: Content, file: str, source: str) -> Iterator[Found | Reject | Skipped]:
    yield from read_converted(content, file, source, convert, *_WRAPPERS)


def convert(entry: Json) -> Record:
    work = read_dict(entry.get("attributes")) or entry
    doi = read_line(first_of(work, "doi") or first_of(entry, "id"))
    ids: dict[str, object] = {"doi": doi, **_find_versions(work, own_is_arxiv=is_arxiv_doi(doi))}
    rights = next(iter(read_dicts(first_of(work, "rightsList", "rights_list"))), {})
    return Record(
        title=_read_title(work),
        abstract=_read_abstract(work),
        authors=read_people(first_of(work, "creators", "creator")),
        published=_read_published(work),
        venue=_read_venue(work),
        categories=_read_subjects(work),
        url=read_address(work.get("url")) or (f"https://doi.org/{doi}" if doi.startswith("10.") else read_address(doi)),
        pdf_url=_find_pdf(work),
        license=read_line(first_of(rights, "rightsIdentifier", "rightsUri", "rights")) or None,
        external_ids=read_ids(ids),
        repos=tuple(dict.fromkeys(_list_repos(work))),
    )


def _is_work(entry: Json) -> bool:
    work = read_dict(entry.get("attributes")) or entry
    schema = first_of(work, "schemaVersion", "schema_version")
    return (
        (entry.get("type") == "dois" and "attributes" in entry)
        or ("titles" in work and bool({"creators", "publicationYear", "types", "descriptions"} & work.keys()))
        or (isinstance(schema, str) and "datacite.org/schema" in schema)
    )


def _read_title(work: Json) -> str:
    given = read_dicts(work.get("titles")) or [{"title": work.get("title")}]
    titles = [(read_line(title.get("titleType")), to_plain_line(read_line(title.get("title")))) for title in given]
    title = next((text for kind, text in titles if text and not kind), "") or next((text for _, text in titles), "")
    subtitle = next((text for kind, text in titles if kind == "Subtitle"), "")
    return title if not subtitle or subtitle in title else f"{title}: {subtitle}"


def _read_abstract(work: Json) -> str:
    described = [
        (read_line(item.get("descriptionType")), to_plain(read_text(item.get("description"))))
        for item in read_dicts(work.get("descriptions"))
    ]
    return next((text for kind, text in described if kind == "Abstract" and text), "")


def _read_published(work: Json) -> str | None:
    dates = [
        # A period is the day it begins with.
        (read_line(item.get("dateType")), read_date(read_line(item.get("date")).partition("/")[0]))
        for item in read_dicts(work.get("dates"))
    ]
    known = [date for name in _DATES for kind, date in dates if kind == name]
    year = read_date(first_of(work, "publicationYear", "publication_year", "publication-year"))
    issued = next((date for kind, date in dates if kind == "Issued"), None)
    return refine_date(issued, year, *known)


def _read_venue(work: Json) -> str | None:
    publisher = work.get("publisher")
    name = read_dict(publisher).get("name") if isinstance(publisher, dict) else publisher
    return read_line(first_of(read_dict(work.get("container")), "title") or name) or None


def _read_subjects(work: Json) -> tuple[str, ...]:
    """ "Computation and Language (cs.CL)" is what arXiv calls cs.CL; its "FOS: …" says the same once more."""
    found: dict[str, None] = {}
    for item in read_dicts(work.get("subjects")):
        subject = read_line(item.get("subject"))
        match = _SUBJECT.fullmatch(subject)
        # Of a list, not the authors' own words.
        if subject and (match or item.get("subjectScheme")) and not subject.startswith("FOS:"):
            found[match[1] if match else subject] = None
    return tuple(found)


def _find_versions(work: Json, *, own_is_arxiv: bool) -> dict[str, object]:
    """The identifiers of the same work elsewhere: its arXiv id, and of what arXiv registered the publisher's DOI."""
    found: dict[str, object] = {}
    for item in [*read_dicts(work.get("identifiers")), *read_dicts(work.get("alternateIdentifiers"))]:
        kind = read_line(first_of(item, "identifierType", "alternateIdentifierType")).lower()
        if kind == "arxiv":
            found.setdefault("arxiv", first_of(item, "identifier", "alternateIdentifier"))
    for item in read_dicts(work.get("relatedIdentifiers")):
        number, kind = read_line(item.get("relatedIdentifier")), read_line(item.get("relatedIdentifierType")).lower()
        if item.get("relationType") not in _VERSIONS:
            continue
        if kind == "arxiv" or (kind == "doi" and is_arxiv_doi(number)):
            found.setdefault("arxiv", number)
        elif kind == "doi" and own_is_arxiv and item.get("relationType") in ("IsVersionOf", "IsIdenticalTo"):
            # The record's own DOI says no more than the arXiv id.
            found.setdefault("doi", number)
            found.setdefault("arxiv", first_of(work, "doi"))
    return found


def _list_repos(work: Json) -> Iterator[str]:
    for item in read_dicts(work.get("relatedIdentifiers")):
        address = read_address(item.get("relatedIdentifier"))
        if address and item.get("relationType") in ("IsSupplementedBy", "HasPart") and parse_repo(address):
            yield address


def _find_pdf(work: Json) -> str | None:
    urls = work.get("contentUrl")
    for url in urls if isinstance(urls, list) else [urls]:
        address = read_address(url)
        if address and address.lower().endswith(".pdf"):
            return address
    return None

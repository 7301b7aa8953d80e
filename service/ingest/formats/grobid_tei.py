"""TEI as GROBID writes it (https://grobid.readthedocs.io): the header of a paper; its text is not read."""

import re
from collections.abc import Iterator
from functools import partial
from xml.etree.ElementTree import Element

from service.ingest.formats.arxiv_fields import address_of, find_arxiv_id, pdf_address_of, read_dois
from service.ingest.formats.building import build_found
from service.ingest.formats.content import Content, Head
from service.ingest.formats.fields import read_date, refine_date
from service.ingest.formats.xml_items import read_elements
from service.ingest.formats.xml_text import find, find_all, join_blanks, local_name, read_text, read_texts
from service.ingest.record import MAX_NAME, Found, Place, Record, Reject, Skipped

NAME = "grobid_tei"
SOURCE = "grobid"
RANK = 10

# Of what GROBID found in the header; the MD5 is of the PDF file, an ISSN of a journal.
_SCHEMES = {"doi": "doi", "arxiv": "arxiv", "pmid": "pmid", "pmcid": "pmcid", "halid": "hal", "istexid": "istex"}


def recognise(head: Head) -> bool:
    return head.xml is not None and head.xml.root in ("TEI", "teiCorpus") and "teiHeader" in head.xml.names


def read(content: Content, file: str, source: str) -> Iterator[Found | Reject | Skipped]:
    """A paper a header; of a corpus all of them."""
    number = 0
    for item in read_elements(content, "teiHeader"):
        if item.ancestors and item.ancestors[-1].tag.endswith("teiCorpus"):
            # The corpus's own.
            continue
        number += 1
        place = Place(file, item.line, number)
        if item.problem:
            yield Reject(place, item.problem)
        else:
            yield build_found(place, source, partial(convert, item.element))


def convert(header: Element) -> Record:
    """A teiHeader. The record has no title where GROBID found none."""
    source = find(header, "fileDesc", "sourceDesc", "biblStruct")
    analytic = find(source, "analytic") if source is not None else None
    monogr = find(source, "monogr") if source is not None else None
    ids = _read_ids(header)
    arxiv_id = ids.get("arxiv")
    venue = _read_title(monogr) if monogr is not None and analytic is not None else ""
    publication = find(header, "fileDesc", "publicationStmt")
    dates = [*(find_all(monogr, "imprint", "date") if monogr is not None else ())]
    dates += [*(find_all(publication, "date") if publication is not None else ())]
    targets = [pointer.get("target", "") for pointer in find_all(source, "ptr")] if source is not None else []
    targets = [target for target in targets if "://" in target]
    return Record(
        title=_read_title(find(header, "fileDesc", "titleStmt")) or _read_title(analytic),
        abstract=_read_abstract(header),
        authors=tuple(_read_authors(analytic if analytic is not None else monogr)),
        published=refine_date(*(read_date(date.get("when") or read_text(date)) for date in dates)),
        venue=venue if venue and len(venue) <= MAX_NAME else None,
        url=address_of(arxiv_id) if arxiv_id else None,
        pdf_url=targets[0] if targets else pdf_address_of(arxiv_id) if arxiv_id else None,
        license=_read_license(publication),
        external_ids=ids,
    )


def _read_title(element: Element | None) -> str:
    """The main one of its titles, else the first that says something."""
    if element is None:
        return ""
    titles = sorted(find_all(element, "title"), key=lambda title: title.get("type") != "main")
    return next((text for title in titles if (text := read_text(title))), "")


def _read_authors(element: Element | None) -> list[str]:
    """Those with a name: GROBID also makes authors of affiliations that it could not attach."""
    names = []
    for person in find_all(element, "author", "persName") if element is not None else ():
        parts = [*read_texts(person, "forename"), *read_texts(person, "surname"), *read_texts(person, "genName")]
        name = join_blanks(" ".join(parts)) or read_text(person)
        names += [name] if any(map(str.isalpha, name)) else []
    return names


def _read_abstract(header: Element) -> str:
    abstract = find(header, "profileDesc", "abstract")
    return re.sub(r"^Abstract\s*[.:—–-]+\s*", "", read_text(abstract)) if abstract is not None else ""


def _read_ids(header: Element) -> dict[str, str]:
    ids: dict[str, str] = {}
    for idno in header.iter():
        if local_name(idno) != "idno":
            continue
        scheme = _SCHEMES.get(idno.get("type", "").lower().replace("_", ""))
        value = read_text(idno)
        if scheme == "doi":
            value = next(iter(read_dois(value)), "")
        elif scheme == "arxiv":
            value = find_arxiv_id(value) or ""
        if scheme and value:
            ids.setdefault(scheme, value)
    return ids


def _read_license(publication: Element | None) -> str | None:
    licence = find(publication, "availability", "licence") if publication is not None else None
    if licence is None:
        return None
    text = licence.get("target") or read_text(licence)
    return text if text and len(text) <= MAX_NAME else None

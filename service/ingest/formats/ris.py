"""RIS, the tagged lines of reference managers: "TY  - JOUR", "TI  - …", "ER  - ".

The reader is our own: the one on PyPI (rispy) takes whole files and knows no lines, and stops at what its strict mode
does not expect.
"""

import re
from collections.abc import Iterable, Iterator
from functools import partial

from service.ingest.formats.arxiv_fields import address_of, find_arxiv_id, read_dois
from service.ingest.formats.building import build_found
from service.ingest.formats.content import Content, Head
from service.ingest.formats.dates import read_written
from service.ingest.formats.fields import read_address_ids, read_date, refine_date
from service.ingest.formats.limits import PIECE
from service.ingest.formats.people import read_family_first
from service.ingest.formats.text import EDGES, Line, hint_at
from service.ingest.formats.xml_text import join_blanks
from service.ingest.record import MAX_NAME, Found, Place, Record, Reject, Skipped

NAME = "ris"
SOURCE = "ris"
RANK = 40

_TAG = re.compile(r"([A-Z][A-Z0-9])(?:  ?-(?: (.*)|)|\s+- (.*))")
_BEGINNING = re.compile(r"TY {1,2}-\s*[A-Z]{2,}\s*$", re.MULTILINE)
# Types that are no papers.
_NO_PAPERS = {
    "COMP": "a computer program",
    "DATA": "a data set",
    "MUSIC": "music",
    "VIDEO": "a video",
    "SER": "a series",
}
_PDF_TAGS = ("L1",)
_URL_TAGS = ("UR", "LK", "L2")
_VENUE_TAGS = ("T2", "JF", "JO", "JA", "J2", "BT", "C3")
# Where arXiv's id stands, by producer.
_ARXIV_TAGS = ("AN", "M1", "M3", "JO", "JF", "T2", "PB", "ID", "UR", "DO")
_ARXIV = re.compile(r"(?i)\barxiv[:\s]\s*(\S+)|arxiv\.org/\w+/(\S+)|10\.48550/arxiv\.(\S+)")
# The values of each tag, each as its lines.
Fields = dict[str, list[list[str]]]


def recognise(head: Head) -> bool:
    return _BEGINNING.search("\n".join(line.strip(EDGES) for line in head.lines)) is not None


def read(content: Content, file: str, source: str) -> Iterator[Found | Reject | Skipped]:
    number = 0
    for start, problem, fields in _read_entries(content.lines, file, content.limits.entry):
        if isinstance(fields, Skipped):
            yield fields
            continue
        kind = next(iter(_all(fields, "TY")), "").upper()
        if kind in _NO_PAPERS and not problem:
            yield Skipped(file, start, f"TY  - {kind}", f"{_NO_PAPERS[kind]} is no paper")
            continue
        number += 1
        place = Place(file, start, number)
        if problem:
            yield Reject(place, problem, hint_at(problem))
        else:
            yield build_found(place, source, partial(convert, fields))


def convert(fields: Fields) -> Record:
    """An entry, its values by tag. The record has no title where the entry has none."""
    dois = read_dois(" ".join(_all(fields, "DO")))
    found = (_ARXIV.search(text) for text in _all(fields, *_ARXIV_TAGS))
    arxiv_id = next((i for m in found if m and (i := find_arxiv_id(m[1] or m[2] or m[3]))), None)
    urls = [url for url in _all(fields, *_URL_TAGS) if "://" in url]
    pdfs = [url for url in _all(fields, *_PDF_TAGS) if "://" in url]
    venue = next((name for name in _all(fields, *_VENUE_TAGS) if len(name) <= MAX_NAME), None)
    title = next(iter(_all(fields, "TI", "T1", "CT", "BT")), "")
    if venue == title:
        venue = None
    own = urls[0] if urls else address_of(arxiv_id) if arxiv_id else None
    return Record(
        title=title,
        abstract=max(_all(fields, "AB", "N2"), key=len, default=""),
        authors=tuple(read_family_first(name) for name in _all(fields, "AU", "A1")),
        published=refine_date(*(read_date(date) or read_written(date) for date in _all(fields, "PY", "Y1", "DA"))),
        venue=venue,
        url=own,
        pdf_url=pdfs[0] if pdfs else None,
        urls=tuple(dict.fromkeys([*urls[1:], *pdfs[1:]])),
        external_ids=read_address_ids(urls)
        | ({"arxiv": arxiv_id} if arxiv_id else {})
        | ({"doi": dois[0]} if dois else {}),
    )


def _all(fields: Fields, *tags: str) -> list[str]:
    return [text for tag in tags for value in fields.get(tag, ()) if (text := join_blanks(" ".join(value)))]


def _read_entries(lines: Iterable[Line], file: str, longest: int) -> Iterator[tuple[int, str | None, Fields | Skipped]]:
    """The line each entry starts at, what is wrong with it, and its values; or a line that belongs to none.

    An entry ends at ER, at the next TY, or with the file. A line without a tag goes on with the value above it.
    """
    fields: Fields | None = None
    start, size, tag = 0, 0, ""
    problem: str | None = None
    for line in lines:
        text = line.text.strip(EDGES)
        if not text:
            continue
        match = _TAG.fullmatch(text)
        if match and match[1] == "TY":
            if fields is not None:
                yield start, problem, fields
            fields, start, size, problem = {}, line.number, 0, None
        if fields is None:
            yield line.number, None, Skipped(file, line.number, text, "it stands outside an entry (TY to ER)")
            continue
        problem = problem or line.problem
        if match and match[1] == "ER":
            yield start, problem, fields
            fields = None
            continue
        size += len(text) + PIECE
        if size > longest:
            problem = problem or f"the entry is larger than {longest:,} characters"
        elif match:
            tag = match[1]
            fields.setdefault(tag, []).append([match[2] or match[3] or ""])
        elif tag in fields:
            fields[tag][-1].append(text)
    if fields is not None:
        yield start, problem, fields

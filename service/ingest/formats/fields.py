"""What a source's fields say, in our forms. A field that is null, blank or of a wrong type says nothing."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from service.ingest.formats.text import EDGES
from service.ingest.record import MAX_ITEMS
from service.names import normalise_external_id, parse_paper_name
from service.papers import parse_period

Json = Mapping[str, Any]

_DAY = re.compile(r"(\d{4})(?:[-/](\d{1,2})(?:[-/](\d{1,2}))?)?(?!\d)")
_ARXIV_MONTH = re.compile(r"(?:[a-z-]+(?:\.[a-z]{2})?/)?(\d{2})(\d{2})(?:\d{3}|\.\d{4,5})(?:v\d+)?", re.IGNORECASE)


def read_text(value: object) -> str:
    """A text as given, its ends trimmed; "" for what is none."""
    return value.strip(EDGES) if isinstance(value, str) else ""


def read_line(value: object) -> str:
    """A text on one line."""
    return " ".join(read_text(value).split())


def unwrap(value: object) -> str:
    """A text whose lines were broken to a width, as arXiv's are: a paragraph a line.

    A paragraph begins behind an empty line or with blanks.
    """
    return "\n".join(
        " ".join(paragraph.split()) for paragraph in re.split(r"\n[ \t]*\n\s*|\n[ \t]+", read_text(value)) if paragraph
    )


def read_dict(value: object) -> Json:
    return value if isinstance(value, dict) else {}


def read_dicts(value: object) -> list[Json]:
    """The objects of a list, or one that stands for a list of one."""
    items = value if isinstance(value, list) else [value]
    return [item for item in items if isinstance(item, dict)]


def read_texts(value: object) -> list[str]:
    """The texts of a list, or of a text alone, each on one line; blanks and doubles left out."""
    items = value if isinstance(value, list) else [value]
    return list(dict.fromkeys(text for item in items if (text := read_line(item))))


def first_of(entry: Json, *names: str) -> Any:
    """The first of these members that says something."""
    return next((entry[name] for name in names if entry.get(name) not in (None, "", [], {})), None)


def read_person(value: object) -> str:
    """A name as printed, from a text, {given, family}, {first, middle[], last, suffix}, {givenName, familyName}
    or {name}."""
    if not isinstance(value, dict):
        return read_line(value)
    given = first_of(value, "given", "first", "givenName")
    family = first_of(value, "family", "last", "familyName")
    if family is None:
        return read_line(first_of(value, "name", "literal", "display_name")) or read_line(given)
    middle = value.get("middle")
    parts = [given, *(middle if isinstance(middle, list) else [middle]), family, value.get("suffix")]
    return " ".join(filter(None, map(read_line, parts)))


def read_people(value: object) -> tuple[str, ...]:
    items = value if isinstance(value, list) else [value]
    return tuple(filter(None, map(read_person, items)))


def read_date(value: object) -> str | None:
    """A day, a month or a year in our form, as far as the calendar has it, from 2024-05-17T01:02:03Z, 2024-5, 2024,
    [2024, 5], {"date-parts": [[2024, 5]]} or "Mon, 2 Apr 2007 19:18:42 GMT"."""
    if isinstance(value, dict):
        return read_date(value.get("date-parts")) or read_date(value.get("date-time"))
    if isinstance(value, list):
        if value and isinstance(value[0], list):
            return read_date(value[0])
        parts = []
        for part in value[:3]:
            if not str(part).isdecimal():
                break
            parts.append(int(part))
        return _join_date(parts)
    if isinstance(value, int) and not isinstance(value, bool):
        return _join_date([value])
    text = read_line(value)
    match = _DAY.match(text)
    if match:
        return _join_date([int(part) for part in match.groups() if part])
    return _read_mail_date(text)


def _read_mail_date(text: str) -> str | None:
    try:
        found: datetime = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found.date().isoformat()


def _join_date(parts: list[int]) -> str | None:
    for count in range(len(parts), 0, -1):
        text = "-".join(f"{part:0{width}}" for part, width in zip(parts[:count], (4, 2, 2), strict=False))
        if parse_period(text) is not None:
            return text
    return None


def refine_date(*dates: str | None) -> str | None:
    """The first of these dates, in the most precise form that another of them gives it."""
    known = [date for date in dates if date]
    return max((date for date in known if date.startswith(known[0])), key=len) if known else None


def read_arxiv_month(arxiv: str) -> str | None:
    """The month that an arXiv id says: 2506.06440 -> 2025-06, hep-th/9901001 -> 1999-01."""
    match = _ARXIV_MONTH.fullmatch(arxiv.strip())
    if match is None:
        return None
    century = "19" if int(match[1]) > 90 else "20"
    return read_date(f"{century}{match[1]}-{match[2]}")


def read_ids(ids: Mapping[str, object]) -> dict[str, str]:
    """Scheme to identifier; numbers become text. Of several DOIs in one text the first counts; PubMed Central's numbers
    get the letters that belong to them."""
    found = {}
    for scheme, value in ids.items():
        text = str(value) if isinstance(value, int) and not isinstance(value, bool) else read_line(value)
        if scheme == "doi":
            text = re.split(r"[\s,;](?=10\.)|\s", text)[0]
        if scheme == "pmc" and text.isdecimal():
            text = f"PMC{text}"
        if text:
            found[scheme] = text
    return found


def read_address_ids(addresses: Iterable[object]) -> dict[str, str]:
    """The identifiers that addresses of papers hold (arXiv, the ACL Anthology, a DOI resolver), the first a scheme."""
    found: dict[str, str] = {}
    for address in addresses:
        name = parse_paper_name(address) if isinstance(address, str) and "://" in address else None
        if name is not None and name.scheme != "id":
            found.setdefault(name.scheme, name.value)
    return found


def is_arxiv_doi(doi: object) -> bool:
    return isinstance(doi, str) and normalise_external_id("doi", doi)[0] == "arxiv"


def read_address(value: object) -> str | None:
    """An http(s) address, or None."""
    text = read_text(value)
    return text if re.match(r"https?://[^\s/]+", text, re.IGNORECASE) and not re.search(r"\s", text) else None


def read_addresses(*values: object) -> tuple[str, ...]:
    return tuple(dict.fromkeys(address for value in values if (address := read_address(value))))[:MAX_ITEMS]

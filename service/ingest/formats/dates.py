"""Dates as bibliographies write them, to a day, a month or a year. Pure."""

import re

from service.papers import parse_period

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WORD = re.compile(r"[^\W\d_]+")
_WRITTEN = re.compile(r"\s*(\d{4})(?:\s*[-/.]\s*(\d{1,2}))?(?:\s*[-/.]\s*(\d{1,2}))?(?!\d)")
_YEAR = re.compile(r"(?<!\d)(1[5-9]\d\d|20\d\d)(?!\d)")


def compose_date(year: str | None, month: str | None = None, day: str | None = None) -> str | None:
    """As exact as the parts allow: ("2020", "July", None) -> "2020-07". None where the year is none.

    A year with something around it ("in press 2020", "2020a") counts. Of a span ("July 5-10", "June/July") the first.
    """
    found = _YEAR.search(year or "")
    if found is None:
        return None
    number = read_month(month or "")
    parts = [found[1]]
    if number is not None:
        parts.append(f"{number:02}")
        first = re.search(r"(?<!\d)\d{1,2}(?!\d)", day or "")
        if first:
            parts.append(f"{int(first[0]):02}")
    while parts and parse_period("-".join(parts)) is None:
        parts.pop()
    return "-".join(parts) or None


def read_month(text: str) -> int | None:
    """1 to 12, of a number or of the beginning of an English name: "7", "jul", "July 5-10", "5 July"."""
    text = text.strip().lower()
    if re.fullmatch(r"0?[1-9]|1[0-2]", text):
        return int(text)
    names = (word[:3] for word in _WORD.findall(text) if len(word) >= 3)
    return next((_MONTHS.index(name) + 1 for name in names if name in _MONTHS), None)


def read_date(text: str | None) -> str | None:
    """The date a text begins with, as year, month and day in this order: "2020/05/17/", "2020///", "2020-05-17T10:00Z".

    Of a span of dates the first. What stands behind is left out; with a month or a day that is none, the rest counts.
    A text with a year elsewhere ("17 May 2020", "May 2020") is read as that.
    """
    match = _WRITTEN.match(text or "")
    if match:
        parts = [match[1], *(f"{int(part):02}" for part in match.groups()[1:] if part)]
        while parts and parse_period("-".join(parts)) is None:
            parts.pop()
        if len(parts) > 1:
            return "-".join(parts)
    text = text or ""
    day = re.search(r"(?<!\d)\d{1,2}(?!\d)", text)
    named = _WORD.search(text) is not None
    return compose_date(text, text if named else None, day[0] if day and named else None)


def choose_date(*dates: str | None) -> str | None:
    """The first that is given, in the most exact form that another gives of it."""
    given = [date for date in dates if date]
    return max((date for date in given if date.startswith(given[0])), key=len) if given else None

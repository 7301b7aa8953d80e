"""Dates as bibliographies write them, in words and parts. Pure."""

import re

from service.papers import parse_period

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WORD = re.compile(r"[^\W\d_]+")
_YEAR = re.compile(r"(?<!\d)(?:1[5-9]\d\d|20\d\d)(?!\d)")
_DAY = re.compile(r"(?<!\d)\d{1,2}(?!\d)")


def compose_date(year: str | None, month: str | None = None, day: str | None = None) -> str | None:
    """As exact as the parts allow: ("2020", "July", None) -> "2020-07". None where the year is none.

    A year with something around it ("in press 2020", "2020a") counts. Of a span ("July 5-10", "June/July") the first.
    """
    found = _YEAR.search(year or "")
    if found is None:
        return None
    parts = [found[0]]
    number = read_month(month or "")
    if number is not None:
        parts.append(f"{number:02}")
        first = _DAY.search(day or "")
        parts += [f"{int(first[0]):02}"] if first else []
    while parse_period("-".join(parts)) is None:
        parts.pop()
    return "-".join(parts)


def read_month(text: str) -> int | None:
    """1 to 12, of a number or of the beginning of an English name: "7", "jul", "July 5-10", "5 July"."""
    text = text.strip().lower()
    if re.fullmatch(r"0?[1-9]|1[0-2]", text):
        return int(text)
    names = (word[:3] for word in _WORD.findall(text) if len(word) >= 3)
    return next((_MONTHS.index(name) + 1 for name in names if name in _MONTHS), None)


def read_written(text: str) -> str | None:
    """A date in words: "17 May 2020", "May 2020", "Spring 2020"."""
    return compose_date(text, text, text)

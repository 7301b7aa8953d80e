"""The lines of a listing, with the signs from which roles.py tells titles from abstracts."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from service.ingest.formats.text import EDGES, Line
from service.ingest.record import MAX_ABSTRACT


@dataclass(slots=True)
class Row:
    """A line that is not blank, with the signs that the costs weigh."""

    number: int
    text: str
    problem: str | None
    # A blank line or a separator stands before it.
    gap: bool
    size: int
    words: int
    # The share of its words that begin with a capital.
    capitals: float
    # Its last character, closing quotes and brackets left out.
    last: str
    # A sentence ends inside it.
    breaks: bool
    # Of this line and those that go on with it, as far as that shows without knowing their roles.
    run_size: int = 0
    run_last: str = ""


_BREAK = re.compile(r"[^\W\d_]{3}[)\"'”’]*[.。]\s*(?=[A-Z“\"(]|[^\x00-\u2e7f])|。(?=.)")
# Of a line, for what only matters where a line may be a title.
_MEASURED = 1000
_OPENING = "([{\"'“‘«*_"
_CLOSING = ")]}\"'”’»*_"


def _tell_length(text: str) -> str | None:
    return (
        f"the line has {len(text):,} characters; at most {MAX_ABSTRACT:,} are kept"
        if len(text) > MAX_ABSTRACT
        else None
    )


def measure_rows(lines: Iterable[Line], separators: list[Line]) -> Iterator[Row]:
    """The rows of lines that have a letter. Those that only have signs or a number are added to separators."""
    gap = True
    for line in lines:
        text = line.text.strip(EDGES)
        # A number alone may end a broken abstract ("a gain of / 2.4."), but not after a blank line.
        if not any(c.isalpha() for c in text) and (gap or not any(c.isdigit() for c in text)):
            if text:
                separators.append(line)
            gap = True
            continue
        beginning = text[:_MEASURED]
        words = [word for word in beginning.split() if any(c.isalpha() for c in word)]
        capitals = sum(word.lstrip(_OPENING)[:1].isupper() for word in words)
        yield Row(
            number=line.number,
            # Of what is no abstract for its length, only the beginning: some hundred rows are held.
            text=text if len(text) <= MAX_ABSTRACT else beginning,
            problem=line.problem or _tell_length(text),
            gap=gap,
            size=len(text) + (0 if text.isascii() else sum("\u2e80" <= c <= "\uffef" for c in text)),
            words=len(words),
            capitals=capitals / max(1, len(words)),
            last=(text.rstrip(_CLOSING) or text)[-1],
            breaks=_BREAK.search(beginning) is not None,
        )
        gap = False

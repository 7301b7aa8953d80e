"""Where the sentences of a text begin and end, as far as an address in it asks. Pure."""

import re

_END = re.compile(r"[.!?][)\"'”’]*(?=\s|$)")
# A point that ends no sentence. Only what stands before it is looked at.
_ABBREVIATION = re.compile(r"(?:\be\.g|\bi\.e|\bcf|\bvs|\betc|\bet al|\bFig|\bSec|\bEq|\bRef|\bNo|\bresp)\.$")
# Code points that are looked at on either side.
REACH = 300


def find_sentence(text: str, start: int, end: int) -> tuple[int, int]:
    """The bounds of the sentence that text[start:end] stands in; a very long one is cut around it."""
    left = max(0, start - REACH)
    for match in _END.finditer(text, left, start):
        if not _is_abbreviation(text, match.start()):
            left = match.end()
    right = min(len(text), end + REACH)
    for match in _END.finditer(text, end, right):
        if not _is_abbreviation(text, match.start()):
            right = match.end()
            break
    return left, right


def _is_abbreviation(text: str, point: int) -> bool:
    return text[point] == "." and _ABBREVIATION.search(text, max(0, point - 8), point + 1) is not None

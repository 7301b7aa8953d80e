"""Which line of a listing is a title, which an abstract, which neither: the cheapest reading of them together.

Saved pages differ too much for a single sign to decide: blank lines doubled or missing, text broken at 80
columns, headers and footers of any wording, papers without an abstract. So every line has a cost in each role,
from its size, its last character and its capitals (_line_cost), and each role a cost after another
(_step_cost): a title followed by an abstract is free; a title without one, an abstract without a title and a
footer are dear. Viterbi's algorithm finds the assignment of least cost, in windows of some hundred lines, so
that a file of any length is read as a stream. The costs were set by hand, and what they must achieve stands
in tests/unit/test_formats_daily_papers.py. Text broken at a column without any blank line is read with mistakes:
too little tells there where a title begins.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import islice, pairwise

from service.ingest.formats.rows import Row

# Lines read together; the last _OVERLAP of a window are read again with the next.
_WINDOW = 512
_OVERLAP = 64
# Sizes in characters, East Asian ones counted twice. From _LONG on a line can only be an abstract;
# up to _WRAPPED it may be one line of several.
_LONG = 400
_WRAPPED = 200
_NEVER = float("inf")


class Role(Enum):
    HEADER = auto()  # before the first title
    TITLE = auto()
    TITLE_MORE = auto()
    ABSTRACT = auto()
    ABSTRACT_MORE = auto()
    ORPHAN = auto()  # an abstract without a title
    ORPHAN_MORE = auto()
    FOOTER = auto()  # furniture after the first title


@dataclass(frozen=True, slots=True)
class _Page:
    """What the lines of a window have in common."""

    spaced: bool  # blank lines separate its entries
    width: int  # of its broken lines; 0 where lines are whole paragraphs
    typical: int  # the size of most abstracts
    repeated: Mapping[str, int]  # short lines that stand there more than once


_ENDS = ".!?。！？"


def assign_roles(rows: Iterator[Row]) -> Iterator[tuple[Row, Role]]:
    """Each row with its role, in order."""
    window: list[Row] = []
    before: tuple[Row, Role] | None = None
    while True:
        window += islice(rows, _WINDOW - len(window))
        last = len(window) < _WINDOW
        settled = len(window) if last else _WINDOW - _OVERLAP
        for pair in islice(zip(window, _find_cheapest(window, before), strict=True), settled):
            yield pair
            before = pair
        del window[:settled]
        if last:
            return


def _find_cheapest(rows: Sequence[Row], before: tuple[Row, Role] | None) -> list[Role]:
    if not rows:
        return []
    page = _survey(rows)
    previous, costs = (before[0], {before[1]: 0.0}) if before else (None, {})
    came_from: list[dict[Role, Role | None]] = []
    for row in rows:
        reached: dict[Role, float] = {}
        origins: dict[Role, Role | None] = {}
        for role in Role:
            steps: list[tuple[float, Role | None]] = (
                [(cost + _step_cost(previous, origin, row, role, page), origin) for origin, cost in costs.items()]
                if previous
                else [(0.0 if role in _FIRST else _NEVER, None)]
            )
            cost, origin = min(steps, key=lambda step: step[0])
            if cost < _NEVER:
                reached[role] = cost + _line_cost(row, role, page)
                origins[role] = origin
        previous, costs = row, reached
        came_from.append(origins)
    cheapest: Role | None = min(costs, key=lambda r: costs[r] + (_LONE if r in _IN_TITLE else 0))
    roles: list[Role] = []
    for origins in reversed(came_from):
        if cheapest is None:  # the first row's
            break
        roles.append(cheapest)
        cheapest = origins[cheapest]
    return roles[::-1]


def _survey(rows: Sequence[Row]) -> _Page:
    spaced = sum(row.gap for row in rows) > 1 + len(rows) * 0.03
    for row in rows:
        row.run_size, row.run_last = row.size, row.last
    wrapped = sum(row.size > _WRAPPED for row in rows) < len(rows) * 0.1
    # A line much shorter than the one before it ends a paragraph, as does a blank line after it.
    for row, following in reversed(list(pairwise(rows))):
        goes_on = not following.gap and (spaced or following.size <= row.size * 1.5 + 40)
        if goes_on and row.size <= _WRAPPED and not _is_stub(row):
            ends = not spaced and following.size < row.size * 0.7
            row.run_size += following.size if ends else following.run_size
            row.run_last = following.last if ends else following.run_last
    sizes = sorted(row.run_size for row in rows if row.gap or row.size > _WRAPPED)
    return _Page(
        spaced=spaced,
        width=sorted(row.size for row in rows)[len(rows) * 9 // 10] if wrapped else 0,
        typical=sizes[len(sizes) * 3 // 4] if sizes else 0,
        repeated={t: n for t, n in Counter(row.text for row in rows if row.size < _WRAPPED).items() if n > 1},
    )


def _is_stub(row: Row) -> bool:
    """Too short to be a line of a paragraph that goes on below."""
    return row.size < 40 and row.last not in _ENDS


# --- Costs ---------------------------------------------------------------------------------------

# A title without an abstract; an abstract without a title; furniture amid the page, and when it is a line
# seen three times or more ("Upvote").
_LONE = 3.0
_ORPHANED = 6.0
_FURNISHED = 6.0
_FURNISHED_AGAIN = 2.5

_FIRST = (Role.HEADER, Role.TITLE, Role.ORPHAN)
_IN_TITLE = (Role.TITLE, Role.TITLE_MORE)
_IN_ABSTRACT = (Role.ABSTRACT, Role.ABSTRACT_MORE)
_IN_ORPHAN = (Role.ORPHAN, Role.ORPHAN_MORE)


def _line_cost(row: Row, role: Role, page: _Page) -> float:
    match role:
        case Role.TITLE | Role.TITLE_MORE:
            return _title_cost(row)
        case Role.ABSTRACT:
            return _abstract_cost(row, page)
        case Role.ORPHAN:
            # What could be a title is one; only what must be prose is an orphan.
            return _ORPHANED + _abstract_cost(row, page)
        case Role.HEADER:
            return _furniture_cost(row) + (0.8 if row.words > 3 else 0.3)
        case Role.FOOTER:
            # With _FURNISHED, cheaper than lone titles from the third short line on.
            return _furniture_cost(row) + (0.3 if row.words <= 2 or row.text in page.repeated else _LONE + 0.2)
        case Role.ABSTRACT_MORE | Role.ORPHAN_MORE:
            return 0.0


def _title_cost(row: Row) -> float:
    cost = 20.0 if row.size >= _LONG else 3.0 if row.size >= _WRAPPED else 0.0
    if row.last in ".。":
        cost += 2.5
    elif row.last in ",;":
        cost += 2.0
    return cost + (1.5 if row.breaks else 0.0) + (2.0 if "://" in row.text else 0.0)


def _abstract_cost(row: Row, page: _Page) -> float:
    size, last = (row.run_size, row.run_last) if row.size <= _WRAPPED else (row.size, row.last)
    closed = last in ".。…" or row.breaks or "://" in row.text
    headline = row.capitals >= 0.6 and row.words >= 3 and row.last not in ".。…" and not row.breaks
    if size >= _LONG:
        cost = 0.0
    elif size >= _WRAPPED:
        cost = 0.5 if closed else 1.5
    elif size >= 80:
        cost = 1.0 if closed else 2.0
    else:
        cost = 2.5 if closed else 4.5 if last in "!?" else 5.0
    if row.size < _WRAPPED and headline:
        cost += 2.0
    if row.text[0].islower():
        cost += 1.5
    if page.typical >= 600 and size < page.typical / 5:
        cost += 1.5
    return cost


def _furniture_cost(row: Row) -> float:
    prose = 2.5 if row.last in ".。" or row.breaks else 0.0
    return prose + max(0, row.size - 100) / 100 + (20.0 if row.size >= _LONG else 0.0)


def _step_cost(before: Row, origin: Role, row: Row, role: Role, page: _Page) -> float:
    lone = _LONE if origin in _IN_TITLE else 0.0
    # Where blank lines separate entries.
    glued = 0.0 if row.gap or not page.spaced else 1.0
    match role:
        case Role.HEADER:
            return 0.0 if origin is Role.HEADER else _NEVER
        case Role.FOOTER:
            if origin is Role.FOOTER:
                # A longer line among short ones.
                return -0.3 if row.words > 2 >= before.words else 0.0
            again = page.repeated.get(row.text, 0) > 2
            return _NEVER if origin is Role.HEADER else lone + (_FURNISHED_AGAIN if again else _FURNISHED)
        case Role.TITLE:
            # Amid a sentence of a broken paragraph.
            torn = (
                not row.gap
                and origin in _IN_ABSTRACT + _IN_ORPHAN
                and before.last not in _ENDS
                and before.size <= _WRAPPED
            )
            return lone + glued + (4.0 if torn and page.width else 0.0)
        case Role.TITLE_MORE:
            return _title_step_cost(before, row) if origin in _IN_TITLE and page.width else _NEVER
        case Role.ABSTRACT:
            torn = not row.gap and row.text[0].islower()
            return glued / 2 + (3.0 if torn else 0.0) if origin in _IN_TITLE else _NEVER
        case Role.ORPHAN:
            return _NEVER if origin in _IN_TITLE else glued
        case Role.ABSTRACT_MORE:
            return _prose_step_cost(before, row, page) if origin in _IN_ABSTRACT else _NEVER
        case Role.ORPHAN_MORE:
            return _prose_step_cost(before, row, page) if origin in _IN_ORPHAN else _NEVER


def _title_step_cost(before: Row, row: Row) -> float:
    if row.gap or before.size < 40 or row.size > before.size * 1.3:
        return _NEVER
    return 2.5 if before.last in _ENDS else 0.5 if row.text[0].islower() else 1.5


def _prose_step_cost(before: Row, row: Row, page: _Page) -> float:
    ended = before.last in _ENDS
    if row.gap:
        # Every line followed by a blank one; paragraphs of their own are orphans.
        return 2.0 if before.size <= _WRAPPED and not ended and row.text[0].islower() else _NEVER
    # A title that lost its blank line, rather than the end of a paragraph.
    headline = row.last not in ".。…" and row.size < _WRAPPED and "://" not in row.text
    cost = (1.0 if ended else 0.0) + (1.5 if _is_stub(before) else 0.0)
    if before.size > _WRAPPED or row.size > before.size * 1.5 + 40:
        if not page.spaced:
            return _NEVER
        # The title above its abstract, rather than the first of two broken lines.
        titled = before.size <= _WRAPPED and not ended
        return cost + (2.0 if titled else 0.5) + (2.4 if headline else 0.0)
    if before.size < page.width * 0.6:
        # Broken far from the margin: the end of a paragraph, or a title.
        cost += 3.0 if not page.spaced else 0.0 if ended else 2.0
    return cost + (2.0 if ended and headline and row.capitals >= 0.6 else 0.0)

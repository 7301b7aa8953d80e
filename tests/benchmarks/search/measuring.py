"""Asks one query of all contenders by turns, and compares their answers."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from service.database import Connection
from tests.benchmarks.search.contenders import (
    Contender,
    prepare_exact,
    prepare_ours,
    prepare_plain,
    read_query,
)
from tests.benchmarks.search.queries import Query

_FIRST = 10
_SAME_SCORE = 1e-9
# Exact BM25 is the measure of the order more than of the time: where it takes longer it runs once.
_LONG_MS = 250.0
# What takes a moment is easily disturbed: it goes more rounds, for so many seconds.
_SHORT_S = 0.4


@dataclass(frozen=True, slots=True)
class Result:
    """Milliseconds are medians. small_*: of the small corpus; overlap: None where nothing matches."""

    query: Query
    mode: str
    matches: int
    small_matches: int
    plain_ms: float
    exact_ms: float
    ours_ms: float
    # With the total of the matches.
    counted_ms: float
    small_ms: float
    overlap: float | None

    @property
    def speed_up(self) -> float:
        return self.plain_ms / self.ours_ms


async def measure_query(big: Connection, small: Connection, query: Query, rounds: int) -> Result:
    """One warm-up of each contender, then at least so many rounds in which each runs once."""
    reading, small_reading = await read_query(big, query), await read_query(small, query)
    exact = await prepare_exact(big, query, reading)
    ours = await prepare_ours(big, query)
    contenders = {
        "plain": await prepare_plain(big, query),
        "ours": ours,
        "counted": await prepare_ours(big, query, count=True),
        "small": await prepare_ours(small, query),
    }
    wanted, exact_ms = await exact.run()
    if exact_ms < _LONG_MS:
        contenders["exact"] = exact
    found = [row["id"] for row in (await ours.run())[0] if row["id"] is not None]
    times = await _take_turns(contenders, rounds)
    return Result(
        query=query,
        mode=reading.mode,
        matches=reading.matches,
        small_matches=small_reading.matches if small_reading.mode == reading.mode else 0,
        plain_ms=times["plain"],
        exact_ms=times.get("exact", exact_ms),
        ours_ms=times["ours"],
        counted_ms=times["counted"],
        small_ms=times["small"],
        overlap=compute_overlap(found, [(row["id"], row["score"]) for row in wanted]),
    )


async def _take_turns(contenders: dict[str, Contender], rounds: int) -> dict[str, float]:
    times: dict[str, list[float]] = {name: [] for name in contenders}
    start = time.perf_counter()
    turn = 0
    while turn <= rounds or time.perf_counter() - start < _SHORT_S:
        for name, contender in contenders.items():
            _, milliseconds = await contender.run()
            if turn:
                times[name].append(milliseconds)
        turn += 1
    return {name: median(values) for name, values in times.items()}


def compute_overlap(found: Sequence[int], wanted: Sequence[tuple[int, float]]) -> float | None:
    """The share of the exact ranking's first ten (wanted: ids with scores) among the first ten found.

    Those whose scores tie with the tenth's are as good as each other.
    """
    if not wanted:
        return None
    first = min(_FIRST, len(wanted))
    last_score = wanted[first - 1][1]
    above = {number for number, score in wanted if score > last_score + _SAME_SCORE}
    tied = {number for number, score in wanted if abs(score - last_score) <= _SAME_SCORE}
    ids = set(found[:_FIRST])
    return (len(ids & above) + min(len(ids & tied), first - len(above))) / first

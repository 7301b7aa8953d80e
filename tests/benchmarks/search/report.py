"""Prints what was measured, and compares it with the targets."""

from collections.abc import Callable, Iterable, Sequence
from statistics import geometric_mean, mean

from tests.benchmarks.search.filling import Filled
from tests.benchmarks.search.measuring import Result
from tests.benchmarks.search.queries import Kind

# From this many matches on, ranking all of them is slow; below this many it is not.
_MANY = 5000
_FEW = 1000
# Milliseconds that a page may take.
_WORDS_MS = 25.0
_HARDER_MS = 60.0
_HARDER = (Kind.PHRASE, Kind.EXCLUSION, Kind.FILTER, Kind.ANY_OF)

HEADING = (
    f"{'query':58} {'kind':9} {'mode':4} {'matches':>8} {'scaled':>6} {'plain':>8} {'exact':>8} {'ours':>8}"
    f" {'+ count':>8} {'small':>8} {'speed-up':>8} {'overlap':>7}"
)
LEGEND = """
matches: papers that match; scaled: divided by those of the small corpus, scaled up. Milliseconds, medians:
plain: ts_rank over all matches; exact: BM25 over all matches; ours: the product's page; + count: what the page takes
longer with a total; small: ours on the small corpus. speed-up: plain / ours. overlap: of the first ten of exact and
ours. Where the mode is "any", plain, which knows no such thing, finds nothing.
"""


def write_result(result: Result, scale: float) -> str:
    """A line of the table. scale: how much larger the big corpus is."""
    scaled = f"{result.matches / result.small_matches / scale:.2f}" if result.small_matches else "-"
    overlap = "-" if result.overlap is None else f"{result.overlap:.2f}"
    return (
        f"{_cut(str(result.query)):58} {result.query.kind:9} {result.mode:4} {result.matches:8,} {scaled:>6}"
        f" {result.plain_ms:8.2f} {result.exact_ms:8.1f} {result.ours_ms:8.2f}"
        f" {result.counted_ms - result.ours_ms:8.2f} {result.small_ms:8.2f} {result.speed_up:8.1f} {overlap:>7}"
    )


def write_filled(name: str, filled: Filled) -> str:
    lines = [
        f"{name}:",
        f"  filling, indexes kept     ours {filled.ours:7.1f} s  plain {filled.plain:7.1f} s"
        f"  ratio {filled.ours / filled.plain:.2f}  (document frequencies: {filled.refresh:.1f} s of it)",
    ]
    whole = (filled.rows + filled.ours, filled.rows + filled.plain)
    lines.append(
        f"  with the papers' rows     ours {whole[0]:7.1f} s  plain {whole[1]:7.1f} s  ratio {whole[0] / whole[1]:.2f}"
    )
    if filled.ours_after is not None and filled.plain_after is not None:
        lines.append(
            f"  filling, indexes after    ours {filled.ours_after:7.1f} s  plain {filled.plain_after:7.1f} s"
            f"  ratio {filled.ours_after / filled.plain_after:.2f}"
        )
    lines.append(
        f"  size, indexes kept        ours {filled.ours_bytes / 1e6:6,.0f} MB"
        f"  plain {filled.plain_bytes / 1e6:6,.0f} MB"
        f"  ratio {filled.ours_bytes / filled.plain_bytes:.2f}"
    )
    return "\n".join(lines)


def write_summary(results: Sequence[Result], loaded: Filled, big: Filled) -> str:
    """The targets, each with its figure."""
    answered = [result for result in results if result.mode == "all"]
    many = [result.speed_up for result in answered if result.matches > _MANY]
    few = [result for result in answered if result.matches < _FEW]
    slower = [result for result in few if result.ours_ms > max(result.plain_ms * 1.2, result.plain_ms + 1)]
    overlaps = [result.overlap for result in results if result.overlap is not None]
    growth = [result.ours_ms / result.small_ms for result in results]
    harder = [result for result in results if _is_harder(result)]
    lines = [
        _write_target(f"speed-up over plain, {len(many)} queries of over {_MANY:,}", many, geometric_mean, ">=", 10),
        _write_target(f"slower than plain, of {len(few)} under {_FEW:,}", [len(slower)], max, "<=", 0),
        *(f"    {_cut(str(r.query))}: {r.ours_ms:.2f} ms against {r.plain_ms:.2f}" for r in slower),
        _write_target("words: longest, ms", _times(r for r in results if not _is_harder(r)), max, "<=", _WORDS_MS),
        _write_target("phrases, exclusions, filters, any-of: longest, ms", _times(harder), max, "<=", _HARDER_MS),
        _write_target("overlap with exact: mean", overlaps, mean, ">=", 0.95),
        _write_target("overlap with exact: least", overlaps, min, ">=", 0.7),
        _write_target("time on the big corpus / on the small", growth, geometric_mean, "<=", 1.6),
        _write_target("filling, ours / plain", [loaded.ours / loaded.plain], max, "<=", 2),
        _write_target(
            "filling with the papers' rows, ours / plain",
            [(loaded.rows + loaded.ours) / (loaded.rows + loaded.plain)],
            max,
            "<=",
            2,
        ),
        _write_target("size, ours / plain", [big.ours_bytes / big.plain_bytes], max, "<=", 2),
    ]
    return "\n".join(lines)


def _write_target(
    name: str, figures: Sequence[float], summarise: Callable[[Sequence[float]], float], sign: str, target: float
) -> str:
    if not figures:
        return f"  -       {name}: no such query"
    figure = summarise(figures)
    met = figure >= target if sign == ">=" else figure <= target
    return f"  {'met' if met else 'MISSED':6}  {name}: {figure:.2f} (target {sign} {target:g})"


def _is_harder(result: Result) -> bool:
    return result.query.kind in _HARDER or result.mode == "any"


def _times(results: Iterable[Result]) -> list[float]:
    return [result.ours_ms for result in results]


def _cut(text: str) -> str:
    return text if len(text) <= 58 else text[:57] + "…"

"""How long suggestions take: `python -m tests.benchmarks.bench_suggest DSN`.

Each time is that of the statement, from sending it on an open connection to having its answer, planning included where
PostgreSQL still plans. `tests.benchmarks.fill_suggest` makes a database to measure.
"""

import argparse
import asyncio
import json
import statistics
import time
from collections import Counter

from service.database import Connection, open_connection
from service.queries.suggest import SuggestRequest, render_suggest
from service.settings import Settings

# What each is an example of, and prefixes of that kind.
PREFIXES = {
    "a letter or two": ["a", "m", "s", "de", "zq"],
    "a frequent beginning": ["att", "mod", "the", "learning", "a survey of"],
    "a model or a repository": ["gpt-4", "bert", "llama", "clip", "openai/c", "https://github.com/google-research/b"],
    "a title": ["attention is a", "neural machine tra", "schrodinger", "segmentation of", "Bayesian nonpar"],
    "words inside titles": [
        "language foun",
        "models gen",
        "retrieval augmented gen",
        "the eigenvalue conj",
        "based syst",
    ],
    "a typo": ["atention is all", "lnogformer", "berd", "xttention", "quantum entaglement", "openai/clpi", "roberat"],
    "a long one": [
        "reinforcement learning from human feedbakc for large language models with a title that goes on",
        "on the " + "very " * 300 + "long",
    ],
    "nothing": ["qwxyzptlk", "zzzz zzzz zzzz", "日本語", "🦙🦙", "100%_\\", "penguin larg"],
}
ROUNDS = 60
# PostgreSQL plans the first five executions for their values, then keeps one plan.
WARM_UP = 6


async def measure(connection: Connection, prefix: str, limit: int) -> tuple[list[float], Counter[str]]:
    """Milliseconds of each round, and how many suggestions matched how."""
    sql, values = render_suggest(SuggestRequest(prefix, limit))
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        found = await connection.fetchval(sql, *values)
        times.append((time.perf_counter() - started) * 1000)
    return times, Counter(item["match"] for item in json.loads(found))


async def main(dsn: str, limit: int) -> None:
    connection = await open_connection(dsn, Settings(), read_only=True)
    counts = await connection.fetchrow(
        "SELECT (SELECT count(*) FROM papers), (SELECT count(*) FROM models), (SELECT count(*) FROM repos)"
    )
    assert counts is not None
    print("{:,} papers, {:,} models, {:,} repositories; limit {}".format(*counts, limit))
    for _ in range(WARM_UP):
        await measure(connection, "warm up", limit)
    print(f"{'prefix':40} {'median':>7} {'p95':>7} ms  found")
    medians, everything = [], []
    for kind, prefixes in PREFIXES.items():
        print(f"-- {kind}")
        for prefix in prefixes:
            times, found = await measure(connection, prefix, limit)
            medians.append(statistics.median(times))
            everything += times
            p95 = statistics.quantiles(times, n=20)[-1]
            print(f"{prefix[:40]:40} {medians[-1]:7.2f} {p95:7.2f}     {dict(found)}")
    await connection.close()
    print(
        f"{len(medians)} prefixes: the slowest median {max(medians):.2f} ms; of all {len(everything):,} times", end=" "
    )
    print(f"the median {statistics.median(everything):.2f} ms, p95 {statistics.quantiles(everything, n=20)[-1]:.2f} ms")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="How long suggestions take.")
    parser.add_argument("dsn")
    parser.add_argument("--limit", type=int, default=10)
    arguments = parser.parse_args()
    asyncio.run(main(arguments.dsn, arguments.limit))

"""How fast the ranking is, against plain ts_rank and exact BM25 on the same server: `make bench-search`, or
`python -m tests.benchmarks.bench_search`.

Two databases are filled: a small one with real papers, and one with these and papers spliced from them. Without
--keep both are gone afterwards. Times are those of one connection and prepared statements, warm, the contenders
taking turns.
"""

import argparse
import asyncio
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import asyncpg

from service.database import open_connection
from service.embedded import attach
from service.settings import Settings
from tests.benchmarks.search.contenders import forget_frequencies
from tests.benchmarks.search.corpus import make_corpus, read_papers
from tests.benchmarks.search.filling import provide
from tests.benchmarks.search.measuring import measure_query
from tests.benchmarks.search.queries import QUERIES
from tests.benchmarks.search.report import HEADING, LEGEND, write_filled, write_result, write_summary
from tests.conftest import make_server_folder, with_database
from tests.shared import find_shared

_PAPERS = 800_000
# The small corpus is this part of the big one: of 800,000 the 120,000 real papers.
_SMALL = 0.15
# A server as one would set it up for this, and nothing that would work beside what is measured.
_SETTINGS = {
    "shared_buffers": "2GB",
    "effective_cache_size": "6GB",
    "work_mem": "64MB",
    "maintenance_work_mem": "512MB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "30min",
    "random_page_cost": "1.1",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "max_parallel_maintenance_workers": "0",
    "autovacuum": "off",
}


@contextmanager
def run_server(folder: Path) -> Iterator[str]:
    """The DSN of an embedded server with _SETTINGS, which some of it only takes when it starts."""
    with attach(str(folder), durable=False) as dsn:
        asyncio.run(_set_up(dsn))
    with attach(str(folder), durable=False) as dsn:
        yield dsn


async def _set_up(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    for name, value in _SETTINGS.items():
        await connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
    await connection.close()


async def _print_settings(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    rows = await connection.fetch(
        "SELECT name, current_setting(name) AS value FROM pg_settings WHERE name = ANY($1::text[])"
        " OR name IN ('server_version', 'fsync', 'plan_cache_mode') ORDER BY name",
        list(_SETTINGS),
    )
    await connection.close()
    shown = [f"{row['name']} {row['value']}" for row in rows]
    print(", ".join([*shown, f"{os.cpu_count()} processors"]), flush=True)


async def bench(server: str, papers: int, rounds: int) -> None:
    """Fill what is not filled yet, ask, and print."""
    await _print_settings(server)
    settings = Settings(connect_timeout=10.0)
    path = find_shared() / "data" / "papers-120k.jsonl.gz"
    real = read_papers(path, round(papers * _SMALL))
    small_name, big_name = f"bench_small_{len(real)}", f"bench_big_{papers}"
    loaded = await provide(server, small_name, real, settings, compare=True)
    filled = await provide(server, big_name, make_corpus(real, papers), settings)
    print(write_filled(f"{len(real):,} papers", loaded))
    print(write_filled(f"{papers:,} papers", filled))
    small = await open_connection(with_database(server, small_name), settings)
    big = await open_connection(with_database(server, big_name), settings)
    await forget_frequencies(big)
    print(LEGEND, HEADING, sep="\n", flush=True)
    results = []
    for query in QUERIES:
        results.append(await measure_query(big, small, query, rounds))
        print(write_result(results[-1], papers / len(real)), flush=True)
    await big.close()
    await small.close()
    print()
    print(write_summary(results, loaded, filled))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="bench_search", description="Measure the speed of the ranking.")
    parser.add_argument("--papers", type=int, default=_PAPERS, help="how many papers (%(default)s)")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the filled server there, for the next run")
    parser.add_argument("--rounds", type=int, default=7, help="how often at least each query is asked (%(default)s)")
    given = parser.parse_args(arguments)
    if not find_shared().is_dir():
        parser.error(f"{find_shared()} is not there: set SHARED_DATA")
    with ExitStack() as stack:
        folder: Path = given.keep or stack.enter_context(make_server_folder())
        # The server's user must be able to enter it.
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        asyncio.run(bench(stack.enter_context(run_server(folder.resolve())), given.papers, given.rounds))


if __name__ == "__main__":
    main()

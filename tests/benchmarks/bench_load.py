"""How fast loading is, beside the least that a loader could do: `make bench-load`, or
`python -m tests.benchmarks.bench_load`.

Each contender (loading/contenders.py) loads the same file into an empty database of its own on one server, in turns, so
that what else the machine does falls on all of them. The figures are those of its fastest turn; the ratios count.
"""

import argparse
import asyncio
import gzip
import os
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

import asyncpg

from service.embedded import attach
from service.migrate import migrate
from service.settings import Settings
from tests.benchmarks.loading.contenders import CONTENDERS
from tests.benchmarks.loading.measuring import Measured, find_postmaster, measure
from tests.conftest import create_clone, drop_clone, make_server_folder, with_database
from tests.shared import find_shared

_PAPERS = 120_000
# A server as one would set it up to load, nothing working beside what is measured. Commits wait for the disk.
_SETTINGS = {
    "shared_buffers": "1GB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "30min",
    "jit": "off",
    "autovacuum": "off",
}
_LABELS = {"limit": "the limit", "bare": "without extraction", "whole": "whole", "again": "again, nothing changed"}
# What is wanted, as parts of the limit's rate; of the first load's; of memory in bytes.
_BARE, _WHOLE, _AGAIN, _MEMORY = 0.6, 0.4, 5.0, 200_000_000


async def bench(folder: Path, server: str, file: Path, turns: int) -> dict[str, Measured]:
    """The fastest turn of each contender, and of loading again what "whole" has loaded."""
    settings = Settings(connect_timeout=10.0)
    template = await create_clone(with_database(server, "template0"))
    await migrate(template, settings)
    postmaster = find_postmaster(folder)
    best: dict[str, Measured] = {}

    def note(name: str, measured: Measured) -> None:
        print(_write_row(f"turn {turn + 1}: {_LABELS[name]}", measured), flush=True)
        if name not in best or measured.seconds < best[name].seconds:
            best[name] = measured

    for turn in range(turns):
        # Each begins once.
        for name in CONTENDERS[turn % 3 :] + CONTENDERS[: turn % 3]:
            dsn = await create_clone(template)
            note(name, await measure(name, dsn, file, postmaster))
            if name == "whole":
                note("again", await measure(name, dsn, file, postmaster))
            await drop_clone(dsn)
    await drop_clone(template)
    return best


async def _set_up(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    for name, value in _SETTINGS.items():
        await connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
    await connection.close()


_HEADING = (
    f"{'':34}{'papers':>8}{'seconds':>9}{'papers/s':>10}{'client s':>10}{'server s':>10}"
    f"{'conn.':>7}{'memory MB':>11}{'WAL MB':>9}"
)


def _write_row(label: str, m: Measured) -> str:
    return (
        f"{label:34}{m.papers:8,}{m.seconds:9.1f}{m.rate:10,.0f}{m.client:10.1f}{m.server:10.1f}"
        f"{m.connections:7}{m.memory / 1e6:11.0f}{m.wal / 1e6:9.1f}"
    )


def write_summary(best: dict[str, Measured]) -> str:
    """What was measured beside what is wanted."""
    limit, bare, whole, again = best["limit"], best["bare"], best["whole"], best["again"]
    wanted = [
        ("without extraction, of the limit's rate", bare.rate / limit.rate, _BARE),
        ("whole, of the limit's rate", whole.rate / limit.rate, _WHOLE),
        ("again, of the first load's rate", again.rate / whole.rate, _AGAIN),
    ]
    lines = [
        f"{label:42}{value:8.2f}   wanted {least:g} or more: {'yes' if value >= least else 'NO'}"
        for label, value, least in wanted
    ]
    lines.append(
        f"{'peak memory of the client, MB':42}{whole.memory / 1e6:8.0f}   wanted {_MEMORY / 1e6:g} or less: "
        f"{'yes' if whole.memory <= _MEMORY else 'NO'}"
    )
    lines.append(f"{'WAL of loading again, of the first load':42}{again.wal / whole.wal:8.4f}")
    limit_cpu = (limit.client + limit.server) / limit.papers
    for name, measured in (("without extraction", bare), ("whole", whole)):
        share = limit_cpu * measured.papers / (measured.client + measured.server)
        lines.append(f"{f'{name}, by the processor of both sides':42}{share:8.2f}   of the limit")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="bench_load", description="Measure the speed of loading.")
    parser.add_argument("--papers", type=int, default=_PAPERS, help="how many papers (%(default)s)")
    parser.add_argument("--turns", type=int, default=2, help="how often each loads (%(default)s)")
    given = parser.parse_args(arguments)
    path = find_shared() / "data" / "papers-120k.jsonl.gz"
    if not path.is_file():
        parser.error(f"{path} is not there: set SHARED_DATA")
    with ExitStack() as stack:
        folder = stack.enter_context(make_server_folder())
        file = folder / "papers.jsonl"
        with gzip.open(path, "rb") as packed, file.open("wb") as plain:
            plain.writelines(islice(packed, given.papers))
        with attach(str(folder)) as server:
            asyncio.run(_set_up(server))
        server = stack.enter_context(attach(str(folder)))
        shown = ", ".join(f"{name} {value}" for name, value in _SETTINGS.items())
        print(f"{shown}, {os.cpu_count()} processors", _HEADING, sep="\n", flush=True)
        best = asyncio.run(bench(folder, server, file, given.turns))
    print()
    print(_HEADING)
    for name, measured in best.items():
        print(_write_row(_LABELS[name], measured))
    print()
    print(write_summary(best))


if __name__ == "__main__":
    main()

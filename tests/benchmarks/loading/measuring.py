"""One load, measured from outside: its connections, the processor's time of the server, what was written."""

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import asyncpg

ROOT = Path(__file__).parents[3]
_TICKS = os.sysconf("SC_CLK_TCK")
# Of one program: ours says its name.
_CONNECTIONS = """
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND backend_type = 'client backend'
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """papers: records read. seconds: on the clock. client, server: seconds of the processor. memory: the client's
    peak, in bytes. connections: at most, at a time. wal: bytes."""

    papers: int
    seconds: float
    client: float
    memory: int
    server: float
    connections: int
    wal: int

    @property
    def rate(self) -> float:
        """Papers a second."""
        return self.papers / self.seconds


async def measure(name: str, dsn: str, file: Path, postmaster: int) -> Measured:
    """Run a contender (contenders.CONTENDERS) to its end. Raises RuntimeError where it fails."""
    watch = await asyncpg.connect(dsn)
    try:
        wal = await watch.fetchval("SELECT pg_current_wal_insert_lsn()")
        cpu = read_server_cpu(postmaster)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.benchmarks.loading.contenders", name, dsn, str(file), cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        ending = asyncio.ensure_future(process.communicate())
        connections = 0
        while not ending.done():
            connections = max(connections, await watch.fetchval(_CONNECTIONS))
            await asyncio.wait([ending], timeout=0.5)
        told, _ = await ending
        if process.returncode != 0:
            raise RuntimeError(f"{name} failed")
        # Its connection may still be on its way out, and its time is only then the server's.
        while await watch.fetchval(_CONNECTIONS):  # noqa: ASYNC110 - another process's
            await asyncio.sleep(0.05)
        written = await watch.fetchval("SELECT pg_current_wal_insert_lsn() - $1::pg_lsn", wal)
        server = read_server_cpu(postmaster) - cpu
    finally:
        await watch.close()
    return Measured(**json.loads(told), server=server, connections=connections, wal=int(written))


def find_postmaster(folder: Path) -> int:
    """The first process of the embedded server in this folder."""
    (pid_file,) = folder.glob("postgres-*/postmaster.pid")
    return int(pid_file.read_text().split("\n", 1)[0])


def read_server_cpu(postmaster: int) -> float:
    """Seconds of the processor that the server's processes have used, those that ended included."""
    ticks = 0
    for stat in _read_stats():
        pid, parent, own, children = stat
        if pid == postmaster:
            ticks += own + children
        elif parent == postmaster:
            ticks += own
    return ticks / _TICKS


def _read_stats() -> Iterator[tuple[int, int, int, int]]:
    """Of each process: its number, its parent's, its own ticks, and those of its children that ended."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            # The name in brackets may hold spaces. Then: state, parent, …, utime, stime, cutime, cstime (proc(5)).
            fields = path.read_text().rpartition(")")[2].split()
            user, system, their_user, their_system = map(int, fields[11:15])
            yield int(path.parent.name), int(fields[1]), user + system, their_user + their_system

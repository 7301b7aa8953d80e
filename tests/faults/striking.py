"""Ways to end a load in the middle: its process, its connection, the server's process or all of them, the disk."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from service.embedded import attach

ROOT = Path(__file__).parents[2]
_LOADERS_BACKEND = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
_CHUNK = bytes(1 << 16)


@dataclass(frozen=True, slots=True)
class Scene:
    """What may be struck: the loader, the database it loads into, and the folder of the server."""

    loader: asyncio.subprocess.Process
    dsn: str
    folder: Path


async def kill_loader(scene: Scene) -> None:
    scene.loader.send_signal(signal.SIGKILL)


async def cut_connection(scene: Scene) -> None:
    connection = await asyncpg.connect(scene.dsn)
    try:
        await connection.fetch(f"SELECT pg_terminate_backend(pid) FROM ({_LOADERS_BACKEND}) AS found")
    finally:
        await connection.close()


async def kill_backend(scene: Scene) -> None:
    """The process that works for the loader: PostgreSQL ends all others then and recovers."""
    connection = await asyncpg.connect(scene.dsn)
    pids = [row["pid"] for row in await connection.fetch(_LOADERS_BACKEND)]
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    # The connection is ended with the others.
    with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        await connection.close(timeout=5)


async def kill_server(scene: Scene) -> None:
    """All of the server's processes at once."""
    (pid_file,) = scene.folder.glob("postgres-*/postmaster.pid")
    postmaster = int(pid_file.read_text().split("\n", 1)[0])
    for pid in [postmaster, *_find_children(postmaster)]:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


async def fill_disk(scene: Scene) -> None:
    """Until nothing more can be written; restore() makes room again."""
    with suppress(OSError), _ballast(scene.folder).open("wb", buffering=0) as file:
        while True:
            file.write(_CHUNK)


STRIKES: tuple[Callable[[Scene], object], ...] = (kill_loader, cut_connection, kill_backend, kill_server)


def restore(folder: Path) -> None:
    """A disk with room, and a server that runs."""
    _ballast(folder).unlink(missing_ok=True)
    with attach(str(folder)):
        pass


@contextmanager
def mount_small_disk(folder: Path, size: str) -> Iterator[None]:
    """A file system in memory of this size at `folder`. Raises OSError where this process may not mount one."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        raise OSError(mounted.stderr.decode().strip())
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


async def start_loader(dsn: str, *files: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.faults.loader", dsn, *files, cwd=ROOT,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


def _ballast(folder: Path) -> Path:
    return folder / "ballast"


def _find_children(parent: int) -> Iterator[int]:
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            # The name in brackets may hold spaces.
            if int(stat.read_text().rpartition(")")[2].split()[1]) == parent:
                yield int(stat.parent.name)

"""Whatever ends a load, and whenever: after loading again the database is that of an undisturbed load.

FAULT_ROUNDS rounds for each kind of fault, one by default; `make faults-load` does ten.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from service.embedded import attach
from service.migrate import migrate
from service.settings import Settings
from tests.conftest import create_clone, drop_clone, make_server_folder, with_database
from tests.faults.striking import STRIKES, Scene, fill_disk, mount_small_disk, restore, start_loader
from tests.integration.test_store_faults import make_records, write
from tests.stored import check_counts, dump

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "1"))
RECORDS = 150
# A round whose strikes all came too late is done again.
ATTEMPTS = 8
PATIENCE = 60.0

Strike = Callable[[Scene], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Stage:
    """A server to break, an empty database in it to copy, a file to load, what is there after an undisturbed load of
    it, and the seconds that one takes, its start included."""

    folder: Path
    template: str
    file: str
    undisturbed: dict[str, list[Any]]
    seconds: float


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stage(settings: Settings) -> AsyncIterator[Stage]:
    with make_server_folder() as folder, attach(str(folder)) as server:
        yield await _set_stage(folder, server, settings)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def small_stage(settings: Settings) -> AsyncIterator[Stage]:
    """On a disk that is soon full."""
    if shutil.which("mount") is None or os.geteuid() != 0:
        pytest.skip("only root may mount a small disk to fill")
    with make_server_folder() as folder, ExitStack() as stack:
        try:
            stack.enter_context(mount_small_disk(folder, "256m"))
        except OSError as error:
            pytest.skip(f"a small disk cannot be mounted here: {error}")
        server = stack.enter_context(attach(str(folder)))
        yield await _set_stage(folder, server, settings)


@pytest.mark.parametrize("round_", range(ROUNDS))
@pytest.mark.parametrize("strike", STRIKES, ids=lambda strike: strike.__name__)
async def test_a_load_that_is_struck_is_finished_by_the_next(strike: Strike, round_: int, stage: Stage) -> None:
    await _strike_loads(strike, stage)


@pytest.mark.parametrize("round_", range(ROUNDS))
async def test_a_load_whose_disk_is_full_is_finished_when_there_is_room(round_: int, small_stage: Stage) -> None:
    await _strike_loads(fill_disk, small_stage)


async def _set_stage(folder: Path, server: str, settings: Settings) -> Stage:
    template = await create_clone(with_database(server, "template0"))
    await migrate(template, settings)
    file = write(folder / "papers.jsonl", make_records(RECORDS))
    begun = monotonic()
    undisturbed = await _load_undisturbed(template, file)
    return Stage(folder, template, file, undisturbed, monotonic() - begun)


async def _strike_loads(strike: Strike, stage: Stage) -> None:
    for _ in range(ATTEMPTS):
        struck, found, wrong = await _load_struck(strike, stage)
        assert wrong is None, wrong
        assert found == stage.undisturbed
        if struck:
            return
    pytest.fail(f"no strike came in time in {ATTEMPTS} loads")


async def _load_undisturbed(template: str, file: str) -> dict[str, list[Any]]:
    dsn = await create_clone(template)
    loader = await start_loader(dsn, file)
    _, errors = await loader.communicate()
    assert loader.returncode == 0, errors
    found = await _dump(dsn)
    await drop_clone(dsn)
    return found


async def _load_struck(strike: Strike, stage: Stage) -> tuple[int, dict[str, list[Any]], str | None]:
    """Loads that were struck, what is there after one that was not, and what went wrong."""
    random = Random()
    dsn = await create_clone(stage.template)
    struck = 0
    wrong = None
    for number in range(1, random.randint(1, 3 if ROUNDS > 1 else 1) + 1):
        loader = await start_loader(dsn, stage.file)
        await _wait_for_load(dsn, number, loader)
        await asyncio.sleep(random.random() * stage.seconds / 2)
        if loader.returncode is None:
            await strike(Scene(loader, dsn, stage.folder))
        _, errors = await asyncio.wait_for(loader.communicate(), PATIENCE)
        struck += loader.returncode != 0
        if b"Traceback" in errors:
            wrong = errors.decode()
        await asyncio.to_thread(restore, stage.folder)
    loader = await start_loader(dsn, stage.file)
    _, errors = await asyncio.wait_for(loader.communicate(), PATIENCE)
    if loader.returncode != 0:
        wrong = f"loading again failed: {errors.decode()}"
    found = await _dump(dsn)
    await drop_clone(dsn)
    return struck, found, wrong


async def _wait_for_load(dsn: str, number: int, loader: asyncio.subprocess.Process) -> None:
    """Until the load of this number has begun, or its loader ended."""
    connection = await asyncpg.connect(dsn)
    while loader.returncode is None and await connection.fetchval("SELECT count(*) FROM loads") < number:  # noqa: ASYNC110
        await asyncio.sleep(0.005)
    await connection.close()


async def _dump(dsn: str) -> dict[str, list[Any]]:
    """All but times, after checking what is kept beside the papers."""
    connection = await asyncpg.connect(dsn)
    try:
        await check_counts(connection)
        # Batch by batch: what is counted is what is there.
        counted = await connection.fetchval("SELECT sum(created + merged) FROM loads")
        assert counted == await connection.fetchval("SELECT count(*) FROM records")
        assert counted == await connection.fetchval("SELECT sum(created + merged) FROM load_files")
        return await dump(connection, ids=True)
    finally:
        await connection.close()

"""The pools: what a caller sees of a database that is slow, busy, restarted, gone or wrong."""

import asyncio
import contextlib
import dataclasses
import os
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from service.database import Database, Lane
from service.embedded import attach
from service.errors import ApiError, BadRequest, Unavailable
from service.settings import Settings
from service.sqlstates import translate


@pytest_asyncio.fixture
async def hurried(dsn: str, settings: Settings) -> AsyncIterator[Database]:
    """One connection a lane, and little patience with statements."""
    short = dataclasses.replace(settings, lookup_pool_size=1, search_pool_size=1, statement_timeout=1.0)
    database = await Database.open(dsn, short)
    yield database
    await database.close()


async def count_active(db: Database, text: str) -> int:
    sql = """
        SELECT count(*) FROM pg_stat_activity
        WHERE state = 'active' AND query LIKE '%' || $1 || '%' AND pid <> pg_backend_pid()
    """
    return int(await db.fetchval(Lane.LOOKUP, sql, text))


async def wait_until_active(db: Database, text: str) -> None:
    for _ in range(1000):
        if await count_active(db, text):
            return
        await asyncio.sleep(0.01)
    pytest.fail(f"{text} never ran")


async def terminate_others(db: Database) -> None:
    sql = """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()
    """
    async with db.acquire(Lane.LOOKUP) as connection:
        await connection.fetch(sql)


async def test_reads_rows_a_row_and_a_value(db: Database) -> None:
    sql = "SELECT n, n * $1::integer AS product FROM generate_series(1, 3) AS n"
    assert [tuple(row) for row in await db.fetch(Lane.SEARCH, sql, 2)] == [(1, 2), (2, 4), (3, 6)]
    row = await db.fetchrow(Lane.LOOKUP, sql, 3)
    assert row is not None
    assert tuple(row) == (1, 3)
    assert await db.fetchrow(Lane.LOOKUP, "SELECT 1 WHERE false") is None
    assert await db.fetchval(Lane.LOOKUP, "SELECT $1::text", "é𝒳") == "é𝒳"


async def test_sessions_are_set_up(db: Database, settings: Settings) -> None:
    shown = {
        name: await db.fetchval(Lane.SEARCH, "SELECT current_setting($1)", name)
        for name in ("application_name", "statement_timeout", "TimeZone", "jit", "client_min_messages")
    }
    assert shown == {
        "application_name": "colophon",
        "statement_timeout": f"{settings.statement_timeout:.0f}s",
        "TimeZone": "UTC",
        "jit": "off",
        "client_min_messages": "warning",
    }


async def test_read_only_sessions_cannot_write(dsn: str, settings: Settings) -> None:
    database = await Database.open(dsn, settings, read_only=True)
    with pytest.raises(Unavailable):
        await database.fetch(Lane.LOOKUP, "CREATE TABLE written ()")
    await database.close()


async def test_reads_survive_terminated_connections(db: Database) -> None:
    for _ in range(5):
        pids = await asyncio.gather(*(db.fetchval(Lane.SEARCH, "SELECT pg_backend_pid()") for _ in range(20)))
        await terminate_others(db)
        others = await asyncio.gather(*(db.fetchval(Lane.SEARCH, "SELECT pg_backend_pid()") for _ in range(20)))
        assert not set(pids) & set(others)


async def test_a_read_survives_being_terminated_itself(db: Database) -> None:
    reading = asyncio.create_task(db.fetchval(Lane.SEARCH, "SELECT 1 FROM pg_sleep(0.5)"))
    await wait_until_active(db, "pg_sleep(0.5)")
    await terminate_others(db)
    assert await reading == 1


async def test_held_statements_survive_changed_tables(db: Database, dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute("CREATE TABLE changing AS SELECT 1 AS a")
    for number in range(5):
        rows = await asyncio.gather(*(db.fetchrow(Lane.SEARCH, "SELECT * FROM changing") for _ in range(8)))
        assert {len(row) for row in rows if row is not None} == {number + 1}
        await connection.execute(f"ALTER TABLE changing ADD COLUMN b{number} integer")
    await connection.close()


async def test_a_server_that_went_away_and_came_back_needs_no_restart(server_folder: Path, settings: Settings) -> None:
    with attach(str(server_folder), durable=False) as dsn:
        database = await Database.open(dsn, settings)
        assert await database.fetchval(Lane.LOOKUP, "SELECT 1") == 1
        os.kill(read_server_pid(server_folder), signal.SIGKILL)
        with pytest.raises(Unavailable) as failure:
            while True:  # the killed server's processes answer for a moment
                await database.fetchval(Lane.LOOKUP, "SELECT 1")
                await asyncio.sleep(0.1)
        assert (failure.value.code, failure.value.retry_after) == ("database_unavailable", 1)
        with attach(str(server_folder), durable=False):
            assert await database.fetchval(Lane.LOOKUP, "SELECT 1") == 1
            await database.close()


def read_server_pid(folder: Path) -> int:
    (file,) = folder.glob("postgres-*/postmaster.pid")
    return int(file.read_text().splitlines()[0])


async def test_opens_while_the_server_is_down(tmp_path: Path, settings: Settings) -> None:
    for place in (f"postgresql://nobody@/x?host={tmp_path}", "postgresql://nobody@127.0.0.1:9/x"):
        database = await Database.open(place, settings)
        with pytest.raises(Unavailable) as failure:
            await database.fetch(Lane.LOOKUP, "SELECT 1")
        assert failure.value.code == "database_unavailable"
        with pytest.raises(Unavailable):
            async with database.acquire(Lane.LOOKUP):
                pass
        await database.close()


async def test_a_server_that_never_answers_is_given_up(settings: Settings) -> None:
    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Until the client gives up.
        while await reader.read(1024):
            pass
        writer.close()

    silent = await asyncio.start_server(accept, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    short = dataclasses.replace(settings, acquire_timeout=0.3)
    database = await Database.open(f"postgresql://nobody@127.0.0.1:{port}/x?sslmode=disable", short)
    started = time.monotonic()
    with pytest.raises(Unavailable) as failure:
        await database.fetch(Lane.LOOKUP, "SELECT 1")
    assert failure.value.code == "database_unavailable"
    # Not after the ten seconds that connecting may take.
    assert time.monotonic() - started < 5
    await database.close()
    silent.close()


async def test_a_slow_statement_is_stopped(hurried: Database) -> None:
    with pytest.raises(Unavailable) as failure:
        await hurried.fetch(Lane.SEARCH, "SELECT pg_sleep(30)")
    assert failure.value.code == "query_timeout"
    assert await hurried.fetchval(Lane.SEARCH, "SELECT 1") == 1


async def test_a_full_pool_answers_after_a_bounded_wait_and_leaves_the_other_alone(
    hurried: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hurried.acquire(Lane.SEARCH):
        # Only now: opening a connection may take longer than that on a busy machine.
        patient = hurried.settings
        monkeypatch.setattr(hurried, "settings", dataclasses.replace(patient, acquire_timeout=0.3))
        started = time.monotonic()
        with pytest.raises(Unavailable) as failure:
            await hurried.fetch(Lane.SEARCH, "SELECT 1")
        assert failure.value.code == "overloaded"
        assert time.monotonic() - started < patient.acquire_timeout / 2
        monkeypatch.setattr(hurried, "settings", patient)
        assert await hurried.fetchval(Lane.LOOKUP, "SELECT 1") == 1
        assert hurried.pool_states()[Lane.SEARCH] == {"idle": 0, "used": 1, "max": 1}
    assert hurried.pool_states()[Lane.SEARCH] == {"idle": 1, "used": 0, "max": 1}


async def test_a_cancelled_read_stops_in_the_server(db: Database) -> None:
    reading = asyncio.create_task(db.fetch(Lane.SEARCH, "SELECT pg_sleep(60)"))
    await wait_until_active(db, "pg_sleep(60)")
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    # Long before it would have ended by itself.
    for _ in range(500):
        if not await count_active(db, "pg_sleep(60)"):
            return
        await asyncio.sleep(0.01)
    pytest.fail("the statement runs on")


@pytest.mark.parametrize(
    ("sql", "value"),
    [
        ("SELECT $1::text", "\0"),
        ("SELECT $1::text", "\ud800"),
        ("SELECT $1::bigint", 2**63),
        ("SELECT $1::integer + 1", 2**31 - 1),
        ("SELECT ($1::jsonb) ->> 'a'", '{"a": "\\u0000"}'),
    ],
)
async def test_values_that_do_not_fit_are_the_callers_fault(db: Database, sql: str, value: object) -> None:
    with pytest.raises(BadRequest):
        await db.fetchval(Lane.LOOKUP, sql, value)


async def test_a_schema_of_another_version_is_told(db: Database) -> None:
    for sql in (
        "SELECT * FROM later_table",
        "SELECT later_column FROM papers",
        "SELECT later_function(title) FROM papers",
    ):
        with pytest.raises(Unavailable) as failure:
            await db.fetch(Lane.LOOKUP, sql)
        assert failure.value.code == "schema_mismatch"


async def test_faults_of_ours_stay_what_they_are(db: Database) -> None:
    with pytest.raises(asyncpg.DivisionByZeroError):
        await db.fetch(Lane.LOOKUP, "SELECT 1 / 0")
    with pytest.raises(FileNotFoundError):
        async with db.acquire(Lane.LOOKUP):
            raise FileNotFoundError


async def test_a_borrower_leaves_nothing_behind(hurried: Database) -> None:
    for number in range(20):
        with contextlib.suppress(RuntimeError, asyncpg.DivisionByZeroError):
            async with hurried.acquire(Lane.LOOKUP) as connection:
                await connection.execute("SET work_mem = '123kB'; SET statement_timeout = 0")
                await connection.execute("SELECT pg_advisory_lock(7); CREATE TEMPORARY TABLE mine ()")
                if number % 3 == 1:
                    raise RuntimeError
                if number % 3 == 2:
                    async with connection.transaction():
                        await connection.execute("SELECT 1 / 0")
        assert await hurried.fetchval(Lane.LOOKUP, "SHOW work_mem") != "123kB"
        assert await hurried.fetchval(Lane.LOOKUP, "SHOW statement_timeout") == "1s"
        assert await hurried.fetchval(Lane.LOOKUP, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == 0


async def test_a_demoted_primary_is_left(hurried: Database) -> None:
    async with hurried.acquire(Lane.LOOKUP) as connection:
        before = await connection.fetchval("SELECT pg_backend_pid()")
    with pytest.raises(Unavailable) as failure:
        async with hurried.acquire(Lane.LOOKUP) as connection, connection.transaction(readonly=True):
            await connection.execute("DELETE FROM papers")
    assert failure.value.code == "database_unavailable"
    async with hurried.acquire(Lane.LOOKUP) as connection:
        assert await connection.fetchval("SELECT pg_backend_pid()") != before


async def test_every_statement_is_observed_once(hurried: Database) -> None:
    seen: list[tuple[Lane, str]] = []
    hurried.observers.append(lambda lane, seconds, outcome: seen.append((lane, outcome)) if seconds > 0 else None)
    await hurried.fetch(Lane.SEARCH, "SELECT 1")
    with pytest.raises(ApiError):
        await hurried.fetchval(Lane.LOOKUP, "SELECT pg_sleep(30)")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await hurried.fetchrow(Lane.LOOKUP, "SELECT 1 / 0")
    assert seen == [(Lane.SEARCH, "ok"), (Lane.LOOKUP, "query_timeout"), (Lane.LOOKUP, "internal_error")]
    seen.clear()
    async with hurried.acquire(Lane.LOOKUP) as connection:
        await connection.fetchval("SELECT 1")
        await connection.execute("SELECT 2")
    await asyncio.sleep(0)
    assert seen == [(Lane.LOOKUP, "ok"), (Lane.LOOKUP, "ok")]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConnectionRefusedError(), "database_unavailable"),
        (ConnectionResetError(), "database_unavailable"),
        (TimeoutError(), "database_unavailable"),
        (asyncpg.ConnectionDoesNotExistError("x"), "database_unavailable"),
        (asyncpg.AdminShutdownError("x"), "database_unavailable"),
        (asyncpg.CannotConnectNowError("x"), "database_unavailable"),
        (asyncpg.InvalidPasswordError("x"), "database_unavailable"),
        (asyncpg.ReadOnlySQLTransactionError("x"), "database_unavailable"),
        (asyncpg.InternalClientError("x"), "database_unavailable"),
        (asyncpg.InterfaceError("connection is closed"), "database_unavailable"),
        (asyncpg.TooManyConnectionsError("x"), "overloaded"),
        (asyncpg.DeadlockDetectedError("x"), "overloaded"),
        (asyncpg.QueryCanceledError("x"), "query_timeout"),
        (asyncpg.UndefinedTableError("x"), "schema_mismatch"),
        (asyncpg.CharacterNotInRepertoireError("x"), "invalid_parameter"),
        (asyncpg.ProgramLimitExceededError("x"), "invalid_parameter"),
        (asyncpg.UniqueViolationError("x"), None),
        (asyncpg.InterfaceError("another operation is in progress"), None),
        (ValueError("closed"), None),
    ],
)
def test_failures_are_translated(error: Exception, code: str | None) -> None:
    known = translate(error)
    assert (known and known.code) == code
    assert known is None or known.detail != "x"

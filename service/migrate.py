"""Applies schema/migrations/NNNN_name.sql in order, each once, each in a transaction of its own.

What was applied is recorded with a checksum, so that a database which is ahead of this version, or was
migrated by other files of the same name, is refused instead of guessed at.
"""

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from service import SCHEMA_DIR
from service.database import Connection, Database, Lane, PooledConnection, open_connection
from service.errors import SetupError, Unavailable
from service.settings import Settings

_FOLDER = SCHEMA_DIR / "migrations"
_FILE_NAME = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")
_OLDEST_SERVER = 14
# "colophon" in ASCII, as the 64-bit key of the advisory lock.
_LOCK_KEY = int.from_bytes(b"colophon", "big")
_LOCK_POLL = 0.1
# How long a migration may stand in the queue for a table, holding up everyone behind it.
_LOCK_TIMEOUT = 5.0

_RECORD_TABLE = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    number integer PRIMARY KEY,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """name: as the file, without its ending. checksum: SHA-256 of the text with Unix line ends, in hex."""

    number: int
    name: str
    sql: str
    checksum: str


def migrations(folder: Path = _FOLDER) -> list[Migration]:
    """All files of the folder in order. Raises SetupError unless they are numbered 1, 2, 3, … without a gap."""
    found = []
    for path in sorted(folder.glob("*.sql")):
        match = _FILE_NAME.fullmatch(path.name)
        if match is None:
            raise SetupError(f"{path.name} is no name of a migration; NNNN_what_it_does.sql is expected.")
        sql = path.read_text(encoding="utf-8")  # universal newlines: a checkout with CRLF has the same checksum
        checksum = hashlib.sha256(sql.encode()).hexdigest()
        found.append(Migration(int(match[1]), path.stem, sql, checksum))
    if [migration.number for migration in found] != list(range(1, len(found) + 1)) or not found:
        raise SetupError(f"The migrations of this installation are incomplete: {[m.name for m in found]}.")
    return found


SCHEMA_VERSION = len(migrations())


async def migrate(
    dsn: str,
    settings: Settings,
    on_applied: Callable[[str], None] | None = None,
    *,
    known: Sequence[Migration] | None = None,
    lock_timeout: float = _LOCK_TIMEOUT,
) -> list[str]:
    """Brings the database to SCHEMA_VERSION; returns the names of what was applied, calling on_applied after each.

    A second process waits for the first. known: instead of migrations(). lock_timeout: seconds that a migration
    waits for a table. Raises SetupError when the database cannot be reached or is not one for this version;
    whatever was applied before stays, nothing is applied half.
    """
    known = migrations() if known is None else known
    connection = await open_connection(dsn, settings)
    try:
        _check_server(connection, await connection.fetchval("SHOW server_encoding"))
        # Polled: waiting inside a statement would hold a snapshot, which CREATE INDEX CONCURRENTLY waits for.
        while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK_KEY):  # noqa: ASYNC110
            await asyncio.sleep(_LOCK_POLL)
        try:
            return await _apply_missing(connection, known, on_applied, lock_timeout)
        finally:
            if not connection.is_closed():
                await connection.execute("SELECT pg_advisory_unlock($1)", _LOCK_KEY)
    finally:
        await connection.close()


async def read_schema_version(source: Database | Connection | PooledConnection) -> int | None:
    """The highest migration applied; None in a database without any. Raises what the source raises otherwise."""
    sql = "SELECT max(number) FROM schema_migrations"
    try:
        if isinstance(source, Database):
            version = await source.fetchval(Lane.LOOKUP, sql)
        else:
            version = await source.fetchval(sql)
    except asyncpg.UndefinedTableError:
        return None
    except Unavailable as error:
        if error.code == "schema_mismatch":
            return None
        raise
    return None if version is None else int(version)


@asynccontextmanager
async def prepared(settings: Settings) -> AsyncIterator[str]:
    """The DSN of a database of SCHEMA_VERSION, for a command.

    Embedded: the server is started, or the running one attached to, and migrated. DATABASE_URL: only looked at.
    Raises SetupError in one clear line when it cannot be used or has another version.
    """
    if settings.database_url is None:
        from service.embedded import attach  # noqa: PLC0415 - the image does not have what it needs

        with attach(settings.data_dir) as dsn:
            await migrate(dsn, settings)
            yield dsn
        return
    connection = await open_connection(settings.database_url, settings)
    try:
        version = await read_schema_version(connection)
    except asyncpg.InsufficientPrivilegeError:
        raise SetupError("The user of DATABASE_URL may not read the tables of colophon. GRANT it to.") from None
    finally:
        await connection.close()
    if version != SCHEMA_VERSION:
        raise SetupError(_explain_version(version, SCHEMA_VERSION))
    yield settings.database_url


async def _apply_missing(
    connection: Connection,
    known: Sequence[Migration],
    on_applied: Callable[[str], None] | None,
    lock_timeout: float,
) -> list[str]:
    try:
        await connection.execute(_RECORD_TABLE)
        rows = await connection.fetch("SELECT number, name, checksum FROM schema_migrations ORDER BY number")
    except asyncpg.InsufficientPrivilegeError:
        raise SetupError(
            "The user of DATABASE_URL may not create tables in this database. Migrate as its owner."
        ) from None
    except asyncpg.ReadOnlySQLTransactionError:
        raise SetupError("The database of DATABASE_URL is read-only. Migrate its primary.") from None
    _check_history(rows, known)
    applied = []
    for migration in known[len(rows) :]:
        await _apply(connection, migration, lock_timeout)
        applied.append(migration.name)
        if on_applied is not None:
            on_applied(migration.name)
    return applied


async def _apply(connection: Connection, migration: Migration, lock_timeout: float) -> None:
    try:
        async with connection.transaction():
            await connection.execute(f"SET LOCAL lock_timeout = {round(lock_timeout * 1000)}")
            await connection.execute(migration.sql)
            await connection.execute(
                "INSERT INTO schema_migrations (number, name, checksum) VALUES ($1, $2, $3)",
                migration.number,
                migration.name,
                migration.checksum,
            )
    except asyncpg.LockNotAvailableError:
        raise SetupError(
            f"Migration {migration.name} waited {lock_timeout:g} s for a table that others are using and gave up; "
            "nothing of it was applied. Run colophon migrate again when long queries have ended."
        ) from None
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        reason = str(error).partition("\n")[0]
        raise SetupError(f"Migration {migration.name} failed, nothing of it was applied: {reason}") from error


def _check_server(connection: Connection, encoding: str) -> None:
    version = connection.get_server_version()
    if version.major < _OLDEST_SERVER:
        raise SetupError(f"PostgreSQL {version.major} is too old; {_OLDEST_SERVER} or later is needed.")
    if encoding != "UTF8":
        raise SetupError(
            f"The database's encoding is {encoding}; UTF8 is needed. "
            "Create it with: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0"
        )


def _check_history(rows: Sequence[asyncpg.Record], known: Sequence[Migration]) -> None:
    """Raises SetupError unless the rows, by number, are the first of the known migrations."""
    numbers = [row["number"] for row in rows]
    if numbers and numbers[-1] > len(known):
        raise SetupError(_explain_version(numbers[-1], len(known)))
    if numbers != list(range(1, len(numbers) + 1)):
        missing = next(number for number in range(1, numbers[-1]) if number not in numbers)
        raise SetupError(
            f"The database records migration {numbers[-1]} but not {missing} before it: schema_migrations was changed "
            "by hand. Restore that row, or the database from a backup."
        )
    for row, migration in zip(rows, known, strict=False):
        if (row["name"], row["checksum"]) != (migration.name, migration.checksum):
            raise SetupError(
                f"Migration {migration.name} is not what the database was migrated with ({row['name']}): the file was "
                "changed after it was applied. Restore the file, and put the change into a new migration."
            )


def _explain_version(version: int | None, needed: int) -> str:
    if version is None:
        return "The database has no tables of colophon yet. Run: colophon migrate"
    if version > needed:
        return (
            f"The database's schema is version {version}, newer than this colophon, which knows {needed}. "
            "Use a newer colophon."
        )
    return f"The database's schema is version {version}; this colophon needs {needed}. Run: colophon migrate"

"""Writes what a load says of itself: its counts, its files, what it left out and why."""

import re
from collections import Counter
from collections.abc import Sequence

from service.database import Connection
from service.ingest.known import Load
from service.ingest.record import Reject
from service.ingest.regroup import Outcome

# Of each load; the others are counted.
MAX_REJECTS = 10_000

_BEGIN_FILE = "INSERT INTO load_files (load_id, position, file) VALUES ($1, $2, $3)"
_FINISH_FILE = "UPDATE load_files SET finished_at = now(), error = $3 WHERE load_id = $1 AND position = $2"
_COUNT = """
WITH file AS (
    UPDATE load_files SET created = created + $3, updated = updated + $4, unchanged = unchanged + $5,
        merged = merged + $6, rejected = rejected + $7
    WHERE load_id = $1 AND position = $2
)
UPDATE loads SET created = created + $3, updated = updated + $4, unchanged = unchanged + $5, merged = merged + $6,
    rejected = rejected + $7
WHERE id = $1
"""
_COLUMNS = ("load_id", "file", "line", "number", "reason", "hint", "entry")
_COUNTED = (Outcome.CREATED, Outcome.UPDATED, Outcome.UNCHANGED, Outcome.MERGED)
# What PostgreSQL takes into no text.
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


async def begin_load(connection: Connection, max_rejects: int = MAX_REJECTS) -> Load:
    """Note that a load begins. max_rejects: as many are kept."""
    # The server keeps the plans that check foreign keys: made while a table is small, they must not read it whole.
    await connection.execute("SET enable_seqscan = off")
    number = await connection.fetchval("INSERT INTO loads DEFAULT VALUES RETURNING id")
    return Load(number, max_rejects=max_rejects)


async def finish_load(connection: Connection, load: Load) -> None:
    await connection.execute("UPDATE loads SET finished_at = now() WHERE id = $1", load.id)


async def begin_file(connection: Connection, load: Load, file: str) -> None:
    """What is counted from here on is this file's."""
    load.files += 1
    await connection.execute(_BEGIN_FILE, load.id, load.files - 1, _storable(file))


async def finish_file(connection: Connection, load: Load, error: str | None) -> None:
    """error: why reading stopped before its end."""
    await connection.execute(_FINISH_FILE, load.id, load.files - 1, None if error is None else _storable(error))


async def count_outcomes(connection: Connection, load: Load, outcomes: Counter[Outcome]) -> None:
    """In the transaction that stores these records."""
    await _count(connection, load, *(outcomes[outcome] for outcome in _COUNTED), 0)


async def write_rejects(connection: Connection, load: Load, rejects: Sequence[Reject]) -> None:
    """Count them all, and keep as many as the load may."""
    if not rejects:
        return
    kept = rejects[: max(0, load.max_rejects - load.rejects_kept)]
    async with connection.transaction():
        await _count(connection, load, 0, 0, 0, 0, len(rejects))
        if kept:
            rows = [
                (
                    load.id, _storable(one.place.file), one.place.line, one.place.number, _storable(one.reason),
                    one.hint and _storable(one.hint), one.entry and _storable(one.entry),
                )
                for one in kept
            ]  # fmt: skip
            await connection.copy_records_to_table("rejects", columns=_COLUMNS, records=rows)
    load.rejects_kept += len(kept)


async def _count(connection: Connection, load: Load, *counts: int) -> None:
    await connection.execute(_COUNT, load.id, load.files - 1, *counts)


def _storable(text: str) -> str:
    return _UNSTORABLE.sub("\ufffd", text)

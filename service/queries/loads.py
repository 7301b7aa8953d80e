"""Loads: what they did, what they left out, and figures for the metrics."""

from typing import Any

import msgspec

from service.database import Database, Lane
from service.queries.papers import write_moment

_LOADS = """
SELECT count(*) AS runs, coalesce(extract(epoch FROM max(finished_at)), 0)::float8 AS finished,
    coalesce(sum(created), 0)::bigint AS created, coalesce(sum(updated), 0)::bigint AS updated,
    coalesce(sum(unchanged), 0)::bigint AS unchanged, coalesce(sum(merged), 0)::bigint AS merged,
    coalesce(sum(rejected), 0)::bigint AS rejected
FROM loads
"""


async def fetch_load_figures(db: Database) -> list[tuple[str, str, float]]:
    """Name, help and value of each metric. Loads run in processes of their own, so the table counts them."""
    (row,) = await db.fetch(Lane.LOOKUP, _LOADS)
    return [
        ("colophon_load_runs", "Loads begun.", row["runs"]),
        ("colophon_load_last_finished_timestamp_seconds", "When the last load ended; 0 before any.", row["finished"]),
        *(
            (f"colophon_load_records_{outcome}", f"Records of all loads that were {outcome}.", row[outcome])
            for outcome in ("created", "updated", "unchanged", "merged", "rejected")
        ),
    ]


_LIST_LOADS = f"""
SELECT json_build_object(
    'id', l.id, 'started_at', {write_moment("l.started_at")}, 'finished_at', {write_moment("l.finished_at")},
    'created', l.created, 'updated', l.updated, 'unchanged', l.unchanged, 'merged', l.merged, 'rejected', l.rejected,
    'files', (
        SELECT coalesce(json_agg(json_build_object(
            'file', file, 'created', created, 'updated', updated, 'unchanged', unchanged, 'merged', merged,
            'rejected', rejected, 'error', error, 'finished_at', {write_moment("finished_at")}
        ) ORDER BY position), '[]')
        FROM load_files WHERE load_id = l.id
    )
)::text AS load
FROM loads l ORDER BY l.id DESC LIMIT $1
"""

# The load asked for, or the last; `kept` in the order they were found.
_REJECTS = """
SELECT json_build_object('load', l.id, 'rejected', l.rejected, 'rejects', (
    SELECT coalesce(json_agg(json_build_object(
        'file', file, 'line', line, 'number', number, 'reason', reason, 'hint', hint, 'entry', entry
    ) ORDER BY id), '[]')
    FROM rejects WHERE load_id = l.id
))::text
FROM loads l WHERE l.id = coalesce($1, (SELECT max(id) FROM loads))
"""


async def fetch_loads(db: Database, limit: int) -> list[dict[str, Any]]:
    """The last loads, the newest first, each with its counts and those of its files. finished_at is None of what was
    broken off or still runs."""
    rows = await db.fetch(Lane.LOOKUP, _LIST_LOADS, limit)
    return [msgspec.json.decode(row["load"]) for row in rows]


async def fetch_rejects(db: Database, load: int | None) -> dict[str, Any] | None:
    """What a load (None: the last) left out: its number, how many `rejected`, and the `rejects` that are kept. None
    where there is no such load."""
    found = await db.fetchval(Lane.LOOKUP, _REJECTS, load)
    return None if found is None else msgspec.json.decode(found)

"""Loads, in figures for the metrics."""

from service.database import Database, Lane

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

"""Writes records: as given, each with its paper and its place. Part of the store, inside a batch's transaction."""

from service.database import Connection
from service.ingest.known import Load
from service.ingest.regroup import Arrival, Plan

_REPLACE_RECORDS = """
UPDATE records r SET (paper_id, digest, title_hash, file, line, number, body, load_id, loaded_at) =
    (new.paper_id, new.digest, new.title_hash, new.file, new.line, new.number, new.body, $9, now())
FROM unnest(
    $1::bigint[], $2::bigint[], $3::bytea[], $4::bigint[], $5::text[], $6::integer[], $7::integer[], $8::jsonb[]
) AS new (id, paper_id, digest, title_hash, file, line, number, body)
WHERE r.id = new.id
"""

_MOVE_RECORDS = """
UPDATE records r SET paper_id = moved.paper_id
FROM unnest($1::bigint[], $2::bigint[]) AS moved (id, paper_id) WHERE r.id = moved.id
"""

_RECORD_COLUMNS = (
    "paper_id", "source", "source_key", "digest", "title_hash", "file", "line", "number", "body", "load_id",
)  # fmt: skip


async def write_records(connection: Connection, load: Load, plan: Plan) -> None:
    """The rows that the plan drops, replaces, moves and inserts."""
    if plan.dropped:
        await connection.execute("DELETE FROM records WHERE id = ANY($1::bigint[])", plan.dropped)
    if plan.replaced:
        rows = [
            (row, paper, arrival.sourced.digest, arrival.sourced.identity.title_hash, *_place(arrival), arrival.body)
            for row, (arrival, paper) in plan.replaced.items()
        ]
        await connection.execute(_REPLACE_RECORDS, *zip(*rows, strict=True), load.id)
    if plan.moved:
        await connection.execute(_MOVE_RECORDS, list(plan.moved), list(plan.moved.values()))
    await connection.copy_records_to_table(
        "records",
        columns=_RECORD_COLUMNS,
        records=[
            (
                paper, *arrival.key, arrival.sourced.digest, arrival.sourced.identity.title_hash, *_place(arrival),
                arrival.body, load.id,
            )
            for arrival, paper in plan.inserted
        ],
    )  # fmt: skip


def _place(arrival: Arrival) -> tuple[str, int | None, int]:
    return arrival.place.file, arrival.place.line, arrival.place.number

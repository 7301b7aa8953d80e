"""The loads that are measured, each a process of its own (`python -m …contenders NAME DSN FILE`).

Each prints one JSON object: what loading took this process, without its start.

limit: the least that a loader of these papers could do. COPY into a stage of title, abstract, authors, dates and ids,
then INSERT … SELECT into our tables of papers, of identifiers and of words, with all their indexes, the words computed
by PostgreSQL. Its rows are made before the clock starts; it keeps no records, merges nothing, extracts nothing.
bare: ours, the extraction left out. whole: ours.
"""

import asyncio
import json
import os
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest import mock

import msgspec

from service.database import open_connection
from service.ingest.extract import Extraction
from service.ingest.identity import identify
from service.ingest.record import Record
from service.ingest.run import load_files
from service.names import fold_title, hash_id
from service.settings import Settings

CONTENDERS = ("limit", "bare", "whole")
_COPIED_AT_ONCE = 5_000
_STAGE = """
CREATE TEMPORARY TABLE stage (id bigint, title text, abstract text, authors text[], published text, venue text,
    categories text[], title_sort text, scheme text, value text)
"""
_INSERT = """
INSERT INTO papers (id, title, abstract, authors, published, venue, categories, title_sort, digest)
SELECT id, title, abstract, authors, published, venue, categories, title_sort, '' FROM stage;
INSERT INTO external_ids SELECT id, scheme, value FROM stage WHERE scheme IS NOT NULL;
INSERT INTO paper_search SELECT id, words, search_length(words) FROM (
    SELECT s.id, search_document(s.title, s.abstract, s.authors)
        || search_labels(s.categories, p.published_on, s.venue, false) AS words
    FROM stage s JOIN papers p ON p.id = s.id OFFSET 0
) AS document;
TRUNCATE stage;
"""


async def _load_limit(dsn: str, chunks: list[list[tuple[Any, ...]]]) -> None:
    connection = await open_connection(dsn, Settings(), keep_plans=False)
    await connection.execute(_STAGE)
    for chunk in chunks:
        async with connection.transaction():
            await connection.copy_records_to_table("stage", records=chunk)
            await connection.execute(_INSERT)
    await connection.execute(
        "SELECT gin_clean_pending_list(i) FROM (VALUES ('paper_search_impacts'::regclass)) AS v (i)"
    )
    await connection.close()


def _read_rows(file: Path) -> Iterator[tuple[Any, ...]]:
    """Each paper once: what identifies it twice is one to us, too."""
    known: set[int] = set()
    for line in file.read_bytes().splitlines():
        record = msgspec.json.decode(line, type=Record)
        identity = identify(record)
        number = hash_id(identity.name)
        if number in known:
            continue
        known.add(number)
        scheme, value = next(iter(sorted(identity.ids)), (None, None))
        yield (
            number, record.title, record.abstract, record.authors, record.published, record.venue, record.categories,
            fold_title(record.title), scheme, value,
        )  # fmt: skip


def _load_ours(name: str, dsn: str, file: str) -> int:
    """Records met, whatever became of them."""
    with ExitStack() as stack:
        if name == "bare":
            stack.enter_context(mock.patch("service.ingest.paper.extract", lambda title, abstract: Extraction((), ())))
        report = asyncio.run(load_files(dsn, Settings(), [file]))
    if not report.complete:
        sys.exit(f"rejected: {report.files[0].error or report.files[0].rejects[:3]}")
    return report.totals.total


def main() -> None:
    name, dsn, file = sys.argv[1:]
    rows = list(_read_rows(Path(file))) if name == "limit" else []
    chunks = [rows[start : start + _COPIED_AT_ONCE] for start in range(0, len(rows), _COPIED_AT_ONCE)]
    before, begun = os.times(), time.monotonic()
    if name == "limit":
        asyncio.run(_load_limit(dsn, chunks))
        count = len(rows)
    else:
        count = _load_ours(name, dsn, file)
    seconds, after = time.monotonic() - begun, os.times()
    cpu = after.user - before.user + after.system - before.system
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"papers": count, "seconds": seconds, "client": cpu, "memory": peak}))


if __name__ == "__main__":
    main()

"""Loading when something is wrong: with a record, a file, the database, the process, or with doing it twice at once."""

import asyncio
import gzip
import json
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from service.database import Connection
from service.errors import SetupError
from service.ingest.reading import BATCH_RECORDS
from service.ingest.record import MAX_ABSTRACT, MAX_AUTHORS_CHARACTERS, MAX_TITLE
from service.ingest.report import Progress
from service.ingest.run import load_files
from service.settings import Settings
from tests.stored import EMPTY, arrive, check_counts, dump

# `colophon load` in small batches, as a process of its own that can be killed.
_LOADER = """
import asyncio, sys
from service.ingest import reading
from service.ingest.run import load_files
from service.settings import Settings
reading.BATCH_RECORDS = 5
report = asyncio.run(load_files(sys.argv[1], Settings(), sys.argv[2:]))
print(report.totals.total)
"""


@pytest_asyncio.fixture
async def connection(dsn: str) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(dsn)
    yield connection
    await connection.close()


def make_records(count: int) -> list[dict[str, Any]]:
    """Papers, some of them in several records, some of those contradicting each other."""
    random = Random(count)
    return [
        {
            "title": f"Paper {random.randrange(count * 2 // 3)}",
            "abstract": random.choice(
                ["", "We use BERT-Base.", "Code: https://github.com/o/n", "GPT-4 and Llama-3-8B"]
            ),
            "authors": random.choice([[], ["Ann Lee"], ["Bob Ray"]]),
            "external_ids": random.choice([{}, {"arxiv": f"2101.{random.randrange(count):05}"}]),
        }
        for _ in range(count)
    ]


def write(path: Path, records: list[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return str(path)


async def start_loader(dsn: str, *files: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", _LOADER, dsn, *files, cwd=Path(__file__).parents[2], stdout=asyncio.subprocess.PIPE
    )


async def test_a_killed_load_is_finished_by_the_next(
    connection: Connection, dsn: str, settings: Settings, tmp_path: Path
) -> None:
    file = write(tmp_path / "a.jsonl", make_records(120))
    process = await start_loader(dsn, file)
    await process.wait()
    undisturbed = await dump(connection, ids=True)
    await connection.execute(EMPTY)
    random = Random(7)
    killed = 0
    for _ in range(6):
        process = await start_loader(dsn, file)
        before = await connection.fetchval("SELECT count(*) FROM records")
        # Somewhere between the first batch of this run and the end.
        while process.returncode is None and await connection.fetchval("SELECT count(*) FROM records") <= before:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await asyncio.sleep(random.random() * 0.03)
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
            killed += 1
        await process.wait()
        await check_counts(connection)
        if await connection.fetchval("SELECT sum(created + merged) FROM loads") >= 120:
            break
    assert killed >= 1
    # Batch by batch: what is counted is what is there.
    stored = await connection.fetchval("SELECT count(*) FROM records")
    assert await connection.fetchval("SELECT sum(created + merged) FROM loads") == stored
    assert stored % 5 == 0
    await load_files(dsn, settings, [file])
    assert await dump(connection, ids=True) == undisturbed


async def test_loads_at_once_do_as_loads_in_turn(connection: Connection, dsn: str, tmp_path: Path) -> None:
    # Of two contents of one record, the load that comes last wins; so here each record has one.
    records = list({arrive(record, "jsonl").key: record for record in make_records(200)}.values())[:120]
    one, other = write(tmp_path / "a.jsonl", records[:80]), write(tmp_path / "b.jsonl", records[40:])
    await (await start_loader(dsn, one, other)).wait()
    in_turn = without_places(await dump(connection))
    await connection.execute(EMPTY)
    loaders = [await start_loader(dsn, *files) for files in ((one,), (other,), (one, other))]
    assert [await loader.wait() for loader in loaders] == [0, 0, 0]
    await check_counts(connection)
    assert without_places(await dump(connection)) == in_turn
    counted = await connection.fetchrow("SELECT sum(created + merged), sum(unchanged), sum(updated) FROM loads")
    assert counted is not None
    assert tuple(counted) == (120, 80 + 80 + 160 - 120, 0)


async def test_one_file_loaded_by_two_at_once_is_loaded_once(connection: Connection, dsn: str, tmp_path: Path) -> None:
    # With records of one name and different contents.
    file = write(tmp_path / "a.jsonl", make_records(120))
    await (await start_loader(dsn, file)).wait()
    undisturbed = await dump(connection, ids=True)
    await connection.execute(EMPTY)
    loaders = [await start_loader(dsn, file) for _ in range(2)]
    assert [await loader.wait() for loader in loaders] == [0, 0]
    assert await dump(connection, ids=True) == undisturbed


def without_places(stored: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Of equal records in two files, either may have come first."""
    for paper in stored["papers"]:
        for record in paper["records"]:
            del record["file"], record["line"], record["number"]
    return stored


async def test_a_record_that_the_database_refuses_is_rejected_and_the_rest_loads(
    connection: Connection, dsn: str, settings: Settings
) -> None:
    await connection.execute("ALTER TABLE papers ADD CHECK (title <> 'Poisoned')")
    poisoned = {"title": "Poisoned", "abstract": "https://github.com/o/n"}
    records = [*({"title": f"Good {n}"} for n in range(20)), poisoned, *({"title": f"Fine {n}"} for n in range(20))]
    report = await _load(dsn, settings, *records)
    assert (report.totals.created, report.totals.rejected) == (40, 1)
    (reject,) = report.files[0].rejects
    assert (reject.place.line, reject.place.number) == (21, 21)
    assert "the database cannot store it" in reject.reason
    assert not report.complete
    loads = await connection.fetch("SELECT created, rejected, finished_at FROM loads")
    assert [(row["created"], row["rejected"]) for row in loads] == [(40, 1)]
    assert loads[0]["finished_at"] is not None
    await check_counts(connection)
    assert await connection.fetchval("SELECT count(*) FROM repos") == 0


async def test_a_refused_change_leaves_the_paper_as_it_was(
    connection: Connection, dsn: str, settings: Settings
) -> None:
    await connection.execute("ALTER TABLE papers ADD CHECK (title <> 'Poisoned')")
    ids = {"arxiv": "2101.00001"}
    await _load(dsn, settings, {"title": "T", "abstract": "BERT", "external_ids": ids})
    before = await dump(connection, times=True)
    report = await _load(dsn, settings, {"title": "Poisoned", "external_ids": ids}, {"title": "Another"})
    assert (report.totals.created, report.totals.rejected) == (1, 1)
    after = await dump(connection, times=True)
    assert [paper for paper in after["papers"] if paper["title"] == "T"] == before["papers"]


async def test_the_longest_record_that_is_read_is_stored(connection: Connection, dsn: str, settings: Settings) -> None:
    random = Random(1)

    def words(characters: int, each: int) -> str:
        alphabet = "bcdfghjklmnpqrtvwxz0123456789éñ"
        return " ".join("".join(random.choices(alphabet, k=each - 1)) for _ in range(characters // each))

    authors = [words(480, 5) for _ in range(MAX_AUTHORS_CHARACTERS // 480)]
    longest = {"title": words(MAX_TITLE, 4), "abstract": words(MAX_ABSTRACT, 5), "authors": authors}
    report = await _load(dsn, settings, longest, {"title": "Another"})
    assert (report.totals.created, report.totals.rejected) == (2, 0), report.files[0].rejects
    await check_counts(connection)


async def _load(dsn: str, settings: Settings, *records: dict[str, Any]) -> Any:
    stdin = BytesIO("\n".join(map(json.dumps, records)).encode())
    return await load_files(dsn, settings, ["-"], format="jsonl", stdin=stdin)


async def test_a_bad_line_and_a_bad_file_do_not_keep_others_out(dsn: str, settings: Settings, tmp_path: Path) -> None:
    good = write(tmp_path / "good.jsonl", [{"title": "A"}, {"title": "B"}])
    bad_line = tmp_path / "line.jsonl"
    bad_line.write_text('{"title": "C"}\n{"title": ""}\n{"title": "D\\u0000"}\n{"title": "E"}\n')
    empty = tmp_path / "empty"
    empty.write_bytes(b"")
    broken = tmp_path / "broken.jsonl.gz"
    noise = Random(3)
    lines = [json.dumps({"title": f"F {n}", "abstract": noise.randbytes(150).hex()}) for n in range(2_000)]
    broken.write_bytes(gzip.compress("\n".join(lines).encode())[:-2_000])
    nothing = tmp_path / "nothing"
    nothing.mkdir()
    files = [str(empty), str(tmp_path / "missing"), str(nothing), str(bad_line), str(broken), good]
    report = await load_files(dsn, settings, files)
    by_name = {Path(file.file).name: file for file in report.files}
    assert by_name["empty"].error is not None
    assert by_name["missing"].error == os.strerror(2)
    assert by_name["nothing"].error == "The folder is empty."
    assert [(r.place.line, r.place.number) for r in by_name["line.jsonl"].rejects] == [(2, 2), (3, 3)]
    assert (by_name["line.jsonl"].counts.created, by_name["line.jsonl"].error) == (2, None)
    # What came before the damage is whole and stays.
    assert by_name["broken.jsonl.gz"].error is not None
    assert 500 <= by_name["broken.jsonl.gz"].counts.created < 2_000
    assert by_name["good.jsonl"].counts.created == 2
    told = report.to_dict()
    assert [file["file"] for file in told["files"]] == files
    assert told["rejected"] == 2
    assert told["files"][3]["rejects"][0] == {
        "file": "line.jsonl",
        "line": 2,
        "number": 2,
        "reason": "title is empty",
        "hint": None,
    }
    assert told["created"] == sum(file["created"] for file in told["files"])


async def test_progress_is_told_after_every_batch(
    dsn: str, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.ingest.reading.BATCH_RECORDS", 10)
    records = [{"title": f"Paper {n}"} for n in range(25)]
    file = write(tmp_path / "a.jsonl", records)
    seen: list[Progress] = []
    await load_files(dsn, settings, [file], progress=seen.append)
    size = len("".join(json.dumps(record) + "\n" for record in records))
    assert [progress.records for progress in seen] == [10, 20, 25]
    assert (seen[-1].bytes_read, seen[-1].bytes_total) == (size, size)


async def test_a_lost_connection_is_one_clear_line(
    connection: Connection, dsn: str, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.ingest.reading.BATCH_RECORDS", 2)
    file = write(tmp_path / "a.jsonl", [{"title": f"Paper {n}"} for n in range(60)])
    mine = await connection.fetchval("SELECT pg_backend_pid()")

    async def end_others() -> None:
        # Waits until they have ended: what the load sends next is not to arrive any more.
        sql = """
            SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity
            WHERE datname = current_database() AND pid NOT IN (pg_backend_pid(), $1)
        """
        killer = await asyncpg.connect(dsn)
        await killer.fetch(sql, mine)
        await killer.close()

    def kill(_progress: Progress) -> None:
        # In a loop of its own, since the load's waits for this.
        thread = threading.Thread(target=lambda: asyncio.run(end_others()))
        thread.start()
        thread.join()

    with pytest.raises(SetupError, match="connection to the database was lost") as failure:
        await load_files(dsn, settings, [file], progress=kill)
    assert "\n" not in str(failure.value)
    assert await connection.fetchval("SELECT count(*) FROM records") == 2
    report = await load_files(dsn, settings, [file])
    assert (report.totals.unchanged, report.totals.total) == (2, 60)
    assert await connection.fetchval("SELECT count(*) FROM papers") == 60


async def test_a_database_without_tables_is_one_clear_line(server_dsn: str, settings: Settings, tmp_path: Path) -> None:
    from tests.conftest import create_clone, drop_clone, with_database

    bare = await create_clone(with_database(server_dsn, "template0"))
    try:
        with pytest.raises(SetupError, match="colophon migrate"):
            await load_files(bare, settings, [write(tmp_path / "a.jsonl", [{"title": "A"}])])
    finally:
        await drop_clone(bare)


async def test_a_cancelled_load_waits_for_nothing_and_leaves_whole_batches(
    connection: Connection, dsn: str, settings: Settings
) -> None:
    reading, writing = os.pipe()
    batches = 0

    def count(_progress: Progress) -> None:
        nonlocal batches
        batches += 1
        task.cancel()

    with os.fdopen(reading, "rb") as stdin, os.fdopen(writing, "wb", buffering=0) as out:
        task = asyncio.create_task(load_files(dsn, settings, ["-"], stdin=stdin, progress=count))
        # A batch is full long before the last of what is written; the next never is.
        title = "Paper " * 40
        records = "".join(json.dumps({"title": f"{title}{number}"}) + "\n" for number in range(2 * BATCH_RECORDS - 1))
        # The pipe stays open: the load has more to wait for when it is cancelled.
        await asyncio.to_thread(out.write, records.encode())
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(task, 30)
    assert batches == 1
    assert await connection.fetchval("SELECT count(*) FROM papers") == BATCH_RECORDS

"""`colophon extract --again`: all papers anew, in batches, through kills, beside readers and loads."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from service.database import Connection
from service.errors import SetupError
from service.ingest.again import Changes, Step, extract_again, extract_batch
from service.ingest.alias_table import add_aliases
from service.ingest.aliases import Kind, read_alias
from service.ingest.run import load_files
from service.settings import Settings
from tests.stored import check_counts, dump, find_rows

# As a process of its own that can be killed.
_EXTRACTOR = """
import asyncio, sys
from service.ingest.again import extract_again
from service.settings import Settings
changes = asyncio.run(extract_again(sys.argv[1], Settings(), batch=5))
print(changes.papers)
"""


@pytest_asyncio.fixture
async def connection(dsn: str) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(dsn)
    yield connection
    await connection.close()


async def load(dsn: str, settings: Settings, count: int, first: int = 0) -> None:
    """Papers, some of two records."""
    records: list[dict[str, Any]] = [
        {
            "title": f"Paper {number}",
            "abstract": f"We use BERT. Code: https://github.com/acme/repo{number % 7}. See https://acme.github.io/p{number}",
            "external_ids": {"arxiv": f"2101.{number // 3:05}"} if number % 3 < 2 else {},
        }
        for number in range(first, first + count)
    ]
    stdin = BytesIO("\n".join(map(json.dumps, records)).encode())
    assert (await load_files(dsn, settings, ["-"], format="jsonl", stdin=stdin)).complete


async def spoil(connection: Connection) -> None:
    """As an older version, which found other things, had left them."""
    await connection.execute("UPDATE papers SET digest = sha256(digest), provenance = '{}'")
    await connection.execute("UPDATE paper_repos SET official = 'unknown', evidence = '[]'")
    await connection.execute("UPDATE paper_links SET guessed_repo = NULL")
    await connection.execute("DELETE FROM paper_models")
    await connection.execute("DELETE FROM model_aliases")
    await connection.execute("DELETE FROM models")


async def start(dsn: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", _EXTRACTOR, dsn, cwd=Path(__file__).parents[2], stdout=asyncio.subprocess.PIPE
    )


async def test_nothing_is_written_where_nothing_changed(connection: Connection, dsn: str, settings: Settings) -> None:
    await load(dsn, settings, 30)
    before, rows = await dump(connection, times=True), await find_rows(connection)
    papers = len(before["papers"])
    assert await extract_again(dsn, settings, batch=4) == Changes(papers=papers)
    assert await extract_again(dsn, settings) == Changes(papers=papers)
    assert await dump(connection, times=True) == before
    assert await find_rows(connection) == rows
    assert await connection.fetchval("SELECT count(*) FROM extractions WHERE finished_at IS NOT NULL") == 2


async def test_an_empty_database_is_done_at_once(dsn: str, settings: Settings) -> None:
    assert await extract_again(dsn, settings) == Changes()


async def test_what_an_older_version_left_is_made_anew(connection: Connection, dsn: str, settings: Settings) -> None:
    await load(dsn, settings, 40)
    wanted = await dump(connection, ids=True)
    await spoil(connection)
    steps: list[Step] = []
    changes = await extract_again(dsn, settings, batch=7, progress=steps.append)
    papers = len(wanted["papers"])
    assert changes == Changes(papers=papers, changed=papers, models_added=papers)
    assert await dump(connection, ids=True) == wanted
    await check_counts(connection)
    assert [step.changes.papers for step in steps] == [*range(7, papers + 1, 7), papers][: len(steps)]
    assert steps[-1].changes == changes and not steps[0].resumed
    # Of the words of a paper nothing changed, so nothing is written for searches.
    assert await connection.fetchval("SELECT count(*) FROM paper_search") == papers


async def test_the_index_of_words_is_not_written_where_no_word_changed(
    connection: Connection, dsn: str, settings: Settings
) -> None:
    await load(dsn, settings, 10)
    await spoil(connection)
    rows = await connection.fetch("SELECT ctid, xmin FROM paper_search ORDER BY paper_id")
    await extract_again(dsn, settings)
    assert await connection.fetch("SELECT ctid, xmin FROM paper_search ORDER BY paper_id") == rows


async def test_a_killed_run_is_finished_by_the_next(connection: Connection, dsn: str, settings: Settings) -> None:
    await load(dsn, settings, 150)
    wanted = await dump(connection, ids=True)
    papers = len(wanted["papers"])
    await spoil(connection)
    killed = 0
    for _ in range(4):
        process = await start(dsn)
        before = await connection.fetchval("SELECT coalesce(max(papers), 0) FROM extractions")
        while process.returncode is None and (  # noqa: ASYNC110
            await connection.fetchval("SELECT coalesce(max(papers), 0) FROM extractions") <= before
        ):
            await asyncio.sleep(0.005)
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
            killed += 1
        await process.wait()
        await check_counts_without_aliases(connection)
    assert killed >= 1
    run = await connection.fetchrow("SELECT papers, changed, finished_at FROM extractions")
    assert run is not None and run["finished_at"] is None, "it ended before it was killed"
    assert 0 < run["papers"] == run["changed"] < papers
    steps: list[Step] = []
    changes = await extract_again(dsn, settings, batch=5, progress=steps.append)
    # What was done is not done again, and nothing was left out.
    assert changes == Changes(papers=papers, changed=papers, models_added=papers)
    assert steps[0].resumed and steps[0].changes.papers == run["papers"] + 5
    assert await connection.fetchval("SELECT count(*) FROM extractions") == 1
    assert await dump(connection, ids=True) == wanted
    await check_counts(connection)


async def check_counts_without_aliases(connection: Connection) -> None:
    """Whole batches: the count of each repository and model is what is stored of it."""
    sql = "SELECT count(*) FROM repos r WHERE paper_count <> (SELECT count(*) FROM paper_repos WHERE repo_id = r.id)"
    assert await connection.fetchval(sql) == 0


async def test_readers_are_not_kept_waiting(connection: Connection, dsn: str, settings: Settings) -> None:
    await load(dsn, settings, 60)
    wanted = await dump(connection)
    await spoil(connection)
    before = await dump(connection)
    run = await connection.fetchval("INSERT INTO extractions (version) VALUES ('older') RETURNING id")
    extracting = await asyncpg.connect(dsn)
    try:
        # A batch that does not end holds all that a batch ever holds.
        async with extracting.transaction():
            assert (await extract_batch(extracting, run, 1000)).changes.changed == len(before["papers"])
            assert await asyncio.wait_for(dump(connection), 5) == before
        assert await dump(connection) == wanted
    finally:
        await extracting.close()


async def test_a_reader_sees_a_paper_whole_while_its_batch_is_written(
    connection: Connection, dsn: str, settings: Settings
) -> None:
    await load(dsn, settings, 20)
    await connection.execute("UPDATE papers SET digest = sha256(digest), provenance = '{}'")
    links = await connection.fetchval("SELECT count(*) FROM paper_links")
    waiting = asyncio.create_task(extract_again(dsn, settings, batch=3))
    while not waiting.done():
        assert await connection.fetchval("SELECT count(*) FROM paper_links") == links
    await waiting


async def test_loads_go_on_beside_it(connection: Connection, dsn: str, settings: Settings) -> None:
    await load(dsn, settings, 60)
    await spoil(connection)
    await asyncio.gather(extract_again(dsn, settings, batch=3), load(dsn, settings, 60, first=60))
    await check_counts(connection)
    together = await dump(connection)
    assert (await extract_again(dsn, settings)).changed == 0
    assert await dump(connection) == together
    assert await connection.fetchval("SELECT count(*) FROM paper_models") == len(together["papers"])


async def test_two_at_once_share_one_run(connection: Connection, dsn: str, settings: Settings) -> None:
    await load(dsn, settings, 60)
    papers = await connection.fetchval("SELECT count(*) FROM papers")
    await spoil(connection)
    both = await asyncio.gather(*(extract_again(dsn, settings, batch=3) for _ in range(2)))
    assert both == [Changes(papers=papers, changed=papers, models_added=papers)] * 2
    assert await connection.fetchval("SELECT count(*) FROM extractions") == 1
    await check_counts(connection)


async def test_an_alias_that_comes_meanwhile_begins_it_anew(
    connection: Connection, dsn: str, settings: Settings
) -> None:
    await load(dsn, settings, 40)
    papers = await connection.fetchval("SELECT count(*) FROM papers")
    told = False

    def tell(step: Step) -> None:
        nonlocal told
        if not told:
            told = True
            task.cancel()

    task = asyncio.create_task(extract_again(dsn, settings, batch=10, progress=tell))
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await connection.fetchval("SELECT papers FROM extractions") == 10
    await add_aliases(connection, [read_alias(Kind.REPO, "acme/repo0", "acme/repo1")])
    changes = await extract_again(dsn, settings, batch=10)
    assert changes.papers == papers
    assert changes.changed == changes.repos_removed > 0
    assert await connection.fetchval("SELECT count(*) FROM repos WHERE key = 'github.com/acme/repo0'") == 0
    await check_counts(connection)


async def test_a_database_that_does_not_answer_is_one_line(server_dsn: str, settings: Settings) -> None:
    with pytest.raises(SetupError) as failure:
        await extract_again("postgresql://nobody@127.0.0.1:1/none", settings)
    assert "\n" not in str(failure.value)

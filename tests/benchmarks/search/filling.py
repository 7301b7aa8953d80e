"""Fills databases with the corpus: ours (paper_search) and beside it the plain set-up (plain_search), a tsvector of
the configuration "english" with a GIN index. Both are filled from the same table, in the same batches, over as many
connections.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from itertools import islice

from service.database import Connection, open_connection
from service.ingest.statistics import refresh_statistics
from service.migrate import migrate
from service.names import fold_title, hash_id, model_key, model_slug, parse_repo
from service.settings import Settings
from tests.benchmarks.search.corpus import MODELS, Paper, paper_id
from tests.conftest import with_database

_CONNECTIONS = 2
_BATCH = 500
_COPIED_AT_ONCE = 10_000
_PAPER_COLUMNS = ("id", "title", "abstract", "authors", "published", "venue", "categories", "title_sort", "digest")

# OFFSET keeps the planner from computing the document twice, as in the store.
_FILL_OURS = """
INSERT INTO paper_search (paper_id, words, length)
SELECT id, words, search_length(words)
FROM (
    SELECT id, search_entry(
        title, abstract, authors, categories, published_on, venue,
        EXISTS (SELECT FROM paper_repos r WHERE r.paper_id = id)
    ) AS words
    FROM papers WHERE id = ANY($1::bigint[]) OFFSET 0
) AS document
"""
_FILL_PLAIN = """
INSERT INTO plain_search (paper_id, words)
SELECT id, setweight(to_tsvector('english', title), 'A') || to_tsvector('english', abstract)
FROM papers WHERE id = ANY($1::bigint[])
"""
# How our own index takes new words.
_INDEX_OPTIONS = """
SELECT array_to_string(reloptions, ', ') FROM pg_class JOIN pg_index ON oid = indexrelid
WHERE indrelid = 'paper_search'::regclass AND relam = (SELECT oid FROM pg_am WHERE amname = 'gin')
ORDER BY relname DESC LIMIT 1
"""
_DROPPABLE_INDEXES = """
SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition
FROM pg_index WHERE indrelid = $1::text::regclass AND NOT indisprimary
"""
_SIZE = "SELECT coalesce(sum(pg_total_relation_size(to_regclass(name))), 0)::bigint FROM unnest($1::text[]) AS name"
_OUR_TABLES = ("paper_search", "search_terms", "search_statistics")
_PLAIN_TABLES = ("plain_search",)
# As nothing tidies up by itself here, see bench_search. It also takes in what waits in the lists of the indexes.
_TIDY = "VACUUM (ANALYZE) papers, paper_search, plain_search, paper_models, models, model_aliases, paper_repos, repos"


@dataclass(frozen=True, slots=True)
class Filled:
    """Seconds and bytes. *_after: with the indexes built when the table was full."""

    ours: float
    ours_bytes: int
    plain: float
    plain_bytes: int
    # Refreshing the document frequencies, part of `ours`.
    refresh: float
    # Copying the papers themselves, which either set-up needs.
    rows: float
    ours_after: float | None = None
    plain_after: float | None = None


async def provide(
    server: str, name: str, papers: Iterable[Paper], settings: Settings, *, compare: bool = False
) -> Filled:
    """Fill the database of this name, unless it was filled before. compare: each table in both ways."""
    dsn = with_database(server, name)
    async with _connect(with_database(server, "postgres"), settings) as connection:
        if await connection.fetchval("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name):
            if filled := await _reuse(dsn, settings):
                return filled
            await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        await connection.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    await migrate(dsn, settings)
    async with _connect(dsn, settings) as connection:
        count, rows = await _fill_papers(connection, papers)
        print(f"{name}: {count:,} papers in {rows:.0f} s", flush=True)
        filled = await _fill_searches(connection, dsn, settings, range(count), rows=rows, compare=compare)
        await connection.execute("CREATE TABLE bench_filled AS SELECT $1::text AS figures", json.dumps(asdict(filled)))
    return filled


async def _reuse(dsn: str, settings: Settings) -> Filled | None:
    """What it was filled with, brought up to date; None where the filling did not come to its end."""
    async with _connect(dsn, settings) as connection:
        if await connection.fetchval("SELECT to_regclass('bench_filled') IS NULL"):
            return None
        filled = Filled(**json.loads(await connection.fetchval("SELECT figures FROM bench_filled")))
        if applied := await migrate(dsn, settings):
            print(f"{applied} came after the filling: its figures are older")
            await refresh_statistics(connection)
            await connection.execute(_TIDY)
    return filled


@asynccontextmanager
async def _connect(dsn: str, settings: Settings) -> AsyncIterator[Connection]:
    connection = await open_connection(dsn, settings)
    try:
        yield connection
    finally:
        await connection.close()


async def _fill_papers(connection: Connection, papers: Iterable[Paper]) -> tuple[int, float]:
    """How many, and the seconds that their rows took."""
    models: list[tuple[int, str]] = []
    repos: list[tuple[int, str]] = []
    count, seconds = 0, 0.0
    remaining = iter(papers)
    while batch := list(islice(remaining, _COPIED_AT_ONCE)):
        numbered = {paper_id(number): paper for number, paper in enumerate(batch, start=count)}
        records = [_write_row(*item) for item in numbered.items()]
        start = time.perf_counter()
        await connection.copy_records_to_table("papers", columns=_PAPER_COLUMNS, records=records)
        seconds += time.perf_counter() - start
        models += [(number, model) for number, paper in numbered.items() for model in paper.models]
        repos += [(number, repo) for number, paper in numbered.items() for repo in paper.repos]
        count += len(batch)
    # The checks of foreign keys are planned for tables that are known to be large.
    await connection.execute("ANALYZE papers")
    await _fill_models(connection, models)
    await _fill_repos(connection, repos)
    return count, seconds


def _write_row(number: int, paper: Paper) -> tuple[object, ...]:
    return (
        number, paper.title, paper.abstract, paper.authors, paper.published, paper.venue, paper.categories,
        fold_title(paper.title), b"",
    )  # fmt: skip


async def _fill_models(connection: Connection, found: Sequence[tuple[int, str]]) -> None:
    ids = {name: hash_id(f"bench:model:{name}") for name in MODELS}
    await connection.executemany(
        "INSERT INTO models (id, slug, name, lineage) VALUES ($1, $2, $3, ARRAY[$1::bigint])",
        [(number, model_slug(name), name) for name, number in ids.items()],
    )
    await connection.executemany(
        "INSERT INTO model_aliases (key, model_id) VALUES ($1, $2)",
        [(model_key(name), number) for name, number in ids.items()],
    )
    await connection.copy_records_to_table(
        "paper_models",
        columns=("paper_id", "model_id", "role"),
        records=[(paper, ids[name], "used") for paper, name in found],
    )


async def _fill_repos(connection: Connection, found: Sequence[tuple[int, str]]) -> None:
    names = {text: name for _, text in found if (name := parse_repo(text))}
    repos = {name.key: name for name in names.values()}
    await connection.copy_records_to_table(
        "repos",
        columns=("id", "key", "host", "owner", "name", "url"),
        records=[(hash_id(key), key, name.host, name.owner, name.name, name.url) for key, name in repos.items()],
    )
    links = {(paper, hash_id(names[text].key)) for paper, text in found if text in names}
    await connection.copy_records_to_table("paper_repos", columns=("paper_id", "repo_id"), records=list(links))


async def _fill_searches(
    connection: Connection, dsn: str, settings: Settings, numbers: Sequence[int], *, rows: float, compare: bool
) -> Filled:
    options = await connection.fetchval(_INDEX_OPTIONS)
    await connection.execute("CREATE TABLE plain_search (paper_id bigint PRIMARY KEY, words tsvector NOT NULL)")
    await connection.execute(f"CREATE INDEX plain_search_words ON plain_search USING gin (words) WITH ({options})")
    after = {}
    seconds = {}
    for table, statement in (("plain_search", _FILL_PLAIN), ("paper_search", _FILL_OURS)):
        if compare:
            indexes = await connection.fetch(_DROPPABLE_INDEXES, table)
            start = time.perf_counter()
            for index in indexes:
                await connection.execute(f"DROP INDEX {index['name']}")
            await _fill(dsn, settings, statement, numbers)
            for index in indexes:
                await connection.execute(index["definition"])
            after[table] = time.perf_counter() - start
            await connection.execute(f"TRUNCATE {table}")
        start = time.perf_counter()
        await _fill(dsn, settings, statement, numbers)
        seconds[table] = time.perf_counter() - start
    start = time.perf_counter()
    await refresh_statistics(connection)
    refresh = time.perf_counter() - start
    await connection.execute(_TIDY)
    return Filled(
        ours=seconds["paper_search"] + refresh,
        ours_bytes=await connection.fetchval(_SIZE, _OUR_TABLES),
        plain=seconds["plain_search"],
        plain_bytes=await connection.fetchval(_SIZE, _PLAIN_TABLES),
        refresh=refresh,
        rows=rows,
        ours_after=after["paper_search"] + refresh if compare else None,
        plain_after=after.get("plain_search"),
    )


async def _fill(dsn: str, settings: Settings, statement: str, numbers: Sequence[int]) -> None:
    """Run the statement for all papers, in batches that the connections take turns to fetch."""
    batches = iter(range(0, len(numbers), _BATCH))
    await asyncio.gather(*(_work(dsn, settings, statement, numbers, batches) for _ in range(_CONNECTIONS)))


async def _work(dsn: str, settings: Settings, statement: str, numbers: Sequence[int], batches: Iterator[int]) -> None:
    async with _connect(dsn, settings) as connection:
        for start in batches:
            await connection.execute(statement, [paper_id(number) for number in numbers[start : start + _BATCH]])

"""Migrations: each once, in order, whole or not at all; anything else is said."""

import asyncio
import dataclasses
import json
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from service.database import Database, Lane, open_connection
from service.embedded import attach
from service.errors import SetupError
from service.migrate import SCHEMA_VERSION, Migration, migrate, migrations, prepared, read_schema_version
from service.queries.details import fetch_details
from service.settings import Settings
from tests.conftest import create_clone, drop_clone, with_database

NAMES = [migration.name for migration in migrations()]


@pytest_asyncio.fixture
async def empty_dsn(server_dsn: str) -> AsyncIterator[str]:
    dsn = await create_clone(with_database(server_dsn, "template0"))
    yield dsn
    await drop_clone(dsn)


async def execute(dsn: str, sql: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


def ask_for_passwords(server_folder: Path) -> None:
    (rules,) = server_folder.glob("postgres-*/pg_hba.conf")
    rules.write_text("local all all scram-sha-256\n")


def followed_by(sql: str) -> list[Migration]:
    """What a later version might bring."""
    number = SCHEMA_VERSION + 1
    return [*migrations(), Migration(number, f"{number:04}_next", sql, "0" * 64)]


async def test_a_clone_is_at_the_version_of_the_files(db: Database) -> None:
    assert await read_schema_version(db) == SCHEMA_VERSION
    assert await db.fetchval(Lane.LOOKUP, "SELECT count(*) FROM papers") == 0


async def test_each_is_applied_once_and_announced(empty_dsn: str, settings: Settings) -> None:
    announced: list[str] = []
    assert await migrate(empty_dsn, settings, announced.append) == NAMES
    assert announced == NAMES
    assert await migrate(empty_dsn, settings, announced.append) == []
    assert announced == NAMES


async def test_mentions_that_are_there_get_the_day_of_their_paper(empty_dsn: str, settings: Settings) -> None:
    (before,) = (place for place, name in enumerate(NAMES) if name.endswith("_create_methods"))
    await migrate(empty_dsn, settings, known=migrations()[:before])
    await execute(
        empty_dsn,
        """INSERT INTO papers (id, title, published, title_sort, digest)
        VALUES (1, 'A', '2023-05', 'a', ''), (2, 'B', NULL, 'b', '');
        INSERT INTO models (id, slug, name, lineage, paper_count) VALUES (7, 'bert', 'BERT', '{7}', 2);
        INSERT INTO model_aliases (key, model_id) VALUES ('bert', 7), ('berts', 7);
        INSERT INTO paper_models (paper_id, model_id, role) VALUES (1, 7, 'used'), (2, 7, 'used')""",
    )
    assert await migrate(empty_dsn, settings) == NAMES[before:]
    db = await Database.open(empty_dsn, settings)
    assert await fetch_details(db, "models", "first_seen", [7]) == {7: "2023-05"}
    # A spelling that was stored without how it is written is shown as its key.
    assert await fetch_details(db, "models", "aliases", [7]) == {7: ["berts"]}
    assert await db.fetchval(Lane.LOOKUP, "SELECT count(published_on) FROM paper_models") == 1
    await db.close()


async def test_of_two_at_once_one_works_and_one_waits(empty_dsn: str, settings: Settings) -> None:
    results = await asyncio.gather(*(migrate(empty_dsn, settings) for _ in range(2)))
    assert sorted(results) == [[], NAMES]


async def test_a_database_without_migrations_has_no_version(empty_dsn: str, settings: Settings) -> None:
    database = await Database.open(empty_dsn, settings)
    connection = await open_connection(empty_dsn, settings)
    try:
        assert await read_schema_version(database) is None
        assert await read_schema_version(connection) is None
    finally:
        await database.close()
        await connection.close()


async def test_a_database_that_is_ahead_is_refused(dsn: str, settings: Settings) -> None:
    await migrate(dsn, settings, known=followed_by("CREATE TABLE next ()"))
    with pytest.raises(SetupError, match=rf"version {SCHEMA_VERSION + 1}, newer .* Use a newer colophon"):
        await migrate(dsn, settings)


async def test_a_changed_file_is_refused(dsn: str, settings: Settings) -> None:
    first, *others = migrations()
    changed = [dataclasses.replace(first, checksum="0" * 64), *others]
    with pytest.raises(SetupError, match=rf"{first.name} .*changed after it was applied"):
        await migrate(dsn, settings, known=changed)


async def test_a_gap_in_the_history_is_refused(dsn: str, settings: Settings) -> None:
    await execute(dsn, "DELETE FROM schema_migrations WHERE number = 2")
    with pytest.raises(SetupError, match=rf"{SCHEMA_VERSION} but not 2"):
        await migrate(dsn, settings)


async def test_a_failing_migration_leaves_nothing_of_itself(dsn: str, settings: Settings) -> None:
    failing = followed_by("CREATE TABLE half (); SELECT 1 / 0")
    with pytest.raises(SetupError, match=r"_next failed, nothing of it was applied: division by zero"):
        await migrate(dsn, settings, known=failing)
    connection = await open_connection(dsn, settings)
    try:
        assert await connection.fetchval("SELECT to_regclass('half')") is None
        assert await read_schema_version(connection) == SCHEMA_VERSION
    finally:
        await connection.close()


async def test_a_migration_gives_up_behind_a_long_transaction(dsn: str, settings: Settings) -> None:
    known = followed_by("ALTER TABLE papers ADD COLUMN next integer")
    reader = await open_connection(dsn, settings)
    try:
        async with reader.transaction():
            await reader.fetch("SELECT * FROM papers")
            with pytest.raises(SetupError, match=r"waited 0.2 s for a table .* Run colophon migrate again"):
                await migrate(dsn, settings, known=known, lock_timeout=0.2)
    finally:
        await reader.close()
    assert await migrate(dsn, settings, known=known) == [known[-1].name]


async def test_a_database_of_another_encoding_is_refused(server_dsn: str, settings: Settings) -> None:
    name = "colophon_test_latin1"
    await execute(with_database(server_dsn, "postgres"), f"DROP DATABASE IF EXISTS {name}")
    await execute(
        with_database(server_dsn, "postgres"),
        f"CREATE DATABASE {name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0",
    )
    try:
        with pytest.raises(SetupError, match="LATIN1; UTF8 is needed"):
            await migrate(with_database(server_dsn, name), settings)
    finally:
        await drop_clone(with_database(server_dsn, name))


async def test_commands_name_the_command_that_migrates(empty_dsn: str, settings: Settings) -> None:
    external = dataclasses.replace(settings, database_url=empty_dsn)
    with pytest.raises(SetupError, match="colophon migrate"):
        async with prepared(external):
            pass
    await migrate(empty_dsn, settings, known=migrations()[:2])
    with pytest.raises(SetupError, match=rf"version 2; this colophon needs {SCHEMA_VERSION}.*colophon migrate"):
        async with prepared(external):
            pass
    await migrate(empty_dsn, settings)
    async with prepared(external) as dsn:
        assert dsn == empty_dsn


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://someone:hunter2@127.0.0.1:9/papers",
        "postgresql://someone:hun@ter2@127.0.0.1:9/papers",
        "postgresql://someone:hunter2/@127.0.0.1:9/papers",
        "postgresql://someone:hunter2@[::1/papers",
    ],
)
async def test_a_database_that_is_down_is_one_clear_line_without_the_password(url: str, settings: Settings) -> None:
    with pytest.raises(SetupError) as failure:
        async with prepared(dataclasses.replace(settings, database_url=url)):
            pass
    assert "\n" not in str(failure.value)
    assert not any(part in str(failure.value) for part in ("hunter2", "hun@", "ter2"))


async def test_a_missing_database_is_told_from_a_missing_server(server_dsn: str, settings: Settings) -> None:
    with pytest.raises(SetupError, match="no database of that name"):
        await open_connection(with_database(server_dsn, "nowhere"), settings)


async def test_a_wrong_password_is_told(server_folder: Path, settings: Settings) -> None:
    with attach(str(server_folder), durable=False) as dsn:
        ask_for_passwords(server_folder)
        await execute(dsn, "ALTER ROLE colophon PASSWORD 'right'; SELECT pg_reload_conf()")
        with pytest.raises(SetupError, match="refuses the user or the password") as failure:
            await open_connection(dsn.replace("colophon@", "colophon:hunter2@"), settings)
        assert "hunter2" not in str(failure.value)
        connection = await open_connection(dsn.replace("colophon@", "colophon:right@"), settings)
        await connection.close()


async def test_embedded_commands_migrate_by_themselves(settings: Settings, server_folder: Path) -> None:
    async with prepared(dataclasses.replace(settings, data_dir=str(server_folder))) as dsn:
        connection = await open_connection(dsn, settings)
        try:
            assert await read_schema_version(connection) == SCHEMA_VERSION
        finally:
            await connection.close()


@pytest.mark.parametrize("names", [["0001_a.sql", "0003_c.sql"], ["0001_a.sql", "0001_b.sql"], ["first.sql"], []])
def test_files_must_be_numbered_without_a_gap(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        (tmp_path / name).write_text("SELECT 1")
    with pytest.raises(SetupError):
        migrations(tmp_path)


def test_line_ends_do_not_change_a_checksum(tmp_path: Path) -> None:
    file = tmp_path / "0001_a.sql"
    file.write_bytes(b"SELECT 1;\nSELECT 2;\n")
    unix = migrations(tmp_path)
    file.write_bytes(b"SELECT 1;\r\nSELECT 2;\r\n")
    assert migrations(tmp_path) == unix


async def test_evidence_of_before_says_nothing_of_whose_it_is(empty_dsn: str, settings: Settings) -> None:
    before = next(place for place, name in enumerate(NAMES) if name.endswith("_create_known_aliases"))
    await migrate(empty_dsn, settings, known=migrations()[:before])
    await execute(
        empty_dsn,
        """
        INSERT INTO papers (id, title, title_sort, digest) VALUES (1, 'T', 't', ''), (2, 'U', 'u', '');
        INSERT INTO repos (id, key, host, owner, name, url) VALUES (3, 'h/o/n', 'h', 'o', 'n', 'https://h/o/n');
        INSERT INTO paper_repos (paper_id, repo_id, evidence)
        VALUES (1, 3, '[{"url": "a"}, {"url": "b"}]'), (2, 3, '[]');
        """,
    )
    await migrate(empty_dsn, settings)
    connection = await asyncpg.connect(empty_dsn)
    try:
        stored = await connection.fetch("SELECT evidence FROM paper_repos ORDER BY paper_id")
    finally:
        await connection.close()
    assert [json.loads(row["evidence"]) for row in stored] == [
        [{"url": "a", "official": "unknown"}, {"url": "b", "official": "unknown"}],
        [],
    ]

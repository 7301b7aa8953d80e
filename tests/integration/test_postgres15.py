"""An older, plain server holds and finds the same as the embedded one: nothing of the newest PostgreSQL is needed."""

import json
import os
import pwd
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from service.database import Database
from service.ingest.run import load_files
from service.migrate import migrate
from service.names import decode_id
from service.papers import SearchRequest
from service.queries.facets import Facet
from service.queries.related import fetch_related
from service.queries.search import search_papers
from service.queries.suggest import SuggestRequest, render_suggest
from service.settings import Settings
from service.words import parse_words, write_clauses
from tests.conftest import LOADED_FILES, make_server_folder

PROGRAMS = Path("/usr/lib/postgresql/15/bin")
pytestmark = pytest.mark.skipif(not PROGRAMS.is_dir(), reason="needs Debian's postgresql-15")

TEXTS = [
    "Pre-training, pretraining and pre trained",
    "GPT-4, Llama-3-8B, CodeT5+ and BERT_BASE at 3.5 times the speed",
    "État de l'art: naïve Bayes, Ångström, 机器学习 and ß",
    r"$\alpha$-divergence \cite{x} & 50% <b>bold</b>",
]


@pytest.fixture(scope="module")
def old_server() -> Iterator[str]:
    with make_server_folder() as folder, tempfile.TemporaryFile() as output:
        account: dict[str, Any] = {"cwd": "/", "stdout": output, "stderr": subprocess.STDOUT}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            os.chown(folder, nobody.pw_uid, nobody.pw_gid)
            account |= {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        folder.chmod(0o700)
        cluster = folder / "cluster"
        # Debian's defaults: the locale of the system, here the one every Debian has.
        initdb: list[str | Path] = [
            PROGRAMS / "initdb",
            "-D",
            cluster,
            "-U",
            "colophon",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
        ]
        subprocess.check_call([*initdb, "--no-sync"], **account)
        pg_ctl: list[str | Path] = [PROGRAMS / "pg_ctl", "-D", cluster, "-w"]
        options = f"-c listen_addresses= -k {folder} -F"
        subprocess.check_call([*pg_ctl, "-l", folder / "log", "-o", options, "start"], **account)
        try:
            yield f"postgresql://colophon@/postgres?host={folder}"
        finally:
            subprocess.check_call([*pg_ctl, "-m", "immediate", "stop"], **account)


@pytest_asyncio.fixture(scope="module")
async def old_dsn(old_server: str, settings: Settings) -> AsyncIterator[str]:
    connection = await asyncpg.connect(old_server)
    assert connection.get_server_version().major == 15
    await connection.close()
    await migrate(old_server, settings)
    await load_files(old_server, settings, [str(path) for path in LOADED_FILES])
    yield old_server


async def fetch_from_both(one: str, other: str, sql: str, *args: object) -> tuple[list[tuple[object, ...]], ...]:
    results = []
    for dsn in (one, other):
        connection = await asyncpg.connect(dsn)
        results.append([tuple(row) for row in await connection.fetch(sql, *args)])
        await connection.close()
    return tuple(results)


async def test_the_same_papers_with_the_same_words(loaded_dsn: str, old_dsn: str) -> None:
    sql = """
        SELECT id, title, authors, published, title_sort, words::text, length
        FROM papers JOIN paper_search ON paper_id = id ORDER BY title_sort, id
    """
    new, old = await fetch_from_both(loaded_dsn, old_dsn, sql)
    assert new == old
    assert len(new) > 40


async def test_the_same_repositories_and_models(loaded_dsn: str, old_dsn: str) -> None:
    for sql in (
        'SELECT key, paper_count FROM repos ORDER BY paper_count DESC, key COLLATE "C"',
        'SELECT slug, family, lineage, paper_count FROM models ORDER BY paper_count DESC, slug COLLATE "C"',
    ):
        new, old = await fetch_from_both(loaded_dsn, old_dsn, sql)
        assert new == old
        assert new


async def test_the_same_words_are_marked(loaded_dsn: str, old_dsn: str) -> None:
    sql = """
        SELECT search_highlights('', text, search_marks(search_query($2::jsonb)))::text FROM unnest($1::text[]) AS text
    """
    clauses = write_clauses(
        parse_words('pretraining gpt-4 bert_base codet5+ naive 机器学习 divergence "state of the art" bold')
    )
    new, old = await fetch_from_both(loaded_dsn, old_dsn, sql, TEXTS, clauses)
    assert new == old
    assert sum("<mark>" in str(row) for row in new) == len(TEXTS)


@pytest.mark.parametrize("prefix", ["b", "longf", "lnogformer", "budget pre", "small-lab/bugdet", "data"])
async def test_the_same_suggestions(loaded_dsn: str, old_dsn: str, prefix: str) -> None:
    new, old = await fetch_from_both(loaded_dsn, old_dsn, *_render(prefix))
    assert new == old
    assert new != [("[]",)]


def _render(prefix: str) -> tuple[Any, ...]:
    sql, values = render_suggest(SuggestRequest(prefix, limit=50))
    return sql, *values


async def test_the_same_facets_and_the_same_related_papers(loaded_dsn: str, old_dsn: str, settings: Settings) -> None:
    results = []
    for dsn in (loaded_dsn, old_dsn):
        db = await Database.open(dsn, settings, read_only=True)
        pages = [
            await search_papers(db, SearchRequest(query, facets=tuple(Facet), limit=100))
            for query in (None, "language", "-model", "bert OR longformer")
        ]
        ids = sorted(decode_id(json.loads(edge.paper)["id"]) or ("", 0) for edge in pages[0].edges)
        related = await fetch_related(db, [own for _, own in ids], 5, ["title"])
        results.append(([page.facets for page in pages], [related[own].papers for _, own in ids]))
        await db.close()
    new, old = results
    assert new == old
    assert all(new[0])
    assert any(new[1])


async def test_text_becomes_the_same_words(loaded_dsn: str, old_dsn: str) -> None:
    sql = "SELECT search_text(text), search_words(text)::text FROM unnest($1::text[]) AS text"
    new, old = await fetch_from_both(loaded_dsn, old_dsn, sql, TEXTS)
    assert new == old

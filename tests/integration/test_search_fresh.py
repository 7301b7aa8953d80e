"""Papers are found as soon as they are stored, as they are then; the words are counted anew when enough has changed."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from service.database import Database
from service.ingest.run import load_files
from service.ingest.statistics import refresh_if_due
from service.papers import SearchRequest
from service.queries.search import PaperPage, search_papers
from service.settings import Settings


def write(path: Path, records: Iterable[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return str(path)


def record(number: int, abstract: str) -> dict[str, Any]:
    return {
        "title": f"Report number {number}",
        "abstract": abstract,
        "external_ids": {"arxiv": f"2401.{number:05}"},
    }


async def find(db: Database, query: str) -> PaperPage:
    return await search_papers(db, SearchRequest(query), ["title"])


def titles(page: PaperPage) -> list[str]:
    return [json.loads(edge.paper)["title"] for edge in page.edges]


async def test_load_search_change_delete_and_search_again(
    dsn: str, db: Database, settings: Settings, tmp_path: Path
) -> None:
    papers = [record(n, "Coral reefs grow." + " Lichens too." * (n == 7)) for n in range(60)]
    await load_files(dsn, settings, [write(tmp_path / "first.jsonl", papers)])
    assert titles(await find(db, "lichens")) == ["Report number 7"]
    assert (await find(db, "coral reefs")).edges[0].score is not None
    rare, common = [(await find(db, word)).edges[0].score for word in ("lichens", "coral")]
    assert rare is not None
    assert common is not None
    assert rare > 10 * common

    # A later version of one, and a new one.
    later = [record(7, "Coral reefs grow. Mosses too."), record(60, "Lichens at last: lichens, lichens.")]
    await load_files(dsn, settings, [write(tmp_path / "first.jsonl", later)])
    assert titles(await find(db, "mosses")) == ["Report number 7"]
    assert titles(await find(db, "lichens")) == ["Report number 60"]
    assert titles(await find(db, "number 7")) == ["Report number 7"]

    connection = await asyncpg.connect(dsn)
    gone = await connection.fetchval("SELECT id FROM papers WHERE title = 'Report number 60'")
    await connection.execute("DELETE FROM records WHERE paper_id = $1", gone)
    await connection.execute("DELETE FROM papers WHERE id = $1", gone)
    await connection.close()
    assert titles(await find(db, "lichens")) == []
    page = await find(db, "lichens mosses")
    assert page.applied.mode == "any"
    assert titles(page) == ["Report number 7"]


async def test_words_are_counted_anew_when_enough_has_changed(dsn: str, settings: Settings, tmp_path: Path) -> None:
    connection = await asyncpg.connect(dsn)

    async def counted() -> tuple[int, int, int | None]:
        papers, changes = await connection.fetchrow("SELECT papers, changes FROM search_statistics")  # type: ignore[misc]
        return papers, changes, await connection.fetchval("SELECT papers FROM search_terms WHERE lexeme = 'coral'")

    assert await counted() == (0, 0, None)
    await load_files(dsn, settings, [write(tmp_path / "a.jsonl", [record(n, "Coral.") for n in range(200)])])
    assert await counted() == (200, 0, 200)
    # One in a hundred changes no weight that matters; the next ones do.
    await load_files(dsn, settings, [write(tmp_path / "b.jsonl", [record(n, "Coral.") for n in range(300, 302)])])
    assert await counted() == (200, 2, 200)
    await load_files(dsn, settings, [write(tmp_path / "b.jsonl", [record(n, "Coral.") for n in range(300, 302)])])
    assert await counted() == (200, 2, 200)
    await load_files(dsn, settings, [write(tmp_path / "c.jsonl", [record(n, "Coral.") for n in range(400, 405)])])
    assert await counted() == (207, 0, 207)
    await connection.close()


@pytest.mark.parametrize(
    ("papers", "changes", "loading", "due"),
    [
        (0, 0, False, False),
        (0, 1, False, True),
        (100_000, 2_000, False, False),
        (100_000, 2_001, False, True),
        # While more is to come: when there are twice as many, and not for each handful at the beginning.
        (0, 5_000, True, False),
        (0, 5_001, True, True),
        (100_000, 99_999, True, False),
        (100_000, 100_001, True, True),
    ],
)
async def test_when_words_are_counted(dsn: str, papers: int, changes: int, loading: bool, due: bool) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute("UPDATE search_statistics SET papers = $1, changes = $2", papers, changes)
    assert await refresh_if_due(connection, loading=loading) is due
    left = await connection.fetchrow("SELECT papers, changes FROM search_statistics")
    assert tuple(left or ()) == ((0, 0) if due else (papers, changes))
    await connection.close()

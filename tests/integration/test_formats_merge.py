"""One paper in the files of many producers: it becomes one, whatever the order, and no row replaces another."""

import json
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from service.database import Connection
from service.ingest.report import Counts
from service.ingest.run import load_files
from service.settings import Settings
from tests.conftest import DATA
from tests.stored import EMPTY, check_counts, dump, find_rows

FORMATS = DATA / "formats"
# Each has the paper of arXiv 2403.01234 or DOI 10.1234/heron, and nothing else but what is told below.
FILES = [
    "hf_papers.detail.json",
    "pwc_papers.json",
    "pwc_links.json",
    "semantic_scholar.paper.json",
    "openalex.work.json",
    "crossref.work.json",
    "datacite.work.json",
    "s2orc.text.jsonl",
]


class Loader:
    def __init__(self, dsn: str, settings: Settings, connection: Connection) -> None:
        self.dsn, self.settings, self.connection = dsn, settings, connection

    async def load(self, *paths: Path) -> Counts:
        report = await load_files(self.dsn, self.settings, [str(path) for path in paths])
        await check_counts(self.connection)
        assert [file.error for file in report.files] == [None] * len(paths)
        return report.totals

    async def load_rows(self, *rows: dict[str, Any]) -> Counts:
        stdin = BytesIO(json.dumps(rows).encode())
        report = await load_files(self.dsn, self.settings, ["-"], stdin=stdin)
        await check_counts(self.connection)
        return report.totals

    async def repos(self, title: str) -> dict[str, tuple[str, set[tuple[str, str]]]]:
        """Of a paper, key -> official, and of each evidence its source and what that says."""
        rows = await self.connection.fetch(
            "SELECT r.key, pr.official, pr.evidence FROM papers p JOIN paper_repos pr ON pr.paper_id = p.id"
            " JOIN repos r ON r.id = pr.repo_id WHERE p.title_sort = $1",
            title.lower(),
        )
        return {
            row["key"]: (row["official"], {(e["source"], e["official"]) for e in json.loads(row["evidence"])})
            for row in rows
        }


@pytest_asyncio.fixture
async def loader(dsn: str, settings: Settings) -> AsyncIterator[Loader]:
    connection = await asyncpg.connect(dsn)
    yield Loader(dsn, settings, connection)
    await connection.close()


def make_row(repo: str, official: bool | None = None, **members: Any) -> dict[str, Any]:
    row = {"paper_url": "https://paperswithcode.com/paper/t", "paper_title": "T", "paper_arxiv_id": "2101.00001"}
    return {**row, "repo_url": repo, "is_official": official, **members}


async def test_every_producers_record_joins_the_one_paper(loader: Loader) -> None:
    await loader.load(*(FORMATS / name for name in FILES))
    titles = {row["title"] for row in await loader.connection.fetch("SELECT title FROM papers")}
    assert len(titles) == 2
    assert "A Paper Without Ids" in titles or "A Paper without IDs" in titles
    (title,) = titles - {"A Paper Without Ids", "A Paper without IDs"}
    repos = await loader.repos(title)
    assert repos["github.com/heron-lab/heron"] == (
        "true",
        {("huggingface", "unknown"), ("paperswithcode-links", "true"), ("datacite", "unknown")},
    )
    assert repos["github.com/someone/heron-jax"] == ("false", {("paperswithcode-links", "false")})
    ids = await loader.connection.fetch(
        "SELECT scheme, value FROM external_ids e JOIN papers p ON p.id = e.paper_id WHERE p.title = $1", title
    )
    found = {(row["scheme"], row["value"]) for row in ids}
    assert {("arxiv", "2403.01234"), ("doi", "10.1234/heron"), ("acl", "2024.acl-long.1"), ("pmc", "PMC456")} <= found
    assert {("openalex", "W4390000001"), ("paperswithcode", "tiny-herons"), ("corpusid", "777")} <= found


@pytest.mark.parametrize("seed", range(3))
async def test_the_order_of_the_files_does_not_matter(loader: Loader, seed: int) -> None:
    random = Random(seed)
    dumps = []
    for _ in range(2):
        await loader.connection.execute(EMPTY)
        for name in random.sample(FILES, len(FILES)):
            await loader.load(FORMATS / name)
        dumps.append(await dump(loader.connection))
    assert dumps[0] == dumps[1]


async def test_a_reload_of_every_sample_changes_nothing(loader: Loader) -> None:
    paths = sorted(FORMATS.glob("*.json*"))
    first = await loader.load(*paths)
    before, rows = await dump(loader.connection), await find_rows(loader.connection)
    again = await loader.load(*paths)
    assert (again.created, again.updated, again.merged) == (0, 0, 0)
    assert (again.unchanged, again.rejected) == (first.total - first.rejected, first.rejected)
    assert await dump(loader.connection) == before
    assert await find_rows(loader.connection) == rows


async def test_rows_of_one_paper_do_not_replace_each_other(loader: Loader) -> None:
    await loader.load_rows(make_row("https://github.com/o/own", True), make_row("https://github.com/o/other", False))
    # Another part of the dump, in a load of its own.
    await loader.load_rows(make_row("https://github.com/o/third", False))
    repos = await loader.repos("T")
    assert {key: official for key, (official, _) in repos.items()} == {
        "github.com/o/own": "true",
        "github.com/o/other": "false",
        "github.com/o/third": "false",
    }
    # A later dump that says otherwise of one of them.
    totals = await loader.load_rows(make_row("https://GitHub.com/o/third.git", True))
    assert (totals.updated, totals.created, totals.merged) == (1, 0, 0)
    repos = await loader.repos("T")
    assert repos["github.com/o/third"] == ("true", {("paperswithcode-links", "true")})
    assert len(repos) == 3
    assert await loader.connection.fetchval("SELECT count(*) FROM records") == 3


async def test_a_brief_answer_does_not_replace_a_full_one(loader: Loader) -> None:
    full = {
        "id": "2301.00007",
        "title": "Of Herons",
        "summary": "They wade.",
        "upvotes": 1,
        "authors": [{"name": "A B"}],
    }
    brief = {"id": "2301.00007", "title": "Of herons", "thumbnailUrl": "https://e.org/t.png"}
    for entry in (full, brief, brief):
        await loader.load_rows(entry)
    (stored,) = (await dump(loader.connection))["papers"]
    assert (stored["title"], stored["abstract"], stored["authors"]) == ("Of Herons", "They wade.", ["A B"])
    assert len(stored["records"]) == 2
    # What is said in full again takes the place of what was.
    totals = await loader.load_rows({**full, "summary": "They fly."})
    assert (totals.updated, totals.total) == (1, 1)
    (stored,) = (await dump(loader.connection))["papers"]
    assert (stored["abstract"], len(stored["records"])) == ("They fly.", 2)


async def test_metadata_and_full_text_are_kept_side_by_side(loader: Loader) -> None:
    metadata = {
        "paper_id": "777", "title": "Tiny herons", "authors": [{"first": "Ada", "last": "Bee"}], "abstract": "Short.",
        "year": 2024, "arxiv_id": "2403.01234", "mag_field_of_study": ["Biology"],
    }  # fmt: skip
    await loader.load(FORMATS / "s2orc.text.jsonl")
    await loader.load_rows(metadata)
    (stored,) = (await dump(loader.connection))["papers"]
    assert (stored["published"], stored["license"], len(stored["records"])) == ("2024", "CCBY", 2)


@pytest.mark.parametrize("first", ["rows", "paper"])
@pytest.mark.parametrize("number", ["2101.00001", None])
async def test_a_row_joins_its_paper_by_id_or_title(loader: Loader, first: str, number: str | None) -> None:
    paper = {
        "paper_url": "https://paperswithcode.com/paper/other-page", "title": "Of Herons", "abstract": "A.",
        "url_abs": "https://arxiv.org/abs/2101.00001", "authors": ["Ada Bee"],
    }  # fmt: skip
    row = make_row("o/n", True, paper_title="of herons." if number is None else "Another title", paper_arxiv_id=number)
    for entry in (row, paper) if first == "rows" else (paper, row):
        await loader.load_rows(entry)
    (stored,) = (await dump(loader.connection))["papers"]
    assert (stored["title"], stored["abstract"]) == ("Of Herons", "A.")
    assert len(stored["records"]) == 2
    assert (await loader.repos("Of Herons"))["github.com/o/n"][0] == "true"

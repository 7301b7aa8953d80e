"""What loading leaves in the database: papers of many records, whatever their order, and what became of each."""

import json
from collections.abc import AsyncIterator
from dataclasses import astuple
from io import BytesIO
from itertools import permutations
from pathlib import Path
from random import Random
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from service.database import Connection
from service.ingest.load_table import begin_load
from service.ingest.report import Counts
from service.ingest.run import is_empty, load_files, load_sample
from service.ingest.store import store_batch
from service.settings import Settings
from tests.stored import EMPTY, arrive, check_counts, dump, find_rows


class Loader:
    """Loads records given as dicts, each call one run of `colophon load`."""

    def __init__(self, dsn: str, settings: Settings, connection: Connection) -> None:
        self.dsn, self.settings, self.connection = dsn, settings, connection

    async def load(self, *records: dict[str, Any], source: str | None = None) -> Counts:
        stdin = BytesIO("".join(json.dumps(record) + "\n" for record in records).encode())
        report = await load_files(self.dsn, self.settings, ["-"], format="jsonl", source=source, stdin=stdin)
        await check_counts(self.connection)
        assert report.files[0].error is None
        assert report.totals.rejected == 0, report.files[0].rejects
        return report.totals

    async def papers(self) -> list[dict[str, Any]]:
        return (await dump(self.connection))["papers"]

    async def ids(self) -> dict[str, str]:
        """title -> id"""
        return {row["title"]: row["id"] for row in await self.connection.fetch("SELECT id, title FROM papers")}


@pytest_asyncio.fixture
async def loader(dsn: str, settings: Settings) -> AsyncIterator[Loader]:
    connection = await asyncpg.connect(dsn)
    yield Loader(dsn, settings, connection)
    await connection.close()


def counts(created: int = 0, updated: int = 0, unchanged: int = 0, merged: int = 0) -> tuple[int, ...]:
    return created, updated, unchanged, merged, 0


async def test_a_file_loaded_twice_changes_nothing(loader: Loader) -> None:
    records: list[dict[str, Any]] = [
        {"title": "One", "abstract": "BERT. https://github.com/o/n"},
        {"title": "Two", "external_ids": {"arxiv": "2101.00001"}, "authors": ["Ann Lee"]},
    ]
    assert astuple(await loader.load(*records)) == counts(created=2)
    before = await dump(loader.connection, times=True)
    rows = await find_rows(loader.connection)
    assert astuple(await loader.load(*records)) == counts(unchanged=2)
    assert await dump(loader.connection, times=True) == before
    # Not one row was written anew.
    assert await find_rows(loader.connection) == rows


async def test_the_same_file_gives_the_same_ids_in_another_database(loader: Loader, template_dsn: str) -> None:
    from tests.conftest import create_clone, drop_clone

    records = [{"title": f"Paper {n}", "external_ids": {"arxiv": f"2101.{n:05}"} if n % 2 else {}} for n in range(20)]
    await loader.load(*records)
    other_dsn = await create_clone(template_dsn)
    try:
        other = await asyncpg.connect(other_dsn)
        await load_files(other_dsn, loader.settings, ["-"], stdin=BytesIO("\n".join(map(json.dumps, records)).encode()))
        rows = await other.fetch("SELECT id, title FROM papers")
        await other.close()
    finally:
        await drop_clone(other_dsn)
    assert {row["title"]: row["id"] for row in rows} == await loader.ids()


async def test_a_record_twice_in_one_file_is_one(loader: Loader) -> None:
    assert astuple(await loader.load({"title": "One"}, {"title": "One"})) == counts(created=1, unchanged=1)


async def test_arxiv_anthology_and_page_become_one_paper(loader: Loader) -> None:
    title = "A Paper: of Many Sources"
    arxiv = {"title": title, "authors": ["Ann Lee"], "external_ids": {"arxiv": "2101.00001v2"}, "published": "2021"}
    acl = {"title": title.upper(), "authors": ["A. Lee"], "external_ids": {"acl": "2021.acl-long.1", "doi": "10.1/A"}}
    page = {"title": title, "abstract": "We present ColoNet. https://github.com/O/N"}
    assert astuple(await loader.load(arxiv, source="arxiv")) == counts(created=1)
    assert astuple(await loader.load(acl, source="acl")) == counts(merged=1)
    assert astuple(await loader.load(page, source="page")) == counts(merged=1)
    (paper,) = await loader.papers()
    assert paper["external_ids"] == [["acl", "2021.acl-long.1"], ["arxiv", "2101.00001"], ["doi", "10.1/a"]]
    assert paper["abstract"] == page["abstract"]
    assert [repo["key"] for repo in paper["repos"]] == ["github.com/o/n"]
    assert [record["source"] for record in paper["records"]] == ["acl", "arxiv", "page"]


async def test_different_works_with_one_title_stay_apart(loader: Loader) -> None:
    records = [{"title": "Editorial", "external_ids": {"doi": f"10.1/{n}"}} for n in range(3)]
    assert astuple(await loader.load(*records)) == counts(created=3)
    # It fits all three: it stays apart from each.
    assert astuple(await loader.load({"title": "Editorial"}, source="page")) == counts(created=1)


async def test_papers_that_a_record_joins_become_one_and_both_ids_lead_to_it(loader: Loader) -> None:
    await loader.load({"title": "Preprint", "external_ids": {"arxiv": "2101.00001"}})
    await loader.load({"title": "Article", "external_ids": {"doi": "10.1/a"}})
    ids = await loader.ids()
    both = {"title": "Preprint", "external_ids": {"arxiv": "2101.00001", "doi": "10.1/a"}}
    assert astuple(await loader.load(both, source="other")) == counts(merged=1)
    (paper,) = await loader.papers()
    assert len(paper["records"]) == 3
    assert list((await loader.ids()).values()) == [ids["Preprint"]]
    merged = await loader.connection.fetch("SELECT id, paper_id FROM merged_papers")
    assert [tuple(row) for row in merged] == [(ids["Article"], ids["Preprint"])]


async def test_a_merged_id_follows_its_paper_when_that_is_merged_too(loader: Loader) -> None:
    for name, record in {
        "c": {"title": "C", "external_ids": {"s2": "c"}},
        "b": {"title": "B", "external_ids": {"doi": "10.1/b"}},
        "a": {"title": "A", "external_ids": {"acl": "P19-1001"}},
        "ab": {"title": "A", "external_ids": {"acl": "P19-1001", "doi": "10.1/b"}},
        "bc": {"title": "B", "external_ids": {"doi": "10.1/b", "s2": "c"}},
    }.items():
        await loader.load(record, source=name)
    (survivor,) = (await loader.ids()).values()
    assert await loader.connection.fetchval("SELECT array_agg(DISTINCT paper_id) FROM merged_papers") == [survivor]
    assert await loader.connection.fetchval("SELECT count(*) FROM merged_papers") == 2


async def test_papers_that_come_apart_again_get_their_ids_back(loader: Loader) -> None:
    first = {"title": "T", "external_ids": {"doi": "10.1/a"}}
    second = {"title": "T", "external_ids": {"arxiv": "2101.00001"}}
    page = {"title": "T", "abstract": "words"}
    await loader.load(page, source="page")
    (page_id,) = (await loader.ids()).values()
    await loader.load(first, source="one")
    assert list((await loader.ids()).values()) == [page_id]
    await loader.load(second, source="two")
    assert len(await loader.papers()) == 1
    # Contradicts the first: the page and the second fit both, so all come apart.
    await loader.load({"title": "T", "external_ids": {"doi": "10.1/b"}}, source="three")
    assert len(await loader.papers()) == 4
    rows = await loader.connection.fetch("SELECT source, paper_id FROM records")
    assert {row["source"]: row["paper_id"] for row in rows}["page"] == page_id


async def test_a_changed_record_takes_the_place_of_the_former(loader: Loader) -> None:
    old = {"title": "T", "abstract": "GPT-4. https://github.com/o/old", "external_ids": {"arxiv": "2101.00001"}}
    new = {"title": "T2", "abstract": "BERT. https://github.com/o/new", "external_ids": {"arxiv": "2101.00001"}}
    await loader.load(old)
    ids = await loader.ids()
    assert astuple(await loader.load(new)) == counts(updated=1)
    (paper,) = await loader.papers()
    assert paper["title"] == "T2"
    assert len(paper["records"]) == 1
    assert await loader.ids() == {"T2": ids["T"]}
    stored = await dump(loader.connection)
    assert [repo["key"] for repo in stored["repos"]] == ["github.com/o/new"]
    assert "bert" in {model["slug"] for model in stored["models"]}
    assert "gpt-4" not in {model["slug"] for model in stored["models"]}


async def test_a_batch_is_whole_whatever_is_built_at_once(loader: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    def make(version: int) -> list[dict[str, Any]]:
        # Every third paper is another in each version.
        return [{"title": f"Paper {n}", "abstract": f"BERT, as of {version if n % 3 == 0 else 0}."} for n in range(20)]

    await loader.load(*make(2))
    expected = await loader.papers()
    await loader.connection.execute(EMPTY)
    monkeypatch.setattr("service.ingest.store._BUILT_AT_ONCE", 3)
    assert astuple(await loader.load(*make(1))) == counts(created=20)
    assert astuple(await loader.load(*make(2))) == counts(updated=7, unchanged=13)
    assert await loader.papers() == expected


async def test_another_source_supersedes_nothing(loader: Loader) -> None:
    ids = {"arxiv": "2101.00001"}
    await loader.load({"title": "T", "abstract": "a", "external_ids": ids}, source="one")
    assert astuple(await loader.load({"title": "T", "abstract": "b", "external_ids": ids}, source="two")) == counts(
        merged=1
    )
    (paper,) = await loader.papers()
    assert len(paper["records"]) == 2


async def test_two_records_of_one_name_in_one_file_are_both_kept(loader: Loader) -> None:
    twins = [{"title": "T", "abstract": "a"}, {"title": "T", "abstract": "b"}]
    assert astuple(await loader.load(*twins)) == counts(created=1, merged=1)
    before = await dump(loader.connection)
    assert astuple(await loader.load(*twins)) == counts(unchanged=2)
    # One of them changes: it alone is replaced.
    assert astuple(await loader.load({"title": "T", "abstract": "c"}, twins[1])) == counts(updated=1, unchanged=1)
    (paper,) = await loader.papers()
    assert len(paper["records"]) == 2
    # And when the file says again what it said, all is as it was.
    assert astuple(await loader.load(*twins)) == counts(updated=1, unchanged=1)
    assert await dump(loader.connection) == before


async def test_a_changed_record_may_leave_the_paper_it_joined(loader: Loader) -> None:
    await loader.load({"title": "Preprint", "external_ids": {"arxiv": "2101.00001"}}, source="one")
    await loader.load({"title": "Article", "external_ids": {"doi": "10.1/a"}}, source="two")
    apart = await dump(loader.connection)
    await loader.load({"title": "X", "external_ids": {"arxiv": "2101.00001", "doi": "10.1/a"}}, source="three")
    assert len(await loader.papers()) == 1
    # The record's name is its arXiv id, and it no longer claims the DOI.
    await loader.load({"title": "Preprint", "external_ids": {"arxiv": "2101.00001"}}, source="three")
    papers = await loader.papers()
    assert [paper["external_ids"] for paper in papers] == [[["doi", "10.1/a"]], [["arxiv", "2101.00001"]]]
    assert len(apart["papers"]) == 2
    assert await loader.connection.fetchval("SELECT count(*) FROM merged_papers") == 0


_SOURCES: list[dict[str, Any]] = [
    {"title": "Pre-Training", "authors": ["Ann Lee"], "external_ids": {"arxiv": "2101.00001"}, "published": "2021"},
    {"title": "Pretraining", "authors": ["A. Lee"], "external_ids": {"acl": "P19-1001"}, "venue": "ACL"},
    {"title": "Pretraining", "abstract": "FooNet, LLaMA-3-8B. https://github.com/OpenAI/CLIP"},
    {"title": "PRETRAINING", "abstract": "Foonet beats Llama. https://github.com/openai/clip.", "venue": "x"},
    {"title": "Other", "abstract": "Code: https://github.com/openai/Clip", "external_ids": {"doi": "10.1/a"}},
    {"title": "Pretraining", "authors": ["Bob Ray"], "external_ids": {"doi": "10.1/b", "acl": "P19-1001"}},
    {"title": "Pretraining", "external_ids": {"arxiv": "2101.00002"}},
]


@pytest.mark.parametrize("seed", range(3))
async def test_the_order_of_loading_does_not_matter(loader: Loader, seed: int) -> None:
    orders = Random(seed).sample(list(permutations(range(len(_SOURCES)))), 3)
    dumps = []
    for order in orders:
        await loader.connection.execute(EMPTY)
        for number in order:
            await loader.load(_SOURCES[number], source=f"source-{number}")
        stored = await dump(loader.connection)
        dumps.append(stored)
    assert dumps[0] == dumps[1] == dumps[2]


# One paper as arXiv, the proceedings and a page have it.
_VERSIONS: dict[str, dict[str, Any]] = {
    "arxiv": {
        "title": "Attention for Long Documents", "abstract": "We use BERT.", "authors": ["Ann Lee", "Bob Ray"],
        "published": "2021-05-17", "categories": ["cs.CL"], "external_ids": {"arxiv": "2105.01001"},
        "pdf_url": "https://arxiv.org/pdf/2105.01001v2",
    },
    "acl": {
        "title": "Attention for long documents", "abstract": "We use BERT-Base.", "authors": ["Ann Lee", "Robert Ray"],
        "published": "2021-08", "venue": "ACL 2021", "license": "CC-BY-4.0",
        "external_ids": {"acl": "2021.acl-long.1", "doi": "10.18653/v1/2021.acl-long.1"},
    },
    "daily_papers": {
        "title": "Attention for Long Documents", "abstract": "Code: https://github.com/o/n",
        "external_ids": {"arxiv": "2105.01001"},
    },
}  # fmt: skip


async def test_where_fields_came_from_is_the_same_whatever_the_order(loader: Loader) -> None:
    dumps = []
    for order in permutations(_VERSIONS):
        await loader.connection.execute(EMPTY)
        for source in order:
            await loader.load(_VERSIONS[source], source=source)
        dumps.append(await dump(loader.connection))
    assert all(stored == dumps[0] for stored in dumps)
    (paper,) = dumps[0]["papers"]
    told = paper["provenance"]
    # The fullest record is the proceedings'; what it leaves empty, arXiv fills, and nothing that is said is lost.
    assert (paper["title"], told["title"]["sources"]) == ("Attention for long documents", ["acl"])
    assert {other["source"]: other["values"] for other in told["abstract"]["others"]} == {
        "arxiv": ["We use BERT."],
        "daily_papers": ["Code: https://github.com/o/n"],
    }
    assert told["authors"]["others"] == [{"source": "arxiv", "values": ["Ann Lee", "Bob Ray"]}]
    assert told["published"] == {"sources": ["acl"], "others": [{"source": "arxiv", "values": ["2021-05-17"]}]}
    assert told["external_ids.arxiv"] == {"sources": ["arxiv", "daily_papers"], "others": []}
    assert {field: source for field, source in told.items() if isinstance(source, str)} == {
        "venue": "acl", "license": "acl", "categories": "arxiv", "pdf_url": "arxiv", "external_ids.acl": "acl",
        "external_ids.doi": "acl",
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
async def test_any_records_one_by_one_or_at_once_become_the_same(loader: Loader, seed: int) -> None:
    random = Random(seed)
    records = [
        {
            "title": random.choice(["X", "Y", "Z"]),
            "abstract": random.choice(["", "BERT https://github.com/O/n", "GPT-4 https://github.com/o/N/tree/x"]),
            "authors": random.sample(["Ann Lee", "Bob Ray", "Cyd Poe"], random.randrange(3)),
            "external_ids": {s: str(random.randrange(4)) for s in random.sample(["doi", "s2"], random.randrange(3))},
        }
        for _ in range(14)
    ]
    arrivals = [arrive(record, f"source-{number}") for number, record in enumerate(records)]
    dumps = []
    for size in (1, 5, len(arrivals)):
        await loader.connection.execute(EMPTY)
        load = await begin_load(loader.connection)
        for start in range(0, len(arrivals), size):
            await store_batch(loader.connection, load, arrivals[start : start + size])
            await check_counts(loader.connection)
        dumps.append(await dump(loader.connection))
        random.shuffle(arrivals)
    assert dumps[0] == dumps[1] == dumps[2]


async def test_a_title_that_too_many_have_joins_nothing(loader: Loader) -> None:
    from service.ingest.identity import COMMON_TITLE

    records = [{"title": "Editorial", "external_ids": {"doi": f"10.1/{n}"}} for n in range(COMMON_TITLE)]
    await loader.load({"title": "Editorial", "external_ids": {"s2": "1"}}, source="s2")
    await loader.load(*records[:1], source="a")
    # Two that do not contradict are one, until too many have the title.
    assert len(await loader.papers()) == 1
    await loader.load(*records, source="b")
    papers = await loader.papers()
    assert len(papers) == COMMON_TITLE + 1
    page = {"title": "Editorial", "abstract": "words"}
    assert astuple(await loader.load(page, source="c")) == counts(created=1)
    # The same words from elsewhere are that paper, though the title says nothing.
    assert astuple(await loader.load(page, source="d")) == counts(merged=1)
    assert astuple(await loader.load(records[0], source="e")) == counts(merged=1)


async def test_a_model_with_new_parents_is_counted_under_them(loader: Loader) -> None:
    await loader.load({"title": "A", "abstract": "We use Llama-3-8B."}, {"title": "B", "abstract": "We use BERT."})
    # As an earlier lexicon might have left it: no parents.
    await loader.connection.execute("UPDATE models SET lineage = ARRAY[id], parent_id = NULL")
    await loader.connection.execute(
        "UPDATE models m SET paper_count = (SELECT count(*) FROM paper_models WHERE model_id = m.id)"
    )
    await loader.load({"title": "C", "abstract": "Llama-3-8B again."})
    rows = await loader.connection.fetch("SELECT slug, paper_count FROM models")
    found = {row["slug"]: row["paper_count"] for row in rows}
    assert found["llama"] == found["llama-3"] == found["llama-3-8b"] == 2
    assert found["bert"] == 1


async def test_the_page_loads_as_its_94_papers(dsn: str, settings: Settings, shared_dir: Path) -> None:
    page = str(shared_dir / "data" / "daily-papers-page.txt")
    first = await load_files(dsn, settings, [page])
    again = await load_files(dsn, settings, [page])
    assert (first.totals.created, first.totals.total) == (94, 94)
    assert (again.totals.unchanged, again.totals.total) == (94, 94)
    connection = await asyncpg.connect(dsn)
    kinds = await connection.fetch("SELECT kind, count(*) FROM paper_links GROUP BY kind ORDER BY kind")
    await check_counts(connection)
    await connection.close()
    assert [tuple(row) for row in kinds] == [("model", 1), ("project_page", 2), ("repository", 22)]


async def test_the_sample_fills_an_empty_database(dsn: str, settings: Settings) -> None:
    assert await is_empty(dsn, settings)
    report = await load_sample(dsn, settings)
    assert report.complete
    assert report.totals.created >= 30
    assert not await is_empty(dsn, settings)

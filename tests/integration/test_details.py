"""What is told of one model and one repository, and what the filters by model find, against a count by hand."""

import json
from collections import Counter
from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio

from service.app import create_app
from service.database import Connection
from service.ingest.run import load_files
from service.names import hash_id
from service.queries.details import MAX_BESIDE, MAX_LOOKED_AT, MAX_VARIANTS, OF_MODEL, OF_REPO
from service.settings import Settings
from tests.conftest import create_clone, drop_clone, run_app

CODE = "https://github.com/lab/code"
RECORDS: list[dict[str, Any]] = [
    {"title": "A", "abstract": f"Llama-3-8B and GPT-4. {CODE}", "published": "2024-05-02"},
    {"title": "B", "abstract": f"Llama-3-70B, Llama 2 and RoBERTa. {CODE}", "published": "2023-12"},
    {"title": "C", "abstract": "Llama and GPT-4o. Also BERT-Base.", "published": "2024"},
    {"title": "D", "abstract": "BERT and GPT-4."},
    {"title": "E", "abstract": f"BERT-Large. {CODE}", "published": "2019-01-05"},
    {"title": "F", "abstract": "Llama-3-8B again, and GPT-3.", "published": "2024-04-01"},
    {"title": "G", "abstract": "A Lite BERT (ALBERT).", "published": "2020"},
]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def loaded(template_dsn: str, settings: Settings) -> AsyncIterator[str]:
    dsn = await create_clone(template_dsn)
    stdin = BytesIO("\n".join(map(json.dumps, RECORDS)).encode())
    report = await load_files(dsn, settings, ["-"], format="jsonl", stdin=stdin)
    assert report.totals.created == len(RECORDS)
    yield dsn
    await drop_clone(dsn)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def reader(loaded: str, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async with run_app(create_app(settings, loaded)) as client:
        yield client


async def get(client: httpx.AsyncClient, path: str, **parameters: Any) -> Any:
    answer = await client.get(path, params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("filters", "titles"),
    [
        ({"model": "llama"}, "ABCF"),
        ({"model": "Llama 3"}, "ABF"),
        ({"model": "llama-3-8b"}, "AF"),
        ({"model": "meta-llama/Llama-3-8B"}, "AF"),
        ({"model_exact": "llama"}, "C"),
        ({"model_exact": "llama-3"}, ""),
        ({"model_exact": ["llama", "llama-2"]}, "BC"),
        ({"model": "gpt-4"}, "AD"),
        ({"model": "gpt-4o"}, "C"),
        ({"model": "gpt"}, "ACDF"),
        ({"model": "bert"}, "CDE"),
        ({"model": "a lite bert"}, "G"),
        ({"family": "bert"}, "CDEG"),
        ({"family": ["Llama", "gpt"]}, "ABCDF"),
        ({"model": ["gpt-4", "roberta"]}, "ABD"),
        ({"model_all": ["llama", "gpt"]}, "ACF"),
        ({"model_all": ["llama-3", "llama-2"]}, "B"),
        ({"model_all": ["llama", "gpt", "bert"]}, "C"),
        ({"model_all": ["llama", "no such model"]}, ""),
        ({"model": "llama", "model_exact": "gpt-4"}, "A"),
        ({"model": "llama", "family": "bert"}, "C"),
        ({"model": "no such model"}, ""),
    ],
    ids=str,
)
async def test_what_the_filters_by_model_find(reader: httpx.AsyncClient, filters: dict[str, Any], titles: str) -> None:
    page = await get(reader, "/v1/papers", sort="title", fields="title", **filters)
    assert "".join(item["title"] for item in page["items"]) == titles
    assert page["total"] == {"value": len(titles), "relation": "eq"}
    camel = {
        {"model_all": "modelAll", "model_exact": "modelExact"}.get(name, name): values
        for name, values in filters.items()
    }
    query = "query ($f: PaperFilter) { papers(filter: $f, orderBy: TITLE) { nodes { title } } }"
    answer = (await reader.post("/graphql", json={"query": query, "variables": {"f": camel}})).json()
    assert "".join(node["title"] for node in answer["data"]["papers"]["nodes"]) == titles


@pytest.mark.parametrize(
    "spelling", ["Llama-3", "llama 3", "LLAMA3", "llama-3", "meta-llama/Llama-3", "meta-llama%2FLlama-3"]
)
async def test_a_model_in_any_spelling(reader: httpx.AsyncClient, spelling: str) -> None:
    model = await get(reader, f"/v1/models/{spelling}")
    assert (model["slug"], model["parent"], model["paper_count"]) == ("llama-3", "llama", 3)
    assert model["variant_count"] == 2
    assert [(v["slug"], v["parent"], v["paper_count"], v["variant_count"]) for v in model["variants"]] == [
        ("llama-3-8b", "llama-3", 2, 0),
        ("llama-3-70b", "llama-3", 1, 0),
    ]
    # Of a paper of 2023-12, one of 2024-04-01 and one of 2024-05-02.
    assert model["first_seen"] == "2023-12"
    # Neither Llama nor its sizes; Llama 2 is no relative in that line.
    assert [(one["slug"], one["paper_count"], one["relation"]) for one in model["co_mentioned"]] == [
        ("gpt", 2, "eq"),
        ("gpt-3", 1, "eq"),
        ("gpt-4", 1, "eq"),
        ("llama-2", 1, "eq"),
        ("roberta", 1, "eq"),
    ]


@pytest.mark.parametrize(
    ("name", "first_seen"), [("llama", "2023-12"), ("gpt", "2024"), ("bert", "2019-01-05"), ("gpt-4o", "2024")]
)
async def test_a_period_is_told_as_the_paper_gives_it(reader: httpx.AsyncClient, name: str, first_seen: str) -> None:
    assert (await get(reader, f"/v1/models/{name}"))["first_seen"] == first_seen


async def test_the_tree_can_be_walked(reader: httpx.AsyncClient) -> None:
    seen: list[str] = []

    async def walk(slug: str, parent: str | None) -> None:
        model = await get(reader, f"/v1/models/{slug}")
        assert model["parent"] == parent
        assert model["variant_count"] == len(model["variants"])
        seen.append(slug)
        for variant in model["variants"]:
            assert variant["paper_count"] <= model["paper_count"]
            await walk(variant["slug"], slug)

    items = (await get(reader, "/v1/models", limit=100))["items"]
    for root in (item for item in items if item["parent"] is None):
        await walk(root["slug"], None)
    assert sorted(seen) == sorted(item["slug"] for item in items)


async def test_aliases_are_spelled_and_find(reader: httpx.AsyncClient) -> None:
    albert = await get(reader, "/v1/models/albert")
    assert "A Lite BERT" in albert["aliases"]
    assert albert["name"] not in albert["aliases"]
    for model in (await get(reader, "/v1/models", limit=100))["items"]:
        detail = await get(reader, f"/v1/models/{model['slug']}")
        for alias in detail["aliases"]:
            # Two models may share a spelling; the one with more papers has it.
            found = await get(reader, f"/v1/models/{alias}")
            assert found["slug"] == model["slug"] or found["paper_count"] >= model["paper_count"]
            listed = await get(reader, "/v1/models", q=alias, limit=100)
            assert model["slug"] in [item["slug"] for item in listed["items"]], alias
    # The list finds by the beginning of any spelling.
    assert [item["slug"] for item in (await get(reader, "/v1/models", q="a lite b"))["items"]] == ["albert"]


async def test_co_mentioned_are_those_that_a_filter_by_both_finds(client: httpx.AsyncClient) -> None:
    """Counted anew from all papers and the parents of all models."""
    models = {item["slug"]: item for item in (await get(client, "/v1/models", limit=100))["items"]}
    papers = (await get(client, "/v1/papers", limit=100, fields="models,repos"))["items"]

    def above(slug: str | None) -> list[str]:
        return [] if slug is None else [slug, *above(models[slug]["parent"])]

    named = [{one for model in paper["models"] for one in above(model["slug"])} for paper in papers]
    for slug in models:
        both = Counter(
            other
            for found in named
            if slug in found
            for other in found
            if other not in above(slug) and slug not in above(other)
        )
        expected = sorted(both.items(), key=lambda item: (-item[1], item[0]))[:MAX_BESIDE]
        co_mentioned = (await get(client, f"/v1/models/{slug}"))["co_mentioned"]
        assert [(one["slug"], one["paper_count"]) for one in co_mentioned] == expected
        for other, count in expected[:2]:
            total = (await get(client, "/v1/papers", model_all=[slug, other], limit=1))["total"]
            assert total == {"value": count, "relation": "eq"}
    counted = 0
    for repo in (await get(client, "/v1/repos", limit=100))["items"]:
        those = [
            found for found, paper in zip(named, papers, strict=True) if repo["id"] in [r["id"] for r in paper["repos"]]
        ]
        expected = sorted(
            Counter(one for found in those for one in found).items(), key=lambda item: (-item[1], item[0])
        )
        detail = await get(client, f"/v1/repos/{repo['url'].removeprefix('https://')}")
        assert [(one["slug"], one["paper_count"]) for one in detail["models"]] == expected[:MAX_BESIDE]
        counted += len(expected)
    assert counted > 5


async def test_a_repository_and_the_models_of_its_papers(reader: httpx.AsyncClient) -> None:
    repo = await get(reader, "/v1/repos/github.com/LAB/code.git")
    assert repo["paper_count"] == 3
    assert [(one["slug"], one["paper_count"]) for one in repo["models"]] == [
        ("llama", 2),
        ("llama-3", 2),
        ("bert", 1),
        ("bert-large", 1),
        ("gpt", 1),
        ("gpt-4", 1),
        ("llama-2", 1),
        ("llama-3-70b", 1),
        ("llama-3-8b", 1),
        ("roberta", 1),
    ]
    for one in repo["models"]:
        total = (await get(reader, "/v1/repos/github.com/lab/code/papers", model=one["slug"]))["total"]
        assert total["value"] == one["paper_count"]


async def test_the_lists_stay_as_they_were(reader: httpx.AsyncClient) -> None:
    members = {"id", "slug", "name", "family", "parent", "paper_count"}
    assert all(set(item) == members for item in (await get(reader, "/v1/models"))["items"])
    members = {"id", "url", "host", "owner", "name", "paper_count"}
    assert all(set(item) == members for item in (await get(reader, "/v1/repos"))["items"])


PAPERS = 12_000


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def many(template_dsn: str) -> AsyncIterator[Connection]:
    """A model of 12,000 papers, of which half mention another and a hundredth a third; a repository of the same."""
    dsn = await create_clone(template_dsn)
    connection = await asyncpg.connect(dsn)
    ids = [hash_id(f"paper:{n}") for n in range(PAPERS)]
    await connection.copy_records_to_table(
        "papers",
        columns=["id", "title", "published", "title_sort", "digest"],
        records=[(number, "T", str(1990 + n % 30), "t", b"") for n, number in enumerate(ids)],
    )
    await connection.execute("""
        INSERT INTO models (id, slug, name, lineage, paper_count, parent_id) VALUES
            (1, 'every', 'Every', '{1}', 12000, NULL), (2, 'half', 'Half', '{2}', 6000, NULL),
            (3, 'few', 'Few', '{3}', 120, NULL);
        INSERT INTO models (id, slug, name, lineage, paper_count, parent_id)
        SELECT 1000 + n, 'every-' || n, 'Every ' || n, ARRAY[1000 + n, 1], n, 1 FROM generate_series(1, 150) AS n;
        INSERT INTO repos (id, key, host, owner, name, url, paper_count)
        VALUES (1, 'github.com/a/b', 'github.com', 'a', 'b', 'https://github.com/a/b', 12000);
        INSERT INTO paper_repos (paper_id, repo_id) SELECT id, 1 FROM papers""")
    mentions = [(number, 1001 + n % 150, "used") for n, number in enumerate(ids)]
    mentions += [(number, 2, "used") for n, number in enumerate(ids) if n % 2]
    mentions += [(number, 3, "used") for n, number in enumerate(ids) if n % 100 == 0]
    await connection.copy_records_to_table("paper_models", columns=["paper_id", "model_id", "role"], records=mentions)
    await connection.execute(
        "UPDATE paper_models SET published_on = p.published_on FROM papers p WHERE p.id = paper_id"
    )
    await connection.execute("ANALYZE")
    yield connection
    await connection.close()
    await drop_clone(dsn)


@pytest.mark.parametrize(
    ("noun", "members", "member"), [("models", OF_MODEL, "co_mentioned"), ("repos", OF_REPO, "models")]
)
async def test_of_very_many_papers_a_sample_is_counted(
    many: Connection, noun: str, members: dict[str, str], member: str
) -> None:
    sql = f"SELECT ({members[member]})::text FROM {noun} t WHERE t.id = $1"
    found = {one["slug"]: one for one in json.loads(await many.fetchval(sql, 1))}
    assert {one["relation"] for one in found.values()} == {"estimate"}
    assert found["half"]["paper_count"] == pytest.approx(6000, rel=0.05)
    if noun == "models":
        assert set(found) == {"half", "few"}
        assert found["few"]["paper_count"] == pytest.approx(120, rel=0.5)
        exact = json.loads(await many.fetchval(sql, 3))
        assert [(one["slug"], one["paper_count"], one["relation"]) for one in exact] == [
            ("every", 120, "eq"),
            *((f"every-{n}", 40, "eq") for n in (1, 101, 51)),
        ]
    else:
        assert found["every"]["paper_count"] == PAPERS
    (plan,) = json.loads(await many.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", 1))
    nodes = list(walk(plan["Plan"]))
    # Of each table about so many rows as the sample has papers, by their keys.
    for table in ("paper_models", "paper_repos"):
        read = [n["Actual Rows"] * n["Actual Loops"] for n in nodes if n.get("Relation Name") == table]
        assert sum(read) <= 3 * MAX_LOOKED_AT
    scanned = [n["Relation Name"] for n in nodes if n["Node Type"] == "Seq Scan"]
    assert not {"paper_models", "paper_repos", "papers"} & set(scanned)


async def test_the_first_paper_is_found_by_an_index(many: Connection) -> None:
    sql = f"SELECT ({OF_MODEL['first_seen']})::text FROM models t WHERE t.id = $1"
    assert json.loads(await many.fetchval(sql, 1)) == "1990"
    (plan,) = json.loads(await many.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", 1))
    read = [n for n in walk(plan["Plan"]) if n.get("Index Name") == "paper_models_first"]
    # Of each of the 150 below one.
    assert [round(n["Actual Rows"] * n["Actual Loops"]) for n in read] == [pytest.approx(150, abs=1)]


async def test_a_name_that_it_had_before_is_an_alias(many: Connection) -> None:
    sql = f"SELECT ({OF_MODEL['aliases']})::text FROM models t WHERE t.id = $1"
    async with many.transaction():
        await many.execute("""
            INSERT INTO model_aliases (key, model_id, spelling)
            VALUES ('every', 1, 'Every'), ('all', 1, 'All'), ('half', 2, 'Half');
            INSERT INTO known_aliases (kind, key, old_key, old, new, new_key, leads_to, leads_to_key) VALUES
                ('model', 'each', 'each', 'Each', 'Every', 'every', 'Every', 'every'),
                ('model', 'part', 'part', 'Part', 'Half', 'half', 'Half', 'half'),
                ('repo', 'github.com/a/c', 'github.com/a/c', 'a/c', 'every', 'every', 'every', 'every')""")
        assert json.loads(await many.fetchval(sql, 1)) == ["All", "Each"]
        assert json.loads(await many.fetchval(sql, 2)) == ["Part"]
        await many.execute("DELETE FROM model_aliases; DELETE FROM known_aliases")


async def test_of_very_many_variants_those_with_the_most_papers_are_listed(many: Connection) -> None:
    sql = f"SELECT ({OF_MODEL['variants'].format(limit=MAX_VARIANTS)})::text FROM models t WHERE t.id = 1"
    variants = json.loads(await many.fetchval(sql))
    assert [one["paper_count"] for one in variants] == list(range(150, 50, -1))
    assert await many.fetchval(f"SELECT ({OF_MODEL['variant_count']})::text FROM models t WHERE t.id = 1") == "150"


def walk(node: dict[str, Any]) -> list[dict[str, Any]]:
    return [node, *(below for child in node.get("Plans", ()) for below in walk(child))]

"""Methods are stored with their paper, forgotten with it, and found in any spelling, by REST, GraphQL and command."""

import json
from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio

from service.app import create_app
from service.ingest.run import load_files
from service.settings import Settings
from tests.conftest import create_clone, drop_clone, run_app
from tests.e2e.processes import run
from tests.methods import make_extraction
from tests.stored import check_counts, dump, find_rows

METHODS = ("LoRA", "Chain-of-Thought", "Foo+")
RECORDS: list[dict[str, Any]] = [
    {"title": "Low Ranks", "abstract": "We present LoRA. LoRA adapts GPT-3.", "external_ids": {"arxiv": "2101.00001"}},
    {"title": "Steps", "abstract": "Chain-of-thought helps Llama-3-8B; chain of thought with LORA helps more."},
    {"title": "Plus", "abstract": "Foo+ beats GPT-3.", "published": "2020-05"},
    {"title": "Nothing", "abstract": "Nothing here."},
]


async def load(dsn: str, settings: Settings, *records: dict[str, Any]) -> None:
    stdin = BytesIO("\n".join(map(json.dumps, records)).encode())
    report = await load_files(dsn, settings, ["-"], format="jsonl", stdin=stdin)
    assert report.totals.rejected == 0
    assert report.files[0].error is None


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def loaded(template_dsn: str, settings: Settings) -> AsyncIterator[str]:
    dsn = await create_clone(template_dsn)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("service.ingest.paper.extract", make_extraction(*METHODS))
        await load(dsn, settings, *RECORDS)
    yield dsn
    await drop_clone(dsn)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def reader(loaded: str, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async with run_app(create_app(settings, loaded)) as client:
        yield client


async def test_methods_go_with_their_paper(dsn: str, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.ingest.paper.extract", make_extraction(*METHODS))
    connection = await asyncpg.connect(dsn)
    await load(dsn, settings, *RECORDS)
    before, rows = await dump(connection), await find_rows(connection)
    methods = {paper["title"]: paper["methods"] for paper in before["papers"]}
    assert [one["slug"] for one in methods["Steps"]] == ["chain-of-thought", "lora"]
    assert methods["Steps"][1] == {
        "slug": "lora",
        "key": "lora",
        "name": "LoRA",
        "role": "used",
        "mentions": [{"surface": "LORA", "field": "abstract", "start": 57, "end": 61, "role": "used"}],
    }
    (lora,) = methods["Low Ranks"]
    assert lora["role"] == "introduced"
    assert [one["role"] for one in lora["mentions"]] == ["introduced", "used"]
    # Never among the models, nor a model among them.
    assert [model["slug"] for model in before["models"]] == ["gpt", "gpt-3", "llama", "llama-3", "llama-3-8b"]
    # Again: not a row is written.
    await load(dsn, settings, *RECORDS)
    assert await find_rows(connection) == rows
    # Another text, other methods.
    await load(dsn, settings, {**RECORDS[0], "abstract": "We use Foo+."})
    after = {paper["title"]: paper["methods"] for paper in (await dump(connection))["papers"]}
    assert [one["slug"] for one in after["Low Ranks"]] == ["foo-plus"]
    # Two papers become one; of the other nothing is left.
    joined = {"title": "Low Ranks", "external_ids": {"arxiv": "2101.00001", "doi": "10.1/a"}}
    await load(dsn, settings, {"title": "LoRA again", "external_ids": {"doi": "10.1/a"}}, joined)
    await check_counts(connection)
    assert (
        await connection.fetchval(
            "SELECT count(*) FROM paper_methods WHERE paper_id <> ALL (ARRAY(SELECT id FROM papers))"
        )
        == 0
    )
    assert await connection.fetchval("SELECT count(*) FROM papers") == len(RECORDS)
    await connection.close()


async def test_what_a_record_calls_a_model_is_one(
    dsn: str, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.ingest.paper.extract", make_extraction(*METHODS))
    await load(dsn, settings, {**RECORDS[1], "models": ["lora"]})
    connection = await asyncpg.connect(dsn)
    ((paper,), found) = (await dump(connection))["papers"], await connection.fetchval("SELECT count(*) FROM models")
    await connection.close()
    assert [method["slug"] for method in paper["methods"]] == ["chain-of-thought"]
    models = {model["slug"]: model["mentions"] for model in paper["models"]}
    assert [mention["surface"] for mention in models["lora"]] == ["LORA"]
    assert set(models) == {"lora", "llama-3-8b"}
    assert found == 4


BOTH = """query ($method: [String!]) { papers(filter: { method: $method }, orderBy: TITLE) {
    total { value } nodes { title models { slug } methods { slug name role mentions { surface field start end role } } }
} }"""


@pytest.mark.parametrize(
    ("methods", "titles"),
    [
        (["LoRA"], ["Low Ranks", "Steps"]),
        (["lo-ra"], ["Low Ranks", "Steps"]),
        (["microsoft/LoRA"], ["Low Ranks", "Steps"]),
        (["chain of thought"], ["Steps"]),
        (["ChainOfThought"], ["Steps"]),
        (["chain-of-thought"], ["Steps"]),
        (["Foo+"], ["Plus"]),
        (["foo-plus"], ["Plus"]),
        (["Foo"], []),
        (["foo+", "lora"], ["Low Ranks", "Plus", "Steps"]),
        (["GPT-3"], []),
        (["nothing"], []),
    ],
    ids=str,
)
async def test_a_method_is_found_in_any_spelling(
    reader: httpx.AsyncClient, methods: list[str], titles: list[str]
) -> None:
    page = (await reader.get("/v1/papers", params={"method": methods, "sort": "title"})).json()
    assert [item["title"] for item in page["items"]] == titles
    assert page["total"]["value"] == len(titles)
    answer = (await reader.post("/graphql", json={"query": BOTH, "variables": {"method": methods}})).json()
    found = answer["data"]["papers"]
    assert found["total"]["value"] == len(titles)
    for node, item in zip(found["nodes"], page["items"], strict=True):
        assert node["title"] == item["title"]
        assert [model["slug"] for model in node["models"]] == [model["slug"] for model in item["models"]]
        lower = [
            {
                **method,
                "role": method["role"].lower(),
                "mentions": [
                    {**mention, "role": mention["role"].lower(), "field": mention["field"].lower()}
                    for mention in method["mentions"]
                ],
            }
            for method in node["methods"]
        ]
        assert lower == item["methods"] != []
        assert all(set(method) == {"slug", "name", "role", "mentions"} for method in item["methods"])


async def test_methods_stand_beside_other_filters_and_words(reader: httpx.AsyncClient) -> None:
    for parameters, titles in (
        ({"method": "lora", "model": "llama"}, ["Steps"]),
        ({"method": "lora", "q": "adapts"}, ["Low Ranks"]),
        ({"method": "lora", "model": "bert"}, []),
        ({"model": "lora"}, []),
    ):
        page = (await reader.get("/v1/papers", params={**parameters, "fields": "title,methods"})).json()
        assert [item["title"] for item in page["items"]] == titles, parameters
    assert (await reader.get("/v1/models/lora")).json()["code"] == "model_not_found"


def test_a_command_finds_them(loaded: str) -> None:
    done = run("search", "--method", "lo ra", "--method", "foo+", "--sort", "title", "--json", DATABASE_URL=loaded)
    assert done.returncode == 0, done.stderr
    items = json.loads(done.stdout)["items"]
    assert [item["title"] for item in items] == ["Low Ranks", "Plus", "Steps"]
    assert items[0]["methods"][0]["name"] == "LoRA"
    assert run("search", "--method", "!!!", DATABASE_URL=loaded).returncode == 2

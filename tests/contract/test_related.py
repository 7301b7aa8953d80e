"""Papers like a paper: the same over REST and GraphQL, in one statement a position, and what makes them alike."""

import json
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette

from service.app import create_app
from service.ingest.run import load_files
from service.settings import Settings
from tests.conftest import create_clone, drop_clone, run_app
from tests.contract.test_parity import PAPERS, ask_graphql, ask_rest, comparable, from_graphql
from tests.integration.test_graphql import count_statements

NODE = PAPERS[PAPERS.index("node {") + len("node ") : PAPERS.index("} }\n    pageInfo")] + "}"
RELATED = f"query ($id: ID!, $first: Int) {{ paper(id: $id) {{ related(first: $first) {NODE} }} }}"

SUBJECTS = {
    "frogs": "Frogs croak beside ponds at dusk while herons wait.",
    "comets": "Comets shed icy dust along elliptical orbits around stars.",
    "looms": "Looms weave patterned textiles from coloured yarn.",
}


def write_records() -> list[dict[str, Any]]:
    """Three subjects of three papers each, and papers that nothing but a model, a repository or nothing joins."""
    records: list[dict[str, Any]] = []
    for place, (subject, sentence) in enumerate(SUBJECTS.items()):
        words = sentence.rstrip(".").split()
        # No number twice, or it would be a word in common.
        records += [
            {"title": f"{subject} {place}{number}", "abstract": " ".join(words[number:] + words[:number])}
            for number in range(3)
        ]
    records += [{"title": title, "models": ["Longformer"]} for title in ("volcano basalt", "cheese rennet")]
    records += [{"title": title, "repos": ["small/rare"]} for title in ("opera aria", "glacier moraine")]
    records.append({"title": "alone", "abstract": "quokka wombat numbat bilby"})
    return records


@pytest.fixture(scope="module")
def records_path(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("related") / "subjects.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in write_records()))
    return str(path)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def subjects(template_dsn: str, settings: Settings, records_path: str) -> AsyncIterator[httpx.AsyncClient]:
    dsn = await create_clone(template_dsn)
    assert (await load_files(dsn, settings, [records_path])).to_dict()["created"] == 14
    connection = await asyncpg.connect(dsn)
    await connection.execute(
        "INSERT INTO merged_papers (id, paper_id) SELECT 7, id FROM papers WHERE title = 'frogs 00'"
    )
    await connection.close()
    async with run_app(create_app(settings, dsn)) as client:
        yield client
    await drop_clone(dsn)


async def find_id(client: httpx.AsyncClient, title: str) -> str:
    (paper,) = [
        paper
        for paper in (await ask_rest(client, {"limit": 100, "fields": "id,title"})).json()["items"]
        if paper["title"] == title
    ]
    found: str = paper["id"]
    return found


async def find_related(client: httpx.AsyncClient, title: str) -> list[str]:
    answer = await client.get(f"/v1/papers/{await find_id(client, title)}/related", params={"fields": "title"})
    assert answer.status_code == 200, answer.text
    return [item["title"] for item in answer.json()["items"]]


@pytest.mark.parametrize("subject", SUBJECTS)
async def test_papers_of_one_subject_are_related(subjects: httpx.AsyncClient, subject: str) -> None:
    place = list(SUBJECTS).index(subject)
    for number in range(3):
        others = {f"{subject} {place}{other}" for other in range(3) if other != number}
        assert set(await find_related(subjects, f"{subject} {place}{number}")) == others


async def test_a_model_or_a_repository_in_common_is_enough(subjects: httpx.AsyncClient) -> None:
    assert await find_related(subjects, "volcano basalt") == ["cheese rennet"]
    assert await find_related(subjects, "glacier moraine") == ["opera aria"]


async def test_a_paper_like_no_other_has_none(subjects: httpx.AsyncClient) -> None:
    assert await find_related(subjects, "alone") == []
    own = await find_id(subjects, "alone")
    answer = await ask_graphql(subjects, RELATED, {"id": own})
    assert answer == {"data": {"paper": {"related": []}}}


async def test_a_merged_paper_leads_to_that_of_the_other(subjects: httpx.AsyncClient) -> None:
    answer = await subjects.get("/v1/papers/p_0000000000000007/related?limit=1&fields=title")
    assert answer.status_code == 308
    own = await find_id(subjects, "frogs 00")
    assert answer.headers["location"] == f"/v1/papers/{own}/related?limit=1&fields=title"
    survivor = await ask_graphql(subjects, RELATED, {"id": "p_0000000000000007"})
    assert len(survivor["data"]["paper"]["related"]) == 2


async def test_the_same_papers_are_related_on_both_sides(client: httpx.AsyncClient) -> None:
    papers = (await ask_rest(client, {"limit": 100, "fields": "id"})).json()["items"]
    found = 0
    for paper in papers[::4]:
        for limit in (None, 3):
            first = {} if limit is None else {"first": limit}
            answer = await ask_graphql(client, RELATED, {"id": paper["id"], **first})
            params = {} if limit is None else {"limit": limit}
            rest = (await client.get(f"/v1/papers/{paper['id']}/related", params=params)).json()["items"]
            assert [from_graphql(node) for node in answer["data"]["paper"]["related"]] == [
                comparable(item) for item in rest
            ]
            assert len(rest) <= (limit or 10)
            assert paper["id"] not in [item["id"] for item in rest]
            found += len(rest)
    assert found > 50


async def test_what_is_wrong_is_wrong_on_both_sides(client: httpx.AsyncClient) -> None:
    own = (await ask_rest(client, {"limit": 1})).json()["items"][0]["id"]
    for limit in (0, 101):
        problem = (await client.get(f"/v1/papers/{own}/related", params={"limit": limit})).json()
        assert (problem["status"], problem["code"], problem["parameter"]) == (400, "invalid_parameter", "limit")
        error = (await ask_graphql(client, RELATED, {"id": own, "first": limit}))["errors"][0]["extensions"]
        assert (error["status"], error["code"], error["parameter"]) == (400, "invalid_parameter", "first")
    problem = (await client.get("/v1/papers/p_0000000000000001/related")).json()
    assert (problem["status"], problem["code"]) == (404, "paper_not_found")
    for name in ("arxiv:2105.01001", "r_1caa28bede8f825c", "p_zz", "p_ffffffffffffffff", "nonsense"):
        problem = (await client.get(f"/v1/papers/{name}/related")).json()
        assert (problem["status"], problem["code"], problem["parameter"]) == (400, "invalid_id", "id")
        assert problem["hint"].startswith("p_…")
    problem = (await client.get(f"/v1/papers/{own}/related", params={"cursor": "x"})).json()
    assert problem["code"] == "unknown_parameter"


async def test_related_papers_of_a_list_are_one_statement_a_position(app: Starlette, client: httpx.AsyncClient) -> None:
    document = "{ papers(first: %d) { nodes { title related(first: 2) { title repos { url } } } } }"
    one = "query ($id: ID!) { paper(id: $id) { related(first: 2) { title repos { url } } } }"
    for first in (1, 10, 40):
        with count_statements(app) as seen:
            answer = await ask_graphql(client, document % first, {})
        assert len(seen) == 2
    nodes = answer["data"]["papers"]["nodes"]
    assert list(nodes[0]) == ["title", "related"]
    ids = [item["id"] for item in (await ask_rest(client, {"limit": 40, "fields": "id"})).json()["items"]]
    for own, node in list(zip(ids, nodes, strict=True))[::8]:
        alone = (await ask_graphql(client, one, {"id": own}))["data"]["paper"]["related"]
        assert node["related"] == alone
    nested = "{ papers(first: 3) { nodes { related(first: 3) { related(first: 3) { id } } } } }"
    with count_statements(app) as seen:
        assert "errors" not in await ask_graphql(client, nested, {})
    assert len(seen) == 3


async def test_related_papers_count_in_what_a_document_may_cost(client: httpx.AsyncClient) -> None:
    answer = await ask_graphql(client, "{ papers(first: 60) { nodes { related(first: 1) { id } } } }", {})
    assert answer["errors"][0]["extensions"]["code"] == "document_too_complex"

"""What GraphQL answers over a real database, in how many statements, and how it fails."""

import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette

from service.app import create_app
from service.database import Lane
from service.ingest.run import load_files
from service.settings import Settings
from tests.conftest import LOADED_FILES, create_clone, drop_clone, run_app

GRAPHQL_JSON = "application/graphql-response+json"
EVERY_PAPER_FIELD = """id title abstract authors published venue categories url pdfUrl license
    externalIds { scheme value } links { url kind field start end path }
    repos { host owner name url official evidence { source field start end sentence url path } repo { id paperCount } }
    models { slug name family role mentions { surface field start end role } model { id parent paperCount } }
    sources { source file line number loadedAt } createdAt updatedAt"""


async def ask(client: httpx.AsyncClient, query: str, accept: str = "application/json", **variables: Any) -> Any:
    response = await client.post("/graphql", json={"query": query, "variables": variables}, headers={"accept": accept})
    return response.json()


async def get_data(client: httpx.AsyncClient, query: str, **variables: Any) -> Any:
    answer = await ask(client, query, **variables)
    assert "errors" not in answer, answer["errors"]
    return answer["data"]


async def get_error(client: httpx.AsyncClient, query: str, **variables: Any) -> Any:
    """The extensions of the one error."""
    (error,) = (await ask(client, query, **variables))["errors"]
    return error["extensions"]


@contextmanager
def count_statements(app: Starlette) -> Iterator[list[Lane]]:
    seen: list[Lane] = []

    def note(lane: Lane, _seconds: float, _outcome: str) -> None:
        seen.append(lane)

    app.state.database.observers.append(note)
    try:
        yield seen
    finally:
        app.state.database.observers.remove(note)


async def test_a_paper_has_everything_rest_has(client: httpx.AsyncClient) -> None:
    items = (await client.get("/v1/papers", params={"limit": 100, "sort": "title"})).json()["items"]
    papers = (
        await get_data(client, f"{{ papers(first: 100, orderBy: TITLE) {{ nodes {{ {EVERY_PAPER_FIELD} }} }} }}")
    )["papers"]["nodes"]
    assert [paper["title"] for paper in papers] == [item["title"] for item in items]
    assert any(item["repos"] for item in items) and any(item["models"] for item in items)
    for paper, item in zip(papers, items, strict=True):
        assert {one["scheme"]: one["value"] for one in paper["externalIds"]} == item["external_ids"]
        for field, name in (("pdfUrl", "pdf_url"), ("createdAt", "created_at"), ("updatedAt", "updated_at")):
            assert paper[field] == item[name]
        for name in ("id", "abstract", "authors", "published", "venue", "categories", "url", "license"):
            assert paper[name] == item[name]
        assert [link["kind"].lower() for link in paper["links"]] == [link["kind"] for link in item["links"]]
        for repo, of_item in zip(paper["repos"], item["repos"], strict=True):
            assert (repo["url"], repo["official"].lower()) == (of_item["url"], of_item["official"])
            assert [one["sentence"] for one in repo["evidence"]] == [one["sentence"] for one in of_item["evidence"]]
            assert repo["repo"]["id"] == of_item["id"]
        for model, of_item in zip(paper["models"], item["models"], strict=True):
            assert (model["slug"], model["role"].lower()) == (of_item["slug"], of_item["role"])
            assert [one["start"] for one in model["mentions"]] == [one["start"] for one in of_item["mentions"]]
            assert model["model"]["id"] == of_item["id"]


async def test_pages_follow_one_another(client: httpx.AsyncClient) -> None:
    query = """query ($after: String) { papers(first: 7, after: $after) {
        nodes { id } edges { cursor node { id } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor } total { value relation } } }"""
    seen: list[str] = []
    after, pages = None, 0
    while True:
        page = (await get_data(client, query, after=after))["papers"]
        info = page["pageInfo"]
        assert [edge["node"] for edge in page["edges"]] == page["nodes"]
        assert info["startCursor"] == page["edges"][0]["cursor"] and info["endCursor"] == page["edges"][-1]["cursor"]
        assert info["hasPreviousPage"] is (after is not None)
        seen += [node["id"] for node in page["nodes"]]
        after, pages = info["endCursor"], pages + 1
        if not info["hasNextPage"]:
            break
    assert len(seen) == len(set(seen)) == page["total"]["value"] and page["total"]["relation"] == "EQ"
    assert pages == -(-len(seen) // 7)


async def test_lists_of_repos_and_models_page_too(client: httpx.AsyncClient) -> None:
    for name in ("repos", "models"):
        query = f"""query ($after: String) {{ {name}(first: 2, after: $after) {{
            nodes {{ id paperCount }} pageInfo {{ hasNextPage endCursor }} total {{ value }} }} }}"""
        first = (await get_data(client, query))[name]
        second = (await get_data(client, query, after=first["pageInfo"]["endCursor"]))[name]
        ids = [node["id"] for node in first["nodes"] + second["nodes"]]
        assert len(set(ids)) == 4 <= first["total"]["value"]
        counts = [node["paperCount"] for node in first["nodes"] + second["nodes"]]
        assert counts == sorted(counts, reverse=True)


async def test_things_are_found_by_any_name(client: httpx.AsyncClient) -> None:
    data = await get_data(
        client,
        """{ paper(id: "arxiv:2105.01001v2") { id title }
             same: paper(id: "https://doi.org/10.18653/v1/2021.acl-long.901") { id }
             repo(url: "git@github.com:OpenAI/clip.git") { id url papers { nodes { title } } }
             model(name: "LLAMA 3") { slug }
             none: paper(id: "arxiv:9999.99999") { id }
             noRepo: repo(url: "nobody/nothing") { id }
             noModel: model(name: "no such model") { id } }""",
    )
    assert data["paper"]["title"] == "BERT on a Budget: Pre-training Small Encoders"
    assert data["same"]["id"] == data["paper"]["id"]
    assert data["repo"]["url"].lower() == "https://github.com/openai/clip" and data["repo"]["papers"]["nodes"]
    assert data["model"] is None or data["model"]["slug"] == "llama-3"
    assert data["none"] is data["noRepo"] is data["noModel"] is None


async def test_node_finds_every_kind(client: httpx.AsyncClient) -> None:
    data = await get_data(
        client,
        "{ papers(first: 1) { nodes { id } } repos(first: 1) { nodes { id } } models(first: 1) { nodes { id } } }",
    )
    for name, kind in (("papers", "Paper"), ("repos", "Repo"), ("models", "Model")):
        node_id = data[name]["nodes"][0]["id"]
        query = """query ($id: ID!) { node(id: $id) { __typename id
            ... on Paper { title repos { repo { url } } } ... on Repo { url papers { nodes { id } } }
            ...m } } fragment m on Model { slug papers { nodes { id } } }"""
        node = (await get_data(client, query, id=node_id))["node"]
        assert (node["__typename"], node["id"]) == (kind, node_id)
        # The id is not even asked for here.
        assert (await get_data(client, "query ($id: ID!) { node(id: $id) { __typename } }", id=node_id))["node"] == {
            "__typename": kind
        }
        unknown = node_id[:2] + "0" * 15 + "1"
        assert (await get_data(client, "query ($id: ID!) { node(id: $id) { id } }", id=unknown)) == {"node": None}
    assert (await get_error(client, '{ node(id: "arxiv:2105.01001") { id } }'))["code"] == "invalid_id"


async def test_papers_by_ids_keep_their_order(client: httpx.AsyncClient) -> None:
    query = "query ($ids: [ID!]!) { papersByIds(ids: $ids) { title } }"
    ids = ["arxiv:2402.03003", "arxiv:9999.99999", "doi:10.18653/v1/2021.acl-long.901"]
    found = (await get_data(client, query, ids=ids))["papersByIds"]
    assert [one and one["title"] for one in found] == [
        "LLaMA in the Classroom",
        None,
        "BERT on a Budget: Pre-training Small Encoders",
    ]
    assert (await get_data(client, query, ids=[])) == {"papersByIds": []}
    too_many = await get_error(client, query, ids=["arxiv:2402.03003"] * 101)
    assert (too_many["code"], too_many["parameter"]) == ("invalid_parameter", "ids")


async def test_a_repositorys_papers_are_those_a_filter_finds(client: httpx.AsyncClient) -> None:
    data = await get_data(
        client,
        """{ repo(url: "openai/clip") { papers(orderBy: TITLE) { total { value } nodes { id } } }
             papers(filter: { repo: ["openai/CLIP"] }, orderBy: TITLE) { total { value } nodes { id } }
             model(name: "BERT") { papers(query: "budget") { total { value } edges { score } nodes { id } } }
             both: papers(query: "budget", filter: { model: "BERT" }) {
                total { value } edges { score } nodes { id } } }""",
    )
    assert data["repo"]["papers"] == data["papers"] and data["papers"]["nodes"]
    assert data["model"]["papers"] == data["both"] and data["both"]["edges"][0]["score"] > 0


async def test_nested_pages_follow_one_another(client: httpx.AsyncClient) -> None:
    query = """query ($after: String) { model(name: "GPT") { papers(first: 1, after: $after) {
        nodes { id } pageInfo { hasNextPage endCursor } total { value } } } }"""
    seen: list[str] = []
    after, more = None, True
    while more:
        page = (await get_data(client, query, after=after))["model"]["papers"]
        seen += [node["id"] for node in page["nodes"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert len(seen) == len(set(seen)) == page["total"]["value"] > 1
    # The cursor of one list does not continue another.
    assert (await get_error(client, "query ($c: String) { papers(after: $c) { nodes { id } } }", c=after))[
        "code"
    ] == "invalid_cursor"


STATEMENTS = {
    "{ papers(first: %d) { total { value } nodes { title authors links { url } repos { url } models { slug } } } }": 1,
    "{ papers(first: %d) { nodes { repos { repo { paperCount } } } } }": 2,
    "{ papers(first: %d) { nodes { repos { repo { papers(first: 2) { nodes { title models { slug } } } } } } } }": 3,
    "{ papers(first: %d) { nodes { models { model { papers(first: 2) { nodes { repos { repo { url } } } } } } } } }": 4,
    "{ repos(first: %d) { nodes { papers(first: 3) { nodes { title } } } } }": 2,
    "{ models(first: %d) { nodes { a: papers(first: 1) { nodes { id } } b: papers(first: 2) { nodes { id } } } } }": 3,
    "{ models(first: %d) { nodes { parent aliases firstSeen variantCount variants(first: 3) { slug aliases } } } }": 6,
    "{ papers(first: %d) { nodes { models { model { firstSeen aliases } } } } }": 4,
    "{ a: papers(first: %d) { edges { node { repos { repo { url } } } } nodes { repos { repo { url } } } } }": 3,
}


@pytest.mark.parametrize("query", STATEMENTS)
async def test_the_document_fixes_the_number_of_statements(
    app: Starlette, client: httpx.AsyncClient, query: str
) -> None:
    for first in (40, 100):
        with count_statements(app) as seen:
            await get_data(client, query % first)
        assert len(seen) == STATEMENTS[query]


async def test_what_stands_beside_is_fetched_at_once(app: Starlette, client: httpx.AsyncClient) -> None:
    beside = "{ slug paperCount model { firstSeen } }"
    for first in (2, 12):
        models = f"models(first: {first}) {{ nodes {{ coMentioned {beside} }} }}"
        query = f"{{ {models} repos(first: {first}) {{ nodes {{ models {beside} }} }} }}"
        with count_statements(app) as seen:
            data = await get_data(client, query)
        # The lists, what stands beside each, its model, and when that was seen.
        assert len(seen) == 8
        assert any(node["coMentioned"] for node in data["models"]["nodes"])
        assert any(node["models"] for node in data["repos"]["nodes"])


async def test_statements_do_not_grow_with_the_rows(app: Starlette, client: httpx.AsyncClient) -> None:
    ids = [
        node["id"]
        for node in (await get_data(client, "{ papers(first: 100, filter: { hasRepo: true }) { nodes { id } } }"))[
            "papers"
        ]["nodes"]
    ]
    query = """query ($ids: [ID!]!) { papersByIds(ids: $ids) {
        repos { repo { papers(first: 5) { nodes { title } } } } models { model { parent } } } }"""
    counts = set()
    for wanted in (ids[:1], ids, ids * 3):
        with count_statements(app) as seen:
            await get_data(client, query, ids=[*wanted, "arxiv:2105.01001"])
        counts.add(len(seen))
    assert counts == {4}


async def test_only_what_is_asked_for_is_fetched_and_counted(app: Starlette, client: httpx.AsyncClient) -> None:
    query = """query ($all: Boolean!) { papers(first: 1, filter: { hasRepo: true }) {
        nodes { id ...rest @include(if: $all) } } } fragment rest on Paper { title repos { url repo { url } } }"""
    with count_statements(app) as seen:
        short = await get_data(client, query, all=False)
    assert len(seen) == 1 and list(short["papers"]["nodes"][0]) == ["id"]
    with count_statements(app) as seen:
        long = await get_data(client, query, all=True)
    assert len(seen) == 2 and long["papers"]["nodes"][0]["repos"][0]["repo"]["url"]
    none = await get_data(client, "{ papers(first: 1, count: NONE) { total { value } nodes { id } } }")
    assert none["papers"]["total"] is None
    empty = await get_data(client, '{ papers(filter: { source: "nowhere" }) { total { value } nodes { id } } }')
    assert empty["papers"] == {"total": {"value": 0}, "nodes": []}


WRONG_REQUESTS = {
    "{ papers(first: 0) { nodes { id } } }": ("invalid_parameter", "first"),
    "{ papers(first: 101) { nodes { id } } }": ("invalid_parameter", "first"),
    '{ papers(after: "x") { nodes { id } } }': ("invalid_cursor", "after"),
    '{ papers(after: "") { nodes { id } } }': ("invalid_parameter", "after"),
    "{ papers(orderBy: RELEVANCE) { nodes { id } } }": ("invalid_parameter", "orderBy"),
    '{ papers(query: "a OR") { nodes { id } } }': ("invalid_query", "query"),
    '{ papers(query: "a\\u0000b") { nodes { id } } }': ("invalid_parameter", "query"),
    '{ papers(filter: { repo: "x" }) { nodes { id } } }': ("invalid_parameter", "repo"),
    '{ papers(filter: { modelAll: "" }) { nodes { id } } }': ("invalid_parameter", "modelAll"),
    '{ papers(filter: { since: "yesterday" }) { nodes { id } } }': ("invalid_parameter", "since"),
    '{ papers(filter: { since: "2024", until: "2023" }) { nodes { id } } }': ("invalid_parameter", "since"),
    "{ papers(filter: { year: 0 }) { nodes { id } } }": ("invalid_parameter", "year"),
    '{ papers(filter: { doi: "x" }) { nodes { id } } }': ("invalid_parameter", "doi"),
    '{ paper(id: "what") { id } }': ("invalid_id", "id"),
    '{ papersByIds(ids: ["what"]) { id } }': ("invalid_id", "ids"),
    '{ repo(url: "what") { id } }': ("invalid_id", "url"),
    "{ repos(first: 1000) { nodes { id } } }": ("invalid_parameter", "first"),
    '{ models(after: "x") { nodes { id } } }': ("invalid_cursor", "after"),
    '{ models(query: "") { nodes { id } } }': ("invalid_parameter", "query"),
    '{ model(name: "bert") { variants(first: 0) { slug } } }': ("invalid_parameter", "first"),
    # Once, not once for each repository.
    '{ repos(first: 20) { nodes { papers(filter: { doi: "x" }) { nodes { id } } } } }': ("invalid_parameter", "doi"),
}


@pytest.mark.parametrize("query", WRONG_REQUESTS)
async def test_wrong_requests_are_told_in_graphqls_names(client: httpx.AsyncClient, query: str) -> None:
    error = await get_error(client, query)
    assert (error["code"], error["parameter"], error["status"]) == (*WRONG_REQUESTS[query], 400)
    assert error["requestId"]
    # Hints are in its names as well.
    hint = error.get("hint", "")
    assert not any(word in hint.split() for word in ("q,", "limit", "next_cursor", "sort")) and "since=" not in hint


async def test_long_values_are_refused(client: httpx.AsyncClient) -> None:
    query = "query ($q: String, $f: PaperFilter) { papers(query: $q, filter: $f) { nodes { id } } }"
    assert (await get_error(client, query, q="x" * 4001))["code"] == "invalid_query"
    assert (await get_error(client, query, f={"venue": "x" * 2001}))["position"] == 2000
    assert (await get_error(client, query, f={"venue": ["x"] * 101}))["parameter"] == "venue"
    await get_data(client, query, q="x " * 500, f={"venue": ["x" * 2000] * 2})


async def test_one_wrong_field_leaves_the_others(client: httpx.AsyncClient) -> None:
    answer = await ask(client, '{ good: paper(id: "arxiv:2105.01001") { title } bad: paper(id: "what") { title } }')
    assert answer["data"]["good"]["title"] and answer["data"]["bad"] is None
    assert [error["path"] for error in answer["errors"]] == [["bad"]]


@pytest_asyncio.fixture
async def spoiled(template_dsn: str, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A service over a database holding a value that the schema does not know."""
    dsn = await create_clone(template_dsn)
    await load_files(dsn, settings, [str(path) for path in LOADED_FILES])
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("ALTER TABLE paper_links DROP CONSTRAINT paper_links_kind_check")
        await connection.execute("UPDATE paper_links SET kind = 'xyzzy'")
    finally:
        await connection.close()
    async with run_app(create_app(settings, dsn)) as client:
        yield client
    await drop_clone(dsn)


async def test_unexpected_errors_are_masked_and_logged(
    spoiled: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await ask(spoiled, "{ papers(first: 100) { nodes { links { kind } } } }")
    assert answer["data"] is None
    assert "xyzzy" not in str(answer)
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"internal_error"}
    records = [record for record in caplog.records if record.name == "colophon.graphql"]
    assert records and "xyzzy" in str(records[0].exc_info)
    assert getattr(records[0], "request_id", None) == answer["errors"][0]["extensions"]["requestId"]


async def test_a_database_that_is_down_is_503() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        app = create_app(Settings(connect_timeout=2), f"postgresql://nobody@127.0.0.1:{port}/none")
        async with run_app(app) as client:
            for accept, status in ((GRAPHQL_JSON, 503), ("application/json", 200)):
                response = await client.post(
                    "/graphql", json={"query": "{ papers { nodes { id } } }"}, headers={"accept": accept}
                )
                assert response.status_code == status
                assert int(response.headers["retry-after"]) >= 1
                error = response.json()["errors"][0]["extensions"]
                assert (error["code"], error["status"]) == ("database_unavailable", 503)
            # What needs no database is answered.
            assert (await client.post("/graphql", json={"query": "{ __typename }"})).json() == {
                "data": {"__typename": "Query"}
            }


async def test_operations_and_refusals_are_counted(client: httpx.AsyncClient) -> None:
    async def scrape() -> dict[str, float]:
        lines = (await client.get("/metrics")).text.splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if line.startswith("colophon_graphql"))
        return {name: float(value) for name, value in pairs}

    before = await scrape()
    await get_data(client, "{ __typename }")
    await get_error(client, '{ paper(id: "what") { id } }')
    await get_error(client, "{ nothing }")
    after = await scrape()
    for name in (
        'colophon_graphql_operations_total{outcome="ok"}',
        'colophon_graphql_operations_total{outcome="error"}',
        'colophon_graphql_rejected_total{code="invalid_document"}',
    ):
        assert after[name] == before.get(name, 0) + 1

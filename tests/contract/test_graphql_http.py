"""GraphQL over HTTP: methods, media types, status codes, and what is refused.

https://graphql.github.io/graphql-over-http/draft/ ; the cases are those of its common audit, and ours.
"""

import json
from typing import Any

import gql
import httpx
import pytest
from gql.transport.exceptions import TransportQueryError
from gql.transport.httpx import HTTPXAsyncTransport
from graphql import GraphQLError
from starlette.applications import Starlette

from service.app import create_app
from service.settings import Settings
from tests.conftest import run_app

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
OK = {"query": "{ __typename }"}
TYPED: dict[str, Any] = {
    "query": "query Type($name: String!) { __type(name: $name) { name } }",
    "variables": {"name": "Paper"},
}


async def post(client: httpx.AsyncClient, body: Any, accept: str = JSON, **headers: str) -> httpx.Response:
    return await client.post("/graphql", json=body, headers={"accept": accept, **headers})


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (JSON, JSON),
        (GRAPHQL_JSON, GRAPHQL_JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (f"{GRAPHQL_JSON}; charset=utf-8, {JSON};q=0.9", GRAPHQL_JSON),
        (f"{GRAPHQL_JSON};q=0.1, */*;q=0.5", JSON),
        (f"{JSON};q=0, */*", GRAPHQL_JSON),
        # A page is for who reads with GET.
        ("text/html, */*;q=0.1", JSON),
    ],
)
async def test_the_answer_is_in_the_type_asked_for(client: httpx.AsyncClient, accept: str, media_type: str) -> None:
    response = await post(client, OK, accept)
    assert response.status_code == 200
    assert response.headers["content-type"] == f"{media_type}; charset=utf-8"
    assert response.json() == {"data": {"__typename": "Query"}}
    assert "accept" in response.headers["vary"].lower()


async def test_no_accept_is_json(client: httpx.AsyncClient) -> None:
    request = client.build_request("POST", "/graphql", json=OK)
    del request.headers["accept"]
    response = await client.send(request)
    assert response.headers["content-type"].startswith(JSON)


async def test_nothing_acceptable_is_406(client: httpx.AsyncClient) -> None:
    response = await post(client, OK, "image/png")
    assert response.status_code == 406
    assert response.json()["errors"][0]["extensions"]["code"] == "not_acceptable"


@pytest.mark.parametrize("accept", [JSON, GRAPHQL_JSON])
async def test_parameters_are_read(client: httpx.AsyncClient, accept: str) -> None:
    named = {"query": "query A { __typename } query B { b: __typename }", "operationName": "B"}
    assert (await post(client, named, accept)).json() == {"data": {"b": "Query"}}
    assert (await post(client, TYPED, accept)).json() == {"data": {"__type": {"name": "Paper"}}}
    for extra in ({"variables": None}, {"operationName": None}, {"extensions": None}, {"extensions": {"a": 1}}):
        response = await post(client, {**OK, **extra}, accept)
        assert response.status_code == 200 and "errors" not in response.json()
    assert (await post(client, {**OK, "unheard": "of"}, accept)).status_code == 200


async def test_get_reads_the_query_string(client: httpx.AsyncClient) -> None:
    for accept in (JSON, GRAPHQL_JSON, "*/*"):
        response = await client.get("/graphql", params=OK, headers={"accept": accept})
        assert response.status_code == 200 and response.json() == {"data": {"__typename": "Query"}}
        params = {"query": TYPED["query"], "variables": json.dumps(TYPED["variables"])}
        response = await client.get("/graphql", params=params, headers={"accept": accept})
        assert response.json() == {"data": {"__type": {"name": "Paper"}}}
    head = await client.head("/graphql", params=OK)
    assert head.status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b'{ "not a JSON',
        b"[]",
        b'[{"query": "{ __typename }"}]',
        b'"query"',
        b'{"qeury": "{ __typename }"}',
        b'{"query": {"ob": "ject"}}',
        b'{"query": 0}',
        b'{"query": ["{ __typename }"]}',
        b'{"query": "{ __typename }", "variables": "x"}',
        b'{"query": "{ __typename }", "variables": [1]}',
        b'{"query": "{ __typename }", "operationName": 0}',
        b'{"query": "{ __typename }", "extensions": "x"}',
        b'{"query": "\xff"}',
        b'{"query": "\\ud800"}',
        b'{"query": "{ __typename }", "variables": {"a": NaN}}',
        b'{"query": "{ __typename }", "variables": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    ],
)
@pytest.mark.parametrize("accept", [JSON, GRAPHQL_JSON])
async def test_an_unreadable_body_is_400(client: httpx.AsyncClient, body: bytes, accept: str) -> None:
    response = await client.post("/graphql", content=body, headers={"content-type": JSON, "accept": accept})
    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"]["code"] == "invalid_body"
    assert "data" not in response.json()


@pytest.mark.parametrize(
    "query",
    ["query=%FF", "query={__typename}&query={__typename}", "query={__typename}&variables={", "variables={}", "", "a=b"],
)
async def test_an_unreadable_query_string_is_400(client: httpx.AsyncClient, query: str) -> None:
    response = await client.get(f"/graphql?{query}", headers={"accept": JSON})
    assert response.status_code == 400
    assert response.json()["errors"][0]["extensions"]["code"] == "invalid_body"


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/graphql",
        "application/json; charset=utf-16",
    ],
)
async def test_other_bodies_are_415(client: httpx.AsyncClient, content_type: str | None) -> None:
    headers = {} if content_type is None else {"content-type": content_type}
    response = await client.post("/graphql", content=json.dumps(OK).encode(), headers=headers)
    assert response.status_code == 415
    assert response.json()["errors"][0]["extensions"]["code"] == "unsupported_media_type"


async def test_utf_8_is_understood(client: httpx.AsyncClient) -> None:
    body = json.dumps({"query": '{ __type(name: "Läufer🏃") { name } }'}, ensure_ascii=False).encode()
    for charset in ("", "; charset=utf-8", '; charset="UTF-8"'):
        response = await client.post("/graphql", content=body, headers={"content-type": JSON + charset})
        assert response.json() == {"data": {"__type": None}}


WRONG = {
    "no document": "{",
    "no such field": "{ nothing }",
    "no such argument": "{ papers(limit: 1) { total { value } } }",
}


@pytest.mark.parametrize("query", WRONG.values(), ids=WRONG)
async def test_an_invalid_document_is_400_for_who_knows_graphql(client: httpx.AsyncClient, query: str) -> None:
    for accept, status in ((JSON, 200), (GRAPHQL_JSON, 400)):
        response = await post(client, {"query": query}, accept)
        assert response.status_code == status
        assert "data" not in response.json()
        error = response.json()["errors"][0]
        assert error["extensions"]["code"] == "invalid_document"
        assert error["extensions"]["requestId"] == response.headers["x-request-id"]
        assert error["locations"][0]["line"] == 1


async def test_a_wrong_variable_is_400_for_who_knows_graphql(client: httpx.AsyncClient) -> None:
    query = "query ($first: Int) { papers(first: $first) { total { value } } }"
    for value in ("x", 1.5, 1 << 40, [1, 2]):
        for accept, status in ((JSON, 200), (GRAPHQL_JSON, 400)):
            response = await post(client, {"query": query, "variables": {"first": value}}, accept)
            assert response.status_code == status
            assert "data" not in response.json()
            extensions = response.json()["errors"][0]["extensions"]
            assert (extensions["code"], extensions["parameter"]) == ("invalid_parameter", "first")


async def test_too_complex_is_400_and_short(client: httpx.AsyncClient) -> None:
    for accept in (JSON, GRAPHQL_JSON):
        query = "{" + " ".join(f"a{i}: __typename" for i in range(10_000)) + "}"
        response = await post(client, {"query": query}, accept)
        assert response.status_code == 400
        assert response.json()["errors"][0]["extensions"]["code"] == "document_too_complex"
        assert len(response.content) < 1000
    many = await post(client, {"query": "{" + " ".join(f"{'nothing' * 20}{i}" for i in range(900)) + "}"})
    assert len(many.content) < 20_000
    huge = {"query": "query ($n: Int) { papers(first: $n) { total { value } } }", "variables": {"n": "x" * 100_000}}
    assert len((await post(client, huge)).content) < 20_000


async def test_a_large_body_is_413(client: httpx.AsyncClient, settings: Settings) -> None:
    response = await post(client, {"query": "{ __typename }" + " " * settings.max_body_bytes})
    assert response.status_code == 413


async def test_nothing_is_changed_or_subscribed_to(client: httpx.AsyncClient) -> None:
    for query in ("mutation { __typename }", "subscription { __typename }"):
        assert (await post(client, {"query": query})).status_code == 400
        assert (await client.get("/graphql", params={"query": query})).status_code == 400


async def test_other_methods_are_405(client: httpx.AsyncClient) -> None:
    for method in ("PUT", "DELETE", "PATCH"):
        response = await client.request(method, "/graphql", json=OK)
        assert response.status_code == 405
        assert response.headers["allow"] == "GET, HEAD, POST, OPTIONS"
    options = await client.options("/graphql")
    assert (options.status_code, options.headers["allow"]) == (204, "GET, HEAD, POST, OPTIONS")


async def test_a_browser_gets_graphiql(client: httpx.AsyncClient) -> None:
    accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    page = await client.get("/graphql", headers={"accept": accept})
    assert page.status_code == 200 and page.headers["content-type"].startswith("text/html")
    policy = page.headers["content-security-policy"]
    assert "script-src 'self';" in policy and "http" not in policy and "unsafe-eval" not in policy
    for path in ("start.js", "react-18.3.1.min.js", "graphiql-4.1.2.min.css"):
        asset = await client.get(f"/graphql/assets/{path}")
        assert asset.status_code == 200 and asset.headers["x-content-type-options"] == "nosniff"
        again = await client.get(f"/graphql/assets/{path}", headers={"if-none-match": asset.headers["etag"]})
        assert again.status_code == 304
    for path in ("MANIFEST.json", "index.html", "..%2Fview.py", "nothing.js"):
        assert (await client.get(f"/graphql/assets/{path}")).status_code == 404


async def test_graphiql_and_introspection_can_be_switched_off(loaded_dsn: str) -> None:
    app: Starlette = create_app(Settings(graphiql=False, introspection=False), loaded_dsn)
    async with run_app(app) as client:
        assert (await client.get("/graphql", headers={"accept": "text/html"})).status_code == 406
        assert (await client.get("/graphql/assets/start.js")).status_code == 404
        errors = (await post(client, {"query": "{ __schema { types { name } } }"})).json()["errors"]
        assert errors[0]["extensions"]["code"] == "invalid_document"
        # What would be right is not given away either.
        errors = (await post(client, {"query": "{ paper(id: 1) { titel } }"})).json()["errors"]
        assert "title" not in errors[0]["message"]
        assert (await post(client, OK)).json() == {"data": {"__typename": "Query"}}


async def test_a_client_that_is_not_ours_understands_the_schema_and_the_answers(
    app: Starlette, client: httpx.AsyncClient
) -> None:
    # `client` keeps the application started.
    assert (await post(client, OK)).status_code == 200
    transport = HTTPXAsyncTransport("http://testserver/graphql", transport=httpx.ASGITransport(app=app))
    async with gql.Client(transport=transport, fetch_schema_from_transport=True) as session:
        # It checks documents against the schema it fetched.
        with pytest.raises(GraphQLError, match="Cannot query field 'titel'"):
            await session.execute(gql.gql("{ papers { nodes { titel } } }"))
        query = gql.gql("query ($n: Int) { papers(first: $n, orderBy: TITLE) { nodes { title } total { value } } }")
        query.variable_values = {"n": 2}
        found = (await session.execute(query))["papers"]
        assert len(found["nodes"]) == 2 < found["total"]["value"]
        with pytest.raises(TransportQueryError, match="not the name of a paper") as refused:
            await session.execute(gql.gql('{ paper(id: "what") { id } }'))
        assert refused.value.errors and refused.value.errors[0]["extensions"]["code"] == "invalid_id"

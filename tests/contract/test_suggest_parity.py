"""REST and GraphQL suggest the same for the same prefix, and refuse the same."""

import json
from typing import Any

import httpx
import pytest

from tests.contract.test_parity import ask_graphql, ask_rest, camel_keys, lower

RENAMED = {"q": "prefix", "limit": "first", "kind": "kinds"}
SUGGEST = """
query ($prefix: String!, $first: Int, $kinds: [SuggestionKind!]) {
  suggest(prefix: $prefix, first: $first, kinds: $kinds) { kind id text slug url paperCount match }
}
"""

# In REST's names, as in test_parity.
FOUND: list[dict[str, Any]] = [
    {"q": "b"},
    {"q": "bert"},
    {"q": "BERT", "limit": 1},
    {"q": "bert", "limit": 100},
    {"q": "budget", "kind": ["repo"]},
    {"q": "bert", "kind": ["paper", "model"], "limit": 3},
    {"q": "longformer"},
    {"q": "lnogformer"},
    {"q": "budget pre"},
    {"q": "https://github.com/OpenAI/cl"},
    {"q": "small-lab/"},
    {"q": "gpt 4"},
]
NOTHING: list[dict[str, Any]] = [
    {"q": "%"},
    {"q": "\\_"},
    {"q": "🦙🦙🦙"},
    {"q": "日本語"},
    {"q": "zq"},
    {"q": "x" * 2000},
]
ERRORS: list[tuple[dict[str, Any], str]] = [
    ({"q": ""}, "q"),
    ({"q": "   "}, "q"),
    ({"q": "\u0301"}, "q"),
    ({"q": "a\x00b"}, "q"),
    ({"q": "x" * 2001}, "q"),
    ({"q": "bert", "limit": 0}, "limit"),
    ({"q": "bert", "limit": 101}, "limit"),
]


def to_variables(request: dict[str, Any]) -> dict[str, Any]:
    variables = {RENAMED[name]: value for name, value in request.items()}
    if "kinds" in variables:
        variables["kinds"] = [kind.upper() for kind in variables["kinds"]]
    return variables


@pytest.mark.parametrize("request_", FOUND + NOTHING, ids=str)
async def test_suggestions_are_the_same(client: httpx.AsyncClient, request_: dict[str, Any]) -> None:
    rest = await ask_rest(client, request_, "/v1/suggest")
    assert rest.status_code == 200, rest.text
    items = rest.json()["items"]
    assert bool(items) == (request_ in FOUND)
    assert len(items) <= request_.get("limit", 10)
    assert {item["kind"] for item in items} <= set(request_.get("kind", ["model", "paper", "repo"]))
    answer = await ask_graphql(client, SUGGEST, to_variables(request_))
    assert "errors" not in answer, answer
    suggested = [{**item, **lower(item, "kind", "match")} for item in answer["data"]["suggest"]]
    assert suggested == [camel_keys(item) for item in items]


@pytest.mark.parametrize(("request_", "parameter"), ERRORS, ids=str)
async def test_refusals_are_the_same(client: httpx.AsyncClient, request_: dict[str, Any], parameter: str) -> None:
    rest = await ask_rest(client, request_, "/v1/suggest")
    assert rest.status_code == 400
    problem = rest.json()
    assert (problem["code"], problem["parameter"]) == ("invalid_parameter", parameter)
    assert problem["hint"]
    (error,) = (await ask_graphql(client, SUGGEST, to_variables(request_)))["errors"]
    assert error["extensions"]["code"] == problem["code"]
    assert error["extensions"]["parameter"] == RENAMED[parameter]
    assert error["extensions"].get("position") == problem.get("position")


async def test_a_lone_surrogate_cannot_be_spelled(client: httpx.AsyncClient) -> None:
    """It has no UTF-8, and JSON that escapes one is no JSON to us."""
    body = json.dumps({"query": SUGGEST, "variables": {"prefix": "ab\ud800"}})
    answer = await client.post("/graphql", content=body, headers={"content-type": "application/json"})
    assert answer.json()["errors"][0]["extensions"]["code"] == "invalid_body"
    refused = await client.get("/v1/suggest?q=ab%ED%A0%80")
    assert (refused.status_code, refused.json()["parameter"]) == (400, "q")


@pytest.mark.parametrize(
    ("address", "code", "parameter", "hint"),
    [
        ("/v1/suggest", "invalid_parameter", "q", "As q=longf."),
        ("/v1/suggest?limit=5", "invalid_parameter", "q", "As q=longf."),
        ("/v1/suggest?prefix=a", "unknown_parameter", "prefix", "This takes q, limit, kind."),
        ("/v1/suggest?q=a&kinds=repo", "unknown_parameter", "kinds", "Did you mean kind?"),
        ("/v1/suggest?q=a&kind=papers", "invalid_parameter", "kind", "Did you mean paper?"),
        ("/v1/suggest?q=a&q=b", "invalid_parameter", "q", "Give it once."),
    ],
)
async def test_rest_says_what_would_be_right(
    client: httpx.AsyncClient, address: str, code: str, parameter: str, hint: str
) -> None:
    problem = (await client.get(address)).json()
    assert (problem["status"], problem["code"], problem["parameter"]) == (400, code, parameter)
    assert problem["hint"] == hint


MEAN_ALL: list[dict[str, Any]] = [{}, {"kinds": []}, {"kinds": None}, {"first": None}]


async def test_an_empty_list_of_kinds_and_null_mean_all(client: httpx.AsyncClient) -> None:
    answers = [await ask_graphql(client, SUGGEST, {"prefix": "bert", **more}) for more in MEAN_ALL]
    assert answers[0]["data"]["suggest"]
    assert answers[1:] == answers[:1] * 3

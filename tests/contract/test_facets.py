"""Facets: both sides give the same, and each count is the total that the filter by its value gives."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.app import create_app
from service.ingest.run import load_files
from service.queries.facets import MAX_FACET_VALUES, Facet
from service.settings import Settings
from tests.conftest import run_app
from tests.contract.test_parity import ask_graphql, ask_rest, camel, camel_keys, to_variables

ALL = ",".join(Facet)
COUNTED = "{ values { value name count } partial }"
DOCUMENT = f"""
query ($query: String, $filter: PaperFilter, $orderBy: PaperOrder, $first: Int, $after: String, $by: [Facet!]!) {{
  papers(query: $query, filter: $filter, orderBy: $orderBy, first: $first, after: $after) {{
    nodes {{ id }} pageInfo {{ endCursor }}
    facets(by: $by) {{ {" ".join(f"{camel(facet)} {COUNTED}" for facet in Facet)} }}
  }}
}}
"""
FILTERS = {facet.value: "link" if facet is Facet.REPO_HOST else facet.value for facet in Facet}
REQUESTS: list[dict[str, Any]] = [
    {},
    {"q": "language"},
    {"q": "language model", "sort": "title"},
    {"q": "bert OR longformer OR clip"},
    # No paper has all.
    {"q": "longformer clip zzzz"},
    {"q": "-model"},
    {"q": "author:moreau"},
    {"q": "the"},
    {"q": "zzzz"},
    {"model": ["bert"]},
    {"q": "model", "has_repo": "true", "since": "2019"},
    {"author": ["moreau"], "sort": "published"},
    {"year": [1]},
]


async def ask_facets(client: httpx.AsyncClient, request: dict[str, Any], facets: str = ALL) -> dict[str, Any]:
    answer = await ask_rest(client, {**request, "facets": facets})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["facets"]
    return found


@pytest.mark.parametrize("request_", REQUESTS, ids=str)
async def test_facets_are_the_same(client: httpx.AsyncClient, request_: dict[str, Any]) -> None:
    rest = await ask_facets(client, request_)
    variables = {**to_variables(request_), "by": [facet.name for facet in Facet]}
    answer = await ask_graphql(client, DOCUMENT, variables)
    assert answer["data"]["papers"]["facets"] == camel_keys(rest), answer
    assert list(rest) == list(Facet)
    if request_ in ({"q": "the"}, {"q": "zzzz"}, {"year": [1]}):
        assert all(facet == {"partial": False, "values": []} for facet in rest.values())


@pytest.mark.parametrize("request_", REQUESTS, ids=str)
async def test_a_count_is_the_total_of_the_filter_by_its_value(
    client: httpx.AsyncClient, request_: dict[str, Any]
) -> None:
    page = (await ask_rest(client, {**request_, "count": "exact"})).json()
    for name, facet in (await ask_facets(client, request_)).items():
        assert not facet["partial"]
        for value in facet["values"]:
            # What is already filtered by must hold besides.
            if FILTERS[name] in request_:
                continue
            filtered = {**request_, FILTERS[name]: value["value"], "count": "exact", "limit": 1}
            found = (await ask_rest(client, filtered)).json()
            # With fewer papers a query may have to be read as any of its words.
            if found["applied"]["mode"] == page["applied"]["mode"]:
                assert found["total"] == {"value": value["count"], "relation": "eq"}, (name, value)
                assert 0 < value["count"] <= page["total"]["value"]


AWKWARD: list[dict[str, Any]] = [
    {"title": "a", "models": ["CodeT5+", "GPT-4"], "venue": "ACL", "categories": ["cs.CL", "CS.CL"]},
    {"title": "b", "models": ["Foo Net", "Llama-3-8B"], "venue": "acl 2024", "categories": ["cs.CL"]},
    {
        "title": "c",
        "models": ["FooNet", "Llama-3-70B"],
        "venue": "ACL 2024 Findings",
        "repos": ["a/b", "gitlab.com/a/b"],
    },
    {"title": "d", "models": ["Foo-Net", "Llama 3"], "venue": "ACLX", "urls": ["https://www.GitHub.com/orgs/x"]},
    {"title": "e", "models": ["C++"], "venue": " spaced  out ", "categories": ["a,b", "Ä", "ä"], "published": "0999"},
    {"title": "f", "models": ["Llama-3-8B", "llama"], "venue": "É", "published": "0999-12-31"},
]


async def test_awkward_spellings_are_counted_as_the_filters_read_them(
    dsn: str, settings: Settings, tmp_path: Path
) -> None:
    path = tmp_path / "awkward.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in AWKWARD))
    assert (await load_files(dsn, settings, [str(path)])).to_dict()["created"] == len(AWKWARD)
    async with run_app(create_app(settings, dsn)) as client:
        found = await ask_facets(client, {})
        for name, facet in found.items():
            for value in facet["values"]:
                page = await ask_rest(client, {FILTERS[name]: value["value"]})
                assert page.json()["total"]["value"] == value["count"], (name, value)
        counts = {name: {v["value"]: v["count"] for v in facet["values"]} for name, facet in found.items()}
    assert counts["venue"]["ACL"] == 3
    assert counts["venue"]["acl 2024"] == 2
    assert counts["category"]["cs.CL"] == 2
    assert counts["repo_host"] == {"github.com": 2, "gitlab.com": 1}
    assert counts["year"] == {999: 2}
    assert counts["model"]["codet5-plus"] == 1
    assert counts["model"]["llama-3"] == 4
    assert counts["model"]["foo-net"] == 3


async def test_the_table_is_about_every_facet(client: httpx.AsyncClient) -> None:
    """Counts of nothing would prove nothing."""
    found = await ask_facets(client, {})
    assert all(facet["values"] for facet in found.values()), found
    models = {value["value"]: value for value in found["model"]["values"]}
    # Counted by what is below it too.
    (model,) = [item for item in (await client.get("/v1/models/llama")).json().items() if item[0] == "paper_count"]
    assert models["llama"]["count"] == model[1] > 1
    assert models["llama"]["name"] == "Llama"
    assert {"value": "github.com", "name": "github.com"}.items() <= found["repo_host"]["values"][0].items()


async def test_values_come_by_frequency_and_then_by_value(client: httpx.AsyncClient) -> None:
    found = await ask_facets(client, {})
    for facet in found.values():
        counts = [(-value["count"], value["value"]) for value in facet["values"]]
        assert counts == sorted(counts)
        assert len(counts) <= MAX_FACET_VALUES
    assert len(found["model"]["values"]) == MAX_FACET_VALUES


async def test_facets_are_of_the_result_not_of_the_page(client: httpx.AsyncClient) -> None:
    """And a page may be asked for with or without them."""
    first = (await ask_rest(client, {"q": "model", "limit": 2, "facets": "year"})).json()
    second = await ask_rest(client, {"q": "model", "limit": 3, "cursor": first["next_cursor"], "facets": "year,venue"})
    assert second.json()["facets"]["year"] == first["facets"]["year"]
    plain = (await ask_rest(client, {"q": "model", "limit": 2})).json()
    assert plain == {**first, "facets": None}
    # Whatever the order.
    by_title = await ask_facets(client, {"q": "model", "sort": "title"}, "year")
    assert by_title == first["facets"]


async def test_only_what_is_asked_for_is_counted(client: httpx.AsyncClient) -> None:
    assert list(await ask_facets(client, {}, "year,model,year")) == ["model", "year"]
    document = (
        "{ papers { a: facets(by: [YEAR]) { model { partial } year { partial } }"
        " b: facets(by: [MODEL, VENUE]) { model { partial } year { partial } }"
        " none: facets(by: []) { year { partial } }"
        " nodes { id } } }"
    )
    answer = await ask_graphql(client, document, {})
    assert "data" in answer, answer
    connection = answer["data"]["papers"]
    counted = {"partial": False}
    assert connection["a"] == {"model": None, "year": counted}
    assert connection["b"] == {"model": counted, "year": None}
    assert connection["none"] == {"year": None}


@pytest.mark.parametrize(
    ("facets", "hint"),
    [
        ("modle", "Did you mean model?"),
        ("year,", "Facets are model, family, repo_host, category, venue, year, source."),
        ("repoHost", "Did you mean repo_host?"),
        ("", "Leave it out, or give it a value."),
    ],
)
async def test_an_unknown_facet_is_refused(client: httpx.AsyncClient, facets: str, hint: str) -> None:
    problem = (await ask_rest(client, {"facets": facets})).json()
    assert (problem["status"], problem["code"], problem["parameter"], problem["hint"]) == (
        400,
        "invalid_parameter",
        "facets",
        hint,
    )


async def test_the_papers_of_a_thing_have_facets_too(client: httpx.AsyncClient) -> None:
    for noun, path in (("repo", "/v1/repos/github.com/openai/clip/papers"), ("model", "/v1/models/bert/papers")):
        named = 'repo(url: "openai/clip")' if noun == "repo" else 'model(name: "bert")'
        document = (
            f"{{ {noun}: {named} {{ papers {{ total {{ value }}"
            f" facets(by: [MODEL, YEAR]) {{ model {COUNTED} year {COUNTED} }} }} }} }}"
        )
        papers = (await ask_graphql(client, document, {}))["data"][noun]["papers"]
        rest = (await client.get(path, params={"facets": "model,year"})).json()
        assert papers["facets"] == rest["facets"]
        if noun == "model":
            counts = {value["value"]: value["count"] for value in papers["facets"]["model"]["values"]}
            assert counts["bert"] == papers["total"]["value"]


async def test_facets_count_in_what_a_document_may_cost(client: httpx.AsyncClient) -> None:
    # As one connection each, whatever its size.
    variables = {"first": 100, "by": [facet.name for facet in Facet]}
    assert "errors" not in await ask_graphql(client, DOCUMENT, variables)
    nested = "{ models(first: %d) { nodes { papers(first: 1) { facets(by: [YEAR]) { year { partial } } } } } }"
    answer = await ask_graphql(client, nested % 20, {})
    assert len(answer["data"]["models"]["nodes"]) == 20
    answer = await ask_graphql(client, nested % 30, {})
    assert answer["errors"][0]["extensions"]["code"] == "document_too_complex"

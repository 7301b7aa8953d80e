"""REST and GraphQL answer the same requests alike: ids, order, totals, scores, cursors, error codes.

One table of requests in REST's names drives both; GraphQL's differ only by case and in the pairs of RENAMED.
"""

import re
from itertools import zip_longest
from typing import Any

import httpx
import pytest

RENAMED = {"q": "query", "sort": "orderBy", "limit": "first", "cursor": "after"}
ORDERS = {"relevance": "RELEVANCE", "-published": "NEWEST", "published": "OLDEST", "title": "TITLE"}
OUTSIDE_FILTER = {"q", "sort", "limit", "cursor", "count"}
HIGHLIGHTS = "{ title { ranges { start end } html } abstract { ranges { start end } html } }"

# What both must answer alike. Values of one-value parameters are strings, of repeatable ones lists.
REQUESTS: list[dict[str, Any]] = [
    {},
    {"limit": 1},
    {"limit": 100},
    {"q": "pretraining"},
    {"q": "pre-training"},
    {"q": "language model"},
    {"q": '"graph neural networks" -survey'},
    {"q": "bert OR longformer"},
    {"q": "title:clip"},
    {"q": "author:moreau"},
    {"q": "the"},
    {"q": "!!!"},
    {"q": "state-of-the-art c++"},
    {"q": "zzzz"},
    {"q": "report", "sort": "title"},
    {"q": "report", "sort": "-published", "limit": 7},
    {"q": "report", "sort": "relevance", "limit": 3},
    {"sort": "published", "limit": 5},
    {"sort": "title", "limit": 5},
    {"sort": "-published", "limit": 5},
    {"repo": ["openai/clip"]},
    {"repo": ["https://github.com/OpenAI/CLIP.git.", "git@github.com:small-lab/budget-bert"]},
    {"repo": ["nobody/nothing"]},
    {"owner": ["OpenAI"]},
    {"owner": ["github.com/small-lab", "field-lab"], "limit": 2},
    {"model": ["llama"]},
    {"model": ["bert"]},
    {"model": ["GPT 4"]},
    {"model": ["bert", "gpt-4"]},
    {"model_all": ["llama", "gpt-4"]},
    {"model_exact": ["llama"]},
    {"family": ["BERT"]},
    {"author": ["ada moreau"]},
    {"author": ["Geoffrey Tanaka"]},
    {"author": ["Le-Cunha, Yann"]},
    {"author": ["Jose Alvarez"]},
    {"source": ["jsonl"], "limit": 2},
    {"source": ["nowhere"]},
    {"category": ["cs.cl", "CS.CV"]},
    {"venue": ["acl"]},
    {"venue": ["ACL 2024", "NeurIPS"]},
    {"year": [2021, 2024]},
    {"year": [1]},
    {"link": ["github.com"]},
    {"link": ["https://long-docs.github.io/"]},
    {"arxiv": ["2105.01001v3"]},
    {"arxiv": ["https://arxiv.org/abs/2105.01001", "2402.03003"]},
    {"doi": ["https://doi.org/10.18653/V1/2021.acl-long.901"]},
    {"doi": ["10.48550/arXiv.2105.02002"]},
    {"has_repo": "true"},
    {"has_repo": "false", "limit": 4},
    {"since": "2024"},
    {"until": "2019-07"},
    {"since": "2021-05", "until": "2023-01-01", "sort": "published"},
    {"q": "data", "model": ["gpt-3"], "author": ["moreau"], "since": "2020", "has_repo": "false"},
    {"count": "none"},
    {"count": "exact", "q": "report"},
]

# (request, code, REST's name of the parameter at fault)
ERRORS: list[tuple[dict[str, Any], str, str]] = [
    ({"limit": 0}, "invalid_parameter", "limit"),
    ({"limit": 101}, "invalid_parameter", "limit"),
    ({"q": 'an "open phrase'}, "invalid_query", "q"),
    ({"q": "OR b"}, "invalid_query", "q"),
    ({"q": "w " * 501}, "invalid_query", "q"),
    ({"q": "x" * 4001}, "invalid_query", "q"),
    ({"q": "a\x00b"}, "invalid_parameter", "q"),
    ({"sort": "relevance"}, "invalid_parameter", "sort"),
    ({"repo": ["not a repository"]}, "invalid_parameter", "repo"),
    ({"repo": ["https://example.org/a/b"]}, "invalid_parameter", "repo"),
    ({"repo": ["x" * 2001]}, "invalid_parameter", "repo"),
    ({"model": ["!!!"]}, "invalid_parameter", "model"),
    ({"model_all": ["bert", "!!!"]}, "invalid_parameter", "model_all"),
    ({"model_exact": ["!!!"]}, "invalid_parameter", "model_exact"),
    ({"method": ["!!!"]}, "invalid_parameter", "method"),
    ({"method": ["a", ""]}, "invalid_parameter", "method"),
    ({"author": ["a\x00"]}, "invalid_parameter", "author"),
    ({"author": ["a"] * 101}, "invalid_parameter", "author"),
    ({"author": ["a b " * 100] * 11}, "invalid_parameter", "author"),
    ({"link": ["ftp://example.org/x"]}, "invalid_parameter", "link"),
    ({"arxiv": ["hello"]}, "invalid_parameter", "arxiv"),
    ({"doi": ["hello"]}, "invalid_parameter", "doi"),
    ({"year": [0]}, "invalid_parameter", "year"),
    ({"year": [10000]}, "invalid_parameter", "year"),
    ({"since": "yesterday"}, "invalid_parameter", "since"),
    ({"until": "2023-02-29"}, "invalid_parameter", "until"),
    ({"since": "2024", "until": "2023"}, "invalid_parameter", "since"),
    ({"cursor": "damaged"}, "invalid_cursor", "cursor"),
    ({"cursor": ""}, "invalid_parameter", "cursor"),
    ({"model": [""]}, "invalid_parameter", "model"),
]

PAPERS = """
query ($query: String, $filter: PaperFilter, $orderBy: PaperOrder, $first: Int, $after: String, $count: CountMode) {
  papers(query: $query, filter: $filter, orderBy: $orderBy, first: $first, after: $after, count: $count) {
    edges { cursor score node { id title abstract authors published venue categories url pdfUrl license createdAt
      updatedAt externalIds { scheme value } links { url kind field start end path guessedRepo }
      repos { host owner name url official evidence { source field start end sentence url path official } }
      models { slug name family role mentions { surface field start end role } }
      methods { slug name role mentions { surface field start end role } }
      sources { source file line number loadedAt } } }
    pageInfo { hasNextPage endCursor }
    total { value relation }
    applied { query mode orderBy dropped }
  }
}
"""


async def ask_rest(client: httpx.AsyncClient, request: dict[str, Any], path: str = "/v1/papers") -> httpx.Response:
    return await client.get(path, params=request)


async def ask_graphql(client: httpx.AsyncClient, document: str, variables: dict[str, Any]) -> dict[str, Any]:
    answer = await client.post("/graphql", json={"query": document, "variables": variables})
    body: dict[str, Any] = answer.json()
    return body


def camel(name: str) -> str:
    return re.sub(r"_([a-z])", lambda match: match[1].upper(), name)


def camel_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {camel(key): camel_keys(member) for key, member in value.items()}
    return [camel_keys(member) for member in value] if isinstance(value, list) else value


def to_variables(request: dict[str, Any]) -> dict[str, Any]:
    """A request in REST's names as GraphQL's variables."""
    variables: dict[str, Any] = {}
    wanted: dict[str, Any] = {}
    for name, value in request.items():
        if name == "sort":
            variables["orderBy"] = ORDERS[value]
        elif name == "count":
            variables["count"] = value.upper()
        elif name in OUTSIDE_FILTER:
            variables[RENAMED[name]] = value
        else:
            wanted[camel(name)] = value == "true" if name == "has_repo" else value
    return {**variables, "filter": wanted} if wanted else variables


def from_graphql(node: dict[str, Any]) -> dict[str, Any]:
    """A paper of GraphQL in the shape of REST's: external ids as an object, enums in lower case."""
    repos = [{**repo, "official": repo["official"].lower()} for repo in node["repos"]]
    models, methods = (
        [
            {
                **named,
                "role": named["role"].lower(),
                "mentions": [{**mention, **lower(mention, "role", "field")} for mention in named["mentions"]],
            }
            for named in node[noun]
        ]
        for noun in ("models", "methods")
    )
    for repo in repos:
        repo["evidence"] = [{**found, **lower(found, "field", "official")} for found in repo["evidence"]]
    links = [{**link, **lower(link, "kind", "field")} for link in node["links"]]
    ids = {found["scheme"]: found["value"] for found in node["externalIds"]}
    return {**node, "repos": repos, "models": models, "methods": methods, "links": links, "externalIds": ids}


def lower(item: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: item[name].lower() if item[name] else item[name] for name in names}


def without(item: dict[str, Any], *names: str) -> dict[str, Any]:
    return {key: value for key, value in item.items() if key not in names}


def comparable(paper: dict[str, Any]) -> dict[str, Any]:
    """A paper of REST in GraphQL's names, without what GraphQL has one level down (ids of repos and models)."""
    item: dict[str, Any] = camel_keys(without(paper, "external_ids", "score"))
    item["externalIds"] = paper["external_ids"]
    item["repos"] = [
        {**without(repo, "id"), "evidence": [{"path": None, **found} for found in repo["evidence"]]}
        for repo in item["repos"]
    ]
    item["models"] = [without(model, "id") for model in item["models"]]
    return item


@pytest.mark.parametrize("request_", REQUESTS, ids=str)
async def test_every_page_is_the_same(client: httpx.AsyncClient, request_: dict[str, Any]) -> None:
    cursor: str | None = None
    pages = 0
    while pages < 12:
        request = request_ if cursor is None else {**request_, "cursor": cursor}
        rest = await ask_rest(client, request)
        assert rest.status_code == 200, rest.text
        page = rest.json()
        answer = await ask_graphql(client, PAPERS, to_variables(request))
        assert "errors" not in answer, answer
        connection = answer["data"]["papers"]
        nodes = [edge["node"] for edge in connection["edges"]]
        assert [from_graphql(node) for node in nodes] == [comparable(item) for item in page["items"]]
        assert [edge["score"] for edge in connection["edges"]] == [item.get("score") for item in page["items"]]
        total = page["total"] and {**page["total"], "relation": page["total"]["relation"].upper()}
        assert connection["total"] == total
        assert connection["pageInfo"]["hasNextPage"] == (page["next_cursor"] is not None)
        if page["next_cursor"] is not None:
            assert connection["pageInfo"]["endCursor"] == page["next_cursor"]
        applied = connection["applied"]
        assert applied["query"] == page["applied"]["query"]
        assert applied["mode"].lower() == page["applied"]["mode"]
        assert applied["orderBy"] == ORDERS[page["applied"]["sort"]]
        assert applied["dropped"] == page["applied"]["dropped"]
        cursor = page["next_cursor"]
        pages += 1
        if cursor is None:
            return


@pytest.mark.parametrize("request_", [r for r in REQUESTS if "q" in r] + [{"limit": 2}], ids=str)
async def test_highlights_are_the_same(client: httpx.AsyncClient, request_: dict[str, Any]) -> None:
    document = PAPERS.replace("cursor score", f"cursor highlights {HIGHLIGHTS} score")
    page = (await ask_rest(client, {**request_, "highlight": "true"})).json()
    connection = (await ask_graphql(client, document, to_variables(request_)))["data"]["papers"]
    assert [edge["highlights"] for edge in connection["edges"]] == [item.get("highlights") for item in page["items"]]
    assert all(("highlights" in item) == ("q" in request_) for item in page["items"])
    # They change nothing else, and the next page may be asked for with or without them.
    plain = (await ask_rest(client, request_)).json()
    assert [without(item, "highlights") for item in page["items"]] == plain["items"]
    assert page["next_cursor"] == plain["next_cursor"]


async def test_the_table_is_not_about_empty_pages(client: httpx.AsyncClient) -> None:
    """A parity of nothing with nothing would prove nothing."""
    empty = [
        str(request) for request in REQUESTS if not (await ask_rest(client, {"limit": 1, **request})).json()["items"]
    ]
    expected = [
        {"q": "the"},
        {"q": "!!!"},
        {"q": "zzzz"},
        {"repo": ["nobody/nothing"]},
        {"source": ["nowhere"]},
        {"year": [1]},
    ]
    assert empty == [str(request) for request in expected]


@pytest.mark.parametrize(("request_", "code", "parameter"), ERRORS, ids=lambda value: str(value)[:60])
async def test_every_error_is_the_same(
    client: httpx.AsyncClient, request_: dict[str, Any], code: str, parameter: str
) -> None:
    rest = await ask_rest(client, request_)
    problem = rest.json()
    assert (rest.status_code, problem["code"], problem["parameter"]) == (400, code, parameter), problem
    answer = await ask_graphql(client, PAPERS, to_variables(request_))
    error = answer["errors"][0]["extensions"]
    assert (error["code"], error["status"]) == (code, 400), answer
    assert error["parameter"] == RENAMED.get(parameter, camel(parameter))
    assert error.get("position") == problem.get("position")
    # Hints name the parameters of their own side.
    assert bool(error.get("hint")) == bool(problem.get("hint"))


async def test_a_foreign_cursor_is_foreign_to_both(client: httpx.AsyncClient) -> None:
    cursor = (await ask_rest(client, {"limit": 1})).json()["next_cursor"]
    for request in ({"q": "bert"}, {"sort": "title"}, {"has_repo": "true"}):
        foreign = {**request, "cursor": cursor}
        assert (await ask_rest(client, foreign)).json()["code"] == "invalid_cursor"
        answer = await ask_graphql(client, PAPERS, to_variables(foreign))
        assert answer["errors"][0]["extensions"]["code"] == "invalid_cursor"


async def test_papers_are_found_by_the_same_names(client: httpx.AsyncClient) -> None:
    papers = (await ask_rest(client, {"limit": 100, "source": "jsonl"})).json()["items"]
    names = [paper["id"] for paper in papers[:5]]
    names += [f"{scheme}:{value}" for paper in papers for scheme, value in paper["external_ids"].items()]
    names += ["https://arxiv.org/abs/2105.01001v2", "https://doi.org/10.18653/v1/2021.acl-long.901"]
    assert len(names) > 20
    for name in names:
        rest = await client.get(f"/v1/papers/{name}")
        answer = await ask_graphql(client, "query ($id: ID!) { paper(id: $id) { id title } }", {"id": name})
        assert answer["data"]["paper"] == {key: rest.json()[key] for key in ("id", "title")}, name
    for name in ("p_0000000000000000", "arxiv:1001.00001", "doi:10.5555/nothing"):
        assert (await client.get(f"/v1/papers/{name}")).json()["code"] == "paper_not_found"
        answer = await ask_graphql(client, "query ($id: ID!) { paper(id: $id) { id } }", {"id": name})
        assert answer == {"data": {"paper": None}}
    for name in ("p_zz", "arxiv:hello", "xx"):
        assert (await client.get(f"/v1/papers/{name}")).json()["code"] == "invalid_id"
        answer = await ask_graphql(client, "query ($id: ID!) { paper(id: $id) { id } }", {"id": name})
        assert answer["errors"][0]["extensions"]["code"] == "invalid_id"


LISTS = """
query ($query: String, $first: Int, $after: String) {
  %s(query: $query, first: $first, after: $after) {
    edges { cursor node { id %s paperCount } } pageInfo { hasNextPage endCursor } total { value relation }
  }
}
"""
REPO = "url host owner name"
MODEL = "slug name family"


@pytest.mark.parametrize(("noun", "members"), [("repos", REPO), ("models", MODEL)])
@pytest.mark.parametrize("query", [None, "g", "zz zz", "bert", "small-lab/b", "https://github.com/openai"])
async def test_lists_are_the_same(client: httpx.AsyncClient, noun: str, members: str, query: str | None) -> None:
    cursor: str | None = None
    seen = 0
    for _ in range(40):
        request = {"q": query, "limit": 3, "cursor": cursor}
        page = (await ask_rest(client, {k: v for k, v in request.items() if v is not None}, f"/v1/{noun}")).json()
        variables = {RENAMED[name]: value for name, value in request.items() if value is not None}
        connection = (await ask_graphql(client, LISTS % (noun, members), variables))["data"][noun]
        nodes = [edge["node"] for edge in connection["edges"]]
        assert nodes == [camel_keys(without(item, "parent")) for item in page["items"]]
        assert connection["total"] == {**page["total"], "relation": page["total"]["relation"].upper()}
        assert connection["pageInfo"]["hasNextPage"] == (page["next_cursor"] is not None)
        seen += len(nodes)
        cursor = page["next_cursor"]
        if cursor is None:
            break
        assert connection["pageInfo"]["endCursor"] == cursor
    assert seen == page["total"]["value"]


NESTED = """
query ($url: String!, $name: String!, $first: Int) {
  repo(url: $url) { paperCount papers(first: $first) { nodes { id } pageInfo { endCursor hasNextPage } } }
  model(name: $name) { paperCount papers(first: $first) { nodes { id } pageInfo { endCursor } total { value } } }
}
"""


async def test_papers_of_a_repository_and_of_a_model_are_the_same(client: httpx.AsyncClient) -> None:
    variables = {"url": "OpenAI/CLIP", "name": "BERT", "first": 2}
    answer = await ask_graphql(client, NESTED, variables)
    repo, model = answer["data"]["repo"], answer["data"]["model"]
    of_repo = (await client.get("/v1/repos/github.com/openai/clip/papers", params={"limit": 2})).json()
    of_model = (await client.get("/v1/models/bert/papers", params={"limit": 2})).json()
    assert [node["id"] for node in repo["papers"]["nodes"]] == [item["id"] for item in of_repo["items"]]
    assert [node["id"] for node in model["papers"]["nodes"]] == [item["id"] for item in of_model["items"]]
    assert model["papers"]["pageInfo"]["endCursor"] == of_model["next_cursor"]
    assert model["papers"]["total"]["value"] == of_model["total"]["value"] == model["paperCount"]
    assert repo["paperCount"] == of_repo["total"]["value"]
    # A filter by the same repository or model finds the same papers.
    by_filter = (await ask_rest(client, {"model": "bert", "limit": 100})).json()
    assert by_filter["total"] == of_model["total"]


DETAILS = """
query ($name: String!, $url: String!) {
  model(name: $name) {
    id slug name family parent paperCount aliases firstSeen variantCount
    variants(first: 100) { id slug name family parent paperCount variantCount }
    coMentioned { slug name paperCount relation model { id } }
  }
  repo(url: $url) { id url host owner name paperCount models { slug name paperCount relation model { id } } }
}
"""


async def test_one_model_and_one_repository_are_the_same(client: httpx.AsyncClient) -> None:
    models = (await ask_rest(client, {"limit": 100}, "/v1/models")).json()["items"]
    repos = (await ask_rest(client, {"limit": 100}, "/v1/repos")).json()["items"]
    told: set[str] = set()
    for model, repo in zip_longest(models, repos, fillvalue={"name": "bert", "slug": "bert", **repos[0]}):
        answer = await ask_graphql(client, DETAILS, {"name": model["slug"], "url": repo["url"]})
        for noun, path, beside in (
            ("model", f"/v1/models/{model['slug']}", "coMentioned"),
            ("repo", f"/v1/repos/{repo['url'].removeprefix('https://')}", "models"),
        ):
            found = answer["data"][noun]
            found[beside] = [
                {**without(one, "model"), **lower(one, "relation"), "id": one["model"]["id"]} for one in found[beside]
            ]
            rest = camel_keys((await client.get(path)).json())
            assert found == rest
            told |= {name for name, value in rest.items() if value not in (None, [], 0)}
    assert told >= {"aliases", "firstSeen", "variantCount", "variants", "coMentioned", "models", "parent"}


async def test_the_papers_of_a_thing_are_highlighted_too(client: httpx.AsyncClient) -> None:
    """Whatever fields are asked for; in GraphQL without any of the paper."""
    for noun, path in (("repo", "/v1/repos/github.com/openai/clip/papers"), ("model", "/v1/models/clip/papers")):
        named = 'repo(url: "openai/clip")' if noun == "repo" else 'model(name: "clip")'
        document = (
            f'{{ {noun}: {named} {{ papers(query: "clip OR image") {{ edges {{ highlights {HIGHLIGHTS} }} }} }} }}'
        )
        edges = (await ask_graphql(client, document, {}))["data"][noun]["papers"]["edges"]
        rest = await client.get(path, params={"q": "clip OR image", "highlight": "true", "fields": "id"})
        assert edges == [{"highlights": item["highlights"]} for item in rest.json()["items"]]
        assert any("<mark>" in str(edge["highlights"]) for edge in edges)


async def test_what_is_unknown_is_unknown_to_both(client: httpx.AsyncClient) -> None:
    answer = await ask_graphql(client, NESTED, {"url": "nobody/nothing", "name": "no such model"})
    assert answer == {"data": {"repo": None, "model": None}}
    assert (await client.get("/v1/repos/github.com/nobody/nothing")).json()["code"] == "repo_not_found"
    assert (await client.get("/v1/models/no-such-model")).json()["code"] == "model_not_found"
    answer = await ask_graphql(client, NESTED, {"url": "https://example.org/a/b", "name": "bert"})
    assert answer["errors"][0]["extensions"]["code"] == "invalid_id"
    assert (await client.get("/v1/repos/example.org/a/b")).json()["code"] == "invalid_id"


@pytest.mark.parametrize(
    "query",
    ["git@github.com:openai/clip", "https://github.com/OpenAI/CLIP.git", "www.github.com/openai/CLIP/", "openai/c"],
)
async def test_the_list_of_repositories_takes_every_spelling(client: httpx.AsyncClient, query: str) -> None:
    page = (await client.get("/v1/repos", params={"q": query})).json()
    assert [item["url"] for item in page["items"]] == ["https://github.com/OpenAI/CLIP"]

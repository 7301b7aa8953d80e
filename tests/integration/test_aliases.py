"""Names that moved: what is loaded and who asks, over both skins, before and after the papers are brought along."""

import asyncio
import json
from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio

from service.app import create_app
from service.database import Connection
from service.ingest.again import extract_again
from service.ingest.alias_table import Stored, add_aliases, list_aliases, remove_alias
from service.ingest.aliases import Kind, read_alias, read_key
from service.ingest.run import load_files
from service.settings import Settings
from tests.conftest import run_app
from tests.stored import check_counts, dump

OLD = {
    "title": "Old paper",
    "abstract": "We train Widgetron-7B. Code: https://github.com/acme/Old",
    "models": ["Foldy"],
}
NEW = {"title": "New paper", "abstract": "Our code is at github.com/Umbrella/New.", "models": ["Bendy"]}


@pytest_asyncio.fixture
async def connection(dsn: str) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(dsn)
    yield connection
    await connection.close()


@pytest_asyncio.fixture
async def asking(dsn: str, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """The service, started before anything is stored."""
    async with run_app(create_app(settings, dsn)) as client:
        yield client


async def load(dsn: str, settings: Settings, *records: dict[str, Any]) -> None:
    stdin = BytesIO("\n".join(map(json.dumps, records)).encode())
    assert (await load_files(dsn, settings, ["-"], format="jsonl", stdin=stdin)).complete


async def move(connection: Connection, *names: tuple[Kind, str, str]) -> Stored:
    return await add_aliases(connection, [read_alias(*name) for name in names])


async def titles(client: httpx.AsyncClient, **filters: str) -> list[str]:
    """Of both skins, which must agree."""
    found = (await client.get("/v1/papers", params={**filters, "sort": "title", "fields": "title"})).json()
    rest = [item["title"] for item in found["items"]]
    query = "query ($filter: PaperFilter) { papers(filter: $filter, orderBy: TITLE) { nodes { title } } }"
    names = {"model_exact": "modelExact", "model_all": "modelAll"}
    variables = {"filter": {names.get(name, name): [value] for name, value in filters.items()}}
    answer = (await client.post("/graphql", json={"query": query, "variables": variables})).json()
    assert [node["title"] for node in answer["data"]["papers"]["nodes"]] == rest
    return rest


async def repo(client: httpx.AsyncClient, name: str) -> tuple[str, int, list[str]] | None:
    """Address, number of papers, titles; of both skins, which must agree."""
    path = f"/v1/repos/github.com/{name}"
    rest, papers = await client.get(path), await client.get(f"{path}/papers?sort=title&fields=title")
    query = "query ($url: String!) { repo(url: $url) { url paperCount papers(orderBy: TITLE) { nodes { title } } } }"
    answer = (await client.post("/graphql", json={"query": query, "variables": {"url": name}})).json()["data"]["repo"]
    if rest.status_code == 404:
        assert papers.status_code == 404 and answer is None
        return None
    listed = [item["title"] for item in papers.json()["items"]]
    found = rest.json()["url"], rest.json()["paper_count"], listed
    assert found == (answer["url"], answer["paperCount"], [node["title"] for node in answer["papers"]["nodes"]])
    return found


async def model(client: httpx.AsyncClient, name: str) -> tuple[str, int] | None:
    rest = await client.get(f"/v1/models/{name}")
    query = "query ($name: String!) { model(name: $name) { name paperCount } }"
    answer = (await client.post("/graphql", json={"query": query, "variables": {"name": name}})).json()["data"]["model"]
    if rest.status_code == 404:
        assert answer is None
        return None
    found = rest.json()["name"], rest.json()["paper_count"]
    assert found == (answer["name"], answer["paperCount"])
    return found


async def test_what_is_loaded_from_then_on_is_stored_under_the_new_name(
    connection: Connection, dsn: str, settings: Settings, asking: httpx.AsyncClient
) -> None:
    await move(connection, (Kind.REPO, "acme/old", "Umbrella/New"), (Kind.MODEL, "foldy", "Bendy"))
    await load(dsn, settings, OLD, NEW)
    await check_counts(connection)
    for name in ("acme/old", "ACME/Old", "umbrella/new"):
        assert await repo(asking, name) == ("https://github.com/Umbrella/New", 2, ["New paper", "Old paper"])
        assert await titles(asking, repo=name) == ["New paper", "Old paper"]
    for name in ("Foldy", "FOLDY", "bendy"):
        assert await model(asking, name) == ("Bendy", 2)
        for parameter in ("model", "model_exact", "model_all"):
            assert await titles(asking, **{parameter: name}) == ["New paper", "Old paper"]
    # The text is as it was given, and so is where it was found.
    found = (await asking.get("/v1/papers?repo=acme/old&fields=title,links,repos&sort=title")).json()["items"][1]
    assert found["links"][0]["url"] == "https://github.com/acme/Old"
    assert found["repos"][0]["url"] == "https://github.com/Umbrella/New"
    assert found["repos"][0]["evidence"][0]["url"] == "https://github.com/acme/Old"
    assert await titles(asking, link="https://github.com/acme/old") == ["Old paper"]


async def test_what_was_loaded_before_is_found_at_once_and_moves_with_extract_again(
    connection: Connection, dsn: str, settings: Settings, asking: httpx.AsyncClient
) -> None:
    await load(dsn, settings, OLD, NEW)
    assert await titles(asking, repo="umbrella/new") == ["New paper"]
    await move(connection, (Kind.REPO, "acme/old", "umbrella/new"), (Kind.MODEL, "Foldy", "Bendy"))
    for name in ("acme/old", "umbrella/new"):
        assert await titles(asking, repo=name) == ["New paper", "Old paper"]
    for name in ("foldy", "bendy"):
        assert await titles(asking, model=name) == ["New paper", "Old paper"]
    assert await repo(asking, "acme/old") == ("https://github.com/Umbrella/New", 1, ["New paper"])
    changes = await extract_again(dsn, settings)
    assert (changes.papers, changes.changed) == (2, 1)
    assert (changes.repos_added, changes.repos_removed) == (changes.models_added, changes.models_removed) == (1, 1)
    await check_counts(connection)
    assert await connection.fetchval("SELECT count(*) FROM repos") == 1
    assert await repo(asking, "acme/old") == ("https://github.com/Umbrella/New", 2, ["New paper", "Old paper"])
    # And back.
    assert await remove_alias(connection, Kind.REPO, read_key(Kind.REPO, "acme/old"))
    assert not await remove_alias(connection, Kind.REPO, read_key(Kind.REPO, "acme/old"))
    assert await repo(asking, "acme/old") is None
    await extract_again(dsn, settings)
    assert await repo(asking, "acme/old") == ("https://github.com/acme/Old", 1, ["Old paper"])
    assert await titles(asking, repo="umbrella/new") == ["New paper"]
    await check_counts(connection)


async def test_papers_are_the_same_whether_the_alias_or_the_load_came_first(
    connection: Connection, dsn: str, settings: Settings
) -> None:
    names = ((Kind.REPO, "acme/old", "umbrella/new"), (Kind.MODEL, "Foldy", "Bendy"))
    await load(dsn, settings, OLD, NEW)
    await move(connection, *names)
    await extract_again(dsn, settings)
    brought = await dump(connection)
    await connection.execute("TRUNCATE papers, records, loads, merged_papers, repos, models CASCADE")
    await load(dsn, settings, OLD, NEW)
    assert await dump(connection) == brought


async def test_a_chain_is_followed_and_a_circle_is_refused(
    connection: Connection, dsn: str, settings: Settings, asking: httpx.AsyncClient
) -> None:
    await load(dsn, settings, NEW)
    stored = await move(
        connection,
        (Kind.REPO, "b/second", "umbrella/new"),
        (Kind.REPO, "a/first", "b/second"),
        (Kind.REPO, "umbrella/new", "a/first"),
        (Kind.MODEL, "Widget+", "Foldy"),
        (Kind.MODEL, "Foldy", "Bendy"),
    )
    assert (stored.added, stored.changed, stored.unchanged) == (4, 0, 0)
    assert list(stored.refused) == [2] and "circle" in stored.refused[2]
    for name in ("a/first", "b/second"):
        assert await titles(asking, repo=name) == ["New paper"]
        assert await repo(asking, name) == ("https://github.com/Umbrella/New", 1, ["New paper"])
    for name in ("widget+", "widget-plus", "Foldy"):
        assert await titles(asking, model=name) == ["New paper"]
        assert await model(asking, name) == ("Bendy", 1)
    assert [(one.old, one.new, one.leads_to) for one in await list_aliases(connection) if one.kind == "repo"] == [
        ("github.com/a/first", "github.com/b/second", "github.com/umbrella/new"),
        ("github.com/b/second", "github.com/umbrella/new", "github.com/umbrella/new"),
    ]
    # A link of the chain leads elsewhere: so does what leads to it.
    stored = await move(connection, (Kind.REPO, "b/second", "c/other"), (Kind.REPO, "a/first", "b/second"))
    assert (stored.added, stored.changed, stored.unchanged) == (0, 1, 1)
    assert await titles(asking, repo="a/first") == []
    assert [one.leads_to for one in await list_aliases(connection) if one.old == "github.com/a/first"] == [
        "github.com/c/other"
    ]


async def test_two_that_would_make_a_circle_at_once_make_none(connection: Connection, dsn: str) -> None:
    others = [await asyncpg.connect(dsn) for _ in range(2)]
    try:
        for number in range(10):
            one, two = f"a/r{number}", f"b/r{number}"
            stored = await asyncio.gather(
                move(others[0], (Kind.REPO, one, two)), move(others[1], (Kind.REPO, two, one))
            )
            assert sum(each.added for each in stored) == 1
    finally:
        for other in others:
            await other.close()


async def test_nobody_who_asks_waits_for_an_alias(
    connection: Connection, dsn: str, settings: Settings, asking: httpx.AsyncClient
) -> None:
    await load(dsn, settings, NEW)
    async with connection.transaction():
        await move(connection, (Kind.REPO, "acme/old", "umbrella/new"))
        assert await asyncio.wait_for(titles(asking, repo="umbrella/new"), 5) == ["New paper"]
        assert await titles(asking, repo="acme/old") == []
    assert await titles(asking, repo="acme/old") == ["New paper"]


@pytest.mark.parametrize("kind", list(Kind))
async def test_what_is_no_old_name_is_looked_up_as_ever(connection: Connection, kind: Kind) -> None:
    sql = "SELECT array(SELECT known_keys($1, $2)), array(SELECT known_targets($1, $2))"
    row = await connection.fetchrow(sql, kind, ["a", "b+"])
    assert row is not None
    assert (sorted(row[0]), row[1]) == (["a", "b+"], [])

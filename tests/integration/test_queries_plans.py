"""A search uses the index meant for it, on a corpus large enough that PostgreSQL has a reason to."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from service.database import Connection
from service.names import encode_id, hash_id
from service.papers import CountMode, Cursor, PaperFilter, SearchRequest, Sort
from service.queries.facets import MAX_COUNTED, MAX_COUNTED_BY_AUTHOR, Facet
from service.queries.related import render_related
from service.queries.search import render_search
from service.queries.suggest import SuggestRequest, render_suggest
from tests.conftest import create_clone, drop_clone

PAPERS = 20_000
FILL = f"""
INSERT INTO papers (id, title, abstract, authors, published, venue, categories, title_sort, digest)
SELECT n * 400000000000, 'Paper ' || n, 'word' || n % 1000 || repeat(' common', 1 + 4 * (n % 50 = 0)::integer),
    ARRAY['Author ' || n % 500],
    (1990 + n % 30)::text, 'Venue ' || n % 300, ARRAY['c' || n % 200], 'paper ' || n, ''
FROM generate_series(1, {PAPERS}) AS n;
INSERT INTO paper_search SELECT id, words, search_length(words)
FROM (
    SELECT id, search_entry(
        title, abstract, authors, categories, published_on, venue, id <= {PAPERS // 2} * 400000000000
    ) AS words
    FROM papers
) AS document;
INSERT INTO search_terms SELECT * FROM search_count_terms();
UPDATE search_statistics SET papers = {PAPERS};
INSERT INTO repos
SELECT n, 'github.com/o' || n || '/r', 'github.com', 'o' || n, 'r', 'https://github.com/o' || n || '/r'
FROM generate_series(1, {PAPERS // 2}) AS n;
INSERT INTO paper_repos SELECT n * 400000000000, n FROM generate_series(1, {PAPERS // 2}) AS n;
INSERT INTO paper_links (paper_id, position, url, url_key, host, kind)
SELECT n * 400000000000, 0, 'https://github.com/o' || n || '/r', 'github.com/o' || n || '/r', 'github.com', 'repository'
FROM generate_series(1, {PAPERS // 2}) AS n;
INSERT INTO models (id, slug, name, family, lineage)
SELECT n, 'model-' || n, 'Model ' || n, 'family-' || n % 100, ARRAY[n] FROM generate_series(1, 3000) AS n;
INSERT INTO model_aliases SELECT 'model' || n, n FROM generate_series(1, 3000) AS n;
INSERT INTO paper_models SELECT n * 400000000000, 1 + n % 3000, 'used' FROM generate_series(1, {PAPERS}) AS n;
INSERT INTO paper_methods (paper_id, slug, key, name, role)
SELECT n * 400000000000, 'method-' || n % 3000, 'method' || n % 3000, 'Method ' || n % 3000, 'used'
FROM generate_series(1, {PAPERS}) AS n;
INSERT INTO loads DEFAULT VALUES;
INSERT INTO records (paper_id, source, source_key, digest, title_hash, file, number, body, load_id)
SELECT n * 400000000000, CASE WHEN n % 100 = 0 THEN 'jsonl' ELSE 'other' END, 'k' || n, '', n, 'f', n, '{{}}',
    (SELECT max(id) FROM loads)
FROM generate_series(1, {PAPERS}) AS n;
INSERT INTO external_ids SELECT n * 400000000000, 'arxiv', '2101.' || lpad(n::text, 5, '0')
FROM generate_series(1, {PAPERS}) AS n;
ANALYZE;
"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def corpus(template_dsn: str) -> AsyncIterator[Connection]:
    dsn = await create_clone(template_dsn)
    connection = await asyncpg.connect(dsn, server_settings={"client_min_messages": "warning", "jit": "off"})
    await connection.execute(FILL)
    yield connection
    await connection.close()
    await drop_clone(dsn)


async def explain(corpus: Connection, request: SearchRequest, scope: str | None = None, parent: int = 0) -> str:
    sql, values = render_search(request, ["id"], 10_000, scope, [parent])
    plan = await corpus.fetchval(f"EXPLAIN (FORMAT JSON) {sql}", *values)
    return json.dumps(json.loads(plan))


def filtered(**wanted: object) -> SearchRequest:
    return SearchRequest(filter=PaperFilter(**wanted), count=CountMode.NONE)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("request_", "index"),
    [
        (SearchRequest(count=CountMode.NONE), "papers_newest"),
        (SearchRequest(count=CountMode.NONE, sort=Sort.OLDEST), "papers_oldest"),
        (SearchRequest(count=CountMode.NONE, sort=Sort.TITLE), "papers_title"),
        (SearchRequest("word7"), "paper_search_impacts"),
        (SearchRequest("word7", filter=PaperFilter(model=("model 7",))), "paper_models_model_id"),
        (SearchRequest("word7", filter=PaperFilter(repo=("o7/r",))), "paper_repos_repo_id"),
        (SearchRequest("word7", filter=PaperFilter(year=(1991,))), "paper_search_impacts"),
        (SearchRequest("word7", filter=PaperFilter(since="1991-05", until="1991-05")), "papers_newest"),
        (SearchRequest("word7 common", sort=Sort.TITLE), "paper_search_impacts"),
        (SearchRequest("author:7", count=CountMode.NONE), "paper_search_impacts"),
        (filtered(author=("Author 7",)), "paper_search_impacts"),
        (filtered(repo=("o7/r",)), "repos_key_key"),
        (filtered(repo=("o7/r",)), "paper_repos_repo_id"),
        (filtered(owner=("o7",)), "paper_repos_repo_id"),
        (filtered(model=("model 7",)), "models_lineage"),
        (filtered(model=("model 7",)), "paper_models_model_id"),
        (filtered(family=("family-7",)), "models_family"),
        (filtered(method=("method 7",)), "paper_methods_key"),
        (filtered(method=("method 7",)), "paper_methods_slug"),
        (SearchRequest(filter=PaperFilter(source=("jsonl",))), "records_source"),
        (filtered(link=("https://github.com/o7/r",)), "paper_links_url_key"),
        (filtered(arxiv=("2101.00007",)), "external_ids_value"),
        (filtered(category=("c7",)), "papers_categories"),
        (SearchRequest(filter=PaperFilter(venue=("Venue 7",))), "papers_venue"),
        (filtered(year=(1991,)), "papers_newest"),
    ],
    ids=str,
)
async def test_a_search_uses_its_index(corpus: Connection, request_: SearchRequest, index: str) -> None:
    assert f'"{index}"' in await explain(corpus, request_)


@pytest.mark.parametrize(("scope", "index"), [("repo", "paper_repos_repo_id"), ("model", "paper_models_model_id")])
async def test_the_papers_of_a_thing_use_its_index(corpus: Connection, scope: str, index: str) -> None:
    assert f'"{index}"' in await explain(corpus, SearchRequest(count=CountMode.NONE), scope, 7)


async def test_a_page_deep_in_a_listing_costs_no_more_than_the_first(
    corpus: Connection,
) -> None:
    """A keyset: the rows read do not grow with the depth."""
    request = SearchRequest(sort=Sort.TITLE, count=CountMode.NONE)
    for _ in range(2):
        sql, values = render_search(request, ["id"], None, None, [0])
        plan = await corpus.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", *values)
        rows = [int(float(found)) for found in re.findall(r'"Actual Rows": ([0-9.]+)', plan)]
        assert max(rows) <= request.limit + 1
        deep = Cursor(request.fingerprint, ("all", "paper 19000", hash_id("anything"))).encode()
        request = SearchRequest(sort=Sort.TITLE, count=CountMode.NONE, cursor=deep)


@pytest.mark.parametrize("sort", [Sort.TITLE, Sort.OLDEST, Sort.NEWEST])
async def test_few_matches_are_sorted_without_a_walk_through_the_order(corpus: Connection, sort: Sort) -> None:
    sql, values = render_search(SearchRequest("word7 -common", sort=sort), ["id"], 1000, None, [0])
    plan = await corpus.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", *values)
    rows = [int(float(found)) for found in re.findall(r'"(?:Actual Rows|Rows Removed[^"]*)": ([0-9.]+)', plan)]
    assert max(rows) < PAPERS / 10


async def test_words_are_read_once_whatever_the_plan(corpus: Connection) -> None:
    """A generic plan, to which PostgreSQL may change at the sixth use, would read them again for every row."""
    sql, values = render_search(SearchRequest("word7 -common"), ["id"], 1000, None, [0])
    literals = ", ".join(f"'{value}'" if isinstance(value, str | int) else "'{0}'" for value in values)
    async with corpus.transaction():
        await corpus.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        await corpus.execute(f"PREPARE words AS {sql}")
        plan = await corpus.fetchval(f"EXPLAIN (VERBOSE, FORMAT JSON) EXECUTE words ({literals})")
    assert len(re.findall(r"search_plan\(", plan)) == 1, plan


async def test_a_search_of_a_common_word_looks_at_few_papers(corpus: Connection) -> None:
    """Of 20,000 that have the word, those it means most to; only the page's papers are joined."""
    sql, values = render_search(SearchRequest("common", limit=5), ["id"], 1000, None, [0])
    (plan,) = json.loads(await corpus.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", *values))
    nodes = list(walk(plan["Plan"]))
    looked_at = [n["Actual Rows"] * n["Actual Loops"] for n in nodes if n.get("Relation Name") == "paper_search"]
    # A box for the page, and one that proves that there are more than 1,000.
    assert 200 <= sum(looked_at) < 3000, plan
    papers = [n["Actual Loops"] * n["Actual Rows"] for n in nodes if n.get("Relation Name") == "papers"]
    assert papers == [6]


async def test_a_common_word_by_date_is_met_on_the_way(corpus: Connection) -> None:
    sql, values = render_search(
        SearchRequest("common", sort=Sort.NEWEST, limit=5, count=CountMode.NONE), ["id"], None, None, [0]
    )
    (plan,) = json.loads(await corpus.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", *values))
    looked_at = [n["Actual Rows"] * n["Actual Loops"] for n in walk(plan["Plan"]) if "Relation Name" in n]
    assert max(looked_at) < 100, plan


async def test_highlights_are_made_for_the_page_and_prepared_once(corpus: Connection) -> None:
    sql, values = render_search(SearchRequest("common", limit=5, highlight=True), ["id"], 1000, None, [0])
    (plan,) = json.loads(await corpus.fetchval(f"EXPLAIN (ANALYZE, VERBOSE, FORMAT JSON) {sql}", *values))
    nodes = list(walk(plan["Plan"]))
    runs = {
        name: [node["Actual Loops"] * node["Actual Rows"] for node in nodes if f"{name}(" in str(node.get("Output"))]
        for name in ("search_marks", "search_highlights")
    }
    assert runs["search_marks"] == [1]
    assert runs["search_highlights"][-1] == 6
    assert max(runs["search_highlights"]) == 6
    sql, values = render_search(SearchRequest("common"), ["id"], 1000, None, [0])
    assert "search_highlights" not in sql


SUGGESTS_BY = {"papers_title", "papers_title_words", "model_aliases_prefix", "repos_name", "repos_path"}


@pytest.mark.parametrize("prefix", ["p", "paper 77", "papre 77", "77 paper", "o7/r", "nothing of the kind"])
async def test_a_suggestion_uses_its_indexes(corpus: Connection, prefix: str) -> None:
    """And reads no table from end to end, whatever is asked for: its plan is made without the values."""
    sql, values = render_suggest(SuggestRequest(prefix))
    (plan,) = json.loads(await corpus.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", *values))
    nodes = list(walk(plan["Plan"]))
    assert {node["Index Name"] for node in nodes if "Index Name" in node} >= SUGGESTS_BY
    assert [node for node in nodes if node["Node Type"] == "Gather"] == []
    scanned = [node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan" and node["Actual Loops"]]
    assert scanned == []
    read = [node["Actual Rows"] * node["Actual Loops"] for node in nodes if "Relation Name" in node]
    assert max(read) <= 3_000, read


async def test_frequent_words_of_titles_are_not_read_to_the_end(corpus: Connection) -> None:
    """All 20,000 titles have the word; one part in sixteen of them is enough."""
    sql, values = render_suggest(SuggestRequest("7 paper"))
    (plan,) = json.loads(await corpus.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", *values))
    nodes = [node for node in walk(plan["Plan"]) if node.get("Index Name") == "papers_title_words"]
    assert 0 < sum(node["Actual Loops"] for node in nodes) <= 16
    sql, values = render_suggest(SuggestRequest("paper x"))
    (plan,) = json.loads(await corpus.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", *values))
    (read,) = [node for node in walk(plan["Plan"]) if node.get("Index Name") == "papers_title_words"]
    assert read["Actual Loops"] == 1
    assert read["Actual Rows"] < PAPERS / 8


async def test_related_papers_are_found_by_impacts(corpus: Connection) -> None:
    """Of 20,000 papers that share words with it few are read, though each is met by every word."""
    sql = render_related(["id"])
    own = 50 * 400000000000
    (plan,) = json.loads(await corpus.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", [own], 10))
    for index in ("paper_search_impacts", "paper_models_model_id", "paper_repos_repo_id"):
        assert f'"{index}"' in json.dumps(plan)
    assert read_of(plan["Plan"], "paper_search")["paper_search"] < 1500, plan
    rows = await corpus.fetch(sql, [own, 51 * 400000000000, 7], 10)
    # One row where there is nothing, and for what is not a paper.
    assert {row["asked"]: row["found"] for row in rows} == {own: own, 51 * 400000000000: 51 * 400000000000, 7: None}
    assert 10 <= len(rows) <= 21
    assert encode_id("p", own) not in [json.loads(row["paper"])["id"] for row in rows if row["asked"] == own]


def read_of(plan: dict[str, Any], *tables: str) -> dict[str, int]:
    """How many rows were read of each table in all."""
    read = dict.fromkeys(tables, 0)
    for node in walk(plan):
        if node.get("Relation Name") in read:
            rows = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
            read[node["Relation Name"]] += round(rows * node["Actual Loops"])
    return read


@pytest.mark.parametrize(
    "request_",
    [
        SearchRequest(),
        SearchRequest("common"),
        SearchRequest("common paper"),
        SearchRequest("common OR author:nobody"),
        SearchRequest("-word7"),
        SearchRequest("common", sort=Sort.TITLE),
        SearchRequest("common", filter=PaperFilter(since="1991")),
    ],
    ids=str,
)
async def test_facets_look_at_a_bounded_number_of_papers(corpus: Connection, request_: SearchRequest) -> None:
    """Of 20,000 that match; once, not for each paper of the page, and by the keys of what they count."""
    request = replace(request_, facets=tuple(Facet), count=CountMode.NONE)
    sql, values = render_search(request, ["id"], None, None, [0])
    (plan,) = json.loads(await corpus.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", *values))
    read = read_of(plan["Plan"], "paper_models", "paper_links", "records")
    # A paper has one of each, half of the papers a link.
    assert read["paper_models"] == 2 * MAX_COUNTED
    assert read["records"] == MAX_COUNTED
    assert 0 < read["paper_links"] <= MAX_COUNTED
    for index in ("paper_models_pkey", "paper_links_pkey", "records_paper_id"):
        assert f'"{index}"' in json.dumps(plan)
    facets = json.loads((await corpus.fetch(sql, *values))[0]["facets"])
    assert all(facet["partial"] for facet in facets.values())
    assert sum(value["count"] for value in facets["source"]["values"]) == MAX_COUNTED
    # The same again, whatever the plan.
    async with corpus.transaction():
        await corpus.execute("SET LOCAL enable_bitmapscan = off; SET LOCAL enable_hashjoin = off")
        again = (await corpus.fetch(sql + " -- again", *values))[0]["facets"]
    assert json.loads(again) == facets


@pytest.mark.parametrize("query", [None, "common", "-word7"])
async def test_facets_by_the_name_of_an_author_look_at_fewer(corpus: Connection, query: str | None) -> None:
    """All 20,000 papers have one of this name, and comparing names is slow."""
    request = SearchRequest(query, PaperFilter(author=("author",)), facets=("source",), count=CountMode.NONE)
    sql, values = render_search(request, ["id"], None, None, [0])
    source = json.loads((await corpus.fetch(sql, *values))[0]["facets"])["source"]
    assert source["partial"]
    assert sum(value["count"] for value in source["values"]) == MAX_COUNTED_BY_AUTHOR


@pytest.mark.parametrize(
    "request_",
    [
        SearchRequest("word7"),
        SearchRequest("common", filter=PaperFilter(year=(1991,))),
        SearchRequest("common", filter=PaperFilter(model=("model 7",))),
        SearchRequest("word7 word8"),
        filtered(year=(1991, 1992)),
    ],
    ids=str,
)
async def test_facets_of_few_papers_are_complete(corpus: Connection, request_: SearchRequest) -> None:
    request = replace(request_, facets=("source", "year"), count=CountMode.EXACT)
    sql, values = render_search(request, ["id"], None, None, [0])
    row = (await corpus.fetch(sql, *values))[0]
    facets = json.loads(row["facets"])
    assert not facets["year"]["partial"]
    assert sum(value["count"] for value in facets["source"]["values"]) == row["total"]


async def test_facets_that_nobody_asked_for_cost_nothing(corpus: Connection) -> None:
    plan = await explain(corpus, SearchRequest("common"))
    assert "paper_models" not in plan
    assert "records" not in plan


def walk(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from walk(child)

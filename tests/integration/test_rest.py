"""REST against a loaded database. What a search finds is tested with the queries; here, how it is asked and told."""

import gzip
import re
from typing import Any
from urllib.parse import quote

import asyncpg
import httpx
import pytest

from service.app import create_app
from service.ingest.run import load_files
from service.migrate import SCHEMA_VERSION
from service.queries.papers import ITEM_FIELDS
from service.settings import Settings
from tests.conftest import DATA, run_app

CLIP = "arxiv:2301.05005"


async def get(client: httpx.AsyncClient, path: str, **parameters: Any) -> Any:
    answer = await client.get(path, params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_page_of_papers(client: httpx.AsyncClient) -> None:
    page = await get(client, "/v1/papers", limit=3)
    assert list(page) == ["items", "total", "next_cursor", "facets", "applied"]
    assert len(page["items"]) == 3
    assert tuple(page["items"][0]) == ITEM_FIELDS
    assert page["total"]["relation"] == "eq"
    assert page["total"]["value"] > 30
    assert page["applied"] == {"query": None, "mode": "all", "sort": "-published", "dropped": []}


async def test_a_search_has_scores(client: httpx.AsyncClient) -> None:
    page = await get(client, "/v1/papers", q="clip", fields="title")
    assert all(list(item) == ["title", "score"] for item in page["items"])
    assert page["applied"]["sort"] == "relevance"


async def test_pages_lead_to_the_end_once(client: httpx.AsyncClient) -> None:
    ids: list[str] = []
    address = "/v1/papers?sort=title&limit=7&fields=id&q=&count=exact"
    while True:
        answer = await client.get(address)
        page = answer.json()
        ids += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            assert "link" not in answer.headers
            break
        match = re.fullmatch(r'<([^>]+)>; rel="next"', answer.headers["link"])
        assert match
        assert page["next_cursor"] in match[1]
        address = match[1]
    assert len(ids) == len(set(ids)) == page["total"]["value"]


async def test_the_next_page_keeps_what_was_asked(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/papers", params={"q": 'report "at work"', "author": ["Ada Moreau", "é"], "limit": 1})
    assert answer.links["next"]["url"].startswith("/v1/papers?q=report+%22at+work%22&author=Ada+Moreau&author=%C3%A9")


async def test_no_count(client: httpx.AsyncClient) -> None:
    assert (await get(client, "/v1/papers", limit=1, count="none"))["total"] is None


@pytest.mark.parametrize(
    "spelling",
    [
        "arxiv:2301.05005",
        "arxiv:2301.05005v3",
        "ARXIV:2301.05005",
        "https://arxiv.org/abs/2301.05005",
        "https://arxiv.org/pdf/2301.05005v1.pdf",
        "https:/arxiv.org/abs/2301.05005",
        "https://huggingface.co/papers/2301.05005",
        "doi:10.48550/arXiv.2301.05005",
        "https://doi.org/10.48550/arXiv.2301.05005",
    ],
)
async def test_a_paper_by_any_name(client: httpx.AsyncClient, spelling: str) -> None:
    found = await get(client, f"/v1/papers/{spelling}")
    assert found["title"] == "Adapting CLIP to Infrared"
    assert found == await get(client, f"/v1/papers/{quote(spelling, safe='')}")
    assert found == await get(client, f"/v1/papers/{found['id']}")


async def test_a_paper_in_part(client: httpx.AsyncClient) -> None:
    assert await get(client, f"/v1/papers/{CLIP}", fields="venue,title") == {
        "title": "Adapting CLIP to Infrared",
        "venue": "CVPR 2023",
    }


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/papers/p_0000000000000000", 404, "paper_not_found"),
        ("/v1/papers/arxiv:1001.00001", 404, "paper_not_found"),
        ("/v1/papers/nonsense", 400, "invalid_id"),
        ("/v1/papers/", 400, "invalid_id"),
        ("/v1/papers/p_1", 400, "invalid_id"),
        ("/v1/papers/r_0000000000000000", 400, "invalid_id"),
        ("/v1/papers/s2:a%00b", 400, "invalid_id"),
        ("/v1/papers/s2:" + "x" * 1100, 400, "invalid_id"),
        ("/v1/papers?fields=titel", 400, "invalid_parameter"),
        ("/v1/papers?limit=1&cursor=xx", 400, "invalid_cursor"),
        ("/v1/papers/arxiv:2301.05005?limit=1", 400, "unknown_parameter"),
        ("/v1/stats?q=a", 400, "unknown_parameter"),
        ("/v1/repos/github.com/nobody/nothing", 404, "repo_not_found"),
        ("/v1/repos/example.org/a/b", 400, "invalid_id"),
        ("/v1/repos/github.com/a/%2E%2E", 400, "invalid_id"),
        ("/v1/repos/github.com/a%00/b", 400, "invalid_id"),
        ("/v1/repos/github.com/nobody/nothing/papers", 404, "repo_not_found"),
        ("/v1/models/nothing-like-it", 404, "model_not_found"),
        ("/v1/models/a%00b", 404, "model_not_found"),
        ("/v1/models/nothing-like-it/papers", 404, "model_not_found"),
        ("/v1/repos?sort=title", 400, "unknown_parameter"),
        ("/v1/models?cursor=AAAA", 400, "invalid_cursor"),
        ("/v1", 404, "not_found"),
        ("/v1/papers%00", 404, "not_found"),
        ("/v1/stats/", 404, "not_found"),
    ],
)
async def test_what_is_wrong(client: httpx.AsyncClient, path: str, status: int, code: str) -> None:
    answer = await client.get(path)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["type"] == f"urn:colophon:error:{code}"
    assert problem["status"] == status
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert problem.get("hint") or code.endswith("not_found")


async def test_an_error_says_where(client: httpx.AsyncClient) -> None:
    problem = (await client.get("/v1/papers", params={"q": 'ein "offenes Zitat'})).json()
    assert (problem["code"], problem["parameter"], problem["position"]) == ("invalid_query", "q", 4)


async def test_a_cursor_is_bound_to_its_request(client: httpx.AsyncClient) -> None:
    page = await get(client, "/v1/papers", limit=1)
    cursor = page["next_cursor"]
    assert (await client.get("/v1/papers", params={"cursor": cursor, "q": "clip"})).json()["code"] == "invalid_cursor"
    assert await get(client, "/v1/papers", cursor=cursor, limit=2, fields="title")


async def test_a_merged_paper_leads_to_the_one_it_is_in(dsn: str, settings: Settings) -> None:
    await load_files(dsn, settings, [str(DATA / "library.jsonl")])
    connection = await asyncpg.connect(dsn)
    await connection.execute(
        "INSERT INTO merged_papers (id, paper_id) SELECT 7, paper_id FROM external_ids WHERE value = '2301.05005'"
    )
    await connection.close()
    async with run_app(create_app(settings, dsn)) as client:
        found = await get(client, f"/v1/papers/{CLIP}")
        answer = await client.get("/v1/papers/p_0000000000000007?fields=title,id")
        assert answer.status_code == 308
        assert answer.headers["location"] == f"/v1/papers/{found['id']}?fields=title,id"
        batch = await client.post("/v1/papers/batch", json={"ids": ["p_0000000000000007"]})
        assert found.pop("provenance")["title"]["others"] == []
        assert batch.json()["items"][0]["papers"] == [found]


async def test_a_batch_keeps_the_order_and_says_what_is_missing(client: httpx.AsyncClient) -> None:
    ids = [
        "doi:10.5555/river.2019.7",
        "https://github.com/OpenAI/CLIP.git",
        "nonsense",
        "arxiv:1001.00001",
        "git@github.com:small-lab/budget-bert",
        "nobody/nothing",
        "arxiv:2301.05005",
        "doi:10.5555/river.2019.7",
        "\x00",
        "",
    ]
    answer = await client.post("/v1/papers/batch?fields=title", json={"ids": ids})
    assert answer.status_code == 200, answer.text
    items = answer.json()["items"]
    assert [item["asked"] for item in items] == ids
    river, clip, nonsense, unknown, budget, nobody, infrared, again, nul, empty = items
    assert river["papers"] == again["papers"] == [{"title": "A Survey of Graph Neural Networks for Rivers"}]
    assert infrared["papers"] == [{"title": "Adapting CLIP to Infrared"}]
    assert len(clip["papers"]) == 3
    assert len(budget["papers"]) == 2
    codes = [item["error"] and item["error"]["code"] for item in (nonsense, unknown, nobody, nul, empty, river)]
    assert codes == ["invalid_id", "paper_not_found", "repo_not_found", "invalid_id", "invalid_id", None]


async def test_a_batch_takes_a_fixed_number_of_statements(app: Any, client: httpx.AsyncClient) -> None:
    counted = []
    app.state.database.observers.append(lambda *seen: counted.append(seen))
    try:
        repos = [f"field-lab/report-{number}" for number in range(40)]
        ids = [f"arxiv:11{number:02}.1{number:03}" for number in range(1, 24)]
        await client.post("/v1/papers/batch", json={"ids": [*repos, *ids]})
        assert len(counted) == 3
        counted.clear()
        await client.get("/v1/papers", params={"q": "report", "repo": "field-lab/report-4", "model": "resnet-50"})
        assert len(counted) == 1
    finally:
        app.state.database.observers.pop()


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b'{"ids": ["a"]}', "text/plain", 415, "unsupported_media_type"),
        (b'{"ids": ["a"]}', "", 415, "unsupported_media_type"),
        (b'{"ids": ["a"]}', "application/json; charset=utf-16", 415, "unsupported_media_type"),
        (b"", "application/json", 400, "invalid_body"),
        (b"{", "application/json", 400, "invalid_body"),
        (b"[]", "application/json", 400, "invalid_body"),
        (b"{}", "application/json", 400, "invalid_body"),
        (b'{"ids": []}', "application/json", 400, "invalid_body"),
        (b'{"ids": [1]}', "application/json", 400, "invalid_body"),
        (b'{"ids": ["a"], "field": []}', "application/json", 400, "invalid_body"),
        (b'{"ids": ["\\ud800"]}', "application/json", 400, "invalid_body"),
        (b'{"ids": ["\xff"]}', "application/json", 400, "invalid_body"),
        (b'{"ids": [' + b'"a",' * 100 + b'"a"]}', "application/json", 400, "invalid_body"),
        (b'{"ids": ' + b"[" * 20_000, "application/json", 400, "invalid_body"),
        (b'{"ids": ["' + b"a" * 300_000 + b'"]}', "application/json", 413, "body_too_large"),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_what_is_no_batch(
    client: httpx.AsyncClient, body: bytes, content_type: str, status: int, code: str
) -> None:
    headers = {"content-type": content_type} if content_type else {}
    answer = await client.post("/v1/papers/batch", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_compressed_batch_is_refused(client: httpx.AsyncClient) -> None:
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    answer = await client.post("/v1/papers/batch", content=gzip.compress(b'{"ids": ["a"]}'), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


async def test_a_repository_in_its_spellings(client: httpx.AsyncClient) -> None:
    repo = await get(client, "/v1/repos/github.com/OPENAI/clip.git")
    assert (repo["url"].lower(), repo["paper_count"]) == ("https://github.com/openai/clip", 3)
    papers = await get(client, "/v1/repos/www.github.com/openai/CLIP/papers", limit=2, fields="id,repos")
    assert papers["total"] == {"value": 3, "relation": "eq"}
    assert all(repo["id"] in [linked["id"] for linked in item["repos"]] for item in papers["items"])
    rest = await get(
        client, "/v1/repos/github.com/openai/CLIP/papers", cursor=papers["next_cursor"], limit=2, fields="id"
    )
    assert len({item["id"] for item in papers["items"] + rest["items"]}) == 3
    narrower = await get(client, "/v1/repos/github.com/openai/CLIP/papers", q="sonar")
    assert [item["title"] for item in narrower["items"]] == ["adapting clip to sonar"]


async def test_a_model_in_its_spellings(client: httpx.AsyncClient) -> None:
    model = await get(client, "/v1/models/GPT%204")
    assert (model["slug"], model["name"]) == ("gpt-4", "GPT-4")
    papers = await get(client, "/v1/models/gpt-4/papers", fields="title")
    assert papers["total"]["value"] == model["paper_count"] > 0
    assert papers["items"] == (await get(client, "/v1/papers", model="gpt-4", fields="title"))["items"]


@pytest.mark.parametrize("noun", ["repos", "models"])
async def test_a_list_leads_to_the_end_once(client: httpx.AsyncClient, noun: str) -> None:
    seen: list[str] = []
    counts: list[int] = []
    address = f"/v1/{noun}?limit=3"
    while True:
        answer = await client.get(address)
        page = answer.json()
        seen += [item["id"] for item in page["items"]]
        counts += [item["paper_count"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        address = answer.links["next"]["url"]
    assert len(seen) == len(set(seen)) == page["total"]["value"] > 3
    assert counts == sorted(counts, reverse=True)


async def test_a_list_by_prefix(client: httpx.AsyncClient) -> None:
    page = await get(client, "/v1/repos", q="small-lab/b")
    assert [item["name"].lower() for item in page["items"]] == ["budget-bert"]


async def test_stats(client: httpx.AsyncClient) -> None:
    stats = await get(client, "/v1/stats")
    assert stats["papers"] == (await get(client, "/v1/papers"))["total"]["value"]
    assert {source["source"] for source in stats["sources"]} == {"daily_papers", "jsonl"}
    assert stats["schema_version"] == SCHEMA_VERSION


async def test_an_etag_spares_the_answer(client: httpx.AsyncClient) -> None:
    for path in ("/v1/papers?limit=2", f"/v1/papers/{CLIP}", "/v1/repos", "/v1/stats", "/openapi.yaml", "/"):
        first = await client.get(path)
        tag = first.headers["etag"]
        again = await client.get(path, headers={"if-none-match": f'"other", {tag}'})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert (await client.get(path, headers={"if-none-match": '"other"'})).status_code == 200
        assert (await client.get(path, headers={"if-none-match": "*"})).status_code == 304
    assert first.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/v1/papers", "GET, HEAD, OPTIONS"),
        ("/v1/papers/batch", "OPTIONS, POST"),
        ("/v1/papers/p_0000000000000000", "GET, HEAD, OPTIONS"),
        ("/healthz", "GET, HEAD, OPTIONS"),
    ],
)
async def test_methods(client: httpx.AsyncClient, path: str, allowed: str) -> None:
    options = await client.options(path)
    assert (options.status_code, options.headers["allow"]) == (204, allowed)
    for method in ("GET", "POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"):
        if method not in allowed:
            answer = await client.request(method, path)
            assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
            assert answer.json()["code"] == "method_not_allowed"


async def test_headers_that_browsers_heed(client: httpx.AsyncClient) -> None:
    for path in ("/v1/papers?limit=1", "/v1/nothing", "/healthz", "/"):
        answer = await client.get(path)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["x-request-id"]


async def test_a_request_id_is_kept_if_it_is_a_plain_word(client: httpx.AsyncClient) -> None:
    assert (await client.get("/healthz", headers={"x-request-id": "a.b-c_1"})).headers["x-request-id"] == "a.b-c_1"
    for wrong in ("a b", "x" * 65, "<script>", ""):
        given = (await client.get("/healthz", headers={"x-request-id": wrong})).headers["x-request-id"]
        assert re.fullmatch("[0-9a-f]{16}", given)


async def test_any_origin_may_read_without_credentials(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/papers?limit=1", headers={"origin": "https://example.org"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers
    assert "etag" in answer.headers["access-control-expose-headers"]
    preflight = await client.options(
        "/v1/papers/batch",
        headers={
            "origin": "https://example.org",
            "access-control-request-method": "POST",
            "access-control-request-headers": "content-type",
        },
    )
    assert preflight.status_code == 200
    assert "POST" in preflight.headers["access-control-allow-methods"]


async def test_ready(client: httpx.AsyncClient) -> None:
    assert await get(client, "/healthz") == {"status": "ok"}
    assert await get(client, "/readyz") == {"status": "ready", "schema_version": SCHEMA_VERSION}


async def test_the_page_for_people_loads_nothing_from_elsewhere(client: httpx.AsyncClient) -> None:
    answer = await client.get("/")
    assert answer.headers["content-type"].startswith("text/html")
    assert not re.search(r"https?://|src=", answer.text)
    for path in re.findall(r'href="([^"]+)"', answer.text):
        page = await client.get(path.replace("&amp;", "&"), headers={"accept": "text/html,*/*;q=0.8"})
        assert page.status_code == 200, path


async def test_metrics(loaded_dsn: str, settings: Settings) -> None:
    async with run_app(create_app(settings, loaded_dsn)) as client:
        await client.get("/v1/papers?limit=1")
        for number in range(300):
            await client.get(f"/random/{number}")
            await client.get(f"/v1/papers/p_{number}")
            await client.request(f"X{number}", "/v1/papers")
        for method in ("PUT", "PATCH", "DELETE", "TRACE", "CONNECT"):
            await client.request(method, "/v1/papers")
        answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    series = [line for line in answer.text.splitlines() if line and not line.startswith("#")]
    assert len(series) <= 150
    # Nor does a method that is not answered make series of its own.
    assert {re.search('method="(.*?)"', line)[1] for line in series if 'method="' in line} <= {"GET", "_OTHER"}  # type: ignore[index]
    assert not any("/random/" in line for line in series)
    value = {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in series}
    labels = '{method="GET",route="/v1/papers",status="200"}'
    assert value[f"http_server_request_duration_seconds_count{labels}"] == 1
    assert value["http_server_active_requests"] == 1
    assert value['db_client_operation_duration_seconds_count{outcome="ok",pool="search"}'] == 1
    assert value['db_client_connection_max{pool="lookup"}'] == settings.lookup_pool_size
    assert value["colophon_schema_version"] == SCHEMA_VERSION
    assert value["colophon_load_records_created"] > 30
    assert value["colophon_log_dropped_total"] == 0

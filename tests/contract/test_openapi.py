"""schema/openapi.yaml is what runs: written from the code, valid, and kept by every answer of a live service."""

import asyncio
import sys
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import yaml
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from starlette.applications import Starlette
from starlette.routing import Route

from service import SCHEMA_DIR
from service.app import create_app
from service.queries.papers import ITEM_FIELDS, PAPER_FIELDS
from service.rest.contract import openapi, render_openapi
from service.rest.operations import Resource
from service.rest.routes import OPERATIONS
from service.settings import Settings
from tests.serving import serve_live

CONTRACT = SCHEMA_DIR / "openapi.yaml"


def test_the_file_is_what_the_code_writes() -> None:
    assert CONTRACT.read_text(encoding="utf-8") == render_openapi(), "run: colophon contracts"
    assert yaml.safe_load(CONTRACT.read_text(encoding="utf-8")) == openapi()


def test_the_contract_is_valid() -> None:
    validate(openapi())
    for name, schema in openapi()["components"]["schemas"].items():
        Draft202012Validator.check_schema(schema), name


async def test_the_service_serves_it(client: httpx.AsyncClient) -> None:
    answer = await client.get("/openapi.yaml")
    assert answer.headers["content-type"] == "application/yaml"
    assert answer.content == CONTRACT.read_bytes()


def test_every_route_is_in_the_contract(app: Starlette) -> None:
    routed = {
        route.path_format for route in app.routes if isinstance(route, Route) and isinstance(route.endpoint, Resource)
    }
    others = {route.path_format for route in app.routes if isinstance(route, Route)} - routed
    assert routed == set(openapi()["paths"])
    assert others == {"/graphql", "/graphql/assets/{name}"}


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [operation.name for operation in OPERATIONS]
    assert len(names) == len(set(names))


def test_a_paper_has_the_fields_that_queries_write() -> None:
    members = openapi()["components"]["schemas"]["Paper"]["properties"]
    assert tuple(members) == (*PAPER_FIELDS, "score", "highlights")


def close(schema: Any) -> Any:
    """The same schema without room for members it does not name."""
    if isinstance(schema, dict):
        closed = {name: close(member) for name, member in schema.items()}
        if "properties" in schema:
            closed["additionalProperties"] = False
        return closed
    return [close(member) for member in schema] if isinstance(schema, list) else schema


ANSWERS = [
    ("/v1/papers?limit=100", "PaperPage"),
    ("/v1/papers?limit=100&q=clip+OR+bert&count=none", "PaperPage"),
    ("/v1/papers?limit=100&q=clip+OR+bert&highlight=true", "PaperPage"),
    ("/v1/papers?limit=100&highlight=true", "PaperPage"),
    ("/v1/papers/arxiv:2301.05005", "Paper"),
    ("/v1/repos?limit=100", "RepoPage"),
    ("/v1/repos/github.com/openai/clip", "RepoDetail"),
    ("/v1/repos/github.com/openai/clip/papers", "PaperPage"),
    ("/v1/models?limit=100", "ModelPage"),
    ("/v1/models/bert", "ModelDetail"),
    ("/v1/models/bert/papers", "PaperPage"),
    ("/v1/suggest?q=bert&limit=100", "Suggestions"),
    ("/v1/suggest?q=%20", "Problem"),
    ("/v1/stats", "Stats"),
    ("/healthz", "Health"),
    ("/readyz", "Readiness"),
    ("/v1/papers?limit=0", "Problem"),
    ("/v1/papers?q=%22", "Problem"),
    ("/nothing", "Problem"),
]


@pytest.mark.parametrize(("path", "schema"), ANSWERS)
async def test_no_answer_has_a_member_more_or_less(client: httpx.AsyncClient, path: str, schema: str) -> None:
    components = close(openapi()["components"])
    validator = Draft202012Validator({"$ref": f"#/components/schemas/{schema}", "components": components})
    answer = (await client.get(path)).json()
    validator.validate(answer)
    if schema == "PaperPage":
        scored = ("score",) if "q=" in path else ()
        marked = ("highlights",) if "q=" in path and "highlight=true" in path else ()
        assert all(tuple(item) == (*ITEM_FIELDS, *scored, *marked) for item in answer["items"])


async def test_nor_has_a_batch(client: httpx.AsyncClient) -> None:
    components = close(openapi()["components"])
    answer = await client.post(
        "/v1/papers/batch", json={"ids": ["openai/clip", "arxiv:2301.05005", "x", "arxiv:1001.00001"]}
    )
    Draft202012Validator({"$ref": "#/components/schemas/Batch", "components": components}).validate(answer.json())


@pytest_asyncio.fixture(scope="module")
async def address(loaded_dsn: str, settings: Settings) -> AsyncIterator[str]:
    settings = replace(settings, port=0)
    async with serve_live(create_app(settings, loaded_dsn), settings) as url:
        yield url


# positive_data_acceptance is left out: a schema cannot say that a date is of the calendar, a cursor one of ours or a
# query well-formed. The server's own 414 for data that is wrong because it is long is as good as a 400.
CONFIGURATION = """
[checks]
positive_data_acceptance.enabled = false
negative_data_rejection.expected-statuses = ["400", "404", "405", "413", "414", "415", "431"]
"""


async def test_a_fuzzer_finds_no_server_error_and_no_undocumented_answer(address: str, tmp_path: Path) -> None:
    configuration = tmp_path / "schemathesis.toml"
    configuration.write_text(CONFIGURATION)
    report = tmp_path / "report.xml"
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(configuration), "run", str(CONTRACT)]
    command += ["--url", address, "--phases", "examples,coverage,fuzzing", "--max-examples", "8"]
    command += ["--generation-deterministic", "--no-color", "--report-junit-path", str(report)]
    running = await asyncio.create_subprocess_exec(
        *command, cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output = (await running.communicate())[0].decode(errors="replace")
    assert running.returncode == 0, output[-6000:]
    assert f"Tested: {len(OPERATIONS)}" in output
    assert len(list(ET.parse(report).iter("testcase"))) >= len(OPERATIONS)

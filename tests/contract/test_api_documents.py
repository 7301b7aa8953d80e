"""docs/api.md and docs/errors.md say what runs: every address, parameter and code, and examples that work."""

import ast
import json
import re
import shlex
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

import service
from service import errors
from service.app import create_app
from service.ingest.run import load_sample
from service.rest.papers import SEARCH
from service.rest.routes import OPERATIONS
from service.settings import Settings
from tests.conftest import create_clone, drop_clone, run_app

ROOT = Path(__file__).parents[2]
API = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
ERRORS = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")


def first_cells(text: str, heading: str) -> list[str]:
    """What stands in backticks in the first column of the table with this first heading."""
    table = re.search(rf"^\| {heading} \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", text, re.MULTILINE)
    assert table, heading
    return [name for row in table[1].splitlines() for name in re.findall("`([^`]+)`", row.split("|")[1])]


def raised_codes() -> Iterator[tuple[str, int]]:
    """Every code with its status, from the source: the default of each class, and each code="…" of a call."""
    for error in vars(errors).values():
        if isinstance(error, type) and issubclass(error, errors.ApiError):
            yield error.code, error.status.value
    for path in Path(service.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                error = getattr(errors, node.func.id, None)
                for keyword in node.keywords:
                    value = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
                    if keyword.arg == "code" and isinstance(value, str) and error is not None:
                        yield value, error.status.value


def test_every_code_is_documented_with_its_status() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \|", ERRORS, re.MULTILINE)
    documented = {(code, int(status)) for code, status in rows}
    raised = set(raised_codes()) | {("invalid_document", 400), ("document_too_complex", 400)}
    assert documented == raised
    assert len(rows) == len(documented)


def test_every_address_is_documented() -> None:
    assert sorted(first_cells(API, "address")) == sorted(f"{one.method} {one.path}" for one in OPERATIONS)


def test_every_parameter_is_documented() -> None:
    assert sorted(first_cells(API, "parameter")) == sorted(parameter.name for parameter in SEARCH)


@pytest_asyncio.fixture(scope="module")
async def sample(template_dsn: str, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    dsn = await create_clone(template_dsn)
    await load_sample(dsn, settings)
    async with run_app(create_app(settings, dsn)) as client:
        yield client
    await drop_clone(dsn)


@pytest.mark.parametrize("command", re.findall(r"^curl .*$", API, re.MULTILINE))
async def test_each_curl_finds_something(sample: httpx.AsyncClient, command: str) -> None:
    _, address, *options = shlex.split(command)
    path = address.removeprefix("http://localhost:8000")
    if options:
        assert options[0] == "--json"
        answer = await sample.post(path, json=json.loads(options[1]))
    else:
        answer = await sample.get(path)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body.get("items", True), answer.text


@pytest.mark.parametrize("document", re.findall(r"```graphql\n(.*?)```", API, re.DOTALL))
async def test_each_graphql_document_finds_something(sample: httpx.AsyncClient, document: str) -> None:
    answer = (await sample.post("/graphql", json={"query": document})).json()
    assert "errors" not in answer, answer
    assert re.search(r'"(title|text)": ', json.dumps(answer)), answer

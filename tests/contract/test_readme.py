"""The README's calls and queries give the answers that it shows."""

import json
import re
import shlex
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from service.app import create_app
from service.ingest.run import load_sample
from service.settings import Settings
from tests.conftest import create_clone, drop_clone, run_app
from tests.e2e.processes import run

README = Path(__file__).parents[2] / "README.md"
_EXAMPLE = re.compile(r"```(sh|graphql)\n((?:(?!```).)*)```\n\n```json\n(.*?)```", re.DOTALL)


@dataclass(frozen=True)
class Example:
    language: str
    asked: str
    shown: str


EXAMPLES = [Example(*found.groups()) for found in _EXAMPLE.finditer(README.read_text(encoding="utf-8"))]


@pytest_asyncio.fixture(scope="module")
async def sample_dsn(template_dsn: str, settings: Settings) -> AsyncIterator[str]:
    """What `make run` loads."""
    dsn = await create_clone(template_dsn)
    assert (await load_sample(dsn, settings)).complete
    yield dsn
    await drop_clone(dsn)


@pytest_asyncio.fixture(scope="module")
async def sample(sample_dsn: str, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async with run_app(create_app(settings, sample_dsn)) as client:
        yield client


async def ask(client: httpx.AsyncClient, example: Example) -> Any:
    if example.language == "graphql":
        return (await client.post("/graphql", json={"query": example.asked})).json()
    curl, silent, address = shlex.split(example.asked)
    assert (curl, silent) == ("curl", "-s")
    assert address.startswith("localhost:8000/")
    return (await client.get(address.removeprefix("localhost:8000"))).json()


def matches(shown: Any, given: Any) -> bool:
    """Equal, but for floats in the last places, and for "…", which stands for any text."""
    if isinstance(shown, dict):
        return (
            isinstance(given, dict) and shown.keys() == given.keys() and all(matches(shown[k], given[k]) for k in shown)
        )
    if isinstance(shown, list):
        return isinstance(given, list) and len(shown) == len(given) and all(map(matches, shown, given))
    if isinstance(shown, float):
        return bool(given == pytest.approx(shown))
    return bool(shown == given) or (shown == "…" and isinstance(given, str))


def test_four_calls_and_two_queries() -> None:
    assert [example.language for example in EXAMPLES] == ["sh"] * 4 + ["graphql"] * 2


@pytest.mark.parametrize(
    "example", EXAMPLES, ids=lambda example: example.asked.split("'")[1] if "'" in example.asked else example.language
)
async def test_an_example_answers_as_shown(example: Example, sample: httpx.AsyncClient) -> None:
    given = await ask(sample, example)
    assert matches(json.loads(example.shown), given), json.dumps(given, indent=2, ensure_ascii=False)


def test_what_is_explained_is_of_the_sample(sample_dsn: str) -> None:
    (explained,) = re.findall(r"^.*colophon explain (\S+)$", README.read_text(encoding="utf-8"), re.MULTILINE)
    shown = run("explain", explained, DATABASE_URL=sample_dsn).stdout
    assert "«Longformer»" in shown
    assert "sample daily-papers.txt:" in shown


def test_every_search_that_is_shown_finds_something(sample_dsn: str) -> None:
    texts = (README.read_text(encoding="utf-8"), run("search", "--help").stdout)
    shown = [re.findall(r"^.*colophon (search .*)$", text, re.MULTILINE) for text in texts]
    assert [len(searches) for searches in shown] == [1, 2]
    for search in {*shown[0], *shown[1]}:
        done = run(*shlex.split(search), *("--json",) * ("--json" not in search), DATABASE_URL=sample_dsn)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["items"], search

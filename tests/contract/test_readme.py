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

README = Path(__file__).parents[2] / "README.md"
_EXAMPLE = re.compile(r"```(sh|graphql)\n((?:(?!```).)*)```\n\n```json\n(.*?)```", re.DOTALL)


@dataclass(frozen=True)
class Example:
    language: str
    asked: str
    shown: str


EXAMPLES = [Example(*found.groups()) for found in _EXAMPLE.finditer(README.read_text(encoding="utf-8"))]


@pytest_asyncio.fixture(scope="module")
async def sample(template_dsn: str, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """The service over what `make run` loads."""
    dsn = await create_clone(template_dsn)
    assert (await load_sample(dsn, settings)).complete
    async with run_app(create_app(settings, dsn)) as client:
        yield client
    await drop_clone(dsn)


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

"""The documents name what exists: settings with their defaults, files, dependencies, metrics."""

import re
import tomllib
from pathlib import Path

import httpx
import pytest

from service.settings import VARIABLES, Settings

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))


def read_rows(text: str, heading: str) -> list[list[str]]:
    """The cells of the table whose first heading is this one."""
    table = re.search(rf"^\| {heading} \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", text, re.MULTILINE)
    assert table, heading
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in table[1].splitlines()]


def show_default(name: str) -> str:
    value = getattr(Settings(), name)
    match value:
        case None:
            return "not set"
        case ():
            return "empty"
        case bool():
            return f"`{str(value).lower()}`"
        case tuple():
            return f"`{','.join(value)}`"
        case float():
            return f"`{value:g}`"
        case _:
            return f"`{value}`"


def test_every_setting_is_documented_with_its_default() -> None:
    rows = read_rows((ROOT / "docs" / "operating.md").read_text(), "variable")
    documented = {row[0].strip("`"): row[1] for row in rows}
    assert documented == {variable: show_default(name) for variable, (name, _, _) in VARIABLES.items()}


async def test_every_metric_is_documented(client: httpx.AsyncClient) -> None:
    await client.get("/v1/papers?limit=1")
    scraped = (await client.get("/metrics")).text
    families = re.findall(r"^# TYPE (\S+) ", scraped, re.MULTILINE)
    ours = {name for name in families if name.startswith(("http_", "db_", "colophon_"))}
    rows = read_rows((ROOT / "docs" / "operating.md").read_text(), "metric")
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row[0])} == ours


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    text = document.read_text()
    for target in re.findall(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)", text):
        path, _, anchor = target.partition("#")
        if re.match(r"https?:", target):
            continue
        found = document.parent / path if path else document
        assert found.exists(), target
        if anchor and found.suffix == ".md":
            headings = re.findall(r"^#+ (.+)$", found.read_text(), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings}, target


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_named_files_exist(document: Path) -> None:
    if document.name == "CHANGELOG.md":
        return  # it may name what was
    named = re.findall(r"`((?:service|schema|tests|docs|k8s)/[\w./-]*)`", document.read_text())
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_code_map_has_every_room() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    rooms = {
        f"service/{path.name}{'/' if path.is_dir() else ''}"
        for path in (ROOT / "service").iterdir()
        if (path.suffix == ".py" and path.name != "__init__.py") or (path / "__init__.py").exists()
    }
    assert {room for room in rooms if f"`{room}`" not in text} == set()


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    required = [
        *project["project"]["dependencies"],
        *(name for extra in project["project"]["optional-dependencies"].values() for name in extra),
        *(name for group in project["dependency-groups"].values() for name in group),
    ]
    names = {re.split(r"[\s<>=!~;\[]", requirement)[0] for requirement in required}
    text = (ROOT / "docs" / "decisions" / "0001-dependencies.md").read_text()
    explained = {
        name for row in re.findall(r"^\| (`.*?) \|", text, re.MULTILINE) for name in re.findall(r"`([^`]+)`", row)
    }
    assert explained == names


def test_decisions_are_numbered_and_complete() -> None:
    assert [int(path.name[:4]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))
    for path in DECISIONS:
        text = path.read_text()
        assert text.startswith(f"# {int(path.name[:4])}. "), path.name
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"], path.name


def test_make_help_lists_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    assert phony
    described = re.findall(r"^([a-z-]+):.* ## .+$", makefile, re.MULTILINE)
    assert sorted(described) == sorted(phony[1].split())


def test_the_code_map_has_every_table() -> None:
    created = {
        table
        for path in (ROOT / "schema" / "migrations").glob("*.sql")
        for table in re.findall(r"^CREATE TABLE (\w+)", path.read_text(), re.MULTILINE)
    }
    rows = read_rows((ROOT / "docs" / "architecture.md").read_text(), "table")
    described = {name for row in rows for name in re.findall(r"`(\w+)`", row[0])}
    assert described == created | {"schema_migrations"}

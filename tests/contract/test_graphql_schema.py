"""schema/schema.graphql is what runs, GraphiQL's files are the releases they claim to be."""

import hashlib
import json
import re
from dataclasses import fields
from pathlib import Path

import httpx
from graphql import (
    GraphQLInputObjectType,
    GraphQLObjectType,
    build_client_schema,
    build_schema,
    get_introspection_query,
    lexicographic_sort_schema,
    print_schema,
)

from service import SCHEMA_DIR
from service.graphql.assets import _TYPES
from service.graphql.errors import name_parameter
from service.graphql.schema import SCHEMA, sdl
from service.papers import PaperFilter
from service.queries.papers import PAPER_FIELDS

GRAPHIQL = Path(__file__).parent.parent.parent / "service" / "graphql" / "graphiql"


async def test_the_published_schema_is_the_one_that_runs(client: httpx.AsyncClient) -> None:
    published = (SCHEMA_DIR / "schema.graphql").read_text()
    assert published == sdl(), "run: colophon contracts"
    query = get_introspection_query(specified_by_url=True)
    answer = (await client.post("/graphql", json={"query": query})).json()
    assert "errors" not in answer, answer["errors"]
    schemas = (build_schema(published), build_client_schema(answer["data"]))
    built, running = (print_schema(lexicographic_sort_schema(schema)) for schema in schemas)
    assert built == running


def test_filters_and_fields_are_those_of_rest() -> None:
    wanted = SCHEMA.type_map["PaperFilter"]
    assert isinstance(wanted, GraphQLInputObjectType)
    assert set(wanted.fields) == {name_parameter(f.name) for f in fields(PaperFilter)}
    paper = SCHEMA.type_map["Paper"]
    assert isinstance(paper, GraphQLObjectType)
    assert set(paper.fields) == {*(name_parameter(name) for name in PAPER_FIELDS), "related"}


def test_everything_a_search_takes_a_nested_list_takes_too() -> None:
    arguments = []
    for name in ("Query", "Repo", "Model"):
        parent = SCHEMA.type_map[name]
        assert isinstance(parent, GraphQLObjectType)
        arguments.append({key: str(value.type) for key, value in parent.fields["papers"].args.items()})
    assert arguments[0] == arguments[1] == arguments[2]


def test_graphiql_is_what_its_manifest_says() -> None:
    manifest = json.loads((GRAPHIQL / "MANIFEST.json").read_text())
    ours = {"MANIFEST.json", "index.html", "start.js"}
    assert {path.name for path in GRAPHIQL.iterdir()} == set(manifest["files"]) | ours
    for name, entry in manifest["files"].items():
        assert hashlib.sha256((GRAPHIQL / name).read_bytes()).hexdigest() == entry["sha256"], name
        assert manifest["releases"][entry["release"]]["license"] == "MIT"
        if not name.startswith("LICENSE"):
            assert manifest["releases"][entry["release"]]["version"] in name
    for licence in ("LICENSE-graphiql.txt", "LICENSE-react.txt"):
        assert "Permission is hereby granted, free of charge" in (GRAPHIQL / licence).read_text()


def test_the_page_loads_only_what_is_served_here() -> None:
    page = (GRAPHIQL / "index.html").read_text()
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert {path.removeprefix("graphql/assets/") for path in loaded} == set(_TYPES)
    for name in (*_TYPES, "index.html"):
        text = (GRAPHIQL / name).read_text()
        # A style sheet's fonts and a script's parts would be fetched from such addresses.
        assert not re.search(r"(?:@import|url\(|import\(|importScripts\()\s*[\"']?(?:https?:)?//", text), name

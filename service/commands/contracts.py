"""`colophon contracts`: the files under schema/ that are generated from the code."""

from collections.abc import Iterator
from typing import Annotated

import typer

from service import SCHEMA_DIR


def contracts(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; name what differs and exit with 3.")] = False,
) -> None:
    """Write the generated files under schema/ anew.

    They are openapi.yaml, schema.graphql and papers.schema.json, and say what runs: the REST routes, the GraphQL
    schema and the record that `colophon load` reads. Run this after changing one of those, and commit the result.

    \b
    Examples:
      colophon contracts
      colophon contracts --check
    """
    differing = [
        (name, text)
        for name, text in _render_contracts()
        if not (SCHEMA_DIR / name).is_file() or (SCHEMA_DIR / name).read_text(encoding="utf-8") != text
    ]
    for name, text in differing:
        if not check:
            (SCHEMA_DIR / name).write_text(text, encoding="utf-8")
        typer.echo(f"{'differs' if check else 'wrote'} {SCHEMA_DIR.name}/{name}")
    if check and differing:
        raise typer.Exit(3)


def _render_contracts() -> Iterator[tuple[str, str]]:
    import json

    from service.graphql.schema import sdl
    from service.ingest.formats.jsonl import record_schema
    from service.rest.contract import render_openapi

    yield "openapi.yaml", render_openapi()
    yield "schema.graphql", sdl()
    yield "papers.schema.json", json.dumps(record_schema(), indent=2, ensure_ascii=False) + "\n"

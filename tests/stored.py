"""What a database holds, to compare: everything but ids and times, and whether its counters are right."""

import json
from typing import Any

import msgspec

from service.database import Connection
from service.ingest.reading import prepare
from service.ingest.record import Found, Place, Record
from service.ingest.regroup import Arrival

EMPTY = "TRUNCATE papers, records, loads, merged_papers, repos, models CASCADE"

_PAPERS = """
SELECT json_build_object(
    'title', title, 'abstract', abstract, 'authors', authors, 'published', published, 'venue', venue,
    'categories', categories, 'url', url, 'pdf_url', pdf_url, 'license', license,
    'digest', digest, 'provenance', provenance,
    'external_ids', (
        SELECT coalesce(json_agg(json_build_array(scheme, value) ORDER BY scheme, value), '[]')
        FROM external_ids e WHERE e.paper_id = p.id),
    'links', (SELECT coalesce(json_agg(to_jsonb(l) - 'paper_id' ORDER BY position), '[]')
        FROM paper_links l WHERE l.paper_id = p.id),
    'repos', (SELECT coalesce(json_agg(json_build_object('key', key, 'evidence', evidence) ORDER BY key), '[]')
        FROM paper_repos pr JOIN repos r ON r.id = pr.repo_id WHERE pr.paper_id = p.id),
    'models', (SELECT coalesce(json_agg(json_build_object('slug', slug, 'mentions', mentions) ORDER BY slug), '[]')
        FROM paper_models pm JOIN models m ON m.id = pm.model_id WHERE pm.paper_id = p.id),
    'methods', (SELECT coalesce(json_agg(to_jsonb(n) - 'paper_id' ORDER BY slug), '[]')
        FROM paper_methods n WHERE n.paper_id = p.id),
    'records', (SELECT json_agg(to_jsonb(r) - '{id,paper_id,load_id,loaded_at}'::text[] ORDER BY source, digest)
        FROM records r WHERE r.paper_id = p.id),
    'words', (SELECT words::text FROM paper_search s WHERE s.paper_id = p.id),
    'length', (SELECT length FROM paper_search s WHERE s.paper_id = p.id)
)::text FROM papers p
"""
_TABLES = {
    "repos": "SELECT to_json(t)::text FROM (SELECT * FROM repos ORDER BY key) AS t",
    "models": "SELECT to_json(t)::text FROM (SELECT * FROM models ORDER BY slug) AS t",
    "model_aliases": "SELECT to_json(t)::text FROM (SELECT * FROM model_aliases ORDER BY key, model_id) AS t",
}
_TIMES = """
SELECT to_json(t)::text FROM (
    SELECT id, created_at, updated_at, (SELECT json_agg(to_jsonb(r) ORDER BY id) FROM records r WHERE paper_id = p.id)
    FROM papers p ORDER BY id
) AS t
"""
_WRONG_COUNTS = """
SELECT 'repo ' || key FROM repos r WHERE paper_count <> (SELECT count(*) FROM paper_repos WHERE repo_id = r.id)
    OR paper_count = 0
UNION ALL
SELECT 'model ' || slug FROM models m WHERE paper_count = 0 OR paper_count <> (
    SELECT count(DISTINCT pm.paper_id) FROM paper_models pm JOIN models b ON b.id = pm.model_id
    WHERE m.id = ANY(b.lineage))
UNION ALL
SELECT 'no records: ' || title FROM papers p WHERE NOT EXISTS (SELECT FROM records WHERE paper_id = p.id)
UNION ALL
SELECT 'not searchable: ' || title FROM papers p WHERE NOT EXISTS (SELECT FROM paper_search WHERE paper_id = p.id)
UNION ALL
SELECT 'merged and alive: ' || m.id FROM merged_papers m JOIN papers p ON p.id = m.id
UNION ALL
SELECT 'another day: ' || p.title FROM paper_models pm JOIN papers p ON p.id = pm.paper_id
WHERE pm.published_on IS DISTINCT FROM p.published_on
UNION ALL
SELECT 'no alias: ' || slug FROM models m WHERE NOT EXISTS (SELECT FROM model_aliases WHERE model_id = m.id)
"""


async def dump(connection: Connection, *, times: bool = False, ids: bool = False) -> dict[str, list[Any]]:
    """All that is stored, in an order that does not depend on ids; with times, ids and times as well."""
    papers = sorted(row[0] for row in await connection.fetch(_PAPERS))
    found: dict[str, list[Any]] = {"papers": [json.loads(text) for text in papers]}
    for table, sql in _TABLES.items():
        found[table] = [json.loads(row[0]) for row in await connection.fetch(sql)]
    if times:
        found["times"] = [json.loads(row[0]) for row in await connection.fetch(_TIMES)]
    if ids:
        rows = await connection.fetch("SELECT paper_id, source, source_key FROM records ORDER BY 1, 2, 3")
        found["ids"] = [list(row) for row in rows]
    return found


async def check_counts(connection: Connection) -> None:
    """Whether what the store keeps beside the papers fits them."""
    assert [row[0] for row in await connection.fetch(_WRONG_COUNTS)] == []


async def find_rows(connection: Connection) -> list[tuple[Any, ...]]:
    """Which version of which row stands where, in every table but loads."""
    tables = (
        "papers external_ids records merged_papers paper_search paper_links repos paper_repos models model_aliases"
        " paper_models paper_methods"
    )
    sql = " UNION ALL ".join(f"SELECT '{table}', ctid, xmin FROM {table}" for table in tables.split())
    return sorted(tuple(map(str, row)) for row in await connection.fetch(sql))


def arrive(record: dict[str, Any], source: str) -> Arrival:
    """A record as a file would give it."""
    return prepare(Found(msgspec.convert(record, Record), source, Place("test.jsonl", 1, 1)))

"""What is in the database, in figures."""

from service.database import Database, Lane
from service.queries.papers import write_moment

_STATS = f"""
SELECT json_build_object(
    'papers', (SELECT count(*) FROM papers),
    'repos', (SELECT count(*) FROM repos),
    'models', (SELECT count(*) FROM models),
    'links', (SELECT count(*) FROM paper_links),
    'papers_with_repo', (SELECT count(DISTINCT paper_id) FROM paper_repos),
    'papers_with_model', (SELECT count(DISTINCT paper_id) FROM paper_models),
    'updated_at', (SELECT {write_moment("max(updated_at)")} FROM papers),
    'sources', (
        SELECT coalesce(json_agg(json_build_object(
            'source', source, 'papers', papers, 'records', records, 'last_loaded_at', {write_moment("loaded_at")}
        ) ORDER BY source), '[]')
        FROM (
            SELECT source, count(DISTINCT paper_id) AS papers, count(*) AS records, max(loaded_at) AS loaded_at
            FROM records GROUP BY source
        ) AS by_source
    ),
    'schema_version', (SELECT max(number) FROM schema_migrations)
)::text
"""


async def fetch_stats(db: Database) -> str:
    """JSON text: counts, sources with when they were last loaded, and the schema's version."""
    found: str = await db.fetchval(Lane.SEARCH, _STATS)
    return found

"""Writes papers: the only INSERT, UPDATE and DELETE of records and of what is made of them.

A batch is one transaction under one lock, so loads at the same time take turns batch by batch, and a crash leaves
whole batches. Records that the database has are told by their digest and cost one look-up. For the others, the
papers they may belong with are read, regrouped (regroup.py), built anew (paper.py) and, where their digest
differs, written.
"""

import asyncio
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any, TypeAlias

import msgspec

from service.database import Connection
from service.ingest.alias_table import fetch_aliases
from service.ingest.aliases import Aliases
from service.ingest.known import Load, fetch_relatives, tell_known
from service.ingest.load_table import count_outcomes
from service.ingest.paper import Paper, Sourced, build_paper
from service.ingest.record_table import write_records
from service.ingest.regroup import Arrival, Outcome, Plan, candidate_ids, plan_changes, regroup
from service.ingest.shared import add_models, add_repos, count_shared, forget_shared, model_id, repo_id
from service.ingest.statistics import count_changes
from service.names import model_key, model_slug

# Papers built in one go, half a batch: each costs the server a few round trips, which wait for Python's lock.
_BUILT_AT_ONCE = 250

# "load" in ASCII, as the key of the advisory lock that batches take turns by.
_LOCK_KEY = int.from_bytes(b"load", "big")

_STAGE = """
CREATE TEMPORARY TABLE IF NOT EXISTS staged_papers (
    id bigint, title text, abstract text, authors text[], published text, venue text, categories text[],
    url text, pdf_url text, license text, title_sort text, digest bytea, provenance jsonb, has_repo boolean
) ON COMMIT DELETE ROWS
"""

_MERGE_PAPERS = """
INSERT INTO papers (id, title, abstract, authors, published, venue, categories, url, pdf_url, license,
    title_sort, digest, provenance)
SELECT id, title, abstract, authors, published, venue, categories, url, pdf_url, license,
    title_sort, digest, provenance
FROM staged_papers
ON CONFLICT (id) DO UPDATE SET
    title = excluded.title, abstract = excluded.abstract, authors = excluded.authors,
    published = excluded.published, venue = excluded.venue, categories = excluded.categories,
    url = excluded.url, pdf_url = excluded.pdf_url, license = excluded.license,
    title_sort = excluded.title_sort, digest = excluded.digest, provenance = excluded.provenance, updated_at = now()
"""

# Takes the papers off the stage. OFFSET keeps the planner from computing the document twice.
_MERGE_SEARCH = """
WITH merged AS (DELETE FROM staged_papers RETURNING *)
INSERT INTO paper_search (paper_id, words, length)
SELECT id, words, search_length(words)
FROM (
    SELECT m.id, search_entry(
        m.title, m.abstract, m.authors, m.categories, p.published_on, m.venue, m.has_repo
    ) AS words
    FROM merged m JOIN papers p ON p.id = m.id
    OFFSET 0
) AS document
ON CONFLICT (paper_id) DO UPDATE SET words = excluded.words, length = excluded.length
WHERE paper_search.words <> excluded.words
"""

# New words that wait to go into the indexes of paper_search: every search reads them. Only an index's owner may.
_EMPTY_LISTS = """
SELECT gin_clean_pending_list(c.oid)
FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid JOIN pg_am a ON a.oid = c.relam
WHERE i.indrelid = 'paper_search'::regclass AND a.amname = 'gin' AND pg_has_role(c.relowner, 'USAGE')
"""

_CHILD_COLUMNS = {
    "external_ids": ("paper_id", "scheme", "value"),
    "paper_links": (
        "paper_id", "position", "url", "url_key", "host", "kind", "field", "start", "end", "path", "guessed_repo",
    ),
    "paper_repos": ("paper_id", "repo_id", "official", "evidence"),
    "paper_models": ("paper_id", "model_id", "role", "mentions", "published_on"),
    "paper_methods": ("paper_id", "slug", "key", "name", "role", "mentions"),
}  # fmt: skip

Row: TypeAlias = tuple[Any, ...]


async def finish_writing(connection: Connection) -> None:
    """After the last batch: what searches would otherwise have to do first."""
    await connection.execute(_EMPTY_LISTS)


async def store_batch(connection: Connection, load: Load, arrivals: Sequence[Arrival]) -> Counter[Outcome]:
    """Store records in one transaction and say how many became what. Raises what asyncpg raises; nothing is stored
    then."""
    async with connection.transaction():
        await lock_papers(connection)
        news, superseded = await tell_known(connection, load, arrivals)
        outcomes = Counter({Outcome.UNCHANGED: len(arrivals) - len(news)})
        if news:
            plan = await _plan(connection, news, superseded)
            await _write(connection, load, plan, await fetch_aliases(connection))
            outcomes.update(plan.outcomes.values())
        await count_outcomes(connection, load, outcomes)
        await count_changes(connection, outcomes.total() - outcomes[Outcome.UNCHANGED])
    return outcomes


async def _plan(connection: Connection, arrivals: list[Arrival], superseded: dict[int, int]) -> Plan:
    stored, common = await fetch_relatives(connection, arrivals, superseded)
    groups = regroup(stored, arrivals, superseded, common)
    candidates = [number for group in groups if not group.papers for number in candidate_ids(group, arrivals)]
    papers = {row.paper_id for row in stored}
    # An id that was merged into one of these papers may live again when they come apart.
    taken = await connection.fetch(
        "SELECT id FROM papers WHERE id = ANY($1::bigint[])"
        " UNION ALL SELECT id FROM merged_papers WHERE id = ANY($1::bigint[]) AND paper_id <> ALL($2::bigint[])",
        candidates,
        list(papers),
    )
    return plan_changes(groups, stored, arrivals, superseded, {row["id"] for row in taken})


async def _write(connection: Connection, load: Load, plan: Plan, aliases: Aliases) -> None:
    # A paper that was merged away may live again.
    await connection.execute("DELETE FROM merged_papers WHERE id = ANY($1::bigint[])", list(plan.new))
    digests = await _fetch_digests(connection, [number for number in plan.papers if number not in plan.new])
    changed = await _build_and_write(connection, plan.papers, digests, aliases)
    await write_records(connection, load, plan)
    await _write_below(connection, changed, digests, plan.merged, aliases)


async def rebuild_papers(
    connection: Connection, papers: dict[int, list[Sourced]], aliases: Aliases
) -> dict[int, Paper]:
    """Build existing papers of their records anew and write those that are others than before, which are returned.
    Inside a transaction that holds the lock (lock_papers)."""
    digests = await _fetch_digests(connection, list(papers))
    changed = await _build_and_write(connection, papers, digests, aliases)
    await _write_below(connection, changed, digests, {}, aliases)
    return changed


async def lock_papers(connection: Connection) -> None:
    """Wait until no other connection writes papers, and keep others waiting until the transaction ends."""
    await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK_KEY)


async def _fetch_digests(connection: Connection, papers: list[int]) -> dict[int, bytes]:
    if not papers:
        return {}
    rows = await connection.fetch("SELECT id, digest FROM papers WHERE id = ANY($1::bigint[])", papers)
    return {row["id"]: row["digest"] for row in rows}


async def _write_below(
    connection: Connection,
    changed: dict[int, Paper],
    existed: Collection[int],
    merged: dict[int, int],
    aliases: Aliases,
) -> None:
    """What hangs on these papers, which themselves are written. existed: those that had it before, or more."""
    rewritten = [number for number in changed if number in existed] + list(merged)
    respell: set[int] = set()
    if rewritten:
        respell = await forget_shared(connection, rewritten)
        await connection.execute("DELETE FROM external_ids WHERE paper_id = ANY($1::bigint[])", rewritten)
        await connection.execute("DELETE FROM paper_links WHERE paper_id = ANY($1::bigint[])", rewritten)
        await connection.execute("DELETE FROM paper_methods WHERE paper_id = ANY($1::bigint[])", rewritten)
    if merged:
        await _write_merged(connection, merged)
    if changed or rewritten:
        await add_repos(connection, changed.values())
        recount = await add_models(connection, changed.values())
        await _write_children(connection, changed)
        await count_shared(connection, list(changed), respell, recount, aliases)


async def _build_and_write(
    connection: Connection, papers: dict[int, list[Sourced]], digests: dict[int, bytes], aliases: Aliases
) -> dict[int, Paper]:
    """Those papers that are others than before, written. Some are built in a thread while the server works on the
    ones before: either takes about as long."""

    def build(numbers: Sequence[int]) -> dict[int, Paper]:
        built = {number: build_paper(papers[number], aliases) for number in numbers}
        return {number: paper for number, paper in built.items() if digests.get(number) != paper.digest}

    changed: dict[int, Paper] = {}
    ready: dict[int, Paper] = {}
    numbers = list(papers)
    for start in range(0, len(numbers), _BUILT_AT_ONCE):
        part = numbers[start : start + _BUILT_AT_ONCE]
        _, built = await asyncio.gather(_write_papers(connection, ready), asyncio.to_thread(build, part))
        changed |= built
        ready = built
    await _write_papers(connection, ready)
    return changed


async def _write_papers(connection: Connection, papers: dict[int, Paper]) -> None:
    if not papers:
        return
    await connection.execute(_STAGE)
    await connection.copy_records_to_table(
        "staged_papers",
        records=[
            (
                number, paper.title, paper.abstract, paper.authors, paper.published, paper.venue, paper.categories,
                paper.url, paper.pdf_url, paper.license, paper.title_sort, paper.digest,
                msgspec.json.encode(paper.provenance).decode(), bool(paper.repos),
            )
            for number, paper in papers.items()
        ],
    )  # fmt: skip
    await connection.execute(_MERGE_PAPERS)
    await connection.execute(_MERGE_SEARCH)


async def _write_merged(connection: Connection, merged: dict[int, int]) -> None:
    """Ids of papers that are no more, and those merged into them before, lead to where their records are now."""
    gone, survivors = list(merged), list(merged.values())
    await connection.execute(
        "UPDATE merged_papers m SET paper_id = new.survivor"
        " FROM unnest($1::bigint[], $2::bigint[]) AS new (gone, survivor) WHERE m.paper_id = new.gone",
        gone,
        survivors,
    )
    await connection.execute(
        "INSERT INTO merged_papers (id, paper_id) SELECT * FROM unnest($1::bigint[], $2::bigint[])", gone, survivors
    )
    await connection.execute("DELETE FROM papers WHERE id = ANY($1::bigint[])", gone)


async def _write_children(connection: Connection, papers: dict[int, Paper]) -> None:
    encode = msgspec.json.encode
    children: dict[str, list[Row]] = {
        "external_ids": [(number, *item) for number, paper in papers.items() for item in paper.external_ids],
        "paper_links": [
            (
                number, position, link.url, link.url_key, link.host, link.kind, link.field, link.start, link.end,
                link.repo.path if link.repo else None, link.guessed_repo.url if link.guessed_repo else None,
            )
            for number, paper in papers.items()
            for position, link in enumerate(paper.links)
        ],
        "paper_repos": [
            (number, repo_id(found.repo), found.official, encode(found.evidence).decode())
            for number, paper in papers.items()
            for found in paper.repos
        ],
        "paper_models": [
            (number, model_id(found.model), found.role, encode(found.mentions).decode(), paper.published_on)
            for number, paper in papers.items()
            for found in paper.models
        ],
        "paper_methods": [
            (
                number, model_slug(found.model.name), model_key(found.model.name), found.model.name, found.role,
                encode(found.mentions).decode(),
            )
            for number, paper in papers.items()
            for found in paper.methods
        ],
    }  # fmt: skip
    for table, rows in children.items():
        if rows:
            await connection.copy_records_to_table(table, columns=_CHILD_COLUMNS[table], records=rows)

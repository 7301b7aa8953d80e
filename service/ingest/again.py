"""Extracts again: builds every paper anew of its stored records and writes those that came out another.

A batch is one transaction under the lock of the store, together with how far it has come, so a run that is killed goes
on behind its last batch, loads take turns with it, and readers are never kept waiting. What the extraction depends on
has a version: a run that goes on under another begins anew.
"""

import contextlib
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import asyncpg
import msgspec

from service.database import Connection, open_connection
from service.errors import SetupError
from service.ingest.alias_table import fetch_aliases
from service.ingest.aliases import Aliases
from service.ingest.identity import identify
from service.ingest.paper import Paper, Sourced
from service.ingest.record import Record
from service.ingest.run import PASSING_STATES, explain
from service.ingest.shared import model_id, repo_id
from service.ingest.statistics import count_changes, refresh_if_due
from service.ingest.store import finish_writing, lock_papers, rebuild_papers
from service.settings import Settings

_BATCH = 500
_ATTEMPTS = 5

_COUNTS = "papers, changed, repos_added, repos_removed, models_added, models_removed"

# Of two at once, one makes the run and both work on it.
_BEGIN = "INSERT INTO extractions (version) VALUES ($1) ON CONFLICT DO NOTHING"

_FIND = "SELECT id, version, last_paper_id FROM extractions WHERE finished_at IS NULL"

# What was changed stays counted; what was looked at is looked at anew.
_RESTART = "UPDATE extractions SET version = $2, last_paper_id = -1, papers = 0 WHERE id = $1"

_READ = """
WITH batch AS (SELECT id FROM papers WHERE id > $1 ORDER BY id LIMIT $2)
SELECT r.paper_id, r.source, r.digest, r.body
FROM batch JOIN records r ON r.paper_id = batch.id ORDER BY r.paper_id, r.id
"""

_ADVANCE = f"""
UPDATE extractions SET last_paper_id = $2, papers = papers + $3, changed = changed + $4,
    repos_added = repos_added + $5, repos_removed = repos_removed + $6,
    models_added = models_added + $7, models_removed = models_removed + $8
WHERE id = $1 RETURNING {_COUNTS}
"""


@dataclass(frozen=True, slots=True)
class Changes:
    """papers: looked at. changed: of them, those written. The others: repositories and models that a paper has and had
    not, and had and has not; each counts once a paper."""

    papers: int = 0
    changed: int = 0
    repos_added: int = 0
    repos_removed: int = 0
    models_added: int = 0
    models_removed: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """How far a run is. total: papers there are, about. resumed: whether an earlier process began it."""

    changes: Changes
    total: int
    resumed: bool


@dataclass(frozen=True, slots=True)
class Batch:
    """changes: of the run until then. last: whether that was its end."""

    changes: Changes
    last: bool


async def extract_again(
    dsn: str, settings: Settings, *, progress: Callable[[Step], None] | None = None, batch: int = _BATCH
) -> Changes:
    """Go on with the run that was stopped, or begin one, to its end; the changes of the whole run.

    Two at once share one run. Raises SetupError when the database cannot be reached or stops answering; a later run
    goes on from there.
    """
    connection = await open_connection(dsn, settings, keep_plans=False)
    try:
        version = _read_version(await fetch_aliases(connection))
        made = await connection.execute(_BEGIN, version)
        resumed = made == "INSERT 0 0"
        run: int = (await connection.fetchrow(_FIND))["id"]  # type: ignore[index]
        total: int = await connection.fetchval("SELECT count(*) FROM papers")
        while True:
            done = await _try_batch(connection, run, batch)
            if progress is not None:
                progress(Step(done.changes, max(total, done.changes.papers), resumed))
            if done.last:
                break
            await refresh_if_due(connection, loading=True)
        await finish_writing(connection)
        await refresh_if_due(connection, loading=False)
        return done.changes
    except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError) as error:
        raise SetupError(f"{explain(error)}. Running it again goes on from there.") from error
    finally:
        with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await connection.close(timeout=settings.connect_timeout)


async def _try_batch(connection: Connection, run: int, size: int) -> Batch:
    for _ in range(_ATTEMPTS - 1):
        try:
            return await extract_batch(connection, run, size)
        except asyncpg.PostgresError as error:
            if error.sqlstate not in PASSING_STATES:
                raise
    return await extract_batch(connection, run, size)


async def extract_batch(connection: Connection, run: int, size: int) -> Batch:
    """The next papers of a run, in one transaction. Nothing is done where another process has ended it."""
    async with connection.transaction():
        await lock_papers(connection)
        aliases = await fetch_aliases(connection)
        version = _read_version(aliases)
        at = await connection.fetchrow(_FIND)
        if at is None or at["id"] != run:
            counts = await connection.fetchrow(f"SELECT {_COUNTS} FROM extractions WHERE id = $1", run)
            return Batch(Changes(*counts) if counts else Changes(), last=True)
        last: int = at["last_paper_id"]
        if at["version"] != version:
            await connection.execute(_RESTART, run, version)
            last = -1
        papers: dict[int, list[Sourced]] = {}
        for row in await connection.fetch(_READ, last, size):
            record = msgspec.json.decode(row["body"], type=Record)
            sourced = Sourced(row["source"], record, identify(record), row["digest"])
            papers.setdefault(row["paper_id"], []).append(sourced)
        before = await _fetch_named(connection, list(papers))
        changed = await rebuild_papers(connection, papers, aliases)
        await count_changes(connection, len(changed))
        changes = _compare(before, changed, len(papers))
        counts = await connection.fetchrow(_ADVANCE, run, max(papers, default=last), *changes)
        done = len(papers) < size
        if done:
            await connection.execute("UPDATE extractions SET finished_at = now() WHERE id = $1", run)
        return Batch(Changes(*counts) if counts else Changes(), last=done)


async def _fetch_named(connection: Connection, papers: list[int]) -> dict[str, dict[int, set[int]]]:
    """Of each paper its repositories and its models, by id."""
    named: dict[str, dict[int, set[int]]] = {"repo": {}, "model": {}}
    for kind, found in named.items():
        sql = f"SELECT paper_id, {kind}_id FROM paper_{kind}s WHERE paper_id = ANY($1::bigint[])"
        for paper, number in await connection.fetch(sql, papers):
            found.setdefault(paper, set()).add(number)
    return named


def _compare(
    before: dict[str, dict[int, set[int]]], changed: dict[int, Paper], looked_at: int
) -> tuple[int, int, int, int, int, int]:
    """What _ADVANCE adds."""
    repos = {number: {repo_id(found.repo) for found in paper.repos} for number, paper in changed.items()}
    models = {number: {model_id(found.model) for found in paper.models} for number, paper in changed.items()}
    return (
        looked_at,
        len(changed),
        *_count(before["repo"], repos),
        *_count(before["model"], models),
    )


def _count(before: dict[int, set[int]], after: dict[int, set[int]]) -> tuple[int, int]:
    pairs = [(before.get(paper, set()), found) for paper, found in after.items()]
    return sum(len(found - had) for had, found in pairs), sum(len(had - found) for had, found in pairs)


def _read_version(aliases: Aliases) -> str:
    """Of all that a paper depends on beside its records."""
    digest = hashlib.sha256(_hash_code().encode())
    digest.update(msgspec.json.encode([aliases.repos, aliases.models], order="deterministic"))
    return digest.hexdigest()


@cache
def _hash_code() -> str:
    here = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted(_list_code(here)):
        digest.update(path.relative_to(here.parent).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _list_code(here: Path) -> Iterable[Path]:
    yield from (path for path in (here / "extract").iterdir() if path.is_file())
    yield from (here / name for name in ("aliases.py", "identity.py", "paper.py", "provenance.py", "record.py"))
    yield from (here.parent / name for name in ("addresses.py", "names.py"))

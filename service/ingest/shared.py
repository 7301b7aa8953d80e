"""Writes what papers share: repositories and models, with how many papers have each.

Part of the store: runs inside a batch's transaction, under its lock. A row that no paper has any more is removed,
so that what is left does not depend on what was there in between.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache

from service.database import Connection
from service.ingest.aliases import Aliases
from service.ingest.extract import Model
from service.ingest.extract import aliases as list_spellings
from service.ingest.extract.lexicon import load_lexicon
from service.ingest.paper import Paper, lineage
from service.names import RepoName, hash_id, model_key, model_slug, parse_repo

_FORGET_REPOS = """
WITH gone AS (DELETE FROM paper_repos WHERE paper_id = ANY($1::bigint[]) RETURNING repo_id),
counted AS (SELECT repo_id, count(*) AS papers FROM gone GROUP BY repo_id)
UPDATE repos SET paper_count = paper_count - papers FROM counted WHERE id = repo_id RETURNING id
"""

_ADD_REPOS = """
INSERT INTO repos (id, key, host, owner, name, url)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, name = excluded.name, url = excluded.url
"""

_COUNT_REPOS = """
UPDATE repos SET paper_count = paper_count + papers
FROM (
    SELECT repo_id, count(*) AS papers FROM paper_repos WHERE paper_id = ANY($1::bigint[]) GROUP BY repo_id
) AS counted
WHERE id = repo_id
"""

_REPO_SPELLINGS = """
SELECT pr.repo_id, array_agg(DISTINCT item ->> 'url') AS urls
FROM paper_repos pr, jsonb_array_elements(pr.evidence) AS item
WHERE pr.repo_id = ANY($1::bigint[]) GROUP BY pr.repo_id
"""

_FORGET_MODELS = """
WITH gone AS (DELETE FROM paper_models WHERE paper_id = ANY($1::bigint[]) RETURNING paper_id, model_id),
counted AS (
    SELECT above, count(DISTINCT gone.paper_id) AS papers
    FROM gone JOIN models m ON m.id = gone.model_id, unnest(m.lineage) AS above GROUP BY above
)
UPDATE models SET paper_count = paper_count - papers FROM counted WHERE id = above RETURNING id
"""

_ADD_MODELS = """
INSERT INTO models (id, slug, name, family, parent_id, lineage)
SELECT id, slug, name, family, parent_id, lineage::bigint[]
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[])
    AS new (id, slug, name, family, parent_id, lineage)
ON CONFLICT (id) DO UPDATE SET
    name = excluded.name, family = excluded.family, parent_id = excluded.parent_id, lineage = excluded.lineage
"""

# What is below a model that got other parents.
_MOVE_BELOW = """
UPDATE models below SET lineage = below.lineage[:array_position(below.lineage, moved.id)] || moved.lineage[2:]
FROM models moved
WHERE moved.id = $1 AND below.lineage @> ARRAY[moved.id] AND below.id <> moved.id
"""

_COUNT_MODELS = """
UPDATE models SET paper_count = paper_count + papers
FROM (
    SELECT above, count(DISTINCT pm.paper_id) AS papers
    FROM paper_models pm JOIN models m ON m.id = pm.model_id, unnest(m.lineage) AS above
    WHERE pm.paper_id = ANY($1::bigint[]) GROUP BY above
) AS counted
WHERE id = above
"""

_RECOUNT_MODELS = """
UPDATE models SET paper_count = (
    SELECT count(DISTINCT pm.paper_id) FROM paper_models pm JOIN models below ON below.id = pm.model_id
    WHERE below.lineage @> ARRAY[models.id]
)
WHERE id = ANY($1::bigint[])
"""


def repo_id(repo: RepoName) -> int:
    return hash_id(f"repo:{repo.key}")


def model_id(model: Model) -> int:
    return hash_id(f"model:{model_slug(model.name)}")


async def forget_shared(connection: Connection, papers: Collection[int]) -> set[int]:
    """Take these papers off their repositories and models. Returns the repositories that may need another spelling."""
    repos = [row["id"] for row in await connection.fetch(_FORGET_REPOS, papers)]
    await connection.execute("DELETE FROM repos WHERE id = ANY($1::bigint[]) AND paper_count = 0", repos)
    models = [row["id"] for row in await connection.fetch(_FORGET_MODELS, papers)]
    await _drop_unused_models(connection, models)
    return set(repos)


async def add_repos(connection: Connection, papers: Iterable[Paper]) -> None:
    """Make the rows that these papers' repositories need. Of several spellings the one that sorts first is shown."""
    wanted: dict[int, RepoName] = {}
    for found in (found for paper in papers for found in paper.repos):
        number = repo_id(found.repo)
        wanted[number] = min(wanted.get(number, found.repo), found.repo, key=_spelling)
    existing = await connection.fetch("SELECT id, url FROM repos WHERE id = ANY($1::bigint[])", list(wanted))
    for row in existing:
        if row["url"].encode() <= _spelling(wanted[row["id"]]):
            del wanted[row["id"]]
    await _upsert_repos(connection, wanted)


async def add_models(connection: Connection, papers: Iterable[Paper]) -> set[int]:
    """Make the rows that these papers' models and everything above them need.

    Returns the models whose number of papers must be counted anew, because what is above or below them changed.
    """
    wanted: dict[int, _ModelRow] = {}
    for found in (found for paper in papers for found in paper.models):
        above = lineage(found.model)
        for place, model in enumerate(above):
            row = _ModelRow(
                model_slug(model.name), model.name, model.family, tuple(model_id(one) for one in above[place:])
            )
            number = row.lineage[0]
            wanted[number] = row.combine(wanted[number]) if number in wanted else row
    sql = "SELECT id, slug, name, family, lineage FROM models WHERE id = ANY($1::bigint[])"
    moved: dict[int, set[int]] = {}
    known = set()
    for stored in await connection.fetch(sql, list(wanted)):
        number = stored["id"]
        before = _ModelRow(stored["slug"], stored["name"], stored["family"], tuple(stored["lineage"]))
        after = before.combine(wanted[number])
        known.add(number)
        if after == before:
            del wanted[number]
            continue
        wanted[number] = after
        if after.lineage != before.lineage:
            moved[number] = {*before.lineage, *after.lineage}
    if not wanted:
        return set()
    await connection.execute(
        _ADD_MODELS,
        list(wanted),
        [row.slug for row in wanted.values()],
        [row.name for row in wanted.values()],
        [row.family for row in wanted.values()],
        [row.lineage[1] if len(row.lineage) > 1 else None for row in wanted.values()],
        ["{" + ",".join(map(str, row.lineage)) + "}" for row in wanted.values()],
    )
    for number in moved:
        await connection.execute(_MOVE_BELOW, number)
    await _add_aliases(connection, wanted)
    return set().union(*moved.values())


async def count_shared(
    connection: Connection,
    papers: Collection[int],
    respell: Collection[int],
    recount: Collection[int],
    aliases: Aliases,
) -> None:
    """Count these papers in, whose rows in paper_repos and paper_models are written by now.

    respell: as forget_shared returned it. recount: as add_models did.
    """
    await connection.execute(_COUNT_REPOS, papers)
    await connection.execute(_COUNT_MODELS, papers)
    if recount:
        await connection.execute(_RECOUNT_MODELS, recount)
        await _drop_unused_models(connection, recount)
    if respell:
        spelled = {}
        for row in await connection.fetch(_REPO_SPELLINGS, respell):
            repos = (aliases.rename_repo(repo) for url in row["urls"] if (repo := parse_repo(url)))
            # A paper that was loaded before an alias was known still has the repository under its old name.
            names = [repo for repo in repos if repo_id(repo) == row["repo_id"]]
            if names:
                spelled[row["repo_id"]] = min(names, key=_spelling)
        await _upsert_repos(connection, spelled)


@dataclass(frozen=True, slots=True)
class _ModelRow:
    slug: str
    name: str
    family: str | None
    # Its own id first.
    lineage: tuple[int, ...]

    def combine(self, other: "_ModelRow") -> "_ModelRow":
        """What both say, the same in either order: the longer lineage, the spelling that sorts first."""
        families = [family for family in (self.family, other.family) if family is not None]
        return _ModelRow(
            self.slug,
            min(self.name, other.name, key=str.encode),
            min(families, default=None),
            min(self.lineage, other.lineage, key=lambda ids: (-len(ids), ids)),
        )


def _spelling(repo: RepoName) -> bytes:
    return repo.url.encode()


async def _upsert_repos(connection: Connection, repos: dict[int, RepoName]) -> None:
    if repos:
        names = repos.values()
        await connection.execute(
            _ADD_REPOS,
            list(repos),
            [repo.key for repo in names],
            [repo.host for repo in names],
            [repo.owner for repo in names],
            [repo.name for repo in names],
            [repo.url for repo in names],
        )


async def _add_aliases(connection: Connection, models: dict[int, _ModelRow]) -> None:
    rows = {
        (key, number): spelling
        for number, row in models.items()
        for key, spelling in (*_aliases_of(row.slug), (model_key(row.name), row.name))
        if key
    }
    keys, numbers = zip(*sorted(rows), strict=True)
    await connection.execute(
        "INSERT INTO model_aliases (key, model_id, spelling) SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[])"
        " ON CONFLICT (key, model_id) DO UPDATE SET spelling = excluded.spelling",
        keys,
        numbers,
        [rows[row] for row in sorted(rows)],
    )


def _aliases_of(slug: str) -> tuple[tuple[str, str], ...]:
    return _aliases_by_slug().get(slug, ())


@cache
def _aliases_by_slug() -> dict[str, tuple[tuple[str, str], ...]]:
    """Of each model of the lexicon the keys and spellings."""
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    lexicon = load_lexicon()
    for key, model in list_spellings():
        spelling = next(s for s in lexicon.by_key[key].spellings if model_key(s) == key)
        slug = model_slug(model.name)
        found[slug] = (*found.get(slug, ()), (key, spelling))
    return found


async def _drop_unused_models(connection: Connection, models: Collection[int]) -> None:
    unused = await connection.fetch("SELECT id FROM models WHERE id = ANY($1::bigint[]) AND paper_count = 0", models)
    if unused:
        numbers = [row["id"] for row in unused]
        await connection.execute("DELETE FROM model_aliases WHERE model_id = ANY($1::bigint[])", numbers)
        await connection.execute("DELETE FROM models WHERE id = ANY($1::bigint[])", numbers)

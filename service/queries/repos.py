"""Repositories: lists, one by name, several by id."""

from collections.abc import Sequence

from service.database import Database, Lane
from service.names import RepoName, is_repo_host, parse_repo
from service.queries.arguments import Arguments, escape_like
from service.queries.details import OF_REPO, render_members
from service.queries.listing import ListPage, ListRequest, list_items

# A repository, aliased t, as JSON.
_MEMBERS = """
    'id', 'r_' || lpad(to_hex(t.id), 16, '0'), 'url', t.url, 'host', t.host, 'owner', t.owner, 'name', t.name,
    'paper_count', t.paper_count"""
REPO_ITEM = f"json_build_object({_MEMBERS})"
_REPO = f"json_build_object({_MEMBERS}{render_members(OF_REPO)})"

# Of each key asked for, the repository; under its present name where it has one, and papers link it under that.
_FIND = """
SELECT asked.key AS asked, found.* FROM unnest($1::text[]) AS asked (key) CROSS JOIN LATERAL (
    SELECT t.id, {item}::text AS item FROM repos t
    WHERE t.key = ANY(ARRAY(SELECT known_keys('repo', ARRAY[asked.key])))
    ORDER BY t.key IN (SELECT known_targets('repo', ARRAY[asked.key])) DESC, t.key = asked.key DESC,
        t.paper_count DESC, t.key
    LIMIT 1
) AS found
"""


async def list_repos(db: Database, request: ListRequest) -> ListPage:
    """Repositories by number of papers. The query is the beginning of an owner, a name, owner/name or an address."""
    arguments = Arguments()
    conditions = []
    host, prefix = split_prefix(request.query or "")
    if host:
        conditions.append(f"t.host = {arguments.add(host, 'text')}")
    if prefix:
        owner, slash, name = prefix.rpartition("/")
        if slash:
            conditions.append(f"lower(t.owner) = {arguments.add(owner, 'text')}")
            conditions.append(f"lower(t.name) LIKE {arguments.add(escape_like(name) + '%', 'text')}")
        else:
            like = arguments.add(escape_like(prefix) + "%", "text")
            conditions.append(f"(lower(t.owner) LIKE {like} OR lower(t.name) LIKE {like})")
    return await list_items(
        db, request, table="repos", key="key", item=REPO_ITEM, conditions=conditions, arguments=arguments
    )


def split_prefix(text: str) -> tuple[str | None, str]:
    """What somebody has typed of a repository's address, in lower case: the host where it is there, and the beginning
    of an owner, a name or owner/name."""
    prefix = text.strip().lower().removeprefix("https://").removeprefix("http://").removeprefix("www.")
    whole = parse_repo(text)
    if whole is not None and (prefix.count("/") != 1 or ":" in prefix):
        # git@github.com:owner/name, …/name.git
        prefix = whole.key
    host, _, rest = prefix.partition("/")
    return (host, rest) if is_repo_host(host) else (None, prefix)


async def fetch_repo(db: Database, name: RepoName, *, whole: bool = False) -> str | None:
    """The repository as JSON text, or None where no paper links it. An old name gives the repository of now.

    whole: with all that details.py tells of it.
    """
    item, lane = (_REPO, Lane.SEARCH) if whole else (REPO_ITEM, Lane.LOOKUP)
    rows = await db.fetch(lane, _FIND.format(item=item), [name.key])
    return rows[0]["item"] if rows else None


async def fetch_repos(db: Database, ids: Sequence[int]) -> dict[int, str]:
    """Repositories by id, as JSON text; unknown ids are left out."""
    rows = await db.fetch(
        Lane.LOOKUP, f"SELECT id, {REPO_ITEM}::text AS item FROM repos t WHERE id = ANY($1)", list(ids)
    )
    return {row["id"]: row["item"] for row in rows}


async def find_repo_ids(db: Database, names: Sequence[RepoName]) -> list[int | None]:
    """The id of each, in their order; None where no paper links it."""
    rows = await db.fetch(Lane.LOOKUP, _FIND.format(item="NULL"), list({name.key for name in names}))
    ids = {row["asked"]: row["id"] for row in rows}
    return [ids.get(name.key) for name in names]

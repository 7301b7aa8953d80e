"""Repositories: lists, one by name, several by id."""

from collections.abc import Sequence

from service.database import Database, Lane
from service.names import REPO_HOSTS, RepoName, parse_repo
from service.queries.arguments import Arguments, escape_like
from service.queries.details import OF_REPO, render_members
from service.queries.listing import ListPage, ListRequest, list_items

# A repository, aliased t, as JSON.
_MEMBERS = """
    'id', 'r_' || lpad(to_hex(t.id), 16, '0'), 'url', t.url, 'host', t.host, 'owner', t.owner, 'name', t.name,
    'paper_count', t.paper_count"""
REPO_ITEM = f"json_build_object({_MEMBERS})"
_REPO = f"json_build_object({_MEMBERS}{render_members(OF_REPO)})::text"


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
    return (host, rest) if host in REPO_HOSTS else (None, prefix)


async def fetch_repo(db: Database, name: RepoName, *, whole: bool = False) -> str | None:
    """The repository as JSON text, or None where no paper links it. whole: with all that details.py tells of it."""
    what, lane = (_REPO, Lane.SEARCH) if whole else (f"{REPO_ITEM}::text", Lane.LOOKUP)
    found: str | None = await db.fetchval(lane, f"SELECT {what} FROM repos t WHERE key = $1", name.key)
    return found


async def fetch_repos(db: Database, ids: Sequence[int]) -> dict[int, str]:
    """Repositories by id, as JSON text; unknown ids are left out."""
    rows = await db.fetch(
        Lane.LOOKUP, f"SELECT id, {REPO_ITEM}::text AS item FROM repos t WHERE id = ANY($1)", list(ids)
    )
    return {row["id"]: row["item"] for row in rows}


async def find_repo_ids(db: Database, names: Sequence[RepoName]) -> list[int | None]:
    """The id of each, in their order; None where no paper links it."""
    rows = await db.fetch(Lane.LOOKUP, "SELECT key, id FROM repos WHERE key = ANY($1)", [name.key for name in names])
    ids = {row["key"]: row["id"] for row in rows}
    return [ids.get(name.key) for name in names]

"""Reads and writes known_aliases: the only INSERT, UPDATE and DELETE of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from service.database import Connection
from service.ingest.aliases import Alias, AliasError, Aliases, Kind, add_alias, follow

_ROWS = "SELECT kind, key, leads_to FROM known_aliases ORDER BY kind, key"

_FETCH = "SELECT kind, key, old_key, old, new, new_key FROM known_aliases WHERE kind = $1"

_LIST = """
SELECT kind, old, new, leads_to, added_at FROM known_aliases ORDER BY kind DESC, lower(old) COLLATE "C"
"""

_UPSERT = """
INSERT INTO known_aliases (kind, key, old_key, old, new, new_key, leads_to, leads_to_key)
SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
ON CONFLICT (kind, key) DO UPDATE SET
    old = excluded.old, new = excluded.new, new_key = excluded.new_key,
    leads_to = excluded.leads_to, leads_to_key = excluded.leads_to_key
WHERE (known_aliases.old, known_aliases.new, known_aliases.new_key, known_aliases.leads_to, known_aliases.leads_to_key)
    IS DISTINCT FROM (excluded.old, excluded.new, excluded.new_key, excluded.leads_to, excluded.leads_to_key)
"""


@dataclass(frozen=True, slots=True)
class ListedAlias:
    """leads_to: where the chain ends that begins with it; new where it is no chain."""

    kind: str
    old: str
    new: str
    leads_to: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class Stored:
    """How many aliases are new, lead elsewhere than before, and were there. refused: place among those given ->
    why it was not taken."""

    added: int
    changed: int
    unchanged: int
    refused: dict[int, str]


async def fetch_aliases(connection: Connection) -> Aliases:
    """All of them, for build_paper."""
    return _build(tuple((row["kind"], row["key"], row["leads_to"]) for row in await connection.fetch(_ROWS)))


async def list_aliases(connection: Connection) -> list[ListedAlias]:
    """Repositories first, each kind by its old names."""
    return [ListedAlias(*row) for row in await connection.fetch(_LIST)]


async def add_aliases(connection: Connection, aliases: Sequence[Alias]) -> Stored:
    """Take these one after another, in one transaction. One whose old name is known leads elsewhere from then on."""
    refused: dict[int, str] = {}
    added = changed = 0
    async with connection.transaction():
        # Of two at once, each of which is no circle, both may be one. Readers go on.
        await connection.execute("LOCK TABLE known_aliases IN SHARE ROW EXCLUSIVE MODE")
        for kind in Kind:
            known = await _fetch_kind(connection, kind)
            before = dict(known)
            for place, alias in enumerate(aliases):
                if alias.kind is not kind:
                    continue
                try:
                    add_alias(known, alias)
                except AliasError as error:
                    refused[place] = str(error)
            added += len(known.keys() - before.keys())
            changed += sum(known[key].new_key != alias.new_key for key, alias in before.items())
            if known != before:
                await _write(connection, kind, known)
    return Stored(added, changed, len(aliases) - len(refused) - added - changed, refused)


async def remove_alias(connection: Connection, kind: Kind, key: str) -> bool:
    """Forget the alias of this key (aliases.read_key). Returns whether there was one."""
    async with connection.transaction():
        await connection.execute("LOCK TABLE known_aliases IN SHARE ROW EXCLUSIVE MODE")
        done: str = await connection.execute("DELETE FROM known_aliases WHERE kind = $1 AND key = $2", kind, key)
        known = await _fetch_kind(connection, kind)
        await _write(connection, kind, known)
    return done != "DELETE 0"


async def _fetch_kind(connection: Connection, kind: Kind) -> dict[str, Alias]:
    rows = await connection.fetch(_FETCH, kind)
    return {row["key"]: Alias(kind, *list(row.values())[1:]) for row in rows}


async def _write(connection: Connection, kind: Kind, known: dict[str, Alias]) -> None:
    """All of a kind with their chains followed anew; rows that stay as they are, are not written."""
    rows = [
        (alias.key, alias.old_key, alias.old, alias.new, alias.new_key, last.new, last.new_key)
        for alias in known.values()
        for last in (follow(known, alias),)
    ]
    if rows:
        await connection.execute(_UPSERT, kind, *map(list, zip(*rows, strict=True)))


# A load asks before each batch.
@lru_cache(maxsize=4)
def _build(rows: tuple[tuple[str, str, str], ...]) -> Aliases:
    return Aliases.build(rows)

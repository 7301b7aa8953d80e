"""Why something is told of a paper: the records that say it, beside the paper itself."""

from dataclasses import dataclass
from typing import Any

import msgspec

from service.database import Database, Lane
from service.names import PaperName, decode_id
from service.queries.papers import fetch_paper

_FIELDS = ("id", "title", "abstract", "links", "repos", "models", "methods", "provenance")

# In the order they came. has_title, has_abstract: whether the paper's is this record's.
_RECORDS = """
SELECT r.source, r.file, r.line, r.number, r.body ->> 'title' = p.title AS has_title,
    coalesce(r.body ->> 'abstract', '') = p.abstract AS has_abstract,
    jsonb_build_object('urls', r.body -> 'urls', 'repos', r.body -> 'repos', 'models', r.body -> 'models')::text
        AS given
FROM records r JOIN papers p ON p.id = r.paper_id
WHERE p.id = $1 ORDER BY r.id
"""


@dataclass(frozen=True, slots=True)
class SourceRecord:
    """A record of a paper. fields: of the paper's title and abstract those that it has word for word. urls, repos,
    models: what it gives beside the text, as it spells them."""

    source: str
    file: str
    line: int | None
    number: int
    fields: frozenset[str]
    urls: tuple[str, ...]
    repos: tuple[str, ...]
    models: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explained:
    """paper: an item of the API, without what is not extracted. moved: asked for by an id that was merged into its."""

    paper: dict[str, Any]
    records: tuple[SourceRecord, ...]
    moved: bool


async def fetch_explained(db: Database, name: PaperName) -> Explained | None:
    """The paper of this name with its records, or None. Two statements."""
    found = await fetch_paper(db, name, _FIELDS)
    own = decode_id(found.id) if found else None
    if found is None or own is None:
        return None
    records = []
    for row in await db.fetch(Lane.LOOKUP, _RECORDS, own[1]):
        given = {
            # A repository stands alone or with what its producer says about it.
            noun: tuple(value if isinstance(value, str) else value["url"] for value in values or ())
            for noun, values in msgspec.json.decode(row["given"]).items()
        }
        fields = frozenset(field for field in ("title", "abstract") if row[f"has_{field}"])
        records.append(SourceRecord(row["source"], row["file"], row["line"], row["number"], fields, **given))
    return Explained(msgspec.json.decode(found.paper), tuple(records), found.moved)

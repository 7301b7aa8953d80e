"""Papers by what they are called, and how a paper is written as JSON."""

import difflib
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from service.database import Database, Lane
from service.errors import BadRequest
from service.names import PaperName, encode_id


def write_moment(column: str) -> str:
    """A timestamptz as RFC 3339 in UTC, to the microsecond."""
    return f"""to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""


# The members of an item, in order, as SQL over `p` (papers). Only what is asked for is computed.
_FIELD_SQL = {
    "id": "'p_' || lpad(to_hex(p.id), 16, '0')",
    "title": "p.title",
    "abstract": "p.abstract",
    "authors": "p.authors",
    "published": "p.published",
    "venue": "p.venue",
    "categories": "p.categories",
    "external_ids": """(
        SELECT coalesce(json_object_agg(scheme, value ORDER BY scheme), '{}')
        FROM (SELECT scheme, min(value) AS value FROM external_ids WHERE paper_id = p.id GROUP BY scheme) AS e
    )""",
    "url": "p.url",
    "pdf_url": "p.pdf_url",
    "license": "p.license",
    "links": """(
        SELECT coalesce(json_agg(json_build_object(
            'url', url, 'kind', kind, 'field', field, 'start', start, 'end', "end", 'path', path,
            'guessed_repo', guessed_repo
        ) ORDER BY position), '[]')
        FROM paper_links WHERE paper_id = p.id
    )""",
    "repos": """(
        SELECT coalesce(json_agg(json_build_object(
            'id', 'r_' || lpad(to_hex(r.id), 16, '0'), 'url', r.url, 'host', r.host, 'owner', r.owner, 'name', r.name,
            'official', pr.official, 'evidence', pr.evidence
        ) ORDER BY r.key), '[]')
        FROM paper_repos pr JOIN repos r ON r.id = pr.repo_id WHERE pr.paper_id = p.id
    )""",
    "models": """(
        SELECT coalesce(json_agg(json_build_object(
            'id', 'm_' || lpad(to_hex(m.id), 16, '0'), 'slug', m.slug, 'name', m.name, 'family', m.family,
            'role', pm.role, 'mentions', pm.mentions
        ) ORDER BY pm.role, m.slug), '[]')
        FROM paper_models pm JOIN models m ON m.id = pm.model_id WHERE pm.paper_id = p.id
    )""",
    "methods": """(
        SELECT coalesce(json_agg(json_build_object(
            'slug', slug, 'name', name, 'role', role, 'mentions', mentions
        ) ORDER BY role, slug), '[]')
        FROM paper_methods WHERE paper_id = p.id
    )""",
    "sources": f"""(
        SELECT coalesce(json_agg(json_build_object(
            'source', source, 'file', file, 'line', line, 'number', number, 'loaded_at', {write_moment("loaded_at")}
        ) ORDER BY id), '[]')
        FROM records WHERE paper_id = p.id
    )""",
    # Nearly all fields have one source and no other said otherwise, which is stored as the source alone.
    "provenance": """(
        SELECT coalesce(json_object_agg(
            key, CASE WHEN jsonb_typeof(value) = 'string'
                THEN jsonb_build_object('sources', jsonb_build_array(value), 'others', '[]'::jsonb) ELSE value END
            ORDER BY key COLLATE "C"
        ), '{}')
        FROM jsonb_each(p.provenance)
    )""",
    "created_at": write_moment("p.created_at"),
    "updated_at": write_moment("p.updated_at"),
}
# All there are, and of one paper; and those that an item of a list has unless it is told.
PAPER_FIELDS = tuple(_FIELD_SQL)
ITEM_FIELDS = tuple(name for name in _FIELD_SQL if name != "provenance")


def check_fields(fields: Collection[str]) -> tuple[str, ...]:
    """The names in the order of an item. Raises BadRequest with the nearest right name for an unknown one."""
    for name in fields:
        if name not in _FIELD_SQL:
            near = difflib.get_close_matches(name, PAPER_FIELDS, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Fields are {', '.join(PAPER_FIELDS)}."
            raise BadRequest(f"{name[:40]!r} is not a field of a paper.", parameter="fields", hint=hint)
    return tuple(name for name in PAPER_FIELDS if name in fields)


def render_paper(fields: Collection[str], score: str | None = None, highlights: str | None = None) -> str:
    """SQL that writes `p` as a JSON object of these fields, and `score` and `highlights` where their SQL is given."""
    members = [f"'{name}', {_FIELD_SQL[name]}" for name in check_fields(fields)]
    if score is not None:
        members.append(f"'score', {score}")
    if highlights is not None:
        members.append(f"'highlights', {highlights}")
    return f"json_build_object({', '.join(members)})::text"


@dataclass(frozen=True, slots=True)
class FoundPaper:
    """A paper as JSON text. moved: it was asked for by an id that was merged into `id`."""

    id: str
    paper: str
    moved: bool


_FETCH_PAPERS = """
SELECT p.id, {paper} AS paper, asked.scheme = 'id' AND p.id::text <> asked.value AS moved
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked (scheme, value, place)
LEFT JOIN LATERAL (
    SELECT CASE
        WHEN asked.scheme = 'id' THEN coalesce(
            (SELECT id FROM papers WHERE id = asked.value::bigint),
            (SELECT paper_id FROM merged_papers WHERE id = asked.value::bigint)
        )
        ELSE (SELECT min(paper_id) FROM external_ids e WHERE e.scheme = asked.scheme AND e.value = asked.value)
    END
) AS found (id) ON true
LEFT JOIN papers p ON p.id = found.id
ORDER BY asked.place
"""


async def fetch_papers(
    db: Database, names: Sequence[PaperName], fields: Collection[str] = PAPER_FIELDS
) -> list[FoundPaper | None]:
    """One a name, in their order; None where there is no such paper. One statement."""
    rows = await db.fetch(
        Lane.LOOKUP,
        _FETCH_PAPERS.format(paper=render_paper(fields)),
        [name.scheme for name in names],
        [name.value for name in names],
    )
    return [
        None if row["id"] is None else FoundPaper(encode_id("p", row["id"]), row["paper"], row["moved"]) for row in rows
    ]


async def fetch_paper(db: Database, name: PaperName, fields: Collection[str] = PAPER_FIELDS) -> FoundPaper | None:
    """The paper of this name, or None."""
    return (await fetch_papers(db, [name], fields))[0]

"""Models: lists, one by name, several by id."""

from collections.abc import Sequence

from service.database import Database, Lane
from service.names import model_key, model_keys, model_slug
from service.queries.arguments import Arguments, escape_like
from service.queries.details import OF_MODEL, render_members
from service.queries.listing import ListPage, ListRequest, list_items

# A model, aliased t, as JSON. paper_count counts what is below it too.
_MEMBERS = """
    'id', 'm_' || lpad(to_hex(t.id), 16, '0'), 'slug', t.slug, 'name', t.name, 'family', t.family,
    'parent', (SELECT parent.slug FROM models parent WHERE parent.id = t.parent_id),
    'paper_count', t.paper_count"""
MODEL_ITEM = f"json_build_object({_MEMBERS})"
_MODEL = f"json_build_object({_MEMBERS}{render_members(OF_MODEL)})::text"

# By what a known alias makes of the name; else by slug; else by the key of any of its spellings, of which two models
# may share one.
_FIND = """
SELECT {what} FROM models t
WHERE t.slug = $1 OR t.id IN (
    SELECT model_id FROM model_aliases WHERE key = ANY(ARRAY(SELECT known_keys('model', $2)))
)
ORDER BY t.id IN (
    SELECT model_id FROM model_aliases WHERE key = ANY(ARRAY(SELECT known_targets('model', $2)))
) DESC, t.slug = $1 DESC, t.paper_count DESC, t.slug LIMIT 1
"""


async def list_models(db: Database, request: ListRequest) -> ListPage:
    """Models by number of papers. The query is the beginning of one of a model's spellings."""
    arguments = Arguments()
    conditions = []
    prefix = (request.query or "").strip()
    if prefix:
        slug = arguments.add(escape_like(model_slug(prefix)) + "%", "text")
        # A prefix of symbols only is a prefix of no key.
        key = arguments.add(escape_like(model_key(prefix)) + "%" if model_key(prefix) else "", "text")
        conditions.append(f"(t.slug LIKE {slug} OR t.id IN (SELECT model_id FROM model_aliases WHERE key LIKE {key}))")
    return await list_items(
        db, request, table="models", key="slug", item=MODEL_ITEM, conditions=conditions, arguments=arguments
    )


async def fetch_model(db: Database, name: str, *, whole: bool = False) -> str | None:
    """The model of this slug or spelling as JSON text, or None. whole: with all that details.py tells of it."""
    what, lane = (_MODEL, Lane.SEARCH) if whole else (f"{MODEL_ITEM}::text", Lane.LOOKUP)
    found: str | None = await db.fetchval(lane, _FIND.format(what=what), model_slug(name), model_keys(name))
    return found


async def fetch_models(db: Database, ids: Sequence[int]) -> dict[int, str]:
    """Models by id, as JSON text; unknown ids are left out."""
    rows = await db.fetch(
        Lane.LOOKUP, f"SELECT id, {MODEL_ITEM}::text AS item FROM models t WHERE id = ANY($1)", list(ids)
    )
    return {row["id"]: row["item"] for row in rows}


async def find_model_id(db: Database, name: str) -> int | None:
    """The id of the model of this slug or spelling, or None."""
    found: int | None = await db.fetchval(Lane.LOOKUP, _FIND.format(what="t.id"), model_slug(name), model_keys(name))
    return found

"""What is told of one model or repository beside its line in a list: where a model stands among its relatives, how it
is spelled, when it was first seen, and which models stand in the same papers.

SQL over `t`, a row of models or of repos, for the statement that answers for one (REST) and for those that answer for
many at once (GraphQL).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from service.database import Database, Lane

# A model's variants that are listed with it, those with the most papers.
MAX_VARIANTS = 100
# Models that are named beside a model or repository.
MAX_BESIDE = 10
# Papers of a model or repository that are looked at to find these. Of more a sample: as ids are hashes, those with the
# lowest are some of each kind, and the same in every answer.
MAX_LOOKED_AT = 5_000

_VARIANT_COUNT = "(SELECT count(*) FROM models v WHERE v.parent_id = {model}.id)"

_VARIANTS = f"""(
    SELECT coalesce(json_agg(json_build_object(
        'id', 'm_' || lpad(to_hex(b.id), 16, '0'), 'slug', b.slug, 'name', b.name, 'family', b.family,
        'parent', t.slug, 'paper_count', b.paper_count, 'variant_count', {_VARIANT_COUNT.format(model="b")}
    ) ORDER BY b.paper_count DESC, b.slug), '[]')
    FROM (
        SELECT * FROM models v WHERE v.parent_id = t.id ORDER BY v.paper_count DESC, v.slug LIMIT {{limit}}
    ) AS b
)"""

# By the byte, whatever the database's collation. Its own name is none, nor what differs from it by a hyphen alone.
# Names that it had before, as an operator tells them, are.
_ALIASES = """(
    SELECT coalesce(json_agg(alias ORDER BY alias COLLATE "C"), '[]')
    FROM (
        SELECT coalesce(a.spelling, a.key) AS alias FROM model_aliases a
        WHERE a.model_id = t.id AND a.spelling IS DISTINCT FROM t.name AND a.key <> replace(t.slug, '-', '')
        UNION SELECT k.old FROM model_aliases a JOIN known_aliases k ON k.kind = 'model' AND k.leads_to_key = a.key
        WHERE a.model_id = t.id
    ) AS spelled
)"""

_BELOW = "ARRAY(SELECT below.id FROM models below WHERE below.lineage @> ARRAY[t.id])"

# Of each model below the first by the index. The period as that paper gives it: "2024" is no first of January.
_FIRST_SEEN = f"""(
    SELECT p.published
    FROM (
        SELECT earliest.* FROM unnest({_BELOW}) AS one (id), LATERAL (
            SELECT pm.published_on, pm.paper_id FROM paper_models pm
            WHERE pm.model_id = one.id AND pm.published_on IS NOT NULL
            ORDER BY pm.published_on, pm.paper_id LIMIT 1
        ) AS earliest
        ORDER BY earliest.published_on, earliest.paper_id LIMIT 1
    ) AS first JOIN papers p ON p.id = first.paper_id
)"""

# Arrays, as of an array the planner assumes that it is short, and looks each paper up by its key. A model counts where
# anything below it is named, so a paper counts for it once. Mentions are gathered by model first: their lineages are
# read once a model and not once a mention, which halves the time.
_BESIDE = f"""(
    WITH looked AS MATERIALIZED (
        SELECT ARRAY(
            SELECT DISTINCT paper_id FROM {{papers}} AND paper_id <= CASE WHEN t.paper_count > {MAX_LOOKED_AT}
                THEN (9223372036854775807::float8 * {MAX_LOOKED_AT} / t.paper_count)::bigint
                ELSE 9223372036854775807 END
        ) AS ids
    ), beside AS MATERIALIZED (
        SELECT above.id, count(DISTINCT paper.id) AS papers
        FROM (
            SELECT pm.model_id, array_agg(pm.paper_id) AS papers
            FROM looked, unnest(looked.ids) AS one (id) JOIN paper_models pm ON pm.paper_id = one.id
            GROUP BY pm.model_id
        ) AS named JOIN models m ON m.id = named.model_id, unnest(m.lineage) AS above (id), unnest(papers) AS paper (id)
        WHERE {{wanted}} GROUP BY above.id
    ), most AS (
        SELECT m.*, beside.papers FROM beside JOIN models m ON m.id = beside.id
        ORDER BY beside.papers DESC, m.slug LIMIT {MAX_BESIDE}
    )
    SELECT coalesce(json_agg(json_build_object(
        'id', 'm_' || lpad(to_hex(most.id), 16, '0'), 'slug', most.slug, 'name', most.name,
        'paper_count', CASE WHEN t.paper_count > {MAX_LOOKED_AT}
            THEN round(most.papers::numeric * t.paper_count / cardinality(looked.ids)) ELSE most.papers END::integer,
        'relation', CASE WHEN t.paper_count > {MAX_LOOKED_AT} THEN 'estimate' ELSE 'eq' END
    ) ORDER BY most.papers DESC, most.slug), '[]')
    FROM most, looked
)"""

# Neither what is below the model nor what is above it.
_CO_MENTIONED = _BESIDE.format(
    papers=f"paper_models WHERE model_id = ANY({_BELOW})",
    wanted="NOT m.lineage @> ARRAY[t.id] AND above.id <> ALL (t.lineage)",
)
_MODELS = _BESIDE.format(papers="paper_repos WHERE repo_id = t.id", wanted="true")

OF_MODEL: Mapping[str, str] = {
    "aliases": _ALIASES,
    "first_seen": f"to_json({_FIRST_SEEN}::text)",
    "variant_count": f"to_json({_VARIANT_COUNT.format(model='t')})",
    "variants": _VARIANTS,
    "co_mentioned": _CO_MENTIONED,
}
OF_REPO: Mapping[str, str] = {"models": _MODELS}
# What reads thousands of rows waits with the searches.
_SLOW = frozenset({"co_mentioned", "models"})


def render_members(members: Mapping[str, str]) -> str:
    """These members as further arguments of json_build_object."""
    return "".join(f", '{name}', {sql.format(limit=MAX_VARIANTS)}" for name, sql in members.items())


async def fetch_details(
    db: Database, noun: str, member: str, ids: Sequence[int], limit: int = MAX_VARIANTS
) -> dict[int, Any]:
    """A member of OF_MODEL (noun "models") or OF_REPO ("repos") for each of these ids, read from JSON; unknown ids are
    left out. limit: of variants. One statement."""
    sql = {"models": OF_MODEL, "repos": OF_REPO}[noun][member]
    rows = await db.fetch(
        Lane.SEARCH if member in _SLOW else Lane.LOOKUP,
        f"SELECT t.id, ({sql.format(limit='$2::bigint')})::text AS detail FROM {noun} t WHERE t.id = ANY($1::bigint[])",
        list(ids),
        *([limit] if "{limit}" in sql else []),
    )
    return {row["id"]: None if row["detail"] is None else msgspec.json.decode(row["detail"]) for row in rows}

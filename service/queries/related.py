"""Papers like a paper: those that share its most telling words, its models and its repositories."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from service.database import Database, Lane
from service.queries.papers import ITEM_FIELDS, render_paper
from service.queries.scoring import SCORE, SCORED_BY

DEFAULT_RELATED = 10
# Words of a paper that say what it is about: those with the highest weight * impact (0004_create_ranking.sql).
_MAX_WORDS = 12
# Of each word about so many papers are looked at, those that it means most to.
_PAPERS_A_WORD = 400
# A model or repository that more papers have says too little.
_MAX_PAPERS_IN_COMMON = 500
# A model or repository in common counts as a word of this impact that so many papers have.
_IMPACT_IN_COMMON = 0.5
# What has less than this share of the score that the paper itself would have is not related: one word of twelve is too
# little.
_LEAST_SHARE = 0.1

_WEIGHT = "ln(1 + (greatest(total.papers, {papers}) - {papers} + 0.5) / ({papers} + 0.5))::float8"

# A tier of 8 stands for none: a word that too many papers have finds none, but counts in those found.
_RELATED = f"""
    WITH total AS MATERIALIZED (
        SELECT greatest(papers, 1) AS papers FROM search_statistics
    ), telling AS MATERIALIZED (
        SELECT word.*, row_number() OVER (ORDER BY weight * impact DESC, lexeme) AS place
        FROM (
            SELECT t.lexeme, t.papers, t.tiers, {_WEIGHT.format(papers="t.papers")} AS weight,
                f.tf / (f.tf + search_saturation(s.length)) AS impact
            FROM total, paper_search s, unnest(s.words) AS w JOIN search_terms t ON t.lexeme = w.lexeme,
                LATERAL (
                    SELECT cardinality(w.positions) + CASE WHEN w.weights @> '{{{{A}}}}' THEN 2 ELSE 0 END
                ) AS f (tf)
            WHERE s.paper_id = found.id AND found.id = asked.id AND w.lexeme NOT LIKE '@%'
        ) AS word
        ORDER BY place LIMIT {_MAX_WORDS}
    ), reading AS MATERIALIZED (
        SELECT search_plan_of(
            coalesce(array_agg(lexeme ORDER BY place), '{{{{}}}}'),
            coalesce(array_agg(weight ORDER BY place), '{{{{}}}}')
        ) AS plan, sum(weight * impact) * {_LEAST_SHARE} AS least_score,
        array_agg(CASE WHEN papers <= {{budget}} THEN 0 ELSE (
            SELECT coalesce(min(tier), 8) FROM unnest(tiers) WITH ORDINALITY AS t (reach, tier)
            WHERE reach <= {{budget}}
        ) END::integer ORDER BY place) AS tiers
        FROM telling
    ), boxed AS MATERIALIZED (
        SELECT least_score, search_box(plan, true, tiers) AS box, {SCORED_BY} FROM reading
    ), shared AS MATERIALIZED (
        SELECT paper_id, sum({_IMPACT_IN_COMMON} * {_WEIGHT.format(papers="papers_with_it")}) AS bonus
        FROM total, (
            SELECT other.paper_id, m.paper_count AS papers_with_it
            FROM paper_models own JOIN models m ON m.id = own.model_id JOIN paper_models other ON other.model_id = m.id
            WHERE own.paper_id = found.id AND found.id = asked.id AND m.paper_count <= {_MAX_PAPERS_IN_COMMON}
            UNION ALL
            SELECT other.paper_id, r.paper_count
            FROM paper_repos own JOIN repos r ON r.id = own.repo_id JOIN paper_repos other ON other.repo_id = r.id
            WHERE own.paper_id = found.id AND found.id = asked.id AND r.paper_count <= {_MAX_PAPERS_IN_COMMON}
        ) AS in_common
        WHERE paper_id <> asked.id GROUP BY paper_id
    ), scored AS (
        SELECT s.paper_id AS id, {{score}} AS score
        FROM boxed AS reading, (
            SELECT s.paper_id, s.words, s.length FROM boxed, paper_search s
            WHERE search_impacts(s.words, s.length) @@ boxed.box AND s.paper_id <> asked.id
            UNION ALL
            SELECT s.paper_id, s.words, s.length FROM shared JOIN paper_search s ON s.paper_id = shared.paper_id
        ) AS s
    )
    SELECT id, max(score) + coalesce(max(bonus), 0) AS score
    FROM scored LEFT JOIN shared ON shared.paper_id = scored.id
    GROUP BY id
    HAVING max(score) + coalesce(max(bonus), 0) >= (SELECT coalesce(least_score, 0) FROM reading)
    ORDER BY 2 DESC, id DESC LIMIT {{limit}}"""

_FETCH_RELATED = """
SELECT asked.id AS asked, found.id AS found, related.paper
FROM unnest($1::bigint[]) WITH ORDINALITY AS asked (id, place)
CROSS JOIN LATERAL (
    SELECT coalesce(
        (SELECT id FROM papers WHERE id = asked.id), (SELECT paper_id FROM merged_papers WHERE id = asked.id)
    )
) AS found (id)
LEFT JOIN LATERAL (
    SELECT best.score, p.id, {paper} AS paper FROM ({related}
    ) AS best JOIN papers p ON p.id = best.id
) AS related ON true
ORDER BY asked.place, related.score DESC, related.id DESC
"""


@dataclass(frozen=True, slots=True)
class Related:
    """What is related to a paper, the most first, as JSON texts. id: of the paper; another than was asked for where
    that was merged into it, and then there are none."""

    id: int
    papers: tuple[str, ...]


async def fetch_related(
    db: Database, ids: Sequence[int], limit: int, fields: Collection[str] = ITEM_FIELDS
) -> dict[int, Related]:
    """What is related to each of these papers, by id; unknown ids are left out. One statement."""
    found: dict[int, list[str]] = {}
    leads: dict[int, int] = {}
    for row in await db.fetch(Lane.SEARCH, render_related(fields), list(dict.fromkeys(ids)), limit):
        if row["found"] is not None:
            leads[row["asked"]] = row["found"]
            found.setdefault(row["asked"], []).extend([row["paper"]] if row["paper"] else [])
    return {asked: Related(leads[asked], tuple(papers)) for asked, papers in found.items()}


def render_related(fields: Collection[str]) -> str:
    """The statement. $1: ids, $2: how many of each."""
    related = _RELATED.format(score=SCORE, budget=_PAPERS_A_WORD, limit="$2::integer")
    return _FETCH_RELATED.format(paper=render_paper(fields), related=related)

"""The order by relevance: SQL that walks from the papers a query fits best to those it fits least.

schema/migrations/0004_create_ranking.sql has the functions that it calls, docs/search.md the idea: an index knows
which papers a word means much to, so the walk looks into a small box of these, ranks what is in it by BM25, and goes
on to the next, larger box when a page needs more. So the order is: box by box, in a box by score, then by id.
"""

import re
from dataclasses import dataclass

import msgspec
from asyncpg import Record

from service.papers import damaged_cursor
from service.queries.arguments import Arguments
from service.queries.parts import Parts, write_mode, write_words
from service.queries.scoring import SCORE

# Of how many papers a page is the best at least: ten times a usual one, and more for many words, each of which may
# stand out in another paper.
_LOOKED_AT = 200
_LOOKED_AT_PER_ITEM = 5
_LOOKED_AT_PER_WORD = 100
_LOOKED_AT_MOST = 1000
# Any query has fewer boxes.
_MAX_STEPS = 400

# The total stands beside the page, so that it is there when the page is empty, and is counted once (OFFSET 0). The
# papers are joined to the page that was found, not to all that matches.
_RANKED = """
{reading}
SELECT parents.id AS parent, mode.any_word, mode.applied, (reading.plan).dropped, (reading.plan).numbers,
    (reading.plan).weights, counted.total, faceted.facets, hit.id, hit.score, hit.inside, hit.box, {paper} AS paper
FROM reading CROSS JOIN {parents} AS parents (id, place)
CROSS JOIN LATERAL ({few} OFFSET 0) AS few
CROSS JOIN LATERAL ({walk}) AS ranked
CROSS JOIN LATERAL ({mode}) AS mode
CROSS JOIN LATERAL ({total} OFFSET 0) AS counted (total)
CROSS JOIN LATERAL ({facets}) AS faceted (facets)
LEFT JOIN LATERAL unnest(ranked.ids, ranked.scores, ranked.insides, ranked.boxes)
    WITH ORDINALITY AS hit (id, score, inside, box, place) ON true
LEFT JOIN papers p ON p.id = hit.id
ORDER BY parents.place, hit.place
"""

_WALK = """
    WITH RECURSIVE walk AS (
        SELECT 0 AS step, {any_word} AS any_word, {inside} AS inside, {inside} AS tried,
            coalesce({box}, CASE WHEN {is_few} THEN array_fill(0, ARRAY[reading.lexemes]) END) AS box,
            1::float8 AS ratio, {score} AS last_score, {id} AS last_id,
            '{{}}'::bigint[] AS ids, '{{}}'::float8[] AS scores, '{{}}'::text[] AS insides, '{{}}'::text[] AS boxes,
            false AS is_done
        UNION ALL
        SELECT walk.step + 1, walk.any_word OR turn.to_any,
            CASE WHEN turn.to_any THEN NULL WHEN turn.is_taken THEN look.tiers ELSE walk.inside END,
            CASE WHEN NOT turn.to_any THEN look.tiers END,
            CASE WHEN turn.to_any AND {is_few} THEN look.tiers END,
            CASE WHEN turn.to_any OR coalesce(look.expected, 0) = 0 THEN 1
                ELSE greatest(found.papers, 0.5) / look.expected END,
            NULL, NULL,
            CASE WHEN turn.is_taken THEN walk.ids || found.ids ELSE walk.ids END,
            CASE WHEN turn.is_taken THEN walk.scores || found.scores ELSE walk.scores END,
            CASE WHEN turn.is_taken THEN walk.insides || array_fill(
                coalesce(array_to_string(walk.inside, ''), ''), ARRAY[cardinality(found.ids)]) ELSE walk.insides END,
            CASE WHEN turn.is_taken THEN walk.boxes || array_fill(
                array_to_string(look.tiers, ''), ARRAY[cardinality(found.ids)]) ELSE walk.boxes END,
            turn.is_taken AND (turn.is_full OR look.is_last) AND NOT turn.to_any
        FROM walk
        CROSS JOIN LATERAL (
            SELECT walk.box AS tiers, NULL::float8 AS expected WHERE walk.box IS NOT NULL
            UNION ALL
            SELECT n.tiers, n.expected
            FROM search_next(reading.plan, walk.any_word, walk.tried, walk.ratio,
                {looked_at} + CASE WHEN walk.inside IS NULL THEN 0
                    ELSE walk.ratio * search_expected(reading.plan, walk.inside) END
            ) AS n
            WHERE walk.box IS NULL
        ) AS next
        CROSS JOIN LATERAL (
            SELECT next.tiers, next.expected, 0 = ALL (next.tiers) AS is_last,
                {words} AS words,
                CASE WHEN walk.inside IS NULL THEN search_box(reading.plan, walk.any_word, next.tiers)
                    ELSE search_box(reading.plan, walk.any_word, next.tiers)
                        && !!search_box(reading.plan, walk.any_word, walk.inside) END AS box
            OFFSET 0
        ) AS look
        CROSS JOIN LATERAL (
            SELECT coalesce(max(best.papers), 0) AS papers,
                coalesce(array_agg(best.id ORDER BY best.score DESC, best.id DESC), '{{}}') AS ids,
                coalesce(array_agg(best.score ORDER BY best.score DESC, best.id DESC), '{{}}') AS scores
            FROM (
                SELECT scored.id, scored.score, count(*) OVER () AS papers
                FROM (
                    SELECT s.paper_id AS id, {score_sql} AS score
                    FROM ({matching}
                    ) AS s
                    OFFSET 0
                ) AS scored
                WHERE walk.last_id IS NULL OR (scored.score, scored.id) < (walk.last_score, walk.last_id)
                ORDER BY scored.score DESC, scored.id DESC
                LIMIT {wanted} - cardinality(walk.ids)
            ) AS best
        ) AS found
        CROSS JOIN LATERAL (
            SELECT taken.is_taken, is_full, taken.is_taken AND look.is_last AND NOT is_full AND NOT walk.any_word
                AND cardinality(walk.ids) + cardinality(found.ids) = 0 AND {may_turn}
                AND (reading.plan).any_of IS NOT NULL AS to_any
            FROM (SELECT walk.box IS NOT NULL OR look.is_last OR found.papers >= {looked_at}) AS taken (is_taken),
                (SELECT cardinality(walk.ids) + cardinality(found.ids) >= {wanted}) AS filled (is_full)
        ) AS turn
        WHERE NOT walk.is_done AND walk.step < {max_steps}
    )
    SELECT ids, scores, insides, boxes, any_word FROM walk ORDER BY step DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class RankKey:
    """Where in the order by relevance a page ended.

    mode: "all" or "any". weights: "number:weight,…" of the words, as search_plan takes them. inside, box: the tiers,
    one digit a word, of the box before (empty: none) and of the box that the last paper is in.
    """

    mode: str
    weights: str
    inside: str
    box: str
    score: float
    id: int

    @classmethod
    def read(cls, row: Record) -> "RankKey":
        weights = ",".join(f"{n}:{w}" for n, w in zip(row["numbers"], row["weights"], strict=True))
        mode = "any" if row["any_word"] else "all"
        return cls(mode, weights, row["inside"], row["box"], row["score"], row["id"])

    def check(self) -> "RankKey":
        """Itself. Raises BadRequest where PostgreSQL could not read it: its checksum is no secret, so it may be
        anything."""
        sound = (
            self.mode in ("all", "any")
            and re.fullmatch(r"(\d{1,4}:\d{1,6}(\.\d{1,4})?(,(?!$)|$)){0,32}", self.weights, re.ASCII)
            and all(weight > 0 for weight in self.read_weights().values())
            and re.fullmatch(r"[0-8]{0,32}", self.inside, re.ASCII)
            and re.fullmatch(r"[0-8]{0,32}", self.box, re.ASCII)
            and abs(self.score) < 1e6
            and 0 <= self.id < 1 << 63
        )
        if not sound:
            raise damaged_cursor()
        return self

    def read_weights(self) -> dict[str, float]:
        """By number, as search_plan takes them."""
        pairs = (pair.split(":") for pair in self.weights.split(",") if pair)
        return {number: float(weight) for number, weight in pairs}


def render_ranked(
    limit: int, key: RankKey | None, parts: Parts, arguments: Arguments, *, total: str, facets: str
) -> str:
    """The statement for the best limit + 1 papers after `key`. Its rows are what RankKey.read takes.

    total, facets: SQL for a row of one value each (counting.py, facets.py).
    """
    weights = "NULL"
    if key is not None:
        weights = arguments.add(msgspec.json.encode(key.read_weights()).decode(), "jsonb")
    return _RANKED.format(
        reading=parts.write_reading(weights),
        parents=parts.parents,
        few=parts.few,
        total=total,
        facets=facets,
        walk=_render_walk(limit, key, parts, arguments),
        mode=write_mode("ranked.any_word"),
        paper=parts.write_paper("hit.score"),
    )


def _render_walk(limit: int, key: RankKey | None, parts: Parts, arguments: Arguments) -> str:
    """SQL for one row: ids, scores, insides, boxes, any_word."""
    # Only from the first page on, or where that began so: elsewhere a page begins inside a box.
    is_few = bool(parts.checked) and (key is None or (not key.inside and not key.box.strip("0")))
    return _WALK.format(
        is_few="few.ids IS NOT NULL" if is_few else "false",
        any_word="true" if key and key.mode == "any" else "false",
        inside=_write_tiers(key.inside if key else "", arguments),
        box=_write_tiers(key.box, arguments, is_empty_known=True) if key else "NULL::integer[]",
        score=arguments.add(key.score, "float8") if key else "NULL::float8",
        id=arguments.add(key.id, "bigint") if key else "NULL::bigint",
        looked_at=f"greatest({max(_LOOKED_AT, _LOOKED_AT_PER_ITEM * limit)}, "
        f"least({_LOOKED_AT_PER_WORD} * reading.lexemes, {_LOOKED_AT_MOST}))::float8",
        wanted=limit + 1,
        may_turn="true" if key is None else "false",
        max_steps=_MAX_STEPS,
        words=write_words("walk.any_word"),
        score_sql=SCORE,
        matching=parts.write_matching("look.box", "look.words", is_few=is_few),
    )


def _write_tiers(digits: str, arguments: Arguments, *, is_empty_known: bool = False) -> str:
    if not digits and not is_empty_known:
        return "NULL::integer[]"
    return arguments.add([int(digit) for digit in digits], "integer[]")

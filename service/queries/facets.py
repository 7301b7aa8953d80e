"""Facets: how the papers that match spread over models, venues, years, …, as SQL for the statement that answers a page.

A count is what the total would be with the value as the filter of its name. To be fast whatever matches, at most
MAX_COUNTED papers are counted; where there are more, the counts are partial and say so. A bound in papers, not in time:
the same data gives the same answer.
"""

import difflib
from collections.abc import Collection
from enum import StrEnum

from service.errors import BadRequest
from service.papers import MAX_VALUE_CHARACTERS, SearchRequest
from service.queries.filters import KNOWN_DATE, join_conditions
from service.queries.parts import Parts

# Values of a facet, the most frequent.
MAX_FACET_VALUES = 10
# Papers that are counted.
MAX_COUNTED = 5_000
# And where they are filtered by the name of an author, which takes 0.1 ms a paper to compare.
MAX_COUNTED_BY_AUTHOR = 1_000
# Papers with the words that are looked at to find one that is counted.
_LOOKED_AT = 3


class Facet(StrEnum):
    """What can be counted, by the name of the filter that takes the values (of REPO_HOST that is `link`)."""

    MODEL = "model"
    FAMILY = "family"
    REPO_HOST = "repo_host"
    CATEGORY = "category"
    VENUE = "venue"
    YEAR = "year"
    SOURCE = "source"


def check_facets(names: Collection[str]) -> tuple[str, ...]:
    """The names, each once, in the order of Facet. Raises BadRequest with the nearest right name for an unknown one."""
    known = [facet.value for facet in Facet]
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Facets are {', '.join(known)}."
            raise BadRequest(f"{name[:40]!r} is not a facet.", parameter="facets", hint=hint)
    return tuple(name for name in known if name in names)


# Each gives rows (value, name, papers) of the papers in `looked.ids`. That is an array because of an array the planner
# assumes that it is short, so it looks each paper up by its key, which takes the same time in a database of any size.

# The filter finds what is below a model, and all models that share a spelling with the slug ("foo-net", "foonet").
_MODEL = """
        WITH found AS MATERIALIZED (
            SELECT DISTINCT one.id AS paper_id, above.id AS model_id
            FROM unnest(looked.ids) AS one (id) JOIN paper_models pm ON pm.paper_id = one.id
                JOIN models m ON m.id = pm.model_id, unnest(m.lineage) AS above (id)
        ), named AS MATERIALIZED (
            SELECT id, slug, name, replace(slug, '-', '') AS key
            FROM models WHERE id = ANY(ARRAY(SELECT DISTINCT model_id FROM found))
        ), finds AS (
            SELECT id, id AS model_id FROM named
            UNION SELECT named.id, a.model_id
            FROM (SELECT a.key, a.model_id FROM named JOIN model_aliases a ON a.model_id = named.id) AS a
                JOIN named ON named.key = a.key
        )
        SELECT named.slug AS value, named.name, count(DISTINCT found.paper_id) AS papers
        FROM finds JOIN found ON found.model_id = finds.model_id JOIN named ON named.id = finds.id
        GROUP BY named.slug, named.name"""
_FAMILY = """
        SELECT family AS value, coalesce((SELECT name FROM models WHERE slug = counted.family), family) AS name, papers
        FROM (
            SELECT m.family, count(DISTINCT pm.paper_id) AS papers
            FROM unnest(looked.ids) AS one (id) JOIN paper_models pm ON pm.paper_id = one.id
                JOIN models m ON m.id = pm.model_id
            WHERE m.family IS NOT NULL GROUP BY m.family
        ) AS counted"""
# The filter finds all addresses on the host; listed are the hosts where any of them is a repository.
_REPO_HOST = """
        SELECT host AS value, host AS name, count(DISTINCT pl.paper_id) AS papers
        FROM unnest(looked.ids) AS one (id) JOIN paper_links pl ON pl.paper_id = one.id
        GROUP BY host HAVING bool_or(pl.kind = 'repository')"""
# The filter takes any case; shown is the most frequent spelling.
_CATEGORY = """
        SELECT mode() WITHIN GROUP (ORDER BY category COLLATE "C") AS value,
            mode() WITHIN GROUP (ORDER BY category COLLATE "C") AS name, count(DISTINCT p.id) AS papers
        FROM read AS p, unnest(p.categories) AS category
        WHERE category <> '' GROUP BY lower(category)"""
# The filter takes any case, and finds "ACL 2024" by "ACL".
_VENUE = f"""
        WITH spelled AS MATERIALIZED (
            SELECT lower(p.venue) AS venue, mode() WITHIN GROUP (ORDER BY p.venue COLLATE "C") AS shown,
                count(*) AS papers
            FROM read AS p
            WHERE p.venue <> '' AND length(p.venue) <= {MAX_VALUE_CHARACTERS} GROUP BY lower(p.venue)
        )
        SELECT named.shown AS value, named.shown AS name, sum(counted.papers) AS papers
        FROM (
            SELECT venue AS beginning, papers FROM spelled
            UNION ALL SELECT left(venue, place - 1), papers
            FROM spelled, generate_series(2, length(venue)) AS place WHERE substr(venue, place, 1) = ' '
        ) AS counted JOIN spelled AS named ON named.venue = counted.beginning
        GROUP BY named.venue, named.shown"""
_YEAR = """
        SELECT extract(year FROM p.published_on)::integer AS value, extract(year FROM p.published_on)::text AS name,
            count(*) AS papers
        FROM read AS p
        WHERE p.published_on IS NOT NULL GROUP BY 1, 2"""
_SOURCE = """
        SELECT source AS value, source AS name, count(DISTINCT r.paper_id) AS papers
        FROM unnest(looked.ids) AS one (id) JOIN records r ON r.paper_id = one.id GROUP BY source"""

_COUNTS = {
    Facet.MODEL: _MODEL,
    Facet.FAMILY: _FAMILY,
    Facet.REPO_HOST: _REPO_HOST,
    Facet.CATEGORY: _CATEGORY,
    Facet.VENUE: _VENUE,
    Facet.YEAR: _YEAR,
    Facet.SOURCE: _SOURCE,
}

# Ties by the value, byte by byte or as a number.
_MEMBER = """json_build_object('partial', looked.is_partial, 'values', (
        SELECT coalesce(json_agg(
            json_build_object('value', value, 'name', name, 'count', papers) ORDER BY papers DESC, {value}
        ), '[]')
        FROM (SELECT * FROM ({counts}
        ) AS c ORDER BY papers DESC, {value} LIMIT {most}) AS best
    ))"""

# What only some facets need is only done for these.
_FACETS = """
    WITH looked (ids, is_partial) AS MATERIALIZED ({looked}
    ), read AS MATERIALIZED (
        SELECT p.id, p.categories, p.venue, p.published_on
        FROM looked, unnest(looked.ids) AS one (id) JOIN papers p ON p.id = one.id
    )
    SELECT json_build_object({members})::text FROM looked"""

# The papers that the conditions leave, if they are few enough to be looked through; else null.
_FEW = """
            SELECT CASE WHEN count(*) <= {bound} THEN coalesce(array_agg(id), '{{}}') END AS ids
            FROM (SELECT p.id FROM {tables} WHERE {conditions} LIMIT {bound} + 1) AS filtered"""
_NOT_FEW = "SELECT NULL::bigint[] AS ids"

# Without words: the newest.
_NEWEST = """
        WITH few AS MATERIALIZED ({few}
        )
        SELECT coalesce((array_agg(id ORDER BY key DESC, id DESC))[:{bound}], '{{}}'), count(*) > {bound}
        FROM (
            SELECT unnest(ids) AS id, NULL::date AS key FROM few
            UNION ALL SELECT newest.* FROM few, LATERAL (
                SELECT p.id, {date} FROM {tables} WHERE few.ids IS NULL{conditions}
                ORDER BY {date} DESC, p.id DESC LIMIT {bound} + 1
            ) AS newest
        ) AS found"""

# By the name of an author: to take the newest, all would have to be asked.
_FIRST = """
        SELECT coalesce((array_agg(id ORDER BY id))[:{bound}], '{{}}'), count(*) > {bound}
        FROM (SELECT p.id FROM {tables} WHERE true{conditions} LIMIT {bound} + 1) AS found"""

# With words: all that have them, or, where these are too many, those in the box (ranking.py) that should have enough of
# those that the words mean most to; all again, where it has not. Only these are asked whether the conditions hold. Of
# more than can be counted those with the lowest ids, which are hashes, so some of each kind. What only
# excludes ("-bert") is bounded by no box, but most papers match it: the first are asked.
_WITH_WORDS = """
        WITH few AS MATERIALIZED ({few}
        ), chosen AS MATERIALIZED (
            SELECT 0 = ALL (n.tiers) AS is_last, search_box(reading.plan, mode.any_word, n.tiers) AS box,
                search_box(reading.plan, mode.any_word, array_fill(0, ARRAY[reading.lexemes])) AS whole
            FROM search_next(reading.plan, mode.any_word, NULL, 1, {bound} * 1.2) AS n
        ), inside AS MATERIALIZED (
            SELECT boxed.* FROM few, chosen, LATERAL (
                SELECT s.paper_id FROM paper_search s
                WHERE few.ids IS NULL AND search_impacts(s.words, s.length) @@ chosen.box
                    AND (reading.is_exact OR s.words @@ mode.words)
                LIMIT {looked_at} + 1
            ) AS boxed
        ), beyond AS MATERIALIZED (
            SELECT boxed.* FROM few, chosen, LATERAL (
                SELECT s.paper_id FROM paper_search s
                WHERE few.ids IS NULL AND NOT chosen.is_last AND (SELECT count(*) FROM inside) <= {bound}
                    AND search_impacts(s.words, s.length) @@ chosen.whole
                    AND (reading.is_exact OR s.words @@ mode.words)
                LIMIT {looked_at} + 1
            ) AS boxed
            UNION ALL SELECT met.* FROM few, chosen, LATERAL (
                SELECT CASE WHEN s.words @@ mode.words THEN s.paper_id END FROM paper_search s
                WHERE few.ids IS NULL AND chosen.whole IS NULL AND querytree(mode.words) = 'T'
                ORDER BY s.paper_id LIMIT {looked_at} + 1
            ) AS met
        ), looked_at AS (
            SELECT paper_id AS id FROM inside UNION SELECT paper_id FROM beyond WHERE paper_id IS NOT NULL
        )
        SELECT coalesce((array_agg(id ORDER BY id))[:{bound}], '{{}}'), count(*) > {bound} OR (
            SELECT few.ids IS NULL AND NOT (
                (chosen.is_last OR (SELECT count(*) FROM inside) <= {bound})
                AND (SELECT greatest((SELECT count(*) FROM inside), (SELECT count(*) FROM beyond))) <= {looked_at}
            ) FROM few, chosen
        )
        FROM (
            SELECT one.id FROM few, unnest(few.ids) AS one (id) JOIN paper_search s ON s.paper_id = one.id
            WHERE (s.words @@ mode.words) IS TRUE
            UNION ALL {checked}
            ORDER BY id LIMIT {bound} + 1
        ) AS found"""


def render_facets(request: SearchRequest, parts: Parts) -> str:
    """SQL for the facets asked for as one JSON text; null where none is.

    It needs `reading` and, with a query, `mode`.
    """
    if not request.facets:
        return "SELECT NULL::text"
    bound = MAX_COUNTED_BY_AUTHOR if request.filter.author else MAX_COUNTED
    tables, joined = parts.tables, join_conditions(parts.conditions)
    few = _NOT_FEW
    # What the search index settles is part of the boxes.
    if parts.checked if request.has_query else parts.conditions:
        few = _FEW.format(bound=bound, tables=tables, conditions=" AND ".join(parts.conditions))
    if request.has_query:
        checked = "SELECT id FROM looked_at"
        if parts.checked:
            checked = (
                f"SELECT p.id FROM looked_at JOIN ({tables}) ON p.id = looked_at.id"
                f" WHERE true{join_conditions(parts.checked)}"
            )
        looked = _WITH_WORDS.format(few=few, bound=bound, looked_at=_LOOKED_AT * bound, checked=checked)
    elif request.filter.author:
        looked = _FIRST.format(bound=bound, tables=tables, conditions=joined)
    else:
        looked = _NEWEST.format(few=few, bound=bound, tables=tables, conditions=joined, date=KNOWN_DATE)
    members = []
    for name in check_facets(request.facets):
        # By the byte, whatever the database's collation.
        value = "value" if name == Facet.YEAR else 'value COLLATE "C"'
        member = _MEMBER.format(counts=_COUNTS[Facet(name)], value=value, most=MAX_FACET_VALUES)
        members.append(f"'{name}', {member}")
    return _FACETS.format(members=", ".join(members), looked=looked)

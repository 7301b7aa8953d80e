"""A query as PostgreSQL reads it, and BM25 by it, as SQL. Both are of schema/migrations (search_plan, search_tf)."""

# So many words are written out in SCORE: a loop over arrays costs three times as much for each paper.
_WRITTEN_OUT = 4
# What SCORE needs of a plan.
SCORED_BY = "cardinality((plan).lexemes) AS lexemes, (plan).terms, (plan).titles, (plan).weights, " + ", ".join(
    f"((plan).terms)[{i}] AS term{i}, ((plan).titles)[{i}] AS title{i}, ((plan).weights)[{i}] AS weight{i}"
    for i in range(1, _WRITTEN_OUT + 1)
)
# The query as PostgreSQL read it. Materialized, because a plan made without the values, as PostgreSQL may choose from
# the sixth use on, would otherwise read it anew for every row.
READING = f"""WITH reading AS MATERIALIZED (
    SELECT plan, (plan).is_exact, {SCORED_BY}
    FROM (SELECT search_plan({{query}}, {{weights}}, {{labels}}, {{names}}) AS plan OFFSET 0) AS read
)"""
# BM25 of `s` (paper_search). 1 - k / (k + tf) is tf / (tf + k), with tf computed once.
_SATURATION = "search_saturation(s.length)"
_IMPACT = f"(1 - {_SATURATION} / ({_SATURATION} + search_tf(s.words, {{term}}, {{title}})))"
SCORE = "({} + {})".format(
    " + ".join(
        f"CASE WHEN reading.lexemes >= {i} THEN reading.weight{i} * "
        + _IMPACT.format(term=f"reading.term{i}", title=f"reading.title{i}")
        + " ELSE 0 END"
        for i in range(1, _WRITTEN_OUT + 1)
    ),
    f"""CASE WHEN reading.lexemes > {_WRITTEN_OUT} THEN (
        SELECT sum(weight * {_IMPACT.format(term="term", title="title")})
        FROM (
            SELECT unnest(reading.terms[{_WRITTEN_OUT + 1}:]) AS term,
                unnest(reading.titles[{_WRITTEN_OUT + 1}:]) AS title,
                unnest(reading.weights[{_WRITTEN_OUT + 1}:]) AS weight
        ) AS word
    ) ELSE 0 END""",
)

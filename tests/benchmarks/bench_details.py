"""How long one model and one repository take: `python -m tests.benchmarks.bench_details DSN [--papers N]`.

DSN is a database with a corpus that `colophon load` has loaded. Beside its own models and repositories a model and a
repository of N papers are measured (100,000 by default, or all there are), which are made for it and not kept; each of
these papers mentions up to three of the 300 most frequent models besides. Each time is that of the SQL of one member,
from sending it on an open connection to having its answer.
"""

import argparse
import asyncio
import json
import statistics
import time

from service.database import Connection, open_connection
from service.queries.details import MAX_LOOKED_AT, OF_MODEL, OF_REPO
from service.settings import Settings

ROUNDS = 30
WARM_UP = 6
# Models and repositories of about so many papers.
SIZES = (1, 10, 100, 1_000, 10_000, 100_000)

_MAKE = """
CREATE TEMPORARY TABLE chosen ON COMMIT DROP AS SELECT id FROM papers ORDER BY md5(id::text) LIMIT {papers};
INSERT INTO models (id, slug, name, lineage, paper_count)
SELECT 1, 'benchmark', 'Benchmark', '{{1}}', count(*) FROM chosen
UNION ALL SELECT 1 + n, 'benchmark-' || n, 'Benchmark ' || n, ARRAY[1 + n, 1], 0 FROM generate_series(1, 50) AS n;
UPDATE models SET parent_id = 1 WHERE id BETWEEN 2 AND 51;
INSERT INTO paper_models (paper_id, model_id, role, published_on)
SELECT id, 2 + id % 50, 'used', published_on FROM chosen JOIN papers USING (id);
SELECT setseed(0.5);
INSERT INTO paper_models (paper_id, model_id, role)
SELECT chosen.id, known.ids[1 + floor(cardinality(known.ids) * random() ^ 3)::integer], 'used'
FROM chosen, generate_series(1, 3), (
    SELECT array_agg(id) AS ids FROM (SELECT id FROM models WHERE id > 51 ORDER BY paper_count DESC LIMIT 300) AS most
) AS known
ON CONFLICT DO NOTHING;
UPDATE models SET paper_count = papers
FROM (
    SELECT above.id, count(DISTINCT pm.paper_id) AS papers
    FROM paper_models pm JOIN models m ON m.id = pm.model_id, unnest(m.lineage) AS above (id) GROUP BY above.id
) AS counted WHERE counted.id = models.id;
INSERT INTO repos (id, key, host, owner, name, url, paper_count)
SELECT 1, 'github.com/benchmark/b', 'github.com', 'benchmark', 'b', '', count(*) FROM chosen;
INSERT INTO paper_repos (paper_id, repo_id) SELECT id, 1 FROM chosen;
ANALYZE paper_models; ANALYZE paper_repos; ANALYZE models;
"""
_NEAREST = "SELECT id, {name} AS name, paper_count FROM {noun} ORDER BY abs(paper_count - $1), id LIMIT 1"
# What counting all papers of the model gives.
_ALL = """
SELECT m.slug, count(DISTINCT pm.paper_id)
FROM (
    SELECT DISTINCT paper_id FROM paper_models
    WHERE model_id = ANY (ARRAY(SELECT id FROM models WHERE lineage @> ARRAY[$1::bigint]))
) AS own JOIN paper_models pm USING (paper_id) JOIN models b ON b.id = pm.model_id, unnest(b.lineage) AS above (id)
    JOIN models m ON m.id = above.id
GROUP BY m.slug
"""


async def measure(connection: Connection, noun: str, members: dict[str, str], number: int) -> dict[str, list[float]]:
    """Milliseconds of each round for each member."""
    times: dict[str, list[float]] = {}
    for member, sql in members.items():
        statement = f"SELECT ({sql.format(limit=100)})::text FROM {noun} t WHERE t.id = $1"
        for turn in range(WARM_UP + ROUNDS):
            started = time.perf_counter()
            await connection.fetchval(statement, number)
            if turn >= WARM_UP:
                times.setdefault(member, []).append((time.perf_counter() - started) * 1000)
    return times


async def main(dsn: str, papers: int) -> None:
    connection = await open_connection(dsn, Settings())
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute(_MAKE.format(papers=papers))
        counts = await connection.fetchrow("SELECT (SELECT count(*) FROM papers), (SELECT count(*) FROM paper_models)")
        assert counts is not None
        print("{:,} papers, {:,} mentions of models; medians in ms of {} rounds".format(*counts, ROUNDS))
        for noun, name, members in (("models", "t.name", OF_MODEL), ("repos", "t.key", OF_REPO)):
            print(f"{noun:30} {'papers':>8} " + " ".join(f"{member:>13}" for member in members))
            seen = set()
            for size in SIZES:
                row = await connection.fetchrow(_NEAREST.format(noun=f"{noun} t", name=name), size)
                if row is None or row["id"] in seen:
                    continue
                seen.add(row["id"])
                times = await measure(connection, noun, dict(members), row["id"])
                medians = " ".join(f"{statistics.median(times[member]):13.2f}" for member in members)
                print(f"{row['name'][:30]:30} {row['paper_count']:8,} {medians}")
        await compare(connection)
    finally:
        await transaction.rollback()
        await connection.close()


async def compare(connection: Connection) -> None:
    """How far the estimates of a sample are from the counts."""
    exact = {row[0]: row[1] for row in await connection.fetch(_ALL, 1)}
    text = await connection.fetchval(f"SELECT ({OF_MODEL['co_mentioned']})::text FROM models t WHERE id = 1")
    estimates = {item["slug"]: item["paper_count"] for item in json.loads(text)}
    best = sorted((slug for slug in exact if not slug.startswith("benchmark")), key=lambda slug: -exact[slug])
    print(f"co-mentioned of the made model, of a sample of {MAX_LOOKED_AT:,} papers, against all of them:")
    print(f"{len(set(best[: len(estimates)]) & set(estimates))} of its {len(estimates)} are the right ones")
    for slug, estimate in estimates.items():
        print(f"  {slug:20} {estimate:8,} of {exact[slug]:8,}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="How long one model and one repository take.")
    parser.add_argument("dsn")
    parser.add_argument("--papers", type=int, default=100_000)
    arguments = parser.parse_args()
    asyncio.run(main(arguments.dsn, arguments.papers))

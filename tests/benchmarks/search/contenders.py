"""The statements that are compared, each for one query on one connection, prepared once.

Plain: ts_rank over all that match, what PostgreSQL's manual shows. Exact: BM25 over all that match, written without
the product's. Ours: what the product runs.
"""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import log
from typing import TYPE_CHECKING, TypeAlias

import asyncpg

from service.database import Connection
from service.papers import CountMode, SearchRequest
from service.queries.search import render_search
from service.words import write_clauses
from tests.benchmarks.search.queries import Query

if TYPE_CHECKING:  # only the stubs know it to be generic
    from asyncpg.prepared_stmt import PreparedStatement

    Prepared: TypeAlias = PreparedStatement[asyncpg.Record]

LIMIT = 20
# Where our counting stops.
COUNT_BOUND = 1000
# The best of the exact ranking and whatever ties with them.
_EXACT_LIMIT = 1000

_PLAIN = """
SELECT s.paper_id AS id, ts_rank(s.words, query) AS score
FROM {tables}, {query} AS query
WHERE s.words @@ query{condition}
ORDER BY score DESC LIMIT {limit}
"""
# Our index, all of whose papers are asked again.
_MATCH = """search_impacts(s.words, s.length) @@ search_bare(querytree($1::text::tsquery)::tsquery)::tsquery
    AND s.words @@ $1::text::tsquery"""
# k1 1.2, b 0.75, an average length of 102 words; a word in the title counts as two more.
_EXACT = """
SELECT s.paper_id AS id,
    sum(t.idf * w.tf / (w.tf + 1.2::float8 * (0.25::float8 + 0.75::float8 * s.length / 102))) AS score
FROM {tables}
CROSS JOIN LATERAL (
    SELECT lexeme, (cardinality(positions) + CASE WHEN 'A' = ANY(weights) THEN 2 ELSE 0 END)::float8 AS tf
    FROM unnest(s.words)
) AS w
JOIN unnest($2::text[], $3::float8[]) AS t (lexeme, idf) ON t.lexeme = w.lexeme
WHERE {match}{condition}
GROUP BY s.paper_id ORDER BY score DESC, id DESC LIMIT {limit}
"""
_COUNT = "SELECT count(*) FROM {tables} WHERE {match}{condition}"
_COUNT_LEXEME = """
INSERT INTO bench_terms
SELECT lexeme, (
    SELECT count(*) FROM paper_search WHERE search_impacts(words, length) @@ format('%L', lexeme)::tsquery
)
FROM unnest($1::text[]) AS lexeme WHERE lexeme NOT IN (SELECT lexeme FROM bench_terms)
"""


@dataclass(frozen=True, slots=True)
class Contender:
    statement: "Prepared"
    values: Sequence[object]

    async def run(self) -> tuple[list[asyncpg.Record], float]:
        """The rows, and how many milliseconds they took to come."""
        start = time.perf_counter()
        rows = await self.statement.fetch(*self.values)
        return rows, (time.perf_counter() - start) * 1000


@dataclass(frozen=True, slots=True)
class Reading:
    """How a query is read where it is asked: its positive lexemes, what must match ("any" of them where no paper
    has all), and how many papers do."""

    lexemes: list[str]
    words: str
    mode: str
    matches: int


async def forget_frequencies(connection: Connection) -> None:
    """Papers by lexeme, counted anew when first asked for."""
    await connection.execute("DROP TABLE IF EXISTS bench_terms")
    await connection.execute("CREATE TABLE bench_terms (lexeme text PRIMARY KEY, papers bigint NOT NULL)")


async def read_query(connection: Connection, query: Query) -> Reading:
    clauses = SearchRequest(query.text).clauses
    wanted = [tuple(term for term in clause if not term.negated) for clause in clauses]
    positive = tuple(clause for clause in wanted if clause)
    convert = "SELECT search_query($1::jsonb)::text"
    words = await connection.fetchval(convert, write_clauses(clauses))
    found = re.findall("'([^']+)'", await connection.fetchval(convert, write_clauses(positive)))
    lexemes = sorted({lexeme for lexeme in found if not lexeme.startswith("@")})
    count = _COUNT.format(match=_MATCH, tables=_tables("paper_search", query), condition=_condition(query))
    matches = await connection.fetchval(count, words)
    if matches:
        return Reading(lexemes, words, "all", matches)
    # What is excluded stays excluded.
    negative = tuple(clause for clause in clauses if all(term.negated for term in clause))
    excluded = await connection.fetchval(convert, write_clauses(negative))
    words = f"({' | '.join(map(_quote, lexemes))})" + (f" & {excluded}" if excluded else "")
    return Reading(lexemes, words, "any", await connection.fetchval(count, words))


async def prepare_plain(connection: Connection, query: Query) -> Contender:
    convert = "to_tsquery" if query.plain else "websearch_to_tsquery"
    sql = _PLAIN.format(
        tables=_tables("plain_search", query),
        query=f"{convert}('english', $1)",
        condition=_condition(query),
        limit=LIMIT,
    )
    return Contender(await connection.prepare(sql), [query.plain or query.text])


async def prepare_exact(connection: Connection, query: Query, reading: Reading) -> Contender:
    await connection.execute(_COUNT_LEXEME, reading.lexemes)
    rows = await connection.fetch("SELECT * FROM bench_terms WHERE lexeme = ANY($1::text[])", reading.lexemes)
    papers = await connection.fetchval("SELECT count(*) FROM paper_search")
    rarity = {row["lexeme"]: log(1 + (papers - row["papers"] + 0.5) / (row["papers"] + 0.5)) for row in rows}
    sql = _EXACT.format(
        match=_MATCH, tables=_tables("paper_search", query), condition=_condition(query), limit=_EXACT_LIMIT
    )
    values = [reading.words, reading.lexemes, [rarity[lexeme] for lexeme in reading.lexemes]]
    return Contender(await connection.prepare(sql), values)


async def prepare_ours(connection: Connection, query: Query, *, count: bool = False) -> Contender:
    """The product's page; count: with the total, which is counted up to COUNT_BOUND."""
    request = SearchRequest(query.text, query.filter, limit=LIMIT, count=CountMode.NONE)
    bound = None
    if count:
        request, bound = replace(request, count=CountMode.BOUNDED), COUNT_BOUND
    sql, values = render_search(request, fields=["id"], bound=bound, scope=None, ids=[0])
    return Contender(await connection.prepare(sql), values)


def _quote(lexeme: str) -> str:
    return f"'{lexeme}'"


def _tables(table: str, query: Query) -> str:
    return f"{table} s" + (" JOIN papers p ON p.id = s.paper_id" if query.condition else "")


def _condition(query: Query) -> str:
    return f" AND {query.condition}" if query.condition else ""

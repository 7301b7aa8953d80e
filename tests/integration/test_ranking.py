"""Relevance: BM25 as an independent computation has it, and pages that visit every match once."""

import asyncio
import math
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.database import Connection, Database
from service.errors import BadRequest
from service.ingest.statistics import refresh_statistics
from service.papers import CountMode, Cursor, PaperFilter, SearchRequest, Sort
from service.queries.search import PaperPage, search_papers
from service.settings import Settings
from tests.conftest import create_clone, drop_clone

PAPERS = 3000
# No stemmer changes them. The first ones are common, the last ones rare.
WORDS = "brak dolm fent gorp hulk jund kelp lorn mard nept polt quib ront salp tolk vard wend xart yolk zurt".split()
_FILL_SEARCH = """
INSERT INTO paper_search
SELECT id, words, search_length(words)
FROM (
    SELECT id, search_entry(title, abstract, authors, categories, published_on, venue, false) AS words
    FROM papers WHERE id = ANY($1::bigint[])
) AS d
"""
Texts = dict[int, tuple[str, str]]


def make_texts(seed: int, count: int) -> Texts:
    """Papers of 5 to 80 words, the n-th word of WORDS about 1/n as often as the first."""
    chance = random.Random(seed)
    weights = [1 / (place + 1) for place in range(len(WORDS))]

    def write(low: int, high: int) -> str:
        return " ".join(chance.choices(WORDS, weights, k=chance.randint(low, high)))

    return {chance.getrandbits(62): (write(1, 5), write(4, 75)) for _ in range(count)}


async def add(connection: Connection, texts: Texts) -> None:
    rows = [(number, *text, text[0], b"", str(2000 + number % 20)) for number, text in texts.items()]
    columns = ["id", "title", "abstract", "title_sort", "digest", "published"]
    await connection.copy_records_to_table("papers", columns=columns, records=rows)
    await connection.execute(_FILL_SEARCH, list(texts))


@pytest.fixture(scope="module")
def texts() -> Texts:
    return make_texts(1, PAPERS)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def corpus_dsn(template_dsn: str, texts: Texts) -> AsyncIterator[str]:
    dsn = await create_clone(template_dsn)
    connection = await asyncpg.connect(dsn)
    await add(connection, texts)
    assert await refresh_statistics(connection)
    await connection.execute("ANALYZE")
    await connection.close()
    yield dsn
    await drop_clone(dsn)


@pytest_asyncio.fixture
async def corpus(corpus_dsn: str, settings: Settings) -> AsyncIterator[Database]:
    database = await Database.open(corpus_dsn, settings)
    yield database
    await database.close()


def score(papers: Iterable[int], query: str, texts: Texts) -> dict[int, float]:
    """BM25 from the definition, not from our SQL: k1 1.2, b 0.75, average length 102, the title counting 2 more."""
    weights = {}
    for word in query.split():
        known = len(have(texts, word))
        weights[word] = round(math.log(1 + (len(texts) - known + 0.5) / (known + 0.5)), 4)
    scores = {}
    for paper in papers:
        title, abstract = (part.split() for part in texts[paper])
        saturation = 1.2 * (1 - 0.75 + 0.75 * (len(title) + len(abstract)) / 102)
        tfs = {word: title.count(word) + abstract.count(word) + 2 * (word in title) for word in weights}
        scores[paper] = sum(weights[word] * tf / (tf + saturation) for word, tf in tfs.items())
    return scores


def number(edge: Any) -> int:
    return int(edge.paper.partition('"p_')[2][:16], 16)


def have(texts: Texts, *words: str) -> set[int]:
    return {n for n, (title, abstract) in texts.items() if set(words) <= {*title.split(), *abstract.split()}}


async def find(db: Database, query: str | None = None, **more: Any) -> PaperPage:
    return await search_papers(db, SearchRequest(query, **more), ["id"])


async def walk(db: Database, query: str | None, limit: int = 100, **more: Any) -> list[int]:
    """All pages; as many as there can be, so that a cursor which leads nowhere fails."""
    found: list[int] = []
    cursor = None
    for _ in range(PAPERS):
        page = await find(db, query, limit=limit, cursor=cursor, count=CountMode.NONE, **more)
        found += map(number, page.edges)
        cursor = page.next_cursor
        if cursor is None:
            return found
    raise AssertionError("the pages have no end")


@pytest.mark.parametrize("query", ["brak", "zurt", "brak dolm", "brak fent tolk", "kelp lorn mard nept polt quib ront"])
async def test_scores_are_bm25(corpus: Database, texts: Texts, query: str) -> None:
    page = await find(corpus, query, limit=100)
    assert page.applied.mode == "all"
    assert page.edges
    found = {number(edge): edge.score for edge in page.edges}
    assert found == pytest.approx(score(found, query, texts), abs=1e-9)


async def test_a_word_said_twice_counts_twice(corpus: Database) -> None:
    once = {number(edge): edge.score for edge in (await find(corpus, "zurt", limit=100)).edges}
    twice = {number(edge): edge.score for edge in (await find(corpus, "zurt zurt", limit=100)).edges}
    assert twice == {n: pytest.approx(2 * value, abs=1e-3) for n, value in once.items() if value is not None}


@pytest.mark.parametrize("query", ["brak", "dolm", "brak dolm", "brak dolm fent", "gorp kelp", "brak yolk", "zurt"])
async def test_the_best_come_first(corpus: Database, texts: Texts, query: str) -> None:
    """Of the ten best of all matches, nine at least are the ten first."""
    exact = score(have(texts, *query.split()), query, texts)
    tenth = sorted(exact.values(), reverse=True)[:10][-1]
    first = [number(edge) for edge in (await find(corpus, query, limit=10)).edges]
    assert sum(exact[n] >= tenth - 1e-9 for n in first) >= 9


@pytest.mark.parametrize(
    ("query", "more"),
    [
        ("brak", {}),
        ("brak dolm", {"limit": 37}),
        ("zurt", {"limit": 10}),
        ("brak dolm", {"filter": PaperFilter(year=(2003,))}),
        ("brak dolm", {"filter": PaperFilter(since="2001")}),
        ("brak dolm", {"sort": Sort.NEWEST}),
        ("brak zurt", {"sort": Sort.TITLE, "limit": 7}),
    ],
    ids=str,
)
async def test_pages_hold_every_match_once(corpus: Database, texts: Texts, query: str, more: dict[str, Any]) -> None:
    found = await walk(corpus, query, **more)
    wanted = have(texts, *query.split())
    if "filter" in more:
        year, since = more["filter"].year, int(more["filter"].since or 0)
        wanted = {n for n in wanted if 2000 + n % 20 in (year or range(since, 9999))}
    assert Counter(found) == Counter(wanted)


@pytest.mark.parametrize(
    ("query", "condition"),
    [
        ('"brak dolm"', "words @@ 'brak <-> dolm'"),
        ("brak -dolm", "words @@ 'brak & !dolm'"),
        ("zurt OR yolk", "words @@ 'zurt | yolk'"),
        ('zurt OR "brak brak brak"', "words @@ 'zurt | brak <-> brak <-> brak'"),
        ("title:brak dolm", "words @@ 'brak:A & dolm'"),
        ("-brak", "words @@ '!brak'"),
    ],
)
async def test_every_kind_of_query_has_all_its_pages(
    corpus: Database, corpus_dsn: str, query: str, condition: str
) -> None:
    connection = await asyncpg.connect(corpus_dsn)
    wanted = [row[0] for row in await connection.fetch(f"SELECT paper_id FROM paper_search WHERE {condition}")]
    await connection.close()
    assert wanted
    assert Counter(await walk(corpus, query)) == Counter(wanted)


async def test_words_that_never_meet_are_searched_for_one_by_one(corpus: Database, texts: Texts) -> None:
    query = "zurt yolk notthere brak"
    page = await find(corpus, query, limit=20, count=CountMode.EXACT)
    assert page.applied.mode == "any"
    assert page.applied.query is not None
    wanted = have(texts, "zurt") | have(texts, "yolk") | have(texts, "brak")
    assert page.total is not None
    assert page.total.value == len(wanted)
    # The rarest words lead.
    assert all(number(edge) in have(texts, "zurt") | have(texts, "yolk") for edge in page.edges)
    assert Counter(await walk(corpus, query)) == Counter(wanted)
    # Among few enough to be looked through, and among more.
    for since in (2010, 2003):
        page = await find(corpus, query, filter=PaperFilter(since=str(since)))
        assert page.applied.mode == "any"
        found = await walk(corpus, query, limit=30, filter=PaperFilter(since=str(since)))
        assert Counter(found) == Counter(n for n in wanted if 2000 + n % 20 >= since)
    # What is excluded stays so.
    page = await find(corpus, "zurt notthere -brak", limit=100)
    assert page.applied.mode == "any"
    assert {number(edge) for edge in page.edges} == have(texts, "zurt") - have(texts, "brak")
    # And in other orders.
    page = await find(corpus, query, sort=Sort.NEWEST)
    assert page.applied.mode == "any"
    assert Counter(await walk(corpus, query, sort=Sort.NEWEST)) == Counter(wanted)
    # Where no word is known there is nothing.
    page = await find(corpus, "notthere norhere")
    assert not page.edges


async def test_of_very_many_words_the_rarest_rank(corpus: Database) -> None:
    query = " ".join([*WORDS, *(f"unheard{n}" for n in range(30))])
    page = await find(corpus, query, limit=5)
    assert page.applied.mode == "any"
    assert len(page.applied.dropped) == 18
    assert set(page.applied.dropped) <= set(WORDS)
    assert "brak" in page.applied.dropped
    assert page.edges


@pytest.mark.parametrize(
    ("query", "words"),
    [
        # A word that stood in an earlier part counts as its own.
        ("title:zurt zurt notthere", ["zurt"]),
        ('"zurt brak" zurt notthere', ["zurt"]),
        ("zurt OR yolk notthere", ["zurt", "yolk"]),
    ],
)
async def test_any_word_means_any_part_of_the_query(
    corpus: Database, texts: Texts, query: str, words: list[str]
) -> None:
    page = await find(corpus, query, count=CountMode.EXACT)
    assert page.applied.mode == "any"
    wanted = set().union(*(have(texts, word) for word in words))
    assert page.total is not None
    assert page.total.value == len(wanted)
    assert Counter(await walk(corpus, query)) == Counter(wanted)


@pytest.mark.parametrize("query", ["multi OR brak", "pre OR brak", "v1.2.3 OR brak"])
async def test_every_alternative_ranks(corpus: Database, query: str) -> None:
    scores = [edge.score for edge in (await find(corpus, query, limit=5)).edges]
    assert len(set(scores)) > 1
    assert min(score or 0 for score in scores) > 0


@pytest.mark.parametrize("query", ["brak", "brak dolm", "brak dolm notthere", "fent -zurt"])
async def test_pages_stay_true_while_papers_come_and_go(
    template_dsn: str, settings: Settings, texts: Texts, query: str
) -> None:
    dsn = await create_clone(template_dsn)
    connection = await asyncpg.connect(dsn)
    db = await Database.open(dsn, settings)
    try:
        await add(connection, texts)
        await refresh_statistics(connection)
        before = set(await walk(db, query))
        found: list[int] = []
        cursor = None
        gone: set[int] = set()
        for turn in range(PAPERS):
            page = await find(db, query, limit=100, cursor=cursor, count=CountMode.NONE)
            found += map(number, page.edges)
            cursor = page.next_cursor
            if cursor is None:
                break
            if turn < 5:
                await add(connection, make_texts(100 + turn, 200))
                await refresh_statistics(connection)
                one = random.Random(turn).choice(sorted(before - gone))
                gone.add(one)
                await connection.execute("DELETE FROM papers WHERE id = $1", one)
        assert max(Counter(found).values()) == 1
        assert before - gone <= set(found)
    finally:
        await db.close()
        await connection.close()
        await drop_clone(dsn)


async def test_tiers_and_counts_are_those_of_the_definition(corpus_dsn: str, texts: Texts) -> None:
    connection = await asyncpg.connect(corpus_dsn)
    rows = await connection.fetch("SELECT paper_id, tsvector_to_array(search_impacts(words, length)) FROM paper_search")
    tagged: Counter[str] = Counter()
    for paper, tags in rows:
        title, abstract = (part.split() for part in texts[paper])
        length = len(title) + len(abstract)
        wanted = set()
        for word in {*title, *abstract}:
            tf = title.count(word) + abstract.count(word) + 2 * (word in title)
            impact = tf / (tf + 1.2 * (1 - 0.75 + 0.75 * length / 102))
            starts = [0, 0.6, 0.68, 0.76, 0.82, 0.86, 0.89, 0.92]
            wanted |= {f"{word}~{n}" if n else word for n, start in enumerate(starts) if impact >= start - 1e-9}
        assert {tag for tag in tags if not tag.startswith("@")} == wanted, texts[paper]
        tagged.update(tags)
    for lexeme, papers, tiers in await connection.fetch("SELECT lexeme, papers, tiers FROM search_terms"):
        assert papers == tagged[lexeme]
        assert tiers is None or tiers == [tagged[f"{lexeme}~{n}"] for n in range(1, 8)]
    await connection.close()


@pytest.mark.parametrize("times", [1, 2, 3, 10, 50, 100])
async def test_occurrences_are_read_off_the_rank(corpus_dsn: str, times: int) -> None:
    connection = await asyncpg.connect(corpus_dsn)
    sql = "SELECT search_tf(search_document($1, $2, '{}'), 'word', 'word:A')"
    assert await connection.fetchval(sql, "title", "word " * times) == times
    assert await connection.fetchval(sql, "a word", "word and " * times) == times + 3
    assert await connection.fetchval(sql, "title", "other") == 0
    await connection.close()


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    keys=st.tuples(
        st.sampled_from(["all", "any", "none", ""]),
        st.one_of(st.sampled_from(["", "0:1.5", "1:0.3,0:2", "7:1", "0:0", "1:9999"]), st.text(max_size=20)),
        st.text("0123456789x", max_size=40),
        st.text("0123456789", max_size=40),
        st.floats(),
        st.integers(-(2**70), 2**70),
    )
)
async def test_a_forged_cursor_is_answered_or_refused(corpus: Database, keys: tuple[Any, ...]) -> None:
    request = SearchRequest("brak dolm")
    try:
        cursor = Cursor(request.fingerprint, keys).encode()
        page = await find(corpus, "brak dolm", cursor=cursor)
    except BadRequest as error:
        assert error.code == "invalid_cursor"
    else:
        assert page.applied.mode in ("all", "any")


async def test_statistics_are_refreshed_without_blocking_readers(corpus: Database, corpus_dsn: str) -> None:
    """Someone reads what is refreshed in a transaction that is not over, and a search goes on meanwhile."""
    reader, writer = await asyncpg.connect(corpus_dsn), await asyncpg.connect(corpus_dsn)
    transaction = reader.transaction(isolation="repeatable_read")
    await transaction.start()
    before = await reader.fetch("SELECT * FROM search_terms ORDER BY lexeme")
    refreshing = asyncio.create_task(refresh_statistics(writer))
    while not refreshing.done():
        assert (await find(corpus, "brak", limit=1)).edges
    assert await refreshing
    assert await reader.fetch("SELECT * FROM search_terms ORDER BY lexeme") == before
    await transaction.rollback()
    # Two at once: one refreshes, the other leaves it to that one.
    async with writer.transaction():
        assert await refresh_statistics(writer)
        assert not await refresh_statistics(reader)
    await reader.close()
    await writer.close()

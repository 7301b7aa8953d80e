"""With words to look for, filters are answered by the search index: by the same papers as without words."""

import json
from collections.abc import AsyncIterator
from itertools import product
from typing import Any

import pytest
import pytest_asyncio

from service.database import Database
from service.ingest.run import load_files
from service.papers import CountMode, PaperFilter, SearchRequest, Sort
from service.queries.search import search_papers
from service.settings import Settings
from tests.conftest import create_clone, drop_clone

LONG = "Proceedings " + "of the " * 90
VENUES = [
    None,
    "ACL",
    "acl",
    "ACLX",
    "ACL 2024",
    "ACL  2024",
    "ACL 2024 Findings",
    "O'Reilly \\ Books: {a} & b | !c",
    "Ωκεανός ΣΟΦΌΣ",
    "One Two Three Four Five Six Seven Eight",
    "One Two Three Four Five Six Seven Eight Nine",
    "One Two Three Four Five Six Seven Eight Nine Ten",
    LONG + "1",
    LONG + "2",
    "y" * 600,
]
CATEGORIES = [[], ["cs.CL"], ["CS.cl", "cs.LG"], ["cs.LG"], ["it's \\ 'odd' <-> !"], ["x" * 600], ["=", "@repo="]]
DATES = [
    None,
    "0007",
    "1776",
    "1850-05",
    "1899-12-31",
    "1900",
    "1901-07",
    "1999-12",
    "2000-01-01",
    "2024-05-17",
    "2024-12",
]
DATES += ["2099-12-31", "2100", "2150-03"]
FILTERS: list[dict[str, Any]] = [
    *({"venue": (venue,)} for venue in VENUES if venue),
    {"venue": ("ACL 2024 F", "one two three four five six seven eight")},
    {"venue": (LONG.strip(),)},
    *({"category": tuple(categories)} for categories in CATEGORIES if categories),
    {"category": ("cs.cl", "=")},
    *({"year": (year,)} for year in (7, 1776, 1850, 1899, 1900, 2024, 2100, 2150, 9999)),
    {"year": (1776, 2024)},
    *(
        {"since": since}
        for since in ("0001", "1776", "1880", "1900", "1900-06", "2000", "2024-06", "2100", "2150", "9999")
    ),
    *({"until": until} for until in ("1776", "1850", "1899", "1900", "1999", "2024-05-16", "2100", "2150", "9999")),
    *(
        {"since": since, "until": until}
        for since, until in product(("1700", "1899-12", "1901", "2024-05"), ("1999-12-31", "2024-11", "2149", "2150"))
        if since < until
    ),
    {"has_repo": True},
    {"has_repo": False},
    {"author": ("lovelace",)},
    {"author": ("Ada Lovelace", "Grace Hopper")},
    {"author": ("Ada Hopper",)},
    {"year": (2024,), "has_repo": True, "category": ("cs.LG",)},
    {"since": "1900", "has_repo": False, "venue": ("ACL",), "author": ("lovelace",)},
    {"source": ("jsonl",), "year": (2024, 1900)},
    {"repo": ("some/code",), "since": "1901"},
]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def library(template_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """A paper for each pair of a venue and a date; all have the word "study"."""
    dsn = await create_clone(template_dsn)
    records = []
    for number, (venue, date) in enumerate(product(VENUES, DATES)):
        given = {
            "title": f"Study {number}",
            "abstract": "A study of studies. " * (number % 4) + f"Trial {number % 5}.",
            "authors": [["Ada Lovelace", "Grace Hopper"], ["Hopper, Grace"], []][number % 3],
            "venue": venue,
            "published": date,
            "categories": CATEGORIES[number % len(CATEGORIES)],
            "repos": ["github.com/some/code"] if number % 4 == 1 else [],
            "external_ids": {"arxiv": f"2401.{number:05}"},
        }
        records.append({name: value for name, value in given.items() if value})
    path = tmp_path_factory.mktemp("library") / "library.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    await load_files(dsn, Settings(), [str(path)])
    yield dsn
    await drop_clone(dsn)


@pytest_asyncio.fixture
async def filled(library: str, settings: Settings) -> AsyncIterator[Database]:
    database = await Database.open(library, settings)
    yield database
    await database.close()


async def list_ids(db: Database, query: str | None, wanted: dict[str, Any], **more: Any) -> list[str]:
    ids: list[str] = []
    cursor = None
    while True:
        request = SearchRequest(query, PaperFilter(**wanted), limit=100, cursor=cursor, count=CountMode.EXACT, **more)
        page = await search_papers(db, request, ["id"])
        ids += [json.loads(edge.paper)["id"] for edge in page.edges]
        cursor = page.next_cursor
        if cursor is None:
            assert page.total is not None
            assert page.total.value == len(ids) == len(set(ids))
            return ids


@pytest.mark.parametrize("wanted", FILTERS, ids=lambda wanted: str(wanted)[:60])
async def test_a_filter_finds_the_same_with_words_and_without(filled: Database, wanted: dict[str, Any]) -> None:
    papers = await list_ids(filled, None, wanted)
    assert sorted(await list_ids(filled, "study", wanted)) == sorted(papers)
    # In an order that does not depend on the words, and without a box that bounds them.
    assert await list_ids(filled, "study", wanted, sort=Sort.NEWEST) == papers
    assert await list_ids(filled, "-zebra", wanted) == papers
    # No paper has both words: any is enough, the filter holds.
    assert sorted(await list_ids(filled, "study zebra", wanted)) == sorted(papers)
    assert await list_ids(filled, "the", wanted) == []


async def test_facets_count_within_filters_that_the_index_answers(filled: Database) -> None:
    for wanted in ({"year": (2024,)}, {"has_repo": True}, {"category": ("cs.CL",), "since": "1901"}):
        facets = []
        for query in ("study", None):
            request = SearchRequest(query, PaperFilter(**wanted), facets=("year", "category", "venue"))
            facets.append((await search_papers(filled, request, ["id"])).facets)
        assert facets[0] == facets[1]
        assert '"count"' in str(facets[0])

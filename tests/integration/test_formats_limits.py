"""The greatest record that the formats let through is one that PostgreSQL can index."""

import hashlib

import pytest

from service.database import Database, Lane
from service.ingest.record import (
    MAX_ABSTRACT,
    MAX_AUTHORS,
    MAX_AUTHORS_CHARACTERS,
    MAX_CATEGORIES_CHARACTERS,
    MAX_TITLE,
    Record,
    RecordError,
    check_record,
)


def write_words(seed: str, characters: int) -> str:
    """Ever new words, half of them compounds, which cost the index most."""
    words = (hashlib.md5(f"{seed}{n}".encode()).hexdigest()[:5] for n in range(characters // 6 + 1))
    return "".join(word + ("-" if n % 2 else " ") for n, word in enumerate(words))[:characters]


async def test_the_greatest_record_fits_a_tsvector(db: Database) -> None:
    each = MAX_AUTHORS_CHARACTERS // MAX_AUTHORS
    record = Record(
        title=write_words("title", MAX_TITLE),
        abstract=write_words("abstract", MAX_ABSTRACT),
        authors=tuple(hashlib.md5(f"author{n}".encode()).hexdigest()[:each] for n in range(MAX_AUTHORS)),
        categories=tuple(f"{n:03}" + "象" * 497 for n in range(MAX_CATEGORIES_CHARACTERS // 500)),
        venue="会 " * 250,
    )
    check_record(record)
    size = await db.fetchval(
        Lane.SEARCH,
        "SELECT pg_column_size(search_entry($1, $2, $3, $4, '2024-01-01', $5, true))",
        record.title,
        record.abstract,
        list(record.authors),
        list(record.categories),
        record.venue,
    )
    # PostgreSQL refuses 1 MB; nearly there would be a matter of luck.
    assert 300_000 < size < 900_000


async def test_more_categories_than_can_be_searched_are_refused(db: Database) -> None:
    many = tuple(f"{n:03}" + "x" * 497 for n in range(1000))
    with pytest.raises(RecordError, match="categories has 500,000 characters"):
        check_record(Record(title="A title", categories=many))
    # What an earlier version stored is still indexed.
    size = "SELECT pg_column_size(search_labels($1, NULL, NULL, false))"
    assert await db.fetchval(Lane.SEARCH, size, list(many)) < 50_000

"""The greatest record that the formats let through is one that PostgreSQL can index."""

import hashlib

from service.database import Database, Lane
from service.ingest.record import MAX_ABSTRACT, MAX_AUTHORS, MAX_AUTHORS_CHARACTERS, MAX_TITLE, Record, check_record


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
    )
    check_record(record)
    size = await db.fetchval(
        Lane.SEARCH,
        "SELECT pg_column_size(search_document($1, $2, $3))",
        record.title,
        record.abstract,
        list(record.authors),
    )
    # PostgreSQL refuses 1 MB; nearly there would be a matter of luck.
    assert 300_000 < size < 900_000

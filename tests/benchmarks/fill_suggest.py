"""A database to measure suggestions in: `python -m tests.benchmarks.fill_suggest DSN`, of a database that is empty.

The real titles of the shared papers, then recombined ones: the beginning of one and the end of another, so that words
are as frequent as they are. Their models and repositories, as extracted, and more of those made of their names.
"""

import argparse
import asyncio
import gzip
import json
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from random import Random

from service.database import Connection, open_connection
from service.ingest.extract import extract
from service.migrate import migrate
from service.names import fold_title, hash_id, model_key, model_slug
from service.settings import Settings
from tests.shared import find_shared

REPOS = 100_000
SIZES = ("", "-Base", "-Large", "-7B", "-v2", "-XL")
BATCH = 20_000


def read_papers() -> list[tuple[str, str]]:
    """Title and abstract."""
    with gzip.open(find_shared() / "data" / "papers-120k.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [(record["title"], record["abstract"]) for record in map(json.loads, lines)]


def recombine(papers: list[tuple[str, str]], wanted: int, random: Random) -> Iterator[tuple[str, str]]:
    yield from papers[:wanted]
    for _ in range(wanted - len(papers)):
        (beginning, _), (ending, abstract) = random.choice(papers), random.choice(papers)
        first, last = beginning.split(), ending.split()
        words = first[: random.randint(1, max(1, len(first) - 1))] + last[random.randrange(len(last)) :]
        yield " ".join(words), abstract


async def fill_papers(connection: Connection, papers: Iterator[tuple[str, str]]) -> None:
    columns = ["id", "title", "abstract", "title_sort", "digest"]
    numbered = enumerate(papers)
    while batch := list(islice(numbered, BATCH)):
        rows = [(hash_id(f"paper:{n}"), title, abstract, fold_title(title), b"") for n, (title, abstract) in batch]
        await connection.copy_records_to_table("papers", records=rows, columns=columns)


async def fill_names(connection: Connection, papers: list[tuple[str, str]], random: Random) -> None:
    models: Counter[str] = Counter()
    repos: Counter[str] = Counter()
    for title, abstract in papers:
        found = extract(title, abstract)
        models.update({mention.model.name for mention in found.mentions})
        repos.update({f"{link.repo.owner}/{link.repo.name}" for link in found.links if link.repo})
    sized = {
        model_slug(name + size): (name + size, 1 if size else papers)
        for size in SIZES
        for name, papers in models.items()
    }
    await connection.copy_records_to_table(
        "models",
        records=[(hash_id(f"model:{slug}"), slug, *rest, [hash_id(f"model:{slug}")]) for slug, rest in sized.items()],
        columns=["id", "slug", "name", "paper_count", "lineage"],
    )
    await connection.copy_records_to_table(
        "model_aliases",
        records=[(model_key(name), hash_id(f"model:{slug}")) for slug, (name, _) in sized.items()],
        columns=["key", "model_id"],
    )
    known = list(repos)
    words = [word for title, _ in papers for word in title.split() if word.isascii() and word.isalnum()]
    paths = {path.lower(): (path, papers) for path, papers in repos.items()}
    while len(paths) < REPOS:
        path = f"{random.choice(known)}-{random.choice(words)}"
        if random.random() < 0.5:
            path = f"{random.choice(words)}{random.randrange(100)}/{random.choice(words)}-{random.choice(words)}"
        paths.setdefault(path.lower(), (path, int(random.paretovariate(1.2))))
    rows = []
    for key, (path, papers_of) in paths.items():
        owner, _, name = path.rpartition("/")
        rows.append(
            (hash_id(key), f"github.com/{key}", "github.com", owner, name, f"https://github.com/{path}", papers_of)
        )
    columns = ["id", "key", "host", "owner", "name", "url", "paper_count"]
    await connection.copy_records_to_table("repos", records=rows, columns=columns)


async def main(dsn: str, wanted: int) -> None:
    await migrate(dsn, Settings())
    connection = await open_connection(dsn, Settings())
    assert not await connection.fetchval("SELECT EXISTS (SELECT FROM papers)"), "the database is not empty"
    random = Random(1)
    papers = read_papers()
    await fill_papers(connection, recombine(papers, wanted, random))
    await fill_names(connection, papers, random)
    await connection.execute("VACUUM ANALYZE")
    await connection.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Fill an empty database with titles, models and repositories.")
    parser.add_argument("dsn")
    parser.add_argument("--papers", type=int, default=800_000)
    arguments = parser.parse_args()
    asyncio.run(main(arguments.dsn, arguments.papers))

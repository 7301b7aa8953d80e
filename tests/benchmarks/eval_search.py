"""How good the ranking is, over REST, on sets of judged queries: `make eval-search`, or
`python -m tests.benchmarks.eval_search [FOLDER …]`.

A set is a folder in BEIR's layout: corpus.jsonl, queries.jsonl, and qrels.tsv or qrels/test.tsv. Without arguments,
those below ir/ of the shared folder. Each is loaded into a database of its own by the product's loader, and each
judged query is asked as a client would: GET /v1/papers?q=…&limit=100.

A query is passed as it is but for what the query language would take for more than words, see write_query.

nDCG@10 is trec_eval's ndcg_cut.10, which BEIR reports through pytrec_eval: the gain is the relevance grade itself, the
discount log2(rank + 1), the ideal a ranking of all judged documents by grade (m_ndcg_cut.c of
https://github.com/usnistgov/trec_eval). Recall@100 is its recall.100: a grade from 1 on is relevant. Unlike trec_eval,
which sorts by score again, the rank is the place in the answer; a query without an answer counts as 0.
"""

import asyncio
import json
import re
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log2
from pathlib import Path
from statistics import mean, median, quantiles
from tempfile import TemporaryDirectory
from typing import Any

import asyncpg
import httpx

from service.app import create_app
from service.embedded import attach
from service.ingest.run import load_files
from service.ingest.statistics import refresh_statistics
from service.migrate import migrate
from service.settings import Settings
from service.words import MAX_CHARACTERS, MAX_WORDS
from tests.conftest import create_clone, make_server_folder, run_app, with_database
from tests.shared import find_shared

# What a document of a set is called in external_ids.
_SCHEME = "corpus"
_DEPTH = 100
# Patient: the ranking is measured here, not the machine.
SETTINGS = Settings(acquire_timeout=60.0, statement_timeout=60.0, connect_timeout=10.0)

# Query -> document -> grade.
Judgements = dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True)
class Answer:
    """Documents, best first; mode: how the query was read, "all" or "any" of its words."""

    documents: list[str]
    mode: str
    milliseconds: float


@dataclass(frozen=True, slots=True)
class Figures:
    """What a set came to."""

    name: str
    documents: int
    # Documents that share a paper with another: they cannot be told apart in an answer.
    merged: int
    queries: int
    unanswered: int
    any_of: int
    ndcg: float
    recall: float
    median_ms: float
    p95_ms: float

    def __str__(self) -> str:
        return "\n".join(
            [
                f"{self.name}: {self.documents:,} documents"
                + (f", {self.merged} of them merged with another" if self.merged else ""),
                f"  queries         {self.queries:,}",
                f"  without answer  {self.unanswered:,}",
                f"  any-of          {self.any_of:,}",
                f"  nDCG@10         {self.ndcg:.4f}",
                f"  recall@100      {self.recall:.4f}",
                f"  a request       {self.median_ms:.1f} ms (median), {self.p95_ms:.1f} ms (95 %)",
            ]
        )


async def measure_set(dsn: str, settings: Settings, folder: Path) -> Figures:
    """Load a set into an empty, migrated database and ask all of its judged queries."""
    documents = await load_corpus(dsn, settings, folder)
    papers = await _fetch_papers(dsn)
    judgements = read_judgements(folder)
    queries = {query["_id"]: query["text"] for query in _read_lines(folder / "queries.jsonl")}
    answers = await ask(dsn, settings, {name: queries[name] for name in judgements}, papers)
    times = [answer.milliseconds for answer in answers.values()]
    return Figures(
        name=folder.name,
        documents=documents,
        merged=sum(len(names) for names in papers.values() if len(names) > 1),
        queries=len(judgements),
        unanswered=sum(not answer.documents for answer in answers.values()),
        any_of=sum(answer.mode == "any" for answer in answers.values()),
        ndcg=mean(compute_ndcg(answers[name].documents, grades) for name, grades in judgements.items()),
        recall=mean(compute_recall(answers[name].documents, grades) for name, grades in judgements.items()),
        median_ms=median(times),
        p95_ms=quantiles(times, n=20)[-1] if len(times) > 1 else times[0],
    )


async def load_corpus(dsn: str, settings: Settings, folder: Path) -> int:
    """Load the documents of a set, and say how many. Raises ValueError for one that the loader rejects."""
    with TemporaryDirectory(prefix="colophon-eval-") as scratch:
        path = Path(scratch) / "corpus.jsonl"
        with path.open("w", encoding="utf-8") as lines:
            documents = sum(lines.write(json.dumps(record) + "\n") > 0 for record in _write_records(folder))
        report = (await load_files(dsn, settings, [str(path)])).to_dict()
    if report["rejected"]:
        raise ValueError(f"The loader rejects documents of {folder}: {report}")
    connection = await asyncpg.connect(dsn)
    try:
        await refresh_statistics(connection)
    finally:
        await connection.close()
    return documents


async def ask(
    dsn: str, settings: Settings, queries: Mapping[str, str], papers: Mapping[str, list[str]]
) -> dict[str, Answer]:
    """The answer to each query, from the whole application. papers: the documents of each paper."""
    answers = {}
    async with run_app(create_app(settings, dsn)) as client:
        for name, text in queries.items():
            parameters = {"q": write_query(text), "limit": str(_DEPTH), "fields": "id,external_ids"}
            start = time.perf_counter()
            response = await client.get("/v1/papers", params=parameters)
            milliseconds = (time.perf_counter() - start) * 1000
            answers[name] = _read_answer(name, response, papers, milliseconds)
    return answers


def _read_answer(name: str, response: httpx.Response, papers: Mapping[str, list[str]], milliseconds: float) -> Answer:
    if response.status_code != 200:
        raise ValueError(f"Query {name}: {response.status_code} {response.text}")
    body = response.json()
    documents = []
    for item in body["items"]:
        names = papers[item["id"]]
        if item["external_ids"][_SCHEME] not in names:
            raise ValueError(f"Query {name}: paper {item['id']} is {item['external_ids']}, not one of {names}")
        documents += names
    return Answer(documents, body["applied"]["mode"], milliseconds)


def write_query(text: str) -> str:
    """A text as words of the query language: quotation marks, field names and signs in front of a word (a phrase,
    title:, -not) become spaces, the word OR is written small, and what is too long is cut."""
    text = re.sub(r'"|(?<!\S)(?:-|title:|author:)+', " ", text)
    words = ["or" if word == "OR" else word for word in text.split()]
    return " ".join(words[:MAX_WORDS])[:MAX_CHARACTERS]


def compute_ndcg(ranked: Sequence[str], grades: Mapping[str, int], depth: int = 10) -> float:
    """trec_eval's ndcg_cut at this depth."""
    gains = [grades.get(document, 0) for document in ranked]
    ideal = _discount(sorted(grades.values(), reverse=True)[:depth])
    return _discount(gains[:depth]) / ideal if ideal else 0.0


def _discount(gains: Sequence[int]) -> float:
    return sum(max(gain, 0) / log2(rank + 1) for rank, gain in enumerate(gains, start=1))


def compute_recall(ranked: Sequence[str], grades: Mapping[str, int], depth: int = _DEPTH) -> float:
    """The share of the relevant documents that are among the first."""
    relevant = {document for document, grade in grades.items() if grade > 0}
    return len(relevant & set(ranked[:depth])) / len(relevant) if relevant else 0.0


def read_judgements(folder: Path) -> Judgements:
    """By query, as its qrels say: query, document and grade, after one line of headings."""
    path = next(path for path in _judgement_files(folder) if path.is_file())
    judgements: Judgements = {}
    for line in path.read_text(encoding="utf-8").splitlines()[1:]:
        query, document, grade = line.split("\t")
        judgements.setdefault(query, {})[document] = int(grade)
    return judgements


def find_sets(folder: Path) -> list[Path]:
    """The sets below a folder."""
    return sorted(
        path.parent for path in folder.glob("*/corpus.jsonl") if any(map(Path.is_file, _judgement_files(path.parent)))
    )


def _judgement_files(folder: Path) -> tuple[Path, Path]:
    return folder / "qrels.tsv", folder / "qrels" / "test.tsv"


def _write_records(folder: Path) -> Iterator[dict[str, Any]]:
    for document in _read_lines(folder / "corpus.jsonl"):
        # Some sets hold documents without a title, which a paper must have: its first words.
        title = document.get("title", "").strip() or document["text"][:100].strip() or "-"
        yield {"title": title, "abstract": document["text"], "external_ids": {_SCHEME: document["_id"]}}


def _read_lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


async def _fetch_papers(dsn: str) -> dict[str, list[str]]:
    """The documents that each paper is made of, by the paper's public id."""
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch(
            "SELECT 'p_' || lpad(to_hex(paper_id), 16, '0') AS paper, array_agg(value ORDER BY value) AS documents"
            " FROM external_ids WHERE scheme = $1 GROUP BY paper_id",
            _SCHEME,
        )
    finally:
        await connection.close()
    return {row["paper"]: row["documents"] for row in rows}


async def _measure(dsn: str, folders: Iterable[Path]) -> None:
    for folder in folders:
        database = await create_clone(with_database(dsn, "template0"))
        await migrate(database, SETTINGS)
        print(await measure_set(database, SETTINGS, folder), flush=True)


def main() -> None:
    """Print the figures of the sets in these folders."""
    folders = [Path(argument) for argument in sys.argv[1:]] or find_sets(find_shared() / "ir")
    if not folders:
        sys.exit(f"No set is below {find_shared() / 'ir'}: set SHARED_DATA, or name folders.")
    with make_server_folder() as server, attach(str(server), durable=False) as dsn:
        asyncio.run(_measure(dsn, folders))


if __name__ == "__main__":
    main()

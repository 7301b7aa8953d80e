"""The speed of the extraction beside a bare read of the same file: `make bench-extract`.

Both are measured on one core: seconds of this process, so that other work on the machine counts little. The file is
read and parsed first, so that the second figure is the extraction alone.
"""

import gzip
import json
import sys
import time
from argparse import ArgumentParser
from pathlib import Path

from service.ingest.extract import extract
from service.ingest.extract.lexicon import load_lexicon
from tests.shared import find_shared


def read_papers(path: Path, limit: int) -> list[tuple[str, str]]:
    """Title and abstract of the first papers."""
    papers: list[tuple[str, str]] = []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            paper = json.loads(line)
            papers.append((paper.get("title") or "", paper.get("abstract") or ""))
            if len(papers) == limit:
                break
    return papers


def main() -> None:
    """Print papers a second for reading and for extracting."""
    parser = ArgumentParser(description="measure the speed of the extraction on one core")
    parser.add_argument("--papers", type=int, default=120_000, help="how many")
    options = parser.parse_args()
    path = find_shared() / "data" / "papers-120k.jsonl.gz"
    if not path.is_file():
        sys.exit(f"{path} is not there: set SHARED_DATA")
    start = time.process_time()
    papers = read_papers(path, options.papers)
    reading = time.process_time() - start
    start = time.process_time()
    lexicon = load_lexicon()
    loading = time.process_time() - start
    found = {"links": 0, "mentions of models": 0, "mentions of methods": 0}
    start, wall = time.process_time(), time.perf_counter()
    for title, abstract in papers:
        extraction = extract(title, abstract)
        found["links"] += len(extraction.links)
        found["mentions of models"] += len(extraction.mentions)
        found["mentions of methods"] += len(extraction.methods)
    extracting, elapsed = time.process_time() - start, time.perf_counter() - wall
    count = len(papers)
    print(f"{count:,} papers, {sum(len(t) + len(a) for t, a in papers) / count:,.0f} characters each")
    print(f"lexicon   {loading:6.2f} s   {len(lexicon.entries):,} models, {len(lexicon.spelled):,} spellings and cues")
    print(f"bare read {reading:6.2f} s   {count / reading:10,.0f} papers a second")
    print(f"extract   {extracting:6.2f} s   {count / extracting:10,.0f} papers a second ({elapsed:.2f} s on the clock)")
    print("found: " + ", ".join(f"{number:,} {what}" for what, number in found.items()))


if __name__ == "__main__":
    main()

"""Files of several formats in one database: one paper of many sources, and nothing new when loaded again."""

import asyncpg

from service.ingest.run import load_files
from service.settings import Settings
from tests.reading import SAMPLES
from tests.stored import check_counts, dump

FILES = [
    "arxiv_atom/answer.xml",
    "arxiv_oai/raw.xml",
    "acl_anthology/2031.made.xml",
    "grobid_tei/paper.tei.xml",
    "bibtex/library.bib",
    "ris/library.ris",
]


async def test_one_paper_of_many_sources(dsn: str, settings: Settings) -> None:
    paths = [str(SAMPLES / name) for name in FILES]
    report = await load_files(dsn, settings, paths)
    assert [file.error for file in report.files] == [None] * len(paths)
    assert [file.counts.rejected for file in report.files] == [1, 1, 1, 0, 3, 1]
    connection = await asyncpg.connect(dsn)
    try:
        await check_counts(connection)
        papers = (await dump(connection))["papers"]
        # A preprint that arXiv, DBLP, a reference manager and GROBID tell of.
        (paper,) = (paper for paper in papers if ["arxiv", "3101.01234"] in paper["external_ids"])
        assert {record["source"] for record in paper["records"]} == {"arxiv", "bibtex", "grobid", "ris"}
        assert ["dblp", "journals/corr/abs-3101-01234"] in paper["external_ids"]
        official = {
            repo["key"]: [evidence["official"] for evidence in repo["evidence"]]
            for paper in papers
            for repo in paper["repos"]
        }
        assert "true" in official["github.com/example/widgets"]
        assert "true" in official["github.com/example/widgetbert"]
        again = await load_files(dsn, settings, paths[2:])
        assert (again.totals.created, again.totals.updated, again.totals.merged) == (0, 0, 0)
        assert (await dump(connection))["papers"] == papers
    finally:
        await connection.close()

"""`colophon explain`: every link and mention with its sentence and its records, for people and for programs."""

import json
import re
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from service.ingest.run import load_files
from service.settings import Settings
from tests.conftest import DATA
from tests.e2e.processes import run, run_on_terminal
from tests.methods import make_extraction

ABSTRACT = (
    "Few adapt well. We present LoRA, which is no such thing;\nour code is at https://github.com/lab/tiny-lora (MIT). "
    "It adapts Llama-3-8B and GPT-3. Llama-3-8B is better."
)
PAGE: dict[str, Any] = {"title": "Adapting Llama 2", "abstract": ABSTRACT, "external_ids": {"arxiv": "2401.00007"}}
FEED = {
    "title": "Adapting Llama 2",
    "external_ids": {"arxiv": "2401.00007"},
    "urls": ["https://lab.github.io/tiny/", "http://www.github.com/lab/Tiny-LoRA.git"],
    "models": ["bert base"],
}


@pytest.fixture
async def loaded(dsn: str, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr("service.ingest.paper.extract", make_extraction("LoRA"))
    for name, records in (("page", [{"title": "Another"}, PAGE]), ("feed", [FEED])):
        path = tmp_path / f"{name}.jsonl"
        path.write_text("".join(json.dumps(record) + "\n" for record in records))
        report = await load_files(dsn, settings, [str(path)], source=name)
        assert report.totals.rejected == 0
    return dsn


def explain(dsn: str, name: str) -> dict[str, Any]:
    done = run("explain", name, "--json", DATABASE_URL=dsn)
    assert (done.returncode, done.stderr) == (0, "")
    explained: dict[str, Any] = json.loads(done.stdout)
    return explained


def test_every_item_has_its_evidence(loaded: str) -> None:
    told = explain(loaded, "arxiv:2401.00007v3")
    page = {"source": "page", "file": "page.jsonl", "line": 2, "number": 2}
    feed = {"source": "feed", "file": "feed.jsonl", "line": 1, "number": 1}
    assert list(told) == ["id", "title", "sources", "provenance", "links", "repos", "models", "methods"]
    assert told["sources"] == [page, feed]
    assert told["provenance"] == {
        "title": {"sources": ["feed", "page"], "others": []},
        "abstract": {"sources": ["page"], "others": []},
        "external_ids.arxiv": {"sources": ["feed", "page"], "others": []},
    }
    # The address of the text and another spelling of it are one link.
    assert [(link["url"], link["kind"]) for link in told["links"]] == [
        ("https://github.com/lab/tiny-lora", "repository"),
        ("https://lab.github.io/tiny/", "project_page"),
    ]
    in_text, beside = (link["evidence"] for link in told["links"])
    assert [(one["sentence"], one["records"]) for one in beside] == [(None, [feed])]
    (one,) = in_text
    assert one["sentence"].startswith("We present LoRA")
    assert one["records"] == [page]
    (repo,) = told["repos"]
    assert [(one["source"], one["field"], one["records"]) for one in repo["evidence"]] == [
        ("page", "abstract", [page]),
        ("feed", None, [feed]),
    ]
    models = {model["slug"]: model["evidence"] for model in told["models"]}
    assert set(models) == {"bert-base", "gpt-3", "llama-2", "llama-3-8b"}
    # The title is both records'; a name beside the text is the feed's.
    assert [(one["field"], one["surface"], one["records"]) for one in models["llama-2"]] == [
        ("title", "Llama 2", [page, feed])
    ]
    assert models["bert-base"] == [{"field": None, "sentence": None, "records": [feed]}]
    assert [one["sentence"] for one in models["llama-3-8b"]] == [
        "It adapts Llama-3-8B and GPT-3.",
        "Llama-3-8B is better.",
    ]
    (method,) = told["methods"]
    assert (method["slug"], method["role"], len(method["evidence"])) == ("lora", "introduced", 1)
    for item in (*told["links"], *told["repos"], *told["models"], *told["methods"]):
        for one in item["evidence"]:
            if one["field"] is not None:
                text = PAGE[one["field"]]
                assert text[one["start"] : one["end"]] == one["surface"]
                assert one["sentence"] in text
                assert one["sentence"][one["marked"]["start"] : one["marked"]["end"]] == one["surface"]


async def test_what_a_producer_says_of_a_repository_is_told(dsn: str, settings: Settings) -> None:
    await load_files(dsn, settings, [str(DATA / "formats" / "pwc_links.json")])
    told = explain(dsn, "arxiv:2403.01234")
    assert [
        (
            repo["url"],
            repo["official"],
            [(one["source"], one["official"], one["records"][0]["number"]) for one in found],
        )
        for repo in told["repos"]
        for found in [repo["evidence"]]
    ] == [
        ("https://github.com/heron-lab/heron", "true", [("paperswithcode-links", "true", 1)]),
        ("https://github.com/someone/heron-jax", "false", [("paperswithcode-links", "false", 2)]),
    ]


def test_it_reads_well_in_a_pipe_and_on_a_terminal(loaded: str) -> None:
    piped = run("explain", "https://arxiv.org/abs/2401.00007", DATABASE_URL=loaded)
    assert (piped.returncode, piped.stderr) == (0, "")
    lines = piped.stdout.splitlines()
    assert re.fullmatch(r"p_[0-9a-f]{16}  Adapting Llama 2", lines[0])
    assert lines[1:3] == ["  page page.jsonl:2", "  feed feed.jsonl:1"]
    for line in (
        "  https://github.com/lab/tiny-lora  repository",
        "    beside the text: feed feed.jsonl:1",
        "    title 9-16, used: page page.jsonl:2; feed feed.jsonl:1",
        "      Adapting «Llama 2»",
        "      It adapts «Llama-3-8B» and GPT-3.",
        "  LoRA  lora, introduced",
        # The line break of the text is a space.
        "      We present «LoRA», which is no such thing; our code is at https://github.com/lab/tiny-lora (MIT).",
    ):
        assert line in lines, piped.stdout
    code, shown = run_on_terminal("explain", lines[0].partition(" ")[0], DATABASE_URL=loaded)
    assert code == 0
    assert "It adapts «Llama-3-8B» and GPT-3." in shown
    # In a narrow one what is moved in stays so.
    code, shown = run_on_terminal("explain", "arxiv:2401.00007", DATABASE_URL=loaded, COLUMNS="40")
    assert code == 0
    assert max(map(len, shown.splitlines())) <= 40
    assert re.search(r"^ {6}We present «LoRA», which is no\r$", shown, re.MULTILINE)
    assert re.search(r"\r\n\r\nmodels\r\n", shown)


async def test_it_cannot_control_the_terminal(dsn: str, settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "\x1b[31mred.jsonl"
    abstract = "\x1b[2J BERT\x07 is \u202eblue. https://a.org/\x1b[1m"
    path.write_text(json.dumps({"title": "T\x1b[5m", "abstract": abstract, "external_ids": {"s2": "x1"}}))
    await load_files(dsn, settings, [str(path)])
    piped = run("explain", "s2:x1", DATABASE_URL=dsn)
    assert piped.returncode == 0
    assert "«BERT»" in piped.stdout
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202e]", piped.stdout)
    _, shown = run_on_terminal("explain", "s2:x1", DATABASE_URL=dsn)
    assert "[31m" in shown
    assert "\x07" not in shown and "\u202e" not in shown


async def test_an_id_that_was_merged_away_is_told(loaded: str) -> None:
    connection = await asyncpg.connect(loaded)
    await connection.execute(
        "INSERT INTO merged_papers (id, paper_id) SELECT 7, paper_id FROM external_ids WHERE value = '2401.00007'"
    )
    await connection.close()
    done = run("explain", "p_0000000000000007", "--json", DATABASE_URL=loaded)
    told = json.loads(done.stdout)
    assert done.returncode == 0
    assert done.stderr == f"p_0000000000000007 was merged into {told['id']}.\n"


def test_a_paper_without_anything_says_so(loaded: str) -> None:
    (line,) = run("search", "another", DATABASE_URL=loaded).stdout.splitlines()
    shown = run("explain", line.partition("\t")[0], DATABASE_URL=loaded).stdout
    assert shown.splitlines()[2:5] == ["", "fields", "  title  page"]
    assert shown.splitlines()[5:] == ["", "no links", "", "no repositories", "", "no models", "", "no methods"]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("p_0000000000000000", "There is no paper p_0000000000000000. colophon search WORDS finds papers."),
        ("arxiv:1001.00001", "There is no paper arxiv:1001.00001. colophon search WORDS finds papers."),
        ("nonsense", "This is not the name of a paper. p_…, arxiv:…"),
        ("r_0000000000000000", "This is not the name of a paper."),
    ],
)
def test_what_is_no_paper_is_one_line(dsn: str, name: str, told: str) -> None:
    for json_too in ((), ("--json",)):
        done = run("explain", name, *json_too, DATABASE_URL=dsn)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"colophon: {told}")
        assert done.stderr.count("\n") == 1

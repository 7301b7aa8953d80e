"""What `colophon load` says, keeps and shows again: rejects, loads, and what would happen."""

import json
import os
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.e2e.processes import feed, run
from tests.stored import dump, find_rows

GOOD = {"title": "Good", "abstract": "BERT https://github.com/o/n", "external_ids": {"arxiv": "2101.00001"}}
LINES = [json.dumps(GOOD), '{"title": ""}', "not json", json.dumps({"title": "Other"}), '{"title": "x\\u0000"}']


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "papers.jsonl"
    path.write_text("".join(f"{line}\n" for line in LINES))
    return str(path)


def test_rejects_are_kept_and_shown_again(dsn: str, file: str, tmp_path: Path) -> None:
    kept = tmp_path / "left-out.jsonl"
    loaded = run("load", "--json", "--rejects", str(kept), file, DATABASE_URL=dsn)
    report = json.loads(loaded.stdout)
    assert (loaded.returncode, report["created"], report["rejected"]) == (3, 2, 3)
    asked = run("rejects", "--json", DATABASE_URL=dsn)
    assert asked.returncode == 0
    told = json.loads(asked.stdout)
    assert (told["load"], told["rejected"]) == (report["load"], 3)
    assert [(one["line"], one["entry"]) for one in told["rejects"]] == [(n, LINES[n - 1]) for n in (2, 3, 5)]
    assert [json.loads(line) for line in kept.read_text().splitlines()] == told["rejects"]
    # A load without any says so; the one before is asked by its number.
    clean = json.loads(feed(b'{"title": "Third"}', "load", "--json", "-", DATABASE_URL=dsn).stdout)
    assert run("rejects", DATABASE_URL=dsn).stderr == f"Load {clean['load']} rejected nothing.\n"
    again = run("rejects", "--load", str(report["load"]), DATABASE_URL=dsn)
    assert again.stdout.splitlines()[0] == "papers.jsonl:2: title is empty"
    unknown = run("rejects", "--load", "99999", DATABASE_URL=dsn)
    assert (unknown.returncode, unknown.stderr) == (2, "colophon: There is no load 99999; colophon loads.\n")


def test_of_very_many_rejects_some_are_kept_and_all_counted(dsn: str) -> None:
    lines = b"{}\n" * 1_700 + b'{"title": "Good"}\n'
    loaded = feed(lines, "load", "--format", "jsonl", "-", DATABASE_URL=dsn, COLOPHON_MAX_REJECTS="1200")
    assert loaded.stdout == "1 created, 0 updated, 0 unchanged, 0 merged, 1700 rejected\n".replace("1700", "1,700")
    told = json.loads(run("rejects", "--json", DATABASE_URL=dsn).stdout)
    assert (told["rejected"], len(told["rejects"])) == (1_700, 1_200)
    assert [one["line"] for one in told["rejects"]] == list(range(1, 1_201))
    assert run("rejects", DATABASE_URL=dsn).stderr.startswith("500 more were rejected than are kept")


def test_loads_are_listed_with_their_files(dsn: str, file: str, tmp_path: Path) -> None:
    assert run("loads", DATABASE_URL=dsn).stderr == "Nothing was loaded yet.\n"
    empty = tmp_path / "empty.jsonl"
    empty.write_bytes(b"")
    run("load", file, str(empty), DATABASE_URL=dsn)
    run("load", file, DATABASE_URL=dsn)
    second, first = json.loads(run("loads", "--json", DATABASE_URL=dsn).stdout)["loads"]
    assert (second["created"], second["unchanged"], second["rejected"]) == (0, 2, 3)
    one, other = first["files"]
    assert (one["file"], one["created"], one["rejected"], one["error"]) == (file, 2, 3, None)
    assert (other["file"], other["created"], bool(other["error"])) == (str(empty), 0, True)
    for load in (first, second):
        assert load["started_at"] <= load["finished_at"]
        for name in ("created", "updated", "unchanged", "merged", "rejected"):
            assert load[name] == sum(counted[name] for counted in load["files"])
    lines = run("loads", DATABASE_URL=dsn).stdout.splitlines()
    assert [line.split("\t")[0] for line in lines] == [str(second["id"]), str(first["id"])]
    assert lines[1].endswith(f"{file}, {empty} (not to its end)")
    assert len(run("loads", "--limit", "1", DATABASE_URL=dsn).stdout.splitlines()) == 1


async def test_a_dry_run_says_what_loading_does_and_writes_nothing(dsn: str, tmp_path: Path) -> None:
    # More than a batch, in files whose records belong together and with what is stored.
    random_titles = [f"Paper {number % 450}" for number in range(1_100)]
    sources: list[dict[str, Any]] = [
        {"title": title, "external_ids": {"arxiv": f"2101.{number % 450:05}"}, "abstract": f"BERT {number // 450}"}
        for number, title in enumerate(random_titles)
    ]
    stored = tmp_path / "stored.jsonl"
    stored.write_text("".join(json.dumps({**record, "abstract": "GPT-4"}) + "\n" for record in sources[:60]))
    run("load", str(stored), DATABASE_URL=dsn)
    files = [tmp_path / "a.jsonl", tmp_path / "b.jsonl"]
    for path, records in zip(files, (sources[:700], sources[500:]), strict=True):
        path.write_text("".join(json.dumps(record) + "\n" for record in records) + '{"title": ""}\n')
    connection = await asyncpg.connect(dsn)
    before = await dump(connection, times=True), await find_rows(connection)
    arguments = ("load", "--json", *map(str, files))
    tried = run(*arguments, "--dry-run", DATABASE_URL=dsn)
    assert tried.stderr.splitlines()[0] == "Nothing was written; this is what loading would do."
    assert (await dump(connection, times=True), await find_rows(connection)) == before
    assert await connection.fetchval("SELECT count(*) FROM loads") == 1
    assert await connection.fetchval("SELECT count(*) FROM load_files") == 1
    assert await connection.fetchval("SELECT count(*) FROM rejects") == 0
    done = run(*arguments, DATABASE_URL=dsn)
    await connection.close()
    assert (tried.returncode, done.returncode) == (3, 3)
    would, did = json.loads(tried.stdout), json.loads(done.stdout)
    assert (would.pop("load"), did.pop("load") > 1) == (None, True)
    assert would == did
    assert min(did[name] for name in ("created", "updated", "unchanged", "merged", "rejected")) > 0


def test_a_file_for_rejects_that_cannot_be_written_stops_at_once(dsn: str, file: str, tmp_path: Path) -> None:
    before = Path(file).read_bytes()
    for path in (str(tmp_path), file):
        done = run("load", "--rejects", path, file, DATABASE_URL=dsn)
        assert (done.returncode, done.stdout) == (2, "")
        assert path in done.stderr or "one of the files" in done.stderr
    assert Path(file).read_bytes() == before
    assert run("loads", DATABASE_URL=dsn).stderr == "Nothing was loaded yet.\n"
    if Path("/dev/full").exists() and os.access("/dev/full", os.W_OK):
        full = run("load", "--rejects", "/dev/full", file, DATABASE_URL=dsn)
        assert (full.returncode, "No space left" in full.stderr) == (2, True)


def test_a_reject_that_holds_what_cannot_be_stored_is_kept(dsn: str) -> None:
    lines = b'{"title": "a\x00b"}\n{"title": "bad \xff byte"}\n{"title": "half \\ud800"}\n{"title": "Good"}\n'
    loaded = feed(lines, "load", "--format", "jsonl", "-", DATABASE_URL=dsn)
    assert (loaded.returncode, loaded.stdout) == (3, "1 created, 0 updated, 0 unchanged, 0 merged, 3 rejected\n")
    told = json.loads(run("rejects", "--json", DATABASE_URL=dsn).stdout)["rejects"]
    assert [one["line"] for one in told] == [1, 2, 3]
    assert told[0]["entry"] == '{"title": "a\ufffdb"}'
    assert all(one["reason"] for one in told)

"""Each command in a process of its own: what it says where, and its exit code."""

import asyncio
import gzip
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from service import __version__
from service.migrate import SCHEMA_VERSION
from tests.conftest import DATA, make_server_folder
from tests.e2e.processes import COLOPHON, PATIENCE, ROOT, environment, feed, run, run_on_terminal

PAGE = str(DATA / "page.txt")
COMMANDS = ("serve", "load", "loads", "rejects", "search", "explain", "extract", "migrate", "contracts", "alias")
UNCHANGED = {"created": 0, "updated": 0, "unchanged": 7, "merged": 0, "rejected": 0}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    shown = run(command, "--help", DATABASE_URL="postgresql://someone:hunter2@127.0.0.1:1/none")
    assert shown.returncode == 0
    assert re.search(rf"Examples?:\n( .*\n)*.*colophon {command}\b", shown.stdout)
    assert "hunter2" not in shown.stdout + shown.stderr
    assert "list[" not in shown.stdout


def test_help_lists_the_commands_and_the_exit_codes() -> None:
    shown = run("--help")
    assert shown.returncode == 0
    assert re.findall(r"^  (\w+)  ", shown.stdout, re.MULTILINE) == list(COMMANDS)
    assert "Exit codes: 0" in shown.stdout
    # Each in a line, none cut.
    assert "..." not in shown.stdout.replace("[ARGS]...", "")
    assert run("--version").stdout == f"colophon {__version__}\n"


def test_help_imports_no_server_and_no_driver() -> None:
    """Half a second that --help, wrong usage and a misspelt file name do not wait for."""
    asked = "import sys, service.__main__; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True, cwd=ROOT)
    modules = set(loaded.stdout.split())
    assert not modules & {"asyncpg", "starlette", "uvicorn", "strawberry", "structlog", "rich", "msgspec", "uvloop"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("lode",),
        ("load",),
        ("load", "no-such-file.txt"),
        ("load", "--format", "pdf", PAGE),
        ("load", "--source", "", PAGE),
        ("search", "--limit", "0"),
        ("search", "--limit", "101"),
        ("search", '"never closed'),
        ("search", "--sort", "relevance"),
        ("search", "--sort", "size", "words"),
        ("search", "--cursor", "damaged", "words"),
        ("serve", "--port", "65536"),
        ("extract",),
        ("alias", "add", "paper", "a/b", "c/d"),
        ("alias", "add", "repo", "a/b"),
        ("alias", "add", "repo", "nothing", "c/d"),
        ("alias", "add", "repo", "a/b", "A/B.git"),
        ("alias", "remove", "repo", "a/b"),
        ("alias", "load", "no-such-file.tsv"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_said_on_standard_error(arguments: tuple[str, ...], dsn: str) -> None:
    refused = run(*arguments, DATABASE_URL=dsn)
    assert refused.returncode == 2
    assert refused.stdout == ""
    assert "Traceback" not in refused.stderr
    last = refused.stderr.strip().splitlines()[-1]
    assert len(last) > 20
    # Those of the library that reads the arguments are about Python.
    assert "Value error" not in last


@pytest.mark.parametrize(
    "command",
    [("load", PAGE), ("search", "words"), ("migrate",), ("extract", "--again"), ("alias", "list")],
    ids=lambda c: c[0],
)
@pytest.mark.parametrize(
    "variables",
    [
        {"DATABASE_URL": "postgresql://someone:hunter2@127.0.0.1:1/none"},
        {"DATABASE_URL": "postgresql://localhost:1?hunter2@127.0.0.1:1/none"},
        {"DATABASE_URL": "postgresql://localhost:1hunter2?x@127.0.0.1:1/none"},
        {"DATABASE_URL": "mysql://someone:hunter2@127.0.0.1/none"},
        {"COLOPHON_PROT": "8000"},
    ],
    ids=("unreachable", "not encoded", "not encoded either", "no PostgreSQL", "no setting"),
)
def test_a_wrong_set_up_is_one_line_without_the_password(command: tuple[str, ...], variables: dict[str, str]) -> None:
    refused = run(*command, **variables)
    assert refused.returncode == 2
    assert refused.stdout == ""
    assert re.fullmatch(r"colophon: .+\n", refused.stderr)
    assert "hunter2" not in refused.stderr


def test_loading_twice_changes_nothing(dsn: str) -> None:
    first = run("load", "--json", PAGE, DATABASE_URL=dsn)
    assert (first.returncode, first.stderr) == (0, "")
    report = json.loads(first.stdout)
    assert report["files"][0].items() >= {"file": PAGE, "created": 7, "rejected": 0, "error": None}.items()
    assert report["files"][0]["skipped"][0]["text"] == "new"
    second = run("load", "--json", PAGE, DATABASE_URL=dsn)
    assert second.returncode == 0
    assert json.loads(second.stdout).items() >= UNCHANGED.items()
    # In a pipe nothing but the result.
    third = run("load", PAGE, DATABASE_URL=dsn)
    assert (third.stdout, third.stderr) == ("0 created, 0 updated, 7 unchanged, 0 merged, 0 rejected\n", "")


def test_the_real_page_is_94_papers(dsn: str, shared_dir: Path) -> None:
    page = str(shared_dir / "data" / "daily-papers-page.txt")
    first = json.loads(run("load", "--json", page, DATABASE_URL=dsn).stdout)
    assert (first["created"], first["rejected"]) == (94, 0)
    second = json.loads(run("load", "--json", page, DATABASE_URL=dsn).stdout)
    assert (second["created"], second["unchanged"]) == (0, 94)
    found = run("search", "--repo", "git@github.com:PoTsui99/UniRGB-IR", DATABASE_URL=dsn).stdout
    assert len(found.splitlines()) == 1
    assert "UniRGB-IR" in found


def test_standard_input_is_a_file_too(dsn: str) -> None:
    text = (DATA / "page.txt").read_bytes()
    plain = feed(text, "load", "--json", "-", DATABASE_URL=dsn)
    assert json.loads(plain.stdout)["created"] == 7
    packed = feed(gzip.compress(text), "load", "--json", "--source", "elsewhere", "-", DATABASE_URL=dsn)
    assert json.loads(packed.stdout)["merged"] == 7
    items = json.loads(run("search", "TinyReader", "--json", DATABASE_URL=dsn).stdout)["items"]
    assert sorted(source["source"] for source in items[0]["sources"]) == ["daily_papers", "elsewhere"]


def test_what_is_left_out_is_named_and_the_rest_loads(dsn: str, tmp_path: Path) -> None:
    records = tmp_path / "records.jsonl"
    records.write_text('{"title": "Kept"}\n{"title": 7}\n{"title": "Kept Too"}\n{"abstract": "x"}\n{"title"\n')
    program = tmp_path / "program"
    program.write_bytes(b"\x7fELF\x02\x01\x01" + bytes(500))
    loaded = run("load", str(records), str(program), DATABASE_URL=dsn)
    assert loaded.returncode == 3
    assert loaded.stdout == "2 created, 0 updated, 0 unchanged, 0 merged, 3 rejected\n"
    lines = loaded.stderr.splitlines()
    assert [line.split(": ")[0] for line in lines] == [*(f"{records}:{n}" for n in (2, 4, 5)), str(program)]
    report = run("load", "--json", str(records), DATABASE_URL=dsn)
    assert report.returncode == 3
    assert [reject["line"] for reject in json.loads(report.stdout)["files"][0]["rejects"]] == [2, 4, 5]


def test_a_member_that_is_not_known_is_told_once_and_the_record_loads(dsn: str, tmp_path: Path) -> None:
    one, other = tmp_path / "one.jsonl", tmp_path / "other.jsonl"
    one.write_text('{"title": "A"}\n{"title": "B", "authers": ["X"]}\n{"title": "C", "authers": ["Y"]}\n')
    other.write_text('{"title": "D", "authers": ["Z"], "votes": 3}\n')
    loaded = run("load", str(one), str(other), DATABASE_URL=dsn)
    assert (loaded.returncode, loaded.stdout) == (0, "4 created, 0 updated, 0 unchanged, 0 merged, 0 rejected\n")
    assert loaded.stderr.splitlines() == [
        f"{one}:2: 'authers' is not a member of ours; did you mean 'authors'? (left out; told once)",
        f"{other}:1: 'votes' is not a member of ours (left out; told once)",
    ]


@pytest.mark.parametrize(
    ("record", "told"),
    [
        (
            {"title": "A", "published": "2024-13"},
            "published is '2024-13', which is no date; a day, a month or a year is expected: 2024-05-17, 2024-05, 2024",
        ),
        ({"title": "A\0"}, "title has a NUL character at character 2. PostgreSQL cannot store it"),
    ],
    ids=["published", "NUL"],
)
def test_a_reject_reads_as_a_sentence(dsn: str, record: dict[str, str], told: str) -> None:
    loaded = feed(json.dumps(record).encode(), "load", "-", DATABASE_URL=dsn)
    assert loaded.stderr == f"standard input:1: {told}\n"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
async def test_a_stopped_load_says_what_stays(dsn: str, number: signal.Signals, code: int) -> None:
    connection = await asyncpg.connect(dsn)
    with subprocess.Popen(  # noqa: ASYNC220 - nothing else runs in this loop
        [*COLOPHON, "load", "-"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment({"DATABASE_URL": dsn}),
    ) as process:
        async with asyncio.timeout(PATIENCE):
            while not await connection.fetchval("SELECT count(*) FROM loads"):  # noqa: ASYNC110 - another process's
                await asyncio.sleep(0.01)
        process.send_signal(number)
        assert process.wait(PATIENCE) == code
        assert process.stderr is not None
        told = process.stderr.read().decode()
    await connection.close()
    assert told == "Stopped. What was stored stays; loading the same files again goes on from there.\n"


def test_a_file_name_cannot_control_the_terminal(dsn: str, tmp_path: Path) -> None:
    path = tmp_path / "\x1b[31mred.jsonl"
    path.write_text('{"title": 7}\n')
    loaded = run("load", str(path), DATABASE_URL=dsn)
    assert loaded.returncode == 3
    assert "\x1b" not in loaded.stderr


def test_a_file_name_may_be_no_text(dsn: str, tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9.jsonl")
    path.write_text('{"title": "Kept"}\n')
    loaded = run("load", "--json", str(path), DATABASE_URL=dsn)
    assert (loaded.returncode, loaded.stderr) == (0, "")
    assert json.loads(loaded.stdout)["files"][0]["file"] == str(path)
    items = json.loads(run("search", "--json", DATABASE_URL=dsn).stdout)["items"]
    assert [source["file"] for source in items[0]["sources"]] == ["caf\ufffd.jsonl"]


def test_a_terminal_shows_progress_and_a_table(dsn: str, tmp_path: Path) -> None:
    other = tmp_path / "other.jsonl"
    other.write_text('{"title": "Another"}\n')
    code, shown = run_on_terminal("load", PAGE, str(other), DATABASE_URL=dsn)
    assert code == 0
    assert "7 records" in shown
    assert re.search(r"other\.jsonl +1 +0 +0 +0 +0", shown)
    assert re.search(r"total +8 +0 +0 +0 +0", shown)
    code, shown = run_on_terminal("search", "--limit", "2", DATABASE_URL=dsn)
    assert code == 0
    assert "8 found, 2 shown" in shown
    cursor = re.search(r"--cursor (\S+)", shown)
    assert cursor
    rest = run("search", "--cursor", cursor[1], DATABASE_URL=dsn).stdout.splitlines()
    assert len(rest) == 6
    assert not any(line.split("\t")[0] in shown for line in rest)


def test_80_columns_are_enough(loaded_dsn: str, dsn: str, tmp_path: Path) -> None:
    code, shown = run_on_terminal("search", "--limit", "50", DATABASE_URL=loaded_dsn, COLUMNS="80")
    assert code == 0
    papers = len(re.findall(r"^p_", shown, re.MULTILINE))
    assert papers > 40
    assert len(shown.splitlines()) < 4 * papers
    assert not re.search(r"-$", shown, re.MULTILINE)
    page = tmp_path / f"{'long' * 20}.txt"
    page.write_bytes((DATA / "page.txt").read_bytes())
    code, shown = run_on_terminal("load", str(page), DATABASE_URL=dsn, COLUMNS="80")
    assert code == 0
    assert re.search(r"…g(long)+\.txt .* 7 records [\d,]+/s \d:\d\d:\d\d left [-\d]:[-\d]{2}:[-\d]{2}", shown)
    assert "lines are no papers, the first of them line 1: new" in shown


def test_words_that_cannot_be_searched_for_are_told(loaded_dsn: str) -> None:
    told = run("search", "the", DATABASE_URL=loaded_dsn)
    assert (told.returncode, told.stdout, told.stderr) == (0, "", "None of these words can be searched for.\n")


def test_search_answers_people_scripts_and_programs(loaded_dsn: str) -> None:
    piped = run("search", "--model", "Longformer", DATABASE_URL=loaded_dsn)
    assert (piped.returncode, piped.stderr) == (0, "")
    whole = json.loads(run("search", "--model", "Longformer", "--json", DATABASE_URL=loaded_dsn).stdout)
    assert set(whole) == {"items", "total", "next_cursor", "applied"}
    rows = [line.split("\t") for line in piped.stdout.splitlines()]
    assert [row[0] for row in rows] == [item["id"] for item in whole["items"]]
    assert all(len(row) == 4 for row in rows)
    assert whole["total"]["value"] == len(rows) >= 2
    either = run("search", "--model", "Longformer", "--model", "Whisper", DATABASE_URL=loaded_dsn)
    assert len(either.stdout.splitlines()) > len(rows)
    nothing = run("search", "xylophonists", DATABASE_URL=loaded_dsn)
    assert (nothing.returncode, nothing.stdout) == (0, "")
    both = run("search", "BERT", DATABASE_URL=loaded_dsn).stdout.splitlines()
    without = run("search", "--", "-laptop", "BERT", DATABASE_URL=loaded_dsn).stdout.splitlines()
    assert set() < set(without) < set(both)


def test_a_reader_who_leaves_early_gets_no_traceback(loaded_dsn: str) -> None:
    with subprocess.Popen(
        [*COLOPHON, "search", "--json", "--limit", "100"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment({"DATABASE_URL": loaded_dsn}),
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        errors = process.stderr.read()
        process.wait(PATIENCE)
    assert b"Traceback" not in errors


def test_migrate_says_what_it_did(dsn: str) -> None:
    again = run("migrate", DATABASE_URL=dsn)
    assert again.returncode == 0
    assert again.stdout == f"The schema is at version {SCHEMA_VERSION}; nothing to do.\n"
    machine = run("migrate", "--json", DATABASE_URL=dsn)
    assert json.loads(machine.stdout) == {"version": SCHEMA_VERSION, "applied": []}


def test_the_generated_contracts_are_current() -> None:
    checked = run("contracts", "--check")
    assert (checked.returncode, checked.stdout) == (0, ""), checked.stderr


@pytest.fixture
def folder() -> Iterator[Path]:
    with make_server_folder() as made:
        yield made


def test_a_stopped_command_stops_the_server_it_started(folder: Path) -> None:
    """`load -` waits for input that never comes."""
    with subprocess.Popen(
        [*COLOPHON, "load", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment({"COLOPHON_DATA_DIR": str(folder)}),
    ) as process:
        pid_file = wait_for_server(folder)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 128 + signal.SIGTERM
        assert process.stderr is not None
        assert b"Traceback" not in process.stderr.read()
    assert not pid_file.exists()


def wait_for_server(folder: Path) -> Path:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for pid_file in folder.glob("postgres-??/postmaster.pid"):
            if "ready" in pid_file.read_text():
                return pid_file
        time.sleep(0.05)
    raise AssertionError("the embedded server did not start")

"""colophon alias and colophon extract --again, as an operator runs them while the service runs."""

import asyncio
import json
import signal
import subprocess
import time
from pathlib import Path

import asyncpg
import pytest

from tests.e2e.processes import COLOPHON, PATIENCE, Service, environment, feed, run, run_on_terminal

SUBCOMMANDS = ("add", "remove", "list", "load")
PAPERS = b'{"title": "Widgets", "abstract": "Code: https://github.com/acme/old", "models": ["Foldy"]}\n'


@pytest.mark.parametrize("command", SUBCOMMANDS)
def test_every_subcommand_has_help_with_an_example(command: str) -> None:
    shown = run("alias", command, "--help")
    assert shown.returncode == 0
    assert f"colophon alias {command}" in shown.stdout.partition("Example:")[2]


def test_a_name_that_moved_is_found_without_a_restart(dsn: str) -> None:
    assert feed(PAPERS, "load", "-", DATABASE_URL=dsn).returncode == 0
    with Service(DATABASE_URL=dsn) as service:
        service.wait_until("/readyz", 200)
        assert service.get("/v1/repos/github.com/umbrella/home").status_code == 404
        added = run("alias", "add", "repo", "ACME/old.git", "https://github.com/umbrella/home", DATABASE_URL=dsn)
        assert (added.returncode, added.stdout) == (0, "added: repo github.com/ACME/old -> github.com/umbrella/home\n")
        assert "extract --again" in added.stderr
        assert service.get("/v1/papers?repo=umbrella/home").json()["total"]["value"] == 1
        done = run("extract", "--again", "--json", DATABASE_URL=dsn)
        assert (done.returncode, done.stderr) == (0, "")
        assert json.loads(done.stdout) == {
            "papers": 1, "changed": 1, "repos_added": 1, "repos_removed": 1, "models_added": 0, "models_removed": 0,
        }  # fmt: skip
        assert service.get("/v1/repos/github.com/acme/old").json()["url"] == "https://github.com/umbrella/home"
        again = run("extract", "--again", DATABASE_URL=dsn)
        assert again.stdout == ("1 papers, 0 changed; repositories: 0 added, 0 removed; models: 0 added, 0 removed\n")
        assert service.stop() == 0


def test_aliases_are_listed_as_they_are_loaded(dsn: str, tmp_path: Path) -> None:
    assert run("alias", "add", "model", "Foldy", "Bendy 2", DATABASE_URL=dsn).returncode == 0
    file = tmp_path / "aliases.tsv"
    file.write_text(
        "# moved\nrepo\ta/one\ta/two\nrepo\ta/two\ta/three\nrepo\ta/three\ta/one\nrepo\tx\nmodel\tFoldy\tBendy 2\n"
    )
    loaded = run("alias", "load", str(file), DATABASE_URL=dsn)
    assert (loaded.returncode, loaded.stdout) == (3, "2 added, 0 changed, 1 unchanged, 2 rejected\n")
    assert f"{file}:4: It would go in a circle" in loaded.stderr
    assert f"{file}:5: Three cells" in loaded.stderr
    listed = run("alias", "list", DATABASE_URL=dsn)
    assert listed.stdout.splitlines() == [
        "repo\tgithub.com/a/one\tgithub.com/a/two",
        "repo\tgithub.com/a/two\tgithub.com/a/three",
        "model\tFoldy\tBendy 2",
    ]
    again = feed(listed.stdout.encode(), "alias", "load", "--json", "-", DATABASE_URL=dsn)
    assert (again.returncode, again.stderr) == (0, "")
    assert json.loads(again.stdout) == {"added": 0, "changed": 0, "unchanged": 3, "rejected": 0, "rejects": []}
    as_json = json.loads(run("alias", "list", "--json", DATABASE_URL=dsn).stdout)
    assert (as_json[0]["kind"], as_json[0]["old"], as_json[0]["leads_to"]) == (
        "repo", "github.com/a/one", "github.com/a/three",
    )  # fmt: skip
    code, shown = run_on_terminal("alias", "list", DATABASE_URL=dsn)
    assert code == 0 and "leads to" in shown and "github.com/a/three" in shown
    removed = run("alias", "remove", "model", "FOLDY", DATABASE_URL=dsn)
    assert (removed.returncode, removed.stdout) == (0, "removed: model FOLDY\n")
    refused = run("alias", "add", "repo", "a/three", "a/one", DATABASE_URL=dsn)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "circle" in refused.stderr


def test_progress_is_shown_on_a_terminal(dsn: str) -> None:
    assert feed(PAPERS, "load", "-", DATABASE_URL=dsn).returncode == 0
    code, shown = run_on_terminal("extract", "--again", DATABASE_URL=dsn)
    assert code == 0
    assert "1 of 1 papers" in shown


async def fetch_value(dsn: str, sql: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


def test_a_run_that_is_stopped_says_how_to_go_on(dsn: str) -> None:
    lines = b"".join(
        json.dumps({"title": f"Paper {n}", "abstract": "BERT " * 50}).encode() + b"\n" for n in range(4_000)
    )
    assert feed(lines, "load", "-", DATABASE_URL=dsn).returncode == 0
    with subprocess.Popen(
        [*COLOPHON, "extract", "--again"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment({"DATABASE_URL": dsn}),
        text=True,
    ) as process:
        # Not before it has begun, whatever the machine is busy with.
        deadline = time.monotonic() + PATIENCE
        while process.poll() is None and time.monotonic() < deadline:
            if asyncio.run(fetch_value(dsn, "SELECT EXISTS (SELECT FROM extractions)")):
                break
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=PATIENCE)
    if process.returncode == 0:
        pytest.skip("this machine was done before it was stopped")
    assert (process.returncode, out) == (143, "")
    assert "goes on from there" in err
    assert json.loads(run("extract", "--again", "--json", DATABASE_URL=dsn).stdout)["papers"] == 4_000

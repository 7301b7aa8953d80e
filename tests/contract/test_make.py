"""The Makefile's promises: it finds a Python that works, passes files on, and `make test` fails when no test ran."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# The environment is the one that runs this test, and no report but the test's own is written.
HERE = ("READY=", f"BIN={Path(sys.executable).parent}")


def make(*arguments: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    # What an outer make says to an inner one is not meant for this one.
    environment = {
        name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")
    }
    if path is not None:
        environment["PATH"] = path
    program = shutil.which("make")
    assert program
    return subprocess.run([program, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def write_program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_a_python_that_does_not_work_is_passed_over(tmp_path: Path) -> None:
    write_program(tmp_path / "python3", "echo 'python3: command not found' >&2; exit 127")
    write_program(tmp_path / "python3.14", "exit 1")
    write_program(tmp_path / "python3.13", f'exec "{sys.executable}" "$@"')
    planned = make("-n", "-B", ".venv/.ready", path=f"{tmp_path}:/usr/bin:/bin")
    assert planned.returncode == 0, planned.stderr
    chosen = re.findall(r'uv sync [^"]*--python "([^"]*)"', planned.stdout)
    assert chosen
    assert all(Path(python).samefile(sys.executable) for python in chosen)


def test_without_any_python_it_says_what_is_needed(tmp_path: Path) -> None:
    for name in ("sh", "rm", "mkdir", "grep", "sed"):
        found = shutil.which(name)
        assert found
        (tmp_path / name).symlink_to(found)
    done = make(f"UV_HOME={tmp_path}/uv", f"{tmp_path}/uv/bin/uv", path=str(tmp_path))
    assert done.returncode == 2
    assert "Python 3.11 or later is needed" in done.stderr


@pytest.mark.parametrize(("attempt", "returncode"), [('test "$UV_SYSTEM_CERTS" = 1', 0), ("exit 1", 2)])
def test_certificates_of_the_system_are_tried_when_uv_s_own_do_not_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attempt: str, returncode: int
) -> None:
    monkeypatch.delenv("UV_SYSTEM_CERTS", raising=False)
    (tmp_path / "bin").mkdir()
    write_program(tmp_path / "bin" / "uv", attempt)
    ready = tmp_path / "ready"
    done = make("env", f"READY={ready}", f"UV_HOME={tmp_path}")
    assert done.returncode == returncode, done.stdout + done.stderr
    assert ready.exists() is (returncode == 0)


def test_files_to_load_are_passed_on() -> None:
    planned = make("-n", "run", *HERE, "LOAD=schema/migrations/000[12]*.sql none.txt", "ARGS=--port 9000")
    assert re.findall(r"--load '(.*?)'", planned.stdout) == [
        "schema/migrations/0001_create_papers.sql",
        "schema/migrations/0002_create_repos_and_models.sql",
        "none.txt",
    ]
    assert planned.stdout.rstrip().endswith("--port 9000")


@pytest.mark.parametrize(
    ("body", "returncode"),
    [
        ("def test_one(): pass", 0),
        ("def helper(): pass", 2),
        ("import pytest\ndef test_one(): pytest.skip('not here')", 2),
        ("def test_one(): assert False", 2),
        ("import warnings\ndef test_one(): warnings.warn('careful')", 2),
    ],
    ids=["one passes", "none is found", "all are skipped", "one fails", "one warns"],
)
def test_make_test_needs_a_test_that_ran(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, returncode: int
) -> None:
    (tmp_path / "test_it.py").write_text(body)
    # Of the plugins only those that the settings name: the others take seconds to load.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    plugins = "-p pytest_asyncio.plugin -p pytest_timeout -p xdist -p no:cacheprovider"
    settings = f"-c {ROOT / 'pyproject.toml'} --rootdir {tmp_path} {plugins}"
    done = make("test", *HERE, f"REPORT={tmp_path}/report.xml", f"ARGS={settings} {tmp_path}/test_it.py")
    assert done.returncode == returncode, done.stdout + done.stderr

"""The Dockerfile is sound, and names only commands, files and settings that exist. No container engine is needed."""

import json
import os
import re
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import NamedTuple

import pytest

from service import __version__
from service.settings import VARIABLES, Settings

ROOT = Path(__file__).parents[2]


class Instruction(NamedTuple):
    stage: int
    name: str
    text: str


def read_dockerfile() -> list[Instruction]:
    """Comments dropped, continued lines joined."""
    lines = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if not line.lstrip().startswith("#")]
    instructions: list[Instruction] = []
    stage = -1
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        if line.strip():
            name, _, text = line.partition(" ")
            stage += name == "FROM"
            instructions.append(Instruction(stage, name, text.strip()))
    return instructions


DOCKERFILE = read_dockerfile()
LAST = DOCKERFILE[-1].stage


def texts(name: str, stage: int | None = None) -> list[str]:
    return [i.text for i in DOCKERFILE if i.name == name and stage in (None, i.stage)]


def read_env(stage: int) -> dict[str, str]:
    return dict(pair.split("=", 1) for text in texts("ENV", stage) for pair in text.split())


def test_hadolint_finds_nothing() -> None:
    linter = Path(sys.executable).parent / "hadolint"
    done = subprocess.run(
        [linter, "--failure-threshold", "style", ROOT / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_runs_as_nobody_in_particular() -> None:
    (user,) = texts("USER", LAST)
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user), "by number, so that Kubernetes can see that it is not root"


@pytest.mark.parametrize("name", ["ENTRYPOINT", "CMD"])
def test_signals_reach_the_service(name: str) -> None:
    (text,) = texts(name, LAST)
    assert isinstance(json.loads(text), list), "exec form: no shell between the engine and the service"


def test_its_command_exists() -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    program, *arguments = json.loads(texts("ENTRYPOINT", LAST)[0]) + json.loads(texts("CMD", LAST)[0])
    assert program in scripts
    done = subprocess.run(
        [sys.executable, "-m", "service", *arguments, "--help"], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr


def test_its_environment_is_what_settings_read() -> None:
    ours = {name: value for name, value in read_env(LAST).items() if name.startswith("COLOPHON_")}
    assert ours.keys() <= VARIABLES.keys()
    settings = Settings.from_env(ours)
    assert settings.host == "0.0.0.0"
    assert texts("EXPOSE", LAST) == [str(settings.port)]


def test_packages_are_the_locked_ones_without_an_embedded_database() -> None:
    syncs = [text for text in texts("RUN") if "uv sync" in text]
    assert syncs
    for sync in syncs:
        assert "--locked" in sync
        assert "--no-dev" in sync
        assert "extra" not in sync


def test_one_version_everywhere() -> None:
    assert f"VERSION={__version__}" in texts("ARG", LAST)
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == __version__
    (installed,) = re.findall(r"\buv==(\S+)", " ".join(texts("RUN")))
    assert f"UV_VERSION := {installed}\n" in (ROOT / "Makefile").read_text()


def test_what_it_copies_is_there_and_not_ignored() -> None:
    ignore = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert ignore[0] == "*", "everything is left out but what is named"
    for text in texts("COPY"):
        if text.startswith("--from"):
            continue
        *sources, _ = text.split()
        for source in sources:
            assert (ROOT / source).exists(), source
            assert f"!{source}" in ignore, source
    assert not any(fnmatch(".git", line.lstrip("!")) for line in ignore[1:])


@contextmanager
def answering(status: int) -> Iterator[int]:
    """A server that answers /healthz with this status; yields its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/healthz" else 404)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False)])
def test_the_health_check_asks_the_service(status: int, healthy: bool) -> None:
    (text,) = texts("HEALTHCHECK", LAST)
    program, *arguments = json.loads(text.partition("CMD ")[2])
    assert program == "python"
    with answering(status) as port:
        done = subprocess.run(
            [sys.executable, *arguments],
            env={**os.environ, "COLOPHON_PORT": str(port)},
            capture_output=True,
            check=False,
        )
    assert (done.returncode == 0) is healthy

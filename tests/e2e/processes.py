"""The command line in processes of its own, as people and scripts start it."""

import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]
COLOPHON = (sys.executable, "-m", "service")
# Generous: the machine may be busy with other tests.
PATIENCE = 60.0


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Ours without any setting of the service, and these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("COLOPHON_", "DATABASE_"))}
    return {**kept, "PYTHONPATH": str(ROOT), **variables}


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """One command to its end."""
    return feed(b"", *arguments, **variables)


def feed(given: bytes, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """One command to its end, with this on standard input."""
    done = subprocess.run(
        [*COLOPHON, *arguments],
        input=given,
        capture_output=True,
        env=environment(variables),
        timeout=PATIENCE,
        check=False,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def run_on_terminal(*arguments: str, **variables: str) -> tuple[int, str]:
    """Exit code, and what standard output and standard error show on a terminal, without colours and movements."""
    ours, theirs = os.openpty()
    try:
        with subprocess.Popen(
            [*COLOPHON, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=theirs,
            env=environment({"TERM": "xterm", "COLUMNS": "200", **variables}),
        ) as process:
            os.close(theirs)
            shown = b""
            # Linux says EIO when the last of them has closed the terminal.
            try:
                while select.select([ours], [], [], PATIENCE)[0] and (read := os.read(ours, 65536)):
                    shown += read
            except OSError:
                pass
            return process.wait(PATIENCE), re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())
    finally:
        os.close(ours)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Service:
    """`colophon serve` on a free port; its log lines are read as it writes them."""

    def __init__(self, *arguments: str, **variables: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [*COLOPHON, "serve", "--port", str(self.port), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(variables),
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.lines.extend(self.process.stdout)

    def events(self) -> list[dict[str, Any]]:
        """The log so far."""
        return [json.loads(line) for line in list(self.lines)]

    def get(self, path: str) -> httpx.Response:
        return httpx.get(self.url + path, timeout=PATIENCE)

    def wait_until(self, path: str, status: int, seconds: float = PATIENCE) -> httpx.Response:
        """The first answer of `path` with this status. Fails when there is none in time or the process ends."""
        deadline = time.monotonic() + seconds
        last: object = None
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.errors()
            try:
                last = answer = self.get(path)
                if answer.status_code == status:
                    return answer
            except httpx.TransportError as error:
                last = error
            time.sleep(0.05)
        raise AssertionError(f"no {status} of {path} in {seconds} s; the last was {last!r}")

    def stop(self, with_signal: signal.Signals = signal.SIGTERM) -> int:
        """The exit code."""
        self.process.send_signal(with_signal)
        return self.wait()

    def wait(self) -> int:
        code = self.process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return code

    def errors(self) -> str:
        """Standard error of the process that has ended."""
        assert self.process.stderr is not None
        return self.process.stderr.read()

    def __enter__(self) -> "Service":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._reader.join(PATIENCE)
        assert self.process.stdout is not None and self.process.stderr is not None
        self.process.stdout.close()
        self.process.stderr.close()

"""Running PostgreSQL's programs: making a cluster, starting a server in it, stopping it."""

import contextlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from service.embedded.places import SOCKET_NAME, Account
from service.errors import SetupError

# The server's superuser and the database, inside PostgreSQL.
_NAME = "colophon"
_START_TIMEOUT = 60
# A server that was killed leaves processes behind for a moment, and until they end no other may start.
_START_ATTEMPTS = 6
_LOG_LIMIT = 1 << 20


@dataclass(frozen=True, slots=True)
class Server:
    binaries: Path
    account: Account
    cluster: Path
    socket_dir: Path
    durable: bool

    def run(
        self, program: str, *arguments: str, text: str | None = None, folder: str | Path = "/"
    ) -> subprocess.CompletedProcess[str]:
        """Runs one of PostgreSQL's programs as the account, with none of our environment, away from the terminal."""
        as_account: dict[str, object] = {}
        if self.account.name is not None:
            as_account = {"user": self.account.uid, "group": self.account.gid, "extra_groups": []}
        # A file, not a pipe: the server inherits it, and a pipe would only end when the server does.
        with tempfile.TemporaryFile(mode="w+", encoding="utf-8", errors="replace") as output:
            done = subprocess.run(  # type: ignore[call-overload]  # noqa: S603 - a program of ours, no shell
                [str(self.binaries / program), *arguments],
                input=text,
                stdin=None if text is not None else subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
                cwd=folder,
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                umask=0o077,
                start_new_session=True,
                **as_account,
            )
            output.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, output.read())

    @property
    def log(self) -> Path:
        return self.cluster / "server.log"

    def dsn(self) -> str:
        return f"postgresql://{_NAME}@/{_NAME}?host={quote(str(self.socket_dir), safe='/')}"


def initialise(server: Server) -> None:
    """Makes the cluster and the database in it, whole or not at all."""
    if server.cluster.exists():
        return
    scratch = server.cluster.with_name(server.cluster.name + ".new")
    if scratch.exists():  # an earlier attempt was killed
        shutil.rmtree(scratch)
    scratch.mkdir(0o700)
    if server.account.name is not None:
        os.chown(scratch, server.account.uid, server.account.gid)
    arguments = ["-D", str(scratch), "--username", _NAME, "--auth", "trust", "--encoding", "UTF8"]
    # macOS has no C.UTF-8 of its own; the order of text is that of the built-in provider anyway.
    libc_locale = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"
    arguments += ["--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--locale", libc_locale]
    if not server.durable:
        arguments.append("--no-sync")
    made = server.run("initdb", *arguments)
    if made.returncode == 0:
        single = ["--single", "-D", str(scratch), *([] if server.durable else ["-F"]), "postgres"]
        made = server.run("postgres", *single, text=f"CREATE DATABASE {_NAME}\n")
    if made.returncode != 0 or "ERROR:" in made.stdout:
        shutil.rmtree(scratch, ignore_errors=True)
        raise SetupError(f"The embedded PostgreSQL cannot make {server.cluster}: {_last_line(made.stdout)}")
    scratch.rename(server.cluster)


def start(server: Server) -> None:
    """Returns when the server answers, whether it ran already or not."""
    for attempt in range(_START_ATTEMPTS):
        if attempt:
            time.sleep(attempt * 0.5)
        if _answers(server):
            return
        _remove_stale_pid(server)
        # Relative paths, because pg_ctl hands them to a shell, in double quotes and without escaping what is in them.
        started = server.run("pg_ctl", "start", "-D", ".", *_start_arguments(server), folder=server.cluster)
        if started.returncode == 0 and _answers(server):
            return
        reason = _last_line(_tail(server.log)) or _last_line(started.stdout)
        # What passes: "pre-existing shared memory block … is still in use", "lock file … already exists".
        if not re.search("shared memory block|lock file", reason):
            break
    raise SetupError(f"The embedded PostgreSQL does not start: {reason} (all of it: {server.log})")


def _start_arguments(server: Server) -> list[str]:
    # A list of folders: in double quotes for a comma, a space or a quote in the path.
    socket_dir = '"' + str(server.socket_dir).replace('"', '""') + '"'
    options = {
        "listen_addresses": "",
        "unix_socket_directories": socket_dir,
        "unix_socket_permissions": "0700",
        "port": "5432",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "jit": "off",
    }
    if not server.durable:
        options |= {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
    # pg_ctl hands them to a shell.
    text = " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in options.items())
    with contextlib.suppress(OSError):
        if server.log.stat().st_size > _LOG_LIMIT:
            server.log.unlink()
    return ["-w", "-t", str(_START_TIMEOUT), "-l", server.log.name, "-o", text]


def _answers(server: Server) -> bool:
    """Whether connections are accepted, waiting while the server is starting or recovering."""
    if not (server.socket_dir / SOCKET_NAME).exists():
        return False
    deadline = time.monotonic() + _START_TIMEOUT
    while True:
        code = server.run("pg_isready", "-h", str(server.socket_dir), "-t", "5").returncode
        if code != 1 or time.monotonic() > deadline:  # 1: rejecting connections, for now
            return code == 0
        time.sleep(0.1)


def _remove_stale_pid(server: Server) -> None:
    """Removes the pid file of a server that was killed, when another program has its number by now.

    PostgreSQL takes any process of that number for a server, and refuses to start. What a killed server left
    running it still finds by the shared memory, and waits.
    """
    path = server.cluster / "postmaster.pid"
    try:
        pid = int(path.read_text(encoding="utf-8", errors="replace").partition("\n")[0])
    except (OSError, ValueError):
        return
    try:
        # A server works in its data directory; another program, or another server, does not.
        working_folder = Path(f"/proc/{pid}/cwd").readlink()
    except FileNotFoundError:
        # It ended, or did and nobody collected it; or there is no /proc, and PostgreSQL's own check has to do.
        stale = Path("/proc/self").exists()
    except OSError:
        return
    else:
        stale = working_folder != server.cluster.resolve()
    if stale:
        path.unlink(missing_ok=True)


def stop(server: Server) -> None:
    for mode in ("fast", "immediate"):
        done = server.run("pg_ctl", "stop", "-D", str(server.cluster), "-m", mode, "-w", "-t", "30")
        if done.returncode == 0 or not (server.cluster / "postmaster.pid").exists():
            break
    # It may be outside the data directory, where nobody would ever remove it.
    with contextlib.suppress(OSError):
        server.socket_dir.rmdir()


def _tail(path: Path) -> str:
    try:
        return path.read_bytes()[-4096:].decode(errors="replace")
    except OSError:
        return ""


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    # The reason stands in front of hints.
    telling = [line for line in lines if re.search(r"FATAL|PANIC|error:", line)]
    return (telling or lines or [""])[-1]

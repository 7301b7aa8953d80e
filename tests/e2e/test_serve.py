"""The service as a process: it starts, answers, survives its database, drains, ends."""

import asyncio
import json
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import httpx
import pytest

from service.embedded import attach
from service.migrate import migrate
from service.settings import Settings
from tests.conftest import DATA, create_clone, drop_clone, make_server_folder, with_database
from tests.e2e.processes import Service, run

# Sessions of this database that wait for a lock.
WAITING = """
SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database
WHERE NOT granted AND d.datname = current_database()
"""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """The data of an embedded server that nobody runs between the tests."""
    with make_server_folder() as made:
        yield made


def is_running(folder: Path) -> bool:
    """Whether a postmaster runs in the data folder."""
    pids = list(folder.glob("postgres-*/postmaster.pid"))
    if not pids:
        return False
    try:
        os.kill(int(pids[0].read_text().splitlines()[0]), 0)
    except ProcessLookupError:
        return False
    return True


def test_serves_the_files_it_was_given(folder: Path) -> None:
    page = DATA / "page.txt"
    with Service("--load", str(page), COLOPHON_DATA_DIR=str(folder)) as service:
        service.wait_until("/readyz", 200)
        answer = service.get("/v1/papers?limit=1").json()
        assert answer["total"] == {"value": 7, "relation": "eq"}
        asked = httpx.post(f"{service.url}/graphql", json={"query": "{ papers { total { value } } }"}, timeout=60)
        assert asked.json() == {"data": {"papers": {"total": {"value": 7}}}}
        assert service.get("/").status_code == 200
        assert is_running(folder)
        assert service.stop() == 0
        assert not is_running(folder)
        ready = next(event for event in service.events() if event["event"] == "ready")
        assert ready["url"] == service.url
        assert f"{service.url}/graphql" in ready["try"]
        assert "created" in service.errors()


def test_an_empty_embedded_database_gets_the_sample() -> None:
    with make_server_folder() as fresh, Service(COLOPHON_DATA_DIR=str(fresh)) as service:
        service.wait_until("/readyz", 200)
        stats = service.get("/v1/stats").json()
        assert stats["papers"] >= 30
        assert stats["repos"] > 0
        # One that has papers does not.
        assert service.stop(signal.SIGINT) == 0
        with Service(COLOPHON_DATA_DIR=str(fresh)) as again:
            again.wait_until("/readyz", 200)
            assert again.get("/v1/stats").json()["papers"] == stats["papers"]


def test_survives_kill_9_and_shares_its_database(folder: Path) -> None:
    page = DATA / "page.txt"
    with Service("--load", str(page), COLOPHON_DATA_DIR=str(folder)) as killed:
        killed.wait_until("/readyz", 200)
        killed.stop(signal.SIGKILL)
    with Service("--no-sample", COLOPHON_DATA_DIR=str(folder)) as service:
        service.wait_until("/readyz", 200)
        assert service.get("/v1/papers?limit=1").json()["total"]["value"] == 7
        # A second command uses the same server, and leaves it running.
        found = run("search", "Longformer", "--json", COLOPHON_DATA_DIR=str(folder))
        assert found.returncode == 0, found.stderr
        assert json.loads(found.stdout)["items"] == service.get("/v1/papers?q=Longformer").json()["items"]
        assert service.get("/readyz").status_code == 200
        assert service.stop() == 0
    assert not is_running(folder)


async def test_requests_in_flight_are_answered_after_sigterm(dsn: str) -> None:
    with Service(DATABASE_URL=dsn) as service:
        await asyncio.to_thread(service.wait_until, "/readyz", 200)
        holder = await asyncpg.connect(dsn)
        try:
            transaction = holder.transaction()
            await transaction.start()
            await holder.execute("LOCK TABLE papers IN ACCESS EXCLUSIVE MODE")
            async with httpx.AsyncClient(base_url=service.url, timeout=30) as client:
                in_flight = asyncio.create_task(client.get("/v1/papers"))
                while not await holder.fetchval(WAITING):  # noqa: ASYNC110 - another process's doing
                    await asyncio.sleep(0.01)
                service.process.send_signal(signal.SIGTERM)
                while is_listening(service.port):  # noqa: ASYNC110 - another process's doing
                    await asyncio.sleep(0.01)
                assert not in_flight.done()
                assert service.process.poll() is None
                await transaction.rollback()
                answer = await in_flight
            assert answer.status_code == 200
            assert answer.json()["items"] == []
            assert await asyncio.to_thread(service.wait) == 0
        finally:
            await holder.close()


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_database_that_comes_late_goes_and_comes_back_needs_no_restart(settings: Settings) -> None:
    with make_server_folder() as folder:
        with attach(str(folder), durable=False) as dsn:
            asyncio.run(migrate(dsn, settings))
        with Service(DATABASE_URL=dsn) as service:
            # Not there yet.
            assert service.wait_until("/healthz", 200).json() == {"status": "ok"}
            assert service.get("/readyz").status_code == 503
            for _ in range(2):
                with attach(str(folder), durable=False):
                    service.wait_until("/readyz", 200)
                    assert service.get("/v1/papers").json()["total"]["value"] == 0
                answer = service.get("/v1/papers")
                assert answer.status_code == 503
                assert answer.json()["code"] == "database_unavailable"
                assert int(answer.headers["retry-after"]) >= 1
                assert service.get("/readyz").status_code == 503
                assert service.get("/healthz").status_code == 200
            assert service.stop() == 0
            warnings = [event for event in service.events() if event["event"] == "database_unreachable"]
            assert len(warnings) == 1


def test_a_taken_port_is_said_in_one_line(dsn: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        refused = run("serve", "--port", str(taken.getsockname()[1]), DATABASE_URL=dsn)
    assert refused.returncode == 2
    assert refused.stderr.count("\n") == 1
    assert "Address already in use" in refused.stderr


async def test_a_database_that_was_never_migrated_is_refused(server_dsn: str) -> None:
    bare = await create_clone(with_database(server_dsn, "template0"))
    try:
        refused = await asyncio.to_thread(run, "serve", "--port", "0", DATABASE_URL=bare)
        assert refused.returncode == 2
        assert refused.stderr == "colophon: The database has no tables of colophon yet. Run: colophon migrate\n"
        # Nothing was migrated by the attempt.
        first = await asyncio.to_thread(run, "migrate", "--json", DATABASE_URL=bare)
        assert len(json.loads(first.stdout)["applied"]) == json.loads(first.stdout)["version"]
        with Service(DATABASE_URL=bare) as service:
            await asyncio.to_thread(service.wait_until, "/readyz", 200)
            # An external database gets no sample.
            assert (await asyncio.to_thread(service.get, "/v1/stats")).json()["papers"] == 0
    finally:
        await drop_clone(bare)


def test_every_line_of_the_log_is_an_object(dsn: str) -> None:
    with Service(DATABASE_URL=dsn) as service:
        service.wait_until("/readyz", 200)
        service.get("/v1/papers?q=%00")
        service.get("/nowhere%0A%1b[31m")
        assert service.stop() == 0
        events = service.events()
        assert {event["status"] for event in events if event["event"] == "request"} >= {200, 400, 404}
        assert all({"time", "level", "event"} <= event.keys() for event in events)
        assert [event["event"] for event in events if event["event"] != "request"] == ["ready", "stopped"]
        assert service.errors() == ""

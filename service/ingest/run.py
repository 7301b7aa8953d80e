"""Loads files: reads them in batches, stores each, and reports."""

import contextlib
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import asyncpg

from service.database import Connection, open_connection
from service.errors import SetupError
from service.ingest.formats import FormatError
from service.ingest.formats.limits import Limits
from service.ingest.inputs import Input, LeftOut, find_inputs
from service.ingest.known import Load
from service.ingest.load_table import begin_file, begin_load, finish_file, finish_load, write_rejects
from service.ingest.reading import Batch, read_batches
from service.ingest.record import Reject
from service.ingest.regroup import Arrival, Outcome
from service.ingest.report import Counts, FileReport, Progress, Report
from service.ingest.statistics import refresh_if_due
from service.ingest.store import finish_writing, store_batch
from service.settings import Settings

__all__ = [
    "PASSING_STATES",
    "Counts",
    "FileReport",
    "Progress",
    "Report",
    "explain",
    "is_empty",
    "load_files",
    "load_sample",
]

_SAMPLE = Path(__file__).parent / "sample" / "daily-papers.txt"
_ATTEMPTS = 5
# SQLSTATE classes of what is wrong with a value, not with the server: data exception, integrity constraint
# violation, program limit exceeded (PostgreSQL's manual, appendix A).
_RECORD_STATES = ("22", "23", "54")
# Serialization failure, deadlock: the same again may well succeed.
PASSING_STATES = ("40001", "40P01")
_EXPLANATIONS = {
    "53100": "The database's disk is full",
    "25006": "The database does not accept writes (it is a standby, or set to read-only)",
    "42501": "The database's user may not write",
    "42P01": "The database has not the tables of this version; run: colophon migrate",
    "42703": "The database has not the tables of this version; run: colophon migrate",
}


async def load_files(
    dsn: str,
    settings: Settings,
    paths: Sequence[str],
    *,
    format: str | None = None,
    source: str | None = None,
    stdin: BinaryIO | None = None,
    progress: Callable[[Progress], None] | None = None,
    on_rejects: Callable[[Sequence[Reject]], None] | None = None,
    dry_run: bool = False,
) -> Report:
    """Load files, folders and addresses, "-" being `stdin` (the process's own by default).

    dry_run: all of it in one transaction that is rolled back, so the report is exactly what loading would say.
    Other loads wait for it meanwhile; readers do not.

    A file that cannot be read is told in its report, and a record that cannot be stored is rejected; the rest loads.
    Raises SetupError when the database cannot be reached or stops answering; what was stored until then stays,
    and loading again goes on from there. `progress` is called after every batch, `on_rejects` with what is left out.
    """
    report = Report()
    told = _Told(progress, on_rejects, refreshes=not dry_run)
    # Plans made for the empty tables of a first load would read them whole later.
    connection = await open_connection(dsn, settings, keep_plans=False)
    try:
        async with _rolled_back(connection) if dry_run else contextlib.nullcontext():
            load = await begin_load(connection, settings.max_rejects)
            report.load = None if dry_run else load.id
            for path in paths:
                for file in find_inputs(path):
                    if isinstance(file, LeftOut):
                        report.leave_out(path, file)
                        if not file.error:
                            continue
                    else:
                        report.files.append(FileReport(file.shown))
                    await begin_file(connection, load, file.shown)
                    if isinstance(file, Input):
                        batches = read_batches(file, format, source, stdin, _limits(settings))
                        await _load_file(connection, load, report.files[-1], batches, told)
                    await finish_file(connection, load, report.files[-1].error)
            if not dry_run:
                await finish_writing(connection)
            await finish_load(connection, load)
        if not dry_run:
            await refresh_if_due(connection, loading=False)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError) as error:
        done = "Nothing was written."
        if not dry_run:
            done = f"{report.totals.total:,} records were done; loading the same files again goes on from there."
        raise SetupError(f"{explain(error)}. {done}") from error
    finally:
        with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await connection.close(timeout=settings.connect_timeout)
    return report


def _limits(settings: Settings) -> Limits:
    return Limits(
        entry=settings.load_max_entry_bytes,
        unpacked=settings.load_max_unpacked_bytes,
        ratio=settings.load_max_ratio,
        members=settings.load_max_members,
        spooled=settings.load_max_spool_bytes,
        timeout=settings.load_timeout,
    )


async def load_sample(dsn: str, settings: Settings) -> Report:
    """Load the page that ships with Colophon: real titles and links, abstracts in our own words."""
    return await load_files(dsn, settings, [str(_SAMPLE)], source="sample")


async def is_empty(dsn: str, settings: Settings) -> bool:
    """Whether the database holds no paper. Raises SetupError as load_files."""
    connection = await open_connection(dsn, settings, statement_timeout=settings.statement_timeout)
    try:
        return not await connection.fetchval("SELECT EXISTS (SELECT FROM papers)")
    except asyncpg.PostgresError as error:
        raise SetupError(f"{explain(error)}.") from error
    finally:
        await connection.close(timeout=settings.connect_timeout)


@dataclass(frozen=True, slots=True)
class _Told:
    """Who is told of a batch. refreshes: whether searches are to know it before the load ends."""

    progress: Callable[[Progress], None] | None
    rejects: Callable[[Sequence[Reject]], None] | None
    refreshes: bool


@asynccontextmanager
async def _rolled_back(connection: Connection) -> AsyncIterator[None]:
    transaction = connection.transaction()
    await transaction.start()
    try:
        yield
    finally:
        # A connection that is lost has rolled back.
        if not connection.is_closed():
            await transaction.rollback()


async def _load_file(
    connection: Connection,
    load: Load,
    report: FileReport,
    batches: AsyncGenerator[Batch, None],
    told: _Told,
) -> None:
    async with aclosing(batches) as reading:
        while True:
            try:
                batch = await anext(reading)
            except StopAsyncIteration:
                return
            except FormatError as error:
                report.error = str(error)
                return
            except OSError as error:
                report.error = error.strerror or "It cannot be read."
                return
            report.skip(batch.skipped)
            outcomes, rejects = await _store(connection, load, batch.arrivals)
            report.counts.add(outcomes)
            rejects = [*batch.rejects, *rejects]
            await write_rejects(connection, load, rejects)
            report.reject(rejects)
            if rejects and told.rejects is not None:
                told.rejects(rejects)
            if told.refreshes:
                await refresh_if_due(connection, loading=True)
            if told.progress is not None:
                told.progress(Progress(report.file, report.counts.total, batch.bytes_read, batch.bytes_total))


async def _store(
    connection: Connection, load: Load, arrivals: Sequence[Arrival]
) -> tuple[Counter[Outcome], list[Reject]]:
    """Store a batch. If the database refuses it, its halves, and so on down to the records that it refuses."""
    if not arrivals:
        return Counter(), []
    for attempt in range(_ATTEMPTS):
        try:
            return await store_batch(connection, load, arrivals), []
        except asyncpg.PostgresError as error:
            state = error.sqlstate or ""
            if state in PASSING_STATES and attempt < _ATTEMPTS - 1:
                continue
            if not state.startswith(_RECORD_STATES):
                raise
            refusal = str(error)
            break
        except asyncpg.InterfaceError as error:
            # A value that the driver cannot encode; all else of this class is about the connection.
            if not isinstance(error, ValueError):
                raise
            refusal = str(error)
            break
    if len(arrivals) == 1:
        return Counter(), [
            Reject(arrivals[0].place, f"the database cannot store it: {refusal[:200]}", entry=arrivals[0].body)
        ]
    middle = len(arrivals) // 2
    outcomes, rejects = await _store(connection, load, arrivals[:middle])
    more_outcomes, more_rejects = await _store(connection, load, arrivals[middle:])
    return outcomes + more_outcomes, rejects + more_rejects


def explain(error: Exception) -> str:
    """What a failure of the database means to who writes to it: a sentence without its point."""
    state = error.sqlstate or "" if isinstance(error, asyncpg.PostgresError) else ""
    return _EXPLANATIONS.get(state) or (
        f"The database refuses to go on (SQLSTATE {state})"
        if state and state[:2] not in ("08", "57")
        else "The connection to the database was lost"
    )

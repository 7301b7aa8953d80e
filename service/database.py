"""Two pools of connections, and what a failure of PostgreSQL means to a caller.

Reads are retried once on a connection of its own when the one at hand was lost, so that a restarted,
promoted or terminated server costs no failed request as long as one can be reached. Every wait has an end:
for a connection (acquire_timeout), for the server (statement_timeout), and for a server that does not answer at all.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias, TypeVar

import asyncpg
from asyncpg.connection import LoggedQuery
from asyncpg.pool import PoolConnectionProxy

from service.errors import ApiError, ServerUnreachable, SetupError, Unavailable
from service.settings import Settings
from service.sqlstates import explain_refusal, is_lost, translate

if TYPE_CHECKING:  # only the stubs know these classes to be generic
    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record]
    PooledConnection: TypeAlias = PoolConnectionProxy[asyncpg.Record]
else:
    Connection = asyncpg.Connection
    PooledConnection = PoolConnectionProxy

T = TypeVar("T")

# The server cancels first (statement_timeout); only when it cannot be heard does the client give up, this much later.
_COMMAND_GRACE = 2.0
_CLOSE_TIMEOUT = 5.0


class Lane(StrEnum):
    """Two pools, so that searches cannot starve look-ups."""

    LOOKUP = "lookup"
    SEARCH = "search"


@dataclass(slots=True)
class _Pool:
    pool: "asyncpg.Pool[asyncpg.Record]"
    # Counted up when a connection is found lost, so that ten requests that lose theirs at once expire the pool once.
    generation: int = 0


class Database:
    """The pools of one service. Belongs to the event loop it was opened in."""

    def __init__(self, pools: dict[Lane, _Pool], settings: Settings) -> None:
        self._pools = pools
        self.settings = settings
        # Called once a statement: lane, seconds (waiting for a connection included, except inside acquire()),
        # outcome ("ok", the ApiError's code, "internal_error" or "cancelled").
        self.observers: list[Callable[[Lane, float, str], None]] = []

    @classmethod
    async def open(cls, dsn: str, settings: Settings, *, read_only: bool = False) -> "Database":
        """Connects when first used, so a server that is down now does no harm. read_only: no statement may write."""
        arguments = _connect_arguments(settings, settings.statement_timeout, read_only)
        sizes = {Lane.LOOKUP: settings.lookup_pool_size, Lane.SEARCH: settings.search_pool_size}
        pools = {
            lane: _Pool(await asyncpg.create_pool(dsn, min_size=0, max_size=size, reset=_keep_session, **arguments))
            for lane, size in sizes.items()
        }
        return cls(pools, settings)

    async def close(self) -> None:
        """Waits a few seconds for connections in use, then drops them."""
        for lane in self._pools.values():
            # On a timeout asyncpg terminates what is left.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(lane.pool.close(), _CLOSE_TIMEOUT)

    async def fetch(self, lane: Lane, sql: str, *args: Any) -> list[asyncpg.Record]:
        """All rows of a reading statement. Raises ApiError where translate() knows the failure."""
        return await self._read(lane, lambda connection: connection.fetch(sql, *args))

    async def fetchrow(self, lane: Lane, sql: str, *args: Any) -> asyncpg.Record | None:
        """The first row of a reading statement, None without one. Raises as fetch."""
        return await self._read(lane, lambda connection: connection.fetchrow(sql, *args))

    async def fetchval(self, lane: Lane, sql: str, *args: Any) -> Any:
        """The first column of the first row, None without one. Raises as fetch."""
        return await self._read(lane, lambda connection: connection.fetchval(sql, *args))

    @asynccontextmanager
    async def acquire(self, lane: Lane) -> AsyncIterator[PooledConnection]:
        """A connection for several statements, for writers. Nothing is retried; whatever the borrower SETs or locks
        is undone afterwards. Raises as fetch, also for what fails inside."""
        pool = self._pools[lane]
        try:
            connection = await self._take(pool)
        except Exception as error:
            _raise_translated(error)
        try:
            with connection.query_logger(lambda query: self._log(lane, query)):
                yield connection
        except Exception as error:
            if isinstance(error, asyncpg.ReadOnlySQLTransactionError):
                # The primary was demoted: whatever the pool holds leads to it.
                await pool.pool.expire_connections()
            if isinstance(error, OSError) and not isinstance(error, ConnectionError | TimeoutError):
                raise  # the borrower's own files
            _raise_translated(error)
        finally:
            await self._give_back(pool, connection, reset=True)

    def pool_states(self) -> dict[Lane, dict[str, int]]:
        """Connections of each pool: idle, used, and how many there may be (max)."""
        states = {}
        for lane, pool in self._pools.items():
            idle = pool.pool.get_idle_size()
            states[lane] = {"idle": idle, "used": pool.pool.get_size() - idle, "max": pool.pool.get_max_size()}
        return states

    async def _read(self, lane: Lane, run: Callable[[PooledConnection], Awaitable[T]]) -> T:
        pool = self._pools[lane]
        started = time.perf_counter()
        outcome = "cancelled"
        try:
            try:
                result = await self._attempt(pool, run)
            except Exception as error:
                if not is_lost(error):
                    raise
                result = await self._attempt(pool, run)
        except Exception as error:
            known = translate(error)
            outcome = known.code if known else ApiError.code
            _raise_translated(error)
        else:
            outcome = "ok"
            return result
        finally:
            self._observe(lane, time.perf_counter() - started, outcome)

    async def _attempt(self, pool: _Pool, run: Callable[[PooledConnection], Awaitable[T]]) -> T:
        connection = await self._take(pool)
        generation = pool.generation
        try:
            return await run(connection)
        except TimeoutError:
            # It did not even answer that it cancelled: the link is down, and releasing would wait for it again.
            connection.terminate()
            raise
        except Exception as error:
            if is_lost(error) and generation == pool.generation:
                pool.generation += 1
                await pool.pool.expire_connections()
            raise
        finally:
            await self._give_back(pool, connection)

    async def _take(self, pool: _Pool) -> PooledConnection:
        try:
            return await pool.pool.acquire(timeout=self.settings.acquire_timeout)
        except TimeoutError:
            if pool.pool.get_size() - pool.pool.get_idle_size() < pool.pool.get_max_size():
                raise  # there was room: it is the server that did not answer
            raise Unavailable("The service is busy.", code="overloaded", hint="Try again later.") from None

    async def _give_back(self, pool: _Pool, connection: PooledConnection, *, reset: bool = False) -> None:
        # A connection that cannot be tidied up is closed, and the pool opens another when it needs one.
        try:
            if reset and not connection.is_closed():
                await connection.reset(timeout=self.settings.acquire_timeout)
                await connection.execute("DISCARD TEMP", timeout=self.settings.acquire_timeout)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
            connection.terminate()
        finally:
            with contextlib.suppress(
                OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError
            ):
                await pool.pool.release(connection, timeout=self.settings.acquire_timeout)

    def _observe(self, lane: Lane, seconds: float, outcome: str) -> None:
        for observer in self.observers:
            observer(lane, seconds, outcome)

    def _log(self, lane: Lane, query: LoggedQuery) -> None:
        outcome = "ok"
        if query.exception is not None:
            known = translate(query.exception)
            outcome = known.code if known else ApiError.code
        self._observe(lane, query.elapsed, outcome)


async def open_connection(
    dsn: str,
    settings: Settings,
    *,
    statement_timeout: float = 0,
    read_only: bool = False,
    keep_plans: bool = True,
) -> Connection:
    """One connection for a command, set up as those of the pools. statement_timeout: seconds, 0 for none.

    keep_plans=False: each statement is planned when it runs, for its arguments and the tables as they are then.

    Raises SetupError with one clear line, never the password, when the server cannot be used; ServerUnreachable
    when it may be later.
    """
    try:
        arguments = _connect_arguments(settings, statement_timeout, read_only)
        if not keep_plans:
            arguments["statement_cache_size"] = 0
        return await asyncpg.connect(dsn, **arguments)
    except (OSError, asyncpg.CannotConnectNowError, asyncpg.TooManyConnectionsError) as error:
        raise ServerUnreachable(explain_refusal(error, dsn)) from None
    except (ValueError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
        raise SetupError(explain_refusal(error, dsn)) from None


def _raise_translated(error: Exception) -> NoReturn:
    known = translate(error)
    if known is None or known is error:
        raise error
    raise known from error


async def _keep_session(_connection: Connection) -> None:
    """In place of asyncpg's reset query on each release, a round trip more for every look-up:
    reads leave nothing behind, and acquire() resets for writers."""


def _connect_arguments(settings: Settings, statement_timeout: float, read_only: bool) -> dict[str, Any]:
    return {
        "timeout": settings.connect_timeout,
        "command_timeout": statement_timeout + _COMMAND_GRACE if statement_timeout else None,
        "server_settings": {
            "application_name": "colophon",
            "statement_timeout": str(round(statement_timeout * 1000)),
            "default_transaction_read_only": "on" if read_only else "off",
            "client_min_messages": "warning",
            "TimeZone": "UTC",
            # Of a common word all papers: 4 MB, the server's default, hold those of some 70,000 pages, and for more the
            # index would be asked again, paper by paper.
            "work_mem": "64MB",
            # Compiling costs more than it saves in statements of milliseconds.
            "jit": "off",
        },
    }

"""The HTTP server: uvicorn on uvloop and httptools, until a signal asks it to stop."""

import asyncio
import contextlib
import gc
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence

import uvicorn
from starlette.applications import Starlette

from service.errors import SetupError
from service.settings import Settings
from service.web.logs import LogWriter
from service.web.protocol import BoundedProtocol

_log = logging.getLogger("colophon.serve")
_BACKLOG = 2048
# Objects between two looks of the collector at the youngest; Python's own is 700 to 2,000, which a page exceeds.
_GC_THRESHOLD = 50_000


def listen(settings: Settings) -> socket.socket:
    """A listening socket on the host and port of the settings (port 0: a free one).

    Raises SetupError when the address cannot be had.
    """
    try:
        family, kind, number, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        # Without the protocol's number asyncio does not set TCP_NODELAY on what it accepts: 40 ms an answer.
        listener = socket.socket(family, kind, number)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(_BACKLOG)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        raise SetupError(f"Cannot listen on {settings.host} port {settings.port}: {error.strerror}.") from None
    listener.setblocking(False)
    return listener


async def serve(
    app: Starlette,
    settings: Settings,
    sockets: Sequence[socket.socket] | None = None,
    *,
    on_ready: Callable[[], None] | None = None,
    stop: asyncio.Event | None = None,
    logs: bool = True,
) -> None:
    """Serve until SIGTERM, SIGINT or `stop`; then answer what is in flight, for shutdown_timeout at most, and return.

    sockets: listening ones, from listen(settings) if None. on_ready: called once requests are accepted.
    logs: take over the root logger meanwhile.
    Signals are only heard in the main thread. Raises SetupError when the application does not start.
    """
    listeners = list(sockets or [listen(settings)])
    config = uvicorn.Config(
        app,
        loop="none",
        http=BoundedProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        # What it says of itself at info, the announcement and one line at the end say too.
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=_BACKLOG,
        timeout_graceful_shutdown=max(1, round(settings.shutdown_timeout)),
    )
    server = _Server(config, on_ready)
    writer = LogWriter(settings, on_drop=app.state.metrics.log_dropped.inc) if logs else None
    if writer:
        writer.start()
    stopping = asyncio.create_task(_stop_when(stop, server)) if stop else None
    try:
        await server.serve(sockets=listeners)
        if server.started:
            _log.info("stopped")
    finally:
        if stopping:
            stopping.cancel()
        for listener in listeners:
            listener.close()
        if writer:
            writer.stop()
    if not server.started:
        raise SetupError("The service did not start; the log says why.")


async def _stop_when(stop: asyncio.Event, server: uvicorn.Server) -> None:
    await stop.wait()
    server.should_exit = True


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None] | None) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        except SystemExit:
            # uvicorn ends the process when the lifespan fails; ours has a database to stop first.
            self.should_exit = True
            return
        # What exists now lives as long as the process: the collector need not look at it again, nor as often.
        gc.collect()
        gc.freeze()
        gc.set_threshold(_GC_THRESHOLD)
        if self._on_ready:
            self._on_ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """uvicorn's raises the signal again after shutdown, which would end the process before its caller has
        stopped the embedded database."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

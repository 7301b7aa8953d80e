"""Log lines: one JSON object each, or readable on a terminal; written by a thread, so that a reader who stops
reading never stops the service. What does not fit in the queue is dropped and counted.

The code logs with the standard library's loggers and `extra`; structlog renders.
"""

import logging
import os
import queue
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from logging.handlers import QueueHandler
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from service.settings import Settings

# Lines waiting for the writer: a few seconds of a busy service.
_QUEUE_LINES = 10_000
_STOP_SECONDS = 1.0


class LogWriter:
    """The root logger's only handler, from start to stop. One a process."""

    def __init__(self, settings: Settings, stream: TextIO | None = None, on_drop: Callable[[], None] | None = None):
        """stream: where lines go, standard output if None; it needs a file descriptor. on_drop: called once a
        dropped line."""
        out = stream or sys.stdout
        # Written past the stream's buffer: a blocked thread must not hold a lock that the exit waits for.
        self._descriptor = out.fileno()
        as_json = settings.log_format == "json" or (settings.log_format == "auto" and not out.isatty())
        self._formatter = _make_formatter(as_json, colours=out.isatty())
        self._queue: queue.Queue[logging.LogRecord | None] = queue.Queue(_QUEUE_LINES)
        self._handler = _DroppingHandler(self._queue, on_drop or (lambda: None))
        self._level = settings.log_level.upper()
        self._thread = threading.Thread(target=self._write_all, name="log-writer", daemon=True)

    def start(self) -> None:
        """Take over the root logger."""
        root = logging.getLogger()
        root.handlers[:] = [self._handler]
        root.setLevel(self._level)
        logging.captureWarnings(True)
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, for a second at most."""
        logging.getLogger().removeHandler(self._handler)
        logging.captureWarnings(False)
        try:
            self._queue.put(None, timeout=_STOP_SECONDS)
        except queue.Full:
            return
        self._thread.join(_STOP_SECONDS)

    def _write_all(self) -> None:
        while (record := self._queue.get()) is not None:
            try:
                line = (self._formatter.format(record) + "\n").encode("utf-8", "backslashreplace")
                while line:
                    line = line[os.write(self._descriptor, line) :]
            except OSError:
                # Nobody reads, or the disk is full: there is no one to tell, and the next line may fit.
                continue


class _DroppingHandler(QueueHandler):
    def __init__(self, lines: "queue.Queue[logging.LogRecord | None]", on_drop: Callable[[], None]) -> None:
        super().__init__(lines)
        self._on_drop = on_drop

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        # The standard one renders here, on the event loop, for queues between processes.
        return record

    def enqueue(self, record: logging.LogRecord) -> None:
        try:
            self.queue.put_nowait(record)
        except queue.Full:
            self._on_drop()


def _make_formatter(as_json: bool, colours: bool) -> logging.Formatter:
    shared: list[Processor] = [
        structlog.stdlib.ExtraAdder(),
        structlog.stdlib.add_log_level,
        _add_time,
        _drop_colours,
    ]
    rendering: list[Processor]
    if as_json:
        rendering = [structlog.processors.format_exc_info, _order, structlog.processors.JSONRenderer()]
    else:
        rendering = [structlog.dev.ConsoleRenderer(colors=colours, timestamp_key="time", sort_keys=False)]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
    )


def _drop_colours(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """uvicorn sends its messages a second time, with escape sequences."""
    event.pop("color_message", None)
    return event


def _add_time(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """When it was logged, not when it is written."""
    event["time"] = datetime.fromtimestamp(event["_record"].created, UTC).isoformat(timespec="milliseconds")
    return event


def _order(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """What every line has comes first."""
    first = {name: event.pop(name) for name in ("time", "level", "event") if name in event}
    return {**first, **event}

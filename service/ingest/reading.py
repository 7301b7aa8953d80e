"""Files to batches of arrivals, read ahead in a thread while the database works on the batch before."""

import asyncio
import contextlib
import hashlib
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, TypeVar

import msgspec

from service.ingest.formats import read_records
from service.ingest.formats.limits import DEFAULT_LIMITS, Limits
from service.ingest.identity import identify
from service.ingest.inputs import Input, Opened, open_input
from service.ingest.paper import Sourced
from service.ingest.record import Found, Reject, Skipped
from service.ingest.regroup import Arrival

# A batch ends at whichever comes first; its size bounds memory and what a crash loses.
BATCH_RECORDS = 500
BATCH_BYTES = 4_000_000

T = TypeVar("T")


@dataclass(slots=True)
class Batch:
    """Records of a file, and what was read over on the way to them. bytes_read: of the file, 0 when unknown."""

    arrivals: list[Arrival] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    bytes_read: int = 0
    bytes_total: int | None = None
    last: bool = False


async def read_batches(
    file: Input, format: str | None, source: str | None, stdin: BinaryIO | None, limits: Limits = DEFAULT_LIMITS
) -> AsyncGenerator[Batch, None]:
    """The batches of a file or an address, or for "-" of `stdin` (None: the process's own).

    Raises FormatError and OSError; what came before them is read.
    """
    reader = _Reader(file, format, source, stdin, limits)
    try:
        ahead = _in_thread(reader.read_batch)
        while True:
            batch = await ahead
            if not batch.last:
                ahead = _in_thread(reader.read_batch)
            yield batch
            if batch.last:
                return
    finally:
        reader.stop()


class _Reader:
    def __init__(
        self, file: Input, format: str | None, source: str | None, stdin: BinaryIO | None, limits: Limits
    ) -> None:
        self._file, self._format, self._source, self._stdin, self._limits = file, format, source, stdin, limits
        self._opened: Opened | None = None
        self._items: Iterator[Found | Reject | Skipped] = iter(())
        self._failure: Exception | None = None
        self._reading = threading.Lock()
        self._stopped = False

    def read_batch(self) -> Batch:
        """The next batch; runs in a thread."""
        self._reading.acquire()
        try:
            if self._stopped:
                return Batch(last=True)
            if self._failure is not None:
                raise self._failure
            if self._opened is None:
                self._open()
            return self._fill()
        finally:
            self._reading.release()
            if self._stopped:
                self._close()

    def stop(self) -> None:
        """Close the file, or have it closed by a read that is under way: of a pipe, it may never end."""
        self._stopped = True
        if self._reading.acquire(blocking=False):
            self._reading.release()
            self._close()

    def _close(self) -> None:
        if self._opened is not None and self._opened.raw is not self._stdin:
            self._opened.raw.close()

    def _open(self) -> None:
        self._opened = open_input(self._file.path, self._stdin, self._limits)
        self._items = read_records(self._opened.stream, self._file.name, self._format, self._source, self._limits)

    def _fill(self) -> Batch:
        batch = Batch(bytes_total=self._opened.size if self._opened else None)
        size = 0
        try:
            for item in self._items:
                if isinstance(item, Found):
                    batch.arrivals.append(prepare(item))
                    size += len(batch.arrivals[-1].body)
                elif isinstance(item, Reject):
                    batch.rejects.append(item)
                else:
                    batch.skipped.append(item)
                if (
                    len(batch.arrivals) + len(batch.rejects) + len(batch.skipped) >= BATCH_RECORDS
                    or size >= BATCH_BYTES
                ):
                    break
            else:
                batch.last = True
        except (ValueError, OSError) as error:
            # What came before is whole: it is handed over first.
            if not (batch.arrivals or batch.rejects or batch.skipped):
                raise
            self._failure = error
        if self._opened is not None and self._opened.size is not None:
            batch.bytes_read = self._opened.raw.tell()
        return batch


def prepare(found: Found) -> Arrival:
    """A record with what the store tells it by: its identity and the SHA-256 of its JSON."""
    body = msgspec.json.encode(found.record, order="deterministic")
    digest = hashlib.sha256(body).digest()
    return Arrival(
        Sourced(found.source, found.record, identify(found.record), digest), found.place, body.decode(), found.part
    )


def _in_thread(work: Callable[[], T]) -> "asyncio.Future[T]":
    """Run in a thread that does not keep the process alive: reading a pipe may never end."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()
    # One that nobody waits for any more may fail unheard.
    future.add_done_callback(lambda done: done.cancelled() or done.exception())

    def settle(result: T | None, error: Exception | None) -> None:
        if future.cancelled():
            return
        if error is not None:
            future.set_exception(error)
        else:
            future.set_result(result)  # type: ignore[arg-type]

    def run() -> None:
        result: T | None = None
        error: Exception | None = None
        try:
            result = work()
        except Exception as caught:
            error = caught
        # The loop may be gone by then.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, result, error)

    threading.Thread(target=run, name="colophon-read", daemon=True).start()
    return future

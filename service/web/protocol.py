"""uvicorn's HTTP protocol with bounds: on the request line, on the headers, on the time to send them and on the time
to read an answer.

Its own has none: 64 MB of headers are read, a connection that sends half a request or reads half an answer stays open
for ever, and who has gone is worked for to the end.
"""

import asyncio
import logging
import secrets
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from service.errors import AddressTooLong, ApiError, BadRequest, HeadersTooLarge
from service.web.problems import MEDIA_TYPE, describe_problem

# Bytes. The parser itself fails on addresses of 64 KiB.
_MAX_ADDRESS = 48 * 1024
_MAX_HEADERS = 64 * 1024
_MAX_HEADER_COUNT = 100
# From the first byte of a request, or the opening of the connection, to the end of its headers.
_HEAD_SECONDS = 10.0
# A client that is still sending reads the refusal only if the connection is not closed under it.
_LINGER_SECONDS = 2.0
# A client that reads none of its answer for so long has gone, whatever its connection says.
_STALL_SECONDS = 10.0

_log = logging.getLogger("colophon.request")


class BoundedProtocol(HttpToolsProtocol):
    """See the module. What is refused here never reaches the application, so it is logged here."""

    _refusal: ApiError | None = None
    _refused = False
    _reading_head = True
    _head_bytes = 0
    _header_bytes = 0
    _deadline: asyncio.TimerHandle | None = None
    _stall: asyncio.TimerHandle | None = None
    # The request being answered, which is not the last one read (self.cycle) when a client sends several at once.
    _running: RequestResponseCycle | None = None
    _task: "asyncio.Task[None] | None" = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._start_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_deadline()
        self._stop_stall()
        self.pipeline.clear()
        super().connection_lost(exc)
        if self._running is not None and not self._running.response_complete:
            self._running.disconnected = True
            # Nobody waits for it: its statement ends in the database too.
            if self._task is not None:
                self._task.cancel()

    def data_received(self, data: bytes) -> None:
        if self._refused or self.transport.is_closing():
            return
        super().data_received(data)
        # Data without a request, such as an empty line, stopped the clock of an idle connection.
        if self._deadline is None and (self.cycle is None or self.cycle.response_complete) and not self._refused:
            self._start_deadline()
        # The parser keeps a header to itself until it is whole.
        self._head_bytes += len(data)
        if self._reading_head and self._head_bytes > _MAX_ADDRESS + _MAX_HEADERS and not self._refused:
            self._refusal = _headers_too_large()
            self.send_400_response("")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._reading_head, self._head_bytes, self._header_bytes = True, 0, 0
        if self._deadline is None:
            self._start_deadline()

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > _MAX_ADDRESS:
            self._refuse(
                AddressTooLong("The address is too long.", hint=f"At most {_MAX_ADDRESS:,} bytes; use fewer values.")
            )

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._header_bytes += len(name) + len(value)
        if self._header_bytes > _MAX_HEADERS or len(self.headers) > _MAX_HEADER_COUNT:
            self._refuse(_headers_too_large())

    def on_headers_complete(self) -> None:
        self._reading_head = False
        self._stop_deadline()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """uvicorn's answer to what its parser, or a callback above, did not take."""
        error = self._refusal or BadRequest(
            "This is not HTTP as it should be.",
            code="invalid_request",
            hint="Is the address percent-encoded? It holds no spaces and nothing beyond ASCII.",
        )
        request_id = secrets.token_hex(8)
        self._refused = True
        self._stop_deadline()
        cycle = self.cycle
        if cycle is not None and cycle is self._running and cycle.more_body and not cycle.response_started:
            # Its body is what is wrong: this is its answer, and whoever reads the body learns that there is no more.
            cycle.disconnected = cycle.response_complete = True
            cycle.message_event.set()
        if cycle is None or cycle.response_complete:
            self.transport.write(_render(error, request_id))
            self.transport.write_eof()
            self._deadline = self.loop.call_later(_LINGER_SECONDS, self.transport.close)
        else:
            self.transport.close()
        _log.info(
            "request",
            extra={
                "request_id": request_id,
                "route": "refused",
                "status": error.status.value,
                "client": self.client[0] if self.client else None,
            },
        )

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch_reader(None)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_stall()

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        # What is closed waits until its answer is read.
        self._watch_reader(None)

    def _watch_reader(self, before: int | None) -> None:
        """Give up a client that has read nothing since there were `before` bytes to read."""
        self._stop_stall()
        unread = self.transport.get_write_buffer_size()
        if before is not None and unread >= before:
            self.transport.abort()
        elif unread:
            self._stall = self.loop.call_later(_STALL_SECONDS, self._watch_reader, unread)

    def _stop_stall(self) -> None:
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGIApp) -> None:  # type: ignore[override]
        async def run(scope: Scope, receive: Receive, send: Send) -> None:
            self._task = asyncio.current_task()
            try:
                await app(scope, receive, send)
            except asyncio.CancelledError:
                if not cycle.disconnected:
                    raise

        self._running, self._task = cycle, None
        super()._start_asgi_task(cycle, run)  # type: ignore[arg-type]

    def _refuse(self, error: ApiError) -> None:
        self._refusal = error
        # The parser turns it into its own error, which ends in send_400_response.
        raise error

    def _start_deadline(self) -> None:
        self._deadline = self.loop.call_later(_HEAD_SECONDS, self.transport.close)

    def _stop_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def _headers_too_large() -> HeadersTooLarge:
    return HeadersTooLarge(
        "The headers are too large.", hint=f"At most {_MAX_HEADERS:,} bytes in {_MAX_HEADER_COUNT} headers."
    )


def _render(error: ApiError, request_id: str) -> bytes:
    body: bytes = msgspec.json.encode(describe_problem(error, request_id))
    status: HTTPStatus = error.status
    headers: dict[str, Any] = {
        "content-type": MEDIA_TYPE,
        "content-length": len(body),
        "cache-control": "no-store",
        "connection": "close",
        "x-content-type-options": "nosniff",
        "x-request-id": request_id,
    }
    lines = [f"HTTP/1.1 {status.value} {status.phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body

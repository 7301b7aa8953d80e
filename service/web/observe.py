"""The outermost layer: each request gets an id, headers that browsers heed, a line in the log and its metrics."""

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.web.metrics import Metrics
from service.web.requests import read_request_id

_log = logging.getLogger("colophon.request")

# Set unless the answer brings its own: nothing of ours but the two HTML pages needs a browser to run or load anything.
_SECURITY_HEADERS = (
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)
# What nginx calls a client that went before it was answered.
_CLIENT_GONE = 499
_PATH_CHARACTERS = 200


class Observe:
    """See the module."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = read_request_id(scope)
        status, sent = _CLIENT_GONE, 0

        async def send_observed(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = int(message["status"])
                headers = list(message.get("headers", ()))
                present = {name.lower() for name, _ in headers}
                headers += [header for header in _SECURITY_HEADERS if header[0] not in present]
                headers.append((b"x-request-id", request_id.encode()))
                message = {**message, "headers": headers}
            elif message["type"] == "http.response.body":
                sent += len(message.get("body", b""))
            await send(message)

        started = time.perf_counter()
        self.metrics.active_requests.inc()
        try:
            await self.app(scope, receive, send_observed)
        finally:
            seconds = time.perf_counter() - started
            self.metrics.active_requests.dec()
            route = scope["state"].get("route", "unmatched")
            self.metrics.observe_request(scope["method"], route, status, seconds)
            _log.info(
                "request",
                extra={
                    "request_id": request_id,
                    "method": scope["method"],
                    "route": route,
                    "path": _read_path(scope),
                    "status": status,
                    "duration_ms": round(seconds * 1000, 2),
                    "bytes": 0 if scope["method"] == "HEAD" else sent,
                    "client": scope["client"][0] if scope.get("client") else None,
                },
            )


def _read_path(scope: Scope) -> str:
    """As it was sent, percent-encoded, so that no control character reaches a terminal; never the query string."""
    raw: bytes = scope.get("raw_path") or b""
    return raw[:_PATH_CHARACTERS].decode("ascii", "backslashreplace")

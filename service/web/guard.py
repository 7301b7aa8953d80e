"""What is refused before any route sees it: a wrong Host, a body too large or too slow."""

import asyncio
import re
from collections.abc import Collection
from fnmatch import fnmatchcase

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import ApiError, BadRequest, BodyTooLarge, RequestTimeout
from service.web.problems import answer_problem
from service.web.requests import find_header, read_request_id

# RFC 9110, 7.2: a name, an IPv4 address or a bracketed IPv6 address, and perhaps a port.
_HOST = re.compile(r"(?P<name>[A-Za-z0-9._~%-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{0,5})?")
# Probes and scrapers ask by address, whatever the allow-list says.
_OPEN_PATHS = ("/healthz", "/readyz", "/metrics")
# A client that sends a body too large reads the 413 only after it has sent; so that much is thrown away first.
_DRAIN_BYTES = 16 * 1024 * 1024
_DRAIN_SECONDS = 2.0
# From the end of the headers to the end of the body.
_BODY_SECONDS = 10.0


class Guard:
    """Checks the Host and reads the body, at most `max_body_bytes` of it, also when it comes in chunks.

    allowed_hosts: names to answer, "*.example.org" for those below one; empty: any of correct syntax.
    """

    def __init__(self, app: ASGIApp, *, max_body_bytes: int, allowed_hosts: Collection[str]) -> None:
        self.app = app
        self.max_body_bytes = max_body_bytes
        self.allowed_hosts = tuple(host.lower() for host in allowed_hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        self._check_host(scope)
        if find_header(scope, b"content-length") is None and find_header(scope, b"transfer-encoding") is None:
            await self.app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(_BODY_SECONDS):
                body = await self._read_body(scope, receive)
        except TimeoutError:
            late = RequestTimeout("The body did not arrive in time.", hint=f"Send it within {_BODY_SECONDS:g} seconds.")
            await self._refuse_body(late, scope, receive, send)
            return
        except BodyTooLarge as error:
            await self._refuse_body(error, scope, receive, send)
            return
        if body is not None:
            await self.app(scope, _replay(body, receive), send)

    def _check_host(self, scope: Scope) -> None:
        hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
        match = _HOST.fullmatch(hosts[0]) if len(hosts) == 1 else None
        if match is None and (hosts or scope.get("http_version") != "1.0"):
            raise BadRequest("The Host header is missing or malformed.", code="invalid_host")
        if not self.allowed_hosts or scope["path"] in _OPEN_PATHS:
            return
        name = match["name"].lower() if match else ""
        if not any(fnmatchcase(name, allowed) for allowed in self.allowed_hosts):
            raise BadRequest("This host is not served here.", code="invalid_host")

    async def _read_body(self, scope: Scope, receive: Receive) -> bytes | None:
        """The whole body; None when the client has gone. Raises BodyTooLarge."""
        declared = find_header(scope, b"content-length")
        if declared is not None and declared.isdigit() and int(declared) > self.max_body_bytes:
            raise self._too_large()
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            chunk: bytes = message.get("body", b"")
            size += len(chunk)
            if size > self.max_body_bytes:
                raise self._too_large()
            chunks.append(chunk)
            if not message.get("more_body"):
                return b"".join(chunks)

    def _too_large(self) -> BodyTooLarge:
        return BodyTooLarge(
            "The body is too large.", hint=f"At most {self.max_body_bytes:,} bytes; split it into several requests."
        )

    async def _refuse_body(self, error: ApiError, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_then_drain(message: Message) -> None:
            if message["type"] != "http.response.body":
                await send(message)
                return
            await send({**message, "more_body": True})
            await _drain(receive)
            await send({"type": "http.response.body", "body": b""})

        response = answer_problem(error, read_request_id(scope), {"connection": "close"})
        await response(scope, receive, send_then_drain)


def _replay(body: bytes, receive: Receive) -> Receive:
    given = False

    async def receive_again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again


async def _drain(receive: Receive) -> None:
    left = _DRAIN_BYTES
    try:
        async with asyncio.timeout(_DRAIN_SECONDS):
            while left > 0:
                message = await receive()
                left -= len(message.get("body", b""))
                if message["type"] == "http.disconnect" or not message.get("more_body"):
                    return
    except TimeoutError:
        return

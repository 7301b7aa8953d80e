"""What the service knows of a request beside what the client sent. Kept in scope["state"]."""

import re
import secrets

from starlette.types import Scope

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")


def read_request_id(scope: Scope) -> str:
    """The id under which this request stands in the logs.

    The caller's X-Request-Id if it is a plain word of up to 64 characters, else a random one. Kept for the
    rest of the request.
    """
    state = scope.setdefault("state", {})
    if "request_id" not in state:
        given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
        state["request_id"] = given.decode() if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
    return str(state["request_id"])


def find_header(scope: Scope, name: bytes) -> bytes | None:
    """The first header of this name (lower case), or None."""
    return next((value for key, value in scope["headers"] if key == name), None)

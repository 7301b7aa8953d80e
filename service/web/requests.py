"""What the service knows of a request beside what the client sent. Kept in scope["state"]."""

import re
import secrets

from starlette.requests import Request
from starlette.types import Scope

from service.database import Database
from service.errors import Unavailable, UnsupportedMediaType

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


def check_is_json(request: Request) -> None:
    """Raises UnsupportedMediaType unless the headers say that the body is plain JSON in UTF-8."""
    kind, _, parameters = request.headers.get("content-type", "").lower().partition(";")
    charset = parameters.replace(" ", "").replace('"', "")
    is_utf8 = not charset.startswith("charset=") or charset in ("charset=utf-8", "charset=utf8")
    if kind.strip() != "application/json" or not is_utf8:
        raise UnsupportedMediaType("The body must be JSON.", hint="Send Content-Type: application/json.")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("The body must not be compressed.", hint="Leave Content-Encoding out.")


def find_database(request: Request) -> Database:
    """The application's database. Raises Unavailable before it is open."""
    database: Database | None = getattr(request.app.state, "database", None)
    if database is None:
        raise Unavailable("The database is not open.")
    return database

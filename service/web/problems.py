"""How a failure is written over HTTP: RFC 9457 problem+json."""

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import Response

from service.errors import ApiError

MEDIA_TYPE = "application/problem+json"


def describe_problem(error: ApiError, request_id: str | None) -> dict[str, Any]:
    """The members of a problem. Those that do not apply are left out."""
    members = {
        "type": f"urn:colophon:error:{error.code}",
        "title": error.status.phrase,
        "status": error.status.value,
        "detail": error.detail,
        "code": error.code,
        "hint": error.hint,
        "parameter": error.parameter,
        "position": error.position,
        "request_id": request_id,
    }
    return {name: value for name, value in members.items() if value is not None}


def answer_problem(error: ApiError, request_id: str | None, headers: Mapping[str, str] | None = None) -> Response:
    """The response that tells the caller; with Retry-After where waiting helps."""
    response = Response(
        msgspec.json.encode(describe_problem(error, request_id)), status_code=error.status, media_type=MEDIA_TYPE
    )
    response.headers["cache-control"] = "no-store"
    if error.retry_after is not None:
        response.headers["retry-after"] = str(error.retry_after)
    response.headers.update(headers or {})
    return response

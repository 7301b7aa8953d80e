"""JSON answers as bytes, with an ETag, and 304 to who has them already."""

import hashlib
import re
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

_TAG = re.compile(r'(?:W/)?("[^"]*")')


def answer(
    request: Request,
    body: bytes | str,
    media_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> Response:
    """200 with `body`, or 304 when If-None-Match names it (RFC 9110, 13.1.2).

    The tag is weak because a proxy may compress. Caches keep the answer but ask before they use it: a load
    changes what is right.
    """
    if isinstance(body, str):
        body = body.encode()
    tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    head = {"etag": f"W/{tag}", "cache-control": "no-cache", **(headers or {})}
    if request.method in ("GET", "HEAD") and _matches(request.headers.get("if-none-match"), tag):
        return Response(status_code=304, headers=head)
    return Response(body, media_type=media_type, headers=head)


def _matches(condition: str | None, tag: str) -> bool:
    if condition is None:
        return False
    return condition.strip() == "*" or tag in _TAG.findall(condition)

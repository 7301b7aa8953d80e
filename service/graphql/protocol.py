"""GraphQL over HTTP: what a request asks for, and in which media type it wants the answer.

https://graphql.github.io/graphql-over-http/draft/
"""

from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request

from service.errors import BadRequest, NotAcceptable
from service.web.requests import check_is_json

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
HTML = "text/html"


class Asked(msgspec.Struct, rename="camel"):
    """The parameters of a request. Others are ignored, as the specification wants it."""

    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = None
    extensions: dict[str, Any] | None = None


async def read_asked(request: Request) -> Asked:
    """The parameters of a GET's query string or a POST's JSON body.

    Raises UnsupportedMediaType, and BadRequest with the code invalid_body. Batches, multipart and form bodies are
    refused: a batch would go round the limits of a request, and browsers send forms to other origins unasked.
    """
    if request.method != "POST":
        return _read_query_string(request.scope["query_string"])
    check_is_json(request)
    try:
        return msgspec.json.decode(await request.body(), type=Asked)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _unreadable("The body", error) from None


def choose_media_type(request: Request, *, offer_html: bool) -> str:
    """The best of what Accept allows; application/json without preference. Raises NotAcceptable."""
    offers = (JSON, GRAPHQL_JSON, HTML) if offer_html else (JSON, GRAPHQL_JSON)
    wanted = _read_accept(",".join(request.headers.getlist("accept")))
    best, best_quality = "", 0.0
    for offer in offers:
        quality = _rate(offer, wanted)
        if quality > best_quality:
            best, best_quality = offer, quality
    if not best:
        raise NotAcceptable("None of the media types asked for is offered.", hint=f"Accept {GRAPHQL_JSON} or {JSON}.")
    return best


def _read_query_string(raw: bytes) -> Asked:
    try:
        pairs = parse_qsl(raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=20)
        values: dict[str, Any] = dict(pairs)
        if len(values) < len(pairs):
            raise BadRequest("A parameter is given twice.", code="invalid_body", hint="Give it once.")
        for name in ("variables", "extensions"):
            if values.get(name):
                values[name] = msgspec.json.decode(values[name])
            else:
                values.pop(name, None)
        return msgspec.convert(values, Asked)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise _unreadable("The query string", error) from None


def _unreadable(what: str, error: Exception) -> BadRequest:
    reason = str(error)[:200] if isinstance(error, msgspec.MsgspecError) else "not UTF-8, or nested too deeply"
    return BadRequest(
        f"{what} cannot be read: {reason}.",
        code="invalid_body",
        parameter=None,
        hint='{"query": "{ papers { nodes { title } } }", "variables": {}, "operationName": null}',
    )


def _read_accept(header: str) -> dict[str, float]:
    """Media ranges and their qualities. No header means anything."""
    ranges: dict[str, float] = {}
    for item in header.split(","):
        kind, *parameters = (part.strip().lower() for part in item.split(";"))
        if not kind:
            continue
        quality = 1.0
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            if name.strip() == "q":
                try:
                    quality = min(max(float(value), 0.0), 1.0)
                except ValueError:
                    quality = 0.0
        ranges[kind] = quality
    return ranges or {"*/*": 1.0}


def _rate(offer: str, wanted: dict[str, float]) -> float:
    """The quality of the most specific range that holds the offer; a page only when it is asked for by name."""
    if offer == HTML:
        return wanted.get(HTML, 0.0)
    for kind in (offer, offer.partition("/")[0] + "/*", "*/*"):
        if kind in wanted:
            return wanted[kind]
    return 0.0

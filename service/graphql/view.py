"""/graphql: a request over HTTP to an answer."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec
from graphql import ExecutionResult, execute, get_variable_values
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from service.errors import ApiError, BadRequest, MethodNotAllowed, NotFound, Unavailable
from service.graphql.assets import answer_asset, answer_page
from service.graphql.context import Context
from service.graphql.documents import Documents, InvalidDocument
from service.graphql.errors import (
    describe_document_errors,
    describe_error,
    describe_field_errors,
    describe_variable_errors,
    find_cause,
)
from service.graphql.protocol import GRAPHQL_JSON, HTML, JSON, choose_media_type, read_asked
from service.graphql.schema import SCHEMA
from service.settings import Settings
from service.web.metrics import Metrics
from service.web.requests import find_database, read_request_id

_METHODS = "GET, HEAD, POST, OPTIONS"


class GraphQL:
    """The ASGI application for /graphql and /graphql/assets/{name}. It finds the database in the state of the
    application that routes to it, and GraphiQL's files by the path parameter `name`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._documents = Documents(SCHEMA, settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            media_type = JSON
            is_read = request.method in ("GET", "HEAD")
            if request.method == "OPTIONS":
                response = Response(status_code=204, headers={"allow": _METHODS})
            elif not is_read and request.method != "POST":
                raise MethodNotAllowed("This method is not for /graphql.", hint=f"One of {_METHODS}.")
            elif "name" in request.path_params:
                response = self._answer_asset(request)
            else:
                media_type = choose_media_type(request, offer_html=is_read and self._settings.graphiql)
                response = answer_page(request) if media_type == HTML else await self._answer(request, media_type)
        except ApiError as error:
            _find_metrics(request).graphql_rejected.labels(error.code).inc()
            response = _refuse(error, media_type, read_request_id(scope))
        await response(scope, receive, send)

    def _answer_asset(self, request: Request) -> Response:
        if not self._settings.graphiql or request.method == "POST":
            raise NotFound("There is nothing at this address.")
        return answer_asset(request, request.path_params["name"])

    async def _answer(self, request: Request, media_type: str) -> Response:
        request_id = read_request_id(request.scope)
        asked = await read_asked(request)
        variables = asked.variables or {}
        try:
            document, operation = self._documents.read(asked.query, asked.operation_name, variables)
        except InvalidDocument as invalid:
            errors = describe_document_errors(invalid.errors, request_id)
            return _refuse_invalid(request, media_type, errors, invalid.code)
        hide = not self._settings.introspection
        coerced = get_variable_values(
            SCHEMA, operation.variable_definitions or (), variables, max_errors=5, hide_suggestions=hide
        )
        if isinstance(coerced, list):
            errors = describe_variable_errors(coerced, request_id)
            return _refuse_invalid(request, media_type, errors, BadRequest.code)
        running = execute(
            SCHEMA,
            document.syntax,
            context_value=Context(find_database(request)),
            variable_values=variables,
            operation_name=asked.operation_name,
            hide_suggestions=hide,
        )
        result = running if isinstance(running, ExecutionResult) else await running
        _find_metrics(request).graphql_operations.labels("error" if result.errors else "ok").inc()
        return _write_result(result, media_type, request_id)


def _refuse_invalid(request: Request, media_type: str, errors: Sequence[Mapping[str, Any]], code: str) -> Response:
    _find_metrics(request).graphql_rejected.labels(code).inc()
    # Clients that know only application/json take any status but 200 for a failure of the transport.
    return _write({"errors": errors}, media_type, 400 if media_type == GRAPHQL_JSON else 200)


def _write_result(result: ExecutionResult, media_type: str, request_id: str) -> Response:
    payload: dict[str, Any] = {}
    status, headers = 200, {}
    if result.errors:
        payload["errors"] = describe_field_errors(result.errors, request_id)
        waits = [cause for cause in map(find_cause, result.errors) if isinstance(cause, Unavailable)]
        if waits:
            headers["retry-after"] = str(max(cause.retry_after or 1 for cause in waits))
            # The specification recommends 200 here too, but proxies, clients and alerts heed 503.
            if result.data is None and media_type == GRAPHQL_JSON:
                status = Unavailable.status
    payload["data"] = result.data
    return _write(payload, media_type, status, headers)


def _refuse(error: ApiError, media_type: str, request_id: str) -> Response:
    headers = {"allow": _METHODS} if isinstance(error, MethodNotAllowed) else {}
    if error.retry_after is not None:
        headers["retry-after"] = str(error.retry_after)
    return _write({"errors": [describe_error(error, request_id)]}, media_type, error.status, headers)


def _write(
    payload: Mapping[str, Any], media_type: str, status: int, headers: Mapping[str, str] | None = None
) -> Response:
    return Response(
        msgspec.json.encode(payload),
        status_code=status,
        headers={"content-type": f"{media_type}; charset=utf-8", "vary": "accept", **(headers or {})},
    )


def _find_metrics(request: Request) -> Metrics:
    return cast(Metrics, request.app.state.metrics)

"""How a failure is written in a GraphQL answer: the code, hint and parameter of REST, in GraphQL's names."""

import logging
import re
from collections.abc import Iterable
from typing import Any

from graphql import GraphQLError, VariableDefinitionNode

from service.errors import ApiError
from service.graphql.resolvers import camel

_log = logging.getLogger("colophon.graphql")

# The same failure of many rows is told once a position, and no more than so many in all.
MAX_ERRORS = 20
_MESSAGE_CHARACTERS = 400

# graphql-core repeats what Python said of a value, as of a number of 5,000 digits.
_CAUSE = re.compile(r", but encountered error '.*?'; found", re.DOTALL)

_PARAMETERS = {"q": "query", "limit": "first", "cursor": "after", "sort": "orderBy"}


def name_parameter(parameter: str) -> str:
    """The GraphQL name of a REST parameter: "has_repo" -> "hasRepo", "q" -> "query"."""
    return _PARAMETERS.get(parameter, camel(parameter))


def describe_error(error: ApiError, request_id: str | None) -> dict[str, Any]:
    """An ApiError as an entry of `errors`. Extensions that do not apply are left out."""
    extensions = {
        "code": error.code,
        "status": error.status.value,
        "hint": error.hint,
        "parameter": error.parameter and name_parameter(error.parameter),
        "position": error.position,
        "requestId": request_id,
    }
    return {
        "message": error.detail[:_MESSAGE_CHARACTERS],
        "extensions": {name: value for name, value in extensions.items() if value is not None},
    }


def describe_field_errors(errors: Iterable[GraphQLError], request_id: str | None) -> list[dict[str, Any]]:
    """What failed while fields were resolved. What is no ApiError is logged and masked."""
    described: list[dict[str, Any]] = []
    told: set[tuple[object, ...]] = set()
    for error in errors:
        cause = find_cause(error)
        position = tuple(key for key in error.path or () if isinstance(key, str))
        if (cause.code, cause.detail, position) in told or len(described) == MAX_ERRORS:
            continue
        told.add((cause.code, cause.detail, position))
        if not isinstance(error.original_error, ApiError):
            _log.error("unexpected_error", exc_info=error.original_error or error, extra={"request_id": request_id})
        described.append({**describe_error(cause, request_id), **_describe_place(error)})
    return described


def find_cause(error: GraphQLError) -> ApiError:
    """The ApiError behind it, or a masked one."""
    cause = error.original_error
    if isinstance(cause, ApiError):
        return cause
    return ApiError("Something went wrong in the service.", hint="Report it with the requestId.")


def describe_document_errors(errors: Iterable[GraphQLError], request_id: str | None) -> list[dict[str, Any]]:
    """What is wrong with a document."""
    return [_describe(error, "invalid_document", None, request_id) for error in list(errors)[:MAX_ERRORS]]


def describe_variable_errors(errors: Iterable[GraphQLError], request_id: str | None) -> list[dict[str, Any]]:
    """What is wrong with the values of variables. The parameter is the variable's name."""
    described = []
    for error in list(errors)[:MAX_ERRORS]:
        definition = next((node for node in error.nodes or () if isinstance(node, VariableDefinitionNode)), None)
        name = definition.variable.name.value if definition else None
        described.append(_describe(error, "invalid_parameter", name, request_id))
    return described


def _describe(error: GraphQLError, code: str, parameter: str | None, request_id: str | None) -> dict[str, Any]:
    extensions = {"code": code, "status": 400, "parameter": parameter, "requestId": request_id}
    return {
        "message": _CAUSE.sub("; found", error.message)[:_MESSAGE_CHARACTERS],
        **_describe_place(error),
        "extensions": {name: value for name, value in extensions.items() if value is not None},
    }


def _describe_place(error: GraphQLError) -> dict[str, Any]:
    place: dict[str, Any] = {}
    if error.locations:
        place["locations"] = [{"line": one.line, "column": one.column} for one in error.locations[:MAX_ERRORS]]
    if error.path:
        place["path"] = error.path
    return place

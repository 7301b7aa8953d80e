"""An operation: one method of one path, as the contract describes it and as it runs."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from service.errors import MethodNotAllowed
from service.rest.params import Parameter, read_parameters
from service.web.problems import answer_problem
from service.web.requests import read_request_id

Values = Mapping[str, Any]
Handler = Callable[[Request, Values], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class PathParameter:
    """A part of a path. `anything`: may hold slashes."""

    description: str
    example: str
    anything: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """What `method` on `path` ("/v1/papers/{id}") does.

    schema: the component of openapi.yaml that a 200 holds (None: see media_type). errors: the statuses besides
    200, 304 and those that any operation may have (contract.py). path_parameters: by their names in `path`.
    body: the component of the request's JSON.
    """

    method: str
    path: str
    name: str
    summary: str
    handler: Handler
    description: str = ""
    parameters: tuple[Parameter, ...] = ()
    path_parameters: Mapping[str, PathParameter] = field(default_factory=dict)
    schema: str | None = None
    media_type: str = "application/json"
    errors: tuple[int, ...] = ()
    body: str | None = None
    needs_database: bool = True
    has_etag: bool = True
    links_next: bool = False

    @property
    def route(self) -> str:
        """The path as Starlette spells it."""
        route = self.path
        for name, parameter in self.path_parameters.items():
            if parameter.anything:
                route = route.replace(f"{{{name}}}", f"{{{name}:path}}")
        return route


class Resource:
    """One path: an ASGI application that picks the operation of a method.

    HEAD is answered as GET (the server leaves out the body), OPTIONS with what is allowed.
    """

    def __init__(self, operations: list[Operation]) -> None:
        self._operations = {operation.method: operation for operation in operations}
        self._parameters = {
            operation.method: {parameter.name: parameter for parameter in operation.parameters}
            for operation in operations
        }
        methods = {*self._operations, "OPTIONS", *(["HEAD"] if "GET" in self._operations else [])}
        self.allow = ", ".join(sorted(methods))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        operation = self._operations.get(method)
        if operation is not None:
            values = read_parameters(scope["query_string"], self._parameters[method])
            response = await operation.handler(Request(scope, receive), values)
        elif method == "OPTIONS":
            response = Response(status_code=204, headers={"allow": self.allow})
        else:
            refusal = MethodNotAllowed("This address has no such method.", hint=f"It has {self.allow}.")
            response = answer_problem(refusal, read_request_id(scope), {"allow": self.allow})
        await response(scope, receive, send)


def link_next(request: Request, cursor: str | None) -> dict[str, str]:
    """The Link header (RFC 8288) to the next page; none on the last one.

    Relative, so that it is right behind any proxy. Left out where it would be longer than servers and clients
    take a header to be.
    """
    if cursor is None:
        return {}
    pairs = parse_qsl(request.scope["query_string"].decode(), keep_blank_values=True)
    query = urlencode([*(pair for pair in pairs if pair[0] != "cursor"), ("cursor", cursor)])
    link = f'<{quote(request.scope["path"])}?{query}>; rel="next"'
    return {"link": link} if len(link) <= 4000 else {}

"""schema/openapi.yaml, written from the operations that run. `colophon contracts` writes the file."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from service import __version__
from service.errors import SetupError
from service.papers import MAX_VALUES
from service.rest.operations import Operation
from service.rest.papers import SEARCH
from service.rest.params import Parameter
from service.rest.routes import OPERATIONS
from service.rest.schemas import COMPONENTS
from service.rest.shapes import ref
from service.web.problems import MEDIA_TYPE as PROBLEM

_DESCRIPTION = """\
Which research papers match these words, link this repository, mention this model?

Reads need no key. A parameter that is not listed here is an error, as is one given twice that is not said to be \
repeatable. Every error is an RFC 9457 problem with a `code` for programs. Answers carry an `ETag`; `If-None-Match` \
is answered with 304. `HEAD` and `OPTIONS` work everywhere. Other members may be added to answers; none will change \
its meaning.

GraphQL is at `/graphql`; schema.graphql is its contract.
"""
_ERRORS = {
    308: "The id was merged into another; Location leads there.",
    400: "A parameter, the body or a header is wrong; the problem says what would be right.",
    404: "There is no such thing.",
    408: "The body did not arrive in time.",
    414: "The address is too long.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    431: "The headers are too large.",
    500: "A fault of the service.",
    503: "The database cannot be reached or took too long, or its schema does not fit. Retry-After says when to ask "
    "again.",
}


def openapi() -> dict[str, Any]:
    """The contract as an OpenAPI 3.1 document."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _describe(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Colophon",
            "version": __version__,
            "description": _DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [],
        "tags": [
            {"name": name, "description": description}
            for name, description in (
                ("papers", "Papers: search, one by name, several by name."),
                ("repos", "Repositories that papers link."),
                ("models", "Models that papers mention."),
                ("suggest", "What a search box may offer."),
                ("service", "The service itself."),
            )
        ],
        "paths": paths,
        "components": {
            "schemas": COMPONENTS,
            "parameters": {parameter.name: _describe_parameter(parameter) for parameter in SEARCH},
            "headers": _HEADERS,
            "responses": {
                _response_name(status): _describe_error(status, text) for status, text in sorted(_ERRORS.items())
            },
        },
    }


def render_openapi() -> str:
    """The same as YAML. Raises SetupError where PyYAML is missing: it is a development dependency."""
    try:
        import yaml  # noqa: PLC0415
    except ImportError:
        raise SetupError("Writing contracts needs PyYAML, which comes with: make env") from None
    text: str = yaml.dump(openapi(), Dumper=_make_dumper(), sort_keys=False, allow_unicode=True, width=120)
    return (
        "# Written by `colophon contracts` from service/rest; a test compares it with what runs. Do not edit.\n" + text
    )


def _make_dumper() -> Any:
    import yaml  # noqa: PLC0415

    class Dumper(yaml.SafeDumper):
        """Without anchors, which few readers of OpenAPI files expect; paragraphs as they are read."""

        def ignore_aliases(self, data: Any) -> bool:
            return True

    def write_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)

    Dumper.add_representer(str, write_text)
    return Dumper


_HEADERS: dict[str, Any] = {
    "ETag": {"description": "A weak tag of the answer, for If-None-Match.", "schema": {"type": "string"}},
    "Link": {
        "description": 'The next page, rel="next"; relative. Only where there is one, and not if it were very long.',
        "schema": {"type": "string"},
    },
    "Location": {"description": "Where the paper is now.", "required": True, "schema": {"type": "string"}},
    "Retry-After": {"description": "Seconds.", "required": True, "schema": {"type": "integer", "minimum": 0}},
    "X-Request-Id": {
        "description": "As sent, if it was a plain word of up to 64 characters; else a new one.",
        "required": True,
        "schema": {"type": "string"},
    },
}


def _describe(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [_find_tag(operation.path)],
    }
    if operation.description:
        described["description"] = operation.description
    parameters = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": parameter.description,
            "schema": {"type": "string", "minLength": 1},
            "example": parameter.example,
        }
        for name, parameter in operation.path_parameters.items()
    ] + [
        {"$ref": f"#/components/parameters/{parameter.name}"} if parameter in SEARCH else _describe_parameter(parameter)
        for parameter in operation.parameters
    ]
    if parameters:
        described["parameters"] = parameters
    if operation.body:
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": ref(operation.body)}}}
    described["responses"] = dict(_describe_responses(operation))
    return described


def _find_tag(path: str) -> str:
    noun = path.removeprefix("/v1/").partition("/")[0]
    return noun if noun in ("papers", "repos", "models", "suggest") else "service"


def _describe_parameter(parameter: Parameter) -> dict[str, Any]:
    schema = dict(parameter.schema)
    described: dict[str, Any] = {"name": parameter.name, "in": "query", "description": parameter.description}
    if parameter.required:
        described["required"] = True
    if parameter.repeated:
        schema = {"type": "array", "items": schema, "minItems": 1, "maxItems": MAX_VALUES}
    if parameter.repeated or parameter.listed:
        described |= {"style": "form", "explode": parameter.repeated}
    if parameter.optional_value:
        described["allowEmptyValue"] = True
    described["schema"] = schema
    if parameter.example:
        example = parameter.read(parameter.example)
        if parameter.repeated:
            example = [example]
        described["example"] = list(example) if parameter.listed else example
    return described


def _describe_responses(operation: Operation) -> Iterable[tuple[str, dict[str, Any]]]:
    headers = ["X-Request-Id"]
    if operation.has_etag:
        headers.append("ETag")
    if operation.links_next:
        headers.append("Link")
    # A reader of YAML sees an object in this file.
    other = {"type": "object" if operation.media_type == "application/yaml" else "string"}
    content = {"schema": ref(operation.schema) if operation.schema else other}
    yield (
        "200",
        {
            "description": operation.summary + ".",
            "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in headers},
            "content": {operation.media_type: content},
        },
    )
    if operation.has_etag:
        yield "304", {"description": "As If-None-Match says."}
    for status in sorted({*operation.errors, 400, 414, 431, 500, *([503] if operation.needs_database else [])}):
        yield str(status), {"$ref": f"#/components/responses/{_response_name(status)}"}


def _response_name(status: int) -> str:
    return "".join(part for part in HTTPStatus(status).phrase.title() if part.isalpha())


def _describe_error(status: int, text: str) -> dict[str, Any]:
    headers = ["X-Request-Id", *{308: ["Location"], 503: ["Retry-After"]}.get(status, [])]
    described: dict[str, Any] = {
        "description": text,
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in headers},
    }
    if status != HTTPStatus.PERMANENT_REDIRECT:
        described["content"] = {PROBLEM: {"schema": ref("Problem")}}
    return described

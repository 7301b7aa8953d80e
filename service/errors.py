"""What can be wrong with a request, as one exception that both REST and GraphQL render.

Every `code` is documented in docs/errors.md (a test compares them). Messages never hold secrets,
SQL or text from the database.
"""

from http import HTTPStatus


class ApiError(Exception):
    """A failure to tell the caller about.

    status: the HTTP status REST answers with.
    code: stable, for programs.
    detail: what was wrong, for people.
    hint: what would be right.
    parameter: the REST name of the parameter at fault; GraphQL translates it.
    position: code points from the start of the parameter's value, from 0.
    retry_after: seconds, for 429 and 503.
    """

    status = HTTPStatus.INTERNAL_SERVER_ERROR
    code = "internal_error"

    def __init__(
        self,
        detail: str,
        *,
        code: str | None = None,
        hint: str | None = None,
        parameter: str | None = None,
        position: int | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or self.code
        self.hint = hint
        self.parameter = parameter
        self.position = position
        self.retry_after = retry_after


class BadRequest(ApiError):
    """400. Codes: unknown_parameter, invalid_parameter, invalid_query, invalid_cursor, invalid_id, invalid_body,
    invalid_host, invalid_request (no HTTP),
    and of GraphQL documents: invalid_document, document_too_complex."""

    status = HTTPStatus.BAD_REQUEST
    code = "invalid_parameter"


class NotFound(ApiError):
    """404. Codes: not_found (no such route), paper_not_found, repo_not_found, model_not_found."""

    status = HTTPStatus.NOT_FOUND
    code = "not_found"


class MethodNotAllowed(ApiError):
    """405; the response's Allow header lists what is."""

    status = HTTPStatus.METHOD_NOT_ALLOWED
    code = "method_not_allowed"


class NotAcceptable(ApiError):
    """406."""

    status = HTTPStatus.NOT_ACCEPTABLE
    code = "not_acceptable"


class RequestTimeout(ApiError):
    """408: the body did not arrive in time."""

    status = HTTPStatus.REQUEST_TIMEOUT
    code = "request_timeout"


class BodyTooLarge(ApiError):
    """413."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    code = "body_too_large"


class AddressTooLong(ApiError):
    """414."""

    status = HTTPStatus.REQUEST_URI_TOO_LONG
    code = "address_too_long"


class HeadersTooLarge(ApiError):
    """431."""

    status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    code = "headers_too_large"


class UnsupportedMediaType(ApiError):
    """415."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    code = "unsupported_media_type"


class Unavailable(ApiError):
    """503 with Retry-After. Codes: database_unavailable, overloaded, query_timeout, schema_mismatch."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "database_unavailable"

    def __init__(self, detail: str, *, code: str | None = None, hint: str | None = None, retry_after: int = 1) -> None:
        super().__init__(detail, code=code, hint=hint, retry_after=retry_after)


class SetupError(Exception):
    """The operator must act: a wrong setting, a schema that does not fit, a server that does not start.

    The command line prints the message alone, on one line, and exits with 2.
    """


class ServerUnreachable(SetupError):
    """The database does not answer now and may later: the service starts all the same, a command gives up."""

"""The last net: every failure becomes a problem, and what nobody foresaw is told apart from what is said about it."""

import logging

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.errors import ApiError
from service.web.problems import answer_problem
from service.web.requests import read_request_id

_log = logging.getLogger("colophon.web")


class Failures:
    """ApiErrors as they are; any other exception as a 500 that gives the request id and nothing else."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def send_noting(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        request_id = read_request_id(scope)
        try:
            await self.app(scope, receive, send_noting)
        except ApiError as error:
            if started:
                raise
            await answer_problem(error, request_id)(scope, receive, send)
        except Exception:
            _log.exception("unexpected_error", extra={"request_id": request_id})
            if started:
                raise
            masked = ApiError("Something went wrong in the service.", hint="Report it with the request_id.")
            await answer_problem(masked, request_id)(scope, receive, send)

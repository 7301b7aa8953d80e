"""Routes that leave their template where logs and metrics find it."""

from starlette.routing import Route
from starlette.types import Receive, Scope, Send


class NamedRoute(Route):
    """A route whose template ("/v1/papers/{id}") is noted in scope["state"]["route"]: never a path, of which
    there are without end."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("state", {})["route"] = self.path_format
        await super().handle(scope, receive, send)

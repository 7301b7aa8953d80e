"""/: a short page for people."""

import base64
import hashlib
from html import escape

from starlette.requests import Request
from starlette.responses import Response

from service import __version__
from service.rest.operations import Operation, Values
from service.web.answers import answer

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem}"
    "code{background:#8882;padding:.1em .3em;border-radius:3px}li{margin:.3em 0}:root{color-scheme:light dark}"
)
_CSP = (
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; style-src 'sha256-"
    + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    + "'"
)
_EXAMPLES = (
    ("/v1/papers?q=instruction+tuning&limit=5", "papers about instruction tuning"),
    ("/v1/papers?repo=openai/clip", "papers that link a repository"),
    ("/v1/papers?model=llama", "papers that mention a model, with its versions"),
    ("/v1/papers?model=bert&has_repo=true&fields=title,repos", "only some members of each paper"),
    ("/v1/repos", "repositories, most papers first"),
    ("/v1/models", "models, most papers first"),
    ("/v1/stats", "what is in the database"),
    ("/openapi.yaml", "the REST contract"),
)


async def get_home(request: Request, _values: Values) -> Response:
    examples = list(_EXAMPLES)
    if request.app.state.settings.graphiql:
        examples.insert(-1, ("/graphql", "GraphQL, with GraphiQL to try it"))
    rows = "".join(f'<li><a href="{escape(a)}"><code>{escape(a)}</code></a> – {escape(b)}</li>' for a, b in examples)
    page = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Colophon</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style>'
        f"<h1>Colophon</h1><p>Which research papers match these words, link this repository, mention this model? "
        f"Over REST and GraphQL.</p><form action='/v1/papers'><input name='q' aria-label='Words' autofocus> "
        f"<button>Search</button></form><p>To try:</p><ul>{rows}</ul><p>Version {__version__}</p></html>"
    )
    return answer(request, page, "text/html", {"content-security-policy": _CSP})


OPERATIONS = (
    Operation(
        "GET",
        "/",
        "getHome",
        "A short page for people",
        get_home,
        media_type="text/html",
        needs_database=False,
    ),
)

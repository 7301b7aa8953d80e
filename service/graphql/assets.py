"""GraphiQL in the browser, from files that stand beside this module: nothing comes from another host.

graphiql/MANIFEST.json says which release each file is from and what it hashes to; a test checks it.
"""

from functools import cache
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response

from service.errors import NotFound
from service.web.answers import answer

_FOLDER = files("service.graphql") / "graphiql"
_TYPES = {
    "graphiql-4.1.2.min.js": "text/javascript",
    "graphiql-4.1.2.min.css": "text/css",
    "react-18.3.1.min.js": "text/javascript",
    "react-dom-18.3.1.min.js": "text/javascript",
    "start.js": "text/javascript",
}
# GraphiQL's editor sets styles on elements as it goes; its fonts and icons are in its style sheet.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def answer_page(request: Request) -> Response:
    return answer(request, _read("index.html"), "text/html", {"content-security-policy": _POLICY, "vary": "accept"})


def answer_asset(request: Request, name: str) -> Response:
    """Raises NotFound for a name that is none of them."""
    if name not in _TYPES:
        raise NotFound("There is nothing at this address.")
    # A name with a version in it always means the same bytes.
    lasting = "public, max-age=31536000, immutable" if name != "start.js" else "no-cache"
    return answer(request, _read(name), _TYPES[name], {"cache-control": lasting})


@cache
def _read(name: str) -> bytes:
    return (_FOLDER / name).read_bytes()

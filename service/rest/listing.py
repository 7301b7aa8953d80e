"""How a page of repositories or models is written."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from service.queries.listing import ListPage
from service.rest.operations import link_next
from service.web.answers import answer


def answer_list(request: Request, page: ListPage) -> Response:
    """{"items", "total", "next_cursor"}; the items are PostgreSQL's JSON, untouched."""
    tail = {"total": {"value": page.total.value, "relation": page.total.relation}, "next_cursor": page.next_cursor}
    items = ",".join(edge.item for edge in page.edges)
    body = f'{{"items":[{items}],{msgspec.json.encode(tail).decode()[1:]}'
    return answer(request, body, headers=link_next(request, page.next_cursor))

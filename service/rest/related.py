"""/v1/papers/{id}/related: papers like a paper."""

from starlette.requests import Request
from starlette.responses import Response

from service.errors import BadRequest
from service.names import decode_id, encode_id
from service.papers import MAX_LIMIT
from service.queries.papers import ITEM_FIELDS
from service.queries.related import DEFAULT_RELATED, fetch_related
from service.rest.operations import Operation, PathParameter, Values
from service.rest.papers import FIELDS, unknown_paper
from service.rest.params import integer
from service.web.answers import answer
from service.web.requests import find_database

_LIMIT = integer("limit", "How many.", "5", low=1, high=MAX_LIMIT, default=DEFAULT_RELATED)


async def list_related(request: Request, values: Values) -> Response:
    own = _read_id(request.path_params["id"])
    wanted = values.get("limit", DEFAULT_RELATED), values.get("fields", ITEM_FIELDS)
    found = (await fetch_related(find_database(request), [own], *wanted)).get(own)
    if found is None:
        raise unknown_paper()
    if found.id != own:
        query = request.url.query
        location = f"/v1/papers/{encode_id('p', found.id)}/related" + (f"?{query}" if query else "")
        return Response(status_code=308, headers={"location": location})
    return answer(request, f'{{"items":[{",".join(found.papers)}]}}')


def _read_id(asked: str) -> int:
    """Own ids only: other names may hold slashes, and then it would not be known where they end."""
    own = decode_id(asked)
    if own is None or own[0] != "p":
        raise BadRequest(
            "Here a paper is named by its own id alone.",
            code="invalid_id",
            parameter="id",
            hint="p_… with 16 hexadecimal digits, as /v1/papers/arxiv:… and all other answers give it.",
        )
    return own[1]


OPERATIONS = (
    Operation(
        "GET",
        "/v1/papers/{id}/related",
        "listRelatedPapers",
        "Papers like a paper",
        list_related,
        "Those that share its most telling words, its models and its repositories, the most alike first. 308 leads "
        "from the id of a paper that was merged into another.",
        (_LIMIT, FIELDS),
        {"id": PathParameter("The paper's own id.", "p_1caa28bede8f825c")},
        schema="RelatedPapers",
        errors=(308, 400, 404),
    ),
)

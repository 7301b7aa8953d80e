"""/v1/models: models that papers mention."""

from starlette.requests import Request
from starlette.responses import Response

from service.errors import NotFound
from service.names import find_unstorable
from service.papers import DEFAULT_LIMIT, MAX_VALUE_CHARACTERS
from service.queries.details import MAX_BESIDE, MAX_VARIANTS
from service.queries.listing import ListRequest
from service.queries.models import fetch_model, list_models
from service.queries.papers import ITEM_FIELDS
from service.queries.search import papers_of_model
from service.rest.listing import answer_list
from service.rest.operations import Operation, PathParameter, Values
from service.rest.papers import CURSOR, LIMIT, SEARCH, answer_page, read_search
from service.rest.params import text
from service.web.answers import answer
from service.web.requests import find_database

_PREFIX = text("q", "The beginning of one of its spellings, in any case.", "llama")
_PATH = {"slug": PathParameter("Its slug, or its name in any spelling, slashes raw or as %2F.", "gpt-4", anything=True)}


async def get_models(request: Request, values: Values) -> Response:
    listing = ListRequest(values.get("q"), values.get("limit", DEFAULT_LIMIT), values.get("cursor"))
    return answer_list(request, await list_models(find_database(request), listing))


async def get_model(request: Request, _values: Values) -> Response:
    found = await fetch_model(find_database(request), _read_name(request), whole=True)
    if found is None:
        raise _unknown()
    return answer(request, found)


async def get_papers(request: Request, values: Values) -> Response:
    name, search = _read_name(request), read_search(values)
    page = await papers_of_model(find_database(request), name, search, values.get("fields", ITEM_FIELDS))
    if page is None:
        raise _unknown()
    return answer_page(request, page)


def _read_name(request: Request) -> str:
    name: str = request.path_params["slug"]
    if len(name) > MAX_VALUE_CHARACTERS or find_unstorable(name) is not None:
        raise _unknown()
    return name


def _unknown() -> NotFound:
    return NotFound("No paper mentions this model.", code="model_not_found", hint="/v1/models?q= finds by prefix.")


OPERATIONS = (
    Operation(
        "GET",
        "/v1/models",
        "listModels",
        "Models, most papers first",
        get_models,
        parameters=(_PREFIX, LIMIT, CURSOR),
        schema="ModelPage",
        links_next=True,
    ),
    Operation(
        "GET",
        "/v1/models/{slug}/papers",
        "listPapersOfModel",
        "The papers that mention a model or anything below it",
        get_papers,
        "As /v1/papers, among these.",
        SEARCH,
        _PATH,
        schema="PaperPage",
        errors=(404,),
        links_next=True,
    ),
    Operation(
        "GET",
        "/v1/models/{slug}",
        "getModel",
        "One model",
        get_model,
        f"With its aliases, its variants (those of most papers, at most {MAX_VARIANTS}), when it was first seen, and "
        f"the {MAX_BESIDE} models that most of its papers mention too.",
        path_parameters=_PATH,
        schema="ModelDetail",
        errors=(404,),
    ),
)

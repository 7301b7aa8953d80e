"""/v1/suggest: what a search box may offer."""

from starlette.requests import Request
from starlette.responses import Response

from service.papers import MAX_LIMIT
from service.queries.suggest import DEFAULT_SUGGESTIONS, SuggestionKind, SuggestRequest, suggest
from service.rest.operations import Operation, Values
from service.rest.params import choice, integer, text
from service.web.answers import answer
from service.web.requests import find_database

_PREFIX = text("q", "What somebody has typed so far, in any case, with or without accents.", "longf", required=True)
_LIMIT = integer("limit", "Suggestions at most.", "5", low=1, high=MAX_LIMIT, default=DEFAULT_SUGGESTIONS)
_KIND = choice("kind", "Only these. Repeated: any of them.", [kind.value for kind in SuggestionKind], repeated=True)


async def get_suggestions(request: Request, values: Values) -> Response:
    kinds = tuple(SuggestionKind(kind) for kind in values.get("kind", ()))
    wanted = SuggestRequest(values["q"], values.get("limit", DEFAULT_SUGGESTIONS), kinds)
    return answer(request, f'{{"items":{await suggest(find_database(request), wanted)}}}')


OPERATIONS = (
    Operation(
        "GET",
        "/v1/suggest",
        "suggest",
        "Suggestions for a search box",
        get_suggestions,
        "Models, papers and repositories, best first: those whose names begin so, titles with these words, and, while "
        "there are fewer than asked for, names that begin so but for one typo.",
        (_PREFIX, _LIMIT, _KIND),
        schema="Suggestions",
    ),
)

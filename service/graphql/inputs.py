"""The arguments of GraphQL, read as SearchRequest and ListRequest."""

from typing import Any, TypeVar

import strawberry
from strawberry import UNSET

from service.errors import BadRequest
from service.papers import DEFAULT_LIMIT, CountMode, SearchRequest, Sort
from service.papers import PaperFilter as Filter
from service.queries.listing import ListRequest
from service.queries.suggest import DEFAULT_SUGGESTIONS, SuggestionKind, SuggestionMatch, SuggestRequest

T = TypeVar("T")


strawberry.enum(
    Sort,
    name="PaperOrder",
    description="RELEVANCE is the default with a query, NEWEST without. Unknown dates come last.",
)
strawberry.enum(
    CountMode,
    description="How exact a total must be: not counted, exact up to a bound (then GTE), or always exact.",
)

strawberry.enum(SuggestionKind, description="What is suggested.")
strawberry.enum(
    SuggestionMatch,
    description="How a suggestion fits: a name of it begins so; its title has the words; a name of it begins so, but "
    "for one wrong, missing, extra or swapped character.",
)


@strawberry.input(
    description="What papers must have. Several values of one field: any of them; several fields: all of them."
)
class PaperFilter:
    repo: list[str] | None = strawberry.field(
        default=UNSET, description="Repositories in any spelling: owner/name, an address, git@host:owner/name."
    )
    owner: list[str] | None = strawberry.field(default=UNSET, description="Owners of repositories.")
    model: list[str] | None = strawberry.field(
        default=UNSET, description="Models, with their sizes and versions: any of them."
    )
    model_all: list[str] | None = strawberry.field(default=UNSET, description="As model, but all of them.")
    model_exact: list[str] | None = strawberry.field(default=UNSET, description="As model, without what is below them.")
    family: list[str] | None = strawberry.field(default=UNSET, description="Families of models.")
    method: list[str] | None = strawberry.field(
        default=UNSET, description="Named methods that are no models, in any spelling."
    )
    author: list[str] | None = strawberry.field(default=UNSET, description="Names of authors, or parts of them.")
    source: list[str] | None = strawberry.field(default=UNSET, description="Where records came from: daily_papers, …")
    category: list[str] | None = strawberry.field(default=UNSET, description="Subject categories: cs.CL, …")
    venue: list[str] | None = strawberry.field(default=UNSET, description="Venues: ACL finds ACL 2024 too.")
    link: list[str] | None = strawberry.field(default=UNSET, description="Addresses that papers link, or hosts.")
    arxiv: list[str] | None = strawberry.field(default=UNSET, description="arXiv ids, with or without version.")
    doi: list[str] | None = strawberry.field(default=UNSET, description="DOIs, alone or as addresses.")
    year: list[int] | None = strawberry.field(default=UNSET, description="Years of publication.")
    has_repo: bool | None = strawberry.field(default=UNSET, description="Whether a repository is linked.")
    since: str | None = strawberry.field(
        default=UNSET, description="Published in or after this day, month or year: 2024-05-17, 2024-05, 2024."
    )
    until: str | None = strawberry.field(default=UNSET, description="Published in or before this day, month or year.")


def read_search(
    *,
    query: str | None,
    wanted: PaperFilter | None,
    order_by: Sort | None,
    first: int | None,
    after: str | None,
    count: CountMode,
    highlight: bool,
    facets: tuple[str, ...],
) -> SearchRequest:
    """Raises BadRequest, its parameter in REST's spelling as everywhere below the skins."""
    return SearchRequest(
        query=_given(query),
        filter=_read_filter(_given(wanted)),
        sort=_given(order_by),
        limit=_read_first(first),
        cursor=_given(after),
        count=count,
        highlight=highlight,
        facets=facets,
    )


def read_count(count: CountMode | None, *, is_selected: bool) -> CountMode:
    """A total that nobody selected is not counted."""
    return (_given(count) or CountMode.BOUNDED) if is_selected else CountMode.NONE


def read_list(query: str | None, first: int | None, after: str | None) -> ListRequest:
    """Raises BadRequest."""
    return ListRequest(query=_given(query), limit=_read_first(first), cursor=_given(after))


def read_suggest(prefix: str, first: int | None, kinds: list[SuggestionKind] | None) -> SuggestRequest:
    """Raises BadRequest."""
    limit = _given(first)
    try:
        return SuggestRequest(prefix, DEFAULT_SUGGESTIONS if limit is None else limit, tuple(_given(kinds) or ()))
    except BadRequest as error:
        # Only here q is not called query.
        if error.parameter == "q":
            error.parameter = "prefix"
        raise


def _given(value: T | None) -> T | None:
    """Null and absent mean the same."""
    return None if value is UNSET else value


def _read_first(first: int | None) -> int:
    value = _given(first)
    return DEFAULT_LIMIT if value is None else value


def _read_filter(wanted: PaperFilter | None) -> Filter:
    if wanted is None:
        return Filter()
    given = {name: _given(value) for name, value in vars(wanted).items()}
    values: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
    return Filter(**{name: value for name, value in values.items() if value is not None})

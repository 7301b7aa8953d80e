"""The type of a suggestion."""

import strawberry

from service.queries.suggest import SuggestionKind, SuggestionMatch


@strawberry.type(description="What a search box may offer.")
class Suggestion:
    kind: SuggestionKind
    id: strawberry.ID
    text: str = strawberry.field(description="The title, the model's name, or owner/name.")
    slug: str | None = strawberry.field(description="Of a model.")
    url: str | None = strawberry.field(description="Of a repository; of a paper where it is known.")
    paper_count: int | None = strawberry.field(description="Papers of a model or a repository; null for a paper.")
    match: SuggestionMatch

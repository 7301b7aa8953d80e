"""The schema: its root, and its published text (schema/schema.graphql)."""

import strawberry
from graphql import GraphQLSchema
from strawberry.schema.config import StrawberryConfig

from service.graphql import resolvers
from service.graphql.connections import ModelConnection, RepoConnection
from service.graphql.suggestions import Suggestion
from service.graphql.types import (
    DATE_TIME,
    DateTime,
    Model,
    Node,
    Paper,
    PaperConnection,
    Repo,
)


@strawberry.type
class Query:
    papers: PaperConnection = strawberry.field(
        resolver=resolvers.resolve_papers,
        description='Papers by words, "phrases", -excluded words, title:, author: and OR, by filters, or by both.',
    )
    paper: Paper | None = strawberry.field(
        resolver=resolvers.resolve_paper,
        description="A paper by its id, arxiv:…, doi:…, acl:…, or its address at arXiv, doi.org or Daily Papers. "
        "An id that was merged away finds the paper it was merged into.",
    )
    papers_by_ids: list[Paper | None] = strawberry.field(
        resolver=resolvers.resolve_papers_by_ids,
        description="Up to 100 papers named as for paper(id:), in their order, null where there is none.",
    )
    repos: RepoConnection = strawberry.field(
        resolver=resolvers.resolve_repos,
        description="Repositories, most papers first, whose owner, name or address begins with the query.",
    )
    repo: Repo | None = strawberry.field(
        resolver=resolvers.resolve_repo, description="A repository in any spelling: owner/name, an address, git@…."
    )
    models: ModelConnection = strawberry.field(
        resolver=resolvers.resolve_models,
        description="Models, most papers first, of which a spelling begins with the query.",
    )
    model: Model | None = strawberry.field(
        resolver=resolvers.resolve_model, description="A model by its slug or any spelling."
    )
    suggest: list[Suggestion] = strawberry.field(
        resolver=resolvers.resolve_suggest,
        description="Models, papers and repositories for what somebody has typed so far, best first: those whose names "
        "begin so, titles with these words, and, while there are fewer than asked for, names that begin so but for one "
        "typo.",
    )
    node: Node | None = strawberry.field(
        resolver=resolvers.resolve_node, description="A paper, a repository or a model by its id."
    )


_STRAWBERRY = strawberry.Schema(
    query=Query,
    types=[Paper, Repo, Model],
    config=StrawberryConfig(
        default_resolver=lambda source, name: source[name],
        scalar_map={DateTime: DATE_TIME},
    ),
)

# What graphql-core parses, validates and executes against. Strawberry's own execution would add its limiters and
# extensions, which documents.py replaces; it keeps the schema behind this name and says so in its documentation.
SCHEMA: GraphQLSchema = _STRAWBERRY._schema


def sdl() -> str:
    """The schema in GraphQL's schema definition language, as in schema/schema.graphql."""
    return _STRAWBERRY.as_str() + "\n"

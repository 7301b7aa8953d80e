"""Pages of repositories and of models."""

import strawberry

from service.graphql.types import Model, PageInfo, Repo, Total


@strawberry.type
class RepoEdge:
    cursor: str
    node: Repo


@strawberry.type
class RepoConnection:
    edges: list[RepoEdge]
    nodes: list[Repo]
    page_info: PageInfo
    total: Total


@strawberry.type
class ModelEdge:
    cursor: str
    node: Model


@strawberry.type
class ModelConnection:
    edges: list[ModelEdge]
    nodes: list[Model]
    page_info: PageInfo
    total: Total

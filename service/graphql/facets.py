"""Facets of a connection: their types, and which of them a document asks for."""

from typing import Any

import strawberry
from graphql import GraphQLResolveInfo

from service.graphql.selection import find_arguments
from service.queries.facets import Facet

strawberry.enum(
    Facet,
    description="What values are counted of. Each value is what the filter of this name takes; of REPO_HOST that is "
    "link, where a host stands for all addresses on it.",
)


@strawberry.type(description="A value, and how many papers the filter by it leaves.")
class TextCount:
    value: str
    name: str = strawberry.field(description="As people write it.")
    count: int


@strawberry.type(description="A year, and how many papers the filter by it leaves.")
class YearCount:
    value: int
    name: str
    count: int


@strawberry.type
class TextFacet:
    values: list[TextCount] = strawberry.field(description="The most frequent ones, at most ten.")
    partial: bool = strawberry.field(description="Whether more papers match than were counted.")


@strawberry.type
class YearFacet:
    values: list[YearCount] = strawberry.field(description="The most frequent ones, at most ten.")
    partial: bool = strawberry.field(description="Whether more papers match than were counted.")


@strawberry.type(description="How often values occur within the result; null is what was not asked for.")
class Facets:
    model: TextFacet | None
    family: TextFacet | None
    repo_host: TextFacet | None
    category: TextFacet | None
    venue: TextFacet | None
    year: YearFacet | None
    source: TextFacet | None


def find_facets(info: GraphQLResolveInfo[Any]) -> tuple[str, ...]:
    """Of a connection being resolved: the facets that any of its `facets` fields asks for."""
    asked = {facet for arguments in find_arguments(info, "facets") for facet in arguments["by"]}
    return tuple(facet for facet in Facet if facet in asked)


def resolve_facets(root: Any, by: list[Facet]) -> Any:
    """Of several such fields each has what it asks for itself."""
    return {facet: root["facets"][facet] if facet in by else None for facet in Facet}

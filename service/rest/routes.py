"""All operations of REST, as data, and the routes made of them."""

from itertools import groupby

from starlette.routing import BaseRoute

from service.rest import health, home, models, papers, related, repos, suggest
from service.rest.operations import Operation, Resource
from service.web.routing import NamedRoute

# Of two routes that fit a path the first is taken. The operations of one path stand together.
OPERATIONS: tuple[Operation, ...] = (
    *home.OPERATIONS,
    *related.OPERATIONS,
    *papers.OPERATIONS,
    *repos.OPERATIONS,
    *models.OPERATIONS,
    *suggest.OPERATIONS,
    *health.OPERATIONS,
)


def build_routes() -> list[BaseRoute]:
    """One route a path."""
    paths = groupby(OPERATIONS, key=lambda operation: operation.route)
    return [NamedRoute(path, Resource(list(operations))) for path, operations in paths]

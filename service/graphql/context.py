"""What the resolvers of one request share: the database, and one batch a position in the document."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import strawberry
from strawberry.dataloader import DataLoader

from service.database import Database

Loader = DataLoader[Any, Any]
Load = Callable[[list[Any]], Awaitable[Sequence[Any]]]


@dataclass(slots=True)
class Context:
    database: Database
    _loaders: dict[tuple[str, ...], Loader] = field(default_factory=dict)

    def batch(self, info: "Info", prepare: Callable[[], Load]) -> Loader:
        """The batch of this field's position in the document: all rows of a list share it, whatever their number,
        so that the number of statements depends on the document alone. `prepare` runs once a position.
        """
        position = find_position(info)
        loader = self._loaders.get(position)
        if loader is None:
            loader = self._loaders[position] = DataLoader(prepare())
        return loader


Info = strawberry.Info[Context, None]


def find_position(info: Info) -> tuple[str, ...]:
    """The response keys that lead to this field, without the places in lists."""
    return tuple(key for key in info.path.as_list() if isinstance(key, str))

"""From a title and an abstract to the addresses and the models they name. Pure: no files but its own lexicon."""

from collections.abc import Iterable

from service.ingest.extract.extraction import Extraction, Link, Mention, Model
from service.ingest.extract.links import find_links, read_link

__all__ = [
    "Extraction",
    "Link",
    "Mention",
    "Model",
    "aliases",
    "extract",
    "find_links",
    "find_mentions",
    "read_link",
    "resolve_model",
]


def extract(title: str, abstract: str) -> Extraction:
    """Every link and every mention of a model, the title's first. Offsets are code points, end exclusive."""
    links = (*find_links(title, "title"), *find_links(abstract, "abstract"))
    return Extraction(links, tuple(find_mentions(title, abstract)))


def find_mentions(title: str, abstract: str) -> list[Mention]:
    """Every mention of a model."""
    return []


def resolve_model(name: str) -> Model:
    """A name given by a record or a caller: canonical spelling, family and parents."""
    return Model(" ".join(name.split()), None)


def aliases() -> Iterable[tuple[str, Model]]:
    """names.model_key of every spelling in the lexicon, with its model."""
    return ()

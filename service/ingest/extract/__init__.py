"""From a title and an abstract to the addresses and the models they name. Pure: no files but its own lexicon."""

from collections.abc import Iterator

from service.ingest.extract import models
from service.ingest.extract.extraction import Extraction, Link, Mention, Model
from service.ingest.extract.grammar import describe, resolve
from service.ingest.extract.lexicon import load_lexicon
from service.ingest.extract.links import find_links, read_link
from service.ingest.extract.sentences import find_sentence

__all__ = [
    "Extraction",
    "Link",
    "Mention",
    "Model",
    "aliases",
    "extract",
    "find_links",
    "find_sentence",
    "read_link",
    "resolve_model",
]


def extract(title: str, abstract: str) -> Extraction:
    """Every link and every mention of a model, the title's first. Offsets are code points, end exclusive.

    A model's name inside an address is no mention.
    """
    links = (*find_links(title, "title"), *find_links(abstract, "abstract"))
    addresses = [
        (link.field, link.start, link.end)
        for link in links
        if link.field is not None and link.start is not None and link.end is not None
    ]
    found, methods = models.find_mentions(title, abstract, addresses)
    return Extraction(links, tuple(found), tuple(methods))


def resolve_model(name: str) -> Model:
    """A name given by a record or a caller: canonical spelling, family and parents. Unknown names are kept."""
    return resolve(name, load_lexicon())


def aliases() -> Iterator[tuple[str, Model]]:
    """names.model_key of every spelling in the lexicon, with its model. A key comes once."""
    lexicon = load_lexicon()
    for key, entry in lexicon.by_key.items():
        yield key, describe(entry, lexicon)

"""Texts and children of XML elements, whatever their namespace. Pure."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from service.ingest.formats.text import EDGES

# What separates words where it stands between them without a blank.
_BREAKS = frozenset("br lb p par div head item".split())


def local_name(element: Element) -> str:
    """Its name without the namespace."""
    return element.tag.rpartition("}")[2]


def find_all(element: Element, *path: str) -> Iterator[Element]:
    """The elements that this path of names leads to, in their order."""
    for child in element:
        if local_name(child) == path[0]:
            if len(path) == 1:
                yield child
            else:
                yield from find_all(child, *path[1:])


def find(element: Element, *path: str) -> Element | None:
    return next(find_all(element, *path), None)


def read_text(element: Element | None) -> str:
    """All text inside, its white space joined; empty where there is none."""
    return join_blanks("".join(_walk(element))) if element is not None else ""


def read_texts(element: Element, *path: str) -> list[str]:
    """The texts at the end of a path, without those that are empty."""
    return [text for found in find_all(element, *path) if (text := read_text(found))]


def join_blanks(text: str) -> str:
    """White space and line ends as single blanks, none at the ends."""
    return " ".join(text.split()).strip(EDGES)


def _walk(element: Element) -> Iterator[str]:
    separate = local_name(element) in _BREAKS
    if separate:
        yield " "
    yield element.text or ""
    for child in element:
        yield from _walk(child)
        yield child.tail or ""
    if separate:
        yield " "

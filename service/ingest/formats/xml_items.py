"""The elements of an XML file, one at a time, whatever the file's size.

Nothing outside the elements asked for is kept, no entity is expanded and nothing is fetched (defusedxml). An
element that is too long or nested too deep is told and costs no other; a file that is not well-formed ends where that
shows.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from service.ingest.formats.content import Content
from service.ingest.formats.limits import PIECE
from service.ingest.formats.text import FormatError
from service.ingest.formats.xml_outline import local_name
from service.ingest.formats.xml_pieces import BAD, read_pieces
from service.ingest.record import Place, Reject

MAX_DEPTH = 100
# The parser itself keeps what is open.
_MAX_OPEN = 50_000


class Ancestor(NamedTuple):
    tag: str
    attributes: dict[str, str]


class Item(NamedTuple):
    """number: from 1 among those of its name; line: where it begins. ancestors: from the root down. problem: why
    `element` is empty."""

    number: int
    line: int
    element: Element
    ancestors: tuple[Ancestor, ...]
    problem: str | None = None

    def reject(self, file: str) -> Reject:
        """For an element that has a problem."""
        return Reject(self.place(file), self.problem or "it cannot be read")

    def place(self, file: str) -> Place:
        return Place(file, self.line, self.number)


def read_elements(content: Content, *names: str) -> Iterator[Item]:
    """The elements with these local names, in whatever namespace, each whole; in one, no other is looked for.

    Tags and attributes are as ElementTree has them: "{namespace}name"; find("{*}name") finds any. Raises
    FormatError, with the line, where the file is not well-formed, breaks off or defines entities.
    """
    longest = content.limits.entry
    target = _Target(frozenset(names), longest)
    parser = DefusedXMLParser(target=target, forbid_dtd=False, forbid_entities=True, forbid_external=True)
    target.parser = parser.parser
    fed = 0
    try:
        for part in read_pieces(content.stream, content.head.bytes):
            fed = 0 if target.moved() else fed + len(part)
            if fed > 4 * longest:
                raise FormatError(f"The XML has a tag of more than {fed:,} bytes at line {target.line:,}.")
            parser.feed(part)
            yield from target.take()
        parser.close()
    except ParseError as error:
        yield from target.take()
        line, column = error.position
        reason = str(error).split(":")[0]
        raise FormatError(f"The XML is not well-formed at line {line:,}, character {column + 1:,}: {reason}.") from None
    except DefusedXmlException:
        yield from target.take()
        raise FormatError(
            f"The XML defines entities at line {target.line:,}, which are not read: take them out."
        ) from None
    yield from target.take()


@dataclass
class _Target:
    """Builds the elements asked for as the parser comes by, and passes over all else."""

    names: frozenset[str]
    longest: int
    parser: object = None
    done: list[Item] = field(default_factory=list)
    path: list[Ancestor] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    builder: TreeBuilder | None = None
    # Of the element that is built: how deep in it, its size, where it began, what is wrong with it.
    depth: int = 0
    size: int = 0
    begun: int = 0
    problem: str | None = None
    _events: int = 0
    _seen: int = 0

    @property
    def line(self) -> int:
        return getattr(self.parser, "CurrentLineNumber", 0)

    def moved(self) -> bool:
        """Whether anything came since this was asked."""
        moved, self._seen = self._events != self._seen, self._events
        return moved

    def take(self) -> Iterator[Item]:
        while self.done:
            yield self.done.pop(0)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._events += 1
        if self.depth:
            self.depth += 1
            self._grow(PIECE + len(tag) + sum(len(name) + len(text) for name, text in attributes.items()))
            if self.depth > MAX_DEPTH:
                self._spoil("it is nested too deep")
            if self.depth > _MAX_OPEN:
                raise FormatError(f"The XML is nested too deep at line {self.line:,}.")
        elif local_name(tag) in self.names:
            self.depth, self.size, self.begun, self.problem = 1, 0, self.line, None
            self.builder = TreeBuilder()
            self._grow(PIECE + sum(len(name) + len(text) for name, text in attributes.items()))
        else:
            if len(self.path) >= MAX_DEPTH:
                raise FormatError(f"The XML is nested too deep at line {self.line:,}.")
            self.path.append(Ancestor(tag, attributes))
            return
        if any(BAD in text for text in attributes.values()):
            self._spoil_by_character()
        if self.builder is not None:
            self.builder.start(tag, attributes)

    def data(self, text: str) -> None:
        self._events += 1
        if self.depth:
            self._grow(len(text))
            if BAD in text:
                self._spoil_by_character()
            if self.builder is not None:
                self.builder.data(text)

    def end(self, tag: str) -> None:
        self._events += 1
        if not self.depth:
            self.path.pop()
            return
        self.depth -= 1
        if self.builder is not None:
            self.builder.end(tag)
        if self.depth == 0:
            name = local_name(tag)
            self.counts[name] = self.counts.get(name, 0) + 1
            element = self.builder.close() if self.builder is not None else Element(tag)
            self.done.append(Item(self.counts[name], self.begun, element, tuple(self.path), self.problem))
            self.builder = None

    def _grow(self, size: int) -> None:
        self.size += size
        if self.size > self.longest:
            self._spoil(f"it is larger than {self.longest:,} characters")

    def _spoil_by_character(self) -> None:
        self._spoil("it has a control character, or bytes that are not UTF-8")

    def _spoil(self, problem: str) -> None:
        self.problem = self.problem or problem
        self.builder = None

"""What the beginning of an XML file shows, so that formats can be told apart without reading it."""

import contextlib
import io
from dataclasses import dataclass
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from service.ingest.formats.xml_pieces import read_pieces


@dataclass(frozen=True)
class Outline:
    """The beginning of an XML file. root, names: local names, names of all elements of the head in order of first
    appearance; namespaces: of all of them."""

    root: str
    names: tuple[str, ...]
    namespaces: tuple[str, ...]


def local_name(tag: str) -> str:
    """The name without its namespace."""
    return tag.rpartition("}")[2]


def peek_xml(head: bytes) -> Outline | None:
    """What the first bytes of a file hold of XML; None where they hold no element."""
    if not head.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n").startswith(b"<"):
        return None
    tags: dict[str, None] = {}

    class Names:
        def start(self, tag: str, _: dict[str, str]) -> None:
            tags[tag] = None

    parser = DefusedXMLParser(target=Names(), forbid_dtd=False, forbid_entities=True, forbid_external=True)
    # What comes before an error stands.
    with contextlib.suppress(ParseError, DefusedXmlException, ValueError, LookupError):
        for piece in read_pieces(io.BytesIO(head), head):
            parser.feed(piece)
    if not tags:
        return None
    names = tuple(dict.fromkeys(map(local_name, tags)))
    spaces = tuple(dict.fromkeys(tag[1:].partition("}")[0] for tag in tags if tag.startswith("{")))
    return Outline(names[0], names, spaces)

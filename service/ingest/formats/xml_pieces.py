"""The text of an XML file in pieces that a parser goes through, whatever characters one entry has that XML has not.

A control character, a byte that is not UTF-8, or a reference to such a character (&#11;) would end the whole file for
the parser. BAD stands in their place, so that the element they are in can be told and the rest be read.
"""

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO

from service.ingest.formats.streams import read_some

# A noncharacter, which no text has and XML allows.
BAD = "\ufdd0"

_CHUNK = 65_536
_NOT_XML = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]"
    "|&#(?:0*(?:[0-8]|1[124-9]|2[0-9]|3[01])|[xX]0*(?:[0-8bcefBCEF]|1[0-9a-fA-F]));"
)
# A reference that the end of a piece cuts.
_CUT = re.compile(r"&[#\w]{0,12}\Z")
_DECLARED = re.compile(rb"\A\s*<\?xml[^>]*?encoding\s*=\s*[\"']([\w.-]+)[\"']")
_DECLARATION = re.compile(r"(?<=\s)<\?xml\b[^>]*\?>")


def read_pieces(stream: BinaryIO, head: bytes) -> Iterator[bytes | str]:
    """Text where the file is UTF-8, else the bytes of the encoding that it names, or whose mark it has, as they are."""
    declared = _DECLARED.match(head.removeprefix(codecs.BOM_UTF8))
    if b"\0" in head[:4] or (declared and declared[1].lower() not in (b"utf-8", b"utf8", b"us-ascii", b"ascii")):
        while part := read_some(stream, _CHUNK):
            yield part
        return
    decoder = codecs.getincrementaldecoder("utf-8-sig")("surrogateescape")
    waiting, begun = "", False
    while part := read_some(stream, _CHUNK):
        text = waiting + decoder.decode(part)
        if not begun:
            # Blanks may stand before an element, but not before a declaration.
            begun = True
            text = _blank_declaration(text)
        cut = _CUT.search(text)
        waiting, text = (cut[0], text[: cut.start()]) if cut else ("", text)
        yield _NOT_XML.sub(BAD, text)
    yield _NOT_XML.sub(BAD, waiting + decoder.decode(b"", final=True))


def _blank_declaration(text: str) -> str:
    if not text[:1].isspace() or not text.lstrip().startswith("<?xml"):
        return text
    return _DECLARATION.sub(lambda found: " " * len(found[0]), text, count=1)

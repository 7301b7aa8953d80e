"""Bytes to numbered lines: encodings, line ends, and telling text from what is not.

Streams: at most one line is in memory.
"""

import codecs
import io
import re
import unicodedata
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from service.ingest.formats.streams import HEAD_BYTES

# First bytes of files that people have beside their papers. https://www.garykessler.net/library/file_sigs.html
_SIGNATURES = (
    (b"%PDF", "a PDF file"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document"),
    (b"PAR1", "a Parquet file"),
    (b"bplist", "a binary property list (a Safari web archive?)"),
    (b"{\\rtf", "an RTF document"),
)
_BOMS = (
    # The longer first: UTF-32's begins with UTF-16's.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_DECLARED = re.compile(
    rb"<\?xml[^>]{1,80}encoding\s*=\s*[\"'](?P<name>[\w.:-]{1,40})|"
    rb"<(?:!doctype\s+)?html.{0,900}?<meta[^>]{1,200}charset\s*=\s*[\"']?(?P<html>[\w.:-]{1,40})",
    re.IGNORECASE | re.DOTALL,
)
# What decoding leaves where it fails: of UTF-8 the bytes as surrogates, of the wide encodings U+FFFD.
_ESCAPED = re.compile("[\ud800-\udfff]")
_REPLACED = re.compile("\ufffd")
# What stands at the ends of lines and is not text: white space of every width, and marks of no width (a BOM
# in the middle is where two files were joined).
EDGES = (
    " \t\n\r\v\f\x1c\x1d\x1e\x1f\x85\xa0\u1680\u180e"
    + "".join(map(chr, range(0x2000, 0x2010)))
    + "\u2028\u2029\u202f\u205f\u2060\u3000\ufeff"
)

CONVERT = "Save it as UTF-8, or convert it: iconv -f WINDOWS-1252 -t UTF-8 (or whatever it was saved as)."


class FormatError(ValueError):
    """Nothing of this file can be read, or (a broken gzip) nothing more. The message is one sentence or two."""


class Line(NamedTuple):
    """number: from 1; CRLF, LF and CR each end a line. problem: why the text is not all that stood there."""

    number: int
    text: str
    problem: str | None = None


def hint_at(problem: str) -> str | None:
    """What would help a line with this problem."""
    return CONVERT if " are not " in problem else None


def split_head(head: bytes, encoding: str) -> tuple[str, ...]:
    """The lines of a file's first bytes, none cut unless it is the only one. Raises FormatError if all are blank."""
    text = codecs.getincrementaldecoder(encoding)(_handle_errors(encoding)).decode(head)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if len(head) >= HEAD_BYTES and len(lines) > 1:
        del lines[-1]
    if not any(line.strip(EDGES) for line in lines):
        raise FormatError("The file is empty." if len(head) < HEAD_BYTES else "The file begins with blanks only.")
    return tuple(lines)


def read_lines(stream: BinaryIO, encoding: str, longest: int) -> Iterator[Line]:
    """The lines of a stream, which is not closed; of those with more than `longest` characters the beginning.

    Raises FormatError, with what was reached, if it breaks off.
    """
    errors = _handle_errors(encoding)
    wrapper = io.TextIOWrapper(stream, encoding=encoding, errors=errors, newline=None)
    bad = _ESCAPED if errors == "surrogateescape" else _REPLACED
    number = 0
    try:
        while line := wrapper.readline(longest):
            number += 1
            if len(line) == longest and not line.endswith("\n"):
                while (rest := wrapper.readline(longest)) and not rest.endswith("\n"):
                    pass
                yield Line(number, line, f"the line has more than {longest:,} characters")
            elif at := bad.search(line):
                name = encoding.upper().removesuffix("-SIG")
                problem = f"the bytes at character {at.start() + 1:,} of the line are not {name}"
                yield Line(number, line.rstrip("\n"), problem)
            else:
                yield Line(number, line.rstrip("\n"))
    except FormatError as error:
        raise FormatError(f"{str(error).removesuffix('.')}, after line {number:,}.") from error
    finally:
        wrapper.detach()


def _handle_errors(encoding: str) -> str:
    return "surrogateescape" if encoding.startswith("utf-8") else "replace"


def recognise_encoding(head: bytes) -> str:
    """The codec's name. Raises FormatError."""
    if not head:
        raise FormatError("The file is empty.")
    for signature, name in _SIGNATURES:
        if head.startswith(signature):
            raise FormatError(f"The file is {name}; text is expected.")
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            return encoding
    if b"\0" in head:
        wide = _recognise_wide(head)
        if wide:
            return wide
    if len(_CONTROL.findall(head)) > max(4, len(head) / 100):
        raise FormatError("The file is binary; text is expected.")
    if declared := _read_declaration(head):
        return declared
    # A stray byte spoils its line (a reject); a file of them is of another encoding.
    bad = _count_bad_bytes(head)
    if bad > max(4, len(head) / 2000):
        raise FormatError(f"The file is not UTF-8. {CONVERT}")
    return "utf-8"


def _read_declaration(head: bytes) -> str | None:
    """The encoding that XML or HTML names, where Python knows it and the bytes are not UTF-8 anyway."""
    found = _DECLARED.match(head[:1024].lstrip())
    if found is None or not _count_bad_bytes(head):
        return None
    try:
        name = codecs.lookup((found["name"] or found["html"]).decode("ascii")).name
        head.decode(name, "replace")
    except LookupError:
        return None
    return name


def _count_bad_bytes(head: bytes) -> int:
    """Bytes that are not UTF-8, the last line left out where there are several: it may be cut."""
    return len(_ESCAPED.findall(head[: head.rfind(b"\n") + 1 or None].decode("utf-8", "surrogateescape")))


def _recognise_wide(head: bytes) -> str | None:
    """UTF-16 or UTF-32 without a mark: NULs stand at the same places of each unit, and what is read is text.

    Few NULs will do where the bytes are not UTF-8 (Chinese has them at spaces and line ends only); else they
    are NULs in a UTF-8 file.
    """
    for width, names in ((4, ("utf-32-le", "utf-32-be")), (2, ("utf-16-le", "utf-16-be"))):
        whole = head[: len(head) // width * width]
        for name in names:
            # The high bytes: of a line end, a space and an ASCII letter they are NUL.
            high = whole[width - 1 :: width] if name.endswith("le") else whole[::width]
            low = whole[::width] if name.endswith("le") else whole[width - 1 :: width]
            few = high.count(0) < len(high) / 4 and not _count_bad_bytes(head)
            if not whole or b"\0" not in high or few or low.count(0) > high.count(0):
                continue
            text = whole.decode(name, "replace")
            strange = sum(unicodedata.category(c) in ("Cc", "Cn", "Cs", "Co") for c in text if not c.isspace())
            strange += text.count("\ufffd")
            if strange <= len(text) / 100:
                return name
    return None

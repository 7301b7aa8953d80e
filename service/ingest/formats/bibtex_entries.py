"""Lines to BibTeX entries, with macros resolved and the delimiters of values taken off.

A block is the lines from one "@kind{" at the beginning of a line to the next; bibtexparser reads it. So memory holds
one block, and an unclosed brace ends with its own.
"""

import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from bibtexparser import model
from bibtexparser.splitter import Splitter

from service.ingest.formats.limits import PIECE
from service.ingest.formats.text import EDGES, FormatError, Line, hint_at
from service.ingest.record import Skipped

# What it warns of becomes a reject.
logging.getLogger("bibtexparser.splitter").setLevel(logging.CRITICAL)

_START = re.compile(r"\s*@\s*\w+\s*[{(]")
_BARE = re.compile(r"[^\s#{}\",]+")
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()


@dataclass(frozen=True, slots=True)
class Entry:
    """kind and the names of fields are lower-case; values are LaTeX. line: where it begins. problem: why it cannot be
    read; fields is empty then."""

    kind: str
    key: str
    line: int
    fields: dict[str, str] = field(default_factory=dict)
    problem: str | None = None
    hint: str | None = None


def measure(entry: Entry) -> int:
    """Its characters, and what it takes beside them."""
    return PIECE + sum(PIECE + len(name) + len(text) for name, text in entry.fields.items())


class _ValueProblem(ValueError):
    pass


class _Macros(dict[str, str]):
    """longest: all values together, and an entry made of them: a macro may be twice another, again and again."""

    def __init__(self, longest: int) -> None:
        super().__init__({month: month for month in _MONTHS})
        self.longest, self._size = longest, 0

    def define(self, name: str, value: str) -> None:
        self._size += PIECE + len(name) + len(value)
        if self._size > self.longest:
            raise _ValueProblem(f"the macros have more than {self.longest:,} characters")
        self[name.lower()] = value


def read_entries(lines: Iterable[Line], file: str, longest: int) -> Iterator[Entry | Skipped]:
    """Entries in their order, and what stands between them. Lines that begin with % are comments. longest: of an entry,
    in characters."""
    macros = _Macros(longest)
    for start, problem, text in _read_blocks(lines, longest):
        if not _START.match(text):
            yield from _skip(file, start, text, "it stands outside an entry")
        elif problem:
            kind, key = _read_start(text)
            yield Entry(kind, key, start, problem=problem, hint=hint_at(problem))
        else:
            yield from _read_block(text, start, macros, file)


def _read_blocks(lines: Iterable[Line], longest: int) -> Iterator[tuple[int, str | None, str]]:
    """Where a block begins, what is wrong with its lines, and its text. What stands above the first is one too."""
    block: list[str] = []
    start, size = 1, 0
    problem: str | None = None
    failure: FormatError | None = None
    try:
        for line in lines:
            text = line.text.lstrip("\ufeff") if line.number == 1 else line.text
            if _START.match(text):
                if block:
                    yield start, problem, "\n".join(block)
                block, start, size, problem = [], line.number, 0, None
            # bibtexparser makes an object of each entry and each field of a block.
            size += len(text) + PIECE * (1 + text.count("@") + text.count("="))
            problem = problem or line.problem
            if size > longest:
                problem = problem or f"the entry is larger than {longest:,} characters"
            if not problem or not block:
                block.append(text)
    except FormatError as error:
        # The block before the break may be whole.
        failure = error
    if block:
        yield start, problem, "\n".join(block)
    if failure is not None:
        raise failure


def _read_block(text: str, start: int, macros: _Macros, file: str) -> Iterator[Entry | Skipped]:
    try:
        blocks = Splitter(text).split().blocks
    except Exception as error:  # Whatever a stranger's text brings about in a parser is wrong with that text alone.
        kind, key = _read_start(text)
        yield Entry(kind, key, start, problem=f"the entry cannot be read: {error or type(error).__name__}")
        return
    broken = False
    for block in blocks:
        line = start + (block.start_line or 0)
        if isinstance(block, model.DuplicateFieldKeyBlock | model.DuplicateBlockKeyBlock):
            # Of a field that is given twice the first counts.
            block = block.ignore_error_block or block  # noqa: PLW2901
        if isinstance(block, model.Entry):
            yield _read_entry(block, line, macros)
        elif isinstance(block, model.String):
            try:
                macros.define(block.key, _resolve(str(block.value), macros, macros.longest))
            except _ValueProblem as problem:
                yield Entry("string", block.key, line, problem=str(problem))
        elif isinstance(block, model.ParsingFailedBlock):
            broken = True
            kind, key = _read_start(block.raw or "")
            yield Entry(kind, key, line, problem=_explain(block))
        elif isinstance(block, model.ExplicitComment):
            yield Skipped(file, line, f"@comment{{{block.comment}".split("\n")[0], "a comment")
        elif isinstance(block, model.ImplicitComment) and not broken:
            yield from _skip(file, line, block.comment, "it stands outside an entry")


def _read_entry(block: model.Entry, line: int, macros: _Macros) -> Entry:
    kind, key = block.entry_type.lower(), block.key.strip()
    fields: dict[str, str] = {}
    room = macros.longest
    for given in block.fields:
        try:
            value = _resolve(str(given.value), macros, room)
        except _ValueProblem as problem:
            reason = f"{given.key[:40]}: {problem}"
            return Entry(kind, key, line, problem=reason)
        room -= len(value)
        if value.strip():
            fields.setdefault(given.key.lower(), value)
    return Entry(kind, key, line, fields)


def _resolve(raw: str, macros: _Macros, room: int) -> str:
    """The value of {a}, "a", 2020, macro or several of them joined by #. An unknown macro stands for its name."""
    parts: list[str] = []
    at, size, joined, bare = 0, 0, True, False
    while at < len(raw):
        if raw[at].isspace():
            at += 1
        elif raw[at] == "#":
            joined, at = True, at + 1
        elif raw[at] in '{"':
            if not joined:
                raise _ValueProblem(f"a comma is missing before {raw[at : at + 20]!r}")
            end = _find_end(raw, at)
            parts.append(raw[at + 1 : end])
            at, joined, bare = end + 1, False, False
        elif match := _BARE.match(raw, at):
            if not joined:
                wanted = "braces are missing around" if bare else "a comma is missing before"
                raise _ValueProblem(f"{wanted} {match[0][:20]!r}")
            bare = True
            parts.append(macros.get(match[0].lower(), match[0]))
            size += len(parts[-1])
            if size > room:
                raise _ValueProblem(f"with its macros it has more than {macros.longest:,} characters")
            at, joined = match.end(), False
        else:
            raise _ValueProblem(f"{raw[at]!r} is not expected in a value")
    return "".join(parts)


def _find_end(raw: str, start: int) -> int:
    """Where the brace or the quote that opens here is closed. As bibtexparser, braces behind a backslash count not."""
    depth = 0
    at = start
    while at < len(raw):
        character = raw[at]
        if character == "\\":
            at += 1
        elif character == "{":
            depth += 1
        elif character == "}":
            depth -= 1
            if depth == 0 and raw[start] == "{":
                return at
        elif character == '"' and depth == 0 and at > start:
            return at
        at += 1
    raise _ValueProblem("a brace or a quote is not closed")


def _read_start(raw: str) -> tuple[str, str]:
    match = re.match(r"\s*@\s*(\w+)\s*[{(]\s*([^\s,={}]*)", raw)
    return (match[1].lower(), match[2]) if match else ("", "")


def _explain(block: model.ParsingFailedBlock) -> str:
    reason = str(getattr(block.error, "abort_reason", block.error)).replace("`", "'").strip().rstrip(".")
    if "end of file" in reason or "block start" in reason:
        return "a brace or a quote is not closed before the next entry begins"
    return "the entry is broken: " + (reason[:1].lower() + reason[1:] or "no reason is given")


def _skip(file: str, start: int, text: str, reason: str) -> Iterator[Skipped]:
    for offset, line in enumerate(text.split("\n")):
        shown = line.strip(EDGES)
        if shown and not shown.startswith("%"):
            yield Skipped(file, start + offset, shown, reason)

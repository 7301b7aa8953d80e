"""Streams of some 200 MB in which a few good records stand between poisoned ones, as generators of pieces."""

import json
from collections.abc import Callable, Iterator, Mapping

# A piece of a poisoned entry that is written many times over.
_MB = 1_000_000
ROUNDS = 2


def _repeat(text: str, size: int) -> Iterator[bytes]:
    piece = (text * (65_536 // len(text.encode()) + 1)).encode()
    for _ in range(size // len(piece)):
        yield piece


def _spoil_json() -> Iterator[Iterator[bytes]]:
    """Members that make an entry a poison."""
    yield from (
        iter(pieces) if isinstance(pieces, list) else pieces
        for pieces in (
            _wrap('"abstract": "', _repeat("A long abstract. ", 50 * _MB), '"'),
            _wrap('"abstract": "', _repeat("\\ud83d\\ude00", 50 * _MB), '"'),
            _wrap('"abstract": "', _repeat("😀", 31 * _MB), '"'),
            _wrap('"authors": [', _repeat('"Ada Lovelace", ', 16 * _MB), '"Alan Turing"]'),
            _wrap('"authors": [', _repeat('"A",', 7 * _MB), '"B"]'),
            _wrap('"x": [', _repeat("[],", 7 * _MB), "[]]"),
            _wrap('"x": [', _repeat("{},", 7 * _MB), "{}]"),
            _wrap('"x": ', iter([b"[" * _MB]), "]" * _MB),
            [b'"abstract": "\\u0000"'],
            [b'"abstract": "\\ud800"'],
            [b'"abstract": "a raw \0"'],
            [b'"abstract": "no UTF-8: \xff"'],
        )
    )


def _wrap(before: str, pieces: Iterator[bytes], after: str) -> Iterator[bytes]:
    yield before.encode()
    yield from pieces
    yield after.encode()


def _write_json(between: bytes) -> Iterator[bytes]:
    number = 0
    for _ in range(ROUNDS):
        for members in _spoil_json():
            number += 1
            yield b"" if number == 1 else between
            yield json.dumps({"title": f"Good {number}", "external_ids": {"arxiv": f"2401.{number:05}"}}).encode()
            yield between + b'{"title": "Bad", "external_ids": {}, '
            yield from members
            yield b"}"


def write_json_lines() -> Iterator[bytes]:
    yield from _write_json(b"\n")


def write_paperlists() -> Iterator[bytes]:
    """A list in one value."""
    good = {"title": "Good", "author": "A;B", "status": "Poster", "site": "https://x.example/1", "track": "main"}
    yield b"[\n"
    for number in range(ROUNDS):
        for members in _spoil_json():
            yield json.dumps(good | {"title": f"Good {number} {id(members)}"}).encode()
            yield b',\n{"title": "Bad", "author": "A", "status": "Poster", '
            yield from members
            yield b"},\n"
    yield json.dumps(good).encode() + b"]"


def write_atom() -> Iterator[bytes]:
    yield b'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>arXiv Query</title>'
    yield b"<id>http://arxiv.org/api/x</id>"
    poisons: tuple[Callable[[], Iterator[bytes]], ...] = (
        lambda: _wrap("<summary>", _repeat("A long abstract. ", 70 * _MB), "</summary>"),
        lambda: _repeat("<author><name>Ada Lovelace</name></author>", 10 * _MB),
        lambda: _repeat("<a/>", 2 * _MB),
        lambda: _wrap("", iter([b"<a>" * 40_000]), "</a>" * 40_000),
        lambda: _wrap('<link title="', _repeat("x", 5 * _MB), '"/>'),
    )
    number = 0
    for _ in range(ROUNDS):
        for poison in poisons:
            number += 1
            opening = f"<entry><id>http://arxiv.org/abs/2401.{number:05}v1</id><title>"
            yield f"{opening}Good {number}</title><summary>Short.</summary></entry>\n{opening}Bad</title>".encode()
            yield from poison()
            yield b"</entry>\n"
    yield b"</feed>"


def write_bibtex() -> Iterator[bytes]:
    number = 0
    for _ in range(ROUNDS):
        for text, size in (("A long abstract. ", 60), ("{", 5), ("a line\n", 4), ("Ada Lovelace and ", 16)):
            number += 1
            yield f"@article{{g{number}, title = {{Good {number}}}, author = {{A}}, year = 2020}}\n\n".encode()
            yield f"@article{{b{number}, title = {{Bad}}, abstract = {{".encode()
            yield from _repeat(text, size * _MB)
            yield b"}}\n\n"


def write_ris() -> Iterator[bytes]:
    number = 0
    for _ in range(ROUNDS):
        for before, text, size in (
            ("AB  - ", "A long abstract. ", 70),
            ("", "AU  - Lovelace, Ada\n", 10),
            ("AB  - ", "a line\n", 3),
        ):
            number += 1
            yield f"TY  - JOUR\nTI  - Good {number}\nAU  - A\nER  - \n\nTY  - JOUR\nTI  - Bad\n{before}".encode()
            yield from _repeat(text, size * _MB)
            yield b"\nER  - \n\n"


def write_page() -> Iterator[bytes]:
    """A page saved as text."""
    long = "We study this and that, and find that it is so. " * 12
    for number in range(2_000):
        yield f"A Good Title of a Paper, Number {number}\n\n{long}\n\n".encode()
        if number % 100 == 50:
            yield b"A Bad Title of a Paper\n\n"
            yield from _repeat("A long abstract. ", 7 * _MB if number % 200 == 50 else 15 * _MB)
            yield b"\n\n"


STREAMS: Mapping[str, Callable[[], Iterator[bytes]]] = {
    "jsonl": write_json_lines,
    "paperlists": write_paperlists,
    "arxiv_atom": write_atom,
    "bibtex": write_bibtex,
    "ris": write_ris,
    "daily_papers": write_page,
}

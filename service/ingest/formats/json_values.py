"""JSON values: read whole, read as far as they reach, and what stands at a path in them."""

import json
from collections.abc import Iterator

import msgspec

from service.ingest.formats.text import EDGES

# Of one entry: an empty list takes twenty times the memory that it takes bytes in a file.
MAX_VALUES = 500_000


def parse(data: bytes) -> tuple[object, str | None]:
    """The value, and what is wrong with it."""
    if data.count(b",") > MAX_VALUES:
        return None, f"the entry has more than {MAX_VALUES:,} values"
    try:
        return msgspec.json.decode(data), None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        pass
    # Slower, but it takes NaN and half surrogate pairs (check_record says where they matter), and tells places.
    try:
        return json.loads(data.decode()), None
    except UnicodeDecodeError as error:
        return None, f"the bytes at byte {error.start + 1:,} of the entry are not UTF-8"
    except json.JSONDecodeError as error:
        return None, f"not JSON: {error.msg.removesuffix(' at')} at character {error.pos + 1:,} of the entry"
    except RecursionError:
        return None, "the JSON is nested too deep"
    except ValueError:
        return None, "a number has too many digits"


def pick(value: object, paths: tuple[str, ...]) -> Iterator[object]:
    """What stands at the paths (as read_entries takes them), lists passed through."""
    for path in paths:
        yield from _pick(value, path.split(".") if path else [])


def _pick(value: object, names: list[str]) -> Iterator[object]:
    if isinstance(value, list):
        for item in value:
            yield from _pick(item, names)
    elif not names:
        yield value
    elif isinstance(value, dict) and names[0] in value:
        yield from _pick(value[names[0]], names[1:])


def peek_json(lines: tuple[str, ...]) -> object | None:
    """The first value of a file, as far as its first lines go. Of what is cut, the whole members and items."""
    text = "\n".join(lines).lstrip(EDGES)
    if not text.startswith(("{", "[")):
        return None
    decoder = json.JSONDecoder()
    try:
        value: object = decoder.raw_decode(text)[0]
        return value
    except (ValueError, RecursionError):
        return _Partial(text, decoder).read()


class _Partial:
    """What a cut JSON text holds: whole members and items, and the lists and objects they stand in."""

    def __init__(self, text: str, decoder: json.JSONDecoder) -> None:
        self._text, self._decoder, self._at = text, decoder, 0

    def read(self, depth: int = 0) -> object:
        self._skip()
        opening = self._text[self._at : self._at + 1]
        try:
            value, self._at = self._decoder.raw_decode(self._text, self._at)
        except (ValueError, RecursionError):
            if opening not in ("{", "[") or not opening or depth >= 8:
                raise EOFError from None
        else:
            return value
        self._at += 1
        found: dict[str, object] = {}
        items: list[object] = []
        try:
            while True:
                self._skip(", \t\r\n")
                name = ""
                if opening == "{":
                    name = str(self.read(depth + 1))
                    self._skip(": \t\r\n")
                value = self.read(depth + 1)
                if opening == "{":
                    found[name] = value
                else:
                    items.append(value)
                if self._at >= len(self._text):
                    break
        except EOFError:
            self._at = len(self._text)
        return found if opening == "{" else items

    def _skip(self, signs: str = " \t\r\n") -> None:
        while self._at < len(self._text) and self._text[self._at] in signs:
            self._at += 1

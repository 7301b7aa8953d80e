"""Our own JSON Lines: one record a line (schema/papers.schema.json).

A line that is no record becomes a reject with its number and the path of the member at fault; the rest loads.
null, an empty string or one of blanks means "not given". Members that are not ours are read over, so that
producers may carry their own, but each name is told once a file: a misspelt "authers" should not pass unseen.
"""

import difflib
import json
from collections.abc import Iterator
from typing import Any

import msgspec

from service.ingest.formats.content import Content, Head
from service.ingest.formats.json_values import MAX_VALUES
from service.ingest.formats.text import EDGES, FormatError, hint_at
from service.ingest.record import Found, Place, Record, RecordError, Reject, Skipped, check_record

NAME = "jsonl"
SOURCE = "jsonl"
# Late: many formats are JSON Lines, and this one takes any.
RANK = 900

_MEMBERS = tuple(field.name for field in msgspec.structs.fields(Record))
# Names of foreign members that are told, a file.
_MAX_TOLD = 20


class _LineError(ValueError):
    pass


def recognise(head: Head) -> bool:
    """Most of the first lines begin an object. Raises FormatError for JSON that is not one object a line."""
    lines = [line.strip(EDGES) for line in head.lines]
    lines = [line for line in lines if line][:10]
    objects = sum(line.startswith("{") for line in lines)
    if lines[0] in ("{", "[", "[{") or (lines[0][0] == "[" and lines[0][1:].lstrip().startswith("{")):
        raise FormatError("This is JSON, but not one object a line. Convert it: jq -c '.[]' (or jq -c . for objects).")
    return objects * 2 > len(lines)


def read(content: Content, file: str, source: str) -> Iterator[Found | Reject | Skipped]:
    number = 0
    told: set[str] = set()
    for line in content.lines:
        text = line.text.strip(EDGES)
        if not text:
            continue
        number += 1
        place = Place(file, line.number, number)
        if line.problem:
            yield Reject(place, line.problem, hint_at(line.problem), text)
            continue
        try:
            members = _parse(text)
            for name in sorted(members.keys() - set(_MEMBERS) - told):
                if len(told) < _MAX_TOLD:
                    told.add(name)
                    yield Skipped(file, line.number, name, _describe_foreign(name), member=True)
            record = msgspec.convert(_drop_blanks(members), Record)
            check_record(record)
        except RecordError as error:
            yield Reject(place, error.reason, error.hint, text)
        except msgspec.ValidationError as error:
            yield Reject(place, str(error).replace("`", ""), entry=text)
        except (_LineError, ValueError) as error:
            yield Reject(place, str(error), entry=text)
        except RecursionError:
            yield Reject(place, "the JSON is nested too deep", entry=text)
        else:
            yield Found(record, source, place)


def _parse(text: str) -> dict[str, Any]:
    if text.count(",") > MAX_VALUES:
        raise _LineError(f"the entry has more than {MAX_VALUES:,} values")
    try:
        value = json.loads(text, object_pairs_hook=_build_object, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise _LineError(f"not JSON: {error.msg} at character {error.pos + 1:,}") from None
    except _LineError:
        raise
    except ValueError:
        # Python reads integers of up to 4,300 digits.
        raise _LineError("a number has too many digits") from None
    if not isinstance(value, dict):
        raise _LineError("an object is expected")
    return value


def _build_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _LineError(f"the member {twice[:80]!r} is given twice")
    return members


def _refuse_constant(name: str) -> None:
    raise _LineError(f"{name} is not JSON")


def _drop_blanks(members: dict[str, Any]) -> dict[str, Any]:
    """The members that are ours and say something; the ends of title and abstract trimmed."""
    kept: dict[str, Any] = {}
    for name, value in members.items():
        if name not in _MEMBERS:
            continue
        if isinstance(value, list):
            kept[name] = [item for item in value if not _is_blank(item)]
        elif isinstance(value, dict):
            kept[name] = {key: item for key, item in value.items() if not _is_blank(item)}
        elif name in ("title", "abstract") and isinstance(value, str):
            kept[name] = value.strip(EDGES)
        elif not _is_blank(value):
            kept[name] = value
    return kept


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip(EDGES))


def _describe_foreign(name: str) -> str:
    near = difflib.get_close_matches(name.lower(), _MEMBERS, n=1, cutoff=0.75)
    return f"not a member of ours; did you mean {near[0]!r}?" if near else "not a member of ours"


def record_schema() -> dict[str, Any]:
    """The JSON Schema of one line: schema/papers.schema.json.

    It says what producers should write. read() takes a little more (null and blanks for "not given") and also
    refuses days that no calendar has and characters that cannot be stored.
    """
    schema = msgspec.json.schema(Record)
    others = dict(schema["$defs"])
    record = others.pop(schema["$ref"].rsplit("/", 1)[1])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A paper: one line of Colophon's JSON Lines",
        "description": "Lengths are in code points. Members that are not named here are read over.",
        **{name: value for name, value in record.items() if name not in ("title", "description")},
        "$defs": others,
    }

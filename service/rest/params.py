"""The query string: one table says what a parameter is called, what it may be and how it is read.

The contract (contract.py) is written from the same table, so what is documented is what runs.
"""

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from service.errors import BadRequest
from service.names import find_unstorable
from service.papers import MAX_VALUE_CHARACTERS, MAX_VALUES

_INTEGER = re.compile(r"-?[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the query string.

    read: turns one value, decoded, storable and not too long, into what the handler gets; raises BadRequest.
    schema: JSON Schema of one value. example: a value, as it stands in the query string.
    repeated: may be given several times; the handler gets a tuple. optional_value: may be empty, as `q=`.
    listed: its value is a list separated by commas. required: may not be left out.
    """

    name: str
    description: str
    schema: Mapping[str, Any]
    read: Callable[[str], Any]
    example: str = ""
    repeated: bool = False
    optional_value: bool = False
    listed: bool = False
    required: bool = False


def text(
    name: str, description: str, example: str = "", *, repeated: bool = False, required: bool = False
) -> Parameter:
    """Any text of up to MAX_VALUE_CHARACTERS."""
    schema = {"type": "string", "minLength": 1, "maxLength": MAX_VALUE_CHARACTERS}
    return Parameter(name, description, schema, str, example, repeated, required=required)


def integer(
    name: str,
    description: str,
    example: str,
    *,
    low: int,
    high: int,
    default: int | None = None,
    repeated: bool = False,
) -> Parameter:
    """A whole number from low to high."""
    schema: dict[str, Any] = {"type": "integer", "minimum": low, "maximum": high}
    if default is not None:
        schema["default"] = default

    def read(value: str) -> int:
        if not _INTEGER.fullmatch(value) or not low <= int(value) <= high:
            raise BadRequest(
                f"{value[:40]!r} is not what {name} may be.",
                parameter=name,
                hint=f"A whole number from {low:,} to {high:,}." if high > low else None,
            )
        return int(value)

    return Parameter(name, description, schema, read, example, repeated)


def choice(
    name: str, description: str, choices: Sequence[str], *, default: str | None = None, repeated: bool = False
) -> Parameter:
    """One of a few words."""
    schema: dict[str, Any] = {"type": "string", "enum": list(choices)}
    if default is not None:
        schema["default"] = default

    def read(value: str) -> str:
        if value not in choices:
            near = difflib.get_close_matches(value, choices, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"One of {', '.join(choices)}."
            raise BadRequest(f"{value[:40]!r} is not what {name} may be.", parameter=name, hint=hint)
        return value

    return Parameter(name, description, schema, read, choices[-1], repeated)


def flag(name: str, description: str) -> Parameter:
    """true or false."""

    def read(value: str) -> bool:
        if value not in ("true", "false"):
            raise BadRequest(f"{value[:40]!r} is not what {name} may be.", parameter=name, hint="true or false.")
        return value == "true"

    return Parameter(name, description, {"type": "boolean"}, read, "true")


def read_parameters(query_string: bytes, parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    """The values of a query string by parameter name; only those that were given.

    Raises BadRequest for a name that is not among `parameters` (unknown_parameter, with the nearest one), for a
    required one that is missing, and for a value that is empty, too long, given twice, not UTF-8, or not what its
    parameter may be.
    """
    values: dict[str, Any] = {}
    for part in query_string.split(b"&"):
        if not part:
            continue
        raw_name, _, raw_value = part.partition(b"=")
        name = _decode(raw_name, None)
        parameter = parameters.get(name)
        if parameter is None:
            raise _unknown(name, parameters)
        value = _read(parameter, _decode(raw_value, name))
        if parameter.repeated:
            values[name] = (*values.get(name, ()), value)
            if len(values[name]) > MAX_VALUES:
                raise BadRequest(
                    f"{name} is given too often.", parameter=name, hint=f"At most {MAX_VALUES} values of one parameter."
                )
        elif name in values:
            raise BadRequest(f"{name} is given twice.", parameter=name, hint="Give it once.")
        else:
            values[name] = value
    for name, parameter in parameters.items():
        if parameter.required and name not in values:
            raise BadRequest(f"{name} is missing.", parameter=name, hint=f"As {name}={parameter.example}.")
    return values


def _read(parameter: Parameter, value: str) -> Any:
    name = parameter.name
    if value == "" and not parameter.optional_value:
        raise BadRequest(f"{name} is empty.", parameter=name, hint="Leave it out, or give it a value.")
    limit = parameter.schema.get("maxLength", MAX_VALUE_CHARACTERS)
    # The words of q have a limit of their own, with a code of its own.
    if len(value) > limit and not parameter.optional_value:
        raise BadRequest(
            f"{name} is too long.", parameter=name, position=limit, hint=f"At most {limit:,} characters are read."
        )
    return parameter.read(value)


def _decode(raw: bytes, parameter: str | None) -> str:
    """Percent-decoding without guesses. Raises BadRequest for what is no UTF-8 and what cannot be stored."""
    if re.search(rb"%(?![0-9A-Fa-f]{2})", raw):
        raise BadRequest(
            "A percent sign stands without two hexadecimal digits.", parameter=parameter, hint="Write %25 for %."
        )
    try:
        value = unquote_to_bytes(raw.replace(b"+", b" ")).decode()
    except UnicodeDecodeError:
        raise BadRequest("This is not UTF-8.", parameter=parameter, hint="Percent-encode the text's UTF-8.") from None
    position = find_unstorable(value)
    if position is not None:
        raise BadRequest(
            "A NUL character cannot be searched for.",
            parameter=parameter,
            position=position,
            hint="Leave that character out.",
        )
    return value


def _unknown(name: str, parameters: Mapping[str, Parameter]) -> BadRequest:
    near = difflib.get_close_matches(name, parameters, n=1)
    known = f"This takes {', '.join(parameters)}." if parameters else "This takes no parameters."
    return BadRequest(
        f"{name[:40]!r} is not a parameter here.",
        code="unknown_parameter",
        parameter=name[:40],
        hint=f"Did you mean {near[0]}?" if near else known,
    )

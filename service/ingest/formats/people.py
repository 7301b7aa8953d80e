"""Names of people as bibliographies write them, to how they are printed. Pure."""

import re

_SUFFIX = re.compile(r"(?:jr|sr|ii|iii|iv|v|phd|md)\.?", re.IGNORECASE)


def read_family_first(name: str) -> str:
    """ "Lovelace, Ada" -> "Ada Lovelace"; "King, Jr., Martin" and "King, Martin, Jr." -> "Martin King Jr.".

    A name without a comma is as it is printed.
    """
    parts = [part.strip() for part in name.split(",")]
    parts = [part for part in parts if part]
    if len(parts) == 3:
        family, second, third = parts
        given, suffix = (third, second) if _SUFFIX.fullmatch(second) else (second, third)
        return f"{given} {family} {suffix}"
    if len(parts) == 2:
        if _SUFFIX.fullmatch(parts[1]):
            return " ".join(parts)
        return f"{parts[1]} {parts[0]}"
    return name.strip(" ,")

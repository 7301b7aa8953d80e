"""How much of a file is taken, so that no file can fill memory or disk. Each is a setting (docs/operating.md)."""

from dataclasses import dataclass

# What a piece of an entry (a line, an element) counts beside its text: in memory it takes more than in a file.
PIECE = 50


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes.

    entry: of one line, JSON entry or XML element (there in characters). unpacked: of a file or an archive's members
    together, decompressed. ratio: unpacked to packed, from the first megabytes on. members: of an archive. spooled: of
    what must be on disk to be read (a zip that comes through a pipe).
    """

    entry: int = 8_000_000
    unpacked: int = 1_000_000_000_000
    ratio: int = 250
    members: int = 1_000_000
    spooled: int = 20_000_000_000
    timeout: float = 30.0


DEFAULT_LIMITS = Limits()

"""Files read in tests, without a database."""

import io
from pathlib import Path
from typing import Any

from service.ingest.formats import read_records

SAMPLES = Path(__file__).parent / "data" / "formats"


def read_lines(data: bytes | str, file: str = "f", **options: Any) -> list[Any]:
    """The entries of a file: Found, Reject or Skipped, as the test knows."""
    return list(read_records(io.BytesIO(data.encode() if isinstance(data, str) else data), file, **options))


def read_sample(path: str, **options: str) -> list[Any]:
    """The entries of one of our own files under tests/data/formats/."""
    found = SAMPLES / path
    return read_lines(found.read_bytes(), found.name, **options)

"""Files read in tests, without a database."""

import io
from typing import Any

from service.ingest.formats import read_records


def read_lines(data: bytes | str, file: str = "f", format: str | None = None) -> list[Any]:
    """The entries of a file: Found, Reject or Skipped, as the test knows."""
    return list(read_records(io.BytesIO(data.encode() if isinstance(data, str) else data), file, format))

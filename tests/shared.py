"""The corpora and gold that are not part of the project."""

import os
from pathlib import Path


def find_shared() -> Path:
    """The folder they lie in: SHARED_DATA, or "shared" beside the project. It may be absent."""
    beside = Path(__file__).parents[2] / "shared"
    return Path(os.environ.get("SHARED_DATA", beside))

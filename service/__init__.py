"""Colophon: which papers match these words, link this repository, mention this model?"""

from pathlib import Path

__version__ = "0.1.0"

_HERE = Path(__file__).parent
# Migrations and contracts: beside the package in a checkout and in the image, inside it in a wheel.
SCHEMA_DIR = _HERE / "_schema" if (_HERE / "_schema").is_dir() else _HERE.parent / "schema"

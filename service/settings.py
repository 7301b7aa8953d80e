"""Every setting, read once from the environment. The only reader of os.environ.

Each is listed in docs/operating.md (a test compares them).
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from service.errors import SetupError


@dataclass(frozen=True, slots=True)
class Settings:
    """Durations are in seconds, sizes in bytes."""

    # None: the embedded PostgreSQL in data_dir.
    database_url: str | None = field(default=None, repr=False)
    data_dir: str | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    # auto: console on a terminal, else json.
    log_format: str = "auto"
    log_level: str = "info"
    # Connections of the two pools: look-ups by id, and searches.
    lookup_pool_size: int = 4
    search_pool_size: int = 8
    # How long a request waits for a connection, then 503.
    acquire_timeout: float = 2.0
    # How long the database may work on a statement (the server's statement_timeout), then 503.
    statement_timeout: float = 10.0
    connect_timeout: float = 5.0
    # Totals are exact up to this many, then "gte".
    count_bound: int = 1_000
    max_body_bytes: int = 262_144
    # Rejects of a load that are kept in the database; all are counted.
    max_rejects: int = 10_000
    # Origins that browsers may read from; "*": any, never with credentials; empty: none.
    cors_origins: tuple[str, ...] = ("*",)
    # Host headers to answer; empty: any of correct syntax.
    allowed_hosts: tuple[str, ...] = ()
    graphiql: bool = True
    introspection: bool = True
    graphql_max_tokens: int = 2_000
    graphql_max_depth: int = 15
    graphql_max_aliases: int = 30
    # Of what `colophon load` reads (service/ingest/formats/limits.py): one entry, a file unpacked, unpacked to packed,
    # an archive's members, a zip that comes through a pipe; and how long a server of a file may say nothing.
    load_max_entry_bytes: int = 8_000_000
    load_max_unpacked_bytes: int = 1_000_000_000_000
    load_max_ratio: int = 250
    load_max_members: int = 1_000_000
    load_max_spool_bytes: int = 20_000_000_000
    load_timeout: float = 30.0
    # How long requests in flight may go on after SIGTERM.
    shutdown_timeout: float = 25.0

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Raises SetupError naming the variable; a value that may be a secret is never repeated."""
        environ = os.environ if environ is None else environ
        unknown = sorted({n for n in environ if n.startswith("COLOPHON_")} - set(VARIABLES))
        if unknown:
            raise SetupError(f"{unknown[0]} is not a setting. docs/operating.md lists them.")
        values: dict[str, Any] = {}
        for variable, (name, read, expected) in VARIABLES.items():
            text = environ.get(variable, "").strip()
            if text == "" and (variable not in environ or name not in ("cors_origins", "allowed_hosts")):
                continue
            try:
                values[name] = read(text)
            except ValueError:
                shown = "" if name == "database_url" else f"={text!r}"
                raise SetupError(f"{variable}{shown}: {expected} is expected.") from None
        return cls(**values)


def _read_url(text: str) -> str:
    if urlsplit(text).scheme not in ("postgresql", "postgres"):
        raise ValueError
    return text


def _read_flag(text: str) -> bool:
    flags = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if text.lower() not in flags:
        raise ValueError
    return flags[text.lower()]


def _read_list(text: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in text.split(",") if item.strip())


def _number_from(low: float, high: float, kind: type[int] | type[float]) -> Callable[[str], int | float]:
    def read(text: str) -> int | float:
        value = kind(text)
        if not low <= value <= high:
            raise ValueError
        return value

    return read


def _one_of(*choices: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text.lower() not in choices:
            raise ValueError
        return text.lower()

    return read


_SECONDS = (_number_from(0.05, 3600, float), "a number of seconds")
_FLAG = (_read_flag, "true or false")
_LIST = (_read_list, "a list separated by commas")
_LEVELS = ("debug", "info", "warning", "error")

# Variable -> field, reader, what is expected.
VARIABLES: dict[str, tuple[str, Callable[[str], object], str]] = {
    "DATABASE_URL": ("database_url", _read_url, "an address as postgresql://user:password@host:5432/name"),
    "COLOPHON_DATA_DIR": ("data_dir", str, "a folder"),
    "COLOPHON_HOST": ("host", str, "an address to listen on"),
    "COLOPHON_PORT": ("port", _number_from(0, 65535, int), "a port from 0 to 65535"),
    "COLOPHON_LOG_FORMAT": ("log_format", _one_of("auto", "json", "console"), "auto, json or console"),
    "COLOPHON_LOG_LEVEL": ("log_level", _one_of(*_LEVELS), ", ".join(_LEVELS)),
    "COLOPHON_LOOKUP_POOL_SIZE": ("lookup_pool_size", _number_from(1, 1000, int), "a number from 1 to 1000"),
    "COLOPHON_SEARCH_POOL_SIZE": ("search_pool_size", _number_from(1, 1000, int), "a number from 1 to 1000"),
    "COLOPHON_ACQUIRE_TIMEOUT": ("acquire_timeout", *_SECONDS),
    "COLOPHON_STATEMENT_TIMEOUT": ("statement_timeout", *_SECONDS),
    "COLOPHON_CONNECT_TIMEOUT": ("connect_timeout", *_SECONDS),
    "COLOPHON_COUNT_BOUND": ("count_bound", _number_from(1, 10_000_000, int), "a number from 1 to 10,000,000"),
    "COLOPHON_MAX_BODY_BYTES": ("max_body_bytes", _number_from(1024, 1 << 30, int), "a number of bytes from 1024"),
    "COLOPHON_MAX_REJECTS": ("max_rejects", _number_from(0, 10_000_000, int), "a number from 0 to 10,000,000"),
    "COLOPHON_CORS_ORIGINS": ("cors_origins", *_LIST),
    "COLOPHON_ALLOWED_HOSTS": ("allowed_hosts", *_LIST),
    "COLOPHON_GRAPHIQL": ("graphiql", *_FLAG),
    "COLOPHON_INTROSPECTION": ("introspection", *_FLAG),
    "COLOPHON_GRAPHQL_MAX_TOKENS": (
        "graphql_max_tokens",
        _number_from(10, 100_000, int),
        "a number from 10 to 100,000",
    ),
    "COLOPHON_GRAPHQL_MAX_DEPTH": ("graphql_max_depth", _number_from(1, 100, int), "a number from 1 to 100"),
    "COLOPHON_GRAPHQL_MAX_ALIASES": ("graphql_max_aliases", _number_from(0, 1000, int), "a number from 0 to 1000"),
    "COLOPHON_LOAD_MAX_ENTRY_BYTES": (
        "load_max_entry_bytes",
        _number_from(1024, 1 << 30, int),
        "a number of bytes from 1024 to 1,073,741,824",
    ),
    "COLOPHON_LOAD_MAX_UNPACKED_BYTES": (
        "load_max_unpacked_bytes",
        _number_from(1024, 1 << 60, int),
        "a number of bytes from 1024",
    ),
    "COLOPHON_LOAD_MAX_RATIO": ("load_max_ratio", _number_from(1, 1_000_000, int), "a number from 1 to 1,000,000"),
    "COLOPHON_LOAD_MAX_MEMBERS": (
        "load_max_members",
        _number_from(1, 100_000_000, int),
        "a number from 1 to 100,000,000",
    ),
    "COLOPHON_LOAD_MAX_SPOOL_BYTES": (
        "load_max_spool_bytes",
        _number_from(1024, 1 << 60, int),
        "a number of bytes from 1024",
    ),
    "COLOPHON_LOAD_TIMEOUT": ("load_timeout", *_SECONDS),
    "COLOPHON_SHUTDOWN_TIMEOUT": ("shutdown_timeout", *_SECONDS),
}

"""What a failure of PostgreSQL or of its driver means: to a caller (translate), to a reader that may try again
(is_lost), and to the operator of a command (explain_refusal).

SQLSTATEs: PostgreSQL's manual, appendix A.
"""

import re

import asyncpg

from service.errors import ApiError, BadRequest, Unavailable


def translate(error: BaseException) -> ApiError | None:
    """What a failure of the driver or the server means to a caller; None when it is a fault of ours.

    The server's message is never passed on: it may hold values and SQL.
    """
    if isinstance(error, ApiError):
        return error
    if isinstance(error, asyncpg.PostgresError):
        return _translate_sqlstate(error.sqlstate or "")
    if isinstance(error, asyncpg.ClientConfigurationError):
        return _unavailable()
    if is_lost(error) or isinstance(error, TimeoutError):
        return _unavailable()
    return None


def _translate_sqlstate(state: str) -> ApiError | None:
    match state:
        case "57014":
            return Unavailable(
                "The database took too long to answer.", code="query_timeout", hint="Ask for something narrower."
            )
        # too_many_connections, out_of_memory, lock_not_available, serialization_failure, deadlock_detected
        case "53300" | "53200" | "55P03" | "40001" | "40P01":
            return Unavailable("The database is busy.", code="overloaded", hint="Try again later.")
        # undefined_table, undefined_column, undefined_function, invalid_schema_name
        case "42P01" | "42703" | "42883" | "3F000":
            return Unavailable(
                "The database's schema is not the one this version needs.",
                code="schema_mismatch",
                hint="An operator has to run: colophon migrate",
            )
        # read_only_sql_transaction, disk_full, invalid_catalog_name
        case "25006" | "53100" | "3D000":
            return _unavailable()
        # character_not_in_repertoire, untranslatable_character, numeric_value_out_of_range, and data_exception, which
        # asyncpg raises itself for what it cannot encode: an integer too large, a lone surrogate.
        case "22021" | "22P05" | "22003" | "22000":
            return BadRequest("A value cannot be represented in the database.")
    match state[:2]:
        # connection_exception, operator_intervention, invalid_authorization_specification, system_error
        case "08" | "57" | "28" | "58":
            return _unavailable()
        # program_limit_exceeded
        case "54":
            return BadRequest("The request is too complex for the database.", hint="Ask for something shorter.")
    return None


def _unavailable() -> Unavailable:
    return Unavailable("The database cannot be reached.", hint="Try again later.")


def is_lost(error: BaseException) -> bool:
    """Whether the connection is gone or stale and another may well do: what reads retry on."""
    if isinstance(error, TimeoutError | ValueError):
        return False
    if isinstance(error, asyncpg.PostgresError):
        state = error.sqlstate or ""
        # InvalidCachedStatementError: a held statement after DDL. 57P0x: shut down, crashed, starting, dropped.
        return state[:2] == "08" or state[:4] == "57P0" or isinstance(error, asyncpg.InvalidCachedStatementError)
    if isinstance(error, asyncpg.InterfaceError):
        # asyncpg has no class for "connection is closed".
        return "closed" in str(error) or "closing" in str(error)
    # The first use of a terminated connection is an InternalClientError without SQLSTATE.
    return isinstance(error, OSError | asyncpg.InternalClientError)


def explain_refusal(error: Exception, dsn: str) -> str:
    """Why no connection could be made, in one line, never with the password."""
    place = _describe_place(dsn)
    if isinstance(error, asyncpg.InvalidPasswordError):
        return f"The database{place} refuses the user or the password of DATABASE_URL."
    if isinstance(error, asyncpg.InvalidAuthorizationSpecificationError):
        return f"The database{place} refuses the user of DATABASE_URL, or connections from here (pg_hba.conf)."
    if isinstance(error, asyncpg.InvalidCatalogNameError):
        return f"The server{place} has no database of that name. Create it, with ENCODING 'UTF8'."
    if isinstance(error, asyncpg.TooManyConnectionsError):
        return f"The server{place} has no connection left (max_connections)."
    if isinstance(error, asyncpg.CannotConnectNowError):
        return f"The server{place} is starting or shutting down. Try again in a moment."
    if isinstance(error, TimeoutError):
        return f"The database{place} does not answer (COLOPHON_CONNECT_TIMEOUT)."
    if isinstance(error, ConnectionRefusedError | FileNotFoundError):
        return f"The database{place} cannot be reached: nothing listens there. Is it running?"
    if isinstance(error, OSError):
        return f"The database{place} cannot be reached: {error.strerror or 'no connection'}."
    if isinstance(error, asyncpg.TargetServerAttributeNotMatched):
        return f"None of the servers{place} is what target_session_attrs of DATABASE_URL asks for."
    if isinstance(error, asyncpg.PostgresError):
        return f"The database{place} refuses the connection (SQLSTATE {error.sqlstate})."
    if isinstance(error, ValueError):
        # Its message may repeat a part of the password.
        return "DATABASE_URL cannot be read; postgresql://user:password@host:5432/name is expected, percent-encoded."
    return f"The database{place} cannot be used: it does not speak PostgreSQL's protocol as expected."


def _describe_place(dsn: str) -> str:
    """ " at host:5432", or nothing when a password with unencoded characters might be mistaken for the host."""
    rest = dsn.partition("://")[2]
    authority = re.split(r"[/?#]", rest)[0]
    if rest.count("@") > 1 or "@" in rest.removeprefix(authority):
        return ""
    host = authority.rpartition("@")[2]
    return f" at {host}" if host else ""

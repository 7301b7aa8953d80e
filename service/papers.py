"""The vocabulary of a search: SearchRequest and Cursor. Whoever asks, over REST, GraphQL or the command
line, asks with these; queries/ answers them.
"""

import base64
import hashlib
import json
import re
from calendar import monthrange
from dataclasses import dataclass, field, fields
from datetime import date
from enum import StrEnum

from service.errors import BadRequest
from service.names import REPO_HOSTS, PaperName, RepoName, find_unstorable, parse_paper_name, parse_repo
from service.words import Clause, parse_words

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
# Of one parameter, repeated or listed.
MAX_VALUES = 100
MAX_VALUE_CHARACTERS = 2000
# A day, a month or a year.
PERIOD = r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?"


class Sort(StrEnum):
    RELEVANCE = "relevance"
    NEWEST = "-published"
    OLDEST = "published"
    TITLE = "title"


class CountMode(StrEnum):
    """How exact a total must be: not at all, up to a bound (then "gte"), or always."""

    NONE = "none"
    BOUNDED = "bounded"
    EXACT = "exact"


@dataclass(frozen=True, slots=True)
class PaperFilter:
    """What papers must have. Several values of one field: any of them; several fields: all of them.

    Values are as the caller gave them; queries/filters.py reads them. Raises BadRequest for one that is empty, too
    long, too many, that PostgreSQL cannot hold, or that is no date or year.
    """

    repo: tuple[str, ...] = ()
    owner: tuple[str, ...] = ()
    model: tuple[str, ...] = ()
    model_all: tuple[str, ...] = ()
    model_exact: tuple[str, ...] = ()
    family: tuple[str, ...] = ()
    method: tuple[str, ...] = ()
    author: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    venue: tuple[str, ...] = ()
    link: tuple[str, ...] = ()
    arxiv: tuple[str, ...] = ()
    doi: tuple[str, ...] = ()
    year: tuple[int, ...] = ()
    has_repo: bool | None = None
    since: str | None = None
    until: str | None = None

    def __post_init__(self) -> None:
        for item in fields(self):
            given = getattr(self, item.name)
            values = given if isinstance(given, tuple) else (given,)
            check_count(len(values), item.name)
            for value in values:
                if isinstance(value, str):
                    check_value(value, item.name)
        for name in ("since", "until"):
            value = getattr(self, name)
            if value is not None:
                read_period(value, name)
        for year in self.year:
            if not 1 <= year <= 9999:
                raise BadRequest(f"{year} is not a year.", parameter="year", hint="A year from 1 to 9999, as 2024.")
        if self.since and self.until and read_period(self.since, "since")[0] > read_period(self.until, "until")[1]:
            raise BadRequest("since is after until.", parameter="since", hint="Both are inclusive.")


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """One page of a search for papers."""

    query: str | None = None
    filter: PaperFilter = field(default_factory=PaperFilter)
    sort: Sort | None = None
    limit: int = DEFAULT_LIMIT
    cursor: str | None = None
    count: CountMode = CountMode.BOUNDED
    # Whether each paper shall say where the words of the query stand in it.
    highlight: bool = False
    # Of what the result's values are to be counted: names of queries/facets.py.
    facets: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_limit(self.limit)
        check_storable(self.query or "", "q")
        if self.cursor is not None:
            check_value(self.cursor, "cursor")
        parse_words(self.query or "")
        if self.sort is Sort.RELEVANCE and not self.is_telling:
            raise BadRequest(
                "Without words to look for nothing is relevant.",
                parameter="sort",
                hint="Add words, or ask for another order.",
            )

    @property
    def has_query(self) -> bool:
        return bool(self.query and self.query.strip())

    @property
    def is_telling(self) -> bool:
        """Whether it says what papers should be about: authors and excluded words do not."""
        return any(not term.negated and term.field != "author" for clause in self.clauses for term in clause)

    @property
    def clauses(self) -> tuple[Clause, ...]:
        return parse_words(self.query or "")

    @property
    def order(self) -> Sort:
        """The order that applies: as asked, else relevance with words that say what about, and newest first without."""
        return self.sort or (Sort.RELEVANCE if self.is_telling else Sort.NEWEST)

    @property
    def fingerprint(self) -> str:
        """What a cursor is bound to: query, filters and sort, not limit, count, highlight, facets or fields."""
        filters = {f.name: getattr(self.filter, f.name) for f in fields(self.filter)}
        return fingerprint("papers", (self.query or "").strip(), filters, self.order)


def check_limit(limit: int) -> None:
    """Raises BadRequest for a page of no size that is answered."""
    if not 1 <= limit <= MAX_LIMIT:
        raise BadRequest(f"{limit} items a page.", parameter="limit", hint=f"From 1 to {MAX_LIMIT}.")


def check_count(count: int, parameter: str) -> None:
    """Raises BadRequest for more values than one parameter may have."""
    if count > MAX_VALUES:
        raise BadRequest(f"{count:,} values.", parameter=parameter, hint=f"At most {MAX_VALUES}.")


def check_value(value: str, parameter: str) -> None:
    """Raises BadRequest for a value that is empty, too long, or that PostgreSQL cannot hold."""
    if value == "":
        raise BadRequest("The value is empty.", parameter=parameter, hint="Leave it out, or give it a value.")
    if len(value) > MAX_VALUE_CHARACTERS:
        raise BadRequest(
            "The value is too long.",
            parameter=parameter,
            position=MAX_VALUE_CHARACTERS,
            hint=f"At most {MAX_VALUE_CHARACTERS:,} characters are read.",
        )
    check_storable(value, parameter)


def check_storable(value: str, parameter: str) -> None:
    """Raises BadRequest where PostgreSQL cannot hold the text."""
    position = find_unstorable(value)
    if position is not None:
        raise BadRequest(
            "A NUL character, or half of a surrogate pair.",
            parameter=parameter,
            position=position,
            hint="Leave that character out.",
        )


def parse_period(text: str) -> tuple[date, date] | None:
    """The first and last day of a day, a month or a year, as 2024-05-17, 2024-05 or 2024; None for what is none."""
    match = re.fullmatch(PERIOD, text)
    if not match:
        return None
    try:
        first = date(int(match[1]), int(match[2] or 1), int(match[3] or 1))
    except ValueError:
        return None
    if match[3]:
        return first, first
    last_month = first.month if match[2] else 12
    return first, date(first.year, last_month, monthrange(first.year, last_month)[1])


def read_period(text: str, parameter: str) -> tuple[date, date]:
    """The first and last day of a period that parse_period reads; BadRequest for what is none."""
    period = parse_period(text)
    if period is None:
        raise BadRequest(
            f"{text[:40]!r} is not a date.",
            parameter=parameter,
            hint="A day, a month or a year: 2024-05-17, 2024-05, 2024.",
        )
    return period


def read_paper_name(text: str, parameter: str = "id") -> PaperName:
    """A paper in any name that names.parse_paper_name reads; BadRequest (invalid_id) for what is none."""
    readable = len(text) <= MAX_VALUE_CHARACTERS and find_unstorable(text) is None
    name = parse_paper_name(text) if readable else None
    if name is None:
        raise BadRequest(
            "This is not the name of a paper.",
            code="invalid_id",
            parameter=parameter,
            hint="p_…, arxiv:…, doi:…, acl:…, or the address of a paper at arXiv, doi.org, the ACL Anthology or "
            "Daily Papers.",
        )
    return name


def read_repo_name(text: str, parameter: str, code: str = "invalid_id") -> RepoName:
    """A repository in any spelling that names.parse_repo reads; BadRequest for what is none."""
    readable = len(text) <= MAX_VALUE_CHARACTERS and find_unstorable(text) is None
    name = parse_repo(text) if readable else None
    if name is None:
        raise BadRequest(
            f"{text[:100]!r} names no repository.",
            code=code,
            parameter=parameter,
            hint=f"owner/name, or its address at one of {', '.join(sorted(REPO_HOSTS))} or gitlab.….",
        )
    return name


# --- Cursors -------------------------------------------------------------------------------------

Key = str | int | float | None


def fingerprint(*what: object) -> str:
    """A short hash of a request's parts, for Cursor."""
    return hashlib.blake2b(json.dumps(what, sort_keys=True).encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page ended: the sort keys of its last item, bound to the request by its fingerprint.

    It carries a checksum against damage; it grants nothing, so it is not signed.
    """

    fingerprint: str
    keys: tuple[Key, ...]

    def encode(self) -> str:
        payload = json.dumps([self.fingerprint, *self.keys], separators=(",", ":"), ensure_ascii=False).encode()
        return base64.urlsafe_b64encode(_checksum(payload) + payload).rstrip(b"=").decode()

    @classmethod
    def decode(cls, text: str, bound_to: str, kinds: tuple[type, ...]) -> "Cursor":
        """Read a cursor of the request with fingerprint `bound_to`, whose keys have these types.

        Raises BadRequest (invalid_cursor) for a damaged one and for one of another request.
        """
        try:
            raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            payload = json.loads(raw[4:])
        except (ValueError, RecursionError):
            raise damaged_cursor() from None
        if raw[:4] != _checksum(raw[4:]) or not isinstance(payload, list) or not payload:
            raise damaged_cursor()
        if payload[0] != bound_to:
            raise BadRequest(
                "This cursor belongs to another request.",
                code="invalid_cursor",
                parameter="cursor",
                hint="From page to page the words, the filters and the order must stay the same.",
            )
        keys = tuple(payload[1:])
        if len(keys) != len(kinds) or not all(type(k) is kind for k, kind in zip(keys, kinds, strict=True)):
            raise damaged_cursor()
        return cls(bound_to, keys)


def _checksum(payload: bytes) -> bytes:
    return hashlib.blake2b(payload, digest_size=4, person=b"colophon-cursor").digest()


def damaged_cursor() -> BadRequest:
    return BadRequest(
        "This cursor is damaged.",
        code="invalid_cursor",
        parameter="cursor",
        hint="Pass it back as it was given, or start again without one.",
    )

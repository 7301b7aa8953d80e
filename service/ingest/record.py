"""What a source says about one paper, and where it said it: what every format yields."""

from dataclasses import dataclass, field
from typing import Annotated

import msgspec
from msgspec import Meta

from service.names import find_unstorable
from service.papers import parse_period

# Code points. Generous: the longest real titles have some 600, the longest author list some 5,000 names.
MAX_TITLE = 2_000
MAX_ABSTRACT = 100_000
MAX_AUTHORS = 10_000
# All names together: they are searched as one document, and PostgreSQL's tsvector ends at 1 MB.
MAX_AUTHORS_CHARACTERS = 120_000
# All categories together, for the same reason.
MAX_CATEGORIES_CHARACTERS = 20_000
MAX_NAME = 500
MAX_URL = 2_000
MAX_ITEMS = 1_000
MAX_SCHEME = 50
MAX_ID = 500
# Of an entry that is not loaded.
MAX_ENTRY = 2_000
# For the JSON Schema; check_published also knows how long months are.
_PUBLISHED = r"^(?!0000)[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$"


_Name = Annotated[str, Meta(min_length=1, max_length=MAX_NAME)]
_Url = Annotated[str, Meta(min_length=1, max_length=MAX_URL)]
_Scheme = Annotated[str, Meta(min_length=1, max_length=MAX_SCHEME)]
_Id = Annotated[str, Meta(min_length=1, max_length=MAX_ID)]


class GivenRepo(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A repository with what its producer says about it."""

    url: Annotated[_Url, Meta(description="In any spelling: owner/name, an address.")]
    official: Annotated[
        bool | None, Meta(description="Whether the producer calls it the paper's own; null where it does not say.")
    ] = None
    basis: Annotated[
        tuple[_Name, ...],
        Meta(
            max_length=MAX_ITEMS,
            description="What that rests on: paper (the paper names it), repository (it names the paper), "
            "user (a person said so), auto (a program found it), any other. Kept, not judged.",
        ),
    ] = ()


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One paper as one source gives it; text as given. Lengths are in code points."""

    title: Annotated[
        str,
        Meta(
            max_length=MAX_TITLE, description="The paper's title.", extra_json_schema={"minLength": 1, "pattern": r"\S"}
        ),
    ]
    abstract: Annotated[str, Meta(max_length=MAX_ABSTRACT, description="Plain text.")] = ""
    authors: Annotated[
        tuple[_Name, ...], Meta(max_length=MAX_AUTHORS, description="Names as printed, in the order of the paper.")
    ] = ()
    published: (
        Annotated[
            str,
            Meta(
                description="A day, a month or a year: 2024-05-17, 2024-05, 2024.",
                extra_json_schema={"pattern": _PUBLISHED},
            ),
        ]
        | None
    ) = None
    venue: Annotated[_Name, Meta(description="Where it was published, as ACL 2024.")] | None = None
    categories: Annotated[tuple[_Name, ...], Meta(max_length=MAX_ITEMS, description="Subjects, as cs.CL.")] = ()
    url: Annotated[_Url, Meta(description="The paper's own page.")] | None = None
    pdf_url: Annotated[_Url, Meta(description="Its text as PDF.")] | None = None
    license: Annotated[_Name, Meta(description="Of the text, as CC-BY-4.0.")] | None = None
    urls: Annotated[
        tuple[_Url, ...], Meta(max_length=MAX_ITEMS, description="Other addresses: of its code, its data, its project.")
    ] = ()
    external_ids: Annotated[
        dict[_Scheme, _Id],
        Meta(
            max_length=MAX_ITEMS,
            description='Scheme to identifier: {"arxiv": "1810.04805", "doi": "10.18653/v1/N19-1423"}. '
            "Schemes: arxiv, doi, acl, openreview, s2, any other.",
        ),
    ] = {}
    # A spelling stays a string in the stored JSON, so that records without such knowledge keep their digest.
    repos: Annotated[
        tuple[_Url | GivenRepo, ...],
        Meta(
            max_length=MAX_ITEMS,
            description="Repositories the producer knows: in any spelling (owner/name, an address), or with what it "
            "says about them.",
        ),
    ] = ()
    models: Annotated[
        tuple[_Name, ...], Meta(max_length=MAX_ITEMS, description="Names of models the producer knows it uses.")
    ] = ()

    @property
    def given_repos(self) -> tuple[GivenRepo, ...]:
        """repos, the bare spellings as repositories about which nothing is said."""
        return tuple(GivenRepo(url=repo) if isinstance(repo, str) else repo for repo in self.repos)


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a file: the line an entry starts at and which entry it is, both from 1."""

    file: str
    line: int | None
    number: int


@dataclass(frozen=True, slots=True)
class Found:
    """A record. part: which of its source's records about this paper it is, where a source has several that do not
    replace each other (a row a repository); None where it has one."""

    record: Record
    source: str
    place: Place
    part: str | None = None


@dataclass(frozen=True, slots=True)
class Reject:
    """An entry that is not loaded. reason: what is wrong; hint: what would be right. entry: as it stands in the file,
    where that is at hand; its first MAX_ENTRY characters are kept."""

    place: Place
    reason: str
    hint: str | None = None
    entry: str | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if self.entry is not None and len(self.entry) > MAX_ENTRY:
            object.__setattr__(self, "entry", self.entry[:MAX_ENTRY])


@dataclass(frozen=True, slots=True)
class Skipped:
    """A line that was read over because it is no entry (the header of a saved page, a member that is not ours), or,
    without a line, a file that was left out.

    It counts neither as an entry nor as a reject, but is told. text: its first 80 characters, those that a
    terminal or an encoder would stumble over replaced. member: it is no line but the name of a member, of a record
    that is loaded without it.
    """

    file: str
    line: int | None
    text: str
    reason: str
    member: bool = False

    def __post_init__(self) -> None:
        shown = "".join(c if c.isprintable() else "\ufffd" for c in self.text[:80])
        object.__setattr__(self, "text", shown)


class RecordError(ValueError):
    """A record that cannot be stored, with the path of the member at fault in the message."""

    def __init__(self, reason: str, hint: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint


def check_record(record: Record) -> None:
    """Raise RecordError for what the database or a reader could not take.

    That is: no title, a character that cannot be stored (NUL, a lone surrogate), more than the lengths
    above, a day that is not in the calendar.
    """
    if not record.title.strip():
        raise RecordError("title is empty")
    _check_text("title", record.title, MAX_TITLE)
    _check_text("abstract", record.abstract, MAX_ABSTRACT)
    for name, text, most in (
        ("venue", record.venue, MAX_NAME),
        ("license", record.license, MAX_NAME),
        ("url", record.url, MAX_URL),
        ("pdf_url", record.pdf_url, MAX_URL),
    ):
        if text is not None:
            _check_text(name, text, most)
    _check_list("authors", record.authors, MAX_AUTHORS, MAX_NAME)
    if sum(map(len, record.authors)) > MAX_AUTHORS_CHARACTERS:
        raise RecordError(
            f"authors has {sum(map(len, record.authors)):,} characters", f"at most {MAX_AUTHORS_CHARACTERS:,} are kept"
        )
    if sum(map(len, record.categories)) > MAX_CATEGORIES_CHARACTERS:
        raise RecordError(
            f"categories has {sum(map(len, record.categories)):,} characters",
            f"at most {MAX_CATEGORIES_CHARACTERS:,} are kept",
        )
    for name, items, most in (
        ("categories", record.categories, MAX_NAME),
        ("urls", record.urls, MAX_URL),
        ("repos", tuple(repo.url for repo in record.given_repos), MAX_URL),
        ("models", record.models, MAX_NAME),
    ):
        _check_list(name, items, MAX_ITEMS, most)
    for number, repo in enumerate(record.given_repos):
        _check_list(f"repos[{number}].basis", repo.basis, MAX_ITEMS, MAX_NAME)
    if len(record.external_ids) > MAX_ITEMS:
        raise RecordError(f"external_ids has {len(record.external_ids):,} members", f"at most {MAX_ITEMS:,} are kept")
    for scheme, value in record.external_ids.items():
        _check_text("a name in external_ids", scheme, MAX_SCHEME)
        if not scheme.strip() or not value.strip():
            raise RecordError("external_ids has an empty name or value")
        _check_text(f"external_ids.{scheme}", value, MAX_ID)
    if record.published is not None:
        check_published(record.published)


def check_published(text: str) -> None:
    """Raise RecordError unless this is a day, a month or a year of the calendar, from year 1."""
    if parse_period(text) is None:
        raise RecordError(
            f"published is {text[:40]!r}, which is no date",
            "a day, a month or a year is expected: 2024-05-17, 2024-05, 2024",
        )


def _check_list(name: str, items: tuple[str, ...], most: int, longest: int) -> None:
    if len(items) > most:
        raise RecordError(f"{name} has {len(items):,} items", f"at most {most:,} are kept")
    for number, item in enumerate(items):
        if not item.strip():
            raise RecordError(f"{name}[{number}] is empty")
        _check_text(f"{name}[{number}]", item, longest)


def _check_text(name: str, text: str, longest: int) -> None:
    if len(text) > longest:
        raise RecordError(f"{name} has {len(text):,} characters", f"at most {longest:,} are kept")
    position = find_unstorable(text)
    if position is not None:
        what = "a NUL character" if text[position] == "\0" else "half of a surrogate pair"
        raise RecordError(f"{name} has {what} at character {position + 1:,}", "PostgreSQL cannot store it")

"""Names that moved, as an operator tells them: what a repository or a model is called now. Pure.

An alias renames what the extraction finds; it does not make it find more. Chains are followed to their end.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from service.ingest.extract import Extraction, Link, Model, resolve_model
from service.names import RepoName, find_unstorable, model_key, model_slug, parse_repo

_MOST_CHARACTERS = 500


class AliasError(ValueError):
    """What is wrong with an alias, in one sentence for the operator."""


class Kind(StrEnum):
    REPO = "repo"
    MODEL = "model"


@dataclass(frozen=True, slots=True)
class Alias:
    """old: as given. new: a repository's host/owner/name, a model's canonical name. The keys are those of
    repos.key and model_aliases.key; `key` is equal for every spelling of the old name."""

    kind: Kind
    key: str
    old_key: str
    old: str
    new: str
    new_key: str

    @property
    def new_lookup(self) -> str:
        """The new name as `key` spells old ones: by it the next alias of a chain is found."""
        return _lookup_key(self.kind, self.new_key)


def read_alias(kind: Kind, old: str, new: str) -> Alias:
    """An alias from its names in any spelling. Raises AliasError."""
    for name in (old, new):
        if not name.strip():
            raise AliasError("A name is empty.")
        if len(name) > _MOST_CHARACTERS or find_unstorable(name) is not None:
            raise AliasError(f"{name[:50]!r} is no name: too long, or with a character that cannot be stored.")
    old, new = old.strip(), new.strip()
    old_key, old = _read_name(kind, old)
    new_key, new = _read_name(kind, new)
    if kind is Kind.MODEL:
        # The extraction never finds what the lexicon knows as a spelling of another name.
        found = resolve_model(old).name
        if model_key(found) != old_key:
            raise AliasError(f"{old} is a spelling of {found}; give that name as the old one.")
        new = resolve_model(new).name
        new_key = model_key(new)
    key = _lookup_key(kind, old_key)
    if key == _lookup_key(kind, new_key):
        raise AliasError(f"{old} and {new} are two spellings of one {_NOUNS[kind]}.")
    return Alias(kind, key, old_key, old, new, new_key)


def read_key(kind: Kind, old: str) -> str:
    """The key of an old name in any spelling. Raises AliasError."""
    return _lookup_key(kind, _read_name(kind, old.strip())[0])


def add_alias(known: dict[str, Alias], alias: Alias) -> None:
    """Put an alias among those of its kind, by key. Raises AliasError where it would close a circle."""
    chain = [alias.old, alias.new]
    at = alias.new_lookup
    while at in known:
        if known[at].new_lookup == alias.key:
            raise AliasError(f"It would go in a circle: {' -> '.join([*chain, known[at].new])}.")
        chain.append(known[at].new)
        at = known[at].new_lookup
    known[alias.key] = alias


def follow(known: Mapping[str, Alias], alias: Alias) -> Alias:
    """The last of the chain that begins with this alias. There must be no circle."""
    while alias.new_lookup in known:
        alias = known[alias.new_lookup]
    return alias


@dataclass(frozen=True, slots=True)
class Aliases:
    """Aliases with their chains followed: key -> what it is now."""

    repos: Mapping[str, RepoName] = field(default_factory=dict)
    models: Mapping[str, Model] = field(default_factory=dict)

    @classmethod
    def build(cls, rows: Iterable[tuple[str, str, str]]) -> "Aliases":
        """From (kind, key, the name that it leads to)."""
        repos: dict[str, RepoName] = {}
        models: dict[str, Model] = {}
        for kind, key, leads_to in rows:
            if kind == Kind.MODEL:
                models[key] = resolve_model(leads_to)
            elif repo := parse_repo(leads_to):
                repos[key] = repo
        return cls(repos, models)

    def rename(self, extraction: Extraction) -> Extraction:
        """What was found, under the names of now. Places and addresses stay as the text has them."""
        if not self.repos and not self.models:
            return extraction
        return replace(
            extraction,
            links=tuple(map(self.rename_link, extraction.links)),
            mentions=tuple(replace(m, model=self.rename_model(m.model)) for m in extraction.mentions),
        )

    def rename_link(self, link: Link) -> Link:
        return link if link.repo is None else replace(link, repo=self.rename_repo(link.repo))

    def rename_repo(self, repo: RepoName) -> RepoName:
        moved = self.repos.get(repo.key)
        return repo if moved is None else replace(moved, path=repo.path)

    def resolve_model(self, name: str) -> Model:
        """The model that a record or a caller calls so."""
        return self.models.get(_lookup_key(Kind.MODEL, model_key(name))) or self.rename_model(resolve_model(name))

    def rename_model(self, model: Model) -> Model:
        """A model with it and all above it under the names of now, each once."""
        if not self.models:
            return model
        line: dict[str, Model] = {}
        followed: set[str] = set()
        above: Model | None = model
        while above is not None:
            key = _lookup_key(Kind.MODEL, model_key(above.name))
            # The new model may stand below the old one.
            if key in self.models and key not in followed:
                followed.add(key)
                above = self.models[key]
            elif key not in self.models:
                line.setdefault(model_slug(above.name), above)
                above = above.parent
            else:
                above = above.parent
        renamed: Model | None = None
        for one in reversed(line.values()):
            renamed = replace(one, parent=renamed)
        return renamed or model


NO_ALIASES = Aliases()

_NOUNS = {Kind.REPO: "repository", Kind.MODEL: "model"}


def _read_name(kind: Kind, name: str) -> tuple[str, str]:
    """The key and how it is shown."""
    if kind is Kind.REPO:
        repo = parse_repo(name)
        if repo is None:
            raise AliasError(f"{name!r} names no repository; owner/name or an address is expected.")
        return repo.key, f"{repo.host}/{repo.owner}/{repo.name}"
    if not model_key(name):
        raise AliasError(f"{name!r} names no model.")
    return model_key(name), name


def _lookup_key(kind: Kind, key: str) -> str:
    # A slug spells "+" so.
    return key.replace("+", "plus") if kind is Kind.MODEL else key

"""What a paper is, from the records that say something about it. Pure, and the same whatever their order."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

import msgspec

from service.ingest.aliases import NO_ALIASES, Aliases
from service.ingest.extract import Extraction, Link, Mention, Model, extract, find_sentence, read_link
from service.ingest.extract.official import FALSE, TRUE, UNKNOWN, combine
from service.ingest.identity import ExternalId, Identity
from service.ingest.provenance import Trace, trace_fields
from service.ingest.record import MAX_CATEGORIES_CHARACTERS, Record
from service.names import RepoName, fold_title, model_slug, parse_repo
from service.papers import parse_period

_OFFICIAL = {True: TRUE, False: FALSE, None: UNKNOWN}


@dataclass(frozen=True, slots=True)
class Sourced:
    """A record, where it came from, what it is called there, and the SHA-256 of what it says."""

    source: str
    record: Record
    identity: Identity
    digest: bytes


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a repository was found. source: of the record. field, start, end, sentence: None beside the text.

    path: below the repository. official: whether the text there, or beside the text the record's producer, calls it
    the paper's own, as Link.official.
    """

    source: str
    field: str | None
    start: int | None
    end: int | None
    sentence: str | None
    url: str
    path: str | None
    official: str


@dataclass(frozen=True, slots=True)
class MentionPlace:
    """A mention as it is stored; offsets in code points of `field`, end exclusive. role: introduced or used."""

    surface: str
    field: str
    start: int
    end: int
    role: str


@dataclass(frozen=True, slots=True)
class PaperRepo:
    """official: "true" if any place calls it the paper's own, else "false" if any another's, else "unknown"."""

    repo: RepoName
    official: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class PaperModel:
    model: Model
    role: str
    mentions: tuple[MentionPlace, ...]


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper without its id and times. title_sort: names.fold_title."""

    title: str
    abstract: str
    authors: tuple[str, ...]
    published: str | None
    venue: str | None
    categories: tuple[str, ...]
    url: str | None
    pdf_url: str | None
    license: str | None
    title_sort: str
    external_ids: tuple[ExternalId, ...]
    links: tuple[Link, ...]
    repos: tuple[PaperRepo, ...]
    models: tuple[PaperModel, ...]
    # Named methods that are no models.
    methods: tuple[PaperModel, ...]
    # Field -> which source it came from.
    provenance: dict[str, Trace]

    @property
    def published_on(self) -> date | None:
        """The first day of the period: what it is sorted by."""
        period = parse_period(self.published) if self.published else None
        return period and period[0]

    @property
    def digest(self) -> bytes:
        """SHA-256 of all of it; equal digest, equal paper."""
        return hashlib.sha256(msgspec.json.encode(self, order="deterministic")).digest()


def build_paper(records: Sequence[Sourced], aliases: Aliases = NO_ALIASES) -> Paper:
    """The paper these records (at least one) are about, with its repositories and models under the names of now.

    The record that fills the most fields comes first; what it leaves empty, the next fills. Lists are joined.
    A date may be made more precise by another record, not contradicted. All records are kept beside the paper.
    """
    ranked = sorted(records, key=_rank)
    first = [sourced.record for sourced in ranked]
    titled = ranked[0]
    described = next((sourced for sourced in ranked if sourced.record.abstract), titled)
    title, abstract = titled.record.title, described.record.abstract
    extraction = aliases.rename(extract(title, abstract))
    texts = {"title": (titled.source, title), "abstract": (described.source, abstract)}
    links = [(texts[link.field or "title"][0], link) for link in extraction.links]
    given = [(source, aliases.rename_link(link)) for source, link in _read_given(ranked)]
    named = [aliases.resolve_model(name) for record in first for name in record.models]
    mentions, methods = _part_methods(extraction, named)
    published = _choose_date([record.published for record in first if record.published])
    categories = _join_categories(first)
    return Paper(
        title=title,
        abstract=abstract,
        authors=next((record.authors for record in first if record.authors), ()),
        published=published,
        venue=next((record.venue for record in first if record.venue), None),
        categories=categories,
        url=next((record.url for record in first if record.url), None),
        pdf_url=next((record.pdf_url for record in first if record.pdf_url), None),
        license=next((record.license for record in first if record.license), None),
        title_sort=fold_title(title),
        external_ids=tuple(sorted(frozenset().union(*(sourced.identity.ids for sourced in ranked)))),
        links=_list_links(links, given),
        repos=_list_repos([*links, *given], {field: text for field, (_, text) in texts.items()}),
        models=_list_models(mentions, named),
        methods=_list_models(methods, ()),
        provenance=trace_fields(ranked, published, categories),
    )


def lineage(model: Model) -> list[Model]:
    """A model, its parent, its parent's parent, …"""
    found = {}
    above: Model | None = model
    while above is not None and model_slug(above.name) not in found:
        found[model_slug(above.name)] = above
        above = above.parent
    return list(found.values())


def _rank(sourced: Sourced) -> tuple[int, str, bytes]:
    record = sourced.record
    filled = (record.abstract, record.authors, record.published, record.venue, record.categories, record.url)
    more = (record.pdf_url, record.license, record.urls, record.external_ids, record.repos, record.models)
    return -sum(map(bool, filled + more)), sourced.source, sourced.digest


def _join_categories(records: Iterable[Record]) -> tuple[str, ...]:
    """Those of all records, each once, as far as they are searchable (search_labels)."""
    joined: list[str] = []
    characters = 0
    for category in dict.fromkeys(category for record in records for category in record.categories):
        characters += len(category)
        if characters > MAX_CATEGORIES_CHARACTERS:
            break
        joined.append(category)
    return tuple(joined)


def _choose_date(dates: Sequence[str]) -> str | None:
    """The first, in its most precise form: "2024" and "2024-05-17" make "2024-05-17"."""
    if not dates:
        return None
    return max((date for date in dates if date.startswith(dates[0])), key=len)


def _read_given(records: Iterable[Sourced]) -> Iterator[tuple[str, Link]]:
    """The addresses that records give beside the text, with their source."""
    for sourced in records:
        for url in sourced.record.urls:
            link = read_link(url)
            if link is not None:
                yield sourced.source, link
        for given in sourced.record.given_repos:
            repo = parse_repo(given.url)
            link = read_link(f"{repo.url}/{repo.path}" if repo and repo.path else repo.url if repo else given.url)
            if link is not None:
                yield sourced.source, replace(link, official=_OFFICIAL[given.official]) if link.repo else link


def _list_links(found: Iterable[tuple[str, Link]], given: Iterable[tuple[str, Link]]) -> tuple[Link, ...]:
    """All of the text; of those beside it each once, unless the text has it."""
    links = [link for _, link in found]
    known = {link.url_key for link in links}
    for _, link in given:
        if link.url_key not in known:
            known.add(link.url_key)
            links.append(link)
    return tuple(links)


def _list_repos(found: Iterable[tuple[str, Link]], texts: dict[str, str]) -> tuple[PaperRepo, ...]:
    """By key, each spelled in the way that sorts first, so that the order of finding them does not matter."""
    spelled: dict[str, RepoName] = {}
    evidence: dict[str, dict[Evidence, None]] = {}
    for source, link in found:
        if link.repo is None:
            continue
        key = link.repo.key
        spelled[key] = min(spelled.get(key, link.repo), link.repo, key=lambda repo: repo.url.encode())
        place: tuple[str | None, int | None, int | None, str | None] = (None, None, None, None)
        if link.field is not None and link.start is not None and link.end is not None:
            left, right = find_sentence(texts[link.field], link.start, link.end)
            place = (link.field, link.start, link.end, texts[link.field][left:right].strip())
        evidence.setdefault(key, {})[Evidence(source, *place, link.url, link.repo.path, link.official)] = None
    return tuple(
        PaperRepo(spelled[key], combine(item.official for item in evidence[key]), tuple(evidence[key]))
        for key in sorted(spelled)
    )


def _part_methods(extraction: Extraction, named: Iterable[Model]) -> tuple[list[Mention], list[Mention]]:
    """Mentions of models and of methods, either in the order of the text. What is called a model once, by the text or
    by a record, is one wherever the paper names it."""
    models = {model_slug(model.name) for model in (*named, *(mention.model for mention in extraction.mentions))}
    also = [mention for mention in extraction.methods if model_slug(mention.model.name) in models]
    mentions = list(extraction.mentions)
    if also:
        mentions = sorted([*mentions, *also], key=lambda mention: (mention.field != "title", mention.start))
    return mentions, [mention for mention in extraction.methods if model_slug(mention.model.name) not in models]


def _list_models(mentions: Iterable[Mention], given: Iterable[Model]) -> tuple[PaperModel, ...]:
    """By slug; introduced if any mention introduces it."""
    models: dict[str, Model] = {}
    places: dict[str, list[MentionPlace]] = {}
    for mention in mentions:
        slug = model_slug(mention.model.name)
        models.setdefault(slug, mention.model)
        place = MentionPlace(mention.surface, mention.field, mention.start, mention.end, mention.role)
        places.setdefault(slug, []).append(place)
    for model in given:
        models.setdefault(model_slug(model.name), model)
    return tuple(
        PaperModel(
            models[slug],
            "introduced" if any(place.role == "introduced" for place in places.get(slug, ())) else "used",
            tuple(places.get(slug, ())),
        )
        for slug in sorted(models)
    )

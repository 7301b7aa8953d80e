"""The types of the schema, over the JSON of queries/: a source is a dict, a field reads its snake_case key."""

from enum import Enum
from typing import Any, NewType

import strawberry

from service.graphql import resolvers
from service.graphql.facets import Facets, resolve_facets
from service.graphql.highlights import Highlights
from service.graphql.resolvers import Json
from service.papers import Sort

DateTime = NewType("DateTime", str)
DATE_TIME = strawberry.scalar(
    name="DateTime",
    description="A moment as RFC 3339 in UTC: 2024-05-17T08:30:00.000000Z.",
    specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
    serialize=str,
)


@strawberry.enum
class LinkKind(Enum):
    REPOSITORY = "repository"
    MODEL = "model"
    DATASET = "dataset"
    SPACE = "space"
    PROJECT_PAGE = "project_page"
    OTHER = "other"


@strawberry.enum(description="Where in a paper something stands.")
class TextField(Enum):
    TITLE = "title"
    ABSTRACT = "abstract"


@strawberry.enum(description="Whether a repository is the paper's own, as its text or a source says.")
class Official(Enum):
    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"


@strawberry.enum(description="Whether a paper presents a model or works with it.")
class Role(Enum):
    INTRODUCED = "introduced"
    USED = "used"


@strawberry.enum(description="Whether a total is exact, a lower bound or an estimate.")
class TotalRelation(Enum):
    EQ = "eq"
    GTE = "gte"
    ESTIMATE = "estimate"


@strawberry.enum(
    description="How the words of a query were matched: all of them, or, since no paper has all of them, any."
)
class MatchMode(Enum):
    ALL = "all"
    ANY = "any"


@strawberry.interface(description="Anything with an id of ours.")
class Node:
    id: strawberry.ID

    @classmethod
    def resolve_type(cls, source: Json, *_: Any) -> str:
        return {"p": "Paper", "r": "Repo", "m": "Model"}[source["id"][0]]

    @classmethod
    def is_type_of(cls, *_: Any) -> bool:
        # Dicts have no class to check; the prefix of the id has decided.
        return True


@strawberry.type
class ExternalId:
    scheme: str = strawberry.field(description="arxiv, doi, acl, openreview, s2, …")
    value: str


@strawberry.type(description="An address that a paper holds. Places are in code points from 0, end exclusive.")
class Link:
    url: str
    kind: LinkKind
    field: TextField | None = strawberry.field(description="Null when a record gave it beside the text.")
    start: int | None
    end: int | None
    path: str | None = strawberry.field(description="What stands below the repository: blob/main/x.")
    guessed_repo: str | None = strawberry.field(
        description="The repository that a project page is likely served from. A guess: it is not among repos."
    )


@strawberry.type(description="Where a paper names a repository, and in which sentence.")
class Evidence:
    source: str | None
    field: TextField | None
    start: int | None
    end: int | None
    sentence: str | None
    url: str | None
    path: str | None
    official: Official = strawberry.field(
        description="Whether the sentence, or beside the text the source, calls it the paper's own."
    )


@strawberry.type(description="A place where a paper names a model or a method.")
class Mention:
    surface: str = strawberry.field(description="As it is spelled there.")
    field: TextField | None
    start: int | None
    end: int | None
    role: Role | None


@strawberry.type(description="A record that a paper is made of, and its place in the file it came from.")
class Source:
    source: str
    file: str
    line: int | None
    number: int
    loaded_at: DateTime


@strawberry.type(description="What a source says of a field that the paper has otherwise.")
class OtherValue:
    source: str
    values: list[str] = strawberry.field(description="One, but of authors and categories.")


@strawberry.type(description="Which sources say a field of a paper, and what others say.")
class FieldProvenance:
    field: str = strawberry.field(description="As REST names it: title, pdf_url, external_ids.arxiv, …")
    sources: list[str] = strawberry.field(
        description="Those that say what the paper has, the one it was taken from first."
    )
    others: list[OtherValue] = strawberry.field(
        description="What is said instead; of categories, what each gave of them."
    )


@strawberry.type
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type
class Total:
    value: int
    relation: TotalRelation


@strawberry.type(description="How a request was read.")
class Applied:
    query: str | None = strawberry.field(description="The words searched for, as PostgreSQL's tsquery.")
    mode: MatchMode
    order_by: Sort
    dropped: list[str] = strawberry.field(
        description="Words that papers were not ranked by, because there are too many: the most common ones."
    )


@strawberry.type(description="A repository that papers link.")
class Repo(Node):
    host: str
    owner: str
    name: str
    url: str
    paper_count: int
    papers: "PaperConnection" = strawberry.field(
        resolver=resolvers.resolve_papers, description="The papers that link it."
    )
    models: "list[ModelCount]" = strawberry.field(
        resolver=resolvers.resolve_models_of_repo,
        description="The models that most of its papers mention, at most ten.",
    )


@strawberry.type(description="A model that papers mention.")
class Model(Node):
    slug: str
    name: str
    family: str | None
    parent: str | None = strawberry.field(description="The slug of the model that it is a size or a version of.")
    paper_count: int = strawberry.field(description="Papers that mention it or anything below it.")
    aliases: list[str] = strawberry.field(
        resolver=resolvers.resolve_aliases, description="Other spellings that find it."
    )
    first_seen: str | None = strawberry.field(
        resolver=resolvers.resolve_first_seen,
        description="When the earliest of these papers was published, as it says.",
    )
    variant_count: int = strawberry.field(
        resolver=resolvers.resolve_variant_count, description="Models directly below it."
    )
    variants: "list[Model]" = strawberry.field(
        resolver=resolvers.resolve_variants, description="Its sizes and versions, most papers first."
    )
    co_mentioned: "list[ModelCount]" = strawberry.field(
        resolver=resolvers.resolve_co_mentioned,
        description="What most of these papers mention too and is neither above nor below it, at most ten.",
    )
    papers: "PaperConnection" = strawberry.field(
        resolver=resolvers.resolve_papers, description="The papers that mention it or anything below it."
    )


@strawberry.type(description="A model beside another model or a repository.")
class ModelCount:
    slug: str
    name: str
    paper_count: int = strawberry.field(
        description="Papers that have both: also those that mention what is below this model."
    )
    relation: TotalRelation = strawberry.field(
        description="EQ: all papers were counted; ESTIMATE: of very many a sample."
    )
    model: Model = strawberry.field(resolver=resolvers.resolve_model_of_paper)


@strawberry.type(description="A repository of a paper.")
class PaperRepo:
    host: str
    owner: str
    name: str
    url: str
    official: Official
    evidence: list[Evidence]
    repo: Repo = strawberry.field(resolver=resolvers.resolve_repo_of_paper)


@strawberry.type(description="A model of a paper.")
class PaperModel:
    slug: str
    name: str
    family: str | None
    role: Role
    mentions: list[Mention]
    model: Model = strawberry.field(resolver=resolvers.resolve_model_of_paper)


@strawberry.type(description="A named method of a paper that is no model.")
class PaperMethod:
    slug: str
    name: str
    role: Role = strawberry.field(description="Whether the paper presents it or works with it.")
    mentions: list[Mention]


def _list_external_ids(root: Any) -> Any:
    return [{"scheme": scheme, "value": value} for scheme, value in root["external_ids"].items()]


def _list_provenance(root: Any) -> Any:
    return [{"field": field, **found} for field, found in root["provenance"].items()]


@strawberry.type
class Paper(Node):
    title: str
    abstract: str
    authors: list[str]
    published: str | None = strawberry.field(description="A day, a month or a year, as given.")
    venue: str | None
    categories: list[str]
    url: str | None
    pdf_url: str | None
    license: str | None
    external_ids: list[ExternalId] = strawberry.field(resolver=_list_external_ids)
    links: list[Link]
    repos: list[PaperRepo]
    models: list[PaperModel]
    methods: list[PaperMethod] = strawberry.field(description="Named methods that are no models.")
    sources: list[Source]
    provenance: list[FieldProvenance] = strawberry.field(
        resolver=_list_provenance, description="Where each field came from."
    )
    created_at: DateTime
    updated_at: DateTime
    related: "list[Paper]" = strawberry.field(
        resolver=resolvers.resolve_related,
        description="Papers like it: that share its most telling words, its models and its repositories.",
    )


@strawberry.type
class PaperEdge:
    cursor: str
    score: float | None = strawberry.field(description="Relevance; null without a query.")
    highlights: Highlights | None = strawberry.field(
        description="Where the words of the query stand; null without a query."
    )
    node: Paper


@strawberry.type
class PaperConnection:
    edges: list[PaperEdge]
    nodes: list[Paper]
    page_info: PageInfo
    total: Total | None = strawberry.field(description="Null when count is NONE.")
    applied: Applied
    facets: Facets = strawberry.field(
        resolver=resolve_facets, description="How often values occur within the whole result, not the page alone."
    )

"""/v1/papers: search, one by name, several by name."""

from dataclasses import fields
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from service.database import Database
from service.errors import ApiError, BadRequest, NotFound
from service.names import PaperName, RepoName, parse_repo
from service.papers import (
    DEFAULT_LIMIT,
    MAX_LIMIT,
    MAX_VALUES,
    CountMode,
    PaperFilter,
    SearchRequest,
    Sort,
    read_paper_name,
)
from service.queries.facets import Facet, check_facets
from service.queries.papers import ITEM_FIELDS, PAPER_FIELDS, check_fields, fetch_papers
from service.queries.search import PaperPage, papers_of_repos, search_papers
from service.rest.operations import Operation, PathParameter, Values, link_next
from service.rest.params import Parameter, choice, flag, integer, text
from service.web.answers import answer
from service.web.requests import check_is_json, find_database
from service.words import MAX_CHARACTERS, MAX_WORDS

_DATE = "(?:[0-9]{4})(?:-[0-9]{2}(?:-[0-9]{2})?)?"


def _many(name: str, description: str, example: str) -> Parameter:
    return text(name, f"{description} Repeated: any of them.", example, repeated=True)


def _date(name: str, description: str, example: str) -> Parameter:
    schema = {"type": "string", "pattern": f"^{_DATE}$"}
    return Parameter(name, f"{description} A day, a month or a year.", schema, str, example)


Q = Parameter(
    "q",
    "Words that occur in title or abstract: all of them or, where no paper has all, any (see applied.mode). "
    '"A phrase", -without, a OR b, title:word and author:name are understood; any other sign is text. '
    f"At most {MAX_CHARACTERS:,} characters and {MAX_WORDS} words.",
    {"type": "string", "maxLength": MAX_CHARACTERS},
    str,
    "instruction tuning",
    optional_value=True,
)
LIMIT = integer("limit", "Items a page.", "5", low=1, high=MAX_LIMIT, default=DEFAULT_LIMIT)
CURSOR = text(
    "cursor",
    "next_cursor of the page before; everything but limit, fields, facets, highlight and count must be as it was.",
)
FIELDS = Parameter(
    "fields",
    "Members an item shall have, separated by commas; if left out all, provenance only of one paper by name.",
    {"type": "array", "items": {"type": "string", "enum": list(PAPER_FIELDS)}, "minItems": 1},
    lambda value: check_fields(value.split(",")),
    "title,repos",
    listed=True,
)
FILTERS = (
    _many(
        "repo",
        "A repository in any spelling: owner/name (GitHub), an address, git@host:owner/name.",
        "openai/clip",
    ),
    _many("owner", "The owner of a repository.", "openai"),
    _many("model", "A model, with its sizes and versions: llama finds Llama-3-8B.", "llama"),
    text("model_all", "As model. Repeated: all of them in one paper.", "CLIP", repeated=True),
    _many("model_exact", "A model without what is below it.", "Llama-3"),
    _many("family", "A family of models.", "Llama"),
    _many("method", "A named method that is no model, in any spelling.", "LoRA"),
    _many("author", "The name of an author, or words of it.", "Yann LeCun"),
    _many("source", "Where a record came from.", "daily_papers"),
    _many("category", "A category, as the source spells it, in any case.", "cs.CL"),
    _many("venue", "A venue or the beginning of one, in any case.", "ACL"),
    integer("year", "The year of publication. Repeated: any of them.", "2024", low=1, high=9999, repeated=True),
    _many("link", "An address that the paper links, or a host.", "huggingface.co"),
    _many("arxiv", "An arXiv id, with or without version.", "2103.00020"),
    _many("doi", "A DOI.", "10.18653/v1/N19-1423"),
    flag("has_repo", "Whether the paper links a repository."),
    _date("since", "Published then or later.", "2023-05"),
    _date("until", "Published then or before; a month or a year is meant to its end.", "2024"),
)
SORT = choice(
    "sort",
    "relevance with q, else newest first (-published), oldest first (published) or by title. "
    "The default is relevance with q and -published without.",
    [sort.value for sort in Sort],
)
COUNT = choice(
    "count",
    "How exact total must be: none (null), bounded (exact up to a bound, then relation is gte) or exact.",
    [mode.value for mode in CountMode],
    default=CountMode.BOUNDED.value,
)
HIGHLIGHT = flag("highlight", "Whether each item shall say where the words of q stand in it, as highlights.")
FACETS = Parameter(
    "facets",
    "Of what to count the most frequent values within the result, separated by commas.",
    {"type": "array", "items": {"type": "string", "enum": [facet.value for facet in Facet]}, "minItems": 1},
    lambda value: check_facets(value.split(",")),
    "model,year",
    listed=True,
)
SEARCH = (Q, *FILTERS, SORT, LIMIT, CURSOR, FIELDS, FACETS, HIGHLIGHT, COUNT)
_FILTER_NAMES = frozenset(f.name for f in fields(PaperFilter))


def unknown_paper() -> NotFound:
    return NotFound(
        "There is no such paper.", code="paper_not_found", hint="/v1/papers?q= finds papers by their words."
    )


def unknown_repo() -> NotFound:
    return NotFound("No paper links this repository.", code="repo_not_found", hint="/v1/repos?q= finds by prefix.")


def read_search(values: Values) -> SearchRequest:
    """The search that parameters of SEARCH ask for. Raises BadRequest."""
    return SearchRequest(
        query=values.get("q"),
        filter=PaperFilter(**{name: value for name, value in values.items() if name in _FILTER_NAMES}),
        sort=Sort(values["sort"]) if "sort" in values else None,
        limit=values.get("limit", DEFAULT_LIMIT),
        cursor=values.get("cursor"),
        count=CountMode(values.get("count", CountMode.BOUNDED)),
        highlight=values.get("highlight", False),
        facets=values.get("facets", ()),
    )


def answer_page(request: Request, page: PaperPage) -> Response:
    """A page as PaperPage of the contract; the items are PostgreSQL's JSON, untouched."""
    tail = {
        "total": page.total and {"value": page.total.value, "relation": page.total.relation},
        "next_cursor": page.next_cursor,
        "facets": page.facets and msgspec.Raw(page.facets.encode()),
        "applied": page.applied,
    }
    items = ",".join(edge.paper for edge in page.edges)
    body = f'{{"items":[{items}],{msgspec.json.encode(tail).decode()[1:]}'
    return answer(request, body, headers=link_next(request, page.next_cursor))


async def list_papers(request: Request, values: Values) -> Response:
    search = read_search(values)
    page = await search_papers(find_database(request), search, values.get("fields", ITEM_FIELDS))
    return answer_page(request, page)


async def get_paper(request: Request, values: Values) -> Response:
    asked = request.path_params["id"]
    name = read_paper_name(asked)
    found = (await fetch_papers(find_database(request), [name], values.get("fields", PAPER_FIELDS)))[0]
    if found is None:
        raise unknown_paper()
    if found.moved:
        query = request.url.query
        location = f"/v1/papers/{found.id}" + (f"?{query}" if query else "")
        return Response(status_code=308, headers={"location": location})
    return answer(request, found.paper)


class BatchRequest(msgspec.Struct, forbid_unknown_fields=True):
    """The body of POST /v1/papers/batch."""

    ids: list[str]


async def fetch_batch(request: Request, values: Values) -> Response:
    body = await _read_batch(request)
    wanted = values.get("fields", ITEM_FIELDS)
    names: list[PaperName | RepoName | ApiError] = [_read_any_name(asked) for asked in body.ids]
    papers, repos = await _fetch_named(find_database(request), names, wanted)
    items = []
    for asked, name in zip(body.ids, names, strict=True):
        if isinstance(name, ApiError):
            items.append(_write_item(asked, [], name))
        elif isinstance(name, PaperName):
            items.append(_write_item(asked, papers[name], None if papers[name] else unknown_paper()))
        else:
            items.append(_write_item(asked, repos[name], None if repos[name] else unknown_repo()))
    return answer(request, f'{{"items":[{",".join(items)}]}}')


async def _fetch_named(
    db: Database, names: list[PaperName | RepoName | ApiError], wanted: tuple[str, ...]
) -> tuple[dict[PaperName, list[str]], dict[RepoName, list[str]]]:
    """The JSON of the papers of each name; at most DEFAULT_LIMIT, the newest, of a repository. A fixed number of
    statements."""
    paper_names = list(dict.fromkeys(name for name in names if isinstance(name, PaperName)))
    repo_names = list(dict.fromkeys(name for name in names if isinstance(name, RepoName)))
    papers: dict[PaperName, list[str]] = {}
    repos: dict[RepoName, list[str]] = {}
    if paper_names:
        found = await fetch_papers(db, paper_names, wanted)
        papers = {name: [one.paper] if one else [] for name, one in zip(paper_names, found, strict=True)}
    if repo_names:
        pages = await papers_of_repos(db, repo_names, SearchRequest(count=CountMode.NONE), wanted)
        repos = {
            name: [edge.paper for edge in page.edges] if page else []
            for name, page in zip(repo_names, pages, strict=True)
        }
    return papers, repos


def _write_item(asked: str, papers: list[str], error: ApiError | None) -> str:
    said = error and {"code": error.code, "detail": error.detail, "hint": error.hint}
    return (
        f'{{"asked":{msgspec.json.encode(asked).decode()},"papers":[{",".join(papers)}],'
        f'"error":{msgspec.json.encode(said).decode()}}}'
    )


async def _read_batch(request: Request) -> BatchRequest:
    check_is_json(request)
    try:
        body = msgspec.json.decode(await request.body(), type=BatchRequest)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest(
            f"The body cannot be read: {str(error)[:200]}.",
            code="invalid_body",
            hint='{"ids": ["arxiv:2103.00020", "p_…"]} is expected.',
        ) from None
    if not 1 <= len(body.ids) <= MAX_VALUES:
        raise BadRequest(f"{len(body.ids)} ids.", code="invalid_body", parameter="ids", hint=f"From 1 to {MAX_VALUES}.")
    return body


def _read_any_name(asked: str) -> PaperName | RepoName | ApiError:
    """A repository's name has no meaning as a paper's but for ssh: and git: addresses, so it is tried first."""
    try:
        return (parse_repo(asked) if len(asked) <= 1000 else None) or read_paper_name(asked)
    except BadRequest as error:
        return error


_ID: dict[str, Any] = {
    "id": PathParameter(
        "p_…, arxiv:… (with or without version), doi:…, acl:…, or the paper's address at arXiv, doi.org, the ACL "
        "Anthology or Daily Papers. Slashes raw or as %2F.",
        "arxiv:2103.00020",
        anything=True,
    )
}

OPERATIONS = (
    Operation(
        "GET",
        "/v1/papers",
        "listPapers",
        "Search for papers",
        list_papers,
        "Papers that match all parameters. No parameter: all papers, newest first.",
        SEARCH,
        schema="PaperPage",
        links_next=True,
    ),
    Operation(
        "POST",
        "/v1/papers/batch",
        "fetchPapers",
        "Several papers by name",
        fetch_batch,
        "Names of all kinds mixed, also repositories (their newest papers). The answer keeps the order and says "
        "of each what is wrong with it or that there is no such paper.",
        (FIELDS,),
        schema="Batch",
        body="BatchRequest",
        errors=(408, 413, 415),
        has_etag=False,
    ),
    Operation(
        "GET",
        "/v1/papers/{id}",
        "getPaper",
        "One paper by name",
        get_paper,
        "308 leads from the id of a paper that was merged into another to that one.",
        (FIELDS,),
        _ID,
        schema="Paper",
        errors=(308, 404),
    ),
)

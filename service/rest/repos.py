"""/v1/repos: repositories that papers link."""

from starlette.requests import Request
from starlette.responses import Response

from service.names import RepoName
from service.papers import DEFAULT_LIMIT, read_repo_name
from service.queries.details import MAX_BESIDE
from service.queries.listing import ListRequest
from service.queries.papers import ITEM_FIELDS
from service.queries.repos import fetch_repo, list_repos
from service.queries.search import papers_of_repos
from service.rest.listing import answer_list
from service.rest.operations import Operation, PathParameter, Values
from service.rest.papers import CURSOR, LIMIT, SEARCH, answer_page, read_search, unknown_repo
from service.rest.params import text
from service.web.answers import answer
from service.web.requests import find_database

_PREFIX = text("q", "The beginning of an owner, a name, owner/name or an address, in any case.", "openai")
_PATH = {
    "host": PathParameter("The host of the repository.", "github.com"),
    "owner": PathParameter("Its owner; a GitLab group may hold slashes.", "openai", anything=True),
    "name": PathParameter("Its name, in any case, with or without .git.", "clip"),
}


async def get_repos(request: Request, values: Values) -> Response:
    listing = ListRequest(values.get("q"), values.get("limit", DEFAULT_LIMIT), values.get("cursor"))
    return answer_list(request, await list_repos(find_database(request), listing))


async def get_repo(request: Request, _values: Values) -> Response:
    found = await fetch_repo(find_database(request), _read_name(request), whole=True)
    if found is None:
        raise unknown_repo()
    return answer(request, found)


async def get_papers(request: Request, values: Values) -> Response:
    name, search = _read_name(request), read_search(values)
    page = (await papers_of_repos(find_database(request), [name], search, values.get("fields", ITEM_FIELDS)))[0]
    if page is None:
        raise unknown_repo()
    return answer_page(request, page)


def _read_name(request: Request) -> RepoName:
    parts = request.path_params
    name = read_repo_name(f"https://{parts['host']}/{parts['owner']}/{parts['name']}", "name")
    # What was read differently than it was spelled is none.
    if name.path is not None:
        raise unknown_repo()
    return name


OPERATIONS = (
    Operation(
        "GET",
        "/v1/repos",
        "listRepos",
        "Repositories, most papers first",
        get_repos,
        parameters=(_PREFIX, LIMIT, CURSOR),
        schema="RepoPage",
        links_next=True,
    ),
    Operation(
        "GET",
        "/v1/repos/{host}/{owner}/{name}/papers",
        "listPapersOfRepo",
        "The papers that link a repository",
        get_papers,
        "As /v1/papers, among these.",
        SEARCH,
        _PATH,
        schema="PaperPage",
        errors=(400, 404),
        links_next=True,
    ),
    Operation(
        "GET",
        "/v1/repos/{host}/{owner}/{name}",
        "getRepo",
        "One repository",
        get_repo,
        f"With the {MAX_BESIDE} models that most of its papers mention.",
        path_parameters=_PATH,
        schema="RepoDetail",
        errors=(400, 404),
    ),
)

"""Addresses and the repositories they lead to, in any spelling. Pure; the rest of the spellings is in names.py."""

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import SplitResult, unquote, urlsplit

# --- Addresses -----------------------------------------------------------------------------------

_TRAILING = ".,;:!?'\"’”>*_~`|"
_BRACKETS = {")": "(", "]": "[", "}": "{"}


def clean_url(raw: str) -> str:
    """An address as it stands in running text, without the punctuation stuck to its end.

    A closing bracket goes too unless its opening one is inside the address.
    """
    url = raw.strip()
    while url:
        last = url[-1]
        if last.isspace() or last in _TRAILING or (last in _BRACKETS and url.count(last) > url.count(_BRACKETS[last])):
            url = url[:-1]
        else:
            break
    return url


# An address is read several times on its way in: for its host, its key, the repository it leads into.
@lru_cache(maxsize=256)
def split_url(url: str) -> SplitResult | None:
    """The parts of an http(s) address; None if it is none. A missing scheme is read as https."""
    text = url.strip()
    if not re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:", text) or re.match(r"[\w.-]+\.[a-zA-Z]{2,}(:\d+)?(/|$)", text):
        text = "https://" + text.lstrip("/")
    try:
        parts = urlsplit(text)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.scheme.lower() in ("http", "https") and host else None


def url_host(parts: SplitResult) -> str:
    """The host in lower case, without "www."."""
    return (parts.hostname or "").lower().rstrip(".").removeprefix("www.")


def url_key(url: str) -> str:
    """Equal for two spellings of one address: scheme, "www.", a trailing slash and the host's case do not count."""
    parts = split_url(clean_url(url))
    if parts is None:
        return clean_url(url)
    repo = parse_repo(url)
    if repo is not None and repo.path is None:
        return repo.key
    path = unquote(parts.path, errors="replace").rstrip("/")
    return url_host(parts) + path + (f"?{parts.query}" if parts.query else "")


# --- Repositories --------------------------------------------------------------------------------

# Hosts whose addresses are host/owner/name; on the GitLab ones the owner may be a path of groups.
REPO_HOSTS = frozenset({"github.com", "gitlab.com", "bitbucket.org", "codeberg.org", "gitee.com", "git.sr.ht"})
# GitLab where somebody runs it himself: gitlab.inria.fr, gitlab.kitware.com. Its pages are at gitlab.io.
_OWN_GITLAB = re.compile(r"gitlab\.(?!git(?:hub|lab)\.io$)(?:[a-z0-9-]+\.)+[a-z]{2,}")
# First path segments that are not owners: GitHub's and the others' own pages.
_NOT_OWNERS = frozenset(
    "about account apps blog codespaces collections contact copilot customer-stories dashboard discussions education "
    "enterprise events explore features gist gists groups help issues join login logout marketplace new notifications "
    "organizations orgs premium-support pricing projects pulls readme search security sessions settings signup site "
    "snippets solutions sponsors stars team topics trending users watching workspace".split()
)
# Addresses elsewhere that show a file or a folder of a repository at GitHub, with what is then its path.
_SHOWN_ELSEWHERE = {
    "raw.githubusercontent.com": re.compile(r"/([^/]+)/([^/]+)(?:/(.*))?"),
    "colab.research.google.com": re.compile(r"/github/([^/]+)/([^/]+)(?:/(.*))?"),
    "nbviewer.org": re.compile(r"/github/([^/]+)/([^/]+)(?:/(.*))?"),
    "nbviewer.jupyter.org": re.compile(r"/github/([^/]+)/([^/]+)(?:/(.*))?"),
    "mybinder.org": re.compile(r"/v2/gh/([^/]+)/([^/]+)(?:/(.*))?"),
}
# What may follow a repository's name on GitLab, which once had no "/-/" before it.
_GITLAB_PLACES = frozenset("blob commit commits issues merge_requests raw releases tree wikis".split())
# Pages that a host serves from repositories: owner's name in the host, the repository's in the path.
_PAGE_HOSTS = {"github.io": "github.com", "gitlab.io": "gitlab.com", "codeberg.page": "codeberg.org"}
# Folders that people keep on the site of their own, which is another repository.
_PAGE_FOLDERS = frozenset(
    "assets blog blogs data demo demos docs files images img page pages paper papers pdf pdfs post posts project "
    "projects pub publication publications pubs research static".split()
)
_OWNER = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?|~[A-Za-z0-9_.-]+")
_NAME = re.compile(r"[A-Za-z0-9_.-]+")


@dataclass(frozen=True, slots=True)
class RepoName:
    """A repository as spelled in one place. `path`: what stood below it ("blob/master/incontext"), or None."""

    host: str
    owner: str
    name: str
    path: str | None = None

    @property
    def key(self) -> str:
        """Equal for two spellings of one repository."""
        return f"{self.host}/{self.owner}/{self.name}".lower()

    @property
    def url(self) -> str:
        return f"https://{self.host}/{self.owner}/{self.name}"


def is_repo_host(host: str) -> bool:
    """Whether addresses of this host (as url_host gives it) are those of repositories."""
    return host in REPO_HOSTS or bool(_OWN_GITLAB.fullmatch(host))


@lru_cache(maxsize=256)
def parse_repo(text: str) -> RepoName | None:
    """A repository in any spelling people use, or None.

    https://github.com/O/N.git. · git@github.com:O/N · ssh://git@github.com/O/N · github.com/O/N/tree/main/x
    · git+https://… · O/N (read as GitHub's) · a file of it at raw.githubusercontent.com, Colab, nbviewer or Binder.
    """
    spelled = clean_url(text)
    spelled = re.sub(r"^git\+", "", spelled)
    scp = re.fullmatch(r"(?:ssh://)?(?:[\w.-]+@)([\w.-]+)[:/](.+)", spelled)
    if scp:
        host, path = scp[1].lower(), scp[2]
    elif re.fullmatch(r"[A-Za-z0-9][\w.-]*/[\w.-]+", spelled) and not is_repo_host(
        spelled.split("/")[0].lower().removeprefix("www.")
    ):
        host, path = "github.com", spelled
    else:
        parts = split_url(re.sub(r"^(ssh|git)://", "https://", spelled))
        if parts is None:
            return None
        host, path = url_host(parts), unquote(parts.path, errors="replace")
    if shown := _SHOWN_ELSEWHERE.get(host):
        match = shown.fullmatch(path)
        return _read_repo_path("github.com", "/".join(part for part in match.groups() if part)) if match else None
    return _read_repo_path(host, path) if is_repo_host(host) else None


def _read_repo_path(host: str, path: str) -> RepoName | None:
    segments = [s for s in path.split("/") if s]
    if len(segments) < 2 or segments[0].lower() in _NOT_OWNERS:
        return None
    owner, name, rest = segments[0], segments[1], segments[2:]
    if host.startswith("gitlab"):
        groups, _, below = "/".join(segments).partition("/-/")
        parts = groups.split("/")
        end = next((place for place, part in enumerate(parts) if place >= 2 and part in _GITLAB_PLACES), len(parts))
        rest = [*parts[end:], *(below.split("/") if below else [])]
        *owners, name = parts[:end]
        owner = "/".join(owners)
    if not rest:
        name = re.sub(r"[#?].*$", "", clean_url(name))
    name = re.sub(r"\.git$", "", name, flags=re.IGNORECASE)
    if not name or name in (".", "..") or not _NAME.fullmatch(name):
        return None
    if not all(_OWNER.fullmatch(part) for part in owner.split("/")):
        return None
    return RepoName(host, owner, name, clean_url("/".join(rest)) or None)


def guess_repo(url: str) -> RepoName | None:
    """The repository that a page is likely served from: github.com/o/n for https://o.github.io/n. A guess: n may as
    well be a folder of the repository o/o.github.io. None for the page of an owner and for any other address."""
    parts = split_url(url)
    if parts is None:
        return None
    owner, _, domain = url_host(parts).partition(".")
    first = next((segment for segment in unquote(parts.path, errors="replace").split("/") if segment), "")
    if domain not in _PAGE_HOSTS or first.lower() in _PAGE_FOLDERS or re.search(r"\.(?:html?|php|pdf)$", first.lower()):
        return None
    return _read_repo_path(_PAGE_HOSTS[domain], f"{owner}/{first}") if first else None

"""The addresses a text gives, and what kind of place each leads to. Pure."""

import re
from collections.abc import Iterator

from service.ingest.extract.extraction import Link
from service.names import REPO_HOSTS, clean_url, parse_repo, split_url, url_host, url_key

# A character of an address; LaTeX writes some of them behind a backslash. Brackets and braces end one:
# [code](https://…), \url{https://…}.
_CHARACTER = r"(?:[A-Za-z0-9\u00c0-\u024f._~:/?#@!$&'()*+,;=%-]|\\[_%#&])"
# Hosts people write without a scheme.
_BARE_HOST = "|".join(
    [
        *(re.escape(host) for host in sorted(REPO_HOSTS)),
        r"huggingface\.co",
        r"hf\.co",
        r"[A-Za-z0-9-]+\.git(?:hub|lab)\.io",
        r"zenodo\.org",
        r"sites\.google\.com",
        r"colab\.research\.google\.com",
    ]
)
_ADDRESS = re.compile(
    rf"https?://{_CHARACTER}+"
    rf"|(?<![\w@/.-])www\.[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?:[/?#]{_CHARACTER}*)?"
    rf"|(?<![\w@/.-])(?:{_BARE_HOST})(?:/{_CHARACTER}+|(?![\w.-]*\w))",
    re.IGNORECASE,
)
# Two addresses with nothing but a separator between them.
_JOINT = re.compile(r"(?<=[,;)])(?=https?://)", re.IGNORECASE)
# "github . com/o/n", "https:// github.com/o/n", "github.com /o/n": spaces where a line or a converter broke.
# Not between an owner and what follows: "github.com/openai/ for" names no repository.
_BROKEN = re.compile(
    r"(?:https?\s?:\s?/\s?/\s?)?(?:www\s?\.\s?)?"
    rf"\b(?P<host>github|gitlab|bitbucket|codeberg)\s?\.\s?(?P<top>com|org)\s?/\s?"
    rf"(?P<owner>[A-Za-z0-9][\w.-]*)(?:/|\s/\s)(?P<name>[\w.-]+)(?P<rest>/{_CHARACTER}+)?",
    re.IGNORECASE,
)
# What a text with an address has somewhere, in lower case: most abstracts have none of it.
_HINTS = ("http", "www.", "git", "bitbucket", "codeberg", "huggingface", "hf.co", "zenodo", "google.com")
_PROJECT_CUE = re.compile(
    r"\b(?:project|home|web)\s?-?(?:page|site|website)s?\b[^.]{0,40}$|\bwebsite\b[^.]{0,30}$|\bdemo page\b[^.]{0,20}$",
    re.IGNORECASE,
)
# First path segments of huggingface.co that are neither owners nor one of the kinds below.
_HUB_PAGES = frozenset(
    "blog chat collections docs join learn login models organizations papers posts pricing settings tasks".split()
)
_HUB_KINDS = {"datasets": "dataset", "spaces": "space"}
_PROJECT_HOSTS = (".github.io", ".gitlab.io", ".netlify.app", ".vercel.app", ".pages.dev")


def find_links(text: str, field: str) -> list[Link]:
    """Every address in a text, in its order."""
    lowered = text.lower()
    if not any(hint in lowered for hint in _HINTS):
        return []
    links = []
    for url, start, end in _find_addresses(text):
        link = _describe(url, field, start, end)
        if link is None:
            continue
        if link.kind == "other" and _PROJECT_CUE.search(text, max(0, start - 80), start):
            link = _with_kind(link, "project_page")
        links.append(link)
    return links


def read_link(url: str) -> Link | None:
    """An address given beside the text; None if it is none of http or https."""
    return _describe(clean_url(url), None, None, None)


def _find_addresses(text: str) -> list[tuple[str, int, int]]:
    found = list(_find_whole(text))
    for match in _BROKEN.finditer(text):
        if not re.search(r"\s", match[0]):
            continue
        start, end = match.start(), match.start() + len(clean_url(match[0]))
        torn = [item for item in found if item[1] < end and start < item[2]]
        # What the search for whole addresses made of the same place gives way unless it is a repository.
        if not any(parse_repo(url) for url, torn_start, _ in torn if torn_start == start):
            found = [item for item in found if item not in torn]
            found.append((clean_url(re.sub(r"\s", "", match[0])), start, end))
    return sorted(found, key=lambda item: item[1])


def _find_whole(text: str) -> Iterator[tuple[str, int, int]]:
    for match in _ADDRESS.finditer(text):
        start = match.start()
        for part in _JOINT.split(match[0]):
            url = clean_url(part)
            if url:
                yield url, start, start + len(url)
            start += len(part)


def _describe(raw: str, field: str | None, start: int | None, end: int | None) -> Link | None:
    url = re.sub(r"\\([_%#&])", r"\1", raw)
    parts = split_url(url)
    if parts is None or "." not in url_host(parts):
        return None
    if not re.match(r"https?://", url, re.IGNORECASE):
        url = "https://" + url.lstrip("/")
    host = url_host(parts)
    repo = parse_repo(url)
    if repo is not None:
        return Link(repo.url if repo.path is None else url, url_key(url), host, "repository", field, start, end, repo)
    return Link(url, url_key(url), host, _read_kind(host, parts.path), field, start, end, None)


def _read_kind(host: str, path: str) -> str:
    segments = [segment for segment in path.split("/") if segment]
    if host in ("huggingface.co", "hf.co"):
        if segments and segments[0] in _HUB_KINDS:
            return _HUB_KINDS[segments[0]]
        return "model" if len(segments) >= 2 and segments[0] not in _HUB_PAGES else "other"
    if host.endswith(".hf.space"):
        return "space"
    if host == "kaggle.com" and segments[:1] == ["datasets"]:
        return "dataset"
    if host.endswith(_PROJECT_HOSTS) or host == "sites.google.com":
        return "project_page"
    return "other"


def _with_kind(link: Link, kind: str) -> Link:
    return Link(link.url, link.url_key, link.host, kind, link.field, link.start, link.end, link.repo)

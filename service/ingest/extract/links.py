"""The addresses a text gives, what kind of place each leads to, and whether it is the paper's own. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from service.ingest.extract.extraction import Link
from service.ingest.extract.official import judge_places
from service.ingest.extract.places import Place, find_places
from service.names import clean_url, guess_repo, parse_repo, split_url, url_host, url_key

_PROJECT_CUE = re.compile(
    r"\b(?:project|home|web)\s?-?(?:page|site|website)s?\b[^.]{0,40}$|\bwebsite\b[^.]{0,30}$|\bdemo page\b[^.]{0,20}$",
    re.IGNORECASE,
)
# First path segments of huggingface.co that are neither owners nor one of the kinds below.
_HUB_PAGES = frozenset(
    "blog chat collections docs join learn login models organizations papers posts pricing settings tasks".split()
)
# With how many segments there must be: datasets/squad has no owner.
_HUB_KINDS = {"datasets": ("dataset", 2), "spaces": ("space", 2)}
_MODELSCOPE_KINDS = {"models": "model", "datasets": "dataset", "studios": "space"}
_KAGGLE_KINDS = {"models": "model", "datasets": "dataset"}
_PROJECT_HOSTS = (".github.io", ".gitlab.io", ".codeberg.page", ".netlify.app", ".vercel.app", ".pages.dev")


def find_links(text: str, field: str) -> list[Link]:
    """Every address in a text, in its order."""
    return list(_describe_all(find_places(text), text, field))


def read_link(url: str) -> Link | None:
    """An address given beside the text; None if it is none of http or https."""
    return _describe(clean_url(url), None, None, None)


def _describe_all(places: Sequence[Place], text: str, field: str) -> Iterator[Link]:
    for place, official in zip(places, judge_places(text, places), strict=True):
        link = _describe(place.url, field, place.start, place.end)
        if link is None:
            continue
        if link.repo is not None:
            link = replace(link, official=official)
        elif link.kind == "other" and _PROJECT_CUE.search(text, max(0, place.start - 80), place.start):
            link = replace(link, kind="project_page")
        yield link


def _describe(raw: str, field: str | None, start: int | None, end: int | None) -> Link | None:
    url = re.sub(r"\\([_%#&~])", r"\1", raw)
    parts = split_url(url)
    if parts is None or "." not in url_host(parts):
        return None
    if not re.match(r"https?://", url, re.IGNORECASE):
        url = "https://" + url.lstrip("/")
    host = url_host(parts)
    repo = parse_repo(url)
    if repo is not None:
        own = repo.path is None and repo.host == host
        return Link(repo.url if own else url, url_key(url), host, "repository", field, start, end, repo)
    kind = _read_kind(host, parts.path)
    return Link(url, url_key(url), host, kind, field, start, end, None, guessed_repo=guess_repo(url))


def _read_kind(host: str, path: str) -> str:
    segments = [segment for segment in path.split("/") if segment]
    first = segments[0] if segments else ""
    if host in ("huggingface.co", "hf.co"):
        kind, least = _HUB_KINDS.get(first, ("model", 2))
        return kind if len(segments) >= least and first not in _HUB_PAGES else "other"
    if host == "modelscope.cn" and len(segments) >= 3:
        return _MODELSCOPE_KINDS.get(first, "other")
    if host == "kaggle.com" and len(segments) >= 2:
        return _KAGGLE_KINDS.get(first, "other")
    if host.endswith(".hf.space"):
        return "space"
    if host.endswith(_PROJECT_HOSTS) or host == "sites.google.com":
        return "project_page"
    return "other"

"""What authors write beside a paper at arXiv ("Code: https://…"): its addresses, and whether the code is their own."""

from service.ingest.extract.links import find_links
from service.ingest.extract.official import FALSE, TRUE
from service.ingest.record import GivenRepo

_FLAGS = {TRUE: True, FALSE: False}


def read_comment(comment: str) -> tuple[tuple[str, ...], tuple[GivenRepo, ...]]:
    """The addresses in a comment (one line): those that lead into no repository, and the repositories."""
    urls: dict[str, None] = {}
    repos: dict[str, GivenRepo] = {}
    for link in find_links(comment, "abstract"):
        if link.repo is None:
            urls[link.url] = None
        else:
            repos[link.url] = GivenRepo(url=link.url, official=_FLAGS.get(link.official), basis=("paper",))
    return tuple(urls), tuple(repos.values())

"""Papers with Code, links-between-papers-and-code.json: one list, a row a paper and repository.

A row has no abstract; it joins the paper that has its arXiv id, its Papers with Code page or its title. Whether the
repository is the paper's own is evidence from this source.
"""

from collections.abc import Iterator

from service.ingest.formats.content import Content, Head
from service.ingest.formats.fields import Json, read_address, read_ids, read_line
from service.ingest.formats.json_records import find_entries, read_converted
from service.ingest.formats.pwc_papers import read_slug
from service.ingest.record import Found, GivenRepo, Record, Reject, Skipped
from service.names import url_key

NAME = "pwc_links"
SOURCE = "paperswithcode-links"
RANK = 20

_BASES = {"mentioned_in_paper": "paper", "mentioned_in_github": "repository"}


def recognise(head: Head) -> bool:
    _, entries = find_entries(head)
    return any({"paper_title", "repo_url"} <= entry.keys() for entry in entries)


def read(content: Content, file: str, source: str) -> Iterator[Found | Reject | Skipped]:
    yield from read_converted(content, file, source, convert, part=_tell_part)


def convert(entry: Json) -> Record:
    repo, official = read_line(entry.get("repo_url")), entry.get("is_official")
    basis = tuple(name for member, name in _BASES.items() if entry.get(member) is True)
    flag = official if isinstance(official, bool) else None
    return Record(
        title=read_line(entry.get("paper_title")),
        url=read_address(entry.get("paper_url_abs")),
        pdf_url=read_address(entry.get("paper_url_pdf")),
        external_ids=read_ids(
            {"arxiv": entry.get("paper_arxiv_id"), "paperswithcode": read_slug(entry.get("paper_url"))}
        ),
        repos=(GivenRepo(url=repo, official=flag, basis=basis),) if repo else (),
    )


def _tell_part(entry: Json) -> str:
    """The rows of a paper are told apart by their repository: another one is another row, not a change of it."""
    return url_key(read_line(entry.get("repo_url")))

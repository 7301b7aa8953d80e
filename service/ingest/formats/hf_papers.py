"""Hugging Face papers: GET /api/daily_papers, /api/papers/search?q=… and /api/papers/{id}.

A paper stands under `paper` with a part of it again beside that, or alone. What the Hub links to it (models, data sets,
spaces whose cards name the paper) are links: such a model need not be one that the paper mentions.
"""

from collections.abc import Iterator

from service.ingest.formats.content import Content, Head
from service.ingest.formats.fields import (
    Json,
    first_of,
    read_addresses,
    read_arxiv_month,
    read_date,
    read_dict,
    read_dicts,
    read_ids,
    read_line,
    read_people,
    unwrap,
)
from service.ingest.formats.json_records import find_entries, read_converted
from service.ingest.record import Found, GivenRepo, Record, Reject, Skipped

NAME = "hf_papers"
SOURCE = "huggingface"
RANK = 20

_WRAPPERS = ("dailyPapers", "papers", "results")
_HUB = "https://huggingface.co"
_LINKED = {"linkedModels": "", "linkedDatasets": "datasets/", "linkedSpaces": "spaces/"}
# Members that no other format has.
_TELLING = frozenset(
    "upvotes discussionId submittedOnDailyAt submittedOnDailyBy thumbnailUrl githubRepo githubRepoAddedBy projectPage "
    "ai_summary ai_keywords linkedModels linkedDatasets linkedSpaces numTotalModels isAuthorParticipating".split()
)


def recognise(head: Head) -> bool:
    _, entries = find_entries(head, *_WRAPPERS)
    return any(is_paper(entry) for entry in entries)


def read(content: Content, file: str, source: str) -> Iterator[Found | Reject | Skipped]:
    yield from read_converted(content, file, source, convert, *_WRAPPERS)


def convert(item: Json) -> Record:
    """A paper of any of these answers."""
    paper = {**item, **{name: value for name, value in read_dict(item.get("paper")).items() if value is not None}}
    number = read_line(paper.get("id"))
    is_arxiv = read_arxiv_month(number) is not None
    repo, added_by = read_line(paper.get("githubRepo")), read_line(paper.get("githubRepoAddedBy"))
    return Record(
        title=read_line(first_of(paper, "title") or item.get("title")),
        abstract=unwrap(first_of(paper, "summary") or item.get("summary")),
        authors=read_people(_list_shown(paper.get("authors"))),
        published=read_date(paper.get("publishedAt")),
        url=f"{_HUB}/papers/{number}" if number else None,
        pdf_url=f"https://arxiv.org/pdf/{number}" if is_arxiv else None,
        urls=read_addresses(paper.get("projectPage"), *_list_linked(paper)),
        external_ids=read_ids({"arxiv" if is_arxiv else "huggingface": number}),
        repos=(GivenRepo(url=repo, basis=(added_by,) if added_by else ()),) if repo else (),
    )


def _list_shown(authors: object) -> list[object]:
    """A hidden name is one that the page was told to be wrong."""
    given = authors if isinstance(authors, list) else []
    return [author for author in given if not (isinstance(author, dict) and author.get("hidden") is True)]


def _list_linked(paper: Json) -> Iterator[str]:
    for member, folder in _LINKED.items():
        for linked in read_dicts(paper.get(member)):
            if name := read_line(linked.get("id")):
                yield f"{_HUB}/{folder}{name}"


def is_paper(entry: Json) -> bool:
    """Whether this is a paper of any of these answers, from the members it has."""
    paper = entry.get("paper")
    if isinstance(paper, dict):
        # Beside it, what the feed says; the end of the file's beginning may be cut.
        return "id" in paper and not {"repo_url", "paperId"} & paper.keys()
    return {"id", "title"} <= entry.keys() and bool(_TELLING & entry.keys())

"""The XML of the ACL Anthology (https://github.com/acl-org/acl-anthology, data/xml), and its older form whose root is a
volume."""

import re
from collections.abc import Iterator
from functools import partial
from xml.etree.ElementTree import Element

from service.ingest.formats.building import build_found
from service.ingest.formats.content import Content, Head
from service.ingest.formats.dates import compose_date
from service.ingest.formats.latex import read_formula
from service.ingest.formats.xml_items import Item, read_elements
from service.ingest.formats.xml_text import find, find_all, join_blanks, local_name, read_text
from service.ingest.record import MAX_NAME, Found, GivenRepo, Place, Record, Reject, Skipped

NAME = "acl_anthology"
SOURCE = "acl"
RANK = 10

_SITE = "https://aclanthology.org/"
_OWN = re.compile(
    r"(?:https?://(?:www\.)?(?:aclanthology\.(?:org|info)|aclweb\.org/anthology)/)?([A-Za-z0-9][\w.-]*?)(?:\.pdf|/)?"
)


def recognise(head: Head) -> bool:
    if head.xml is None or head.xml.namespaces:
        return False
    names = set(head.xml.names)
    if head.xml.root == "collection":
        return "volume" in names
    return head.xml.root == "volume" and {"paper", "title"} <= names


def read(content: Content, file: str, source: str) -> Iterator[Found | Reject | Skipped]:
    """Front matter is passed over."""
    number = 0
    meta: Element | None = None
    volume = ""
    for item in read_elements(content, "meta", "frontmatter", "paper"):
        collection, own = _read_ancestors(item)
        if own != volume:
            volume, meta = own, None
        name = local_name(item.element)
        if name == "meta":
            meta = item.element if not item.problem else None
        elif name == "paper":
            paper = item.element.get("id", "").strip()
            if _is_front(collection, volume, paper):
                yield Skipped(file, item.line, f"{collection}-{volume}.{paper}", "front matter is no paper")
                continue
            number += 1
            yield _read_paper(item, Place(file, item.line, number), compose_id(collection, volume, paper), meta, source)


def _read_paper(item: Item, place: Place, anthology_id: str, meta: Element | None, source: str) -> Found | Reject:
    if item.problem:
        return Reject(place, item.problem)
    return build_found(place, source, partial(convert, item.element, anthology_id, meta))


def _read_ancestors(item: Item) -> tuple[str, str]:
    """The ids of its collection and its volume. In the older form the volume is "" and the root the collection."""
    ids = [ancestor.attributes.get("id", "").strip() for ancestor in item.ancestors]
    ids = [name for name in ids if name]
    return (ids[0] if ids else "", ids[1] if len(ids) > 1 else "")


def _is_front(collection: str, volume: str, paper: str) -> bool:
    """In the older form the papers of a volume count from its front matter: P18-1000, W18-0500."""
    if volume:
        return paper == "0"
    return paper.isdigit() and int(paper) % (100 if collection.startswith("W") else 1000) == 0


def convert(paper: Element, anthology_id: str, meta: Element | None) -> Record:
    """A paper of a volume; meta is the volume's, from which it has what it does not say itself."""
    page = _SITE + anthology_id + "/"
    address = read_text(find(paper, "url")) or paper.get("href", "")
    own = _OWN.fullmatch(address)
    pdf = f"{_SITE}{own[1]}.pdf" if own else address if "://" in address else None
    doi = read_text(find(paper, "doi"))
    key = read_text(find(paper, "bibkey"))
    code = dict.fromkeys(found.get("url", "").strip() for found in find_all(paper, "pwccode"))
    data = [found.get("url", "").strip() for found in find_all(paper, "pwcdataset")]
    year = _read(paper, meta, "year")
    venue = _read(paper, meta, "journal") or _read(None, meta, "journal-title") or _read(paper, meta, "booktitle")
    return Record(
        title=read_markup(find(paper, "title")),
        abstract=read_markup(find(paper, "abstract")),
        authors=tuple(filter(None, map(_read_person, find_all(paper, "author")))),
        published=compose_date(year, _read(paper, meta, "month")),
        venue=venue if venue and len(venue) <= MAX_NAME else None,
        url=page,
        pdf_url=pdf,
        urls=tuple(dict.fromkeys(filter(None, data))),
        external_ids={"acl": anthology_id} | ({"doi": doi} if doi else {}) | ({"acl_bibkey": key} if key else {}),
        # The address is the official code; "additional" says that there is more, by others, at Papers with Code.
        repos=tuple(GivenRepo(url=address, official=True) for address in code if address),
    )


def compose_id(collection: str, volume: str, paper: str) -> str:
    """How the Anthology calls a paper: ("2020.acl", "main", "5") -> "2020.acl-main.5", ("P19", "1", "1") -> "P19-1001".

    Of the old ids workshops have two digits for the volume and two for the paper, others one and three. Without a
    volume (the older form) the paper's number has both: ("P18", "", "1001") -> "P18-1001".
    """
    if not volume:
        return f"{collection}-{paper.zfill(4)}"
    if collection[:1].isdigit() or not (volume.isdigit() and paper.isdigit()):
        return f"{collection}-{volume}.{paper}"
    number, place = int(volume), int(paper)
    if collection.startswith("W") or collection == "C69" or (collection == "D19" and number >= 5):
        return f"{collection}-{number:02}{place:02}"
    return f"{collection}-{number}{place:03}"


def read_markup(element: Element | None) -> str:
    """Plain text of a title or an abstract: formulas as characters where there are such."""
    return join_blanks("".join(_walk(element))) if element is not None else ""


def _walk(element: Element) -> list[str]:
    name = local_name(element)
    text = element.text or ""
    if name == "tex-math":
        # Braces and macros of a formula; its letters and signs stay.
        return [read_formula(text)]
    parts = [" ", text] if name in ("br", "par", "p") else [text]
    for child in element:
        parts += _walk(child)
        parts.append(child.tail or "")
    return parts


def _read_person(author: Element) -> str:
    first, last = read_text(find(author, "first")), read_text(find(author, "last"))
    return join_blanks(f"{first} {last}") or read_text(author)


def _read(paper: Element | None, meta: Element | None, name: str) -> str:
    for element in (paper, meta):
        text = read_markup(find(element, name)) if element is not None else ""
        if text:
            return text
    return ""

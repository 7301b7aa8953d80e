"""The fields of a BibTeX or BibLaTeX entry to a record. Pure."""

import re
from collections.abc import Iterator
from dataclasses import replace

from bibtexparser.middlewares.names import parse_single_name_into_parts

from service.ingest.extract.places import find_places
from service.ingest.formats.arxiv_fields import address_of, find_arxiv_id, read_categories, read_dois
from service.ingest.formats.bibtex_entries import Entry
from service.ingest.formats.dates import compose_date
from service.ingest.formats.fields import read_address_ids, read_date, refine_date
from service.ingest.formats.latex import find_latex_urls, read_latex
from service.ingest.record import MAX_NAME, Record

# What an entry takes from the one it refers to (crossref). Never what names a paper.
_INHERITED = ("booktitle", "journal", "journaltitle", "year", "month", "date", "institution", "school")
_VENUES = ("journal", "journaltitle", "booktitle", "eventtitle", "school", "institution")
# Where people write that a paper is at arXiv, which is no venue.
_PREPRINT = re.compile(r"(?i)\W*(?:arxiv|corr\W*$|computing research repository|biorxiv|ssrn)")
_ARXIV = re.compile(
    r"(?i)\barxiv\s*(?:e-prints|preprint)?[\s:,]*(?:arxiv:)?\s*(\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7})|\babs/(\S+)"
)
_ARXIV_FIELDS = ("journal", "journaltitle", "howpublished", "note", "volume", "number", "publisher", "annote")
_LINKING = (
    "howpublished",
    "note",
    "annote",
    "addendum",
    "code",
    "github",
    "repo",
    "repository",
    "project",
    "website",
    "codeurl",
    "code_url",
    "project_page",
    "url_code",
    "homepage",
)
_MARKED = re.compile(r"\\([_%#&~{}$])")
_DBLP = re.compile(
    r"(?:dblp:|https?://dblp\.(?:org|uni-trier\.de)/rec/)(?:bib/)?(.+?)(?:\.(?:bib|html))?", re.IGNORECASE
)
# What the addresses that exporters write hold, beside what addresses name papers everywhere (names.parse_paper_name).
_ADDRESSES = {
    "openreview": re.compile(r"https?://(?:www\.)?openreview\.net/(?:forum|pdf)\?id=([\w-]+)"),
    "corpusid": re.compile(r"https?://(?:api|www)\.semanticscholar\.org/CorpusID:(\d+)"),
}


def convert(entry: Entry) -> Record:
    """An entry that can be read. The record has no title where the entry has none."""
    fields = entry.fields
    url = read_address(fields.get("url", ""))
    linked = list(dict.fromkeys(_find_urls(fields)))
    if not url and linked and "howpublished" in fields:
        url = linked[0]
    pdf = read_address(fields.get("pdf", ""))
    ids = read_address_ids([url]) | dict(_read_ids(entry, url))
    title = read_latex(fields.get("title", ""))
    subtitle = read_latex(fields.get("subtitle", ""))
    licence = read_address(fields.get("copyright", "")) or read_latex(fields.get("license", ""))
    return Record(
        title=f"{title}: {subtitle}" if title and subtitle else title,
        abstract=read_latex(fields.get("abstract", "")),
        authors=tuple(read_people(fields.get("author", ""))),
        published=_read_published(fields),
        venue=_read_venue(fields),
        categories=read_categories(fields.get("primaryclass", "") or fields.get("eprintclass", "")),
        url=url or (address_of(ids["arxiv"]) if "arxiv" in ids else None),
        pdf_url=pdf if "://" in pdf else None,
        license=licence if licence and len(licence) <= MAX_NAME else None,
        urls=tuple(address for address in linked if address != url),
        external_ids=ids,
    )


def inherit(entry: Entry, parent: Entry | None) -> Entry:
    """The entry with what it does not say itself but the one it refers to does; that one's title is its book's."""
    if parent is None:
        return entry
    given = {name: parent.fields[name] for name in _INHERITED if name in parent.fields}
    if "title" in parent.fields:
        given.setdefault("booktitle", parent.fields["title"])
    if {"year", "date"} & entry.fields.keys():
        given = {name: value for name, value in given.items() if name not in ("year", "month", "date")}
    return replace(entry, fields=given | entry.fields)


def trim_parent(entry: Entry) -> Entry:
    """Only what inherit takes."""
    return replace(entry, fields={name: entry.fields[name] for name in (*_INHERITED, "title") if name in entry.fields})


def read_people(text: str) -> Iterator[str]:
    """The names of an author field, as printed: "Lovelace, Ada and {The Consortium}"."""
    for name in _split_people(" ".join(text.split())):
        if name.lower() == "others" or not name.strip(" ,{}"):
            continue
        commas = _count_commas(name)
        if commas > 2:
            # People with commas between, where "and" belongs.
            yield from (person for part in name.split(",") if (person := read_latex(part)))
            continue
        if commas:
            parts = parse_single_name_into_parts(name, strict=False)
            name = " ".join([*parts.first, *parts.von, *parts.last, *parts.jr])  # noqa: PLW2901
        person = read_latex(name).strip(" ,")
        if person:
            yield person


def read_address(text: str) -> str:
    """An address or an identifier as it is: \\url and what LaTeX needs taken off."""
    found = find_latex_urls(text)
    text = found[0] if found else text
    text = re.sub(r"\\textasciitilde\s*(?:\{\})?|\\~\{\}|\{\\textasciitilde\}", "~", text)
    return re.sub(r"[{}\s]", "", _MARKED.sub(r"\1", text))


def _split_people(text: str) -> Iterator[str]:
    """At "and" outside braces. bibtexparser's own loses the accent behind it: "and \\v{S}koda"."""
    depth = start = 0
    for match in re.finditer(r"(?i)\\.|[{}]|(?<![^ ])and (?=\S)|(?<= )and$", text):
        if match[0] in ("{", "}"):
            depth = max(0, depth + (match[0] == "{") - (match[0] == "}"))
        elif match[0][0] != "\\" and depth == 0:
            yield text[start : match.start()].strip()
            start = match.end()
    yield text[start:].strip()


def _count_commas(name: str) -> int:
    depth = commas = 0
    for character in name:
        depth += (character == "{") - (character == "}")
        commas += character == "," and depth == 0
    return commas


def _read_published(fields: dict[str, str]) -> str | None:
    month = fields.get("month", "")
    day = fields.get("day") or month if re.search(r"[^\W\d]", month) else fields.get("day")
    return refine_date(
        read_date(fields.get("date")), compose_date(read_address(fields.get("year", "")), read_latex(month), day)
    )


def _read_venue(fields: dict[str, str]) -> str | None:
    for name in _VENUES:
        given = fields.get(name, "")
        # Astronomers write journals as macros of their own: \apj.
        venue = read_latex(given) or given.strip("\\{} ")
        if venue and len(venue) <= MAX_NAME and not _PREPRINT.match(venue):
            return venue
    return None


def _find_urls(fields: dict[str, str]) -> Iterator[str]:
    for name in _LINKING:
        text = fields.get(name, "")
        if not text:
            continue
        found = [read_address(address) for address in find_latex_urls(text)]
        yield from found or [place.url for place in find_places(_MARKED.sub(r"\1", text))]


def _read_ids(entry: Entry, url: str) -> Iterator[tuple[str, str]]:
    fields = entry.fields
    dois = read_dois(read_address(fields.get("doi", "")))
    if not dois and re.match(r"(?i)https?://(?:dx\.)?doi\.org/", url):
        dois = read_dois(url)
    if dois:
        yield "doi", dois[0]
    eprint = read_address(fields.get("eprint", ""))
    archive = (fields.get("archiveprefix") or fields.get("eprinttype") or "").strip("{} ").lower()
    arxiv_id = _find_arxiv(fields, eprint if archive in ("", "arxiv") else "", url)
    if arxiv_id:
        yield "arxiv", arxiv_id
    if eprint and archive and archive != "arxiv":
        yield archive, eprint
    for name in ("pmid", "pmcid"):
        if value := read_address(fields.get(name, "")):
            yield name, value
    for text in (entry.key, read_address(fields.get("biburl", ""))):
        if match := _DBLP.fullmatch(text):
            yield "dblp", match[1]
            break
    for scheme, pattern in _ADDRESSES.items():
        if match := pattern.match(url):
            yield scheme, match[1]


def _find_arxiv(fields: dict[str, str], eprint: str, url: str) -> str | None:
    own = (eprint, read_address(fields.get("arxivid", "")), read_address(fields.get("arxiv", "")))
    found = next((arxiv_id for text in own if text and (arxiv_id := find_arxiv_id(text))), None)
    if found:
        return found
    if "arxiv.org/" in url.lower():
        return find_arxiv_id(url)
    for name in _ARXIV_FIELDS:
        if (match := _ARXIV.search(read_latex(fields.get(name, "")))) and (
            found := find_arxiv_id(match[1] or match[2])
        ):
            return found
    return None

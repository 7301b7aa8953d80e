"""OpenAlex works: one, a page ({meta, results[]}) or a part of the snapshot (an object a line)."""

import json
from collections.abc import Iterator

from service.ingest.formats.content import Content, Head
from service.ingest.formats.fields import (
    Json,
    first_of,
    read_address,
    read_address_ids,
    read_date,
    read_dict,
    read_dicts,
    read_ids,
    read_line,
    read_text,
)
from service.ingest.formats.json_records import find_entries, read_converted
from service.ingest.formats.markup import to_plain, to_plain_line
from service.ingest.record import Found, Record, Reject, Skipped

NAME = "openalex"
SOURCE = "openalex"
RANK = 20

_WRAPPERS = ("results",)
_TELLING = frozenset({"authorships", "abstract_inverted_index", "primary_location", "host_venue", "cited_by_api_url"})


def recognise(head: Head) -> bool:
    path, entries = find_entries(head, *_WRAPPERS)
    if any(_is_work(entry) for entry in entries):
        return True
    # A page without results.
    meta = read_dict(read_dict(head.json).get("meta"))
    return path == "results" and not entries and "db_response_time_ms" in meta


def read(content: Content, file: str, source: str) -> Iterator[Found | Reject | Skipped]:
    yield from read_converted(content, file, source, convert, *_WRAPPERS)


def convert(work: Json) -> Record:
    place = read_dict(first_of(work, "primary_location", "host_venue"))
    best = read_dict(work.get("best_oa_location"))
    places = [place, best, *read_dicts(work.get("locations"))]
    ids = read_dict(work.get("ids"))
    doi = read_line(first_of(work, "doi") or ids.get("doi"))
    number = _end(first_of(work, "id") or ids.get("openalex"))
    own = read_ids(
        {
            "doi": doi,
            "openalex": number,
            "pubmed": _end(ids.get("pmid")),
            "pmc": _end(ids.get("pmcid")),
            "mag": ids.get("mag"),
        }
    )
    # The versions of a work lie at arXiv, in the ACL Anthology.
    elsewhere = read_address_ids(address for location in places for address in _list_addresses(location))
    return Record(
        title=to_plain_line(read_line(first_of(work, "title", "display_name"))),
        abstract=to_plain(read_abstract(work)),
        authors=tuple(filter(None, map(_read_author, read_dicts(work.get("authorships"))))),
        published=read_date(work.get("publication_date")) or read_date(work.get("publication_year")),
        venue=_read_venue(place),
        categories=_read_topics(work),
        url=read_address(place.get("landing_page_url")) or read_address(doi) or read_address(work.get("id")),
        pdf_url=read_address(place.get("pdf_url")) or read_address(best.get("pdf_url")),
        license=read_line(place.get("license") or best.get("license")) or None,
        external_ids={**elsewhere, **own},
    )


def read_abstract(work: Json) -> str:
    """The abstract of {word: [positions]}, which older snapshots give as a JSON text."""
    index = work.get("abstract_inverted_index")
    if isinstance(index, str):
        try:
            index = json.loads(index)
        except (ValueError, RecursionError):
            index = None
    index = read_dict(index)
    index = read_dict(index.get("InvertedIndex")) or index
    words = [
        (position, word)
        for word, positions in index.items()
        if isinstance(positions, list)
        for position in positions
        if isinstance(position, int)
    ]
    return " ".join(word for _, word in sorted(words)) or read_text(work.get("abstract"))


def _is_work(entry: Json) -> bool:
    number = entry.get("id")
    named = {"display_name", "title"} & entry.keys()
    is_id = isinstance(number, str) and "openalex.org/" in number.lower() and _end(number).startswith("W")
    return bool(named and (is_id or _TELLING & entry.keys()))


def _end(address: object) -> str:
    """The identifier at the end of an address: https://openalex.org/W123 -> W123."""
    return read_line(address).rstrip("/").rpartition("/")[2]


def _list_addresses(location: Json) -> list[object]:
    return [location.get("landing_page_url"), location.get("pdf_url")]


def _read_author(authorship: Json) -> str:
    return read_line(first_of(read_dict(authorship.get("author")), "display_name")) or read_line(
        authorship.get("raw_author_name")
    )


def _read_venue(place: Json) -> str | None:
    source = read_dict(place.get("source"))
    return read_line(first_of(source, "display_name") or first_of(place, "display_name", "raw_source_name")) or None


def _read_topics(work: Json) -> tuple[str, ...]:
    topics = read_dicts(work.get("topics")) or [
        concept for concept in read_dicts(work.get("concepts")) if concept.get("level") in (0, 1)
    ]
    return tuple(dict.fromkeys(filter(None, (read_line(topic.get("display_name")) for topic in topics))))

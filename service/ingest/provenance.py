"""Which source each field of a paper came from, and what the others said instead. Pure.

A conflict is told as it stands: "Pretraining" and "Pre-training" are two titles. Nothing is told of a field that no
record fills.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from service.ingest.record import Record

if TYPE_CHECKING:
    from service.ingest.paper import Sourced

Values = tuple[str, ...]
# A source alone, where all that is said of the field is what the paper has and one source says it; else {"sources":
# those that say so, the one it was taken from first, "others": [{"source", "values"}]}. Nearly all are the first.
Trace: TypeAlias = str | dict[str, Any]


def _one(text: str | None) -> Values:
    return (text,) if text else ()


_READ: Mapping[str, Callable[[Record], Values]] = {
    "title": lambda record: _one(record.title),
    "abstract": lambda record: _one(record.abstract),
    "authors": lambda record: record.authors,
    "published": lambda record: _one(record.published),
    "venue": lambda record: _one(record.venue),
    "categories": lambda record: record.categories,
    "url": lambda record: _one(record.url),
    "pdf_url": lambda record: _one(record.pdf_url),
    "license": lambda record: _one(record.license),
}


def trace_fields(ranked: "Sequence[Sourced]", published: str | None, categories: Values) -> dict[str, Trace]:
    """Field -> where it came from; an identifier's field is "external_ids." and its scheme.

    ranked: a paper's records in the order in which they fill its fields. published, categories: the paper's, which may
    be more than any one record says. Of categories, which are those of all, `others` has what each source gave where
    that is not all. Of several identifiers of one scheme the first in order is the paper's, as an item shows it.
    """
    traced: dict[str, Trace] = {}
    for field, read in _READ.items():
        said = [(sourced.source, values) for sourced in ranked if (values := read(sourced.record))]
        if not said:
            continue
        chosen = said[0][1]
        if field == "published" and published is not None:
            chosen = (published,)
        elif field == "categories":
            chosen = categories
        traced[field] = _trace(field, said, chosen)
    ids: dict[str, list[tuple[str, str]]] = {}
    for sourced in ranked:
        for scheme, value in sorted(sourced.identity.ids):
            ids.setdefault(scheme, []).append((sourced.source, value))
    for scheme, found in sorted(ids.items()):
        least = min(value for _, value in found)
        traced[f"external_ids.{scheme}"] = _trace("external_ids", [(s, (v,)) for s, v in found], (least,))
    return traced


def _trace(field: str, said: Sequence[tuple[str, Values]], chosen: Values) -> Trace:
    exact = [source for source, values in said if values == chosen]
    if field == "published":
        # A year agrees with a day in it.
        agreeing = [source for source, values in said if chosen[0].startswith(f"{values[0]}-")]
    else:
        agreeing = [source for source, _ in said] if field == "categories" else []
    sources = list(dict.fromkeys(exact + agreeing))
    others = dict.fromkeys(
        (source, values)
        for source, values in said
        if values != chosen and (field != "published" or not chosen[0].startswith(f"{values[0]}-"))
    )
    if len(sources) == 1 and not others:
        return sources[0]
    return {"sources": sources, "others": [{"source": source, "values": list(values)} for source, values in others]}

"""What a paper is told to link and to mention, each with its evidence: the sentence, and the records that say it."""

from collections.abc import Callable, Iterable
from typing import Any

from service.ingest.extract import resolve_model
from service.ingest.extract.sentences import find_sentence
from service.names import model_slug, parse_repo, url_key
from service.queries.explain import Explained, SourceRecord

Json = dict[str, Any]


def explain(explained: Explained) -> Json:
    """As `colophon explain --json` shows it: id, title, sources, provenance, links, repos, models, methods.

    `provenance` is that of the API. Each of the last four has `evidence`: what is stored of a place, with `sentence`
    (None beside the text), `marked` (start and end of the surface in it) and `records` (source, file, line, number)
    that say so.
    """
    paper, records = explained.paper, explained.records
    texts = {"title": paper["title"], "abstract": paper["abstract"]}

    def locate(item: Json, gives: Callable[[SourceRecord], bool]) -> Json:
        return _locate(item, texts, records, gives)

    def find_named(named: Json, *, may_be_given: bool) -> Json:
        evidence = [locate(mention, _gives_nothing) for mention in named["mentions"]]
        given = [record for record in records if may_be_given and _names_model(record, named["slug"])]
        if given:
            evidence.append({"field": None, "sentence": None, "records": [_write(record) for record in given]})
        return {**{name: named[name] for name in ("slug", "name", "role")}, "evidence": evidence}

    links: dict[str, Json] = {}
    for link in paper["links"]:
        shown = links.setdefault(link["url"], {"url": link["url"], "kind": link["kind"], "evidence": []})
        place = {name: value for name, value in link.items() if name != "kind"}
        shown["evidence"].append(locate(place, _gives(link["url"])))
    return {
        "id": paper["id"],
        "title": paper["title"],
        "sources": [_write(record) for record in records],
        "provenance": paper["provenance"],
        "links": list(links.values()),
        "repos": [
            {
                "url": repo["url"],
                "official": repo["official"],
                "evidence": [locate(found, _gives(found["url"])) for found in repo["evidence"]],
            }
            for repo in paper["repos"]
        ],
        "models": [find_named(model, may_be_given=True) for model in paper["models"]],
        "methods": [find_named(method, may_be_given=False) for method in paper["methods"]],
    }


def _locate(item: Json, texts: Json, records: Iterable[SourceRecord], gives: Callable[[SourceRecord], bool]) -> Json:
    field, start, end = item["field"], item["start"], item["end"]
    source = item.get("source")
    if field is None:
        told: Json = {"sentence": None}
        saying = [record for record in records if gives(record)]
    else:
        left, right = find_sentence(texts[field], start, end)
        sentence = texts[field][left:right]
        left += len(sentence) - len(sentence.lstrip())
        told = {
            "surface": texts[field][start:end],
            "sentence": sentence.strip(),
            "marked": {"start": start - left, "end": end - left},
        }
        saying = [record for record in records if field in record.fields]
    # A repository's evidence names the source it was found in.
    saying = [record for record in saying if source in (None, record.source)]
    return {**item, **told, "records": [_write(record) for record in saying]}


def _write(record: SourceRecord) -> Json:
    return {"source": record.source, "file": record.file, "line": record.line, "number": record.number}


def _gives(url: str) -> Callable[[SourceRecord], bool]:
    """Whether a record has this address beside its text, in any spelling."""
    wanted = _read_address(url)
    return lambda record: any(wanted & _read_address(given) for given in (*record.urls, *record.repos))


def _read_address(url: str) -> set[str]:
    repo = parse_repo(url)
    # "owner/name" is no address, and one that leads into a repository also stands for it.
    return {url_key(url), *([f"{repo.key}/{repo.path or ''}"] if repo else [])}


def _gives_nothing(record: SourceRecord) -> bool:
    return False


def _names_model(record: SourceRecord, slug: str) -> bool:
    return any(slug in (model_slug(name), model_slug(resolve_model(name).name)) for name in record.models)

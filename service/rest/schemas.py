"""The shapes of openapi.yaml's components, as JSON Schema 2020-12. Tests hold every answer against them."""

from service.papers import MAX_VALUES, Sort
from service.queries.facets import MAX_FACET_VALUES, Facet
from service.queries.suggest import SuggestionKind, SuggestionMatch
from service.rest.details import DETAILS
from service.rest.shapes import DATE, Schema, ref
from service.rest.shapes import array as _list
from service.rest.shapes import count as _count
from service.rest.shapes import described as _described
from service.rest.shapes import obj as _object
from service.rest.shapes import optional as _optional
from service.rest.shapes import string as _string


def _facet(value: Schema) -> Schema:
    counted = {"value": value, "name": _string("As people write it."), "count": _count("What the filter by it leaves.")}
    return _object(
        {
            "values": {
                **_list(_object(counted), "The most frequent, most papers first."),
                "maxItems": MAX_FACET_VALUES,
            },
            "partial": {"type": "boolean", "description": "Whether more papers match than were counted."},
        }
    )


_MOMENT = _string(format="date-time")
_OFFSET = {"type": ["integer", "null"], "minimum": 0}
_START = _described(_OFFSET, "Code points from the start of the field, from 0; null beside the text.")
_END = _described(_OFFSET, "Exclusive.")
_FIELD = {"type": ["string", "null"], "enum": ["title", "abstract", None], "description": "null: beside the text."}
_LINK_KINDS = ["repository", "model", "dataset", "space", "project_page", "other"]
_ROLE = _string("Whether the paper introduces or uses it.", enum=["introduced", "used"])
_PATH = _optional("What stands below the repository.")

_PAPER_MEMBERS: Schema = {
    "id": _string("Opaque, never changes, and the same in every database the same files are loaded into.",
                  pattern="^p_[0-9a-f]{16}$"),
    "title": _string(),
    "abstract": _string("Empty when unknown."),
    "authors": _list(_string()),
    "published": _optional("A day, a month or a year, as given.", pattern=DATE),
    "venue": _optional(),
    "categories": _list(_string()),
    "external_ids": {
        "type": "object",
        "additionalProperties": {"type": "string"},
        "description": "Scheme (arxiv, doi, acl, …) to value.",
    },
    "url": _optional(),
    "pdf_url": _optional(),
    "license": _optional(),
    "links": _list(ref("Link"), "Every address of the paper, in the order of the text."),
    "repos": _list(ref("PaperRepo")),
    "models": _list(ref("PaperModel")),
    "methods": _list(ref("PaperMethod"), "Named methods that are no models."),
    "sources": _list(ref("Source"), "The records the paper is made of."),
    "provenance": {
        "type": "object",
        "additionalProperties": ref("FieldProvenance"),
        "description": "Field (title, …, external_ids.arxiv, …) to where it came from. Of an item of a list only where "
        "`fields` asks for it.",
    },
    "created_at": _MOMENT,
    "updated_at": _MOMENT,
    "score": {"type": "number", "description": "Relevance; only in a search with q."},
    "highlights": _described(ref("Highlights"), "Where the words of q stand; only with q and highlight=true."),
}  # fmt: skip

_OFFICIAL = ["true", "false", "unknown"]

COMPONENTS: dict[str, Schema] = {
    "Paper": _object(
        _PAPER_MEMBERS,
        tuple(_PAPER_MEMBERS),
        "All members but score, highlights and, in a list, provenance, or those that `fields` asks for.",
    ),
    "Highlights": _object({"title": ref("Highlight"), "abstract": ref("Highlight")}),
    "Highlight": _object(
        {
            "ranges": _list(ref("Range"), "In order, none touching another; a phrase is one."),
            "html": _string("The whole text, escaped, each range in a mark element."),
        },
        description="A text and where the words of the query stand in it.",
    ),
    "Range": _object({"start": _count("Code points from the start of the text, from 0."), "end": _count("Exclusive.")}),
    "Link": _object(
        {
            "url": _string("Without the punctuation that was stuck to it."),
            "kind": _string(enum=_LINK_KINDS),
            "field": _FIELD,
            "start": _START,
            "end": _END,
            "path": _PATH,
            "guessed_repo": _optional(
                "The repository that a project page is likely served from. A guess: it is not among repos."
            ),
        }
    ),
    "PaperRepo": _object(
        {
            "id": _string(pattern="^r_[0-9a-f]{16}$"),
            "url": _string(),
            "host": _string(),
            "owner": _string(),
            "name": _string(),
            "official": _string(
                "Whether it is the paper's own, as its text or a source says: true where any says so, else false where "
                "any names it as another's.",
                enum=_OFFICIAL,
            ),
            "evidence": _list(ref("Evidence")),
        }
    ),
    "Evidence": _object(
        {
            "source": _optional("Where the record came from."),
            "field": _FIELD,
            "start": _START,
            "end": _END,
            "sentence": _optional("The sentence it stands in."),
            "url": _string("As it stood there."),
            "path": _PATH,
            "official": _string(
                "Whether the sentence, or beside the text the source, calls it the paper's own.", enum=_OFFICIAL
            ),
        },
        description="Where a repository was found.",
    ),
    "PaperModel": _object(
        {
            "id": _string(pattern="^m_[0-9a-f]{16}$"),
            "slug": _string(),
            "name": _string(),
            "family": _optional(),
            "role": _ROLE,
            "mentions": _list(ref("Mention")),
        }
    ),
    "PaperMethod": _object({"slug": _string(), "name": _string(), "role": _ROLE, "mentions": _list(ref("Mention"))}),
    "Mention": _object(
        {"surface": _string("As it is written there."), "field": _FIELD, "start": _START, "end": _END, "role": _ROLE}
    ),
    "FieldProvenance": _object(
        {
            "sources": _list(_string(), "Those that say what the paper has, the one it was taken from first."),
            "others": _list(ref("OtherValue"), "What is said instead; of categories, what each gave of them."),
        },
        description="Which sources say a field of a paper, and what others say.",
    ),
    "OtherValue": _object(
        {"source": _string(), "values": _list(_string(), "One, but of authors and categories.")},
        description="What a source says of a field that the paper has otherwise.",
    ),
    "Source": _object(
        {
            "source": _string(),
            "file": _string(),
            "line": {"type": ["integer", "null"], "minimum": 1},
            "number": {"type": "integer", "minimum": 1, "description": "Of the record in its file, from 1."},
            "loaded_at": _MOMENT,
        }
    ),
    "Total": _object(
        {"value": _count(), "relation": _string("gte: counting stopped there.", enum=["eq", "gte"])},
        description="How many there are on all pages.",
    ),
    "Applied": _object(
        {
            "query": _optional("What q was understood as; null without words that can be searched."),
            "mode": _string(
                "all: every word occurs; any: no paper has all of them, so one is enough.", enum=["all", "any"]
            ),
            "sort": _string(enum=[sort.value for sort in Sort]),
            "dropped": _list(
                _string(), "Words that papers were not ranked by, because there are too many: the most common ones."
            ),
        },
        description="How the request was read.",
    ),
    "PaperPage": _object(
        {
            "items": _list(ref("Paper")),
            "total": {"oneOf": [ref("Total"), {"type": "null"}], "description": "null with count=none."},
            "next_cursor": _optional("null on the last page."),
            "facets": {"oneOf": [ref("Facets"), {"type": "null"}], "description": "null when not asked for."},
            "applied": ref("Applied"),
        }
    ),
    "Facets": _object(
        {facet.value: ref("YearFacet" if facet is Facet.YEAR else "TextFacet") for facet in Facet},
        tuple(facet.value for facet in Facet),
        "How often values occur within the result; only what was asked for.",
    ),
    "TextFacet": _facet(_string("What the filter of this name takes; of repo_host that is link.")),
    "YearFacet": _facet({"type": "integer", "description": "What the filter year takes."}),
    "RelatedPapers": _object({"items": _list(ref("Paper"), "The most alike first; none where nothing is.")}),
    "BatchRequest": {
        **_object({"ids": {**_list(_string()), "minItems": 1, "maxItems": MAX_VALUES}}),
        "additionalProperties": False,
    },
    "Batch": _object({"items": _list(ref("BatchItem"), "One an id, in their order.")}),
    "BatchItem": _object(
        {
            "asked": _string("The id as it was given."),
            "papers": _list(ref("Paper"), "At most one, but for a repository."),
            "error": {
                "oneOf": [
                    _object({"code": _string(), "detail": _string(), "hint": _optional()}),
                    {"type": "null"},
                ],
                "description": "invalid_id, paper_not_found or repo_not_found; null when there are papers.",
            },
        }
    ),
    "RepoPage": _object(
        {"items": _list(ref("Repo")), "total": ref("Total"), "next_cursor": _optional("null on the last page.")}
    ),
    **DETAILS,
    "ModelPage": _object(
        {"items": _list(ref("Model")), "total": ref("Total"), "next_cursor": _optional("null on the last page.")}
    ),
    "Suggestion": _object(
        {
            "kind": _string(enum=[kind.value for kind in SuggestionKind]),
            "id": _string(pattern="^[mpr]_[0-9a-f]{16}$"),
            "text": _string("The title, the model's name, or owner/name."),
            "slug": _optional("Of a model: what /v1/models/{slug} takes."),
            "url": _optional("Of a repository; of a paper where it is known."),
            "paper_count": _described(
                {"type": ["integer", "null"], "minimum": 0}, "Papers of a model or a repository; null for a paper."
            ),
            "match": _string(
                "prefix: a name of it begins so; words: its title has these words; typo: a name of it begins so, but "
                "for one wrong, missing, extra or swapped character.",
                enum=[match.value for match in SuggestionMatch],
            ),
        }
    ),
    "Suggestions": _object({"items": _list(ref("Suggestion"), "Best first.")}),
    "Stats": _object(
        {
            "papers": _count(),
            "repos": _count(),
            "models": _count(),
            "links": _count(),
            "papers_with_repo": _count(),
            "papers_with_model": _count(),
            "updated_at": {"type": ["string", "null"], "format": "date-time"},
            "sources": _list(
                _object(
                    {"source": _string(), "papers": _count(), "records": _count(), "last_loaded_at": _MOMENT},
                )
            ),
            "schema_version": {"type": ["integer", "null"]},
        }
    ),
    "Health": _object({"status": _string(enum=["ok"])}),
    "Readiness": _object({"status": _string(enum=["ready"]), "schema_version": _count()}),
    "Problem": _object(
        {
            "type": _string("urn:colophon:error: and the code."),
            "title": _string("The status in words."),
            "status": {"type": "integer"},
            "detail": _string("What is wrong."),
            "code": _string("For programs; docs/errors.md lists them."),
            "hint": _string("What would be right."),
            "parameter": _string("The parameter at fault."),
            "position": _count("Where in its value, in code points from 0."),
            "request_id": _string("Under which the log has it."),
        },
        ("hint", "parameter", "position", "request_id"),
        "RFC 9457.",
    ),
}

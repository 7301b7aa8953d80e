"""The shapes of one repository and of one model."""

from service.queries.details import MAX_LOOKED_AT
from service.rest.shapes import DATE, Schema, array, count, obj, optional, ref, string

_REPO_MEMBERS: Schema = {
    "id": string(pattern="^r_[0-9a-f]{16}$"),
    "url": string(),
    "host": string(),
    "owner": string(),
    "name": string(),
    "paper_count": count("Papers that link it."),
}
_MODEL_MEMBERS: Schema = {
    "id": string(pattern="^m_[0-9a-f]{16}$"),
    "slug": string(),
    "name": string(),
    "family": optional(),
    "parent": optional("The slug of the model it is a size or version of."),
    "paper_count": count("Papers that mention it or anything below it."),
}
_VARIANT_COUNT = count("Models directly below it.")

DETAILS: dict[str, Schema] = {
    "Repo": obj(_REPO_MEMBERS),
    "RepoDetail": obj(
        {**_REPO_MEMBERS, "models": array(ref("ModelCount"), "That most of its papers mention, most first.")}
    ),
    "Model": obj(_MODEL_MEMBERS),
    "ModelDetail": obj(
        {
            **_MODEL_MEMBERS,
            "aliases": array(string(), "Other spellings that find it."),
            "first_seen": optional("When the earliest of these papers was published, as it says.", pattern=DATE),
            "variant_count": _VARIANT_COUNT,
            "variants": array(ref("Variant"), "Its sizes and versions, most papers first."),
            "co_mentioned": array(
                ref("ModelCount"),
                "What most of these papers mention too and is neither above nor below it, most first.",
            ),
        }
    ),
    "Variant": obj({**_MODEL_MEMBERS, "variant_count": _VARIANT_COUNT}),
    "ModelCount": obj(
        {
            "id": string(pattern="^m_[0-9a-f]{16}$"),
            "slug": string(),
            "name": string(),
            "paper_count": count("Papers that have both: also those that mention what is below this model."),
            "relation": string(
                f"eq: all papers were counted; estimate: of more than {MAX_LOOKED_AT:,} a sample.",
                enum=["eq", "estimate"],
            ),
        },
        description="A model beside another model or a repository.",
    ),
}

"""PaperFilter -> SQL conditions on `p` (papers) and `s` (paper_search)."""

from collections.abc import Callable
from typing import Any

from service.errors import BadRequest
from service.names import REPO_HOSTS, model_keys, model_slug, parse_paper_name, split_url, url_host, url_key
from service.papers import PaperFilter, read_period, read_repo_name
from service.queries.arguments import Arguments

# Models of these keys, of several models with one key all; and of these slugs ("codet5-plus" is no key of CodeT5+).
MODELS_NAMED = (
    "SELECT model_id FROM model_aliases WHERE key = ANY({keys}) UNION SELECT id FROM models WHERE slug = ANY({slugs})"
)
# These models and everything below them.
MODELS_BELOW = "SELECT id FROM models WHERE lineage && ARRAY({models})"

# A hundred names; each word of theirs is looked for.
_MAX_AUTHOR_CHARACTERS = 4000

KNOWN_DATE = "coalesce(p.published_on, '-infinity'::date)"


def build_conditions(wanted: PaperFilter, arguments: Arguments) -> list[str]:
    """SQL conditions that must all hold. Raises BadRequest for a value that cannot be one of its kind."""
    conditions = []
    for name, build in _BUILDERS.items():
        value = getattr(wanted, name)
        if value not in ((), None):
            conditions.append(build(value, arguments))
    return conditions


def join_conditions(conditions: list[str]) -> str:
    """As what follows other conditions."""
    return "".join(f" AND {condition}" for condition in conditions)


def check_papers(conditions: list[str]) -> str:
    """A join of `s` (paper_search) with the papers that fulfil the conditions, each looked up by its key.

    LATERAL with OFFSET 0, as the planner may otherwise begin with the conditions, of which it knows little, and compare
    all papers that fulfil them with all that have the words.
    """
    if not conditions:
        return ""
    return (
        f" CROSS JOIN LATERAL (SELECT FROM papers p WHERE p.id = s.paper_id{join_conditions(conditions)} OFFSET 0)"
        " AS checked"
    )


def _models_named(values: tuple[str, ...], parameter: str, arguments: Arguments) -> str:
    keys, slugs = _read_names(values, parameter, "A name as BERT or gpt-4.")
    return MODELS_NAMED.format(keys=arguments.add(keys, "text[]"), slugs=arguments.add(slugs, "text[]"))


def _read_names(values: tuple[str, ...], parameter: str, hint: str) -> tuple[list[str], list[str]]:
    """The keys and the slugs to look names of models or methods up by."""
    keys = []
    for value in values:
        found = model_keys(value)
        if not found:
            noun = "method" if parameter == "method" else "model"
            raise BadRequest(f"{value[:100]!r} names no {noun}.", parameter=parameter, hint=hint)
        keys += found
    return keys, [model_slug(value) for value in values]


# As arrays: of a subquery the planner does not know that it finds few, of an array it assumes so.
def _in_repos(condition: str) -> str:
    repos = f"ARRAY(SELECT id FROM repos WHERE {condition})"
    return f"p.id IN (SELECT paper_id FROM paper_repos WHERE repo_id = ANY({repos}))"


def _in_models(models: str) -> str:
    return f"p.id IN (SELECT paper_id FROM paper_models WHERE model_id = ANY(ARRAY({models})))"


def _repo(values: tuple[str, ...], arguments: Arguments) -> str:
    repos = [read_repo_name(value, "repo", code="invalid_parameter") for value in values]
    keys = arguments.add([repo.key for repo in repos], "text[]")
    return _in_repos(f"key = ANY({keys})")


def _owner(values: tuple[str, ...], arguments: Arguments) -> str:
    owners = [value.strip().rstrip("/").removeprefix("@") for value in values]
    for place, owner in enumerate(owners):
        parts = split_url(owner) if "/" in owner else None
        if parts is not None and url_host(parts) in REPO_HOSTS:
            owners[place] = parts.path.strip("/")
    return _in_repos(f"lower(owner) = ANY(lower_all({arguments.add(owners, 'text[]')}))")


def _below(values: tuple[str, ...], parameter: str, arguments: Arguments) -> str:
    return _in_models(MODELS_BELOW.format(models=_models_named(values, parameter, arguments)))


def _model(values: tuple[str, ...], arguments: Arguments) -> str:
    return _below(values, "model", arguments)


def _model_all(values: tuple[str, ...], arguments: Arguments) -> str:
    return " AND ".join(_below((value,), "model_all", arguments) for value in values)


def _model_exact(values: tuple[str, ...], arguments: Arguments) -> str:
    return _in_models(_models_named(values, "model_exact", arguments))


def _family(values: tuple[str, ...], arguments: Arguments) -> str:
    # Families are written in lower case.
    return _in_models(f"SELECT id FROM models WHERE family = ANY(lower_all({arguments.add(values, 'text[]')}))")


def _method(values: tuple[str, ...], arguments: Arguments) -> str:
    keys, slugs = _read_names(values, "method", "A name as LoRA.")
    found = (f"key = ANY({arguments.add(keys, 'text[]')})", f"slug = ANY({arguments.add(slugs, 'text[]')})")
    return f"p.id IN ({' UNION '.join(f'SELECT paper_id FROM paper_methods WHERE {one}' for one in found)})"


def _author(values: tuple[str, ...], arguments: Arguments) -> str:
    if sum(map(len, values)) > _MAX_AUTHOR_CHARACTERS:
        raise BadRequest(
            "The names of authors are too long.",
            parameter="author",
            hint=f"At most {_MAX_AUTHOR_CHARACTERS:,} characters in all.",
        )
    names = arguments.add(values, "text[]")
    # The index finds papers with all the words among their authors; their places tell most of those where they are not
    # one author's, and the names the rest.
    return (
        f"s.words @@ (SELECT author_query({names}))"
        f" AND (s.words @@ (SELECT author_near_query({names})) OR cardinality(p.authors) > 1000)"
        f" AND EXISTS (SELECT FROM unnest(p.authors) AS author, unnest({names}) AS name"
        " WHERE author_words(name) <> '{}' AND author_words(author) @> author_words(name))"
    )


def _source(values: tuple[str, ...], arguments: Arguments) -> str:
    return f"p.id IN (SELECT paper_id FROM records WHERE source = ANY({arguments.add(values, 'text[]')}))"


def _category(values: tuple[str, ...], arguments: Arguments) -> str:
    return f"lower_all(p.categories) && lower_all({arguments.add(values, 'text[]')})"


def _venue(values: tuple[str, ...], arguments: Arguments) -> str:
    conditions = []
    for value in values:
        venue = f"lower({arguments.add(value, 'text')})"
        # "ACL" finds "ACL 2024" too: from "acl " up to "acl!", the next character after a space.
        longer = f"lower(p.venue) ~>=~ ({venue} || ' ') AND lower(p.venue) ~<~ ({venue} || '!')"
        conditions.append(f"lower(p.venue) = {venue} OR ({longer})")
    return f"({' OR '.join(conditions)})"


def _link(values: tuple[str, ...], arguments: Arguments) -> str:
    hosts, keys = [], []
    for value in values:
        parts = split_url(value)
        if parts is None:
            raise BadRequest(
                f"{value[:100]!r} is not an address.",
                parameter="link",
                hint="https://example.org/page, or a host alone.",
            )
        if parts.path.strip("/") or parts.query:
            keys.append(url_key(value))
        else:
            hosts.append(url_host(parts))
    found = []
    if keys:
        wanted = arguments.add(keys, "text[]")
        hashes = f"ARRAY(SELECT md5(k) FROM unnest({wanted}) AS k)"
        found.append(f"SELECT paper_id FROM paper_links WHERE md5(url_key) = ANY({hashes}) AND url_key = ANY({wanted})")
    if hosts:
        found.append(f"SELECT paper_id FROM paper_links WHERE host = ANY({arguments.add(hosts, 'text[]')})")
    return f"p.id IN ({' UNION '.join(found)})"


def _external_id(scheme: str) -> Callable[[tuple[str, ...], Arguments], str]:
    examples = {"arxiv": "2506.06751", "doi": "10.18653/v1/2020.acl-main.1"}

    def build(values: tuple[str, ...], arguments: Arguments) -> str:
        wanted = []
        for value in values:
            # A DOI may be an arXiv id in disguise (10.48550/arXiv.…), hence the scheme as read.
            name = parse_paper_name(f"{scheme}:{value}")
            if name is None:
                raise BadRequest(
                    f"{value[:100]!r} is not an identifier of {scheme}.",
                    parameter=scheme,
                    hint=f"As {examples[scheme]}, alone or as an address.",
                )
            wanted.append(name)
        schemes = arguments.add([name.scheme for name in wanted], "text[]")
        found = arguments.add([name.value for name in wanted], "text[]")
        return (
            "p.id IN (SELECT paper_id FROM external_ids"
            f" WHERE (scheme, value) IN (SELECT * FROM unnest({schemes}, {found})))"
        )

    return build


def _year(values: tuple[int, ...], arguments: Arguments) -> str:
    years = arguments.add(values, "integer[]")
    low, high = arguments.add(min(values), "integer"), arguments.add(max(values), "integer")
    # The range is for the index, the list for the gaps in it.
    return (
        f"({KNOWN_DATE} BETWEEN make_date({low}, 1, 1) AND make_date({high}, 12, 31)"
        f" AND extract(year FROM p.published_on)::integer = ANY({years}))"
    )


def _has_repo(value: bool, arguments: Arguments) -> str:
    return f"{'' if value else 'NOT '}EXISTS (SELECT FROM paper_repos r WHERE r.paper_id = p.id)"


def _since(value: str, arguments: Arguments) -> str:
    return f"{KNOWN_DATE} >= {arguments.add(read_period(value, 'since')[0], 'date')}"


def _until(value: str, arguments: Arguments) -> str:
    last = arguments.add(read_period(value, "until")[1], "date")
    return f"({KNOWN_DATE} <= {last} AND p.published_on IS NOT NULL)"


_BUILDERS: dict[str, Callable[[Any, Arguments], str]] = {
    "repo": _repo,
    "owner": _owner,
    "model": _model,
    "model_all": _model_all,
    "model_exact": _model_exact,
    "family": _family,
    "method": _method,
    "author": _author,
    "source": _source,
    "category": _category,
    "venue": _venue,
    "link": _link,
    "arxiv": _external_id("arxiv"),
    "doi": _external_id("doi"),
    "year": _year,
    "has_repo": _has_repo,
    "since": _since,
    "until": _until,
}

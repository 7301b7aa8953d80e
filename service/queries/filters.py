"""PaperFilter -> SQL conditions on `p` (papers) and `s` (paper_search), and labels that the search index knows."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from service.errors import BadRequest
from service.names import is_repo_host, parse_paper_name, split_url, url_host, url_key
from service.papers import PaperFilter, read_period, read_repo_name
from service.queries.arguments import Arguments
from service.queries.methods import find_by_method, read_names

# Models of these keys, of several models with one key all, and of those that known aliases make of them; and of these
# slugs ("codet5-plus" is no key of CodeT5+).
MODELS_NAMED = (
    "SELECT model_id FROM model_aliases WHERE key = ANY(ARRAY(SELECT known_keys('model', {keys})))"
    " UNION SELECT id FROM models WHERE slug = ANY({slugs})"
)
# These models and everything below them.
MODELS_BELOW = "SELECT id FROM models WHERE lineage && ARRAY({models})"

# A hundred names; each word of theirs is looked for.
_MAX_AUTHOR_CHARACTERS = 4000

KNOWN_DATE = "coalesce(p.published_on, '-infinity'::date)"


# Labels are in lower case and no longer (search_labels in schema/migrations/0008_one_search_index.sql).
_MAX_LABEL_CHARACTERS = 500
_MAX_LABEL_WORDS = 8
# The decades that have a label; the first stands for all before it too, the last for all after it.
_FIRST_DECADE, _LAST_DECADE = 1890, 2100


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition, as SQL, and what the search index can say about it.

    labels: as search_fence takes them; a paper must have any of them. Empty: the index says nothing.
    rest: as SQL, what is still to be asked of a paper that has a label. Empty: nothing.
    """

    sql: str
    labels: tuple[str, ...]
    rest: str


def build_conditions(wanted: PaperFilter, arguments: Arguments) -> list[Condition]:
    """Conditions that must all hold. Raises BadRequest for a value that cannot be one of its kind."""
    conditions = []
    for name, build in _BUILDERS.items():
        value = getattr(wanted, name)
        if value not in ((), None):
            condition = build(value, arguments)
            conditions.append(condition if isinstance(condition, Condition) else Condition(condition, (), condition))
    if wanted.since or wanted.until:
        conditions.append(_period(wanted.since, wanted.until, arguments))
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
    keys, slugs = read_names(values, parameter, "A name as BERT or gpt-4.")
    return MODELS_NAMED.format(keys=arguments.add(keys, "text[]"), slugs=arguments.add(slugs, "text[]"))


# As arrays: of a subquery the planner does not know that it finds few, of an array it assumes so.
def _in_repos(condition: str) -> str:
    repos = f"ARRAY(SELECT id FROM repos WHERE {condition})"
    return f"p.id IN (SELECT paper_id FROM paper_repos WHERE repo_id = ANY({repos}))"


def _in_models(models: str) -> str:
    return f"p.id IN (SELECT paper_id FROM paper_models WHERE model_id = ANY(ARRAY({models})))"


def _repo(values: tuple[str, ...], arguments: Arguments) -> str:
    repos = [read_repo_name(value, "repo", code="invalid_parameter") for value in values]
    keys = arguments.add([repo.key for repo in repos], "text[]")
    return _in_repos(f"key = ANY(ARRAY(SELECT known_keys('repo', {keys})))")


def _owner(values: tuple[str, ...], arguments: Arguments) -> str:
    owners = [value.strip().rstrip("/").removeprefix("@") for value in values]
    for place, owner in enumerate(owners):
        parts = split_url(owner) if "/" in owner else None
        if parts is not None and is_repo_host(url_host(parts)):
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


def _author(values: tuple[str, ...], arguments: Arguments) -> Condition:
    if sum(map(len, values)) > _MAX_AUTHOR_CHARACTERS:
        raise BadRequest(
            "The names of authors are too long.",
            parameter="author",
            hint=f"At most {_MAX_AUTHOR_CHARACTERS:,} characters in all.",
        )
    names = arguments.add(values, "text[]")
    # The index finds papers with all the words among their authors. If a name has more than one, their places tell most
    # of those where they are not one author's, and the names the rest. With words to look for, search_plan gets them.
    rest = (
        f"((SELECT max(cardinality(author_words(name))) = 1 FROM unnest({names}) AS name)"
        f" OR (s.words @@ (SELECT author_near_query({names})) OR cardinality(p.authors) > 1000)"
        f" AND EXISTS (SELECT FROM unnest(p.authors) AS author, unnest({names}) AS name"
        " WHERE author_words(name) <> '{}' AND author_words(author) @> author_words(name)))"
    )
    return Condition(f"search_impacts(s.words, s.length) @@ (SELECT author_query({names})) AND {rest}", (), rest)


def _source(values: tuple[str, ...], arguments: Arguments) -> str:
    return f"p.id IN (SELECT paper_id FROM records WHERE source = ANY({arguments.add(values, 'text[]')}))"


def _category(values: tuple[str, ...], arguments: Arguments) -> Condition:
    sql = f"lower_all(p.categories) && lower_all({arguments.add(values, 'text[]')})"
    if any(len(value) > _MAX_LABEL_CHARACTERS for value in values):
        return Condition(sql, (), sql)
    return Condition(sql, tuple(f"category={value}" for value in values), "")


def _venue(values: tuple[str, ...], arguments: Arguments) -> Condition:
    conditions = []
    for value in values:
        venue = f"lower({arguments.add(value, 'text')})"
        # "ACL" finds "ACL 2024" too: from "acl " up to "acl!", the next character after a space.
        longer = f"lower(p.venue) ~>=~ ({venue} || ' ') AND lower(p.venue) ~<~ ({venue} || '!')"
        conditions.append(f"lower(p.venue) = {venue} OR ({longer})")
    sql = f"({' OR '.join(conditions)})"
    words = [value.split(" ") for value in values]
    # A venue that is too long for a label may begin with a short value.
    is_known = all(len(some) <= _MAX_LABEL_WORDS for some in words)
    if any(len(value) > _MAX_LABEL_CHARACTERS for value in values):
        return Condition(sql, (), sql)
    labels = tuple("venue=" + " ".join(some[:_MAX_LABEL_WORDS]) for some in words)
    return Condition(sql, labels, "" if is_known else sql)


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


def _year(values: tuple[int, ...], arguments: Arguments) -> Condition:
    years = arguments.add(values, "integer[]")
    low, high = arguments.add(min(values), "integer"), arguments.add(max(values), "integer")
    # The range is for the index, the list for the gaps in it.
    sql = (
        f"({KNOWN_DATE} BETWEEN make_date({low}, 1, 1) AND make_date({high}, 12, 31)"
        f" AND extract(year FROM p.published_on)::integer = ANY({years}))"
    )
    return Condition(sql, tuple(f"year={year}" for year in values), "")


def _has_repo(value: bool, arguments: Arguments) -> Condition:
    sql = f"{'' if value else 'NOT '}EXISTS (SELECT FROM paper_repos r WHERE r.paper_id = p.id)"
    return Condition(sql, ("repo=" if value else "!repo=",), "")


def _period(since: str | None, until: str | None, arguments: Arguments) -> Condition:
    first = read_period(since, "since")[0] if since else date.min
    last = read_period(until, "until")[1] if until else date.max
    # As text, since asyncpg takes the first date there is for -infinity.
    conditions = []
    if since:
        conditions.append(f"{KNOWN_DATE} >= {arguments.add(first.isoformat(), 'text::date')}")
    if until:
        conditions.append(
            f"({KNOWN_DATE} <= {arguments.add(last.isoformat(), 'text::date')} AND p.published_on IS NOT NULL)"
        )
    sql = " AND ".join(conditions)
    # Whole years, of which the decades at either end hold all.
    is_exact = (
        first == date.min or (_FIRST_DECADE + 10 <= first.year <= _LAST_DECADE and (first.month, first.day) == (1, 1))
    ) and (last == date.max or (_FIRST_DECADE + 10 <= last.year < _LAST_DECADE and (last.month, last.day) == (12, 31)))
    return Condition(sql, tuple(_label_years(first.year, last.year)), "" if is_exact else sql)


def _label_years(first: int, last: int) -> list[str]:
    """Labels that papers of these years, both included, have at least one of: as few as can be."""
    year = max(_FIRST_DECADE, min(first - first % 10 if first < _FIRST_DECADE + 10 else first, _LAST_DECADE))
    last = max(_FIRST_DECADE + 9, _LAST_DECADE + 9 if last >= _LAST_DECADE else last)
    labels = []
    while year <= last:
        if year % 10 == 0 and year + 9 <= last:
            labels.append(f"decade={year}")
            year += 10
        else:
            labels.append(f"year={year}")
            year += 1
    return labels


_BUILDERS: dict[str, Callable[[Any, Arguments], str | Condition]] = {
    "repo": _repo,
    "owner": _owner,
    "model": _model,
    "model_all": _model_all,
    "model_exact": _model_exact,
    "family": _family,
    "method": find_by_method,
    "author": _author,
    "source": _source,
    "category": _category,
    "venue": _venue,
    "link": _link,
    "arxiv": _external_id("arxiv"),
    "doi": _external_id("doi"),
    "year": _year,
    "has_repo": _has_repo,
}

"""Suggestions for a search box: models, papers and repositories by the beginning of their names.

One statement. What begins with the prefix comes first, then titles in which its words stand elsewhere, then what begins
with it but for one typo; the later ones are only looked for while the page is not full. Each part reads a bounded
piece of an index, so the time hardly depends on how many papers there are.
"""

from dataclasses import dataclass
from enum import StrEnum

from service.database import Database, Lane
from service.errors import BadRequest
from service.names import fold_title, model_key
from service.papers import check_limit, check_value
from service.queries.arguments import Arguments
from service.queries.beginnings import Names, render_typos
from service.queries.repos import split_prefix

DEFAULT_SUGGESTIONS = 10
# What shorter prefixes could be corrected to has little to do with them.
SHORTEST_CORRECTED = 3
# Where very many names begin so, this many of them are looked at, and this many of all that have the most papers.
_BEGUN_BOUND = 200
_POPULAR_BOUND = 500
# Of one correction.
_CORRECTED_BOUND = 20
# Of titles that have all words but the last one.
_WORDS_BOUND = 300
# A word is frequent where this many titles begin with it.
_RARE = 50


class SuggestionKind(StrEnum):
    """In the order in which they take turns."""

    MODEL = "model"
    PAPER = "paper"
    REPO = "repo"


class SuggestionMatch(StrEnum):
    """How a suggestion fits, best first: its name begins so, its title has the words, its name begins so but for a
    typo."""

    PREFIX = "prefix"
    WORDS = "words"
    TYPO = "typo"


@dataclass(frozen=True, slots=True)
class SuggestRequest:
    """What somebody has typed so far. kinds: all if empty. Raises BadRequest."""

    prefix: str
    limit: int = DEFAULT_SUGGESTIONS
    kinds: tuple[SuggestionKind, ...] = ()

    def __post_init__(self) -> None:
        check_limit(self.limit)
        check_value(self.prefix, "q")
        if not fold_title(self.prefix):
            raise BadRequest(
                "There is nothing in it to look for.", parameter="q", position=0, hint="A letter at least, or a sign."
            )


_TITLES = Names("paper", "papers", "title_sort", "papers", "id", "0", "title_sort", bytewise=True)
# Each model looked up by itself, as a hash of all models would be made for a few.
_MODEL_OF_ALIAS = "SELECT id, paper_count, slug FROM models WHERE id = model_id LIMIT 1"
_ALIASES = Names(
    "model", "model_aliases", "key", f"model_aliases CROSS JOIN LATERAL ({_MODEL_OF_ALIAS}) AS t",
    "t.id", "t.paper_count", "t.slug",
)  # fmt: skip
_REPO_NAMES = Names("repo", "repos", "lower(name)", "repos", "id", "paper_count", "key")
_REPO_PATHS = Names("repo", "repos", "lower(owner || '/' || name)", "repos", "id", "paper_count", "key")

# What is asked for. Behind a subquery the planner cannot see it, so one plan fits all prefixes and is soon kept: making
# it takes as long as running it.
_TITLE = "(SELECT title FROM asked)"
_ALIAS = "(SELECT alias FROM asked)"
_PATH = "(SELECT path FROM asked)"
_LIMIT = "(SELECT wanted FROM asked)"

# By the names of their common table expressions.
_NAMES = {
    SuggestionKind.MODEL: {"alias": (_ALIASES, _ALIAS)},
    SuggestionKind.PAPER: {"title": (_TITLES, _TITLE)},
    SuggestionKind.REPO: {"name": (_REPO_NAMES, _PATH), "path": (_REPO_PATHS, _PATH)},
}
# What must hold, besides that the page is not full, for typos to be looked for. Of a repository only in what was meant,
# as each index of names costs milliseconds.
_TYPO_CONDITIONS = {"name": f" AND strpos({_PATH}, '/') = 0", "path": f" AND strpos({_PATH}, '/') > 0"}

# Those with the most papers of all, where more names of the kind begin so than are looked at.
_POPULAR = {
    kind: f"""(
        SELECT '{kind}', id, false, paper_count, {name} COLLATE "C"
        FROM (
            SELECT * FROM {table} WHERE (SELECT count(*) FROM named WHERE kind = '{kind}') >= {_BEGUN_BOUND}
            ORDER BY paper_count DESC, {name} LIMIT {_POPULAR_BOUND}
        ) AS popular
        WHERE {begins}
    )"""
    for kind, table, name, begins in (
        (
            SuggestionKind.MODEL, "models", "slug",
            f"EXISTS (SELECT FROM model_aliases WHERE model_id = popular.id AND {_ALIASES.begin_with(_ALIAS)})",
        ),
        (
            SuggestionKind.REPO, "repos", "key",
            f"({_REPO_NAMES.begin_with(_PATH)}) OR ({_REPO_PATHS.begin_with(_PATH)})",
        ),
    )
}  # fmt: skip

# The words of the prefix, looked up in one part of all titles after the other (see title_vector). The last one only if
# few titles begin with it, as of a frequent beginning of a word an index reads a good part of itself; else it is looked
# for in some of the titles with the others.
_WORDS = f"""
    SELECT replace(query, '#', part)::tsquery AS query, has_last, last
    FROM (
        SELECT words, words[cardinality(words)] AS last
        FROM title_words({_TITLE}, '') AS words WHERE cardinality(words) > 0
    ) AS typed
    CROSS JOIN LATERAL (
        SELECT count(*) < {_RARE} FROM (SELECT FROM papers WHERE {_TITLES.begin_with("last")} LIMIT {_RARE}) AS begun
    ) AS counted (last_is_rare)
    CROSS JOIN LATERAL title_query(words, last_is_rare)
    CROSS JOIN unnest('{{0,1,2,3,4,5,6,7,8,9,a,b,c,d,e,f}}'::text[]) AS part
    WHERE (SELECT count(*) FROM begun) < {_LIMIT}"""
_WITH_WORDS = f"""
    SELECT 'paper' AS kind, id, false AS whole, 0 AS papers, title_sort AS name
    FROM (
        SELECT id, title_sort, has_last, last
        FROM words CROSS JOIN LATERAL (
            SELECT id, title_sort FROM papers
            WHERE title_vector(title_sort) @@ query AND NOT ({_TITLES.begin_with(_TITLE)}) LIMIT {_WORDS_BOUND}
        ) AS in_part
        LIMIT {_WORDS_BOUND}
    ) AS found
    WHERE has_last OR strpos(' ' || translate(title_sort, '-/([{{', '     '), ' ' || last) > 0
    LIMIT {_LIMIT}"""
_WITHOUT_PAPERS = "SELECT 'paper', 0::bigint, false, 0, '' LIMIT 0"

_NOT_FULL = f"(SELECT count(*) FROM begun) + (SELECT count(*) FROM with_words) < {_LIMIT}"

_SUGGEST = """
WITH RECURSIVE asked AS MATERIALIZED (
    SELECT {title} AS title, {alias} AS alias, {path} AS path, {limit} AS wanted
),
named AS MATERIALIZED ({named}),
begun AS MATERIALIZED (
    SELECT DISTINCT ON (kind, id) *
    FROM (SELECT * FROM named {popular}) AS found (kind, id, whole, papers, name)
    ORDER BY kind, id, whole DESC
),
words AS MATERIALIZED ({words}),
with_words AS MATERIALIZED ({with_words}),
{typos},
ranked AS (
    SELECT kind, id, match,
        row_number() OVER (PARTITION BY match, kind ORDER BY whole DESC, papers DESC, name, id) AS turn
    FROM (
        SELECT DISTINCT ON (kind, id) *
        FROM (
            SELECT 1, * FROM begun
            UNION ALL SELECT 2, * FROM with_words
            {corrected}
        ) AS found (match, kind, id, whole, papers, name)
        ORDER BY kind, id, match, whole DESC
    ) AS found
)
SELECT coalesce(json_agg(item ORDER BY match, turn, kind), '[]')::text
FROM (SELECT * FROM ranked ORDER BY match, turn, kind LIMIT (SELECT wanted FROM asked)) AS page
CROSS JOIN LATERAL (
    SELECT json_build_object('kind', kind, 'id', left(kind, 1) || '_' || lpad(to_hex(page.id), 16, '0'),
        'text', text, 'slug', slug, 'url', url, 'paper_count', paper_count,
        'match', CASE match WHEN 1 THEN 'prefix' WHEN 2 THEN 'words' ELSE 'typo' END)
    FROM (
        SELECT name, slug, NULL, paper_count FROM models WHERE kind = 'model' AND id = page.id
        UNION ALL SELECT title, NULL, url, NULL FROM papers WHERE kind = 'paper' AND id = page.id
        UNION ALL SELECT owner || '/' || name, NULL, url, paper_count FROM repos WHERE kind = 'repo' AND id = page.id
        LIMIT 1
    ) AS thing (text, slug, url, paper_count)
) AS written (item)
"""


async def suggest(db: Database, request: SuggestRequest) -> str:
    """JSON text: a list of suggestions, best first."""
    sql, values = render_suggest(request)
    found: str = await db.fetchval(Lane.SEARCH, sql, *values)
    return found


def render_suggest(request: SuggestRequest) -> tuple[str, list[object]]:
    """The one statement that answers a request, and its parameters."""
    arguments = Arguments()
    kinds = [kind for kind in SuggestionKind if kind in (request.kinds or SuggestionKind)]
    named, typos, corrected = [], [], []
    for kind in kinds:
        for alias, (names, text) in _NAMES[kind].items():
            # Of papers none has more papers than another, so those that sort first will do.
            named.append(names.render(text, _LIMIT if kind is SuggestionKind.PAPER else _BEGUN_BOUND))
            condition = _NOT_FULL + _TYPO_CONDITIONS.get(alias, "")
            typos.append(render_typos(names, alias, text, condition, SHORTEST_CORRECTED))
            rows = names.render("corrected", _CORRECTED_BOUND)
            corrected.append(f"UNION ALL SELECT 3, named.* FROM {alias}_corrected CROSS JOIN LATERAL {rows} AS named")
    sql = _SUGGEST.format(
        title=arguments.add(fold_title(request.prefix), "text"),
        # Nothing begins with null.
        alias=arguments.add(model_key(request.prefix) or None, "text"),
        path=arguments.add(split_prefix(request.prefix)[1] or None, "text"),
        limit=arguments.add(request.limit, "bigint"),
        named="\n    UNION ALL ".join(named),
        popular=" ".join(f"UNION ALL {_POPULAR[kind]}" for kind in kinds if kind in _POPULAR),
        words=_WORDS,
        with_words=_WITH_WORDS if SuggestionKind.PAPER in kinds else _WITHOUT_PAPERS,
        typos=",".join(typos),
        corrected="\n            ".join(corrected),
    )
    return sql, arguments.values

"""The query language: words, "phrases", -not, OR, title: and author:. Pure.

Any other colon, bracket or hyphen is text. The SQL function search_query turns the result into a tsquery.
"""

import json
import re
import unicodedata
from dataclasses import asdict, dataclass

from service.errors import BadRequest

MAX_CHARACTERS = 4000
MAX_WORDS = 500
# What PostgreSQL takes for words: of "a/b-c" three. Plain text has no more, but one sign may stand for a whole formula.
MAX_PARTS = MAX_CHARACTERS // 2

_TOKEN = re.compile(r'(?P<not>-)?(?P<field>(?:title|author):)?(?:"(?P<phrase>[^"]*)(?P<close>"?)|(?P<word>[^\s"]+))')


@dataclass(frozen=True, slots=True)
class Term:
    """A word or a phrase to find or to exclude, in title and abstract or in one field ("title", "author")."""

    text: str
    phrase: bool = False
    negated: bool = False
    field: str | None = None


# All clauses must hold; of a clause's terms any.
Clause = tuple[Term, ...]


def parse_words(text: str) -> tuple[Clause, ...]:
    """Parse a query: `"graph neural" -survey author:hinton bert OR roberta`.

    Raises BadRequest (invalid_query) with the position, in code points from 0.
    """
    if len(text) > MAX_CHARACTERS:
        raise _wrong(
            f"The query has {len(text):,} characters.",
            MAX_CHARACTERS,
            f"At most {MAX_CHARACTERS:,} characters are read.",
        )
    if len(text.split()) > MAX_WORDS:
        raise _wrong(f"The query has more than {MAX_WORDS} words.", 0, f"At most {MAX_WORDS} words are read.")
    if len(re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", text))) > MAX_PARTS:
        raise _wrong(
            f"The query's words have more than {MAX_PARTS:,} parts.",
            0,
            f"At most {MAX_WORDS} words are read; write out signs that stand for several.",
        )
    clauses: list[list[Term]] = []
    or_at: int | None = None
    for match in _TOKEN.finditer(text):
        if match[0] == "OR":
            if not clauses or or_at is not None:
                raise _wrong("OR needs a word on both sides.", match.start(), 'Write "or" in lower case for the word.')
            or_at = match.start()
            continue
        term = _read_term(match)
        if term is None:
            continue
        if or_at is not None:
            if term.negated or clauses[-1][-1].negated:
                raise _wrong(
                    "A word to exclude cannot be an alternative.", match.start(), "Exclude it by itself: a OR b -c."
                )
            clauses[-1].append(term)
        else:
            clauses.append([term])
        or_at = None
    if or_at is not None:
        raise _wrong("OR needs a word on both sides.", or_at, 'Write "or" in lower case for the word.')
    return tuple(tuple(clause) for clause in clauses)


def write_clauses(clauses: tuple[Clause, ...]) -> str:
    """The JSON that the SQL function search_query reads.

    Plain words that stand together stay together, so that "pre training" is read as one word there too.
    """
    joined: list[Clause] = []
    for clause in clauses:
        if joined and _is_plain(clause) and _is_plain(joined[-1]):
            joined[-1] = (Term(f"{joined[-1][0].text} {clause[0].text}"),)
        else:
            joined.append(clause)
    return json.dumps([[asdict(term) for term in clause] for clause in joined])


def _is_plain(clause: Clause) -> bool:
    return len(clause) == 1 and clause[0] == Term(clause[0].text)


def _read_term(match: re.Match[str]) -> Term | None:
    if match["phrase"] is not None and not match["close"]:
        raise _wrong(
            "This quotation mark is never closed.", match.start("phrase") - 1, 'Write "two words" or leave it out.'
        )
    words = match["phrase"] if match["phrase"] is not None else match["word"]
    if not re.search(r"\w", words):
        return None
    field = match["field"].rstrip(":") if match["field"] else None
    return Term(words, match["phrase"] is not None, match["not"] is not None, field)


def _wrong(detail: str, position: int, hint: str) -> BadRequest:
    return BadRequest(detail, code="invalid_query", parameter="q", position=position, hint=hint)

"""Whether a repository is the paper's own, by what the sentence around its address says. Pure.

"true": "our code", "code is available at", "we release …". "false": "based on", "built on", "we use the implementation
of". Else "unknown". Of several such words the one nearest before the address counts; an address that only "and" or a
comma parts from the one before shares its answer.
"""

import re
from collections.abc import Iterable, Sequence

from service.ingest.extract.official_cues import (
    ANCHOR,
    FOREIGN,
    LABEL,
    MAKING,
    MARKUP,
    OTHERS,
    OTHERS_AFTER,
    OWN,
    PLACED,
    RELEASED_AFTER,
    SECOND,
    SHARING,
    THING,
)
from service.ingest.extract.places import Place
from service.ingest.extract.sentences import find_sentence
from service.names import parse_repo

TRUE, FALSE, UNKNOWN = "true", "false", "unknown"


def judge_places(text: str, places: Sequence[Place]) -> list[str]:
    """Of each of these places, in the order of the text, "true", "false" or "unknown"."""
    answers: list[str] = []
    before: Place | None = None
    for number, place in enumerate(places):
        left, right = find_sentence(text, place.start, place.end)
        if before is not None and before.end > left:
            between = text[before.end : place.start]
            if SHARING.fullmatch(between) or SECOND.fullmatch(between):
                answers.append(answers[-1])
                before = place
                continue
            left = before.end
        if number + 1 < len(places):
            right = min(right, places[number + 1].start)
        answers.append(judge(text[left : place.start], text[place.end : right], place.url))
        before = place
    return answers


def judge(before: str, after: str, url: str) -> str:
    """The answer by what stands before and behind an address in its sentence."""
    if LABEL.search(before):
        return TRUE
    left = re.sub(r"\[([^\[\]]*)\]\($", r"\1", before.rstrip())
    left = re.sub(r"\s+", " ", MARKUP.sub(" ", left)).strip() + " "
    clause = left[left.rfind(";") + 1 :]
    if _last_end([*OWN, *PLACED], clause) >= 0:
        left = clause
    names = _names(url)
    foreign = FOREIGN.search(left)
    if foreign and not re.search(r"\bour\b", left[foreign.end() :], re.IGNORECASE):
        return FALSE
    own = _last_end(OWN, left)
    placed = _last_end(PLACED, left)
    making = next((m.end() for m in MAKING.finditer(left) if _leads_to(left[m.end() :], names, 12)), -1)
    other = max((end for end in _ends(OTHERS, left) if _means_repo(left[end:], names)), default=-1)
    if other > max(own, making) or OTHERS_AFTER.match(after):
        return FALSE
    if max(own, making, placed) >= 0 or ANCHOR.match(after) or RELEASED_AFTER.match(after):
        return TRUE
    return UNKNOWN


def combine(answers: Iterable[str]) -> str:
    """Of several places that name one repository: one that calls it the paper's own is enough, since a paper that is
    built on its own repository is its own too; else one that calls it another's."""
    found = set(answers)
    return TRUE if TRUE in found else FALSE if FALSE in found else UNKNOWN


def _ends(cues: Sequence[re.Pattern[str]], text: str) -> list[int]:
    return [match.end() for cue in cues for match in cue.finditer(text)]


def _last_end(cues: Sequence[re.Pattern[str]], text: str) -> int:
    return max(_ends(cues, text), default=-1)


def _names(url: str) -> set[str]:
    """The words a repository may be called by in a sentence: its name and owner, and the longer parts of its name."""
    repo = parse_repo(url)
    if repo is None:
        return set()
    parts = re.split(r"[-_.]", repo.name)
    return {_fold(repo.name), _fold(repo.owner), *(_fold(part) for part in parts if len(part) >= 4)}


def _fold(word: str) -> str:
    return re.sub(r"[\W_]", "", word).lower()


def _is_named(words: str, names: set[str]) -> bool:
    return any(_fold(word) in names for word in re.split(r"\s|/", words))


def _leads_to(rest: str, names: set[str], most: int) -> bool:
    """Whether hardly more than the repository's name stands before the address."""
    rest = rest.strip(" :;(,[")
    return (
        len(rest.split()) <= most
        and not re.search(r"[;:]", rest)
        and (_is_named(rest, names) or len(rest.split()) <= 8)
    )


def _means_repo(rest: str, names: set[str]) -> bool:
    """Whether what was said of another's work is said of this repository: directly before it, of something that is
    called so, or of somebody's code."""
    rest = rest.strip(" :(,[")
    if len(rest.split()) > 10 or re.search(r"[,;] (?:which|who|and we)\b", rest):
        return False
    return not rest or _is_named(rest, names) or THING.search(rest) is not None

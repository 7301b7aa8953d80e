"""The names a paper introduces, by how titles and abstracts do it, and what it calls them. Pure.

A name is that of a model only with words that call it one; a framework or an algorithm is a method, a data set or a
benchmark is neither.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from service.ingest.extract.descriptions import MODEL_NOUN, NO_DESCRIPTION, read_kind
from service.ingest.extract.generic import is_generic, is_joined

# A name: with an inner capital, a digit or a hyphenated capital, or capitalised and called a model.
# Bounded in length, so that no text makes the search slow.
_NAME = r"(?<![A-Za-z0-9])(?P<name>[A-Za-z][A-Za-z0-9]{0,30}(?:[-+.][A-Za-z0-9]{1,20}){0,5}\+{0,2})(?![A-Za-z0-9])"
_TITLE = re.compile(rf"\s*{_NAME}\s*(?::|\s--?\s|\s—\s)\s*(?P<rest>\S.*)")
_PRESENT = (
    r"(?:introduc(?:e|es|ing)|present(?:s|ing)?|propos(?:e|es|ing)|releas(?:e|es|ed|ing)|develop(?:s|ed)?|"
    r"train(?:ed)?|pre-?train(?:ed)?|design(?:ed)?|buil[dt]|creat(?:e|es|ed)|open-?sourc(?:e|es|ed)|describe|offer|publish(?:ed)?|"
    r"fine-?tun(?:e|ed)|obtain)"
)
# How what the patterns look for begins, in lower case, and the kind of cue that it is. The lexicon's automaton finds
# them in its one pass, as the patterns are slow to try everywhere.
CUES: dict[str, str] = {
    **dict.fromkeys(
        "introduc present propos releas develop train pretrain pre-train design built build creat open-sourc describe "
        "offer publish fine-tun finetun obtain".split(),
        "presenting",
    ),
    **dict.fromkeys(["our ", "this ", "the final ", "the resulting ", "the trained ", "the proposed "], "owning"),
    **dict.fromkeys(
        [f" {verb} {article} " for verb in ("is", "are") for article in ("a", "an", "our", "the")], "being"
    ),
    "call ": "calling",
    **dict.fromkeys(
        ["called ", "named ", "name ", "dub", "termed ", "term ", "coined ", "denote", "namely "], "naming"
    ),
}
# we introduce X, a … model
_INTRODUCED = re.compile(
    rf"\b{_PRESENT}\s+(?:the weights of\s+|\w+\s+)?{_NAME}(?:\s*\([^()]{{1,80}}\))?\s*(?:,|:|--?|—)\s*"
    r"(?:which is\s+)?(?P<description>(?:an?|the|our|the first|two|three|several)\s[^.;]{3,120})"
)
# X is a … model; the second is tried where " is a" begins
_BEING = re.compile(r" (?:is|are) (?P<description>(?:an?|our|the)\s[^.;]{3,120})")
_SUBJECT = re.compile(rf"{_NAME}(?:\s*\([^()]{{1,80}}\))?$")
# we present a … model(,) called X / (X)
_CALLED = re.compile(
    rf"\b{_PRESENT}\s+(?P<description>(?:an?|the|our|two|this)?\s?[^.;:]{{3,110}}?),?\s+"
    rf"(?:(?:which\s+)?(?:we\s+)?(?:is\s+)?(?:call(?:ed)?|named?|dubbed|dub|termed?|coined|denoted(?:\s+as)?|namely)"
    rf"\s+(?:as\s+)?)(?:the\s+)?[\"“'`]*{_NAME}"
)
# our (final, trained) model, X,
_OWN = re.compile(
    r"\b(?:[Oo]ur|[Tt]he (?:final|resulting|trained|proposed|final trained))\s+(?P<description>(?:[\w-]+\s+){0,4}?"
    rf"{MODEL_NOUN}),?\s+(?:(?:called|named|dubbed|termed)\s+)?{_NAME}(?=\s*[,.;:)]|\s+(?:is|are|was|can|has|achieves?|"
    r"outperforms?|significantly|obtains?|shows?|reaches|matches|surpasses|sets|performs)\b)"
)
# our (best performing) X model
_OWN_BEFORE = re.compile(
    r"\b(?:[Oo]ur|[Tt]his)\s+(?:(?!(?:to|the|on|of|in|with|for|and|by|from|using|over|an?)\s)[a-z-]+\s+){0,3}?[\"“{]*"
    rf"{_NAME}[\"”}}]*\s+(?P<description>{MODEL_NOUN})\b"
)
# we call this architecture a Pointer Net
_CALLING = re.compile(
    rf"\bcall\s+(?P<description>(?:this|the|our|the resulting)\s+(?:[\w-]+\s+){{0,3}}?{MODEL_NOUN}),?\s+"
    rf"[\"“'`]*{_NAME}"
)
# we present Prior-Data Fitted Networks (PFNs)
_EXPANDED = re.compile(
    rf"\b{_PRESENT}\s+(?:an?\s+|the\s+|our\s+|new\s+|novel\s+)*(?P<description>(?:[A-Z][\w-]*\s+(?:of\s+|for\s+|in\s+)?){{1,7}}?"
    rf"(?i:models?|networks?|transformers?|encoders?|autoencoders?))\s*\(\s*{_NAME}\s*\)"
    r"(?!\s(?:framework|method|approach|algorithm|module|pipeline|technique|strategy|dataset|benchmark|metric|loss)\b)"
)
_MODEL_AFTER = re.compile(r"\s+(?:language\s+|foundation\s+)?(?:models?|LLMs?|networks?)\b")
_WE_PRESENT = re.compile(rf"\b[Ww]e\s+(?:\w+\s+)?{_PRESENT}\s+(?:[\w-]+\s+){{0,6}}?\(?\Z")
_WORD_START = re.compile(r"(?<![\w-])")
_WORD_END = re.compile(r"\b")
_WORDS = frozenset(
    "it this that which there we our the a an these those here model models approach method results work paper goal "
    "code data both each one first second language neural deep large small novel new simple transformer using figure "
    "table section experiments based through with when while".split()
)


def find_introduced(title: str, abstract: str, cues: Mapping[str, Sequence[int]]) -> dict[str, str]:
    """Names that the paper presents as its own, without plural or size ("Arctic-SnowCoder"), each with its kind:
    "model", "method", "other" for what is called something else, "" for what only the title presents.

    cues: by kind (CUES), where in the abstract what the patterns look for may begin, ascending.
    """
    kinds: dict[str, str] = {}
    titled = _TITLE.match(title)
    subject = titled["name"] if titled and is_name(titled["name"], loose=True) else None
    if titled and subject:
        kind = "" if NO_DESCRIPTION.match(titled["rest"]) else read_kind(titled["rest"])
        called = kind not in ("other", "method") and _is_called_model(subject, abstract)
        kinds[_base(subject)] = "model" if called else kind
    for pattern, match in _find_presented(abstract, cues):
        loose = pattern is _OWN or match["name"] == subject
        # "our VLN model": an acronym may say what kind of model it is.
        if pattern is _OWN_BEFORE and match["name"].isupper() and match["name"] not in title:
            continue
        kind = read_kind(match["description"]) if is_name(match["name"], loose) else ""
        if kind:
            _add(kinds, match["name"], kind)
    for start in cues.get("being", ()):
        being = _BEING.match(abstract, start)
        named = _find_subject(abstract[max(0, start - 130) : start]) if being else None
        if (
            being
            and named
            and is_name(named["name"], named["name"] == subject)
            and _is_own(named["name"], title, abstract)
        ):
            _add(kinds, named["name"], read_kind(being["description"]))
    for match in _match_at(_EXPANDED, abstract, cues.get("presenting", ())):
        if is_name(match["name"]) and _abbreviates(match["name"], match["description"]):
            _add(kinds, match["name"], read_kind(match["description"]))
    return {name: "model" if kind == "architecture" else kind for name, kind in kinds.items()}


def _find_subject(before: str) -> re.Match[str] | None:
    """The name that a text ends with, or its last word before a bracket."""
    head = before[: before.rfind("(")].rstrip() if before.endswith(")") else before
    return _SUBJECT.match(before, head.rfind(" ") + 1)


def _add(kinds: dict[str, str], name: str, kind: str) -> None:
    """A paper that calls something a model anywhere has a model, unless its title calls it a benchmark or the like."""
    base = _base(name)
    order = ("", "architecture", "method", "model", "other")
    kinds[base] = max(kinds.get(base, ""), kind, key=order.index)


def _find_presented(
    abstract: str, cues: Mapping[str, Sequence[int]]
) -> Iterator[tuple[re.Pattern[str], re.Match[str]]]:
    """Where a pattern has a name and a description."""
    for kind, patterns in (
        ("presenting", (_INTRODUCED, _CALLED) if "naming" in cues or "calling" in cues else (_INTRODUCED,)),
        ("owning", (_OWN, _OWN_BEFORE)),
        ("calling", (_CALLING,)),
    ):
        starts = cues.get(kind, ())
        for pattern in patterns:
            for match in _match_at(pattern, abstract, starts):
                yield pattern, match


def _match_at(pattern: re.Pattern[str], text: str, starts: Sequence[int]) -> Iterator[re.Match[str]]:
    """As pattern.finditer, for a pattern that can only match at these places."""
    end = 0
    for start in starts:
        if start >= end and (match := pattern.match(text, start)):
            yield match
            end = match.end()


def is_name(text: str, loose: bool = False) -> bool:
    """Whether a word has the shape of a name. loose: a capital at its start is enough, in a title."""
    if text.lower() in _WORDS or len(text) < 2 or is_generic(text) or is_joined(text):
        return False
    if re.fullmatch(r"[A-Z][a-z]+(?:-[a-z]+)*", text):
        return loose
    return bool(re.search(r"[A-Z].*[A-Z]|[A-Za-z]\d|[a-z][A-Z]|-[A-Z0-9]", text))


def _is_called_model(name: str, abstract: str) -> bool:
    """Whether "the X model", "X models" stands in the abstract, for a name of the title."""
    return any(
        _WORD_START.match(abstract, start) and _MODEL_AFTER.match(abstract, start + len(name))
        for start in find_all(name, abstract)
    )


def _is_own(name: str, title: str, abstract: str) -> bool:
    """Whether the paper presents this name: in its title, or "we introduce X"."""
    if name in title.partition(":")[0]:
        return True
    return any(
        _WORD_END.match(abstract, start + len(name)) and _WE_PRESENT.search(abstract, 0, start)
        for start in find_all(name, abstract)
    )


def find_all(name: str, text: str) -> Iterator[int]:
    """Where a text has a name, also inside of words. (A regular expression made for each name costs more than both
    together: it has to be compiled.)"""
    start = text.find(name)
    while start >= 0:
        yield start
        start = text.find(name, start + 1)


def _abbreviates(name: str, words: str) -> bool:
    capitals = re.sub(r"[^A-Z]", "", name)
    initials = re.sub(
        r"[^A-Z]", "", "".join(w[:1].upper() + re.sub(r"[^A-Z]", "", w[1:]) for w in re.split(r"[\s-]", words))
    )
    return len(capitals) >= 2 and capitals[0] == initials[:1] and set(capitals) <= set(initials)


def _base(name: str) -> str:
    """Without the plural s of an acronym and without a size."""
    bare = re.sub(r"(?<=[A-Z])s$", "", name)
    return re.sub(r"(?<=[A-Za-z0-9])[-_](?:\d+(?:\.\d+)?[BMbm]|(?i:base|large|small|tiny|xl|xxl))$", "", bare)

"""The names a paper introduces, by how titles and abstracts do it, and what it calls them. Pure.

A name is that of a model only with words that call it one; a framework or an algorithm is a method, a data set or a
benchmark is neither.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

# A name: with an inner capital, a digit or a hyphenated capital, or capitalised and called a model.
# Bounded in length, so that no text makes the search slow.
_NAME = r"(?<![A-Za-z0-9])(?P<name>[A-Za-z][A-Za-z0-9]{0,30}(?:[-+.][A-Za-z0-9]{1,20}){0,5}\+{0,2})(?![A-Za-z0-9])"
_TITLE = re.compile(rf"\s*{_NAME}\s*(?::|\s--?\s|\s—\s)\s*(?P<rest>\S.*)")
_PRESENT = (
    r"(?:introduc(?:e|es|ing)|present(?:s|ing)?|propos(?:e|es|ing)|releas(?:e|es|ed|ing)|develop(?:s|ed)?|"
    r"train(?:ed)?|pre-?train(?:ed)?|design(?:ed)?|buil[dt]|creat(?:e|es|ed)|open-?sourc(?:e|es|ed)|describe|offer|publish(?:ed)?|"
    r"fine-?tun(?:e|ed)|obtain)"
)
_MODEL_NOUN = (
    r"(?:models?|LLMs?|MLLMs?|VLMs?|LMs?|SLMs?|transformers?|encoders?|encoder-decoder|decoders?|networks?|backbones?|"
    r"architectures?|auto-?encoders?|chatbots?|learners?|embeddings?|tokenizer-free model)"
)
# How what the patterns look for begins, in lower case, and the kind of cue that it is. The lexicon's automaton finds
# them in its one pass, as the patterns are slow to try everywhere.
CUES: dict[str, str] = {
    **dict.fromkeys(
        "introduc present propos releas develop train pretrain pre-train design built build creat open-sourc describe offer "
        "publish fine-tun finetun obtain".split(),
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
    rf"{_MODEL_NOUN}),?\s+(?:(?:called|named|dubbed|termed)\s+)?{_NAME}(?=\s*[,.;:)]|\s+(?:is|are|was|can|has|achieves?|"
    r"outperforms?|significantly|obtains?|shows?|reaches|matches|surpasses|sets|performs)\b)"
)
# our (best performing) X model
_OWN_BEFORE = re.compile(
    r"\b(?:[Oo]ur|[Tt]his)\s+(?:(?!(?:to|the|on|of|in|with|for|and|by|from|using|over|an?)\s)[a-z-]+\s+){0,3}?[\"“{]*"
    rf"{_NAME}[\"”}}]*\s+(?P<description>{_MODEL_NOUN})\b"
)
# we call this architecture a Pointer Net
_CALLING = re.compile(
    rf"\bcall\s+(?P<description>(?:this|the|our|the resulting)\s+(?:[\w-]+\s+){{0,3}}?{_MODEL_NOUN}),?\s+"
    rf"[\"“'`]*{_NAME}"
)
# we present Prior-Data Fitted Networks (PFNs)
_EXPANDED = re.compile(
    rf"\b{_PRESENT}\s+(?:an?\s+|the\s+|our\s+|new\s+|novel\s+)*(?P<description>(?:[A-Z][\w-]*\s+(?:of\s+|for\s+|in\s+)?){{1,7}}?"
    rf"(?i:models?|networks?|transformers?|encoders?|autoencoders?))\s*\(\s*{_NAME}\s*\)"
)
# Where the head of a noun phrase ends: what follows says what it is for.
_HEAD_END = re.compile(
    r"\s(?:for|of|in|on|to|from|via|by|at|through|that|which|with|who|whose|is|are|can|using|based|(?:pre-?)?trained\s(?:on|with|for|using|from|via|by|to|end)|"
    r"designed|built|capable|optimized|consisting|composed|where|without|under|across|as|specifically|tailored|"
    r"developed|and\s+(?:a|an|the|training)|obtained|fine-tuned|finetuned|comprising|leveraging|combining|containing|able|"
    r"it|we|over|between|supporting|featuring|specialized|against|towards?|into|inspired|than|achieving)\b|[:;]|\s--?\s"
    # A comma between adjectives goes on with the phrase.
    r"|,\s(?:an?|the|which|that|and|our|we|where|with|each|it|its|\w+ing|\w+ed|as|i\.e|e\.g|for|in|both|whose|not|but)\b"
)
_IS_MODEL = re.compile(rf"(?<![\w-]){_MODEL_NOUN}\s*$", re.IGNORECASE)
# "Improving Your Vision-language Model", "How Models …": a title that tells what is done with models.
_NO_DESCRIPTION = re.compile(
    r"(?:[A-Z]\w+ing|[A-Z]\w+ly|Towards?|How|Can|Do|Does|Is|Are|What|When|Why|Learn|Train|Rethink|"
    r"Scale|Build|Make|Better|Your|Efficiently|Let|Teach|Use|Adapt|Revisit|On|From|In|Improved|Enhanced)\s"
)
_METHOD = re.compile(
    r"\b(?:framework|method|approach|pipeline|technique|algorithm|strategy|paradigm|system|module|loss|objective|scheme|"
    r"procedure|mechanism|adapters?|recipe|agents?|optimi[sz]er|policy|protocol|solution|attack|defen[sc]e|methodology|"
    r"attention|layer|block|plug-?in|sampler|decoding|training|tuning|learning|optimization|distillation|compression|"
    r"alignment|quantization|pruning|augmentation|estimator|generation|reasoning|workflow)s?\s*$",
    re.IGNORECASE,
)
_OTHER = re.compile(
    r"\b(?:benchmark|dataset|data\s?set|corpus|corpora|toolkit|library|libraries|suite|metric|platform|tool|task|survey|"
    r"collection|challenge|competition|database|leaderboard|testbed|simulator|environment|software|package|evaluation|"
    r"repository|language|test|score|study|review|resource|treebank|lexicon|ontology|knowledge graph|survey|app|service|"
    r"simulation|programming language|interface)s?\s*$",
    re.IGNORECASE,
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
        kind = "" if _NO_DESCRIPTION.match(titled["rest"]) else _read_kind(titled["rest"])
        kinds[_base(subject)] = "model" if _is_called_model(subject, abstract) else kind
    for pattern, match in _find_presented(abstract, cues):
        loose = pattern is _OWN or match["name"] == subject
        kind = _read_kind(match["description"]) if is_name(match["name"], loose) else ""
        if kind:
            _add(kinds, match["name"], kind)
    for start in cues.get("being", ()):
        being = _BEING.match(abstract, start)
        named = _SUBJECT.search(abstract[max(0, start - 130) : start]) if being else None
        if (
            being
            and named
            and is_name(named["name"], named["name"] == subject)
            and _is_own(named["name"], title, abstract)
        ):
            _add(kinds, named["name"], _read_kind(being["description"]))
    for match in _match_at(_EXPANDED, abstract, cues.get("presenting", ())):
        if is_name(match["name"]) and _abbreviates(match["name"], match["description"]):
            _add(kinds, match["name"], "model")
    return kinds


def _add(kinds: dict[str, str], name: str, kind: str) -> None:
    """A paper that calls something a model anywhere has a model, one that calls it a data set has none."""
    base = _base(name)
    order = ("", "method", "other", "model")
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
    if text.lower() in _WORDS or len(text) < 2 or re.search(r"-[a-z]{3,}(?:ed|ing)$|-(?:based|like|style)$", text):
        return False
    if re.fullmatch(r"[A-Z][a-z]+(?:-[a-z]+)*", text):
        return loose and len(text) >= 2
    if re.fullmatch(
        r"(?:LLM|MLLM|VLM|LM|CNN|RNN|LSTM|GNN|GAN|VAE|MLP|PLM|PTM|SSM|SOTA|NLP|DNN|LVLM|VLA|MoE|GCN|ViT|AI)s?", text
    ):
        return False
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


def _read_kind(phrase: str) -> str:
    """What the head of a noun phrase calls it: "model", "method", "other", "" for none of these words."""
    phrase = re.sub(r"\s*\([^()]*\)?", "", phrase)
    head = phrase[: end.start()] if (end := _HEAD_END.search(phrase)) else phrase.rstrip(" .,!?")
    if _METHOD.search(head):
        return "method"
    if _OTHER.search(head):
        return "other"
    return "model" if _IS_MODEL.search(head) else ""


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

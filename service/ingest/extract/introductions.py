"""The names of models a paper introduces, by how titles and abstracts do it. Pure.

A name counts only with words that call it a model; a method, a data set or a benchmark is not one.
"""

import re
from collections.abc import Iterator

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
# Where such a word begins: looked for once, as the patterns that begin with it are slow to try everywhere.
_PRESENTING = re.compile(rf"\b(?={_PRESENT}\s)")
# we introduce X, a … model
_INTRODUCED = re.compile(
    rf"\b{_PRESENT}\s+(?:the weights of\s+|\w+\s+)?{_NAME}(?:\s*\([^()]{{1,80}}\))?\s*(?:,|:|--?|—)\s*"
    r"(?:which is\s+)?(?P<description>(?:an?|the|our|the first|two|three|several)\s[^.;]{3,120})"
)
# X is a … model
_IS = re.compile(r"\s(?:is|are)\s+(?:an?|our|the)\s")
_BEING = re.compile(
    rf"(?<![\w-]){_NAME}(?:\s*\([^()]{{1,80}}\))?\s+(?:is|are)\s+(?P<description>(?:an?|our|the)\s[^.;]{{3,120}})"
)
# we present a … model(,) called X / (X)
_CALLED = re.compile(
    rf"\b{_PRESENT}\s+(?P<description>(?:an?|the|our|two|this)?\s?[^.;:]{{3,110}}?),?\s+"
    rf"(?:(?:which\s+)?(?:we\s+)?(?:is\s+)?(?:call(?:ed)?|named?|dubbed|dub|termed?|coined|denoted(?:\s+as)?|namely)"
    rf"\s+(?:as\s+)?)(?:the\s+)?[\"“'`]*{_NAME}"
)
# Where the next two begin, or nearly: they look for themselves at what stands before.
_OWNING = re.compile(r"[OoTt](?:ur|his|he (?:final|resulting|trained|proposed))\s")
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
_NOT_MODELS = re.compile(
    r"\b(?:framework|method|approach|benchmark|dataset|data\s?set|corpus|pipeline|toolkit|library|suite|technique|algorithm|"
    r"strategy|paradigm|metric|platform|tool|task|system|survey|module|loss|objective|scheme|procedure|mechanism|adapters?)\s*$",
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


def find_introduced(title: str, abstract: str) -> list[str]:
    """Names of models that the paper presents as its own, each once, without plural or size ("Arctic-SnowCoder")."""
    names: dict[str, None] = {}
    titled = _TITLE.match(title)
    if titled and _is_name(titled["name"], loose=True):
        name = titled["name"]
        rest = titled["rest"]
        if (not _NO_DESCRIPTION.match(rest) and _describes_model(rest)) or _is_called_model(name, abstract):
            names[_base(name)] = None
    subject = titled["name"] if titled else None
    presenting = [match.start() for match in _PRESENTING.finditer(abstract)]
    for pattern, match in _find_presented(abstract, presenting):
        loose = pattern is _OWN or match["name"] == subject
        if _is_name(match["name"], loose) and _describes_model(match["description"]):
            if pattern is _BEING and not _is_own(match["name"], title, abstract):
                continue
            names[_base(match["name"])] = None
    for match in _match_at(_EXPANDED, abstract, presenting):
        if _is_name(match["name"]) and _abbreviates(match["name"], match["description"]):
            names[_base(match["name"])] = None
    return list(names)


def _find_presented(abstract: str, presenting: list[int]) -> Iterator[tuple[re.Pattern[str], re.Match[str]]]:
    """Where a pattern has a name and a description. presenting: where _PRESENTING matches."""
    owning = [match.start() for match in _OWNING.finditer(abstract)]
    searches = (
        (_INTRODUCED, _match_at(_INTRODUCED, abstract, presenting)),
        (_BEING, _BEING.finditer(abstract) if _IS.search(abstract) else ()),
        (_CALLED, _match_at(_CALLED, abstract, presenting)),
        (_OWN, _match_at(_OWN, abstract, owning)),
        (_OWN_BEFORE, _match_at(_OWN_BEFORE, abstract, owning)),
        (_CALLING, _CALLING.finditer(abstract) if "call" in abstract else ()),
    )
    for pattern, matches in searches:
        for match in matches:
            yield pattern, match


def _match_at(pattern: re.Pattern[str], text: str, starts: list[int]) -> Iterator[re.Match[str]]:
    """As pattern.finditer, for a pattern that can only match at these places."""
    end = 0
    for start in starts:
        if start >= end and (match := pattern.match(text, start)):
            yield match
            end = match.end()


def _is_name(text: str, loose: bool = False) -> bool:
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


def _describes_model(phrase: str) -> bool:
    phrase = re.sub(r"\s*\([^()]*\)?", "", phrase)
    head = phrase[: end.start()] if (end := _HEAD_END.search(phrase)) else phrase.rstrip(" .,!?")
    return bool(_IS_MODEL.search(head)) and not _NOT_MODELS.search(head)


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

"""Where a text has names of the lexicon, with all that belongs to them, and which of them mean a model there. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from service.ingest.extract.extraction import Model
from service.ingest.extract.grammar import compose, describe, read_suffix
from service.ingest.extract.introductions import find_all
from service.ingest.extract.lexicon import Entry, Lexicon
from service.names import model_key

# Names come again and again.
_key = lru_cache(maxsize=50_000)(model_key)

# Capitalised words that may follow a name behind a hyphen without making it another name.
_TITLE_WORDS = re.compile(
    r"(?:\w+(?:ed|ing)|Based|Style|Styled|Like|Level|Type|Family|Driven|Only|Free|Specific|Scale|Large|Size|Sized)"
    r"(?![A-Za-z0-9])"
)
_PLAIN = re.compile(r"[A-Z]?[a-z]+(?:-[A-Z]?[a-z]+)*")
_PREFIXES = frozenset(
    "non post vanilla standard original tuned trained based large small english the vs and or".split()
)
_MODEL_NOUN = (
    r"(?:models?|LLMs?|VLMs?|MLLMs?|LMs?|PLMs?|PTMs?|backbones?|encoders?|decoders?|checkpoints?|famil(?:y|ies)|series|"
    r"architectures?|networks?|transformers?|weights|chatbots?|variants?|embeddings|tokenizer|parameters)"
)
_CUE_AFTER = re.compile(
    rf"(?:'s)?[ -](?:(?:based|pre-?trained|language|vision|base|foundation|visual|text|image|code|large|small|open|"
    rf"instruct|chat|generative|diffusion|family|state[ -]space|detection)[ -])*{_MODEL_NOUN}(?![\w-])"
)
_CUE_BEFORE = re.compile(
    # "models such as X", "models (X", "the model X", but not "a class of models X", which is a variable.
    r"(?:(?:models?|LLMs?|VLMs?|MLLMs?|LMs?|backbones?|encoders?|transformers?|chatbots?|architectures?|assistants?|"
    r"checkpoints?|PLMs?|detectors?|baselines?)"
    r"(?:\s*[,:(]\s*(?:(?:such as|like|including|e\.g\.,?|namely|i\.e\.,?)\s*,?\s+)?"
    r"|\s+(?:such as|like|including|called|named|include|are|namely)\s+)"
    r"|\b(?:model|LLM|VLM|MLLM|backbone|encoder|chatbot|assistant|detector)\s+"
    r"|(?:[Ff]ine-?tun(?:e|es|ed|ing)|[Pp]re-?trained|[Pp]rompt(?:ing)?|frozen|vanilla)\s+(?:the\s+|an?\s+)?)$"
)
_ENUMERATED = re.compile(r"\s*(?:,\s*(?:and\s+|or\s+)?|\s(?:and|or|vs\.?|versus)\s+|/|;\s*|\+)\s*(?:the\s+)?")
_LANGUAGES = (
    "Arabic Bengali Brazilian Bulgarian Catalan Chinese Croatian Czech Danish Dutch Estonian Finnish French "
    "German Greek Hebrew Hindi Hungarian Icelandic Indonesian Italian Japanese Korean Latvian Lithuanian Norwegian "
    "Persian Polish Portuguese Romanian Russian Serbian Slovak Slovenian Spanish Swedish Thai Turkish Ukrainian Urdu "
    "Vietnamese"
)
_LANGUAGE_BEFORE = re.compile(rf"(?<![\w-])(?P<language>{'|'.join(_LANGUAGES.split())})[ -]$")


@dataclass(frozen=True, slots=True)
class Hit:
    """A name in a text, with all that belongs to it. sure: no context is needed to take it for a model."""

    start: int
    end: int
    entry: Entry
    model: Model
    sure: bool


def find_known(text: str, lexicon: Lexicon, cues: dict[str, list[int]]) -> Iterator[Hit]:
    """Every name of the lexicon. cues: takes up where cues stand, by their kind."""
    if lexicon.automaton is None:
        return
    lowered = text.lower()
    if len(lowered) != len(text):
        lowered = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    for number, start, end in lexicon.automaton.find_matches_as_indexes(lowered, overlapping=True):
        pairs, cue = lexicon.spelled[number]
        if cue and (start == 0 or cue == "being" or not text[start - 1].isalnum()):
            cues.setdefault(cue, []).append(start)
        if not pairs:
            continue
        inside = start > 0 and text[start - 1].isalnum()
        if inside:
            if hit := _read_compound(text, start, end, pairs, lexicon):
                yield hit
            continue
        for entry, spelling in pairs:
            if (
                _is_spelled(text[start:end], spelling, entry.source != "own") or _is_checkpoint(text, start, end, entry)
            ) and (hit := _read_hit(text, start, end, entry, lexicon)):
                yield hit
                break


def _is_spelled(surface: str, spelling: str, public: bool) -> bool:
    """Whether a surface equal but for case is the name: "sam", "Clip" and "opt" are words. public: the name is from the
    lists, which nobody looked through for those that are words in another case ("DetectoRS")."""
    if surface == spelling:
        return True
    if public and (surface.isupper() or _PLAIN.fullmatch(surface)):
        return False
    if re.search(r"\d", spelling) and re.search(r"[A-Za-z]{2}", spelling) and len(spelling) >= 4:
        return True
    if re.search(r"[ -]", spelling) and len(spelling) >= 6:
        return any(c.isupper() for c in surface) or "-" in surface
    capitals = sum(c.isupper() for c in spelling)
    if len(spelling) >= 6 and capitals >= 2 and any(c.isupper() for c in surface):
        # "Hubert" is a person.
        return len(spelling) >= 8 or not re.fullmatch(r"[A-Z][a-z]+", surface)
    return surface.isupper() and len(spelling) >= 5 and spelling[:1].isupper()


def _is_checkpoint(text: str, start: int, end: int, entry: Entry) -> bool:
    """Whether a lower-case name is one by what follows: "bert-base-uncased", "llama2"."""
    return (
        end - start >= 3
        and text[start:end].islower()
        and "context" not in entry.flags
        and text[end : end + 1] != " "
        and bool(read_suffix(text, end, entry))
    )


def _read_hit(text: str, start: int, end: int, entry: Entry, lexicon: Lexicon) -> Hit | None:
    # "T50" is no version of T5.
    if not _starts_name(text, start) or re.match(r"\d\d", text[end - 1 : end + 1]):
        return None
    suffix = read_suffix(text, end, entry)
    for candidate in (suffix, None):
        stop = candidate.end if candidate else end
        if candidate is not None and not candidate:
            continue
        ending = _end_name(text, stop)
        if ending is None:
            continue
        model = compose(entry, candidate, lexicon) if candidate else describe(entry, lexicon)
        sure = "context" not in entry.flags or bool(candidate) or " " in text[start:end]
        language = _LANGUAGE_BEFORE.search(text, max(0, start - 14), start) if "suffix" in entry.flags else None
        if language and model.parent is None:
            model = Model(f"{language['language']} {entry.name}", entry.family)
            start = language.start()
        return Hit(start, ending, entry, model, sure)
    return None


def _starts_name(text: str, start: int) -> bool:
    if start == 0:
        return True
    before = text[start - 1]
    if before.isalnum() or before in "\\@#&":
        return False
    if before in "-_":
        prefix = re.search(r"[A-Za-z0-9]+$", text[max(0, start - 20) : start - 1])
        return prefix is None or prefix[0].lower() in _PREFIXES
    return not (before == "." and start > 1 and text[start - 2].isalnum())


def _end_name(text: str, end: int) -> int | None:
    """Where a name that reaches `end` really ends (a plural s belongs to it), None where it goes on as another."""
    rest = text[end : end + 24]
    # "Hawkes" is no plural of Hawk.
    if plural := re.match(r"e?s(?![A-Za-z0-9_])" if text[end - 1 : end] in "sxz" else r"s(?![A-Za-z0-9_])", rest):
        end += plural.end()
        rest = rest[plural.end() :]
    if re.match(r"[A-Za-z0-9]", rest) or re.match(r"\.[a-z0-9]|\+(?!\w)(?! )|\^\w", rest):
        return None
    if re.match(r"[-_][A-Za-z0-9]", rest):
        following = rest[1:]
        if re.match(r"[a-z]{2,}(?![A-Z0-9])", following) or _TITLE_WORDS.match(following):
            return end
        return None
    return end


def _read_compound(
    text: str, start: int, end: int, pairs: tuple[tuple[Entry, str], ...], lexicon: Lexicon
) -> Hit | None:
    """A name that ends in a known one: GottBERT, CodeT5 would be one."""
    for entry, spelling in pairs:
        if "suffix" not in entry.flags or text[start:end] != spelling or entry.name in ("GPT", "LLaVA"):
            continue
        head = re.search(r"[A-Za-z][A-Za-z0-9]*$", text[max(0, start - 24) : start])
        if head is None or not (head[0][0].isupper() or len(head[0]) == 1):
            return None
        begin = start - len(head[0])
        name = text[begin:end]
        if _key(name) in lexicon.by_key or not _starts_name(text, begin):
            return None
        compound = Entry(name, entry.family)
        return _read_hit(text, begin, end, compound, lexicon)
    return None


def find_entry(text: str, entry: Entry, lexicon: Lexicon) -> Iterator[Hit]:
    """Every place of one name, in the spelling of the entry."""
    for start in find_all(entry.name, text):
        # What else may stand before it, _read_hit knows.
        if start and text[start - 1] == "_":
            continue
        hit = _read_hit(text, start, start + len(entry.name), entry, lexicon)
        if hit is not None:
            yield hit


def choose_hits(hits: Sequence[Hit], taken: Sequence[tuple[int, int]]) -> list[Hit]:
    """The longest of those that overlap, none inside an address."""
    chosen: list[Hit] = []
    free = [h for h in hits if not any(s < h.end and h.start < e for s, e in taken)]
    for hit in sorted(free, key=lambda h: (h.start, -h.end, -len(h.entry.name))):
        if not chosen or hit.start >= chosen[-1].end:
            chosen.append(hit)
    return chosen


def accept_hits(
    texts: Mapping[str, str], chosen: Mapping[str, Sequence[Hit]], introduced: set[str]
) -> dict[str, list[Hit]]:
    """The sure ones, and the ambiguous ones that the words around some mention of them make sure."""
    sure: set[str] = {hit.entry.name for hits in chosen.values() for hit in hits if hit.sure}
    for name, text in texts.items():
        hits = chosen[name]
        for hit in hits:
            if (
                _CUE_AFTER.match(text, hit.end)
                or _CUE_BEFORE.search(text, max(0, hit.start - 50), hit.start)
                or _key(hit.entry.name) in introduced
            ):
                sure.add(hit.entry.name)
    # "Humans and GPT-4": a listed name that is a word needs more than a neighbour.
    words = {h.entry.name for hits in chosen.values() for h in hits if h.entry.source != "own"}
    words = {name for name in words - sure if _PLAIN.fullmatch(name)}
    grown = True
    while grown:
        grown = False
        for name, text in texts.items():
            hits = chosen[name]
            for left, right in pairwise(hits):
                pair = {left.entry.name, right.entry.name}
                if (
                    pair - sure
                    and pair & sure
                    and not pair & words
                    and _ENUMERATED.fullmatch(text, left.end, right.start)
                ):
                    sure |= pair
                    grown = True
    return {name: [hit for hit in hits if hit.entry.name in sure] for name, hits in chosen.items()}

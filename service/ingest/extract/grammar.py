"""What may follow the name of a model: version, size, variant. "Llama" + "-3-70b-Chat", "BERT" + "_BASE". Pure."""

import re
from dataclasses import dataclass

from service.ingest.extract.extraction import Model
from service.ingest.extract.lexicon import Entry, Lexicon
from service.names import model_key, model_slug

# The end of a part of a name: nothing that goes on as a word, a decimal or a count.
_END = r"(?![A-Za-z0-9]|[.,]\d)"
# In LaTeX, BERT$_{\text{BASE}}$.
_JOINT = r"(?:[-_ ]|\s?\$?_\$?\{?(?:\\[a-z]+\s*\{)?|\$_\{?(?:\\[a-z]+\s*\{)?)"
_SIZE = re.compile(
    r"(?:[-_]|(?P<space> ))(?P<size>\d+(?:\.\d+)?(?:x\d+(?:\.\d+)?)?(?:[BM]|(?<=\d)[bm](?!p)))(?:-A\d+(?:\.\d+)?B)?"
    rf"{_END}(?!\s(?:tokens?|words?|images?|samples?|examples?|pairs?|sentences?|documents?)\b)",
)
_SIZE_WORD = re.compile(
    rf"(?P<joint>{_JOINT})(?P<size>tiny|mini|small|medium|base|large|huge|giant|gigantic|xs|xl|xxl|xlarge|xxlarge|nano)"
    rf"(?P<close>\}}*\$?){_END}",
    re.IGNORECASE,
)
# "SOBertBase", "BERTLarge"
_GLUED_SIZE = re.compile(r"(?P<size>Base|BASE|Large|LARGE|Small|Tiny|Mini|Medium|XL)(?![A-Za-z0-9])")
# "BERT large language models": the word belongs to what follows.
_NOT_A_SIZE = re.compile(
    r"-(?![vV]\d)\w|\s(?:language|scale|pre|data|dataset|corpus|set|number|amount|batch|margin|improvements?|gains?|vision|gap)\b"
)
_LETTER = re.compile(
    rf"[-/ _](?P<size>Ti|XXS|XS|XXL|XL|S|B|L|H|g|G|T|M)(?:[-/ ]?(?P<patch>\d{{1,2}}))?(?:@\d+(?:px)?)?{_END}(?!-\d)"
)
_DEPTH = re.compile(rf"(?P<joint>[- ]?)(?P<version>\d{{2,4}}){_END}")
_VERSION = re.compile(
    rf"(?P<joint>[-_ ]?)(?P<v>[vV])?[- ]?(?P<version>(?:[BS]|(?<=[- ])[MKR])?\d{{1,2}}(?:\.\d{{1,2}})?){_END}"
    r"(?!\s?(?:%|times\b|\\times|×|x\b|million|billion|parameters|layers|tokens|shots?\b|percent|points))"
)
# "YOLOv8n"
_GLUED_LETTER = re.compile(r"-?(?P<version>[vV]\d{1,2})(?P<size>[nsmlxtb])(?![\w-])")
_LATE_VERSION = re.compile(
    rf"[- ](?P<version>\d{{1,2}}(?:\.\d{{1,2}})?){_END}(?!\s?(?:%|times\b|×|x\b|million|billion|points))"
)
_TAIL = re.compile(r"-(?P<tail>(?!\w*(?:[Bb]ased|[Ll]ike|[Ss]tyle|[Ll]evel|ed|ing)\b)[A-Z][A-Za-z0-9]{0,20})(?![\w-])")
_VARIANT = re.compile(
    r"[-_](?P<variant>instruct|chat|turbo|it|uncased|cased|sft|dpo|rlhf|hf|multilingual|preview|pro|flash|lite|plus|max"
    r"|ultra|vision|audio|omni|vl|coder|code|math|distill(?:ed)?|opus|sonnet|haiku|mini|nano|thinking|reasoning"
    r"|inst|v\d+(?:\.\d+)*|\d{4}(?:-\d{2}-\d{2})?)(?![A-Za-z0-9]|-[a-z]+ed\b)",
    re.IGNORECASE,
)
_SPACED_VARIANT = re.compile(
    r" (?P<variant>Turbo|Instruct|Chat|Pro|Flash|Ultra|Opus|Sonnet|Haiku|Vision|Nano|Coder|Math|VL|mini|Mini)"
    r"(?![\w-]| (?:Transformer|Language|Encoder|Model))"
)
_UPPER = {"vl", "it", "sft", "dpo", "rlhf", "hf", "xl", "xxl", "xs"}
_LETTER_SIZES = {"Ti": "Tiny", "T": "Tiny", "S": "Small", "B": "Base", "L": "Large", "H": "Huge", "g": "Giant"} | {
    "G": "Giant",
    "M": "Medium",
}


@dataclass(frozen=True, slots=True)
class Suffix:
    """What follows a name: its version, then sizes and variants, in canonical spelling, and where they end."""

    end: int
    version: str = ""
    parts: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.version or self.parts)


def read_suffix(text: str, start: int, entry: Entry) -> Suffix:
    """The version, sizes and variants that stand in a text right behind a name of this entry."""
    position = start
    version = ""
    parts: list[str] = []
    while len(parts) < 5:
        end, kind, value = _read_part(text, position, entry, bool(version or parts))
        # "Claude Sonnet 4.5": the version of a variant.
        late = not kind and parts and not version and "numbered" in entry.flags and not parts[-1][0].isdigit()
        if late and (match := _LATE_VERSION.match(text, position)):
            end, kind, value = match.end(), "variant", match["version"]
        # "BART-large-CNN": what else hangs on a size or version makes another variant.
        if not kind and (version or parts) and (match := _TAIL.match(text, position)):
            end, kind, value = match.end(), "variant", match["tail"]
        if not kind:
            break
        if kind == "version":
            version = value
        else:
            parts.append(value)
        position = end
    return Suffix(position, version, tuple(parts))


def _read_part(text: str, position: int, entry: Entry, inside: bool) -> tuple[int, str, str]:
    if (match := _SIZE.match(text, position)) and not (match["space"] and match["size"].endswith("m")):
        return match.end(), "size", match["size"][:-1] + match["size"][-1].upper()
    if (match := _SIZE_WORD.match(text, position)) and not (
        match["joint"] == " " and _NOT_A_SIZE.match(text, match.end())
    ):
        return match.end() if _balanced(match[0]) else match.end("size"), "size", _spell(match["size"])
    if not inside and (match := _GLUED_SIZE.match(text, position)):
        return match.end(), "size", _spell(match["size"])
    if "letters" in entry.flags and (match := _LETTER.match(text, position)):
        if match["patch"]:
            return match.end(), "size", f"{match['size']}/{match['patch']}"
        return match.end(), "size", _LETTER_SIZES.get(match["size"], match["size"])
    if not inside and (match := _VERSION.match(text, position)):
        spaced = match["joint"] == " "
        if not spaced or match["v"] or "numbered" in entry.flags:
            return match.end(), "version", _spell_version(match, entry)
    if not inside and "letters" in entry.flags and (match := _GLUED_LETTER.match(text, position)):
        return match.end(), "version", match["version"].lower() + match["size"]
    if not inside and (match := _DEPTH.match(text, position)) and match["joint"] != " " and len(match["version"]) < 4:
        return match.end(), "version", "-" + match["version"]
    if match := _VARIANT.match(text, position):
        return match.end(), "variant", _spell(match["variant"])
    if (inside or "numbered" in entry.flags) and (match := _SPACED_VARIANT.match(text, position)):
        return match.end(), "variant", _spell(match["variant"])
    return position, "", ""


def _balanced(text: str) -> bool:
    return text.count("{") == text.count("}") and text.count("$") % 2 == 0


def _spell(part: str) -> str:
    if re.match(r"[vV]\d", part):
        return part.lower()
    return part.upper() if part.lower() in _UPPER else part[:1].upper() + part[1:].lower()


def _spell_version(match: re.Match[str], entry: Entry) -> str:
    number = match["version"]
    # "Swin V2" is Swinv2, but "Llama v2" is Llama-2.
    if match["v"] and "suffix" not in entry.flags:
        return "v" + number
    return number if "joined" in entry.flags else "-" + number


def compose(entry: Entry, suffix: Suffix, lexicon: Lexicon) -> Model:
    """The model that a name with its suffix is: Llama-3-70B-Chat below Llama-3 below Llama.

    A suffix that spells another entry of the lexicon (text-embedding + -3-Large) is that entry.
    """
    model = describe(entry, lexicon)
    if suffix.version:
        model = _step(model, model.name + suffix.version, lexicon)
    if not suffix.parts:
        return model
    if not suffix.version:
        for part in suffix.parts:
            if "/" in part:
                letter = part.split("/")[0]
                whole = _step(model, f"{model.name}-{_LETTER_SIZES.get(letter, letter)}", lexicon)
                model = Model(f"{model.name}-{part}", model.family, whole)
            else:
                model = _step(model, f"{model.name}-{part}", lexicon)
        return model
    return _step(model, "-".join([model.name, *suffix.parts]), lexicon)


def _step(parent: Model, name: str, lexicon: Lexicon) -> Model:
    known = lexicon.by_key.get(model_key(name))
    if known is not None and known.name != parent.name:
        return describe(known, lexicon)
    return Model(name, parent.family, parent)


def describe(entry: Entry, lexicon: Lexicon) -> Model:
    """An entry as a model, with the parents that its row gives."""
    parent = None
    if entry.parent is not None:
        parent = resolve(entry.parent, lexicon)
    return Model(entry.name, entry.family, parent)


def resolve(name: str, lexicon: Lexicon) -> Model:
    """A name as people write it: its canonical spelling, family and parents; unknown names keep their spelling.

    "meta-llama/Llama-2-7b-chat-hf" is read without its owner.
    """
    spelled = " ".join(name.split())
    owned = re.fullmatch(r"[\w.-]+/([\w.-]+)", spelled)
    if owned and not re.fullmatch(r"[A-Z]{1,3}\d*", owned[1]) and not owned[1].isdigit():
        spelled = owned[1] if not re.search(r"-(?:Ti|S|B|L|H|g|G|XL)$", spelled.split("/")[0]) else spelled
    known = lexicon.by_key.get(model_key(spelled))
    if known is not None:
        return describe(known, lexicon)
    for end in range(len(spelled) - 1, 0, -1):
        entry = (
            lexicon.by_key.get(model_key(spelled[:end]))
            if spelled[end - 1].isalnum() or spelled[end - 1] == "+"
            else None
        )
        if entry is not None:
            suffix = read_suffix(spelled, end, entry)
            if suffix and suffix.end == len(spelled):
                return compose(entry, suffix, lexicon)
    return resolve_unknown(spelled, lexicon)


def resolve_unknown(name: str, lexicon: Lexicon) -> Model:
    """A name the lexicon has not: the size at its end makes it a child of the rest."""
    match = re.fullmatch(r"(.*[A-Za-z0-9+])(?:[-_ ])(\d+(?:\.\d+)?[BMbm]|(?i:tiny|small|base|large|huge|xl|xxl))", name)
    family = find_family(match[1] if match else name, lexicon)
    if match:
        parent = Model(match[1], family)
        size = match[2].upper() if match[2][0].isdigit() else _spell(match[2])
        return Model(f"{match[1]}-{size}", family, parent)
    return Model(name, family)


def find_family(name: str, lexicon: Lexicon) -> str:
    """The family a name shows by how it ends ("GottBERT": bert), else one of its own."""
    for entry in lexicon.entries:
        if "suffix" in entry.flags and any(name.endswith(s) and len(name) > len(s) for s in entry.spellings):
            return entry.family
    return model_slug(name)

"""Makes public.tsv, the names of models that well-kept packages publish in their registries (registries.py), and
datasets.tsv, those of data sets and benchmarks (datasets.py).

The packages are read as source text, never imported, so what they need is not needed here:

    make lexicon

Of a checkpoint ("Qwen2.5-Coder-32B-Instruct-AWQ") both the name it is a size or variant of and, where the grammar
cannot read it as that, the checkpoint become rows; formats, dates and quantisation are dropped. Names that the lexicon
reads anyway, as a version or size of another, are left out: "llama3.1-405b" needs no row.

flags: a name without anything that sets it apart from a word (a digit, a hyphen with a capital, a second capital) gets
"context". A name that is published with a number glued to it ("Chroma1") gets "joined".
"""

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from service.ingest.extract import datasets, registries
from service.ingest.extract.generic import is_generic
from service.ingest.extract.grammar import resolve
from service.ingest.extract.lexicon import Entry, Lexicon, build_lexicon, load_own
from service.ingest.extract.registries import read_version
from service.names import model_key, model_slug

Readers = dict[str, tuple[str, Callable[[Path], Iterator[str]]]]
# How a checkpoint is stored or served, not which model it is.
_SERVED = re.compile(
    r"[-_ .]+(?:awq|gptq|gguf|mlx|int[48]|fp?8|fp16|bf16|fp4|\d?bit|[48]-?bits?|bnb(?:-4bit)?|nf4|mxfp[48]|nvfp4"
    r"|w\d+a\d+|hqq|dynamic|quantized|q4f16\w*|latest|exp|experimental|free|beta|alpha|maas|safetensors|diffusers"
    r"|pytorch|jax|onnx|ms|fast|hf|mtp|v\d+:\d+|\d{6,8}(?:-v\d)?|\d{4}-\d{2}-\d{2}|\d{2}-\d{2}|\d{2}-\d{4}|0\d{3}|2[45]\d{2}|\d+k)$",
    re.IGNORECASE,
)
# What says which of a model's sizes and variants it is.
_VARIANT = re.compile(
    r"[-_ ]+(?:\d+(?:\.\d+)?x\d+(?:\.\d+)?[bm]|[ae]?\d+(?:\.\d+)?[bm]|instruct|chat|base|it|pt|sft|dpo|rlhf|rl|preview"
    r"|thinking|reasoning|tiny|mini|small|medium|large|huge|giant|xl|xxl|nano|pro|flash|lite|turbo|max|ultra|plus|uncased"
    r"|cased|distill(?:ed)?|\d{3}|patch\d+|window\d+|128e|16e)$",
    re.IGNORECASE,
)
# What is none, or carries the name of who serves it.
_NO_MODEL = re.compile(
    r"(?i:^(?:tiny-random|test|ft:|quanti[sz]|neurips|databricks-|fw-|together|meta-text|accounts|\d|(?:ai21|us|eu)\.)"
    r"|random|dummy|example|amazon bedrock|[*+]\s|^v\d"
    r"|^(?:text|image|code|chat|embed|non|command|beam)\w*(?:[- ]v?\d[\d.]*)?$)",
)
_WORDS = re.compile(r"[a-z]+(?:-[a-z]+)*")


def clean_name(name: str) -> str:
    """A published name without what says how it is stored: "Qwen2_5-VL-7B-AWQ" is "Qwen2.5-VL-7B"."""
    spelled = re.sub(r"(?<=\d)[_p](?=\d)", ".", " ".join(name.split())).replace("_", "-").strip("-. ")
    # "claude-3-5-sonnet" writes a version.
    spelled = re.sub(r"(?<=[A-Za-z]-)(\d)-(\d{1,2})(?=-|$)|(?<=[a-z])(\d)-(\d)(?=-|$)", _join_version, spelled)
    return _strip(spelled, _SERVED)


def _join_version(match: re.Match[str]) -> str:
    return ".".join(filter(None, match.groups()))


def read_base(name: str) -> str:
    """What a name is a size or variant of: "Qwen2.5-VL" of "Qwen2.5-VL-7B-Instruct"."""
    return _strip(name, _VARIANT, _SERVED)


def _strip(name: str, *endings: re.Pattern[str]) -> str:
    stripped = True
    while stripped:
        stripped = False
        for ending in endings:
            if (match := ending.search(name)) and match.start() >= 2:
                name, stripped = name[: match.start()], True
    return name


def make_entries(names: Iterable[tuple[str, str]]) -> list[Entry]:
    """Entries of (name, source) pairs: without names that read as a version or a size of another."""
    own = load_own()
    known = {model_key(spelling): entry for entry in own for spelling in entry.spellings}
    spelled = spell_names(names)
    joined = {root for name, _ in spelled if (root := _read_root(name))}
    entries: list[Entry] = []
    # Short names first: "Qwen3Next" must not hide that "qwen3-next-80b" is a size of it.
    for name, source in sorted(spelled, key=lambda pair: (len(pair[0]), pair[0])):
        prefix = find_known_prefix(name, known)
        # Lower-case words cannot be told from words.
        if model_key(name) in known or is_generic(name) or (prefix is None and _WORDS.fullmatch(name)):
            continue
        flags = {"context"} if prefix is None and not stands_out(name) else set()
        flags |= {"joined"} if name in joined else set()
        spelling = spell_like(prefix, name) if prefix else name
        entries.append(Entry(spelling, read_family(name, prefix), flags=frozenset(flags), source=source))
    lexicon = build_lexicon(own, searchable=False)
    kept: list[Entry] = []
    for entry in entries:
        if model_key(entry.name) not in lexicon.by_key and not _is_read(entry.name, lexicon):
            read = resolve(entry.name, lexicon).parent
            kept.append(replace(entry, parent=read.name if read else find_parent(entry.name, lexicon)))
            lexicon.by_key[model_key(entry.name)] = kept[-1]
    return kept


def _is_read(name: str, lexicon: Lexicon) -> bool:
    """Whether the grammar reads a name as a size or version of another, whatever the case of its last part
    ("efficientnet-b7"), and, where that is a word, with spaces for hyphens too ("Llama 4 Maverick")."""
    head, hyphen, tail = name.rpartition("-")
    if not any(resolve(spelled, lexicon).parent for spelled in (name, head + hyphen + tail.upper())):
        return False
    worded = re.fullmatch(r"[A-Za-z]{4,}", tail) and not re.search(r"\d[bBmM]\b", name)
    return not worded or resolve(name.replace("-", " "), lexicon).parent is not None


def find_known_prefix(name: str, known: dict[str, Entry]) -> tuple[Entry, int] | None:
    """The longest known name that it starts with, as a whole part of it, and where that ends."""
    for end in range(len(name), 1, -1):
        if end < len(name) and (name[end].islower() or name[end - 1 : end + 1].isdigit()):
            continue
        entry = known.get(model_key(name[:end])) if name[end - 1].isalnum() else None
        if entry is not None and "excluded" not in entry.flags:
            return entry, end
    return None


def spell_like(prefix: tuple[Entry, int], name: str) -> str:
    """A lower-case name spelled as the known name it starts with: "claude-sonnet-4.5" is "Claude-Sonnet-4.5"."""
    entry, end = prefix
    if not name.islower() or entry.name.islower():
        return name
    parts = name[end:].split("-")
    return entry.name + "-".join(part[:1].upper() + part[1:] if len(part) > 2 else part for part in parts)


def find_parent(name: str, lexicon: Lexicon) -> str | None:
    """What the beginning of a name is, where that is itself a version, size or variant: DeepSeek-V3 of
    "DeepSeek-V3-Speciale". The name of a line alone is none: LLaVA-Med is a relative of LLaVA."""
    parts = re.split(r"(?=[- ])", name)
    for count in range(len(parts) - 1, 0, -1):
        model = resolve("".join(parts[:count]), lexicon)
        if model.parent is not None and find_known_prefix(model.name, lexicon.by_key):
            return model.name
    return None


def spell_names(names: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Each name and its base once, in the spelling with the most capitals and hyphens ("GPT-OSS", not "GptOss")."""
    spelled: dict[str, tuple[str, str]] = {}
    for given, source in names:
        name = clean_name(given)
        base = read_base(name)
        # A number at the end of a base is a version, which the grammar reads behind the root.
        for each in dict.fromkeys((name, base, _read_root(base) or base)):
            key = model_key(each)
            if len(key) < 3 or len(each) > 48 or _NO_MODEL.search(each) or (each != name and key.isdigit()):
                continue
            if key not in spelled or (each != each.upper() and _rate(each) > _rate(spelled[key][0])):
                spelled[key] = (each, source)
    return list(spelled.values())


def _rate(name: str) -> tuple[int, int]:
    return sum(character.isupper() for character in name), name.count("-")


def _read_root(name: str) -> str | None:
    match = re.fullmatch(r"([A-Z][A-Za-z]{2,}[A-Za-z])(?<![A-Za-z][vV])(?<![a-z][A-Z])-?\d{1,2}(?:\.\d{1,2})?", name)
    return match[1] if match else None


def read_family(name: str, prefix: tuple[Entry, int] | None) -> str:
    """The family of the known name it starts with, else the words before its first number."""
    if prefix is not None:
        return prefix[0].family
    words = re.match(r"[^\d]*[A-Za-z](?=[-_]?v?\d)", name)
    return model_slug(words[0] if words and len(words[0]) > 2 else name)


def stands_out(name: str) -> bool:
    """Whether a name can be told from words and from short acronyms by its shape."""
    plain = re.fullmatch(r"[A-Z]?[a-z]+(?:[- ][A-Z]?[a-z]+)*|[A-Z-]{1,5}|[A-Z]{2,}-[A-Z]?[a-z]+|[A-Za-z]{1,3}-\d", name)
    return plain is None and len(name) >= 4


def list_datasets(names: Iterable[tuple[str, str]], models: Iterable[Entry]) -> list[tuple[str, str]]:
    """Each (name, source) once, but for what is also the name of a model and for plain words of three letters."""
    taken = {model_key(spelling) for entry in models if "excluded" not in entry.flags for spelling in entry.spellings}
    listed: dict[str, tuple[str, str]] = {}
    for name, source in names:
        key = model_key(name)
        if len(key) > 3 and key not in taken and not key.startswith(("llama", "gpt", "bert")):
            listed.setdefault(key, (name, source))
    return sorted(listed.values(), key=lambda pair: pair[0].casefold())


def read_names(site: Path, readers: Readers) -> list[tuple[str, str]]:
    """What all readers find in the packages of a folder, with package and version as the source."""
    names: list[tuple[str, str]] = []
    for package, (distribution, reader) in readers.items():
        source = f"{package} {read_version(site, distribution)}"
        names += [(name, source) for name in reader(site / package)]
    return names


def main(site: Path, out: Path) -> None:
    """Write both tables. site: the folder the packages were installed into; out: the folder of the tables."""
    entries = make_entries(read_names(site, registries.READERS))
    known = list_datasets(read_names(site, datasets.READERS), [*load_own(), *entries])
    head = "# Generated by generate.py, which tells how and from what. Do not edit{}.\n"
    rows = [
        f"{e.name}\t{e.family}\t{e.parent or ''}\t{','.join(sorted(e.flags))}\t\t{e.source}\n"
        for e in sorted(entries, key=lambda e: (e.name.casefold(), e.name))
    ]
    columns = "name\tfamily\tparent\tflags\taliases\tsource\n"
    (out / "public.tsv").write_text(head.format(": own.tsv wins over it") + columns + "".join(rows), encoding="utf-8")
    lines = [f"{name}\t{source}\n" for name, source in known]
    (out / "datasets.tsv").write_text(head.format("") + "name\tsource\n" + "".join(lines), encoding="utf-8")
    sys.stdout.write(f"{len(rows)} models, {len(lines)} data sets\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

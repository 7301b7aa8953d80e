"""Makes public.tsv, the names of models that well-kept packages publish in their registries.

The packages are read as source text, never imported, so what they need is not needed here:

    uv pip install --no-deps --target names transformers timm open_clip_torch mteb
    python -m service.ingest.extract.generate names > service/ingest/extract/public.tsv

- transformers (Apache-2.0): its configurations (models/auto/auto_mappings.py), one a model, spelled as in "PyTorch
  Longformer model.", the first line of the model's module, where that is the same name.
- timm (Apache-2.0): what @register_model names, without the sizes and input resolutions behind the name.
- open_clip_torch (MIT): the names of its model_configs.
- mteb (Apache-2.0): the names of its ModelMeta, without the owner.

A name without anything that sets it apart from a word (a digit, a hyphen, a second capital) gets the flag "context".
Names that the lexicon reads anyway, as a version or size of another, are left out.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from service.ingest.extract.grammar import resolve
from service.ingest.extract.lexicon import Entry, build_lexicon, load_own
from service.names import model_key, model_slug

_PARTS = re.compile(
    r"_?(text|vision|audio|image|language|encoder|decoder|backbone|config|qformer|model|tokenizer|assistant|processor)$"
)
# Of a name registered in timm: "convnextv2" of "convnextv2_atto", "res2net" of "res2net50_26w_4s", "dla" of "dla102x".
_TIMM_BASE = re.compile(r"[a-z]+v\d|[a-z]+\d?[a-z]{3,}|[a-z]+")


def read_transformers(root: Path) -> Iterator[str]:
    """One name a model folder, with its configuration's spelling or the one its module's first line has."""
    tree = ast.parse((root / "models/auto/auto_mappings.py").read_text(encoding="utf-8"))
    for key, configuration in _read_pairs(tree, "CONFIG_MAPPING_NAMES"):
        folder = root / "models" / key.replace("-", "_")
        if _PARTS.search(key) or not folder.is_dir():
            continue
        name = configuration.removesuffix("Config")
        module = folder / f"modeling_{folder.name}.py"
        title = (
            re.search(r'^"""PyTorch (\S+) model', module.read_text("utf-8"), re.MULTILINE) if module.exists() else None
        )
        yield title[1] if title and model_key(title[1]) == model_key(name) else name


def _read_pairs(tree: ast.Module, variable: str) -> Iterator[tuple[str, str]]:
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == variable for t in node.targets):
            for pair in ast.walk(node.value):
                if isinstance(pair, ast.Tuple) and len(pair.elts) == 2:
                    key, value = (e.value if isinstance(e, ast.Constant) else None for e in pair.elts)
                    if isinstance(key, str) and isinstance(value, str):
                        yield key, value


def read_timm(root: Path) -> Iterator[str]:
    """The bases of the registered names, spelled as a class of the same module is where one has the name."""
    for module in sorted((root / "models").glob("*.py")):
        tree = ast.parse(module.read_text(encoding="utf-8"))
        classes = {model_key(node.name): node.name for node in tree.body if isinstance(node, ast.ClassDef)}
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and any(_is_registration(d) for d in node.decorator_list):
                base = _TIMM_BASE.match(node.name)
                if base and len(base[0]) > 3 and not node.name.startswith("test_"):
                    yield classes.get(model_key(base[0]), base[0])


def _is_registration(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Name) and decorator.id == "register_model"


def read_open_clip(root: Path) -> Iterator[str]:
    """The names of the model configurations."""
    for config in sorted((root / "model_configs").glob("*.json")):
        yield config.stem


def read_mteb(root: Path) -> Iterator[str]:
    """The names given to ModelMeta(name="owner/name"), but for those that are words ("vietnamese-bi-encoder")."""
    for module in sorted((root / "models/model_implementations").rglob("*.py")):
        for name in re.findall(r'\bname="[\w.-]+/([\w.-]+)"', module.read_text(encoding="utf-8")):
            if _stands_out(name):
                yield name


READERS = {
    "transformers": read_transformers,
    "timm": read_timm,
    "open_clip": read_open_clip,
    "mteb": read_mteb,
}


def read_version(site: Path, package: str) -> str:
    """The installed version of a package, from the folder of its metadata."""
    folder = next(site.glob(f"{package}*.dist-info"))
    return folder.name.removesuffix(".dist-info").split("-")[1]


def make_entries(names: list[tuple[str, str]]) -> list[Entry]:
    """Entries of (name, source) pairs: without names that read as a version or a size of another."""
    own = load_own()
    known = {model_key(spelling): entry for entry in own for spelling in entry.spellings}
    taken = set(known)
    entries: list[Entry] = []
    # Short names first: "Qwen3Next" must not hide that "qwen3-next-80b" is a size of it.
    for name, source in sorted(names, key=lambda pair: (len(pair[0]), pair[0])):
        key = model_key(name)
        if key in taken or len(key) < 3:
            continue
        taken.add(key)
        flags = frozenset() if _stands_out(name) else frozenset({"context"})
        entries.append(Entry(name, read_family(name, known), flags=flags, source=source))
    lexicon = build_lexicon(own, searchable=False)
    kept: list[Entry] = []
    for entry in entries:
        if resolve(entry.name, lexicon).parent is None:
            kept.append(entry)
            lexicon.by_key[model_key(entry.name)] = entry
    return kept


def read_family(name: str, own: dict[str, Entry]) -> str:
    """The family of the longest known name it starts with, else the words before its first number."""
    for end in range(len(name), 1, -1):
        entry = own.get(model_key(name[:end])) if end == len(name) or not name[end].islower() else None
        if entry is not None:
            return entry.family
    words = re.match(r"[^\d]*[A-Za-z](?=[-_]?v?\d)", name)
    return model_slug(words[0] if words and len(words[0]) > 2 else name)


def _stands_out(name: str) -> bool:
    plain = re.fullmatch(r"[A-Z]?[a-z]+(?:[-_][a-z]+)*|[A-Z]{1,4}", name)
    return plain is None and len(name) >= 4


def main(site: Path) -> None:
    """Write the table to standard output. `site`: the folder the packages were installed into."""
    names: list[tuple[str, str]] = []
    for package, reader in READERS.items():
        source = f"{package} {read_version(site, package)}"
        names += [(name, source) for name in reader(site / package)]
    entries = make_entries(names)
    out = sys.stdout
    out.write("# Generated by generate.py, which tells how and from what. Do not edit: own.tsv wins over it.\n")
    out.write("name\tfamily\tparent\tflags\taliases\tsource\n")
    for entry in sorted(entries, key=lambda e: (e.name.casefold(), e.name)):
        out.write(f"{entry.name}\t{entry.family}\t\t{','.join(sorted(entry.flags))}\t\t{entry.source}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

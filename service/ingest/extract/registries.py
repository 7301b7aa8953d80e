"""Reads the names of models that packages publish in their registries, from their source text.

One reader a package: the folder it was installed into -> names as spelled there. Nothing is imported. Used by
generate.py only, never while serving.
"""

import ast
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from service.names import model_key

_PARTS = re.compile(
    r"_?(text|vision|audio|image|language|encoder|decoder|backbone|config|qformer|model|tokenizer|assistant|processor)$"
)
# What the names of classes write as words: "RfDetrConfig" is RfDETR's.
_ACRONYM = re.compile(r"(?:Bert|Vit|Clip|Gpt|Detr|Llm|Moe|Ocr|Asr|Vl)(?![a-z])")
# Of a name registered in timm: "convnextv2" of "convnextv2_atto", "res2net" of "res2net50_26w_4s", "dla" of "dla102x".
_TIMM_BASE = re.compile(r"[a-z]+v\d|[a-z]+\d?[a-z]{3,}|[a-z]+")
# A name on a model hub, in quotes: "owner/name".
_HUB_NAME = re.compile(r"""["'][A-Za-z0-9][\w.-]+/([A-Za-z][\w.-]+)["']""")
# Of the OpenMMLab packages: what is a part of a model or a way to train one.
_PARTLY = re.compile(
    r"[Ll]oss\b|Norm|Attention|Anchor|Pyramid|Sampl|Standardization|Convolution|Assign|Training|Distill|Generalized|"
    r"Dataset|Optimi|Augment|Instaboost|Head\b|^Rethinking|FPN\b|PAFPN|\bRPN|LAD\b|LD\b|SABL|PISA|GHM|"
    r"OHEM|CARAFE|GRoIE|Ranking|^\w+ for "
)
# Classes that are no models by themselves.
_HELPER = re.compile(
    r"Model$|Base$|Layer|Predictor|Conv$|^(?:MLP|LR|Pop|Random|CF|SE|UM|CP|Item|Abstract|General|EdgeCNN|MetaLayer)|"
    r"Encoder$|Decoder$|Memory$|Jumping|MaskLabel|GroupAddRev|LabelPropagation|CorrectAndSmooth|^[a-z_]+$"
)


def read_transformers(root: Path) -> Iterator[str]:
    """One name a model folder, with its configuration's spelling or the one its module's first line has, and the
    checkpoints that configurations give as their example."""
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
        yield title[1] if title and model_key(title[1]) == model_key(name) else _ACRONYM.sub(_spell_acronym, name)
    for module in sorted((root / "models").glob("*/configuration_*.py")):
        yield from re.findall(r'checkpoint="[\w.-]+/([\w.-]+)"', module.read_text(encoding="utf-8"))


def _spell_acronym(match: re.Match[str]) -> str:
    return "ViT" if match[0] == "Vit" else "MoE" if match[0] == "Moe" else match[0].upper()


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
    """The names given to ModelMeta(name="owner/name")."""
    for module in sorted((root / "models/model_implementations").rglob("*.py")):
        yield from re.findall(r'\bname="[\w.-]+/([\w.-]+)"', module.read_text(encoding="utf-8"))


def read_diffusers(root: Path) -> Iterator[str]:
    """The checkpoints that the pipelines' examples load."""
    for module in sorted((root / "pipelines").rglob("*.py")):
        yield from re.findall(r'from_pretrained\(\s*"[\w.-]+/([\w.-]+)"', module.read_text(encoding="utf-8"))


def read_llamafactory(root: Path) -> Iterator[str]:
    """The names under which its constants list models for tuning ("DeepSeek-LLM-7B-Base")."""
    text = (root / "extras/constants.py").read_text(encoding="utf-8")
    yield from re.findall(r'^ {8}"([\w.-]+)": \{$', text, re.MULTILINE)


def read_swift(root: Path) -> Iterator[str]:
    """The names on model hubs that its model groups list."""
    for module in sorted((root / "model/models").rglob("*.py")):
        for call in re.findall(r"\bModel\((.*)\)", module.read_text(encoding="utf-8")):
            yield from _HUB_NAME.findall(call)


def read_helm(root: Path) -> Iterator[str]:
    """The display names of the models it evaluates ("J1-Jumbo v1 (178B)"), without what is in brackets."""
    text = (root / "config/model_metadata.yaml").read_text(encoding="utf-8")
    for name in re.findall(r"^    display_name: (.+)$", text, re.MULTILINE):
        yield re.sub(r"\s*\([^()]*\)", "", name.strip("\"' ")).strip()


def read_litellm(root: Path) -> Iterator[str]:
    """The names of the models with a price, without providers, regions and dates."""
    (table,) = root.glob("model_prices_and_context_window*.json")
    for key, row in json.loads(table.read_text(encoding="utf-8")).items():
        if row.get("mode") in ("chat", "completion", "embedding", "rerank", "image_generation", "video_generation"):
            name = re.split(r"[:@]", key.rsplit("/", 1)[-1])[0]
            yield re.sub(r"^(?:[a-z][a-z0-9-]*\.)+(?=[a-z]{2})", "", name)


def read_torchvision(root: Path) -> Iterator[str]:
    """The classes that its model modules export."""
    for module in sorted((root / "models").rglob("*.py")):
        exported = re.search(r"^__all__ = \[(.*?)\]", module.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
        for name in re.findall(r'"([A-Z]\w+)"', exported[1] if exported else ""):
            if not re.search(r"_Weights$|Outputs$|Weights|RCNN|Keypoint", name):
                yield name


def read_classes(folder: str) -> Callable[[Path], Iterator[str]]:
    """A reader of the classes below a folder that their modules are called after."""

    def read(root: Path) -> Iterator[str]:
        for module in sorted((root / folder).rglob("*.py")):
            for name in re.findall(r"^class (\w+)\(", module.read_text(encoding="utf-8"), re.MULTILINE):
                if model_key(name) == model_key(module.stem) and not _HELPER.search(name):
                    yield name

    return read


def read_openmmlab(root: Path) -> Iterator[str]:
    """The collections of its model index ("Faster R-CNN"), but for parts of models and ways to train them."""
    for index in sorted((root / ".mim/configs").rglob("metafile.y*ml")):
        collections = re.search(
            r"^Collections:\n(.*?)(?=^[A-Z]|\Z)", index.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
        )
        for name in re.findall(r"^(?:  )?- Name: (.+)$", collections[1] if collections else "", re.MULTILINE):
            if not _PARTLY.search(name):
                yield name.strip("\"' ")


def read_neuralforecast(root: Path) -> Iterator[str]:
    """The models it exports."""
    exported = re.search(
        r"^__all__ = \[(.*?)\]", (root / "models/__init__.py").read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    for name in re.findall(r"'(\w+)'", exported[1] if exported else ""):
        if not _HELPER.search(name):
            yield name


def read_keras_hub(root: Path) -> Iterator[str]:
    """Its backbones."""
    for module in sorted((root / "src/models").rglob("*_backbone.py")):
        for name in re.findall(r"^class (\w+)Backbone\(", module.read_text(encoding="utf-8"), re.MULTILINE):
            if not re.fullmatch(r"VAE|FeaturePyramid|\w*Concept|", name):
                yield name


def read_torch_geometric(root: Path) -> Iterator[str]:
    """The graph networks it exports."""
    text = (root / "nn/models/__init__.py").read_text(encoding="utf-8")
    exported = re.search(r"^__all__ = .*?\[(.*?)\]", text, re.MULTILINE | re.DOTALL)
    for name in re.findall(r"'(\w+)'", exported[1] if exported else ""):
        if not _HELPER.search(name):
            yield name


# Package (as its folder is called) -> the distribution it is in, and its reader. The first to have a name gives its
# spelling and is its source.
READERS: dict[str, tuple[str, Callable[[Path], Iterator[str]]]] = {
    "transformers": ("transformers", read_transformers),
    "timm": ("timm", read_timm),
    "open_clip": ("open_clip_torch", read_open_clip),
    "mteb": ("mteb", read_mteb),
    "torchvision": ("torchvision", read_torchvision),
    "helm": ("crfm_helm", read_helm),
    "llamafactory": ("llamafactory", read_llamafactory),
    "swift": ("ms_swift", read_swift),
    "diffusers": ("diffusers", read_diffusers),
    "recbole": ("recbole", read_classes("model")),
    "pykeen": ("pykeen", read_classes("models/unimodal")),
    "torch_geometric": ("torch_geometric", read_torch_geometric),
    "neuralforecast": ("neuralforecast", read_neuralforecast),
    "mmpretrain": ("mmpretrain", read_openmmlab),
    "mmdet": ("mmdet", read_openmmlab),
    "mmseg": ("mmsegmentation", read_openmmlab),
    "keras_hub": ("keras_hub", read_keras_hub),
    "litellm": ("litellm", read_litellm),
}


def read_version(site: Path, distribution: str) -> str:
    """The installed version of a distribution, from the folder of its metadata."""
    folder = next(site.glob(f"{distribution}-*.dist-info"))
    return folder.name.removesuffix(".dist-info").split("-")[1]

"""Reads the names of data sets and benchmarks that packages publish, from their source text. Used by generate.py only.

They have the same shapes as names of models, so that knowing them keeps them out. Only names.model_key of them counts,
so their spelling ("super_glue") does not matter.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

_TASK = re.compile(
    r"(?:[A-Z]\w\w[RT]?2?[A-Z]?)?(?:Retrieval|Classification|Clustering|Reranking|BitextMining|PairClassification|STS|"
    r"ZeroShot|MultiLabelClassification|Summarization|[A-Z]2[A-Z]|VN|PL)+(?:\.v\d|-\w+)?$"
)


def read_tensorflow_datasets(root: Path) -> Iterator[str]:
    """The folders of its data sets and the names of their builders."""
    yield from (folder.name for folder in sorted((root / "datasets").iterdir()) if folder.is_dir())
    for module in sorted(root.rglob("*.py")):
        yield from re.findall(
            r"^class (\w+)\((?:tfds\.core\.)?GeneratorBasedBuilder", module.read_text(encoding="utf-8"), re.MULTILINE
        )


def read_lm_eval(root: Path) -> Iterator[str]:
    """The folders of its tasks."""
    yield from (folder.name for folder in sorted((root / "tasks").iterdir()) if folder.is_dir())


def read_mteb(root: Path) -> Iterator[str]:
    """The names of its tasks, without what is done with them: "ArguAna", "HotpotQA" of "HotpotQARetrieval"."""
    for module in sorted((root / "tasks").rglob("*.py")):
        for name in re.findall(r'^\s+name="([\w.-]+)",', module.read_text(encoding="utf-8"), re.MULTILINE):
            yield _TASK.sub("", name) or name


def read_torchvision(root: Path) -> Iterator[str]:
    """The classes of its data sets."""
    for module in sorted((root / "datasets").glob("[a-z]*.py")):
        yield from re.findall(r"^class ([A-Z]\w+)\(", module.read_text(encoding="utf-8"), re.MULTILINE)


def read_helm(root: Path) -> Iterator[str]:
    """The scenarios of its benchmark."""
    for module in sorted((root / "benchmark/scenarios").glob("*_scenario.py")):
        yield module.stem.removesuffix("_scenario")


# As registries.READERS.
READERS: dict[str, tuple[str, Callable[[Path], Iterator[str]]]] = {
    "tensorflow_datasets": ("tensorflow_datasets", read_tensorflow_datasets),
    "lm_eval": ("lm_eval", read_lm_eval),
    "mteb": ("mteb", read_mteb),
    "torchvision": ("torchvision", read_torchvision),
    "helm": ("crfm_helm", read_helm),
}

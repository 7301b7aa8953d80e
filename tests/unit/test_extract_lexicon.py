"""The lexicon's data is sound, and the generator reads registries as packages write them."""

from pathlib import Path

import pytest

from service.ingest.extract import datasets, registries
from service.ingest.extract.generate import clean_name, list_datasets, main, make_entries, read_base
from service.ingest.extract.lexicon import Entry, load_lexicon, load_own
from service.names import model_key


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_rows_name_their_source_and_their_parents_exist() -> None:
    lexicon = load_lexicon()
    assert len(lexicon.entries) > 2500 and len(lexicon.spelled) > 3000 and len(lexicon.datasets) > 1500
    assert {entry.source.split(" ")[0] for entry in lexicon.entries} == {"own", *registries.READERS}
    for entry in lexicon.entries:
        assert entry.name == entry.name.strip() and entry.family
        assert model_key(entry.name), entry.name
        assert model_key(entry.name) not in lexicon.excluded
        assert entry.source == "own" or entry.source.split(" ")[1][0].isdigit()
    names = [entry.name for entry in lexicon.entries]
    assert len(names) == len(set(names))
    assert lexicon.methods <= lexicon.excluded


def test_own_rows_are_sorted_so_that_two_of_one_name_meet() -> None:
    names = [entry.name.lower() for entry in load_own()]
    assert names == sorted(names) and len(names) == len(set(names))


def test_transformers_names_are_spelled_as_their_modules_do(tmp_path: Path) -> None:
    write(
        tmp_path / "models/auto/auto_mappings.py",
        'CONFIG_MAPPING_NAMES = OrderedDict([("zlm", "ZlmConfig"), ("zlm_text", "ZlmTextConfig"), '
        '("q_two", "QTwoConfig"), ("zbert", "ZBertConfig")])',
    )
    write(tmp_path / "models/zlm/modeling_zlm.py", '# licence\n"""PyTorch ZLM model."""\n')
    write(tmp_path / "models/zlm/configuration_zlm.py", '@auto_docstring(checkpoint="o/zlm-large")\n')
    write(tmp_path / "models/q_two/modeling_q_two.py", '"""PyTorch something else model."""\n')
    write(tmp_path / "models/zlm_text/x.py", "")
    write(tmp_path / "models/zbert/x.py", "")
    assert list(registries.read_transformers(tmp_path)) == ["ZLM", "QTwo", "ZBERT", "zlm-large"]


def test_timm_names_lose_sizes_and_take_the_spelling_of_a_class(tmp_path: Path) -> None:
    functions = "".join(
        f"@register_model\ndef {name}(): ...\n"
        for name in ("zednextv2_atto", "res9net50_26w", "zzbig_224", "test_net", "abc50")
    )
    write(tmp_path / "models/z.py", f"class ZzBig: ...\n{functions}def helper_model(): ...\n")
    assert list(registries.read_timm(tmp_path)) == ["zednextv2", "res9net", "ZzBig"]


@pytest.mark.parametrize(
    ("package", "file", "text", "names"),
    [
        ("open_clip", "model_configs/Zed-B-16.json", "{}", ["Zed-B-16"]),
        ("mteb", "models/model_implementations/z.py", 'ModelMeta(name="o/zed-embed-v2")', ["zed-embed-v2"]),
        ("diffusers", "pipelines/z/z.py", 'Z.from_pretrained(\n "o/Zed-Image-2", x=1)', ["Zed-Image-2"]),
        ("llamafactory", "extras/constants.py", 'm(models={\n        "Zed-7B-Chat": {\n', ["Zed-7B-Chat"]),
        ("swift", "model/models/z.py", "Model('Org/Zed-7B', 'org/zed-7b-hf'),\n", ["Zed-7B", "zed-7b-hf"]),
        ("helm", "config/model_metadata.yaml", "models:\n    display_name: Zed-1 v2 (7B)\n", ["Zed-1 v2"]),
        ("torchvision", "models/z.py", '__all__ = [\n "ZedNet",\n "ZedNet_Weights",\n "zednet"]', ["ZedNet"]),
        ("recbole", "model/z/zedrec.py", "class ZedRec(General):\nclass ZedLayer(x):\n", ["ZedRec"]),
        ("pykeen", "models/unimodal/zed_e.py", "class ZedE(\n    ERModel):\nclass Zed(X):\n", ["ZedE"]),
        ("torch_geometric", "nn/models/__init__.py", "__all__ = classes = [\n 'ZedGCN',\n 'to_x',\n]", ["ZedGCN"]),
        ("neuralforecast", "models/__init__.py", "__all__ = ['ZedTS', 'MLP']", ["ZedTS"]),
        (
            "mmdet",
            ".mim/configs/z/metafile.yml",
            "Collections:\n  - Name: Zed R-CNN\n    x: 1\n  - Name: Zed Loss\nModels:\n  - Name: zed_r50\n",
            ["Zed R-CNN"],
        ),
        ("keras_hub", "src/models/z/z_backbone.py", "class ZedBackbone(Backbone):\n", ["Zed"]),
        (
            "litellm",
            "model_prices_and_context_window.json",
            '{"us.zed.zed-4-2:0": {"mode": "chat"}, "a/b/zed-5": {"mode": "chat"}, "dub": {"mode": "x"}, "s": {}}',
            ["zed-4-2", "zed-5"],
        ),
    ],
)
def test_each_registry_is_read(tmp_path: Path, package: str, file: str, text: str, names: list[str]) -> None:
    write(tmp_path / file, text)
    assert list(registries.READERS[package][1](tmp_path)) == names


@pytest.mark.parametrize(
    ("package", "file", "text", "names"),
    [
        ("tensorflow_datasets", "datasets/zed_glue/z.py", "", ["zed_glue"]),
        ("tensorflow_datasets", "datasets/../text/z.py", "class ZedQA(tfds.core.GeneratorBasedBuilder):", ["ZedQA"]),
        ("lm_eval", "tasks/zedqa/z.yaml", "", ["zedqa"]),
        ("mteb", "tasks/r/z.py", 'TaskMetadata(\n    name="ZedQARetrieval",\n)', ["ZedQA"]),
        ("torchvision", "datasets/z.py", "class ZedMNIST(VisionDataset):", ["ZedMNIST"]),
        ("helm", "benchmark/scenarios/zed_scenario.py", "", ["zed"]),
    ],
)
def test_each_list_of_data_sets_is_read(tmp_path: Path, package: str, file: str, text: str, names: list[str]) -> None:
    (tmp_path / "datasets").mkdir()
    write(tmp_path / file, text)
    assert list(datasets.READERS[package][1](tmp_path)) == names


@pytest.mark.parametrize(
    ("name", "cleaned", "base"),
    [
        ("Zed2_5-VL-7B-Instruct-AWQ", "Zed2.5-VL-7B-Instruct", "Zed2.5-VL"),
        ("zed-3-5-sonnet-20240620-v1", "zed-3.5-sonnet", "zed-3.5-sonnet"),
        ("zed3-1-405b", "zed3.1-405b", "zed3.1"),
        ("Zed-base-patch16-224", "Zed-base-patch16-224", "Zed"),
        ("Zed 2 (latest)", "Zed 2 (latest)", "Zed 2 (latest)"),
    ],
)
def test_how_a_checkpoint_is_stored_and_its_size_are_dropped(name: str, cleaned: str, base: str) -> None:
    assert (clean_name(name), read_base(cleaned)) == (cleaned, base)


def test_what_the_grammar_reads_anyway_is_left_out_and_words_need_context() -> None:
    names = [
        "Llama4",
        "Zedding",
        "ZedNext",
        "RAG",
        "BERT",
        "efficientnet-b7",
        "LLM",
        "zed-ding",
        "GPT-9-zed-sol",
        "Zedo2",
    ]
    entries = make_entries([(name, "x 1") for name in names])
    assert {entry.name: (sorted(entry.flags), entry.parent) for entry in entries} == {
        "Zedding": (["context"], None),
        "ZedNext": ([], None),
        "GPT-9-zed-sol": ([], "GPT-9"),
        "Zedo": (["context", "joined"], None),
    }


def test_the_spelling_with_the_most_capitals_is_kept() -> None:
    entries = make_entries([("zedoss-7b", "a 1"), ("ZedOss", "b 1"), ("ZedOSS-20B", "c 1"), ("ZEDOSS", "d 1")])
    assert [(entry.name, entry.source) for entry in entries] == [("ZedOSS", "c 1")]


def test_a_data_set_with_the_name_of_a_model_is_not_listed() -> None:
    names = [("zed_qa", "x 1"), ("ZedQA", "y 1"), ("Zed", "x 1"), ("zednet", "x 1"), ("llama3", "x 1")]
    assert list_datasets(names, [Entry("ZedNet", "zed")]) == [("zed_qa", "x 1")]


def test_both_tables_are_written_with_their_sources(tmp_path: Path) -> None:
    site = tmp_path / "site"
    for package, (distribution, _) in {**registries.READERS, **datasets.READERS}.items():
        (site / f"{distribution}-1.2.dist-info").mkdir(parents=True, exist_ok=True)
        (site / package).mkdir(exist_ok=True)
    write(site / "transformers/models/auto/auto_mappings.py", "")
    write(site / "helm/config/model_metadata.yaml", "    display_name: ZedZed 7B\n")
    write(site / "llamafactory/extras/constants.py", "")
    write(site / "neuralforecast/models/__init__.py", "")
    write(site / "torch_geometric/nn/models/__init__.py", "")
    write(site / "litellm/model_prices_and_context_window.json", "{}")
    write(site / "lm_eval/tasks/zed_task/x.yaml", "")
    (site / "tensorflow_datasets/datasets").mkdir()
    main(site, tmp_path)
    assert (tmp_path / "public.tsv").read_text().splitlines()[1:] == [
        "name\tfamily\tparent\tflags\taliases\tsource",
        "ZedZed\tzedzed\t\t\t\thelm 1.2",
    ]
    assert (tmp_path / "datasets.tsv").read_text().splitlines()[1:] == ["name\tsource", "zed_task\tlm_eval 1.2"]

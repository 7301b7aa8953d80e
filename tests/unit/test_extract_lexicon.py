"""The lexicon's data is sound, and the generator reads registries as packages write them."""

from pathlib import Path

from service.ingest.extract.generate import make_entries, read_mteb, read_open_clip, read_timm, read_transformers
from service.ingest.extract.lexicon import load_lexicon
from service.names import model_key


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_rows_name_their_source_and_their_parents_exist() -> None:
    lexicon = load_lexicon()
    assert len(lexicon.entries) > 1000
    assert {entry.source.split(" ")[0] for entry in lexicon.entries} == {
        "own",
        "transformers",
        "timm",
        "open_clip",
        "mteb",
    }
    for entry in lexicon.entries:
        assert entry.name == entry.name.strip() and entry.family
        assert model_key(entry.name), entry.name
        assert model_key(entry.name) not in lexicon.excluded
    names = [entry.name for entry in lexicon.entries]
    assert len(names) == len(set(names))


def test_transformers_names_are_spelled_as_their_modules_do(tmp_path: Path) -> None:
    write(
        tmp_path / "models/auto/auto_mappings.py",
        'CONFIG_MAPPING_NAMES = OrderedDict([("zlm", "ZlmConfig"), ("zlm_text", "ZlmTextConfig"), '
        '("q_two", "QTwoConfig")])',
    )
    write(tmp_path / "models/zlm/modeling_zlm.py", '# licence\n"""PyTorch ZLM model."""\n')
    write(tmp_path / "models/q_two/modeling_q_two.py", '"""PyTorch something else model."""\n')
    write(tmp_path / "models/zlm_text/x.py", "")
    assert list(read_transformers(tmp_path)) == ["ZLM", "QTwo"]


def test_timm_names_lose_sizes_and_take_the_spelling_of_a_class(tmp_path: Path) -> None:
    functions = "".join(
        f"@register_model\ndef {name}(): ...\n"
        for name in ("zednextv2_atto", "res9net50_26w", "zzbig_224", "test_net", "abc50")
    )
    write(tmp_path / "models/z.py", f"class ZzBig: ...\n{functions}def helper_model(): ...\n")
    assert list(read_timm(tmp_path)) == ["zednextv2", "res9net", "ZzBig"]


def test_names_of_configurations_and_of_embedding_models(tmp_path: Path) -> None:
    write(tmp_path / "model_configs/Zed-B-16.json", "{}")
    write(
        tmp_path / "models/model_implementations/z.py",
        'ModelMeta(name="o/zed-embed-v2")\nModelMeta(name="o/vietnamese-bi-encoder")\n',
    )
    assert list(read_open_clip(tmp_path)) == ["Zed-B-16"]
    assert list(read_mteb(tmp_path)) == ["zed-embed-v2"]


def test_what_the_grammar_reads_anyway_is_left_out_and_words_need_context() -> None:
    entries = make_entries([("Llama4", "x 1"), ("Zedding", "x 1"), ("ZedNext", "x 1"), ("RAG", "x 1"), ("BERT", "x 1")])
    assert {entry.name: entry.flags for entry in entries} == {"Zedding": {"context"}, "ZedNext": frozenset()}

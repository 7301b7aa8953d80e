"""Names of models: with their versions and sizes, apart from words, and introduced or used."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.ingest.extract import Model, aliases, extract, resolve_model
from service.names import model_key, model_slug


def names(text: str, title: str = "") -> list[str]:
    return [mention.model.name for mention in extract(title, text).mentions]


def lineage(model: Model | None) -> list[str]:
    line = []
    while model is not None:
        line.append(model.name)
        model = model.parent
    return line


@pytest.mark.parametrize(
    ("surface", "line"),
    [
        ("BERT", ["BERT"]),
        ("BERT_BASE", ["BERT-Base", "BERT"]),
        ("bert-base-uncased", ["BERT-Base-Uncased", "BERT-Base", "BERT"]),
        ("CodeT5 base", ["CodeT5-Base", "CodeT5"]),
        ("Llama-3-70b-Chat", ["Llama-3-70B-Chat", "Llama-3", "Llama"]),
        ("LLaMA 2", ["Llama-2", "Llama"]),
        ("Llama 3.1 70B", ["Llama-3.1-70B", "Llama-3.1", "Llama"]),
        ("GPT-4o", ["GPT-4o", "GPT"]),
        ("GPT-3.5-turbo", ["GPT-3.5-Turbo", "GPT-3.5", "GPT"]),
        ("GPT4", ["GPT-4", "GPT"]),
        ("Qwen 2.5", ["Qwen2.5", "Qwen"]),
        ("Qwen2.5-VL-7B", ["Qwen2.5-VL-7B", "Qwen2.5-VL", "Qwen2.5", "Qwen"]),
        ("ViT-B/16", ["ViT-B/16", "ViT-Base", "ViT"]),
        ("Phi-1.5-1.3B", ["Phi-1.5-1.3B", "Phi-1.5", "Phi"]),
        ("FLAN-PaLM 62B", ["Flan-PaLM-62B", "Flan-PaLM"]),
        ("Claude 3.5 Sonnet", ["Claude-3.5-Sonnet", "Claude-3.5", "Claude"]),
        ("RoBERTa", ["RoBERTa"]),
        ("OpenLLaMA", ["OpenLLaMA"]),
        ("SAM 2", ["SAM-2", "SAM"]),
        ("ResNet50", ["ResNet-50", "ResNet"]),
        ("ResNet50-D", ["ResNet-50-D", "ResNet-50", "ResNet"]),
        ("CodeT5-small", ["CodeT5-Small", "CodeT5"]),
        ("Claude Sonnet 4.5", ["Claude-Sonnet-4.5", "Claude-Sonnet", "Claude"]),
        ("Gemini Pro 1.5", ["Gemini-Pro-1.5", "Gemini-Pro", "Gemini"]),
        ("Llama-4 Maverick", ["Llama-4-Maverick", "Llama-4", "Llama"]),
        ("BART-large-CNN", ["BART-Large-CNN", "BART-Large", "BART"]),
        ("Whisper large-v3", ["Whisper-Large-v3", "Whisper-Large", "Whisper"]),
        ("YOLOv8n", ["YOLOv8n", "YOLO"]),
        ("EfficientNetV2-S", ["EfficientNetv2-S", "EfficientNetv2", "EfficientNet"]),
        ("Kimi K2", ["Kimi-K2", "Kimi"]),
        ("Mixtral 8x7B", ["Mixtral-8x7B", "Mixtral"]),
        ("DeepSeek-R1-Distill-Qwen-7B", None),
        ("Qwen3-Next-80B-A3B", None),
    ],
)
def test_a_name_is_read_with_its_version_and_size(surface: str, line: list[str] | None) -> None:
    text = f"Results with {surface}, on all tasks."
    (mention,) = extract("", text).mentions
    assert mention.surface == surface == text[mention.start : mention.end]
    assert mention.model.parent is not None or len(line or []) == 1
    if line is not None:
        assert lineage(mention.model) == line
        assert lineage(resolve_model(surface)) == line


@pytest.mark.parametrize(
    "text",
    [
        "We report AlpacaEval, CodeBERTScore, T5X and BERTScore.",
        "bounded by C_Phi over a class of latent variable models Phi.",
        "we align the clip with a sample of the same size",
        "Sam and Claude walked the dinosaur Dino to the falcon.",
        "Large language models (LLMs), Transformers, CNNs, GANs and RAG.",
        "Hubert's statistic, a bloom of algae, the whisper of trees",
        "see https://github.com/google-research/bert and https://huggingface.co/meta-llama/Llama-3-8B",
        "trained with Adam on ImageNet, GLUE and SuperGLUE",
        "Mamba snakes and the Gemini constellation",
    ],
)
def test_words_formulas_data_sets_and_addresses_are_no_models(text: str) -> None:
    assert names(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the Yi model family", ["Yi"]),
        ("fine-tuned SAM for it", ["SAM"]),
        ("models such as Mamba are linear", ["Mamba"]),
        ("We compare Gemini, GPT-4o and Claude.", ["Gemini", "GPT-4o", "Claude"]),
        ("BERT-based methods and BERTs", ["BERT", "BERT"]),
        ("CLIP-Adapter and BERT-PLI", []),
        ("BERT large language models", ["BERT"]),
        ("Llama 2 times faster", ["Llama"]),
        ("BERT$_{\\text{BASE}}$ is small", ["BERT-Base"]),
        ("CodeT5-small (60M) and CodeT5-base (220M)", ["CodeT5-Small", "CodeT5-Base"]),
        ("models such as o1, o3 and Yi", ["OpenAI o1", "OpenAI o3", "Yi"]),
        ("in steps o1 and o3", []),
        ("CholecT50 and T50", []),
        ("GPT-4-Based agents", ["GPT-4"]),
        ("pixel Detectors and Humans, with BERT", ["BERT"]),
        ("the Hawkes model and the Hawk model", ["Hawk"]),
        ("two models: SOBertBase and BERTLarge", ["SOBert-Base", "BERT-Large"]),
        ("German BERT and GottBERT", ["German BERT", "GottBERT"]),
    ],
)
def test_the_words_around_a_name_decide(text: str, expected: list[str]) -> None:
    assert names(text) == expected


@pytest.mark.parametrize(
    ("title", "abstract", "introduced"),
    [
        ("Foobert-X: A Pretrained Language Model for Law", "Foobert-X is good.", {"Foobert-X"}),
        ("On law", "We introduce LawNet-7B, a large language model for law. LawNet-7B wins.", {"LawNet-7B"}),
        ("On law", "We present a new language model called LawGen, for law.", {"LawGen"}),
        ("On law", "We propose Legal Foundation Models (LFMs). LFMs win.", {"LFM"}),
        ("On law", "Our final model, LawGen, is better than BERT.", {"LawGen"}),
        ("BERT: Pre-training of Deep Transformers", "We test BERT.", {"BERT"}),
        ("LawBench: A Benchmark for Language Models", "We introduce LawBench, a benchmark of models.", set()),
        ("FastLaw: Improving Your Language Models", "We introduce FastLaw, a framework for merging models.", set()),
        ("On law", "We fine-tune our BERT model and test RAG models.", set()),
    ],
)
def test_a_paper_introduces_what_it_calls_a_model(title: str, abstract: str, introduced: set[str]) -> None:
    mentions = extract(title, abstract).mentions
    assert {m.model.name for m in mentions if m.role == "introduced"} == introduced


def test_an_introduced_name_is_found_wherever_it_stands() -> None:
    found = extract("TabFM: A Tabular Foundation Model", "TabFMs learn. So does TabFM-7B, not TabFMX.").mentions
    assert [(m.field, m.surface, m.model.name) for m in found] == [
        ("title", "TabFM", "TabFM"),
        ("abstract", "TabFMs", "TabFM"),
        ("abstract", "TabFM-7B", "TabFM-7B"),
    ]
    assert found[2].model.parent is not None and found[2].model.parent.name == "TabFM"


@pytest.mark.parametrize(
    ("name", "line", "family"),
    [
        ("meta-llama/Llama-2-7b-hf", ["Llama-2-7B-HF", "Llama-2", "Llama"], "llama"),
        ("  llama   2 ", ["Llama-2", "Llama"], "llama"),
        ("ViT-B/16", ["ViT-B/16", "ViT-Base", "ViT"], "vit"),
        ("LawGen-7b", ["LawGen-7B", "LawGen"], "lawgen"),
        ("SuperBERT", ["SuperBERT"], "bert"),
        ("unheard of", ["unheard of"], "unheard-of"),
        ("CodeT5Plus", ["CodeT5+"], "t5"),
    ],
)
def test_a_given_name_is_resolved(name: str, line: list[str], family: str) -> None:
    model = resolve_model(name)
    assert (lineage(model), model.family) == (line, family)


def test_a_resolved_name_resolves_to_itself() -> None:
    for _, model in aliases():
        assert resolve_model(model.name) == model, model.name


def test_aliases_lead_to_their_model_and_no_slug_stands_for_two() -> None:
    table = dict(aliases())
    assert table[model_key("CodeLlama")].name == table[model_key("Code LLaMA")].name == "Code Llama"
    by_slug: dict[str, set[str]] = {}
    for model in table.values():
        by_slug.setdefault(model_slug(model.name), set()).add(model.name)
    assert {slug: found for slug, found in by_slug.items() if len(found) > 1} == {}


_PIECES = st.sampled_from(
    "BERT GPT-4 Llama- 3.1 70B -Chat _BASE $_{ } ViT-B/16 SAM Yi We introduce X-1 , a model . called our ( ) İ é "
    "\u2011 https://github.com/ a/b github . com / 's -based + / \n : Qwen2.5 CodeT5 base 𝐁𝐄𝐑𝐓 T5 Foo-7B is the ZedNet "
    "ZedNets outperforms LoRA such as models (ZCN) GLUE dataset a framework that".split(" ")
)


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(st.text(max_size=80), st.lists(_PIECES, max_size=12).map(" ".join)),
    st.one_of(st.text(max_size=300), st.lists(_PIECES, max_size=40).map("".join), st.lists(_PIECES).map(" ".join)),
)
def test_any_text_is_read_and_offsets_slice_to_what_was_found(title: str, abstract: str) -> None:
    found = extract(title, abstract)
    texts = {"title": title, "abstract": abstract}
    assert extract(title, abstract) == found
    for mention in found.mentions:
        assert texts[mention.field][mention.start : mention.end] == mention.surface != ""
        assert lineage(resolve_model(mention.model.name))
    for link in found.links:
        assert link.field is not None and link.start is not None and link.end is not None
        assert 0 <= link.start < link.end <= len(texts[link.field])
    for earlier, later in [*pairwise(found.mentions), *pairwise(found.methods)]:
        assert earlier.field != later.field or earlier.end <= later.start
    for method in found.methods:
        assert texts[method.field][method.start : method.end] == method.surface != ""
        assert (method.model.family, method.model.parent) == (None, None)
        assert method.role in ("introduced", "used")
        for mention in found.mentions:
            assert method.field != mention.field or method.end <= mention.start or mention.end <= method.start
    known = {model_key(mention.model.name) for mention in found.mentions}
    assert not known & {model_key(method.model.name) for method in found.methods}


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "piece",
    [
        "X-1.",
        "a-",
        "we introduce X(",
        "https://a.b/",
        "GPT-4-",
        "BERT, ",
        "our model a b ",
        "present Aaa ",
        "SciBERT",
        "  ",
        "ZedNet-1, ",
        "models such as ",
        "AaBb(",
        "(AaBb) ",
        "Aa bb cc (AB) ",
    ],
)
def test_a_long_text_takes_no_longer_than_it_must(piece: str) -> None:
    assert extract("X: a model", piece * (100_000 // len(piece))) is not None


def test_a_long_list_of_names_is_read_in_one_go() -> None:
    names = ", ".join(f"Zed{number}Net" for number in range(5000))
    assert len(extract("", f"models such as BERT, {names}").mentions) > 5000

"""Named methods: found by what is said of them, never among the models, and apart from data sets and generic terms."""

import pytest

from service.ingest.extract import extract
from service.ingest.extract.descriptions import read_kind


def methods(text: str, title: str = "") -> list[str]:
    return [mention.model.name for mention in extract(title, text).methods]


def models(text: str, title: str = "") -> list[str]:
    return [mention.model.name for mention in extract(title, text).mentions]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We propose ZedTune, a framework for tuning models.", ["ZedTune"]),
        ("ZedTune outperforms all others.", ["ZedTune"]),
        ("It was compared with ZedTune and QuoTune.", ["ZedTune", "QuoTune"]),
        ("We compare BERT, ZedX and QuoX.", ["ZedX", "QuoX"]),
        ("Zed Configuration Networks (ZCNs) are fast.", ["ZCN"]),
        ("The ZedNets are deep.", ["ZedNet"]),
        ("We fine-tune with LoRA and rank by BM25.", ["LoRA", "BM25"]),
        ("2DZCN performs best.", ["2DZCN"]),
        ("In a first step ZedX encodes the text. ZedX encodes the text.", ["ZedX", "ZedX"]),
        ("ZedTune [12, 13] is trained end to end.", ["ZedTune"]),
    ],
)
def test_what_is_proposed_compared_or_performs_is_a_method(text: str, expected: list[str]) -> None:
    assert methods(text) == expected
    assert not set(expected) & set(models(text))


@pytest.mark.parametrize(
    "text",
    [
        "It is better on the ZedX dataset.",
        "On ZedX and in QuoX we see gains.",
        "The benchmark ZedX outperforms nothing.",
        "ZedX contains the pairs of all texts. ZedX covers the rest.",
        "Named Entity Recognition (NER) and Zed Question Recognition (ZQR) are hard.",
        "Results on GLUE, SQuAD and ImageNet improve.",
        "MMLU and GSM8K are used.",
        "LLMs, CNNs and an LSTM perform well; the GAN is trained.",
        "few-shot learning (FZL) performs well",
        "Hybrid Preference oPtimizatiOn for images (ZIPPO) is a dataset",
        "RGB-based and LLM-Driven methods perform well.",
        "The Bose-Hubbard model is solved.",
        "BLEU and F1 improve on GPUs.",
        "See https://zed.org/ZedNet for the code of it.",
        r"\ref{ZedNet} and $C_{ZedNet}$ are set.",
    ],
)
def test_data_sets_tasks_metrics_and_generic_terms_are_no_methods(text: str) -> None:
    assert methods(text) == []
    assert models(text) == []


def test_a_known_data_set_may_still_be_introduced_as_a_method() -> None:
    assert methods("We propose BOLD, a framework for tuning.", "BOLD: A Framework for Tuning") == ["BOLD", "BOLD"]


@pytest.mark.parametrize(
    ("title", "abstract", "roles"),
    [
        (
            "ZedTune: A Framework for Tuning",
            "ZedTune tunes. It beats QuoTune.",
            {"ZedTune": "introduced", "QuoTune": "used"},
        ),
        ("ZedTune: Tuning without Tears", "", {"ZedTune": "introduced"}),
        ("On tuning", "We call this algorithm ZedTune. We compare with ZedTune.", {"ZedTune": "used"}),
        ("ZedBench: A Benchmark for Tuning", "We introduce ZedBench. ZedBench performs well.", {}),
        ("ZedX: A Benchmark for Models", "We introduce ZedX, a benchmark of models. ZedX models vary.", {}),
    ],
)
def test_what_the_paper_presents_is_introduced(title: str, abstract: str, roles: dict[str, str]) -> None:
    found = extract(title, abstract)
    assert {m.model.name: m.role for m in found.methods} == roles
    assert found.mentions == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Models such as BERT, ZedX and QuoX are used.", ["BERT", "ZedX", "QuoX"]),
        ("Three LLMs (GPT-4, ZedX, QuoX) are used.", ["GPT-4", "ZedX", "QuoX"]),
        ("ZedTune-7B outperforms it.", ["ZedTune-7B"]),
        ("Cycle-GAN outperforms it.", ["CycleGAN"]),
    ],
)
def test_a_listed_or_sized_name_and_a_known_one_in_another_spelling_is_a_model(text: str, expected: list[str]) -> None:
    assert models(text) == expected
    assert methods(text) == []


def test_an_acronym_in_brackets_is_no_list_of_models() -> None:
    assert models("It is a class of diffusion models (ZCD) that performs well.") == []


def test_a_sized_name_has_a_parent() -> None:
    (mention,) = extract("", "ZedTune-7B outperforms it.").mentions
    assert mention.model.parent is not None and mention.model.parent.name == "ZedTune"


def test_a_method_has_neither_family_nor_parent_and_its_own_place() -> None:
    text = "Also, ZedNets perform well."
    (mention,) = extract("", text).methods
    assert (mention.model.name, mention.model.family, mention.model.parent) == ("ZedNet", None, None)
    assert (mention.field, mention.surface, text[mention.start : mention.end]) == ("abstract", "ZedNets", "ZedNets")


@pytest.mark.parametrize(
    ("phrase", "kind"),
    [
        ("a large language model for law", "model"),
        ("A Framework for Training Language Models", "method"),
        ("a framework employing large language models", "method"),
        ("the first benchmark evaluating models", "other"),
        ("a novel two-branch architecture that learns", "architecture"),
        ("Improved Tables", ""),
        ("an embedding model (ZM) trained on text", "model"),
        ("a corpus of 300 models", "other"),
    ],
)
def test_the_head_of_a_description_says_what_a_thing_is(phrase: str, kind: str) -> None:
    assert read_kind(phrase) == kind

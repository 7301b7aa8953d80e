"""What is left of a name where several are listed."""

import pytest

from service.ingest.extract import extract


def find(text: str) -> list[tuple[str, str]]:
    return [(mention.surface, mention.model.name) for mention in extract("A title", text).mentions]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "We test the LLaMA 3, 3.1 and Qwen 2, 2.5 family of models.",
            [("LLaMA 3", "Llama-3"), ("3.1", "Llama-3.1"), ("Qwen 2", "Qwen2"), ("2.5", "Qwen2.5")],
        ),
        ("We tune T5 and its large variant.", [("T5", "T5"), ("large", "T5-Large")]),
        (
            "Llama-2-7B, 13B and 70B are compared.",
            [("Llama-2-7B", "Llama-2-7B"), ("13B", "Llama-2-13B"), ("70B", "Llama-2-70B")],
        ),
        ("T5-small/base models win.", [("T5-small", "T5-Small"), ("base", "T5-Base")]),
        ("We use GPT-2 and 3.", [("GPT-2", "GPT-2"), ("3", "GPT-3")]),
        ("BERT base, and large.", [("BERT base", "BERT-Base"), ("large", "BERT-Large")]),
    ],
)
def test_a_listed_version_or_size_is_a_model(text: str, found: list[tuple[str, str]]) -> None:
    assert find(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("GPT-4, 5 tasks and 3 seeds.", ["GPT-4"]),
        ("GPT-4 and 3 baselines.", ["GPT-4"]),
        ("Better than GPT-3.5, 2.4 points.", ["GPT-3.5"]),
        ("BERT base and large corpora.", ["BERT-Base"]),
        ("BERT and large.", ["BERT"]),
        ("Llama-2-7B and 13B tokens.", ["Llama-2-7B"]),
        ("ResNet-50 at 224, 0.1.", ["ResNet-50"]),
    ],
)
def test_a_number_or_a_word_that_counts_something_else_is_none(text: str, found: list[str]) -> None:
    assert [name for _, name in find(text)] == found

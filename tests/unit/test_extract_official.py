"""Whether a sentence says that a repository is the paper's own. The sentences are ours."""

import pytest

from service.ingest.extract import find_links
from service.ingest.extract.official import combine

U = "https://github.com/acme/WidgetNet"


@pytest.mark.parametrize(
    "sentence",
    [
        f"Our code is available at {U}.",
        f"Our code can be found here: {U}",
        f"The code is available at {U}.",
        f"The source code and the trained models will be made publicly available at {U}.",
        f"Code: {U}",
        f"Code and data: {U}.",
        f"Code at {U}.",
        f"[Code]({U})",
        f"Code is [here]({U}).",
        rf"Code is available at \url{{{U}}}.",
        rf"Code is available at \href{{{U}}}{{this link}}.",
        rf"\href{{{U}}}{{Our code is public}}.",
        f"Project page: {U}.",
        f"GitHub: {U}",
        f"We release our models and data at {U}.",
        f"We open-source all experiments ({U}).",
        f"To help others, we also make the annotations available: {U}.",
        f"We present WidgetNet ({U}), a network that folds widgets.",
        f"WidgetNet is publicly available at {U}.",
        f"All scripts can be downloaded from {U}.",
        f"See {U} for code and data.",
        f"The official implementation of this paper is at {U}.",
        f"Built on PyTorch, our code is available at {U}.",
        f"We use BERT and GPT-2 as baselines, and our code is at {U}.",
        f"The code, which is based on fairseq, is available at {U}.",
        f"It beats all baselines such as FooNet.{U} has the code.",
        f"Our dataset WidgetNet ({U}) is fully released.",
    ],
)
def test_the_papers_own(sentence: str) -> None:
    assert next(link.official for link in find_links(f"We fold widgets. {sentence}", "abstract")) == "true"


@pytest.mark.parametrize(
    "sentence",
    [
        f"Our implementation is based on {U}.",
        f"Our code is built on top of WidgetNet ({U}).",
        f"Our code is built upon the WidgetNet repository ({U}).",
        f"We use the implementation of Smith et al. ({U}).",
        f"We use the official implementation at {U}.",
        f"We used the WidgetNet library ({U}) for all experiments.",
        f"For the baselines we adopt the public code of the authors ({U}).",
        f"All experiments follow the code of WidgetNet: {U}.",
        f"It was trained with the WidgetNet toolkit ({U}).",
        f"Experiments were run using the original implementation ({U}).",
        f"The scripts were adapted from {U}.",
        f"This is a fork of {U}.",
        f"We compare with tools such as WidgetNet ({U}).",
        f"We evaluate on the WidgetNet corpus ({U}).",
        f"We extend WidgetNet ({U}) by a second arm.",
        f"Widgets were collected from {U}.",
        f"We use WidgetNet, available at {U}.",
        f"It is implemented in WidgetNet ({U}).",
        f"Our work builds on the codebase of WidgetNet, e.g. {U}.",
        f"We build our models on the WidgetNet toolkit, {U}.",
        f"We used the code provided by Smith et al. at {U}.",
        f"The baseline results were reproduced with {U}.",
        f"This work extends the open source project {U}.",
        f"Our code borrows heavily from {U}.",
        f"We thank the authors of WidgetNet ({U}) for their code.",
        f"The pictures were obtained from {U}.",
        f"The code of the baseline is available at {U}.",
        f"We integrate our loss into WidgetNet ({U}).",
        f"Our model was trained with the code released by the authors ({U}).",
        f"We start from WidgetNet ({U}), on which our work is based.",
        f"We take {U} as a baseline.",
    ],
)
def test_somebody_elses(sentence: str) -> None:
    assert [link.official for link in find_links(f"We fold widgets. {sentence}", "abstract")] == ["false"]


@pytest.mark.parametrize(
    "sentence",
    [
        U,
        f"({U})",
        f"Widgets fold ({U}).",
        f"A network based on attention folds them well ({U}).",
        f"See {U}.",
    ],
)
def test_what_the_text_does_not_say(sentence: str) -> None:
    assert [link.official for link in find_links(f"We fold widgets. {sentence}", "abstract")] == ["unknown"]


def test_each_address_of_a_sentence_has_its_own_answer() -> None:
    text = f"Our code is available at {U} and is based on https://github.com/pytorch/fairseq."
    assert [link.official for link in find_links(text, "abstract")] == ["true", "false"]
    text = f"We use fairseq (https://github.com/pytorch/fairseq); our code is at {U}."
    assert [link.official for link in find_links(text, "abstract")] == ["false", "true"]


def test_addresses_that_only_an_and_parts_share_an_answer() -> None:
    text = f"Code and models are at {U} and https://github.com/acme/models, https://gitlab.com/acme/more."
    assert [link.official for link in find_links(text, "abstract")] == ["true"] * 3
    text = f"It is based on {U} and https://github.com/acme/models."
    assert [link.official for link in find_links(text, "abstract")] == ["false"] * 2
    text = rf"Code is at \href{{{U}}}{{{U}}}."
    assert [link.official for link in find_links(text, "abstract")] == ["true"] * 2


def test_the_sentence_before_says_nothing() -> None:
    text = f"Our code is available. Widgets are folded by {U}."
    assert [link.official for link in find_links(text, "abstract")] == ["unknown"]


def test_an_address_that_is_no_repository_is_nobodys() -> None:
    assert [link.official for link in find_links("Code: https://example.org/x", "abstract")] == ["unknown"]


def test_one_place_that_calls_it_its_own_is_enough() -> None:
    assert combine(["unknown", "false", "true"]) == "true"
    assert combine(["unknown", "false"]) == "false"
    assert combine(["unknown", "unknown"]) == combine([]) == "unknown"

"""The SQL functions that spell text for the index and queries for it: what must find what."""

import pytest

from service.database import Database, Lane
from service.words import parse_words, write_clauses

FINDS = """
SELECT search_document($1, $2, $3) @@ search_query($4::jsonb)
"""


async def finds(db: Database, query: str, abstract: str, title: str = "A title", authors: tuple[str, ...] = ()) -> bool:
    clauses = write_clauses(parse_words(query))
    found: bool = await db.fetchval(Lane.SEARCH, FINDS, title, abstract, list(authors), clauses)
    return found


@pytest.mark.parametrize(
    "spellings",
    [
        ("pre-training", "pretraining", "pre training", "Pre-Training", "pre\u2010training", "PRETRAINING"),
        ("non-linear", "nonlinear", "non linear"),
        ("re-ranking", "reranking"),
        ("GPT-4", "gpt4", "GPT_4", "GPT 4"),
        ("Llama 3.1", "Llama-3.1", "llama3.1"),
        ("fine-tuning", "finetuning", "Fine-Tuning"),
        ("pre-trained", "pretrained", "pre trained"),
        ("F1", "f1"),
        ("3D", "3d"),
        ("Schrödinger", "schrodinger"),
        ("naïve", "naive"),
        ("GPT-3.5", "GPT3.5", "gpt35"),
        ("BERT_BASE", "BERT-Base", "bertbase"),
        ("CodeT5+", "codet5+"),
        ("Poincaré", "Poincare", "Poincare\u0301"),
        ("C++", "c++"),
        ("state-of-the-art", "State-Of-The-Art"),
        ("few-shot", "fewshot", "Few-Shot"),
        ("in-context", "incontext"),
        ("Llama-3", "Llama3"),
        ("models", "model", "modelling"),
    ],
)
async def test_spellings_of_one_word_find_each_other(db: Database, spellings: tuple[str, ...]) -> None:
    for query in spellings:
        for text in spellings:
            assert await finds(db, query, f"We study {text}, again."), (query, text)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("GPT-4", "GPT-4o is not it"),
        ("GPT-4", "GPT-3 and 4 others"),
        ("gpt 4", "GPT-3 and 4 others"),
        ("gpt4", "GPT-3 and 4 others"),
        ('"gpt 4"', "GPT-3 and 4 others"),
        ("gpt 4", "GPT-4o"),
        ("llama 3.1", "Llama 3 and 3.1 others"),
        ("C++", "C is not it"),
        ("CodeT5+", "CodeT5 is not it"),
        ("few-shot", "zero-shot"),
        ('"few-shot"', "zero-shot"),
        ('"few-shot learning"', "zero-shot learning"),
        ("in-context", "context"),
        ("out-of-distribution", "a distribution"),
        ("all-in-one", "one"),
        ("llama3", "Llama-2 with 3 layers"),
        ("gpt4", "GPT-4o"),
        ("3.5", "35"),
        ('"language model"', "a model of language"),
        ("bert -large", "BERT large"),
        ("title:clip", "CLIP"),
        ("author:hinton", "Hinton"),
        ("the", "the"),
    ],
)
async def test_what_a_query_does_not_find(db: Database, query: str, text: str) -> None:
    assert not await finds(db, query, text)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("llama 3", "Llama-3-8B-Instruct"),
        ("8b", "Llama-3-8B-Instruct"),
        ("llama3", "Llama-3-8B-Instruct"),
        ("llama3", "Llama 3"),
        ("resnet50", "a ResNet-50"),
        ("state-of-the-art", "the state of the art"),
        ("fine-tuning", "fine tuning"),
        ('"few-shot learning"', "few-shot learning"),
        ('"pre-training"', "pretraining"),
        ("attention", "attention-based"),
        ('"attention is all you need"', "attention is all you need"),
        ("bert OR gpt", "GPT"),
        ("bert -large", "BERT base"),
        ("(bert)", "BERT"),
        ("$\\alpha$-divergence", "the $\\alpha$-divergence of"),
        ("alpha", "$\\alpha$"),
        ("注意力 机制", "注意力 机制"),
        ("github.com/openai/clip", "see https://github.com/openai/CLIP."),
        ("a:b & c | !d <-> *", "a b c d"),
        ("O'Neil", "O’Neil"),
        ("2.5", "2.5 times"),
    ],
)
async def test_what_a_query_finds(db: Database, query: str, text: str) -> None:
    assert await finds(db, query, text)


async def test_fields(db: Database) -> None:
    assert await finds(db, "title:clip", "", title="CLIP")
    assert await finds(db, 'title:"language model"', "", title="A Language Model")
    authors = ("Geoffrey E. Hinton", "Yann Le-Cun")
    assert await finds(db, "author:hinton", "", authors=authors)
    assert await finds(db, 'author:"geoffrey e hinton"', "", authors=authors)
    assert await finds(db, "author:le-cun -author:bengio", "", authors=authors)
    assert not await finds(db, 'author:"hinton yann"', "", authors=authors)
    assert not await finds(db, "hinton", "", authors=authors)


async def test_the_longest_query_of_signs_is_answered(db: Database) -> None:
    await finds(db, "!" * 4000, "x")
    await finds(db, "-a " * 500, "x")
    await finds(db, "a-" * 2000, "x")
    await finds(db, '"' + "b " * 499 + '"', "x")


async def test_an_odd_author_spoils_nothing(db: Database) -> None:
    odd = ("", "'", "\\", "O'Neil\\", "@x:A", "é" * 3000, "中文", "a" * 300)
    assert await finds(db, "author:neil", "", authors=odd)
    assert await finds(db, "author:中文", "", authors=odd)


async def test_the_length_counts_words_and_not_authors(db: Database) -> None:
    length = "SELECT search_length(search_document($1, $2, $3))"
    assert await db.fetchval(Lane.SEARCH, length, "Deep nets", "Deep learning works", ["Ada Moreau"]) == 5
    assert await db.fetchval(Lane.SEARCH, length, "", "", []) == 0

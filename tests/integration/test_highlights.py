"""The SQL functions that mark the words of a query in a title or an abstract: which, where, and that nothing breaks."""

import html
import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.database import Database, Lane
from service.words import parse_words, write_clauses

MARK = "SELECT search_highlights($1, $2, search_marks(search_query($3::jsonb)))::text"


async def mark(db: Database, query: str, title: str, abstract: str) -> dict[str, Any]:
    clauses = write_clauses(parse_words(query))
    found: dict[str, Any] = json.loads(await db.fetchval(Lane.SEARCH, MARK, title, abstract, clauses))
    check(found["title"], title)
    check(found["abstract"], abstract)
    return found


def check(marked: dict[str, Any], text: str) -> None:
    """What must hold of any text: ranges and html say the same of it, and the html is safe."""
    assert set(marked) == {"ranges", "html"}
    ends = [0]
    expected = ""
    for place in marked["ranges"]:
        start, end = place["start"], place["end"]
        assert ends[-1] <= start < end <= len(text)
        assert len(ends) == 1 or ends[-1] < start, "touching ranges"
        expected += f"{html.escape(text[ends[-1] : start])}<mark>{html.escape(text[start:end])}</mark>"
        ends.append(end)
    expected += html.escape(text[ends[-1] :])
    assert marked["html"] == expected.replace("&#x27;", "&#39;")
    bare = re.sub("</?mark>", "", marked["html"])
    assert not re.search("[<>\"']", bare)
    assert html.unescape(re.sub("&(?!(?:amp|lt|gt|quot|#39);)", "&amp;", bare)) == text


def words_of(marked: dict[str, Any], text: str) -> list[str]:
    return [text[place["start"] : place["end"]] for place in marked["ranges"]]


async def marked_words(db: Database, query: str, text: str) -> list[str]:
    return words_of((await mark(db, query, "", text))["abstract"], text)


@pytest.mark.parametrize(
    ("query", "text", "words"),
    [
        # Stems
        ("categories", "A category of Categories, categorical", ["category", "Categories"]),
        ("category", "CATEGORIES", ["CATEGORIES"]),
        ("using", "to use, used by users of useful things", ["use", "used", "useful"]),
        ("lie", "Lying lies, a liar", ["Lying", "lies"]),
        ("models", "modern models of modelling; remodel", ["models", "modelling"]),
        ("relation", "relational relations, reality", ["relational", "relations"]),
        ("ability", "an ability, abilities, able", ["ability", "abilities"]),
        ("sky", "skies, sky, skin", ["skies", "sky"]),
        ("the", "the theory", []),
        # Accents, cases and forms
        (
            "schrodinger",
            "Schrödinger's, SCHRÖDINGER, Schro\u0308dinger",
            ["Schrödinger", "SCHRÖDINGER", "Schro\u0308dinger"],
        ),
        ("schrödinger", "Schrodinger", ["Schrodinger"]),
        ("naive", "a naïve, naive view", ["naïve", "naive"]),
        ("cafe", "Cafe\u0301, then", ["Cafe\u0301"]),
        ("fine", "ﬁne and ﬂat", ["ﬁne"]),
        ("fine-tuning", "ﬁne-tuning", ["ﬁne-tuning"]),
        ("model", "a mod\u00adel and ｍｏｄｅｌ", ["mod\u00adel", "ｍｏｄｅｌ"]),
        # Compounds
        (
            "pretraining",
            "pre-training, pretraining, pre training, Pre\u2010Trained, training",
            ["pre-training", "pretraining", "pre training", "Pre\u2010Trained"],
        ),
        ("pre-training", "pretrained", ["pretrained"]),
        ("training", "pre-training, self-training and Training", ["training", "Training"]),
        ("linear", "non linear, non-linear, linear", ["linear"]),
        ("linear", "NON-LINEAR é LINEAR", ["LINEAR"]),
        ("multi-head", "multi-head multi head multihead head", ["multi-head", "multi head", "multihead"]),
        ("attention", "attention-based self-attention", ["attention", "attention"]),
        ("few-shot", "few-shot, fewshot, shot", ["few-shot", "fewshot"]),
        ("fine-tuning", "Fine-tuning, finetuned; fine tuning, fine", ["Fine-tuning", "finetuned", "fine tuning"]),
        (
            "state-of-the-art",
            "State-of-the-Art, state of the art, the art, a state",
            ["State-of-the-Art", "state of the art"],
        ),
        # Names
        ("gpt-4", "GPT-4, GPT 4, GPT4, GPT_4, GPT-3, GPT-4o, 4 GPTs", ["GPT-4", "GPT 4", "GPT4", "GPT_4"]),
        ("gpt-4 gpt", "GPT 4 and GPT-3", ["GPT 4", "GPT"]),
        ("gpt-3.5", "GPT-3.5, GPT3.5, GPT 3.5, GPT-3, 3.5", ["GPT-3.5", "GPT3.5", "GPT 3.5"]),
        ("3.5", "3.5, 35, 3.55", ["3.5"]),
        ("qwen2", "Qwen2.5, Qwen2", ["Qwen2"]),
        ("llama-3-8b", "Llama-3-8B, LLaMA 3 8B, Llama-3-70B", ["Llama-3-8B", "LLaMA 3 8B"]),
        ("llama3", "Llama-3-8B, LLaMA 3, Llama 2", ["Llama-3", "LLaMA 3"]),
        ("codet5+", "CodeT5+, CodeT5", ["CodeT5+"]),
        ("codet5", "CodeT5+, CodeT5", ["CodeT5"]),
        ("c++", "C++, C, C#", ["C++"]),
        ("c", "C++, C, C#, cats", ["C"]),
        ("c#", "C++, C, C#", ["C#"]),
        ("bert_base", "BERT_BASE, BERT-Base, BERT base, BERT", ["BERT_BASE", "BERT-Base", "BERT base"]),
        ("base", "BERT_BASE", ["BASE"]),
        ("f1", "F1-score, F-1, F2", ["F1", "F-1"]),
        ("3d", "3D, 3-D, 3DS", ["3D", "3-D"]),
        (r"$\alpha$-divergence", r"the $\alpha$-divergence", ["alpha", "divergence"]),
        ("ai", "AI aims", ["AI"]),
        ("sigma_i", "$\\sigma_i$, sigma-i", ["sigma_i", "sigma-i"]),
        ('"1.7b parameters"', "1.7B parameters", ["1.7B parameters"]),
        ("qwen-1.7b", "Qwen 1.7B", ["Qwen 1.7B"]),
        # Other scripts and signs
        ("注意力", "🔥注意力 机制, 注意力机制", ["注意力"]),
        ("attention", "🔥attention🔥, 👩‍🚀 Attention", ["attention", "Attention"]),
        ("한국어", "한국어 처리", ["한국어"]),
        ("пример", "ПРИМЕР, примеры", ["ПРИМЕР"]),
        ("model", "\x01model\x02 \x03model\x04\u0007model", ["model", "model", "model"]),
        ("model", "\ue000model\ue001 \ue003 model", ["model", "model"]),
        # Phrases
        ('"language model"', "a language model, language. Models of language", ["language model", "language. Models"]),
        ('"attention is all you need"', "Attention Is All You Need: need", ["Attention Is All You Need"]),
        ('"language model" "model training"', "language model training", ["language model training"]),
        ('"language model" model', "model of language models", ["model", "language models"]),
        ('"graph neural" graphic', "graphic neural", ["graphic"]),
        # Which part of the query
        ("bert -large", "BERT large", ["BERT"]),
        ('bert -"large gpt-4 model"', "BERT large gpt-4 model", ["BERT"]),
        ("-large -gpt-4", "BERT large gpt-4", []),
        ("bert OR gpt", "BERT or GPT", ["BERT", "GPT"]),
        ("bert -gpt", "BERT or GPT", ["BERT"]),
        ("author:ada bert", "Ada, BERT", ["BERT"]),
        ('author:"ada moreau" bert', "Ada Moreau, BERT", ["BERT"]),
        ("title:ada bert", "Ada, BERT", ["BERT"]),
        ("", "anything", []),
        ("model", "", []),
        # What HTML would read
        ("script", "<script>alert('x')</script> & \"y\"", ["script", "script"]),
        ("amp", "a &amp; b", ["amp"]),
        ("mark", "<mark>mark</mark>", ["mark", "mark", "mark"]),
    ],
)
async def test_what_is_marked(db: Database, query: str, text: str, words: list[str]) -> None:
    assert await marked_words(db, query, text) == words


async def test_a_title_has_words_of_its_own(db: Database) -> None:
    found = await mark(db, 'title:clip title:"image models" bert', "CLIP image model BERT", "clip image model bert")
    assert words_of(found["title"], "CLIP image model BERT") == ["CLIP", "image model", "BERT"]
    assert words_of(found["abstract"], "clip image model bert") == ["bert"]


async def test_the_html_is_escaped(db: Database) -> None:
    found = await mark(db, "script", "<script>x('&\")", "no")
    assert found["title"]["html"] == "&lt;<mark>script</mark>&gt;x(&#39;&amp;&quot;)"
    assert found["title"]["ranges"] == [{"start": 1, "end": 7}]
    assert found["abstract"] == {"ranges": [], "html": "no"}


async def test_the_quick_way_marks_as_the_long_way_does(db: Database) -> None:
    """A sign beyond ASCII, far from the words, sends a text the long way."""
    text = (
        "Pre-training GPT-4, C++ and non-linear Models: categories (state-of-the-art) of a 'model', re-ranking ranking"
    )
    for query in ("pretraining", "gpt-4 model", "c++", "linear categories", "state-of-the-art", "rank", '"gpt-4 c++"'):
        quick = await marked_words(db, query, text)
        assert quick == await marked_words(db, query, f"{text} …"), query
        assert quick, query


@pytest.mark.parametrize(
    "query",
    [
        " ".join(f"word{n}" for n in range(500)),
        " ".join(f"some{n}-thing{n}" for n in range(200)),
        " ".join(f'"same other{n}"' for n in range(250)),
        '"' + " ".join(f"w{n}" for n in range(499)) + '"',
        '"need ' + "the " * 490 + 'need"',
        "x" * 4000,
        "a-" * 2000,
        "c+" * 2000,
        "plus" * 1000,
        "注" * 4000,
        "(((a{1,9}[b]\\c|d*?+.^$",
    ],
)
async def test_no_query_is_too_much(db: Database, query: str) -> None:
    assert await marked_words(db, query, "a text without any of that, though not empty") in ([], ["a"])


@pytest.mark.parametrize("text", ["gpt-4 " * 3000, "g-" * 9000, "gpt" * 6000, "+" * 9000, "ﬁne " * 1000, "pre-" * 5000])
async def test_no_text_is_too_much(db: Database, text: str) -> None:
    assert len(await marked_words(db, "gpt-4", text)) in (0, 3000)


SIGNS = ["İ", "ß", "ö", "o\u0308", "ﬁ", "½", "…", "ΑΣ", "한", "注意", "🔥", "\u200d", "\u00ad", "\u2010", "\U0010ffff"]
ODD = ["\x01", "\x02", "\x03", "\ue000", "<mark>", "</mark>", "&amp;", "'", '"', "+"]
PARTS = st.sampled_from(["model", "Models ", "pre-", "GPT-4", " ", *SIGNS, *ODD])
TEXTS = st.lists(PARTS | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=3)).map(
    "".join
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=TEXTS, abstract=TEXTS)
async def test_any_text_is_marked_soundly(db: Database, title: str, abstract: str) -> None:
    await mark(db, 'model pretraining gpt-4 "models model" ofi', title, abstract)

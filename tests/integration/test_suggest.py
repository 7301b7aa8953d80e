"""What a search box is offered: beginnings, words inside titles, names with one typo, and nothing for nonsense."""

import json
from collections.abc import AsyncIterator, Sequence
from random import Random
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from service.database import Connection, Database
from service.names import fold_title
from service.queries.suggest import SHORTEST_CORRECTED, SuggestionKind, SuggestRequest, suggest
from service.settings import Settings
from tests.conftest import create_clone, drop_clone

MODEL, PAPER, REPO = SuggestionKind.MODEL, SuggestionKind.PAPER, SuggestionKind.REPO

TITLES = [
    "Attention Is All You Need",
    "Attention in Infant Rats",
    "BERT: Pre-training of Deep Bidirectional Transformers",
    "Schrödinger Equations on Graphs",
    "Solving the Schrödinger Equation",
    "Longformer: The Long-Document Transformer",
    "A Study of Longformer (and Friends)",
    "A Survey of Neural Machine Translation",
    "Machine Ethics, Neural and Other",
    "On the Tails of Zebras",
    '"Why Should I Trust You?": Explaining a Classifier',
    "日本語の文書分類",
    "100% Renewable: A \\Study_",
    "🦙 in the Mountains",
]
# Slug, name, papers, other spellings.
Model = tuple[str, str, int, list[str]]
MODELS: list[Model] = [
    ("bert", "BERT", 90, []),
    ("bert-base", "BERT-Base", 40, ["bertb"]),
    ("berta", "Berta", 95, []),
    ("bart", "BART", 99, []),
    ("roberta", "RoBERTa", 60, []),
    ("gpt-4", "GPT-4", 70, []),
    ("gpt-4o", "GPT-4o", 80, []),
    ("longformer", "Longformer", 12, []),
]
REPOS = [
    ("openai/CLIP", 50),
    ("google-research/bert", 70),
    ("allenai/longformer", 9),
    ("Dao-AILab/flash-attention", 30),
    ("bert-lab/tools", 2),
]


async def fill(
    connection: Connection,
    titles: Sequence[str] = (),
    models: Sequence[Model] = (),
    repos: Sequence[tuple[str, int]] = (),
) -> None:
    await connection.executemany(
        "INSERT INTO papers (id, title, title_sort, url, digest) VALUES ($1, $2, $3, 'https://example.org', '')",
        [(number, title, fold_title(title)) for number, title in enumerate(titles, 1)],
    )
    for number, (slug, name, papers, spellings) in enumerate(models, 1):
        await connection.execute(
            "INSERT INTO models (id, slug, name, lineage, paper_count) VALUES ($1, $2, $3, $4, $5)",
            number, slug, name, [number], papers,
        )  # fmt: skip
        for key in {slug.replace("-", ""), *spellings}:
            await connection.execute("INSERT INTO model_aliases VALUES ($1, $2)", key, number)
    await connection.executemany(
        "INSERT INTO repos (id, key, host, owner, name, url, paper_count)"
        " VALUES ($1, lower('github.com/' || $2::text), 'github.com', split_part($2, '/', 1), split_part($2, '/', 2),"
        " 'https://github.com/' || $2, $3)",
        [(number, path, papers) for number, (path, papers) in enumerate(repos, 1)],
    )


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def box(template_dsn: str, settings: Settings) -> AsyncIterator[Database]:
    """A database of TITLES, MODELS and REPOS."""
    dsn = await create_clone(template_dsn)
    connection = await asyncpg.connect(dsn)
    await fill(connection, TITLES, MODELS, REPOS)
    await connection.close()
    database = await Database.open(dsn, settings, read_only=True)
    yield database
    await database.close()
    await drop_clone(dsn)


async def ask(db: Database, prefix: str, *kinds: SuggestionKind, limit: int = 10) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(await suggest(db, SuggestRequest(prefix, limit, kinds)))
    return found


async def texts(db: Database, prefix: str, *kinds: SuggestionKind, match: str, limit: int = 10) -> list[str]:
    return [item["text"] for item in await ask(db, prefix, *kinds, limit=limit) if item["match"] == match]


async def test_a_suggestion_says_what_it_is_and_how_to_follow_it(box: Database) -> None:
    assert await ask(box, "longf", limit=3) == [
        {"kind": "model", "id": "m_0000000000000008", "text": "Longformer", "slug": "longformer", "url": None,
         "paper_count": 12, "match": "prefix"},
        {"kind": "paper", "id": "p_0000000000000006", "text": "Longformer: The Long-Document Transformer",
         "slug": None, "url": "https://example.org", "paper_count": None, "match": "prefix"},
        {"kind": "repo", "id": "r_0000000000000003", "text": "allenai/longformer", "slug": None,
         "url": "https://github.com/allenai/longformer", "paper_count": 9, "match": "prefix"},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("attention i", ["Attention in Infant Rats", "Attention Is All You Need"]),
        ("ATTENTION  IS a", ["Attention Is All You Need"]),
        ("schrodinger", ["Schrödinger Equations on Graphs"]),
        ("Schrödinger eq", ["Schrödinger Equations on Graphs"]),
        ("日本", ["日本語の文書分類"]),
        ("🦙", ["🦙 in the Mountains"]),
        ("100%", ["100% Renewable: A \\Study_"]),
        ("gpt 4", ["GPT-4", "GPT-4o"]),
        ("bertb", ["BERT-Base"]),
        ("openai/c", ["openai/CLIP"]),
        ("https://github.com/OpenAI/C", ["openai/CLIP"]),
        ("git@github.com:openai/clip", ["openai/CLIP"]),
        ("dao", ["Dao-AILab/flash-attention"]),
        ("flash", ["Dao-AILab/flash-attention"]),
    ],
)
async def test_the_beginning_of_any_name_finds_it(box: Database, prefix: str, expected: list[str]) -> None:
    assert await texts(box, prefix, match="prefix") == expected


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("longform", ["A Study of Longformer (and Friends)"]),
        ("neural machine tra", ["A Survey of Neural Machine Translation"]),
        ("neural mach", ["A Survey of Neural Machine Translation", "Machine Ethics, Neural and Other"]),
        ("document tr", ["Longformer: The Long-Document Transformer"]),
        ("longformer d", ["Longformer: The Long-Document Transformer"]),
        ("why should i", ['"Why Should I Trust You?": Explaining a Classifier']),
        ("the zeb", ["On the Tails of Zebras"]),
        ("schrodinger graphs on", ["Schrödinger Equations on Graphs"]),
        # What most titles have is no reason to offer one, nor is a letter inside.
        ("of the", []),
        ("with", []),
        ("fr", []),
    ],
)
async def test_words_are_found_inside_titles(box: Database, prefix: str, expected: list[str]) -> None:
    assert sorted(await texts(box, prefix, match="words")) == expected


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("attenton is", "Attention Is All You Need"),
        ("attentionn is", "Attention Is All You Need"),
        ("attentoin is", "Attention Is All You Need"),
        ("ottention is", "Attention Is All You Need"),
        ("ttention is", "Attention Is All You Need"),
        ("tatention is", "Attention Is All You Need"),
        ("xattention is", "Attention Is All You Need"),
        ("attention it", "Attention Is All You Need"),
        ("attentionis all", "Attention Is All You Need"),
        ("日本誤の文", "日本語の文書分類"),
        ("schroedinger eq", "Schrödinger Equations on Graphs"),
        ("roberat", "RoBERTa"),
        ("gtp-4", "GPT-4"),
        ("longfromer", "Longformer"),
        ("flahs-att", "Dao-AILab/flash-attention"),
        ("flash attention", "Dao-AILab/flash-attention"),
        ("openai/clpi", "openai/CLIP"),
        ("opanai/cl", "openai/CLIP"),
    ],
)
async def test_one_typo_is_forgiven_wherever_it_is(box: Database, prefix: str, expected: str) -> None:
    assert expected in await texts(box, prefix, match="typo")


async def test_two_typos_are_not(box: Database) -> None:
    assert await ask(box, "attentoin iss") == []


async def test_typos_are_looked_for_only_where_the_page_is_not_full(box: Database) -> None:
    matches = [item["match"] for item in await ask(box, "bert")]
    assert matches == ["prefix"] * 6 + ["typo"]
    assert [item["match"] for item in await ask(box, "bert", limit=6)] == ["prefix"] * 6
    # Of the words of a title neither.
    assert [item["match"] for item in await ask(box, "longformer", PAPER)] == ["prefix", "words"]
    assert [item["match"] for item in await ask(box, "longformer", PAPER, limit=1)] == ["prefix"]


@pytest.mark.parametrize("prefix", ["q", "zq", "qe", "eb"])
async def test_one_and_two_characters_are_not_corrected(box: Database, prefix: str) -> None:
    assert await texts(box, prefix, match="typo") == []


async def test_the_named_one_comes_first_then_those_with_more_papers(box: Database) -> None:
    assert await texts(box, "bert", MODEL, match="prefix") == ["BERT", "Berta", "BERT-Base"]
    assert await texts(box, "ber", MODEL, match="prefix") == ["Berta", "BERT", "BERT-Base"]
    assert await texts(box, "bert", REPO, match="prefix") == ["google-research/bert", "bert-lab/tools"]


async def test_kinds_take_turns(box: Database) -> None:
    found = [item["kind"] for item in await ask(box, "bert") if item["match"] == "prefix"]
    assert found == ["model", "paper", "repo", "model", "repo", "model"]
    for kind in SuggestionKind:
        assert {item["kind"] for item in await ask(box, "bert", kind)} == {kind.value}
    assert await ask(box, "bert", MODEL, PAPER, REPO) == await ask(box, "bert")
    assert {item["kind"] for item in await ask(box, "bert", PAPER, REPO)} == {"paper", "repo"}


async def test_the_part_of_a_title_is_no_part_of_its_words(box: Database) -> None:
    for part in "0123456789abcdef":
        assert await ask(box, f"document {part}longformer", PAPER) == []


async def test_nothing_is_offered_twice(box: Database) -> None:
    # By name and by owner, by its beginning and by its words, as typed and as corrected.
    for prefix in ("longformer", "bert", "attention", "gpt-4", "flash-attention"):
        ids = [item["id"] for item in await ask(box, prefix, limit=100)]
        assert ids
        assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    "prefix",
    ["%", "_", "\\", "%%%%", "___", "\\%\\_", "'", "''; --", ":*", "&&&", "!!!", "(a | b)", "<->", "#", "##abc",
     "{0}", "\U0010ffff", "é" * 2000, "x y " * 500, "/", "//", "https://", "\u200b", "𝕏𝕏𝕏", "?\u0301?"],
)  # fmt: skip
async def test_signs_stand_for_themselves(box: Database, prefix: str) -> None:
    assert await ask(box, prefix) == []


async def test_suggestions_follow_the_papers(db: Database, dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    assert await ask(db, "zebra") == []
    await fill(connection, ["Zebra Crossings"], [("zebranet", "ZebraNet", 3, [])], [("zoo/zebra", 1)])
    assert [item["text"] for item in await ask(db, "zebra")] == ["ZebraNet", "Zebra Crossings", "zoo/zebra"]
    title = "On Crossings of the Zebra"
    await connection.execute("UPDATE papers SET title = $1, title_sort = $2", title, fold_title(title))
    assert [(item["text"], item["match"]) for item in await ask(db, "crossings zeb")] == [(title, "words")]
    assert [(item["text"], item["match"]) for item in await ask(db, "on corss")] == [(title, "typo")]
    await connection.execute("DELETE FROM papers; DELETE FROM model_aliases; DELETE FROM models; DELETE FROM repos")
    assert await ask(db, "zebra") == await ask(db, "crossings zeb") == await ask(db, "on corss") == []
    await connection.close()


async def test_of_very_many_those_with_the_most_papers_are_found(db: Database, dsn: str) -> None:
    """However late their names sort among those that begin so."""
    connection = await asyncpg.connect(dsn)
    numbers = range(1000)
    models: list[Model] = [(f"m{number:03}", f"M{number:03}", 1 + (number == 998), []) for number in numbers]
    repos = [(f"m{number:03}/x{number}", 1 + (number == 997)) for number in numbers]
    await fill(connection, [f"M{number}" for number in numbers], models, [*repos, ("x/m999", 5)])
    await connection.close()
    assert [item["text"] for item in await ask(db, "m", limit=4)] == ["M998", "M0", "x/m999", "M000"]
    assert [item["text"] for item in await ask(db, "m", REPO, limit=2)] == ["x/m999", "m997/x997"]
    assert len(await ask(db, "m", limit=100)) == 100


def is_near(prefix: str, name: str) -> bool:
    """Whether the name begins with the prefix after one character was changed, left out, put in or swapped."""
    for place in range(len(prefix)):
        before, here, after = prefix[:place], prefix[place], prefix[place + 1 :]
        put_in = name[place : place + 1]
        forms = [before + put_in + after, before + put_in + here + after, before + after[:1] + here + after[1:]]
        if len(prefix) > SHORTEST_CORRECTED:
            forms.append(before + after)
        if any(name.startswith(form) for form in forms):
            return True
    return False


async def test_exactly_the_names_with_one_typo_are_found(db: Database, dsn: str) -> None:
    """Against a definition that has nothing of the index, among names so alike that every case comes up."""
    random = Random(7)
    names = sorted({"".join(random.choices("abcé語", k=random.randint(3, 9))) for _ in range(90)})
    titles = {fold_title(name) for name in names}
    connection = await asyncpg.connect(dsn)
    await fill(connection, sorted(titles))
    await connection.close()
    near = 0
    for _ in range(150):
        prefix = "".join(random.choices("abcé語", k=random.randint(3, 7)))
        found = await ask(db, prefix, PAPER, limit=100)
        folded = fold_title(prefix)
        begun = {title for title in titles if title.startswith(folded)}
        assert {item["text"] for item in found if item["match"] == "prefix"} == begun, prefix
        expected = {title for title in titles - begun if is_near(folded, title)}
        assert {item["text"] for item in found if item["match"] == "typo"} == expected, prefix
        near += len(expected)
    assert near > 300


async def test_the_last_character_there_is_ends_no_search(db: Database, dsn: str) -> None:
    """Names are found between their beginning and their beginning with this character behind it."""
    last = "\U0010ffff"
    connection = await asyncpg.connect(dsn)
    await fill(connection, [f"abc{last}", f"abc{last}{last}d", f"{last}{last}x", "abcd"])
    await connection.close()
    assert await texts(db, f"abc{last}", PAPER, match="prefix") == [f"abc{last}"]
    assert "abcd" in await texts(db, "abxd", PAPER, match="typo")

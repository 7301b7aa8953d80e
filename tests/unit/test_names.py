"""Spellings: any spelling of a thing must give the same key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.names import (
    PaperName,
    RepoName,
    author_words,
    clean_url,
    decode_id,
    encode_id,
    find_unstorable,
    fold_title,
    hash_id,
    model_key,
    model_slug,
    normalise_external_id,
    parse_paper_name,
    parse_repo,
    title_key,
    url_key,
)


@pytest.mark.parametrize(
    "spelling",
    [
        "https://github.com/PoTsui99/UniRGB-IR.git.",
        "http://www.github.com/PoTsui99/UniRGB-IR/",
        "https://github.com/PoTsui99/UniRGB-IR?tab=readme-ov-file#usage",
        "git@github.com:PoTsui99/UniRGB-IR",
        "ssh://git@github.com/PoTsui99/UniRGB-IR.git",
        "git+https://github.com/PoTsui99/UniRGB-IR.git",
        "github.com/potsui99/unirgb-ir",
        "potsui99/unirgb-ir",
        " PoTsui99/UniRGB-IR).",
    ],
)
def test_every_spelling_of_a_repository_has_one_key(spelling: str) -> None:
    repo = parse_repo(spelling)
    assert repo is not None
    assert repo.key == "github.com/potsui99/unirgb-ir"
    assert repo.path is None


def test_a_path_below_a_repository_is_kept() -> None:
    repo = parse_repo("https://github.com/ekinakyurek/google-research/blob/master/incontext.")
    assert repo == RepoName("github.com", "ekinakyurek", "google-research", "blob/master/incontext")
    assert repo.url == "https://github.com/ekinakyurek/google-research"


def test_gitlab_groups_are_part_of_the_owner() -> None:
    repo = parse_repo("https://gitlab.com/group/sub/project/-/tree/main/x")
    assert repo == RepoName("gitlab.com", "group/sub", "project", "tree/main/x")


@pytest.mark.parametrize(
    "text",
    ["", "foo", "github.com", "github.com/owner", "https://github.com/features/actions", "https://ip-adapter.github.io",
     "https://huggingface.co/a/b", "a/b/c", "https://github.com/a/..", "https://[", "http://github.com:x/a/b"],
)  # fmt: skip
def test_what_is_no_repository(text: str) -> None:
    assert parse_repo(text) is None


@given(st.text(max_size=60))
def test_no_text_breaks_the_readers(text: str) -> None:
    repo = parse_repo(text)
    if repo is not None:
        again = parse_repo(repo.url)
        assert again is not None and again.key == repo.key
    name = parse_paper_name(text)
    if name is not None and name.scheme != "id":
        assert parse_paper_name(f"{name.scheme}:{name.value}") == name
    assert clean_url(clean_url(text)) == clean_url(text)
    for read in (url_key, title_key, fold_title, model_key, model_slug, author_words):
        read(text)


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("https://github.com/a/b.", "https://github.com/a/b"),
        ("https://x.org/a_(b)", "https://x.org/a_(b)"),
        ("https://x.org/a).", "https://x.org/a"),
        ("https://x.org/a?b=c},", "https://x.org/a?b=c"),
        ('https://x.org/"', "https://x.org/"),
    ],
)
def test_punctuation_stuck_to_an_address_goes(raw: str, clean: str) -> None:
    assert clean_url(raw) == clean


def test_two_spellings_of_an_address_have_one_key() -> None:
    assert url_key("http://www.Example.org/Page/") == url_key("https://example.org/Page") == "example.org/Page"
    assert url_key("https://github.com/OpenAI/CLIP.git") == url_key("github.com/openai/clip")
    assert url_key("https://example.org/page") != url_key("https://example.org/Page")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("p_000000000000001a", PaperName("id", "26")),
        ("arxiv:2506.06751v2", PaperName("arxiv", "2506.06751")),
        ("ArXiv:cs/0112017", PaperName("arxiv", "cs/0112017")),
        ("https://arxiv.org/abs/2506.06751v1", PaperName("arxiv", "2506.06751")),
        ("https:/arxiv.org/pdf/2506.06751.pdf", PaperName("arxiv", "2506.06751")),
        ("https://huggingface.co/papers/2506.06751", PaperName("arxiv", "2506.06751")),
        ("doi:10.48550/arXiv.2506.06751", PaperName("arxiv", "2506.06751")),
        ("https://doi.org/10.18653/V1/2020.ACL-main.1", PaperName("doi", "10.18653/v1/2020.acl-main.1")),
        ("https://aclanthology.org/2020.acl-main.1/", PaperName("acl", "2020.acl-main.1")),
        ("openreview:Ab_1", PaperName("openreview", "Ab_1")),
    ],
)
def test_papers_are_found_by_any_name(text: str, name: PaperName) -> None:
    assert parse_paper_name(text) == name


@pytest.mark.parametrize(
    "text", ["", "xx", "p_zz", "p_ffffffffffffffff", "r_000000000000001a", "arxiv:", "arxiv:hello", "doi:11.1/x",
             "https://example.org/1", ":x", "https://", "id:foo", "ID:26"],
)  # fmt: skip
def test_what_names_no_paper(text: str) -> None:
    assert parse_paper_name(text) is None


def test_unknown_schemes_and_shapes_are_kept_as_given() -> None:
    assert normalise_external_id("Weird", " a/B ") == ("weird", "a/B")
    assert normalise_external_id("arxiv", "not-one") == ("arxiv", "not-one")


@given(st.integers(min_value=0, max_value=(1 << 63) - 1))
def test_ids_survive_their_spelling(number: int) -> None:
    assert decode_id(encode_id("p", number)) == ("p", number)


def test_hashed_ids_fit_a_bigint_and_never_change() -> None:
    # Papers are addressed by it: another value would break every stored address.
    assert hash_id("arxiv:2506.06751") == 3826633757645249300
    assert hash_id("a") != hash_id("b")


def test_titles_are_compared_by_letters_and_digits() -> None:
    assert title_key("BERT: Pre-training  of Deep…") == title_key("bert pretraining of DEEP")
    assert title_key("Poincaré") == title_key("Poincare\u0301") == "poincare"
    assert title_key("!!!") != title_key("???")
    assert fold_title("  Éa\tB ") == "ea b"


def test_author_words() -> None:
    assert author_words("Le-Cun, Yann") == ["le", "cun", "yann"]


@pytest.mark.parametrize("spelling", ["GPT-4", "gpt 4", "GPT4", "gpt_4"])
def test_spellings_of_a_model(spelling: str) -> None:
    assert model_key(spelling) == "gpt4"


def test_neighbouring_models_stay_apart() -> None:
    assert model_key("CodeT5+") != model_key("CodeT5")
    assert model_key("Llama-3.1") != model_key("Llama-31")
    assert model_slug("Llama-3.1 70B") == "llama-3.1-70b"
    assert model_slug("CodeT5+") == "codet5-plus"
    assert model_slug("中文") == "中文"
    assert model_slug("!!") != model_slug("??")


def test_unstorable_characters_are_found() -> None:
    assert find_unstorable("ab\x00") == 2
    assert find_unstorable("\ud800") == 0
    assert find_unstorable("naïve 😀") is None

"""Addresses in running text: found whole, cleaned, and of the right kind."""

import pytest

from service.ingest.extract import find_links, read_link


@pytest.mark.parametrize(
    ("text", "url", "kind", "surface"),
    [
        ("Code: https://github.com/o/N.git.", "https://github.com/o/N", "repository", "https://github.com/o/N.git"),
        ("See [code](https://github.com/o/n).", "https://github.com/o/n", "repository", "https://github.com/o/n"),
        (r"\url{https://github.com/o/a\_b}", "https://github.com/o/a_b", "repository", r"https://github.com/o/a\_b"),
        ("at github . com/o/n .", "https://github.com/o/n", "repository", "github . com/o/n"),
        ("at https://github. com/o/n", "https://github.com/o/n", "repository", "https://github. com/o/n"),
        ("at https://github.com/\no/n now", "https://github.com/o/n", "repository", "https://github.com/\no/n"),
        ("(github.com/o/n)", "https://github.com/o/n", "repository", "github.com/o/n"),
        ("https://github.com/o/n。", "https://github.com/o/n", "repository", "https://github.com/o/n"),
        (
            "in https://github.com/o/n/blob/main/d.",
            "https://github.com/o/n/blob/main/d",
            "repository",
            "https://github.com/o/n/blob/main/d",
        ),
        ("https://github.com/features/x", "https://github.com/features/x", "other", "https://github.com/features/x"),
        ("https://me.github.io/x.", "https://me.github.io/x", "project_page", "https://me.github.io/x"),
        ("Project page: https://x.ai/y.", "https://x.ai/y", "project_page", "https://x.ai/y"),
        ("https://huggingface.co/o/M-8B.", "https://huggingface.co/o/M-8B", "model", "https://huggingface.co/o/M-8B"),
        ("hf.co/datasets/o/d", "https://hf.co/datasets/o/d", "dataset", "hf.co/datasets/o/d"),
        (
            "https://huggingface.co/spaces/o/s,",
            "https://huggingface.co/spaces/o/s",
            "space",
            "https://huggingface.co/spaces/o/s",
        ),
        (
            "https://huggingface.co/papers/1",
            "https://huggingface.co/papers/1",
            "other",
            "https://huggingface.co/papers/1",
        ),
        (
            "https://doi.org/10.5281/zenodo.1",
            "https://doi.org/10.5281/zenodo.1",
            "other",
            "https://doi.org/10.5281/zenodo.1",
        ),
        ("http://e.org/a_(b)!", "http://e.org/a_(b)", "other", "http://e.org/a_(b)"),
    ],
)
def test_an_address_is_cleaned_and_sorted(text: str, url: str, kind: str, surface: str) -> None:
    (link,) = find_links(text, "abstract")
    assert (link.url, link.kind) == (url, kind)
    assert link.start is not None and link.end is not None
    assert text[link.start : link.end] == surface


def test_what_stands_below_a_repository_is_kept() -> None:
    (link,) = find_links("https://github.com/o/n/blob/master/incontext.", "abstract")
    assert link.repo is not None
    assert (link.repo.key, link.repo.path) == ("github.com/o/n", "blob/master/incontext")


def test_two_spellings_of_one_repository_have_one_key() -> None:
    first, second = find_links("https://github.com/OpenAI/CLIP and http://www.github.com/openai/clip.git", "title")
    assert first.url_key == second.url_key
    assert first.repo and second.repo and first.repo.key == second.repo.key


def test_addresses_with_only_a_comma_between_them_are_two() -> None:
    links = find_links("https://github.com/a/b,https://gitlab.com/c/d", "abstract")
    assert [link.url for link in links] == ["https://github.com/a/b", "https://gitlab.com/c/d"]


@pytest.mark.parametrize("text", ["me@github.com", "no address", "https://", "https://[", "a.b.c", "github", ""])
def test_nothing_is_invented(text: str) -> None:
    assert find_links(text, "abstract") == []


def test_an_owner_alone_is_not_joined_with_the_next_word() -> None:
    assert [link.repo for link in find_links("https://github.com/openai/ for more", "abstract")] == [None]


def test_an_address_given_beside_the_text_has_no_place() -> None:
    link = read_link("https://huggingface.co/o/m")
    assert link is not None
    assert (link.kind, link.field, link.start, link.end) == ("model", None, None, None)
    assert read_link("ftp://x.org/a") is None

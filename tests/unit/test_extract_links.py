"""Addresses in running text: found whole, cleaned, and of the right kind."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("at https://github.com/acme/Widget- Net-Tools.", "https://github.com/acme/Widget-Net-Tools"),
        ("at https://github.com/acme/Widget-\nNET.", "https://github.com/acme/Widget-NET"),
        ("at https://github.com/acme- lab/widgets.", "https://github.com/acme-lab/widgets"),
        ("at https://github.com/acme/ widget-net.", "https://github.com/acme/widget-net"),
        ("at https://github.com/acme/\nwidgets.", "https://github.com/acme/widgets"),
        ("at https://github.com/ acme/widgets.", "https://github.com/acme/widgets"),
        ("at github.com/acme /widgets now", "https://github.com/acme/widgets"),
        ("at https: //github.com/acme/widgets", "https://github.com/acme/widgets"),
        ("at https:/github.com/acme/widgets", "https://github.com/acme/widgets"),
        ("at http://github/acme/widgets", "https://github.com/acme/widgets"),
        ("at https%3A%2F%2Fgithub.com%2Facme%2Fwidgets.", "https://github.com/acme/widgets"),
        ("at github.com%2Facme%2Fwidgets", "https://github.com/acme/widgets"),
        ("at https://github.com/acme/my%2Dwidgets", "https://github.com/acme/my-widgets"),
        ("git clone git@github.com:acme/widgets.git", "https://github.com/acme/widgets"),
        ("pip install git+https://github.com/acme/widgets.git@main", "https://github.com/acme/widgets"),
        ("git://github.com/acme/widgets", "https://github.com/acme/widgets"),
        ("https://github.com/acme/widgets,which folds", "https://github.com/acme/widgets"),
        ("https://github.com/acme/widgets.Our method", "https://github.com/acme/widgets"),
        ("https://github.com/acme/ssd.pytorch is", "https://github.com/acme/ssd.pytorch"),
        ('<a href="https://github.com/acme/widgets">', "https://github.com/acme/widgets"),
        ("<https://github.com/acme/widgets>", "https://github.com/acme/widgets"),
        ("**https://github.com/acme/widgets**", "https://github.com/acme/widgets"),
        ("WWW.GitHub.com/acme/widgets", "https://github.com/acme/widgets"),
        ("https://github.com/acme/widgets#readme", "https://github.com/acme/widgets"),
        ("https://github.com/acme/widgets/", "https://github.com/acme/widgets"),
        ("https://gitlab.com/a/b/c/-/tree/main", "https://gitlab.com/a/b/c"),
        ("https://gitlab.com/acme/widgets/tree/main/x", "https://gitlab.com/acme/widgets"),
        ("gitlab.example.org/acme/tools/widgets", "https://gitlab.example.org/acme/tools/widgets"),
        ("bitbucket.org/acme/widgets", "https://bitbucket.org/acme/widgets"),
        ("https://codeberg.org/acme/widgets", "https://codeberg.org/acme/widgets"),
        ("https://raw.githubusercontent.com/acme/widgets/main/x.py", "https://github.com/acme/widgets"),
        ("https://colab.research.google.com/github/acme/widgets/blob/main/a.ipynb", "https://github.com/acme/widgets"),
        ("https://mybinder.org/v2/gh/acme/widgets/main", "https://github.com/acme/widgets"),
        ("https://nbviewer.org/github/acme/widgets/blob/main/a.ipynb", "https://github.com/acme/widgets"),
    ],
)
def test_a_broken_or_odd_address_leads_to_its_repository(text: str, url: str) -> None:
    (link,) = find_links(text, "abstract")
    assert link.repo is not None and link.repo.url == url
    assert link.kind == "repository"
    assert link.start is not None and link.end is not None
    assert not re.search(r"^\s|[\s.,]$", text[link.start : link.end])


@pytest.mark.parametrize(
    "text",
    [
        "https://github.com/acme/ pre-trained models",
        "https://github.com/acme/ for the code",
        "https://github.com/acme/\nfor more of it",
        "https://github.com/acme is ours",
        "https://github.com/orgs/acme/repositories",
        "https://github.com/sponsors/acme",
        "https://github.com/topics/widgets",
        "https://github.com/marketplace/actions",
        "https://gist.github.com/acme/0123456789abcdef",
        "https://gitlab.com/explore/projects",
        "https://acme.github.io/widgets",
        "https://gitlab.github.io/acme/widgets",
        "https://colab.research.google.com/drive/1abc",
        "https://anonymous.4open.science/r/widgets-1234",
        "released on GitHub/GitLab/Zenodo",
        "https://web.archive.org/web/2020/https://github.com/acme/widgets",
    ],
)
def test_what_is_no_repository_is_none(text: str) -> None:
    assert [link.repo for link in find_links(text, "abstract") if link.repo] == []


def test_a_word_behind_a_whole_address_is_not_joined() -> None:
    (link,) = find_links("Found at https://github.com/acme/widgets - state-of-the-art results.", "abstract")
    assert link.url == "https://github.com/acme/widgets"


@pytest.mark.parametrize(
    ("url", "guess"),
    [
        ("https://acme.github.io/widgets", "https://github.com/acme/widgets"),
        ("https://acme.github.io/widgets/demo.html", "https://github.com/acme/widgets"),
        ("acme.gitlab.io/widgets", "https://gitlab.com/acme/widgets"),
        ("https://acme.codeberg.page/widgets", "https://codeberg.org/acme/widgets"),
        ("https://acme.github.io", None),
        ("https://acme.github.io/papers/widgets", None),
        ("https://acme.github.io/widgets.html", None),
        ("https://widgets.example.org/x", None),
    ],
)
def test_the_repository_of_a_page_is_a_guess_and_no_fact(url: str, guess: str | None) -> None:
    (link,) = find_links(f"Project page: {url}.", "abstract")
    assert link.kind == "project_page"
    assert link.repo is None
    assert (link.guessed_repo and link.guessed_repo.url) == guess


@pytest.mark.parametrize(
    ("text", "url", "kind"),
    [
        ("huggingface. co/acme/Widget-7B", "https://huggingface.co/acme/Widget-7B", "model"),
        ("https://huggingface.co/acme/Widget-7B/tree/main", "https://huggingface.co/acme/Widget-7B/tree/main", "model"),
        ("huggingface.co/datasets/acme/w", "https://huggingface.co/datasets/acme/w", "dataset"),
        ("https://hf.co/collections/acme/w-1", "https://hf.co/collections/acme/w-1", "other"),
        ("https://acme-w.hf.space", "https://acme-w.hf.space", "space"),
        ("https://modelscope.cn/models/acme/w", "https://modelscope.cn/models/acme/w", "model"),
        ("https://www.kaggle.com/datasets/acme/w", "https://www.kaggle.com/datasets/acme/w", "dataset"),
        ("doi:10.5281/zenodo.123456.", "https://doi.org/10.5281/zenodo.123456", "other"),
        ("https://zenodo.org/records/123", "https://zenodo.org/records/123", "other"),
        (r"\url{example.org/widgets}", "https://example.org/widgets", "other"),
        ("https:// acme. github. io/widgets", "https://acme.github.io/widgets", "project_page"),
    ],
)
def test_other_places_have_their_kind(text: str, url: str, kind: str) -> None:
    (link,) = find_links(text, "abstract")
    assert (link.url, link.kind) == (url, kind)


_PIECES = st.sampled_from(
    ["https://", "http", "github", ".", " ", "com", "/", "acme", "-", "widgets", "\n", "(", ")", "](", "[", r"\url{",
     "}", "huggingface.co", "10.5281/zenodo.1", "%2F", "git@", ":", "Our code is at", "é", "İ",
     ",", "#", ".git", "\\_", "."]
)  # fmt: skip


@given(st.lists(_PIECES, max_size=25).map("".join) | st.text(max_size=80))
def test_no_text_breaks_it_and_offsets_are_in_order(text: str) -> None:
    end = 0
    for link in find_links(text, "abstract"):
        assert link.start is not None and link.end is not None
        assert end <= link.start < link.end <= len(text)
        assert link.official in ("true", "false", "unknown")
        assert (link.kind == "repository") == (link.repo is not None)
        end = link.end

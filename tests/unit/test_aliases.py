"""Names that moved: read in any spelling, followed to the end of a chain, never in a circle."""

from itertools import pairwise

import pytest

from service.ingest.alias_files import LineReject, read_lines
from service.ingest.aliases import Alias, AliasError, Aliases, Kind, add_alias, follow, read_alias, read_key
from service.ingest.extract import Model, extract, read_link
from service.names import RepoName


def chain(*names: str, kind: Kind = Kind.REPO) -> dict[str, Alias]:
    known: dict[str, Alias] = {}
    for old, new in pairwise(names):
        add_alias(known, read_alias(kind, old, new))
    return known


def build(known: dict[str, Alias]) -> Aliases:
    return Aliases.build((alias.kind, key, follow(known, alias).new) for key, alias in known.items())


@pytest.mark.parametrize(
    "old", ["Acme/Old", "https://github.com/acme/old.git", "git@github.com:ACME/OLD", "github.com/acme/old"]
)
def test_any_spelling_of_a_repository_is_one_old_name(old: str) -> None:
    alias = read_alias(Kind.REPO, old, "https://github.com/acme/New/tree/main")
    assert (alias.key, alias.new, alias.new_key) == (
        "github.com/acme/old",
        "github.com/acme/New",
        "github.com/acme/new",
    )
    assert read_key(Kind.REPO, old) == alias.key


@pytest.mark.parametrize("old", ["Widget 2+", "widget-2+", "WIDGET2+", "widget-2-plus"])
def test_any_spelling_of_a_model_is_one_old_name(old: str) -> None:
    assert read_key(Kind.MODEL, old) == read_alias(Kind.MODEL, "Widget-2+", "Foldy").key


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        (Kind.REPO, "", "a/b"),
        (Kind.REPO, "a/b", " "),
        (Kind.REPO, "acme", "a/b"),
        (Kind.REPO, "a/b", "https://example.org/a/b"),
        (Kind.REPO, "a/b", "A/B.git"),
        (Kind.REPO, "a/b", "a/" + "b" * 600),
        (Kind.MODEL, "---", "BERT"),
        (Kind.MODEL, "Wid\0get", "BERT"),
        (Kind.MODEL, "gpt 4", "GPT-4"),
    ],
)
def test_what_is_no_alias_is_said(kind: Kind, old: str, new: str) -> None:
    with pytest.raises(AliasError):
        read_alias(kind, old, new)


def test_a_chain_leads_to_its_end_in_whatever_order_it_was_told() -> None:
    known = chain("a/one", "a/two", "a/three")
    assert {follow(known, alias).new_key for alias in known.values()} == {"github.com/a/three"}
    known = {}
    for old, new in (("a/two", "a/three"), ("a/one", "a/two")):
        add_alias(known, read_alias(Kind.REPO, old, new))
    assert build(known).rename_repo(RepoName("github.com", "a", "ONE", "x")) == RepoName(
        "github.com", "a", "three", "x"
    )


def test_a_circle_is_refused_and_changes_nothing() -> None:
    known = chain("a/one", "a/two", "a/three")
    before = dict(known)
    with pytest.raises(AliasError, match=r"circle: .*a/three -> .*a/one -> .*a/two -> .*a/three"):
        add_alias(known, read_alias(Kind.REPO, "a/three", "a/one"))
    assert known == before
    # Not so where the old name leads elsewhere from now on.
    add_alias(known, read_alias(Kind.REPO, "a/two", "b/other"))
    assert follow(known, known["github.com/a/one"]).new == "github.com/b/other"


def test_what_was_found_is_renamed_and_stays_where_it_stands() -> None:
    known = {**chain("acme/old", "acme/new"), **chain("BERT", "Foldy", kind=Kind.MODEL)}
    text = "We use BERT-Large and BERT. Code: https://github.com/acme/old/tree/main."
    found, renamed = extract("", text), build(known).rename(extract("", text))
    assert [link.url for link in renamed.links] == [link.url for link in found.links]
    assert renamed.links[0].repo == RepoName("github.com", "acme", "new", "tree/main")
    assert [m.surface for m in renamed.mentions] == [m.surface for m in found.mentions] == ["BERT-Large", "BERT"]
    large, plain = (mention.model for mention in renamed.mentions)
    assert plain.name == "Foldy"
    # What is below it stays below it.
    assert (large.name, large.parent and large.parent.name) == ("BERT-Large", "Foldy")


def test_a_new_name_may_stand_below_the_old_one() -> None:
    aliases = build(chain("BERT", "BERT-Large", kind=Kind.MODEL))
    renamed = aliases.rename_model(Model("BERT", "bert"))
    assert renamed.name == "BERT-Large"
    assert renamed.parent is None


def test_a_name_that_a_record_gives_is_renamed_too() -> None:
    aliases = build(chain("Widget+", "GPT 4", kind=Kind.MODEL))
    assert aliases.resolve_model("widget plus").name == aliases.resolve_model("Widget+").name == "GPT-4"
    assert aliases.resolve_model("Other").name == "Other"
    link = read_link("https://github.com/o/n")
    assert link is not None and aliases.rename_link(link) == link


def test_a_file_is_read_line_by_line() -> None:
    lines = [
        "\ufeffrepo\ta/one\ta/two".encode(),
        b"# a comment",
        b"",
        b'{"kind": "model", "old": "Old", "new": "New"}',
        b"repo\ta/one",
        b"repo\tnothing\ta/two",
        b"paper\ta/b\tc/d",
        b"\xff",
        b'{"kind": "repo"}',
        b"repo\tA/One\ta/two",
        b"repo\ta/ONE\ta/three",
        b'{"kind": "repo", "old": "x/y", "new": "x/z", "why": ""}',
    ]
    items = list(read_lines(lines))
    taken = [item for item in items if not isinstance(item, LineReject)]
    assert [(number, alias.kind, alias.old) for number, alias in taken] == [
        (1, "repo", "github.com/a/one"),
        (4, "model", "Old"),
    ]
    rejected = [item for item in items if isinstance(item, LineReject)]
    assert [item.line for item in rejected] == [5, 6, 7, 8, 9, 11, 12]
    assert "Line 1" in rejected[-2].reason

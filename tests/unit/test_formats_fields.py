"""What a source's fields say: dates, names, identifiers, text with tags."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.ingest.formats.arxiv_comments import read_comment
from service.ingest.formats.fields import (
    read_arxiv_month,
    read_date,
    read_ids,
    read_person,
    refine_date,
    unwrap,
)
from service.ingest.formats.markup import to_plain, to_plain_line
from service.ingest.formats.openalex import read_abstract
from service.ingest.formats.paperlists import convert as convert_listed
from service.ingest.formats.s2orc import read_spans
from service.ingest.record import GivenRepo
from service.papers import parse_period

NO_DATES: list[object] = [None, "", 0, True, "soon", "20245", "0000-01-01", [], [[]], [None], {}, [[-1]]]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("value", "date"),
    [
        ("2024-05-17T01:02:03.000Z", "2024-05-17"),
        ("2024-5-7", "2024-05-07"),
        ("2024/05/17", "2024-05-17"),
        ("2024-05", "2024-05"),
        ("2024", "2024"),
        (2024, "2024"),
        ([2024, 5], "2024-05"),
        ([[2024, 5, 17]], "2024-05-17"),
        ([["2024", "5"]], "2024-05"),
        ({"date-parts": [[2024, 5, 17]]}, "2024-05-17"),
        ({"date-parts": [[None]], "date-time": "2024-05-17T00:00:00Z"}, "2024-05-17"),
        ("Mon, 2 Apr 2007 19:18:42 GMT", "2007-04-02"),
        # Of a day that no calendar has, what it has.
        ("2023-02-30", "2023-02"),
        ("2023-00-00", "2023"),
        ([[2023, 13, 1]], "2023"),
        *((nothing, None) for nothing in NO_DATES),
    ],
)
def test_a_date_in_any_form(value: object, date: str | None) -> None:
    assert read_date(value) == date


@given(JSON)
def test_whatever_stands_for_a_date_gives_one_of_ours_or_none(value: object) -> None:
    date = read_date(value)
    assert date is None or parse_period(date) is not None


@pytest.mark.parametrize(
    ("dates", "refined"),
    [
        (("2024-03", None, "2024-03-02"), "2024-03-02"),
        (("2024", "2023-12-01", "2024-05"), "2024-05"),
        ((None, "2024"), "2024"),
        ((None, None), None),
    ],
)
def test_a_date_becomes_more_precise_by_another(dates: tuple[str | None, ...], refined: str | None) -> None:
    assert refine_date(*dates) == refined


@pytest.mark.parametrize(
    ("number", "month"),
    [
        ("2506.06440", "2025-06"),
        ("0704.0001v2", "2007-04"),
        ("hep-th/9901001", "1999-01"),
        ("math.GT/0309136", "2003-09"),
        ("cs/0012007", "2000-12"),
        ("2513.00001", "2025"),
        ("heron-1", None),
    ],
)
def test_the_month_that_an_arxiv_id_says(number: str, month: str | None) -> None:
    assert read_arxiv_month(number) == month


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("  Ada\n Bee ", "Ada Bee"),
        ({"given": "Ada", "family": "Bee", "suffix": "Jr."}, "Ada Bee Jr."),
        ({"first": "Ada", "middle": ["C.", ""], "last": "Bee", "suffix": ""}, "Ada C. Bee"),
        ({"name": "Bee, Ada", "givenName": "Ada", "familyName": "Bee"}, "Ada Bee"),
        ({"name": "The Heron Consortium"}, "The Heron Consortium"),
        ({"family": "Bee"}, "Bee"),
        ({"given": "Ada"}, "Ada"),
        ({"name": None}, ""),
        (7, ""),
    ],
)
def test_a_person_in_any_form(value: object, name: str) -> None:
    assert read_person(value) == name


def test_identifiers_are_texts_and_blanks_none() -> None:
    given = {"mag": 99, "pmc": "456", "doi": "10.1/a 10.2/b", "arxiv": " ", "acl": None, "s2": True, "pubmed": ["1"]}
    assert read_ids(given) == {"mag": "99", "pmc": "PMC456", "doi": "10.1/a"}


def test_lines_are_joined_and_paragraphs_kept() -> None:
    assert unwrap("  One line\nand another.\n  A paragraph\n begun by blanks.\n\n\nA third.\n") == (
        "One line and another.\nA paragraph\nbegun by blanks.\nA third."
    )


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<jats:title>Abstract</jats:title>\n<jats:p>Herons\n wade.</jats:p>", "Herons wade."),
        ("<p>One.</p><p>Two.</p>", "One.\nTwo."),
        ("<h4>Summary:</h4>Herons.", "Herons."),
        ("Abstract thinking of herons.", "Abstract thinking of herons."),
        ("H<sub>2</sub>O, x<jats:sup>2</jats:sup>", "H2O, x2"),
        ("a<b and c>d, p < 0.05", "a<b and c>d, p < 0.05"),
        ("List<String> of <unknown>", "List<String> of <unknown>"),
        ("&amp;lt;p&amp;gt; Tom &amp;amp; Jerry", "Tom & Jerry"),
        ("&lt;i&gt;Ardea&lt;/i&gt; &amp; co", "Ardea & co"),
        ("<mml:math><mml:mi>x</mml:mi><mml:mo>=</mml:mo><mml:mn>1</mml:mn></mml:math>", "x=1"),
        (
            "<p>So <inline-formula><alternatives><tex-math>\\documentclass{minimal}\n\\begin{document}$$x^2$$"
            "\\end{document}</tex-math><mml:math><mml:mi>x</mml:mi></mml:math></alternatives></inline-formula>.</p>",
            "So $$x^2$$.",
        ),
        ("Plain\ntext.", "Plain\ntext."),
        ("", ""),
    ],
)
def test_markup_becomes_plain_text(markup: str, text: str) -> None:
    assert to_plain(markup) == text


def test_a_title_is_one_line() -> None:
    assert to_plain_line("Tiny <i>Herons</i><br/>of &amp; in Ponds") == "Tiny Herons of & in Ponds"


@given(st.text(alphabet="<>/&;: ajtspml=\"'\n"))
def test_any_markup_ends(markup: str) -> None:
    assert isinstance(to_plain(markup), str)


def test_a_comment_gives_its_addresses() -> None:
    comment = (
        "ACL 2024. Code is available at https://github.com/a/b; built on https://github.com/c/d. See https://e.org/f"
    )
    urls, repos = read_comment(comment)
    assert urls == ("https://e.org/f",)
    assert repos == (
        GivenRepo(url="https://github.com/a/b", official=True, basis=("paper",)),
        GivenRepo(url="https://github.com/c/d", official=False, basis=("paper",)),
    )


def test_an_inverted_abstract_is_put_in_order() -> None:
    index = {"wade": [2, 900_000_000_000], "Herons": [0], "do": [1], "odd": ["x", None, -1]}
    assert read_abstract({"abstract_inverted_index": index}) == "odd Herons do wade wade"
    assert read_abstract({"abstract_inverted_index": "not json"}) == ""
    assert read_abstract({"abstract_inverted_index": None, "abstract": "As text."}) == "As text."


@pytest.mark.parametrize(
    ("annotation", "spans"),
    [
        ('[{"start": 0, "end": 3}, {"start": "3", "end": "5"}]', [(0, 3), (3, 5)]),
        ([{"start": 1, "end": 2}], [(1, 2)]),
        ('[{"start": 0, "end": 11}, {"start": 4, "end": 2}, {"start": -1, "end": 2}, {"end": 2}, 7]', []),
        ("[" * 100_000, []),
        (None, []),
        ("null", []),
    ],
)
def test_annotations_within_the_text(annotation: object, spans: list[tuple[int, int]]) -> None:
    assert read_spans(annotation, 10) == spans


@pytest.mark.parametrize(
    ("file", "venue", "published"),
    [
        ("cvpr2024.json", "CVPR 2024", "2024"),
        ("colm2024_80.json", "COLM 2024", "2024"),
        ("paperlists/nips/nips2023.json.gz", "NeurIPS 2023", "2023"),
        ("3dv2025.json", "3DV 2025", "2025"),
        ("papers2024.json", None, None),
        ("-", None, None),
    ],
)
def test_the_conference_of_a_list_is_in_its_name(file: str, venue: str | None, published: str | None) -> None:
    record = convert_listed({"title": "T", "author": "A;B", "status": "Oral"}, file)
    assert (record.venue, record.published) == (venue, published)

"""LaTeX in fields, and the names of people."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.ingest.formats.bibtex_fields import read_people
from service.ingest.formats.latex import read_formula, read_latex


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Lovelace, Ada AND Turing, Alan", ["Ada Lovelace", "Alan Turing"]),
        ("King, Jr., Martin Luther", ["Martin Luther King Jr."]),
        ("van der Berg, Jan and {A and B Inc.}", ["Jan van der Berg", "A and B Inc."]),
        ("Ada Lovelace, Alan Turing, Grace Hopper, Others", ["Ada Lovelace", "Alan Turing", "Grace Hopper", "Others"]),
        (
            r"Fran{\c c}ois M\"uller and \v{S}koda, Petr and {\'E}. Dupont",
            ["François Müller", "Petr Škoda", "É. Dupont"],
        ),
        ("Doe, John and", ["John Doe"]),
        ("and others", []),
        ("Unclosed {Brace and Other", ["Unclosed Brace and Other"]),
        ("", []),
    ],
)
def test_people(text: str, expected: list[str]) -> None:
    assert list(read_people(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            r"G{\"o}del, \"Uber, {\'\i}, {\L}ukasz, Erd\H{o}s, Fran\c cois, na\"\i ve",
            "Gödel, Über, í, Łukasz, Erdős, François, naïve",
        ),
        (r"\emph{Foo} \& 50% {BERT}", "Foo & 50% BERT"),
        (r"$x^{2}$ and {x}", "$x^{2}$ and x"),
        (
            r"see \url{https://a.b/c_d~e%20f} or \href{https://x.y}{here}",
            "see https://a.b/c_d~e%20f or https://x.y here",
        ),
        ("``a'' -- b --- c~d", "“a” – b — c d"),
        (r"{\LaTeX} \textless{}b\textgreater{} co\-op", "LaTeX <b> coop"),
        (r"costs \$5 and 5$", "costs $5 and 5$"),
        ("unbalanced { and }", "unbalanced and"),
        ("plain", "plain"),
    ],
)
def test_latex(text: str, expected: str) -> None:
    assert read_latex(text) == expected


def test_formulas() -> None:
    assert read_formula(r"O(n\log n) \leq \alpha") == "O(n log n) ≤α"


@given(st.text())
def test_latex_never_raises(text: str) -> None:
    assert isinstance(read_latex(text), str)

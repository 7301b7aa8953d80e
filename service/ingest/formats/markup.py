"""Text with tags of JATS, MathML or HTML as plain text: what Crossref, DataCite and OpenAlex give."""

import html
import re

_TAG = re.compile(
    r"<(/?)(?:(\w++):)?([a-z][\w-]*+)"
    r"(?:\s++[\w:.-]++\s*+=\s*+(?:\"[^\"<]*+\"|'[^'<]*+'|[^\s<>\"'/]++))*+\s*+/?>",
    re.IGNORECASE,
)
# Each begins a new line.
_BLOCKS = frozenset(
    "abstract blockquote br break dd def-item disp-formula disp-quote div dl dt h1 h2 h3 h4 h5 h6 label li list "
    "list-item ol p sec section table td title tr ul".split()
)
_INLINE = frozenset(
    "a alternatives b bold em email ext-link fixed-case font i inline-formula inline-graphic italic math monospace "
    "named-content overline roman sans-serif sc scp small span strike strong styled-content sub sup tex-math tt u "
    "underline uri xref".split()
)
# Formulas are often given twice: TeX is what a reader of plain text can read.
_ALTERNATIVES = re.compile(
    r"<(?:\w+:)?alternatives\b[^>]*>.*?<(?:\w+:)?tex-math\b[^>]*>(.*?)</(?:\w+:)?tex-math>.*?</(?:\w+:)?alternatives>",
    re.IGNORECASE | re.DOTALL,
)
_TEX_DOCUMENT = re.compile(r"\\documentclass.*?\\begin\{document\}(.*?)\\end\{document\}", re.DOTALL)
_HEADING = re.compile(r"^(?:abstract|summary)\s*[:.]?\s*(?=\n)", re.IGNORECASE)


def to_plain(text: str) -> str:
    """A text without its tags, a block a line. What only looks like a tag ("a<b", an unknown name) stays."""
    # Some publishers escape their tags once more.
    for _ in range(2):
        text = html.unescape(_strip(text))
    lines = (" ".join(line.split()) for line in _strip(text).split("\n"))
    return _HEADING.sub("", "\n".join(filter(None, lines)).strip()).strip()


def to_plain_line(text: str) -> str:
    return " ".join(to_plain(text).split())


def _strip(text: str) -> str:
    if not any(map(_is_known, _TAG.finditer(text))):
        return text
    text = _TEX_DOCUMENT.sub(r"\1", _ALTERNATIVES.sub(r"\1", text))
    # Line breaks are the markup's, not the text's.
    return _TAG.sub(_replace, " ".join(text.split()))


def _is_known(match: re.Match[str]) -> bool:
    return match[3].lower() in _BLOCKS | _INLINE or (match[2] or "").lower() in ("jats", "mml")


def _replace(match: re.Match[str]) -> str:
    if match[3].lower() in _BLOCKS:
        return "\n"
    return "" if _is_known(match) else match[0]

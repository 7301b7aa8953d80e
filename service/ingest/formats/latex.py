"""LaTeX to plain text: accents, braces, macros. Formulas are left as they stand. Pure."""

import logging
import re
from collections.abc import Iterator
from functools import cache, lru_cache

from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db

from service.ingest.formats.xml_text import join_blanks
from service.ingest.record import MAX_ABSTRACT

logging.getLogger("pylatexenc").setLevel(logging.CRITICAL)

# What LaTeX reads otherwise than as itself.
_SPECIAL = re.compile(r"[\\{}~]|--|``|''")
_ADDRESS = re.compile(r"\\(?:url|path|nolinkurl)\s*\{([^{}]*)\}|\\href\s*\{([^{}]*)\}\s*(?=\{)")
_PERCENT = re.compile(r"(?<!\\)%")
# A formula, or a dollar that begins none ("costs $5").
_FORMULA = re.compile(r"(?<!\\)\$\$(?:(?!\$\$).)+\$\$|(?<!\\)\$(?:[^$\\]|\\.)+\$|\\\((?:(?!\\[()]).)+\\\)", re.DOTALL)
_PLAIN = (("{", ""), ("}", ""), ("~", " "), ("---", "—"), ("--", "–"), ("``", "“"), ("''", "”"))
_BOUND = re.compile(r"\\(?:[A-Za-z]+|.)|[{}]|\s+", re.DOTALL)
# Macros that pylatexenc does not know and whose text must not be lost.
_MACROS = {"LaTeX": "LaTeX", "TeX": "TeX", "BibTeX": "BibTeX", "textless": "<", "textgreater": ">", "-": ""}
_FUNCTION = re.compile(r"\\(arg(?:max|min)|cos|det|exp|inf|lim|ln|log|max|min|sin|sup|tan)(?![A-Za-z])")
# Of a word with macros; what is longer is no text.
_LONGEST_WORD = 20_000


def read_latex(text: str) -> str:
    """The text a reader sees, its blanks joined: "G{\\"o}del" -> "Gödel", "{BERT}" -> "BERT".

    Formulas ($x^2$) stay LaTeX. Addresses (\\url, \\href) stay as they are. What cannot be read is kept as given.
    """
    if not _SPECIAL.search(text) or len(text) > MAX_ABSTRACT:
        return join_blanks(text)
    parts = []
    end = 0
    for formula in _FORMULA.finditer(text):
        parts += [_read_prose(text[end : formula.start()]), formula[0]]
        end = formula.end()
    parts.append(_read_prose(text[end:]))
    return join_blanks("".join(parts))


def read_formula(text: str) -> str:
    """A formula without dollars, as characters: "O(n\\log n)" -> "O(n log n)", "\\alpha" -> "α"."""
    return read_latex(_FUNCTION.sub(r" \1 ", text))


def find_latex_urls(text: str) -> list[str]:
    """The addresses in \\url{…} and \\href{…}."""
    return [address.strip() for match in _ADDRESS.finditer(text) if (address := match[1] or match[2])]


def _read_prose(text: str) -> str:
    if not _SPECIAL.search(text):
        return text
    parts = []
    end = 0
    for address in _ADDRESS.finditer(text):
        parts += [_convert(text[end : address.start()]), (address[1] or address[2]).replace("\\", "")]
        parts += [" "] if address[1] is None else []
        end = address.end()
    parts.append(_convert(text[end:]))
    return "".join(parts)


def _convert(text: str) -> str:
    """Word by word: pylatexenc looks at every character for long, and few words have a macro."""
    if not _SPECIAL.search(text):
        return text
    return "".join(
        _convert_word(word) if "\\" in word and len(word) <= _LONGEST_WORD else _read_plain(word)
        for word in _split_words(text)
    )


def _split_words(text: str) -> Iterator[str]:
    """Words and what is between them, in turn. Braces hold words together, as does a macro with what follows it."""
    depth = start = 0
    bound = -1
    for match in _BOUND.finditer(text):
        found = match[0]
        if found[0] == "\\":
            bound = match.end()
        elif found in ("{", "}"):
            depth = max(0, depth + (found == "{") - (found == "}"))
        elif depth == 0 and match.start() != bound:
            yield text[start : match.start()]
            yield found
            start = match.end()
    yield text[start:]


def _read_plain(text: str) -> str:
    for written, meant in _PLAIN:
        text = text.replace(written, meant)
    return text


# The same names come again and again.
@lru_cache(maxsize=4096)
def _convert_word(word: str) -> str:
    # In a file of references a percent sign is one, not a comment; a lone dollar too.
    marked = re.sub(r"(?<!\\)\$", r"\\$", _PERCENT.sub(r"\\%", word))
    try:
        found: str = _converter().latex_to_text(marked)
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, RecursionError):
        return word
    return found.replace("\u00a0", " ")


@cache
def _converter() -> LatexNodes2Text:
    known = get_default_latex_context_db()
    macros = [MacroTextSpec(name, text) for name, text in _MACROS.items()]
    known.add_context_category("colophon", prepend=True, macros=macros)
    return LatexNodes2Text(known, math_mode="verbatim", keep_comments=True, strict_latex_spaces=True)

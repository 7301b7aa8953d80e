"""Fields that arXiv writes alike in all its formats. Pure."""

import re

from service.ingest.formats.latex import read_latex
from service.ingest.formats.xml_text import join_blanks
from service.ingest.record import MAX_AUTHORS_CHARACTERS, MAX_NAME
from service.names import normalise_external_id

# Not MSC ("68T50") and ACM ("I.2.7") classes, which arXiv gives in the same place.
_CATEGORY = re.compile(r"[a-z][a-z-]+(?:\.[A-Za-z][A-Za-z-]+)?")
_ID = re.compile(r"(?:\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?", re.IGNORECASE)
_RESOLVER = re.compile(r"^(?:https?://)?(?:dx\.)?doi\.org/|^doi:", re.IGNORECASE)
_BEFORE_ID = re.compile(
    r"^(?:(?:https?://)?(?:[\w-]+\.)*arxiv\.org/(?:abs|pdf|html)/|oai:arxiv\.org:|arxiv:\s*)", re.IGNORECASE
)
# "A, B, Jr." is two people.
_SUFFIX = re.compile(r",\s*(Jr\.?|Sr\.?|II|III|IV)(?=\s*(?:,|$|\band\b))")
_AND = re.compile(r"\s*(?:,\s*(?:and|&)\s+|\s+(?:and|&)\s+|[,;])\s*")
_COLLABORATION = re.compile(
    r"\s+(?:for|on behalf of)\s+(?:the\s+)?(?=.{0,80}(?:collaboration|group|team))", re.IGNORECASE
)


def find_arxiv_id(text: str) -> str | None:
    """The arXiv id in an address, an OAI identifier or as it is, without its version; None where there is none."""
    bare = _BEFORE_ID.sub("", text.strip())
    match = _ID.match(bare)
    if match is None or re.match(r"[\w/]", bare[match.end() :]):
        return None
    return normalise_external_id("arxiv", match[0])[1]


def address_of(arxiv_id: str) -> str:
    return f"https://arxiv.org/abs/{arxiv_id}"


def pdf_address_of(arxiv_id: str) -> str:
    return f"https://arxiv.org/pdf/{arxiv_id}"


def read_dois(text: str) -> list[str]:
    """The DOIs of a doi field, without resolver: one as a rule, some have several with blanks or signs between."""
    found = [_RESOLVER.sub("", part).rstrip(".") for part in re.split(r"[\s,;]+", text) if part]
    return [doi for doi in found if re.match(r"10\.\d+/\S", doi)]


def read_categories(*terms: str) -> tuple[str, ...]:
    """arXiv's own among them, each once: "cs.CL", "hep-th"."""
    words = (word for term in terms for word in term.split())
    return tuple(dict.fromkeys(word for word in words if _CATEGORY.fullmatch(word)))


def read_journal(reference: str) -> str | None:
    """Where a paper was published, as arXiv has it: "Phys.Rev. D76 (2007) 013009"."""
    venue = join_blanks(reference)
    return venue if venue and len(venue) <= MAX_NAME else None


def split_authors(text: str) -> tuple[str, ...]:
    """The names in one string, without affiliations: "Ada Example (1), Bob Sample and C. Last ((1) University)".

    A collaboration before a colon is an author of its own, as is one that somebody writes for. A text that is too
    long is left whole, to be rejected as that.
    """
    if len(text) > 2 * MAX_AUTHORS_CHARACTERS:
        return (text,)
    names: list[str] = []
    plain = _SUFFIX.sub(r" \1", _drop_brackets(read_latex(text)))
    for part in _AND.split(plain.replace(":", ",")):
        for name in _COLLABORATION.split(part):
            plainly = join_blanks(re.sub(r"^(?:and|the)\s+", "", name.strip()))
            if plainly.lower() not in ("et al", "et al.", "others") and any(map(str.isalpha, plainly)):
                names.append(plainly)
    return tuple(names)


def _drop_brackets(text: str) -> str:
    """Without what stands in brackets, which may be nested; an unclosed one reaches to the next comma."""
    kept: list[str] = []
    depth, last = 0, text.rfind(")")
    for place, character in enumerate(text):
        if character == "(":
            depth += place < last
        elif character == ")":
            depth = max(0, depth - 1)
        elif not depth:
            kept.append(character)
    return "".join(kept)

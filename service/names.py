"""How things are spelled: repositories, addresses, identifiers, titles, authors, models. Pure.

Both sides use these functions, the store to write keys and the queries to look them up, so that any
spelling finds the same row. Ids are hashes of such keys.
"""

import hashlib
import re
import unicodedata
from dataclasses import dataclass

from service.addresses import (
    REPO_HOSTS,
    RepoName,
    clean_url,
    guess_repo,
    is_repo_host,
    parse_repo,
    split_url,
    url_host,
    url_key,
)

__all__ = [
    "REPO_HOSTS",
    "PaperName",
    "RepoName",
    "author_words",
    "clean_url",
    "decode_id",
    "encode_id",
    "find_unstorable",
    "fold",
    "fold_accents",
    "fold_title",
    "guess_repo",
    "hash_id",
    "is_repo_host",
    "model_key",
    "model_keys",
    "model_slug",
    "normalise_external_id",
    "parse_paper_name",
    "parse_repo",
    "split_url",
    "title_key",
    "url_host",
    "url_key",
]

# --- Ids -----------------------------------------------------------------------------------------


def hash_id(key: str) -> int:
    """63 bits of the SHA-256 of a key: what a row founded on this key is called in the database."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") >> 1


def encode_id(prefix: str, number: int) -> str:
    """The public spelling of an id: ("p", 26) -> "p_000000000000001a". SQL spells it with to_hex."""
    return f"{prefix}_{number:016x}"


def decode_id(text: str) -> tuple[str, int] | None:
    """The reverse of encode_id for the prefixes p (paper), r (repo), m (model); None where it is none of ours."""
    match = re.fullmatch(r"([prm])_([0-7][0-9a-f]{15})", text)
    return (match[1], int(match[2], 16)) if match else None


# --- Text ----------------------------------------------------------------------------------------


def find_unstorable(text: str) -> int | None:
    """Where the first character is that PostgreSQL cannot store (NUL, a lone surrogate); None if all can be."""
    match = re.search("[\x00\ud800-\udfff]", text)
    return match and match.start()


def fold(text: str) -> str:
    """Compatibility forms, case and runs of space made equal."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def fold_accents(text: str) -> str:
    """Folded, and without accents."""
    folded = fold(text)
    if folded.isascii():
        return folded
    decomposed = unicodedata.normalize("NFKD", folded)
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def fold_title(title: str) -> str:
    """What sort=title compares byte by byte: folded, without accents, cut to 200 characters."""
    return fold_accents(title)[:200]


def title_key(title: str) -> str:
    """Equal for two spellings of one title: only the letters and digits of its folded form.

    A title without any (only symbols) keeps its folded form, so that such titles do not all look equal.
    """
    folded = fold_accents(title)
    return "".join(filter(str.isalnum, folded)) or folded


def author_words(name: str) -> list[str]:
    """The words of a person's name, folded and without accents: "Le-Cun, Yann" -> ["le", "cun", "yann"]."""
    return re.findall(r"[^\W_]+", fold_accents(name))


# --- Identifiers of papers -----------------------------------------------------------------------

_ARXIV = re.compile(r"(\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?/\d{7})(v\d+)?", re.IGNORECASE)
_DOI = re.compile(r"10\.\d{4,9}/\S+")


@dataclass(frozen=True, slots=True)
class PaperName:
    """What a caller called a paper: scheme "id" (our own, value its number) or an external scheme."""

    scheme: str
    value: str


def normalise_external_id(scheme: str, value: str) -> tuple[str, str]:
    """The canonical spelling of an identifier. An unknown scheme or shape is kept as given.

    arxiv: without version and prefix; doi: lower case, without resolver; a DataCite DOI of arXiv
    (10.48550/arXiv.…) is that arXiv id.
    """
    scheme, value = scheme.strip().lower(), value.strip()
    if scheme == "doi":
        doi = re.sub(r"^(?:https?://)?(?:dx\.)?doi\.org/|^doi:\s*", "", value, flags=re.IGNORECASE).lower()
        minted = re.fullmatch(r"10\.48550/arxiv\.(.+)", doi)
        if minted and _ARXIV.fullmatch(minted[1]):
            return normalise_external_id("arxiv", minted[1])
        return "doi", doi
    if scheme == "arxiv":
        bare = re.sub(
            r"^(?:https?://)?(?:\w+\.)?arxiv\.org/(?:abs|pdf|html)/|^arxiv:\s*", "", value, flags=re.IGNORECASE
        )
        match = _ARXIV.fullmatch(re.sub(r"\.pdf$", "", bare))
        return "arxiv", match[1].lower() if match else value
    if scheme == "acl":
        return "acl", re.sub(r"^https?://(?:www\.)?aclanthology\.org/|/$|\.pdf$", "", value)
    return scheme, value


def parse_paper_name(text: str) -> PaperName | None:
    """A paper as callers name it, or None: p_…, arxiv:…, doi:…, acl:…, any scheme:value, or the address
    of a paper at arXiv, a DOI resolver, the ACL Anthology or Daily Papers."""
    text = text.strip()
    own = decode_id(text)
    if own:
        return PaperName("id", str(own[1])) if own[0] == "p" else None
    address = re.match(r"(?i)https?:/+(.+)$", text)
    if address:
        return _parse_paper_address(address[1])
    scheme, colon, value = text.partition(":")
    if colon and value and re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,31}", scheme) and len(value) <= 512:
        scheme, value = normalise_external_id(scheme, value)
        if scheme == "arxiv" and not _ARXIV.fullmatch(value):
            return None
        if scheme == "doi" and not _DOI.fullmatch(value):
            return None
        # "id" stands for our own, which are spelled p_….
        return PaperName(scheme, value) if scheme != "id" else None
    return None


def _parse_paper_address(rest: str) -> PaperName | None:
    host, _, path = rest.partition("/")
    host = host.lower().removeprefix("www.")
    path = path.split("#")[0].split("?")[0].rstrip("/")
    if host.endswith("arxiv.org"):
        return parse_paper_name("arxiv:" + re.sub(r"^(abs|pdf|html)/|\.pdf$", "", path))
    if host in ("doi.org", "dx.doi.org"):
        return parse_paper_name("doi:" + path)
    if host == "aclanthology.org" and path:
        return PaperName(*normalise_external_id("acl", path))
    if host == "huggingface.co" and path.startswith("papers/"):
        return parse_paper_name("arxiv:" + path.removeprefix("papers/"))
    return None


# --- Models --------------------------------------------------------------------------------------


def model_key(name: str) -> str:
    """Equal for two spellings of one model: letters, digits and "+" of the folded name. "GPT 4" = "gpt-4" = "GPT4".

    A point between two digits counts (Llama-3.1 is not Llama-31).
    """
    return re.sub(r"(?<!\d)\.|\.(?!\d)|[^\w.+]|_", "", fold_accents(name))


def model_keys(name: str) -> list[str]:
    """The keys a name is looked up by: its own and, as names on a model hub have an owner
    ("meta-llama/Llama-3-8B"), that of what stands behind the slash. Empty for what names no model."""
    return sorted({model_key(name), model_key(name.rpartition("/")[2])} - {""})


def model_slug(name: str) -> str:
    """How a model is spelled in addresses: "Llama-3.1 70B" -> "llama-3.1-70b", "CodeT5+" -> "codet5-plus"."""
    spelled = re.sub(r"\+", "-plus", fold_accents(name))
    return (
        re.sub(r"(?<!\d)\.|\.(?!\d)|[^\w.]+|_", "-", spelled).strip("-")
        or hashlib.sha256(name.encode()).hexdigest()[:12]
    )

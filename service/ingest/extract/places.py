"""Where a text gives addresses, whole or broken. Pure.

People and converters break them: a space after a point or a slash, a line's end behind a hyphen, a lost slash. What
is joined again is what can only be one address; a word that may be the sentence going on is left alone.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote

from service.names import REPO_HOSTS, clean_url, is_repo_host, parse_repo, split_url, url_host

# A character of an address; LaTeX writes some of them behind a backslash. Brackets and braces end one:
# [code](https://…), \url{https://…}.
_CHARACTER = r"(?:[A-Za-z0-9\u00c0-\u024f._~:/?#@!$&'()*+,;=%-]|\\[_%#&~])"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_HOST = rf"(?:{_LABEL}\.)+[A-Za-z]{{2,}}"
_TOP = "(?:com|org|net|io|edu|ai|dev|co|gov|info|de|uk|fr|ch|cn|in|jp|eu|ca|it|nl|es|se|at|au|page|app|space|me|xyz)"
# Hosts people write without a scheme.
_BARE_HOST = "|".join(
    [
        *(re.escape(host) for host in sorted(REPO_HOSTS)),
        rf"gitlab\.{_HOST}",
        r"gist\.github\.com",
        r"raw\.githubusercontent\.com",
        r"huggingface\.co",
        r"hf\.co",
        r"[A-Za-z0-9-]+\.hf\.space",
        r"[A-Za-z0-9-]+\.git(?:hub|lab)\.io",
        r"[A-Za-z0-9-]+\.codeberg\.page",
        r"zenodo\.org",
        r"osf\.io",
        r"(?:dx\.)?doi\.org",
        r"kaggle\.com",
        r"modelscope\.cn",
        r"anonymous\.4open\.science",
        r"sites\.google\.com",
        r"colab\.research\.google\.com",
    ]
)
_WHOLE = re.compile(
    rf"https?://{_CHARACTER}+"
    rf"|(?<![\w@/.-])www\.[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?:[/?#]{_CHARACTER}*)?"
    rf"|(?<![\w@/.%-])(?:{_BARE_HOST})(?:/{_CHARACTER}+|(?![\w.-]*\w))",
    re.IGNORECASE,
)
# Two addresses with nothing but a separator between them.
_JOINT = re.compile(r"(?<=[,;)])(?=https?://)", re.IGNORECASE)
# "https: //x.org/y", "https:// x.org/y", "https:/x.org/y".
_BROKEN_SCHEME = re.compile(
    rf"(?P<scheme>https?)(?:\s:\s?|:\s?)(?:/\s?/\s|/\s?/(?=\S)|/(?!/))(?P<rest>(?:{_LABEL}\.)+{_TOP}(?![\w-])(?:[/?#]{_CHARACTER}*)?)",
    re.IGNORECASE,
)
# "github . com/o/n", "https:// github.com/o/n", "github.com /o/n": spaces where a line or a converter broke.
# Not between an owner and what follows: "github.com/openai/ for" names no repository.
_BROKEN_REPO = re.compile(
    r"(?:https?\s?:\s?/\s?/\s?)?(?:www\s?\.\s?)?"
    rf"\b(?P<host>github|gitlab|bitbucket|codeberg)\s?\.\s?(?P<top>com|org)\s?/\s?"
    rf"(?P<owner>[A-Za-z0-9][\w.-]*)(?:/|\s/\s?)(?P<name>[\w.-]+)(?P<rest>/{_CHARACTER}+)?",
    re.IGNORECASE,
)
# The same of hosts whose paths have other shapes.
_BROKEN_HOST = re.compile(
    rf"(?:https?\s?:\s?/\s?/\s?)?\b(?:hugging\s?face|hf)\s?\.\s?co\s?/{_CHARACTER}+"
    rf"|https?\s?:\s?/\s?/\s?{_LABEL}\s?\.\s?git(?:hub|lab)\s?\.\s?io\b(?:\s?/{_CHARACTER}+)?"
    rf"|https?://(?:{_LABEL}\.)*{_LABEL}\.\s{_TOP}/{_CHARACTER}+",
    re.IGNORECASE,
)
# git@github.com:o/n, ssh://git@…, git://….
_GIT = re.compile(
    r"(?<![\w@/.-])(?:git\+)?(?:(?:ssh|git)://)?(?:git@)?(?P<host>[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)[:/][\w.~-]+(?:/[\w.-]+)+",
    re.IGNORECASE,
)
# https%3A%2F%2Fgithub.com%2Fo%2Fn
_ENCODED = re.compile(rf"(?<![\w%/=])(?:https?%3A%2F%2F{_HOST}|(?:www\.)?(?:{_BARE_HOST}))%2F[\w.~%-]+", re.IGNORECASE)
# \url{example.org/x}: inside these any host needs no scheme. But names of files look like hosts.
_IN_LATEX = re.compile(rf"\\(?:url|href)\s*\{{\s*(?P<url>{_HOST}(?:[/?#]{_CHARACTER}*)?)(?=\s*\}})", re.IGNORECASE)
_FILE = re.compile(r"\.(?:pdf|txt|zip|gz|tar|html?|py|md|ps|tex|json|csv|png|jpe?g|mp4)$", re.IGNORECASE)
_ZENODO = re.compile(r"(?<![\w/.])10\.5281/zenodo\.\d+", re.IGNORECASE)
# What a text with an address has somewhere, in lower case: most abstracts have none of it.
_HINTS = (
    "http", "www.", "git", "bitbucket", "codeberg", "huggingface", "hugging face", "hf.co", "hf .", "hf.space",
    "zenodo", "google.com", r"\url", r"\href", "4open", "osf.io", "doi.org", "kaggle", "modelscope",
)  # fmt: skip
# What follows an address that broke: the next word, and what ends it.
_NEXT_WORD = re.compile(r"\s(?P<word>[A-Za-z0-9][\w.-]*)(?P<slash>/?)")
_ENDS = re.compile(r"[.,;:!?]?(?=[)\]}\s]|$)")
# Words a sentence begins with, stuck to the address it follows: "github.com/o/n.Our".
_STUCK = re.compile(
    r"\.(?:A|An|All|Also|Code|Codes|Data|Datasets?|Extensive|Experiments|Finally|However|In|It|Keywords|Models?|"
    r"Moreover|Our|Project|Results|The|These|This|To|We)$"
)


class Place(NamedTuple):
    """An address as it is meant, and where it stands: text[start:end]."""

    url: str
    start: int
    end: int


def find_places(text: str) -> list[Place]:
    """Every address in a text, in its order, none overlapping another."""
    lowered = text.lower()
    if not any(hint in lowered for hint in _HINTS):
        return []
    found = [_mend(place, text) for place in _find_whole(text)]
    for place in _find_broken(text):
        torn = [item for item in found if item.start < place.end and place.start < item.end]
        # What the search for whole addresses made of the same place gives way unless it has more.
        if all(_tells_less(item, place) for item in torn):
            found = [item for item in found if item not in torn]
            found.append(place)
    return sorted(found, key=lambda item: item.start)


def _tells_less(whole: Place, broken: Place) -> bool:
    if whole.start < broken.start:
        return False
    return whole.start > broken.start or (parse_repo(whole.url) is None and broken.end > whole.end)


def _find_whole(text: str) -> Iterator[Place]:
    for match in _WHOLE.finditer(text):
        start = match.start()
        for part in _JOINT.split(match[0]):
            url = clean_url(part)
            # http://github/o/n
            meant = re.sub(r"^(https?://)github/(?=[\w-]+/)", r"\1github.com/", url, flags=re.IGNORECASE)
            if url:
                yield Place(meant, start, start + len(url))
            start += len(part)


def _find_broken(text: str) -> Iterator[Place]:
    for match in _GIT.finditer(text):
        # Only what no other spelling has: a user, or a scheme of git's.
        if ("@" in match[0] or match[0].lower().startswith(("git", "ssh"))) and (repo := parse_repo(match[0])):
            yield Place(repo.url, match.start(), match.start() + len(clean_url(match[0])))
    for match in _ENCODED.finditer(text):
        raw = clean_url(match[0])
        yield Place(clean_url(unquote(raw, errors="replace")), match.start(), match.start() + len(raw))
    for match in _IN_LATEX.finditer(text):
        raw = clean_url(match["url"])
        if "/" in raw or not _FILE.search(raw):
            yield Place(raw, match.start("url"), match.start("url") + len(raw))
    for match in _ZENODO.finditer(text):
        yield Place(f"https://doi.org/{match[0].lower()}", match.start(), match.end())
    for match in _BROKEN_SCHEME.finditer(text):
        rest = clean_url(match["rest"])
        end = match.start("rest") + len(rest)
        yield _mend(Place(f"{match['scheme'].lower()}://{rest}", match.start(), end), text)
    for pattern in (_BROKEN_REPO, _BROKEN_HOST):
        for match in pattern.finditer(text):
            raw = clean_url(match[0])
            if re.search(r"\s", raw):
                end = match.start() + len(raw)
                yield _mend(Place(clean_url(re.sub(r"\s", "", raw)), match.start(), end), text)


def _mend(place: Place, text: str) -> Place:
    """A repository's address without what is stuck to its name, and with what a space behind a hyphen or behind the
    owner's slash has torn off."""
    parts = split_url(place.url)
    host = url_host(parts) if parts else ""
    if not is_repo_host(host) and not host.endswith((".github.io", ".gitlab.io")):
        return place
    place = _cut(place, text)
    while joined := _join(place, text):
        place = joined
    return place


def _cut(place: Place, text: str) -> Place:
    match = re.match(r"(?:https?://)?(?:www\.)?[^/]+/[\w.~-]+/(?:\\_|[\w.-])+", place.url)
    if match is None:
        return place
    rest = place.url[match.end() :]
    if rest[:1] not in ("", "/", "#", "?", "%", "\\", "+"):
        kept = clean_url(match[0])
    elif not rest and _STUCK.search(match[0]) and re.match(r"\s", text[place.end : place.end + 1]):
        kept = match[0][: match[0].rindex(".")]
    else:
        return place
    return Place(kept, place.start, place.end - (len(place.url) - len(kept)))


def _join(place: Place, text: str) -> Place | None:
    torn = text[place.end - 1 : place.end]
    if torn not in ("-", "_", "/") or (torn == "/" and parse_repo(place.url)):
        return None
    following = _NEXT_WORD.match(text, place.end)
    if following is None:
        return None
    word = following["word"]
    bare = word.rstrip(".-_") if torn == "/" else word.rstrip(".")
    ended = _ENDS.match(text, following.start("word") + len(bare)) is not None and (
        len(bare) < len(word) or text[following.end() : following.end() + 1] != " "
    )
    # What no word of a sentence looks like.
    telling = re.search(r"\d|_|[a-z][A-Z]|[A-Z]{2}", bare) is not None
    compound = "-" in bare
    if torn == "/":
        joins = ended and (telling or compound or text[place.end] == "\n")
    else:
        joins = ended or telling or (compound and bare != bare.lower()) or bool(following["slash"])
    if not joins:
        return None
    end = following.start("word") + len(bare)
    # The owner broke: its name is still to come.
    if following["slash"] and (name := re.match(r"/[A-Za-z0-9][\w.-]*", text[end:])):
        bare += name[0].rstrip(".")
        end += len(name[0].rstrip("."))
    return Place(place.url + bare, place.start, end)

"""Whether a repository is the paper's own, by what the sentence around its address says. Pure.

"true": "our code", "code is available at", "we release …". "false": "based on", "built on", "we use the implementation
of". Else "unknown". Of several such words the one nearest before the address counts; an address that only "and" or a
comma parts from the one before shares its answer.
"""

import re
from collections.abc import Iterable, Sequence

from service.ingest.extract.places import Place
from service.ingest.extract.sentences import find_sentence
from service.names import parse_repo

TRUE, FALSE, UNKNOWN = "true", "false", "unknown"

_CODE = (
    r"(?:source[ -]?codes?|codes?|code ?bases?|implementations?|repos?|repositor(?:y|ies)|git ?hub|git|software|scripts?|"
    r"notebooks?|toolkit|toolbox|tools?|library|libraries|packages?|plug-?in|framework|platform|simulator|"
    r"data|data ?sets?|benchmarks?|corpus|corpora|annotations|models?|weights|checkpoints?|prompts|materials?|"
    r"resources?|artifacts?|artefacts?|projects?|demos?|web ?site|home ?page|web ?page|page|list|collection|supplement\w*)"
)
# What may stand between the words of a cue. Words, not clauses.
_WORDS = r"(?:[\w'’/&*^{}$~-]+,? ){0,%d}?"
# Participles of "is available at", "can be found in", misspelt as they are.
_THERE = (
    r"(?:avail\w+|aval\w+|accessible|accessed|released?|open-? ?sourced?|published|hosted|shared|provided|found|find|"
    r"obtained|downloaded|installed|located|posted|deposited|maintained|public|publicly|made|given|viewed|seen|"
    r"uploaded|updated|tracked|traced|distributed|browsed|reached|included|contained|here|online)"
)
_AT = r"(?:at|on|from|in|via|under|through|here|within|with|by|to|see)"
_BE = r"(?:is|are|was|were|be|been|being|become|made|'s|remain)"

_OWN = [
    # our (open-source) code, our pre-trained models
    rf"\b(?:our|my) {_WORDS % 4}(?:{_CODE})\b",
    # we release, we will also make … public
    rf"\bwe {_WORDS % 3}(?:releas\w+|open-? ?sourc\w+|publish\w*|shar(?:e|ed)|publici[sz]e|host|maintain|upload|distribute|"
    rf"provid\w+|ma(?:k|d)e(?! use)|curat\w+|(?:continually )?track|collect(?:ed)?|contribute (?!to))\b",
    # The code (of this paper) is (publicly) available at
    rf"\b(?:{_CODE}|this (?:work|paper|study|method))\b[^.;]{{0,80}}? (?:{_BE}|will|can|may) {_WORDS % 5}{_THERE}\b",
    rf"\b(?:{_CODE}) {_WORDS % 5}(?:{_BE}) {_AT}\b",
    rf"\b(?:{_BE}) {_WORDS % 4}{_THERE}(?: {_WORDS % 4}{_AT})?\b",
    rf"\b(?:open-? ?sourc\w+|releas\w+|publish\w+) (?:the|all|our|both) {_WORDS % 3}{_CODE}\b",
    r"\bour (?:methods?|approach|algorithms?|models?) (?:is|are|was|were) implemented in\b",
    r"\b(?:project|related) to this (?:paper|work|review|survey|study)\b",
    # for code, see · visit our
    rf"\bfor (?:\w+ )?(?:{_CODE}|(?:more )?details)\b",
    r"\bofficial (?:pytorch |tensorflow |jax )?(?:code|implementation|repo\w*)(?: \w+)? (?:of|for) (?:this|our|the) (?:paper|work)",
]
# Weaker: these say where something is, of which the words before may say whose it is.
_PLACED = [
    # Code: · Project page: · GitHub repository (…) · Code and data at
    rf"(?:^|[.;,:!?)\]>|&(\[-]|\b(?:and|the|all)) ?(?:[\w/&-]+ ){{0,3}}?{_CODE}\b(?:[ ,/&]+[\w'’/&~-]+){{0,5}} ?:[ :(\[]*$",
    rf"(?:^|[.;:!?]) ?(?:[\w-]+ )?{_CODE}(?: [\w-]+)? ?[(\[]+ ?$",
    rf"(?:^|[.;]) ?(?:the |all |our )?{_CODE} ?$",
    # The project page is https://…
    rf"\b{_CODE} {_WORDS % 5}(?:is|are)(?: here)? ?:? ?$",
    rf"\b{_CODE} {_WORDS % 4}{_AT} ?:? ?$",
    r"\bavailability(?: and \w+)? ?:? ?$",
    rf"\b{_THERE} {_AT} ?:? ?$",
]
# We present NAME (address): only where the address's name or little else stands between.
_MAKING = (
    rf"\b(?:we {_WORDS % 3}|this (?:paper|work|article|study) |and )(?:introduc\w+|present\w*|propos\w+|develop\w*|buil[dt]|creat\w+|design\w*|construct\w*|"
    r"implement(?:ed)?|launch\w*|announc\w+)\b"
)
_OTHERS = [
    r"\b(?:based|built|build(?:s|ing)?|rel(?:y|ies|ying)|layered|running) (?:up)?on(?: top of)?\b",
    r"\b(?:implemented|developed|trained|written) (?:in|with|using|on(?: top of)?)\b",
    r"\b(?:adapted|derived|borrowed|taken|modified|cloned|copied|collected|mined|crawled|sourced|extracted|re-?used|"
    r"obtained|downloaded|forked|inherited|drawn|come|comes|originat\w+) from\b",
    r"\b(?:a |our )?(?:fork|clone|extension|modification|adaptation|re-?implementation|port|wrapper) (?:of|around|for)\b",
    rf"\b(?:experiments?|{_CODE}|settings?|set-?up) (?:strictly |closely |largely )?(?:follow|extend|re-?use)s?\b",
    r"\b(?:inspired|provided|maintained|created|developed|written) by\b",
    r"\b(?:thanks|credit|credits|identical|similar|applied) (?:go )?(?:to|with)\b",
    rf"\bwe {_WORDS % 2}(?:us(?:e|ed)|using|adopt\w*|employ\w*|follow\w*|re-?us\w+|extend\w*|modif\w+|adapt\w*|fork\w*|"
    r"apply|applied|evaluate|evaluated|test|tested|analy[sz]ed?|study|studied|make use of|rely|choose|chose)\b",
    r"\b(?:using|with|via|from|of|on|leverag\w+|extends?|employs?) (?:the )?"
    r"(?:official|original|existing|publicly available|third-party|authors['’]?s?|reference|popular|well-known|baseline)\b",
    r"\b(?:such as|like|e\.g\.,?|unlike|outperform\w*|as demonstrated in|integrated in(?:to)?|adopted (?:by|in)|"
    r"participat\w+ in|shared task|submission to)(?!\w)",
]
_OWN_CUES = [re.compile(cue, re.IGNORECASE) for cue in _OWN]
_PLACED_CUES = [re.compile(cue, re.IGNORECASE) for cue in _PLACED]
_MAKING_CUE = re.compile(_MAKING, re.IGNORECASE)
_OTHER_CUES = [re.compile(cue, re.IGNORECASE) for cue in _OTHERS]
# What says of a name that it is somebody's software or data, so that "based on" it is "based on this repository".
_THING = re.compile(rf"\b{_CODE}\b", re.IGNORECASE)
# Nothing but a separator, or the markup around one and the same link.
_SHARING = re.compile(
    rf"[\s,;:&/|(){{}}\[\]$~]*(?:(?:and|or|as well as|\\\w+|{_CODE}|at|on|in|the|here|link|this|url)"
    r"[\s,;:&/|(){}\[\]$~]*){0,6}(?:\\textcolor\s*\{\w+\}\{)?",
    re.IGNORECASE,
)
# A second thing of the same sentence: "… at X and a demo at Y", "(i) … (X) and (ii) … (Y)".
_SECOND = re.compile(
    r"[\s,;)\]}]*(?:and|or|as well as|plus)\s+(?:an?|\([ivx\d]+\))\s+(?:[\w-]+\s+){1,5}(?:(?:at|in|on|from)\s*)?[(\[:\s]*"
    rf"|[\s,;)\]}}]*(?:and|plus|with)\s+(?:the\s+)?(?:[\w-]+\s+){{0,4}}{_CODE}\s*(?:(?:at|in|on|from)\s*)?[(\[:\s]*",
    re.IGNORECASE,
)
_ANCHOR = re.compile(
    rf"\}}\s*\{{[^{{}}]{{0,40}}?\b{_CODE}\b|[^\[\]()]{{0,3}}\b(?:for|has|holds|contains|hosts|provides|gives) (?:the |our |all )?{_CODE}\b",
    re.IGNORECASE,
)
# "… are publicly available" behind the address.
_RELEASED_AFTER = re.compile(
    rf"[\s)\]}},]*(?:and \w+ )?(?:{_BE}|will) {_WORDS % 3}(?:available|released|open-sourced|public)\b", re.IGNORECASE
)
# [code](…), [Code & Data](…)
_LABEL = re.compile(rf"\[[^\[\]]{{0,30}}\b{_CODE}\b[^\[\]]{{0,20}}\]\(\s*$", re.IGNORECASE)
_MARKUP = re.compile(
    r"\\(?:url|href|texttt|textbf|textcolor(?:\{\w+\})?|emph|small|footnote|footnotesize|faGithub)\b|[{}$~\\*`<>]+"
)


def judge_places(text: str, places: Sequence[Place]) -> list[str]:
    """Of each of these places, in the order of the text, "true", "false" or "unknown"."""
    answers: list[str] = []
    before: Place | None = None
    for number, place in enumerate(places):
        left, right = find_sentence(text, place.start, place.end)
        if before is not None and before.end > left:
            between = text[before.end : place.start]
            if _SHARING.fullmatch(between) or _SECOND.fullmatch(between):
                answers.append(answers[-1])
                before = place
                continue
            left = before.end
        if number + 1 < len(places):
            right = min(right, places[number + 1].start)
        answers.append(judge(text[left : place.start], text[place.end : right], place.url))
        before = place
    return answers


def judge(before: str, after: str, url: str) -> str:
    """The answer by what stands before and behind an address in its sentence."""
    if _LABEL.search(before):
        return TRUE
    left = re.sub(r"\[([^\[\]]*)\]\($", r"\1", before.rstrip())
    left = re.sub(r"\s+", " ", _MARKUP.sub(" ", left)).strip() + " "
    clause = left[left.rfind(";") + 1 :]
    if _last_end([*_OWN_CUES, *_PLACED_CUES], clause) >= 0:
        left = clause
    names = _names(url)
    own = _last_end(_OWN_CUES, left)
    placed = _last_end(_PLACED_CUES, left)
    making = next((m.end() for m in _MAKING_CUE.finditer(left) if _leads_to(left[m.end() :], names, 12)), -1)
    other = max((end for end in _ends(_OTHER_CUES, left) if _means_repo(left[end:], names)), default=-1)
    if other > max(own, making):
        return FALSE
    if max(own, making, placed) >= 0 or _ANCHOR.match(after) or _RELEASED_AFTER.match(after):
        return TRUE
    return UNKNOWN


def combine(answers: Iterable[str]) -> str:
    """Of several places that name one repository: one that calls it the paper's own is enough, since a paper that is
    built on its own repository is its own too; else one that calls it another's."""
    found = set(answers)
    return TRUE if TRUE in found else FALSE if FALSE in found else UNKNOWN


def _ends(cues: Sequence[re.Pattern[str]], text: str) -> list[int]:
    return [match.end() for cue in cues for match in cue.finditer(text)]


def _last_end(cues: Sequence[re.Pattern[str]], text: str) -> int:
    return max(_ends(cues, text), default=-1)


def _names(url: str) -> set[str]:
    """The words a repository may be called by in a sentence: its name and owner, and the longer parts of its name."""
    repo = parse_repo(url)
    if repo is None:
        return set()
    parts = re.split(r"[-_.]", repo.name)
    return {_fold(repo.name), _fold(repo.owner), *(_fold(part) for part in parts if len(part) >= 4)}


def _fold(word: str) -> str:
    return re.sub(r"[\W_]", "", word).lower()


def _is_named(words: str, names: set[str]) -> bool:
    return any(_fold(word) in names for word in re.split(r"\s|/", words))


def _leads_to(rest: str, names: set[str], most: int) -> bool:
    """Whether hardly more than the repository's name stands before the address."""
    rest = rest.strip(" :;(,[")
    return (
        len(rest.split()) <= most
        and not re.search(r"[;:]", rest)
        and (_is_named(rest, names) or len(rest.split()) <= 8)
    )


def _means_repo(rest: str, names: set[str]) -> bool:
    """Whether what was said of another's work is said of this repository: directly before it, of something that is
    called so, or of somebody's code."""
    rest = rest.strip(" :(,[")
    if len(rest.split()) > 10 or re.search(r"[,;] (?:which|who|and we)\b", rest):
        return False
    return not rest or _is_named(rest, names) or _THING.search(rest) is not None

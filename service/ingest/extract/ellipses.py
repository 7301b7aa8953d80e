"""What is left of a name where several are listed: "LLaMA 3, 3.1", "Llama-2-7B and 13B", "BERT base and large", "T5 and
its large variant". Pure."""

import re
from collections.abc import Iterator, Sequence

from service.ingest.extract.grammar import resolve
from service.ingest.extract.lexicon import Lexicon
from service.ingest.extract.matching import Hit

_JOINT = r"(?:,\s*(?:and\s+|or\s+)?|\s*/\s*|\s+(?:and|or)\s+)"
# What may stand behind the last one.
_KIND = r"\s+(?:famil|series\b|models?\b|variants?\b|versions?\b|generations?\b|checkpoints?\b|LLMs?\b)"
_CLOSED = rf"(?:\s*[,;:.)/](?!\d)|\s*$|\s+(?:and|or)\s|{_KIND})"
_WORDS = r"(?:tiny|mini|small|base|medium|large|huge|xl|xxl)"
# By what the name ends with: how the next one of its kind goes on. A whole number behind a comma may count anything
# ("GPT-4, 5 tasks"), so there a kind has to follow.
_GOES_ON = (
    (
        re.compile(r"(?<![\d.])\d+(?:\.\d+)?$"),
        re.compile(rf"{_JOINT}(?P<rest>\d+\.\d+)(?={_CLOSED})|(?:\s+(?:and|or)\s+|/)(?P<whole>\d+)(?={_CLOSED})"),
    ),
    (
        re.compile(r"\d[BbMm]$"),
        re.compile(
            rf"{_JOINT}-?(?P<rest>\d+(?:\.\d+)?[BM])(?![\w-])"
            r"(?!\s+(?:tokens|words|sentences|documents|samples|examples|images|pairs|steps|FLOPs))"
        ),
    ),
    (
        re.compile(rf"[^A-Za-z]{_WORDS}$", re.IGNORECASE),
        re.compile(rf"{_JOINT}(?:its\s+|the\s+)?-?(?P<rest>{_WORDS})(?={_CLOSED})", re.IGNORECASE),
    ),
)
_ITS_SIZE = re.compile(rf"\s+and\s+its\s+(?P<rest>{_WORDS})\s+(?:variant|version|model|counterpart)", re.IGNORECASE)


def find_ellipses(text: str, hits: Sequence[Hit], lexicon: Lexicon) -> Iterator[Hit]:
    """A hit for each name that one of `hits` (in the order of the text) is continued by: of "LLaMA 3, 3.1" one whose
    place is "3.1" and whose model is Llama-3.1."""
    for number, hit in enumerate(hits, 1):
        limit = hits[number].start if number < len(hits) else len(text)
        base = hit.model.parent or hit.model
        for ending, going_on in _GOES_ON:
            if hit.model.parent is None or not ending.search(text[hit.start : hit.end]):
                continue
            end = hit.end
            while (match := going_on.match(text, end)) and match.end() <= limit:
                group = "rest" if match["rest"] else "whole"
                start, end = match.span(group)
                yield Hit(start, end, hit.entry, resolve(f"{base.name}-{match[group]}", lexicon), True)
            break
        else:
            match = _ITS_SIZE.match(text, hit.end)
            if match and match.end() <= limit:
                yield Hit(*match.span("rest"), hit.entry, resolve(f"{hit.model.name}-{match['rest']}", lexicon), True)

"""An extraction that also finds methods, by their names: what is found of real texts is the extraction's own matter."""

import re
from collections.abc import Callable, Iterator

from service.ingest.extract import Extraction, Mention, Model, extract


def make_extraction(*names: str) -> Callable[[str, str], Extraction]:
    """As service.ingest.extract.extract, but these names, in any case and with a space for a hyphen, are methods:
    introduced where it says "we present NAME"."""
    by_key = {name.lower().replace("-", " "): name for name in names}
    pattern = "|".join(re.escape(name).replace(r"\-", "[- ]") for name in names)

    def find(text: str, field: str) -> Iterator[Mention]:
        for match in re.finditer(rf"(?i)(we present )?(?<![\w/-])({pattern})(?!\w)", text):
            name = by_key[match[2].lower().replace("-", " ")]
            role = "introduced" if match[1] else "used"
            yield Mention(Model(name, None), match[2], field, match.start(2), match.end(2), role)

    def find_all(title: str, abstract: str) -> Extraction:
        found = extract(title, abstract)
        methods = (*find(title, "title"), *find(abstract, "abstract"))
        taken = {mention.model.name for mention in methods}
        mentions = tuple(mention for mention in found.mentions if mention.model.name not in taken)
        return Extraction(found.links, mentions, methods)

    return find_all

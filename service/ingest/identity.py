"""Which records are one paper. Pure.

The rule, over the set of all records and therefore whatever their order:

1. Records with an equal external id are one paper. But a record that alone joins papers which contradict each
   other (it has the arXiv id of one and the DOI of another, and those have different arXiv ids) stays apart.
2. Else papers with an equal title (names.title_key) are one, unless they contradict each other: different ids of
   one scheme (a catalogue's number aside), or authors of whom none is the same. A paper that fits two which
   contradict each other stays apart.
3. A title that more than COMMON_TITLE papers have ("Editorial") identifies nothing.

Records without an id and with the same title and authors are the same under all of these.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from service.ingest.record import Record
from service.names import author_words, hash_id, normalise_external_id, parse_paper_name, title_key

# Above it, a title says nothing: what looks for a paper's relatives never has to read more than this many.
COMMON_TITLE = 50
# Which identifier a record is called by, the one most sources agree on first.
_STRENGTH = {scheme: place for place, scheme in enumerate(("arxiv", "acl", "doi", "openreview", "s2"))}
# Numbers that catalogues give to what they have found. They often have the preprint and the published version of a
# paper, or the same twice, under two numbers: equal ones say that two records are one paper, different ones nothing.
_CATALOGUES = frozenset({"openalex", "s2", "corpusid", "mag", "dblp", "paperswithcode"})

ExternalId = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Identity:
    """What of a record says which paper it is.

    ids: (scheme, value) in canonical spelling. title: its title_key. authors: author_keys.
    """

    ids: frozenset[ExternalId]
    title: str
    authors: frozenset[str]

    @property
    def name(self) -> str:
        """What its source calls it: its strongest external id, else a hash of title and authors."""
        if self.ids:
            scheme, value = min(self.ids, key=lambda item: (_STRENGTH.get(item[0], len(_STRENGTH)), item))
            return f"{scheme}:{value}"
        return f"title:{hash_id(chr(0).join([self.title, *sorted(self.authors)])):016x}"

    @property
    def title_hash(self) -> int:
        return hash_id(self.title)


def identify(record: Record) -> Identity:
    """The identity of a record. Its own addresses count as ids where they hold one (https://arxiv.org/abs/…)."""
    ids = {normalise_external_id(scheme, value) for scheme, value in record.external_ids.items()}
    for address in (record.url, record.pdf_url):
        name = parse_paper_name(address) if address and "://" in address else None
        if name is not None:
            ids.add((name.scheme, name.value))
    authors = frozenset(key for author in record.authors for key in author_keys(author))
    return Identity(frozenset(ids), title_key(record.title), authors)


def author_keys(name: str) -> set[str]:
    """Spellings of a person that are compared: two names are one person's if they share any.

    "Wei Zhang", "Zhang Wei", "Zhang, W." and "W. Zhang" share; "Anna Smith" and "Bob Smith" do not.
    """
    family, comma, _ = name.partition(",")
    words = author_words(name)
    if not words:
        return set()
    if comma and author_words(family):
        last = author_words(family)[-1]
    else:
        # "Smith J" ends in an initial.
        last = next((word for word in reversed(words) if len(word) > 1), words[-1])
    others = list(words)
    others.remove(last)
    keys = {" ".join(sorted(words))}
    if others:
        keys.add(f"{last}, {others[0][0]}")
    return keys


def group_records(identities: Sequence[Identity], common: Collection[str] = ()) -> list[list[int]]:
    """The papers that these records are, as lists of positions, each in order, by their first.

    The records must be whole components: with one of them, all that share an id or a title with it, save that
    titles in `common` are known to be borne by more papers than are given.
    """
    by_signature: dict[object, list[int]] = defaultdict(list)
    for position, identity in enumerate(identities):
        by_signature[identity.ids or (identity.title, identity.authors)].append(position)
    parts = [_Part.of(positions, identities) for positions in by_signature.values()]
    joined, apart = _join_by_id(parts)
    groups = [*apart, *_join_by_title(joined, apart, common)]
    return sorted(sorted(group.members) for group in groups)


@dataclass(frozen=True, slots=True)
class _Part:
    """Records already known to be one paper."""

    members: tuple[int, ...]
    ids: frozenset[ExternalId]
    titles: frozenset[str]
    authors: frozenset[str]

    @classmethod
    def of(cls, positions: Iterable[int], identities: Sequence[Identity]) -> "_Part":
        members = tuple(positions)
        return cls(
            members,
            frozenset().union(*(identities[m].ids for m in members)),
            frozenset(identities[m].title for m in members),
            frozenset().union(*(identities[m].authors for m in members)),
        )

    @classmethod
    def merge(cls, parts: Collection["_Part"]) -> "_Part":
        return cls(
            tuple(m for part in parts for m in part.members),
            frozenset().union(*(part.ids for part in parts)),
            frozenset().union(*(part.titles for part in parts)),
            frozenset().union(*(part.authors for part in parts)),
        )


def _join_by_id(parts: list[_Part]) -> tuple[list[_Part], list[_Part]]:
    """Rule 1: the joined parts, and those that stay apart."""
    joined: list[_Part] = []
    apart: list[_Part] = []
    for component in _components(parts, lambda part: part.ids):
        bridges = [part for part in component if _is_bridge(part, component)] if _is_ambiguous(component) else []
        apart += bridges
        rest = [part for part in component if part not in bridges]
        joined += [_Part.merge(found) for found in _components(rest, lambda part: part.ids)]
    return joined, apart


def _is_ambiguous(component: list[_Part]) -> bool:
    """Whether a scheme has more than one id here; without that nothing can contradict anything."""
    ids = frozenset().union(*(part.ids for part in component))
    return len({scheme for scheme, _ in ids}) < len(ids)


def _is_bridge(part: _Part, component: list[_Part]) -> bool:
    """Whether without this part others of the component fall apart that contradict each other."""
    if len(part.ids) < 2:
        return False
    rest = [other for other in component if other is not part]
    pieces = [_Part.merge(found).ids for found in _components(rest, lambda other: other.ids)]
    return any(_ids_contradict(one, other) for one, other in combinations(pieces, 2))


def _join_by_title(parts: list[_Part], apart: list[_Part], common: Collection[str]) -> list[_Part]:
    """Rules 2 and 3."""
    bearers: dict[str, int] = defaultdict(int)
    for part in (*parts, *apart):
        for title in part.titles:
            bearers[title] += 1
    telling = {title for title, count in bearers.items() if count <= COMMON_TITLE and title not in common}
    groups: list[_Part] = []
    for component in _components(parts, lambda part: part.titles & telling):
        if len(component) == 1:
            groups += component
            continue
        torn = [part for part in component if _is_torn(part, component, telling)]
        groups += torn
        rest = [part for part in component if part not in torn]
        for found in _components(rest, lambda part: part.titles & telling, contradict=_contradict):
            if any(_contradict(one, other) for one, other in combinations(found, 2)):
                groups += found
            else:
                groups.append(_Part.merge(found))
    return groups


def _is_torn(part: _Part, component: list[_Part], telling: set[str]) -> bool:
    """Whether two parts that this one fits contradict each other."""
    titles = part.titles & telling
    fitting = [o for o in component if o is not part and o.titles & titles and not _contradict(part, o)]
    return any(_contradict(one, other) for one, other in combinations(fitting, 2))


def _contradict(one: _Part, other: _Part) -> bool:
    if one.authors and other.authors and one.authors.isdisjoint(other.authors):
        return True
    return _ids_contradict(one.ids, other.ids)


def _ids_contradict(one: frozenset[ExternalId], other: frozenset[ExternalId]) -> bool:
    shared = ({scheme for scheme, _ in one} & {scheme for scheme, _ in other}) - _CATALOGUES
    return any(
        {value for scheme, value in one if scheme == name}.isdisjoint(
            value for scheme, value in other if scheme == name
        )
        for name in shared
    )


def _components(
    parts: list[_Part],
    keys: Callable[[_Part], Iterable[object]],
    contradict: Callable[[_Part, _Part], bool] | None = None,
) -> list[list[_Part]]:
    """Parts connected by equal keys, where given only if they do not contradict each other."""
    parent = list(range(len(parts)))

    def find(position: int) -> int:
        while parent[position] != position:
            parent[position] = parent[parent[position]]
            position = parent[position]
        return position

    sharing: dict[object, list[int]] = defaultdict(list)
    for position, part in enumerate(parts):
        for key in keys(part):
            sharing[key].append(position)
    for positions in sharing.values():
        if contradict is None:
            for position in positions[1:]:
                parent[find(position)] = find(positions[0])
        else:
            for one, other in combinations(positions, 2):
                if not contradict(parts[one], parts[other]):
                    parent[find(one)] = find(other)
    found: dict[int, list[_Part]] = defaultdict(list)
    for position, part in enumerate(parts):
        found[find(position)].append(part)
    return list(found.values())

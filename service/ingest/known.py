"""What the database has already: the records that arrive again, and those an arriving one may belong with."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

import msgspec

from service.database import Connection
from service.ingest.identity import COMMON_TITLE, ExternalId, identify
from service.ingest.paper import Sourced
from service.ingest.record import Record
from service.ingest.regroup import Arrival, Stored

_FIND_SAME = """
SELECT r.id, r.source, r.source_key, r.digest, r.load_id
FROM unnest($1::text[], $2::text[]) AS asked (source, source_key)
JOIN records r ON r.source = asked.source AND r.source_key = asked.source_key
ORDER BY r.id
"""

_FIND_BY_ID = """
SELECT DISTINCT paper_id
FROM unnest($1::text[], $2::text[]) AS asked (scheme, value)
JOIN external_ids e ON e.scheme = asked.scheme AND e.value = asked.value
"""

_FIND_BY_TITLE = """
SELECT asked.title_hash, found.paper_id
FROM unnest($1::bigint[]) AS asked (title_hash)
CROSS JOIN LATERAL (
    SELECT DISTINCT paper_id FROM records r WHERE r.title_hash = asked.title_hash LIMIT $2
) AS found
"""

_FIND_BY_KEY = """
SELECT DISTINCT r.paper_id
FROM unnest($1::bigint[], $2::text[]) AS asked (title_hash, source_key)
JOIN records r ON r.title_hash = asked.title_hash AND r.source_key = asked.source_key
"""

_PAPERS_OF = "SELECT DISTINCT paper_id FROM records WHERE id = ANY($1::bigint[])"

_FETCH_RECORDS = """
SELECT id, paper_id, source, digest, body FROM records WHERE paper_id = ANY($1::bigint[]) ORDER BY id
"""


@dataclass(slots=True)
class Load:
    """A run of the loader. `kept`: rows of earlier loads that this one met again unchanged, one bit each,
    so that a record of the same name elsewhere in the files does not supersede them. files: begun until now.
    rejects_kept: in the database, at most max_rejects."""

    id: int
    kept: bytearray = field(default_factory=bytearray)
    files: int = 0
    rejects_kept: int = 0
    max_rejects: int = 0

    def keep(self, row: int) -> None:
        byte = row >> 3
        if byte >= len(self.kept):
            self.kept.extend(bytes(byte + 1 - len(self.kept) + 4096))
        self.kept[byte] |= 1 << (row & 7)

    def keeps(self, row: int) -> bool:
        return row >> 3 < len(self.kept) and bool(self.kept[row >> 3] & (1 << (row & 7)))


async def tell_known(
    connection: Connection, load: Load, arrivals: Sequence[Arrival]
) -> tuple[list[Arrival], dict[int, int]]:
    """The arrivals that the database does not have, and the rows they replace: row -> position among them."""
    keys = list(dict.fromkeys(arrival.key for arrival in arrivals))
    known: dict[tuple[str, str], dict[bytes, int]] = defaultdict(dict)
    earlier: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row in await connection.fetch(_FIND_SAME, [source for source, _ in keys], [key for _, key in keys]):
        key = (row["source"], row["source_key"])
        known[key][row["digest"]] = row["id"]
        if row["load_id"] != load.id:
            earlier[key].append(row["id"])
    news: dict[tuple[tuple[str, str], bytes], Arrival] = {}
    for arrival in arrivals:
        met = known[arrival.key].get(arrival.sourced.digest)
        if met is None:
            news.setdefault((arrival.key, arrival.sourced.digest), arrival)
        else:
            load.keep(met)
    superseded: dict[int, int] = {}
    by_key: dict[tuple[str, str], list[int]] = defaultdict(list)
    for position, (key, _) in enumerate(news):
        by_key[key].append(position)
    for key, positions in by_key.items():
        rows = [row for row in earlier[key] if not load.keeps(row)]
        # Oldest row and first arrival first; rows that are left over go with the last.
        superseded.update((row, positions[min(place, len(positions) - 1)]) for place, row in enumerate(rows))
    return list(news.values()), superseded


async def fetch_relatives(
    connection: Connection, arrivals: Iterable[Arrival], superseded: Collection[int]
) -> tuple[list[Stored], set[str]]:
    """All records of all papers that may be one with the arrivals, and the titles among them that are too common
    to look further."""
    stored: dict[int, Stored] = {}
    papers: set[int] = set()
    common: set[str] = set()
    ids: set[ExternalId] = set()
    titles: dict[int, str] = {}
    identities = [arrival.sourced.identity for arrival in arrivals]
    found = {row["paper_id"] for row in await connection.fetch(_PAPERS_OF, list(superseded))} if superseded else set()
    while identities or found:
        new_ids = {item for identity in identities for item in identity.ids} - ids
        new_titles = {
            identity.title_hash: identity.title for identity in identities if identity.title_hash not in titles
        }
        ids |= new_ids
        titles |= new_titles
        if new_ids:
            schemes, values = zip(*new_ids, strict=True)
            found |= {row["paper_id"] for row in await connection.fetch(_FIND_BY_ID, schemes, values)}
        if new_titles:
            by_title: dict[int, set[int]] = defaultdict(set)
            for row in await connection.fetch(_FIND_BY_TITLE, list(new_titles), COMMON_TITLE + 1):
                by_title[row["title_hash"]].add(row["paper_id"])
            for title_hash, bearers in by_title.items():
                if len(bearers) > COMMON_TITLE:
                    common.add(titles[title_hash])
                else:
                    found |= bearers
        nameless = {(i.title_hash, i.name) for i in identities if not i.ids and i.title in common}
        if nameless:
            hashes, names = zip(*nameless, strict=True)
            found |= {row["paper_id"] for row in await connection.fetch(_FIND_BY_KEY, hashes, names)}
        found -= papers
        papers |= found
        identities = []
        if found:
            for row in await connection.fetch(_FETCH_RECORDS, list(found)):
                record = msgspec.json.decode(row["body"], type=Record)
                sourced = Sourced(row["source"], record, identify(record), row["digest"])
                stored[row["id"]] = Stored(row["id"], row["paper_id"], sourced)
                identities.append(sourced.identity)
        found = set()
    return [stored[row] for row in sorted(stored)], common

"""What arriving records change: the papers they found, join or tear apart. Pure.

The store reads what is needed, asks for the groups and the plan, and writes it.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from service.ingest.identity import group_records
from service.ingest.paper import Sourced
from service.ingest.record import Place
from service.names import hash_id

# Two papers may claim one name where a record stays apart with an id that another paper has.
_SALTS = 4


class Outcome(StrEnum):
    """What became of a record. Each record has one."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    MERGED = "merged"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A record that arrives. body: the record as JSON. part: as in Found."""

    sourced: Sourced
    place: Place
    body: str
    part: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What "the same record" goes by: its source and what it is called there."""
        name = self.sourced.identity.name
        return self.sourced.source, name if self.part is None else f"{name} {self.part}"


@dataclass(frozen=True, slots=True)
class Stored:
    """A record of the database."""

    id: int
    paper_id: int
    sourced: Sourced


@dataclass(slots=True)
class Group:
    """The records of one paper: those that stay as they are, and arrivals (by position) with the row each takes over.

    papers: existing papers that this one continues, the oldest first. The first gives it its id, the others are merged.
    """

    stored: list[Stored]
    arrivals: list[tuple[int, Stored | None]]
    papers: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Plan:
    """What is to be written.

    papers: id -> records, of every paper whose records are others than before. new: those of them that are new.
    inserted: arrivals that get a row, with their paper. replaced: row -> the arrival that takes it over and its paper.
    moved: row -> paper. dropped: rows. merged: paper that is no more -> paper that has its records now.
    outcomes: one an arrival, in their order.
    """

    papers: dict[int, list[Sourced]] = field(default_factory=dict)
    new: set[int] = field(default_factory=set)
    inserted: list[tuple[Arrival, int]] = field(default_factory=list)
    replaced: dict[int, tuple[Arrival, int]] = field(default_factory=dict)
    moved: dict[int, int] = field(default_factory=dict)
    dropped: list[int] = field(default_factory=list)
    merged: dict[int, int] = field(default_factory=dict)
    outcomes: dict[int, Outcome] = field(default_factory=dict)


def regroup(
    stored: Sequence[Stored], arrivals: Sequence[Arrival], superseded: Mapping[int, int], common: Collection[str]
) -> list[Group]:
    """The papers that all these records are.

    stored: whole papers, by ascending id. superseded: row -> position of the arrival that replaces it.
    common: as in group_records.
    """
    rows: dict[int, Stored] = {}
    claims: dict[int, tuple[int, int | None]] = {}
    staying: list[Stored] = []
    for row in stored:
        arrival = superseded.get(row.id)
        if arrival is None:
            staying.append(row)
        else:
            rows.setdefault(arrival, row)
        # A paper lives on where its oldest record goes.
        claims.setdefault(row.paper_id, (row.id, arrival))
    identities = [row.sourced.identity for row in staying] + [arrival.sourced.identity for arrival in arrivals]
    groups = []
    of_row: dict[int, Group] = {}
    of_arrival: dict[int, Group] = {}
    for positions in group_records(identities, common):
        group = Group(
            [staying[position] for position in positions if position < len(staying)],
            [(p - len(staying), rows.get(p - len(staying))) for p in positions if p >= len(staying)],
        )
        groups.append(group)
        of_row.update((row.id, group) for row in group.stored)
        of_arrival.update((position, group) for position, _ in group.arrivals)
    for paper_id, (row_id, position) in sorted(claims.items(), key=lambda claim: claim[1][0]):
        (of_row[row_id] if position is None else of_arrival[position]).papers.append(paper_id)
    return groups


def candidate_ids(group: Group, arrivals: Sequence[Arrival]) -> Iterator[int]:
    """What a group that continues no paper may be called: the first that is free. Named after its first record."""
    founder = group.stored[0].sourced if group.stored else arrivals[group.arrivals[0][0]].sourced
    name = founder.identity.name
    yield hash_id(name)
    for salt in (*range(1, _SALTS), founder.digest.hex()):
        yield hash_id(f"{name}#{salt}")


def plan_changes(
    groups: Sequence[Group],
    stored: Sequence[Stored],
    arrivals: Sequence[Arrival],
    superseded: Mapping[int, int],
    taken: Collection[int],
) -> Plan:
    """What to write so that the database holds these groups. taken: ids that no new paper may have."""
    plan = Plan()
    used = set(taken)
    size = Counter(row.paper_id for row in stored)
    for group in groups:
        if not group.arrivals and len(group.papers) == 1:
            paper_id = group.papers[0]
            if {row.paper_id for row in group.stored} == {paper_id} and len(group.stored) == size[paper_id]:
                continue
        if group.papers:
            paper_id = group.papers[0]
        else:
            paper_id = next(number for number in candidate_ids(group, arrivals) if number not in used)
            used.add(paper_id)
            plan.new.add(paper_id)
        plan.papers[paper_id] = [row.sourced for row in group.stored]
        plan.merged.update((other, paper_id) for other in group.papers[1:])
        plan.moved.update((row.id, paper_id) for row in group.stored if row.paper_id != paper_id)
        for place, (position, row) in enumerate(group.arrivals):
            arrival = arrivals[position]
            plan.papers[paper_id].append(arrival.sourced)
            if row is not None:
                plan.replaced[row.id] = (arrival, paper_id)
                plan.outcomes[position] = Outcome.UPDATED
            else:
                plan.inserted.append((arrival, paper_id))
                founds = paper_id in plan.new and place == 0 and not group.stored
                plan.outcomes[position] = Outcome.CREATED if founds else Outcome.MERGED
    plan.dropped = [row for row in superseded if row not in plan.replaced]
    # In the order of arrival, whatever the groups.
    order = {id(arrival): position for position, arrival in enumerate(arrivals)}
    plan.inserted.sort(key=lambda item: order[id(item[0])])
    return plan

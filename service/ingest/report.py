"""What a load says about itself, while it runs and at its end."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from service.ingest.inputs import LeftOut
from service.ingest.record import Reject, Skipped
from service.ingest.regroup import Outcome

# Kept of a file to be shown; all are counted.
MAX_REJECTS = 1_000
MAX_SKIPPED = 100


@dataclass(slots=True)
class Counts:
    """Each record is counted once.

    created: founded a paper. merged: went to a paper that other records had founded. updated: says something else
    than the record of that name did in an earlier load, and took its place. unchanged: was there already.
    """

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    merged: int = 0
    rejected: int = 0

    @property
    def total(self) -> int:
        return self.created + self.updated + self.unchanged + self.merged + self.rejected

    def add(self, outcomes: Counter[Outcome]) -> None:
        for outcome, count in outcomes.items():
            setattr(self, outcome.value, getattr(self, outcome.value) + count)


@dataclass(slots=True)
class FileReport:
    """file: as it was named. rejects, skipped: the first MAX_REJECTS and MAX_SKIPPED. skipped_lines: all of them,
    without the members.

    error: why reading stopped, None at the end of the file; what had been read before is stored.
    """

    file: str
    counts: Counts = field(default_factory=Counts)
    rejects: list[Reject] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    skipped_lines: int = 0
    error: str | None = None

    def reject(self, rejects: Iterable[Reject]) -> None:
        for reject in rejects:
            self.counts.rejected += 1
            if len(self.rejects) < MAX_REJECTS:
                self.rejects.append(reject)

    def skip(self, skipped: Iterable[Skipped]) -> None:
        for line in skipped:
            self.skipped_lines += not line.member
            if len(self.skipped) < MAX_SKIPPED:
                self.skipped.append(line)


@dataclass(slots=True)
class Report:
    """load: its number in the database; None for one that only says what would happen."""

    load: int | None = None
    files: list[FileReport] = field(default_factory=list)

    def leave_out(self, folder: str, left: LeftOut) -> None:
        """Tell what a folder holds and is not read: under the folder's name, or as a file that failed."""
        if left.error:
            self.files.append(FileReport(left.shown, error=left.reason))
            return
        told = next((file for file in reversed(self.files) if file.file == folder), None)
        if told is None:
            told = FileReport(folder)
            self.files.append(told)
        within = left.shown.removeprefix(folder).lstrip("/")
        told.skip([Skipped(left.shown, None, within, left.reason)])

    @property
    def totals(self) -> Counts:
        counts = Counts()
        for file in self.files:
            for name, count in asdict(file.counts).items():
                setattr(counts, name, getattr(counts, name) + count)
        return counts

    @property
    def complete(self) -> bool:
        """Whether all that the files hold is stored."""
        return not any(file.counts.rejected or file.error for file in self.files)

    def to_dict(self) -> dict[str, Any]:
        """{"load", "created", "updated", "unchanged", "merged", "rejected", "files": [{"file", the same counts,
        "error", "rejects": [{"file", "line", "number", "reason", "hint"}],
        "skipped": [{"line", "text", "reason"}]}]}"""
        return {
            "load": self.load,
            **asdict(self.totals),
            "files": [
                {
                    "file": file.file,
                    **asdict(file.counts),
                    "error": file.error,
                    "rejects": [
                        {
                            "file": r.place.file,
                            "line": r.place.line,
                            "number": r.place.number,
                            "reason": r.reason,
                            "hint": r.hint,
                        }
                        for r in file.rejects
                    ],
                    "skipped": [{"line": s.line, "text": s.text, "reason": s.reason} for s in file.skipped],
                }
                for file in self.files
            ],
        }


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a load has come. records: done of this file. Bytes are those of the file as it lies there, compressed
    or not; bytes_total is None for what has no size (a pipe), and bytes_read 0 then."""

    file: str
    records: int
    bytes_read: int
    bytes_total: int | None

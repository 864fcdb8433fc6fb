"""What collecting says of itself while it runs, and what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from resa.base.language import NOTHING, Sentence
from resa.storage import Load

__all__ = ["FileReport", "LoadReport", "Progress", "report_of"]


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far collecting a file is.

    Attributes:
        file: Its name.
        rows: Rows read so far.
        position: Bytes (of Parquet: rows) read so far.
        length: The whole file in the same unit; 0 if that is not known.
        seconds: Since collecting the file began.
    """

    file: str
    rows: int
    position: int
    length: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class FileReport:
    """What became of one file.

    Attributes:
        file: Its name.
        state: collected; or unchanged since it was collected, and left alone; or, of a database, nothing new in it.
        load_id: The load; 0: nothing came.
        rows_read: Rows of the file.
        good: Rows that were stored.
        rejected: Rows that were refused and kept.
        duplicate: Rows that were there already.
        without_customer: Of the good ones: those that name no customer and are only counted by day.
        without_cursor: Rows of a database that were not read, for their cursor is empty or no number and no time.
        late: Of the good ones: those that lie where an earlier run has read the database.
        reasons: Rejected rows by reason, as far as this run saw them.
        note: What else a person should know, such as that the definition has changed since.
    """

    file: str
    state: Literal["collected", "unchanged", "nothing new"]
    load_id: int = 0
    rows_read: int = 0
    good: int = 0
    rejected: int = 0
    duplicate: int = 0
    without_customer: int = 0
    without_cursor: int = 0
    late: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    note: Sentence = NOTHING


@dataclass(frozen=True, kw_only=True)
class LoadReport:
    """What became of a source's files."""

    source: str
    files: tuple[FileReport, ...]

    @property
    def good(self) -> int:
        """Rows that were stored by this run."""
        return sum(file.good for file in self._collected())

    @property
    def rejected(self) -> int:
        """Rows that were refused by this run."""
        return sum(file.rejected for file in self._collected())

    @property
    def duplicate(self) -> int:
        """Rows that were there already."""
        return sum(file.duplicate for file in self._collected())

    @property
    def reasons(self) -> Counter[str]:
        """Rejected rows by reason."""
        return sum((file.reasons for file in self._collected()), Counter())

    def _collected(self) -> Iterator[FileReport]:
        return (file for file in self.files if file.state == "collected")


def report_of(file: str, load: Load, *, reasons: Counter[str], without_customer: int = 0) -> FileReport:
    """The report of a load that was just collected."""
    return FileReport(
        file=file,
        state="collected",
        load_id=load.id,
        rows_read=load.rows_read,
        good=load.good,
        rejected=load.rejected,
        duplicate=load.duplicate,
        without_customer=without_customer,
        reasons=reasons,
    )

"""Where things stand in a workspace's data folder.

.resa/                      0700
    arrivals.db             SQLite: requests that were accepted and wait to become events
    operations.db           SQLite: loads, listed files, runs of ids, generations, map versions, the lease
    links.key               the secret that signs links and pixels, once one was made; 0600
    factors.key             the secret from which those of second factors follow, once somebody has one; 0600
    events/  customers/  feedback/  daily_numbers/  rejected/    Parquet, one file a commit; only listed ones count
    settled/                Parquet, which rejected rows a replay stored
    lookups/                Parquet, tables such as products and stores
    unique/                 sorted hashes of the ids that were ever stored
    runs/                   new rows by what they name, until a generation holds them
    index/<generation>/     arrays of the journey index; index/<generation>/maps/<hash>/ what one map makes of it,
                            index/<generation>/labels/<hash>/ what an expression says of each event or customer
    signals/<hash>/         which signals hold for each row of each file; derived
    work/                   half-made things; emptied by the next writer
    held/  held.lock        what a backup copies, while it does
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

__all__ = ["FILE_FOLDERS", "HEADER", "Layout"]

FILE_FOLDERS = ("events", "customers", "feedback", "daily_numbers", "rejected", "settled", "lookups")
"""Folders of listed Parquet files; a file's kind is the name of its folder."""

HEADER = "header.json"
"""Of a generation: what it was made of."""


@dataclass(frozen=True)
class Layout:
    """Paths below one data folder."""

    root: Path

    @property
    def database(self) -> Path:
        """The operational database."""
        return self.root / "operations.db"

    @property
    def arrivals(self) -> Path:
        """Requests that wait."""
        return self.root / "arrivals.db"

    @property
    def databases(self) -> tuple[Path, Path]:
        """Both SQLite files."""
        return self.arrivals, self.database

    @property
    def link_secret(self) -> Path:
        """The secret that signs links."""
        return self.root / "links.key"

    @property
    def factor_secret(self) -> Path:
        """The secret from which those of second factors follow."""
        return self.root / "factors.key"

    @property
    def unique(self) -> Path:
        """Runs of sorted hashes."""
        return self.root / "unique"

    @property
    def runs(self) -> Path:
        """Sorted runs of rows that are not yet in the index."""
        return self.root / "runs"

    @property
    def index(self) -> Path:
        """Generations of the journey index."""
        return self.root / "index"

    @property
    def signals(self) -> Path:
        """Which signals hold, by file."""
        return self.root / "signals"

    @property
    def work(self) -> Path:
        """Things in the making."""
        return self.root / "work"

    @property
    def kinds(self) -> Mapping[str, Path]:
        """The folder of each kind of listed files."""
        return {kind: self.root / kind for kind in FILE_FOLDERS}

    def generation(self, number: int) -> Path:
        """The folder of one generation of the index."""
        return self.index / str(number)

    def header(self, number: int) -> Path:
        """What says of what files a generation was made, and is locked by those who read it."""
        return self.generation(number) / HEADER

    def folders(self) -> list[Path]:
        """Every folder that must be there."""
        named = [self.root / name for name in FILE_FOLDERS]
        return [self.root, *named, self.unique, self.runs, self.index, self.signals, self.work]

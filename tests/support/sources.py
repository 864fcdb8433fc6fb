"""Sources for tests: a workspace in a folder, a source file as text, its rows collected."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from resa.collector import LoadReport, Source, collect, read_source
from resa.storage import Store, Writer

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


COLUMNS = """
columns:
  occurred_at: when
  event: what
  customer: who
"""
"""The mapping of most tests' files."""


def figures(report: LoadReport) -> tuple[int, int, int]:
    """Good, rejected, duplicate."""
    return report.good, report.rejected, report.duplicate


def source_of(text: str, folder: Path, *, name: str = "orders") -> Source:
    """A source without problems."""
    source, problems = read_source(f"sources/{name}.yaml", textwrap.dedent(text), folder)
    assert not problems, "\n".join(map(str, problems))
    assert source is not None
    return source


@dataclass
class Shop:
    """A workspace that is being written to."""

    folder: Path
    store: Store
    writer: Writer

    def file(self, name: str, content: str | bytes) -> Path:
        """Write a file of rows."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def collect(self, text: str, *, name: str = "orders", **options: Any) -> LoadReport:
        """Collect what a source file names."""
        return collect(self.writer, source_of(text, self.folder, name=name), now=options.pop("now", NOW), **options)

    def events(self) -> list[dict[str, Any]]:
        """The stored events, in the order of storing."""
        found: list[dict[str, Any]] = self.store.rows("events").to_pylist()
        return found

    def reasons(self) -> dict[int, str]:
        """Row number to reason of the rejected rows."""
        return {row["row"]: row["reason"] for row in self.store.rejected().to_pylist()}


@contextmanager
def open_shop(folder: Path, *, clock: Callable[[], datetime] | None = None) -> Iterator[Shop]:
    """A workspace in an empty folder."""
    with Store.open(folder / ".resa", clock=clock or (lambda: NOW)) as store, store.writing() as writer:
        yield Shop(folder, store, writer)

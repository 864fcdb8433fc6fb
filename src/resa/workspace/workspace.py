"""One workspace, opened: its settings, maps, sources and data, and the verbs that join them. Delegation only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa

from resa import runtime
from resa.analytics import Measure
from resa.base.clock import Clock, system_clock
from resa.base.errors import InputError, MapError, QuestionError, WorkspaceMissing, did_you_mean
from resa.base.settings import Settings, read_settings
from resa.collector import LoadReport, Progress, Source, collect, read_sources
from resa.journey_map import Loaded, load_maps
from resa.model.journey import JourneyMap
from resa.reporting import report
from resa.storage import Finding, JourneyIndex, Load, Store

__all__ = ["DATA_FOLDER", "Workspace"]

DATA_FOLDER = ".resa"
"""Where a workspace keeps all data."""

Notice = Callable[[str], None]


class Workspace:
    """A folder with maps, signals, sources and data. Use `resa.open(path)`; a context manager, or `close()` it.

    Args:
        folder: The workspace's folder.
        clock: What time it is.

    Raises:
        WorkspaceMissing: The folder holds no workspace.
        SettingsError: Its `resa.toml` is wrong.
    """

    def __init__(self, folder: Path, *, clock: Clock = system_clock) -> None:
        self.folder = folder.resolve()
        if not is_workspace(self.folder):
            raise WorkspaceMissing(
                f"{folder} is no workspace: it has no journey.yaml, journeys/ or resa.toml; make one with: resa new {folder}"
            )
        self.clock = clock
        self.settings: Settings = read_settings(self.folder / "resa.toml")

    # What people wrote

    @cached_property
    def loaded(self) -> Loaded:
        """All maps of the folder, with everything that is wrong with them."""
        return load_maps(self.folder)

    @property
    def maps(self) -> Mapping[str, JourneyMap]:
        """The maps that can be used, by key."""
        return {journey_map.key: journey_map for journey_map in self.loaded.maps}

    def map(self, key: str | None = None) -> JourneyMap:
        """One map; without a key the only one.

        Raises:
            MapError: The map's file, or every file, is wrong; holds all problems.
            QuestionError: There is no such map, or there are several and none was named.
        """
        if key is None and len(self.maps) == 1 and len(self.loaded.files) <= len(self.maps) + 1:
            return next(iter(self.maps.values()))
        if key in self.maps:
            return self.maps[key]
        errors = [problem for problem in self.loaded.problems if problem.severity == "error"]
        if errors and (key is None or not self.maps):
            raise MapError(errors)
        names = ", ".join(sorted(self.maps)) or "none yet"
        if key is None:
            raise QuestionError(f"name one of the maps: {names}")
        raise QuestionError(f"there is no map '{key}'{did_you_mean(key, self.maps)}; there are: {names}")

    @cached_property
    def sources(self) -> Mapping[str, Source]:
        """The sources, by name.

        Raises:
            SourceError: A source file is wrong; holds all problems of all of them.
        """
        found, problems = read_sources(self.folder)
        if problems:
            from resa.base.errors import SourceError  # noqa: PLC0415

            raise SourceError(problems)
        return {source.name: source for source in found}

    # Data

    @cached_property
    def store(self) -> Store:
        """The data folder."""
        return Store.open(self.folder / DATA_FOLDER, clock=self.clock)

    def close(self) -> None:
        """Let go of the data."""
        if "store" in self.__dict__:
            self.store.close()

    def __enter__(self) -> Self:
        """The workspace itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

"""One workspace, opened: its settings, maps, sources and data, and the verbs that join them. Delegation only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

from resa import runtime
from resa.base.clock import Clock, system_clock
from resa.base.errors import Problem, SourceError
from resa.base.files import write_text_durably
from resa.base.language import sentence
from resa.base.settings import Settings, read_settings
from resa.base.showing import Listing
from resa.collector import (
    LoadReport,
    Progress,
    ReplayReport,
    Source,
    Understanding,
    read_sources,
    replay,
    source_yaml,
)
from resa.journey_map import DataSeen, Loaded, display_name, lint, load_maps
from resa.model.journey import JourneyMap
from resa.storage import BOTS, Exclusion, Finding, JourneyIndex, Load, MapVersion, Store, Writer, list_day_notes
from resa.workspace.auditing import Audit
from resa.workspace.collecting import SourceStatus, collect_sources, status_of_sources
from resa.workspace.comparing import seen_of_maps
from resa.workspace.consents import Consents, consenting, topics_of, unheard_sources
from resa.workspace.customers import Profile, shown_profile
from resa.workspace.erasing import Erased, erase_customer, store_of
from resa.workspace.expiring import Expired, expire
from resa.workspace.exporting import export_customer
from resa.workspace.folders import checked_folder, chosen, currencies_of, named_source, understood, user
from resa.workspace.freshness import brought_up_to_date
from resa.workspace.identities import Identity
from resa.workspace.keys import Keys
from resa.workspace.links import Links
from resa.workspace.people import People
from resa.workspace.segments import Segments
from resa.workspace.showing import workspace_bundle

if TYPE_CHECKING:
    import pyarrow as pa

    from resa.analytics import Measure
    from resa.discovery import Draft
    from resa.drawing import MapOptions, Paper, Svg
    from resa.reporting import HtmlReport
    from resa.simulation import Written

__all__ = ["DATA_FOLDER", "Workspace"]

DATA_FOLDER = ".resa"
"""Where a workspace keeps all data."""


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
        self.folder = checked_folder(folder)
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
        return self.loaded.maps

    def map(self, key: str | None = None) -> JourneyMap:
        """One map; without a key the only one.

        Raises:
            MapError: The map's files are wrong; holds all problems.
            QuestionError: There is no such map, or there are several and none was named.
        """
        return self.loaded.map(key)

    def advice(self) -> Listing[Problem]:
        """What a practitioner would say about the maps; with data, also which touchpoints no event ever matched."""
        found: Listing[Problem] = Listing(unheard_sources(self))
        today: date = self.clock().date()
        currencies = currencies_of(read_sources(self.folder)[0])  # a wrong source file is no fault of a map
        seen = self._data_seen()
        for key, journey_map in self.maps.items():
            found += lint(
                journey_map, self.loaded, today=today, data=seen.get(key), currencies=currencies, topics=topics_of(self)
            )
        return found

    def _data_seen(self) -> Mapping[str, DataSeen]:
        return seen_of_maps(self) if self._has_data else {}

    def map_versions(self, key: str | None = None) -> list[MapVersion]:
        """Every version of a map that was taken into use, oldest first, with its files."""
        return self.store.map_versions(self.map(key).key)

    @cached_property
    def sources(self) -> Mapping[str, Source]:
        """The sources, by name.

        Raises:
            SourceError: A source file is wrong; holds all problems of all of them.
        """
        found, problems = read_sources(self.folder)
        if problems:
            raise SourceError(problems)
        return {source.name: source for source in found}

    def source_status(self) -> Listing[SourceStatus]:
        """How every source is doing that has a file or rows: runs, rows, lag, next run, what is wrong with its file."""
        return Listing(status_of_sources(self))

    @property
    def exclude(self) -> tuple[Exclusion, ...]:
        """Which events are kept and never measured: those of bots, and what each source says of its own."""
        said = (Exclusion(one.name, one.shape.timezone, text) for one in self.sources.values() for text in one.exclude)
        return (BOTS, *said)

    @property
    def currencies(self) -> Mapping[str, str]:
        """Of the sources that name one, by name of the source."""
        return currencies_of(self.sources.values())

    # Data

    @cached_property
    def store(self) -> Store:
        """The data folder."""
        return store_of(self, self.folder / DATA_FOLDER)

    @property
    def keys(self) -> Keys:
        """Keys of those who send events over HTTP."""
        return Keys(self.store, self.audit)

    @property
    def people(self) -> People:
        """People who may sign in."""
        return People(self.store, self.audit, self.settings)

    @property
    def links(self) -> Links:
        """Signed links and pixels for mails and posts."""
        return Links(self.store)

    @cached_property
    def identity(self) -> Identity:
        """Who is who."""
        return Identity(self)

    @cached_property
    def audit(self) -> Audit:
        """Who saw and changed what."""
        return Audit(self)

    @property
    def consents(self) -> Consents:
        """What customers consented to."""
        return Consents(self)

    @property
    def segments(self) -> Segments:
        """Who is in which segment, since when and why."""
        return Segments(self)

    @property
    def measure(self) -> Measure:
        """Questions to the events, after the index and every map's column were brought up to date.

        While another process writes, the published generation answers, and its answers say so (`Measure.notes`).

        Raises:
            WorkspaceBusy: Another process is writing, and the published generation does not know a map as it is now.
            SourceError: A source file is wrong: what is to be left out (`exclude`) is not known.
        """
        measuring = self._measuring
        measuring.notes = brought_up_to_date(self)
        measuring.day_notes = partial(list_day_notes, self.store)
        return measuring

    @cached_property
    def _measuring(self) -> Measure:
        from resa.analytics import Measure  # noqa: PLC0415 - heavy; checking a map does without it

        return Measure(self.store, self.maps, clock=self.clock, currencies=self.currencies)

    def customer(self, value: str, *, kind: str | None = None, map_key: str | None = None, newest: int = 50) -> Profile:
        """The customer who is called so; see `resa.workspace.customers.shown_profile`. All of it is personal data."""
        return shown_profile(self, value, kind=kind, map_key=map_key, newest=newest)

    def export_customer(self, value: str, folder: Path | str, *, kind: str | None = None) -> Path:
        """Write all that is stored of a customer; see `resa.workspace.exporting.export_customer`."""
        return export_customer(self, value, Path(folder), kind=kind)

    def erase(self, value: str, *, kind: str | None = None, dry: bool = False) -> Erased:
        """Erase the customer who is called so; see `resa.workspace.erasing.erase_customer`."""
        return erase_customer(self, value, kind=kind, dry=dry)

    def expire(self, *, dry: bool = False) -> Listing[Expired]:
        """Take away what is older than the settings say; see `resa.workspace.expiring.expire`."""
        return expire(self, dry=dry)

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be said of everything that was measured last."""
        return self._measuring.notes if "_measuring" in self.__dict__ else ()

    def loads(self, source: str | None = None) -> Listing[Load]:
        """What was collected, file by file, in the order of its beginning; of one source, if it is named."""
        return Listing(self.store.loads(source))

    def rejected(self, source: str | None = None, *, load: int | None = None) -> pa.Table:
        """Rows that were refused and are not settled, with reason, number and payload. Payloads are personal data.

        Args:
            source: Only of this source.
            load: Only of the load of this number.
        """
        return self.store.rejected(load, source_id=source)

    def collect(
        self,
        names: Sequence[str] | str = (),
        *,
        replace: bool = False,
        progress: Callable[[Progress], None] | None = None,
    ) -> Listing[LoadReport]:
        """Collect sources, all of them unless some are named, and bring the index up to date.

        Args:
            names: Sources, as their files are called; one may stand by itself. Hooks are left out, refused if named.
            replace: First undo the loads of the same files.
            progress: Called after every chunk.

        Raises:
            SourceError: A source or its file is wrong. What the others brought stays, and is measured.
            WorkspaceBusy: Another process is writing.
        """
        sources = chosen(self.sources, [names] if isinstance(names, str) else names)
        reports, problems = collect_sources(self, sources, replace=replace, progress=progress)
        if problems:
            raise SourceError(problems)
        return Listing(reports)

    def replay(self, name: str, *, load: int | None = None, reason: str | None = None) -> ReplayReport:
        """Read rejected rows again by the source as it is now; what is good now goes in, the rest stays."""
        source = named_source(self.sources, name)
        with self.store.writing() as writer:
            try:
                return replay(consenting(self, writer), source, load_id=load, reason=reason)
            finally:
                self.refresh(writer)  # if no row waits any more, a replay that was killed may have stored them

    def remove_loads(self, numbers: Iterable[int]) -> Listing[Load]:
        """Undo loads and bring the index up to date."""
        with self.store.writing() as writer:
            try:
                return Listing(writer.remove_load(number) for number in numbers)
            finally:
                self.refresh(writer)  # of what was removed before an error, or before a removal was cut short

    def refresh(self, writer: Writer | None = None, *, soon: bool = False) -> JourneyIndex:
        """Bring the index and every map's column up to date.

        Args:
            writer: Who is at work already; `None`: nobody is.
            soon: New events shall count within a moment; see `resa.runtime.refresh`.
        """
        if writer is None:
            with self.store.writing() as new:
                return self.refresh(new, soon=soon)
        for journey_map in self.maps.values():
            self._keep_version(writer, journey_map)
        return runtime.refresh(writer, list(self.maps.values()), self.exclude, rules=self.identity.rules, soon=soon)

    def rebuild(self) -> JourneyIndex:
        """Delete everything derived and make it anew from the event files."""
        with self.store.writing() as writer:
            return runtime.rebuild(writer, list(self.maps.values()), self.exclude, rules=self.identity.rules)

    def compact(self) -> tuple[int, int]:
        """Join small event files; how many there were, and how many there are."""
        before = len(self.store.event_files())
        with self.store.writing() as writer:
            self.refresh(writer)  # a collection that was cut short may have left files that the index does not hold
            runtime.compact(writer)
            self.refresh(writer)
        return before, len(self.store.event_files())

    def verify(self) -> Listing[Finding]:
        """Count everything again and compare it with what is stored."""
        return Listing(runtime.verify(self.store, list(self.maps.values()), self.exclude, rules=self.identity.rules))

    def _keep_version(self, writer: Writer, journey_map: JourneyMap) -> None:
        versions = self.store.map_versions(journey_map.key)
        if not versions or versions[-1].hash != journey_map.hash:
            text = self.loaded.version_text(journey_map)
            also = self.audit.also("map.change", who=user(), map=journey_map.key, version=journey_map.hash[:8])
            writer.save_map_version(journey_map.key, journey_map.hash, text, who=user(), also=also)

    def _forget_sources(self) -> None:
        """Source files changed: read them again when they are needed, and whatever was made from them."""
        for name in ("sources", "_measuring"):
            self.__dict__.pop(name, None)

    def understand(
        self, path: str, given: Mapping[str, str], *, kind: str = "events", name: str | None = None
    ) -> Understanding:
        """Look at one new file and propose how to collect it; see `resa.workspace.folders.understood`."""
        zones = {journey_map.timezone for journey_map in self.maps.values()}
        return understood(self.folder, path, given, kind=kind, name=name, zones=zones, now=self.clock())

    def write_source(self, understanding: Understanding) -> Path:
        """Write the source file that was proposed; an existing one is never overwritten.

        Raises:
            SourceError: There is one of this name.
        """
        target = self.folder / "sources" / f"{understanding.name}.yaml"
        if target.exists():
            raise SourceError(
                sentence(
                    "sources/{target} exists; change it and run: resa collect {name} --replace; delete it to have "
                    "the file understood anew, or give the source another name with --name",
                    target=target.name,
                    name=understanding.name,
                )
            )
        target.parent.mkdir(exist_ok=True)
        write_text_durably(target, source_yaml(understanding))
        self._forget_sources()
        return target

    # Discovering

    def discover(
        self,
        *,
        title: str | None = None,
        language: str = "en",
        top: int = 20,
        share: float = 0.01,
        goal: str | None = None,
        pages: Sequence[str] = (),
    ) -> Draft:
        """Propose a first map from the collected events alone; nothing is written.

        The arguments are those of `resa.discovery.discover`; the title is by default what the folder is called.

        Raises:
            QuestionError: There are no events, or none of the name given as goal.
            InputError: An argument is out of its bounds.
        """
        from resa.workspace.discovering import discover  # noqa: PLC0415 - heavy; only here

        if not runtime.is_current(self.store, self.store.index(), self.exclude, rules=self.identity.rules):
            self.refresh()
        title, sources = title or display_name(self.folder.name), list(self.sources.values())
        return discover(
            self.store, sources, title=title, language=language, top=top, share=share, goal=goal, pages=pages
        )

    # Simulating

    def simulate(
        self,
        key: str | None = None,
        *,
        customers: int,
        seed: int = 1,
        start: date | None = None,
        days: int | None = None,
        truths: Sequence[str] = (),
    ) -> list[Written]:
        """Draw made-up customers and write, to `incoming/`, what their systems would have written.

        With a `simulation.yaml` in the workspace, as that says; else from the map alone, with source files to read
        them. What is true of them stands in `incoming/truths.json`. See `resa.workspace.simulating.write_simulated`.
        """
        from resa.workspace.simulating import write_simulated  # noqa: PLC0415 - heavy; only here

        journey_map = self.map(key)
        written = write_simulated(
            self.folder, journey_map, customers=customers, seed=seed, start=start, days=days, truths=truths
        )
        self._forget_sources()
        return written

    # Showing

    def draw(
        self,
        key: str | None = None,
        *,
        measured: bool = False,
        as_of: str | datetime | None = None,
        options: MapOptions | None = None,
    ) -> Svg:
        """Draw a map.

        Args:
            key: Of the map, where there are several.
            measured: Add what was measured of it.
            as_of: The moment up to which data count as complete; default: as the sources say.
            options: What to draw, and how wide.
        """
        from resa import drawing, reporting  # noqa: PLC0415 - heavy; measuring does without them

        journey_map = self.map(key)
        numbers = reporting.map_numbers(self.measure, journey_map, as_of=as_of) if measured else None
        options = options or drawing.MapOptions()
        pictures = options.pictures or self._pictures(journey_map)
        return drawing.draw_map(journey_map, numbers, options=replace(options, pictures=pictures))

    def export(self, path: Path | str, key: str | None = None, *, paper: Paper | None = None) -> Path:
        """Write a map for other programs; `draw` gives pictures of a part of it, or with numbers.

        Args:
            path: From where the person stands; its ending says what: .xlsx, .csv, .pptx, .pdf, .svg or .png.
            key: Of the map, where there are several.
            paper: What .pdf and .pptx are laid out for.
        """
        from resa.exchange import export_map  # noqa: PLC0415 - heavy; measuring does without it

        target, journey_map = Path(path), self.map(key)
        form, text = target.suffix.lower().removeprefix("."), self.loaded.text(journey_map)
        target.write_bytes(export_map(form, journey_map, text, lambda: self.draw(key), paper=paper))
        return target

    def report(self, key: str | None = None, *, names: bool = False, as_of: str | datetime | None = None) -> HtmlReport:
        """One self-contained page about a map: numbers, findings, promises, funnel, paths, what people said.

        Args:
            key: Of the map, where there are several.
            names: Also name the customers behind the first finding. They are personal data.
            as_of: The moment up to which data count as complete; default: as the sources say.
        """
        from resa.reporting import build_report  # noqa: PLC0415 - heavy; measuring does without it

        journey_map = self.map(key)
        pictures = self._pictures(journey_map)
        return build_report(
            self.measure, self.store, journey_map, pictures=pictures, names=names, as_of=as_of, clock=self.clock
        )

    def _pictures(self, journey_map: JourneyMap) -> dict[str, bytes]:
        from resa.drawing import read_pictures  # noqa: PLC0415 - heavy; measuring does without it

        return read_pictures(journey_map, (self.folder / journey_map.file).parent, self.folder)

    def __repr__(self) -> str:
        """A line for a prompt; it reads no data."""
        return f"<workspace {self.folder.name}: {', '.join(self.maps) or 'no valid map'}>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:  # noqa: ARG002
        """What a notebook shows: maps, sources and what was collected; the arguments are part of its protocol."""
        loads = self.loads() if self._has_data else []
        return workspace_bundle(self.folder.name, self.maps, self.sources, loads)

    @property
    def _has_data(self) -> bool:
        return (self.folder / DATA_FOLDER).is_dir()

    def close(self) -> None:
        """Let go of the data."""
        if "store" in self.__dict__:
            self.store.close()

    def __enter__(self) -> Self:
        """The workspace itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

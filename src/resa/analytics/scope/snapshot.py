"""One map's events at one generation of the index, with everything about them that questions share.

What was derived once (which events satisfy an expression, which customers do) is kept as long as the snapshot lives,
that is until the next generation or the next edit of the map.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from types import MappingProxyType
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from resa.analytics.calendar import SECOND, Instants, Zone, zone_named
from resa.analytics.scope.numbering import Codes, known, named, numbered
from resa.base.language import Sentence, sentence
from resa.expressions import Catalog, Compiled, Scope, compile_expression
from resa.kernels import NO_KEY, Journeys
from resa.model.currencies import foreign_currencies
from resa.model.journey import JourneyMap
from resa.model.names import normalised
from resa.storage import EVENT_KIND, EventKind, in_order, map_catalog, read_event_kind

__all__ = ["Completeness", "EventIndex", "EventStore", "Flags", "Positions", "Snapshot", "TouchpointColumn"]

Flags = npt.NDArray[np.bool_]
"""One flag for each customer or event."""

Positions = npt.NDArray[np.int64]
"""Where events stand in the index."""

Sparse = tuple[npt.NDArray[np.generic], npt.NDArray[np.float64]]

Kept = TypeVar("Kept")


class Completeness(Protocol):
    """Up to when the data are complete; `resa.storage.AsOf` is one."""

    @property
    def sources(self) -> Mapping[str, datetime]:
        """By source."""

    @property
    def overall(self) -> datetime | None:
        """The latest of them."""

    def complete(self, sources: tuple[str, ...]) -> datetime | None:
        """What all of these are complete to; `None` when of one of them it is not known."""


class TouchpointColumn(Protocol):
    """A map's column of the index; `resa.storage.MapColumn` is one."""

    @property
    def map_hash(self) -> str:
        """Content hash of the map it was derived with."""

    @property
    def touchpoints(self) -> npt.NDArray[np.uint16]:
        """Code of each event's touchpoint; 0: none."""

    @property
    def values(self) -> Sparse:
        """Positions (ascending) and what these events are worth, each in its source's currency."""

    @property
    def scores(self) -> Sparse:
        """Positions (ascending) and how these events were felt, as given."""

    @property
    def sources(self) -> Mapping[int, tuple[str, ...]]:
        """By code: which sources ever delivered it."""


class EventIndex(Protocol):
    """The journey index; `resa.storage.JourneyIndex` is one."""

    @property
    def generation(self) -> int:
        """Number, ascending."""

    @property
    def epoch(self) -> int:
        """Unix second that `seconds` counts from."""

    @property
    def offsets(self) -> npt.NDArray[np.int64]:
        """Customer c's events stand at `offsets[c]` to `offsets[c + 1]`."""

    @property
    def seconds(self) -> npt.NDArray[np.int32]:
        """Whole seconds since the epoch."""

    @property
    def micros(self) -> npt.NDArray[np.int32]:
        """Microseconds to add."""

    @property
    def channels(self) -> npt.NDArray[np.uint8]:
        """0: no channel; k: `channel_names[k - 1]`."""

    @property
    def rows(self) -> npt.NDArray[np.uint32]:
        """Row of the event files, in their global order."""

    @property
    def channel_names(self) -> tuple[str, ...]:
        """Channels that events name."""

    @property
    def as_of(self) -> Completeness:
        """Up to when the data are complete."""

    def column(self, map_key: str) -> TouchpointColumn:
        """A map's column."""

    def identifiers(self, customers: npt.NDArray[np.integer] | None = None) -> pa.Table:
        """A table (customer, kind, value)."""

    def event_rows(self, positions: npt.NDArray[np.integer], columns: list[str] | None = None) -> pa.Table:
        """The rows of the event files at these positions."""


class EventStore(Protocol):
    """Where indexes come from; `resa.storage.Store` is one. It gets its own indexes back."""

    def index(self) -> EventIndex:
        """The newest generation."""

    def evaluate_events(self, columns: Mapping[str, Compiled], *, index: Any) -> pa.Table:
        """Expressions over every row of the event files, in their global order."""

    def rows(self, kind: str, columns: Sequence[str] | None = None) -> pa.Table:
        """All rows of a kind that has no customers of its own: feedback, daily_numbers."""

    def lookups(self) -> pa.Table:
        """What every key of every lookup table stands for."""

    def customer_traits(self, index: Any) -> pa.Table:
        """A table (customer, traits JSON) of the customers of whom anything is known."""

    def member_since(self, segment: str, index: Any) -> npt.NDArray[np.int64]:
        """Since when each customer is kept to be in a segment (`map.segment`), microseconds since 1970; 0: unknown."""

    @property
    def generation(self) -> int:
        """Number of the newest generation."""

    def labels(
        self, scope: Scope, compiled: Compiled, *, index: Any
    ) -> tuple[npt.NDArray[np.unsignedinteger[Any]], pa.StringArray] | None:
        """Number of each event's or customer's text, and the texts in the order of the first that has each, if kept."""

    def text_attributes(self, index: Any) -> tuple[str, ...]:
        """`traits.x` and `properties.x` that hold a few different texts, such as a region."""


class Snapshot:
    """One map's events, read only.

    Args:
        store: Where expressions over events and traits are evaluated.
        index: The generation to read.
        journey_map: The map.
        currencies: Of sources that name one, by name of the source.
    """

    def __init__(
        self,
        store: EventStore,
        index: EventIndex,
        journey_map: JourneyMap,
        currencies: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.store = store
        self.index = index
        self.journey_map = journey_map
        self.epoch = index.epoch * SECOND
        self._currencies = currencies
        self._foreign = foreign_currencies(journey_map.currency, currencies)
        self._kept: dict[object, object] = {}

    # Arrays of all events are read once they are asked for: of a few customers alone they are not.

    @cached_property
    def column(self) -> TouchpointColumn:
        """What the map makes of the events.

        Raises:
            QuestionError: Nothing was derived for this map yet.
        """
        return self.index.column(self.journey_map.key)

    @cached_property
    def journeys(self) -> Journeys:
        """The events as kernels take them."""
        index = self.index
        return Journeys(index.offsets, index.seconds, index.micros, self.column.touchpoints)

    def over(self, index: EventIndex) -> Snapshot:
        """The same map at another index, such as that of some customers alone."""
        return Snapshot(self.store, index, self.journey_map, self._currencies)

    def keep(self, key: object, make: Callable[[], Kept]) -> Kept:
        """What was made for this key before, or is made now."""
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]  # type: ignore[return-value]  # a key always names the same kind of thing

    def keeps(self, key: object) -> bool:
        """Whether something is kept for this key."""
        return key in self._kept

    @cached_property
    def zone(self) -> Zone:
        """The map's time zone."""
        return zone_named(self.journey_map.timezone)

    @cached_property
    def catalog(self) -> Catalog:
        """What the names in an expression mean on this map."""
        return map_catalog(self.journey_map)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Touchpoint keys by code; code 0 has the empty name."""
        return ("", *(touchpoint.key for touchpoint in self.journey_map.touchpoints))

    def times(self, positions: Positions) -> Instants:
        """When events happened, microseconds since 1970-01-01 UTC."""
        seconds = self.index.seconds[positions].astype(np.int64)
        return self.epoch + seconds * SECOND + self.index.micros[positions]

    def customers_at(self, positions: Positions) -> npt.NDArray[np.int64]:
        """Whose events these are."""
        if len(positions) * 8 > len(self.index.rows):
            return self._whose[positions].astype(np.int64)
        return np.searchsorted(self.index.offsets, positions, side="right") - 1

    @cached_property
    def _whose(self) -> npt.NDArray[np.uint32]:
        """Whose each event is; for questions about many of them a search for each would take longer."""
        sizes = np.diff(self.index.offsets)
        return np.repeat(np.arange(len(sizes), dtype=np.uint32), sizes)

    @cached_property
    def newest(self) -> int | None:
        """When the newest event happened, microseconds since 1970; `None`: there is none."""
        if not len(self.index.seconds):
            return None
        latest = np.flatnonzero(self.index.seconds == self.index.seconds.max())
        return int(self.times(latest).max())

    @cached_property
    def oldest(self) -> int | None:
        """When the oldest event happened, whole seconds, in microseconds since 1970; `None`: there is none."""
        if not len(self.index.seconds):
            return None
        return self.epoch + int(self.index.seconds.min()) * SECOND

    # Values: amounts of another currency are no values of this map.

    @cached_property
    def values(self) -> Sparse:
        """Positions (ascending) and what these events are worth, without values in another currency than the map's."""
        positions, numbers = self.column.values
        known = ~self._abroad[0]
        return (positions, numbers) if known.all() else (positions[known], numbers[known])

    def are_foreign(self, positions: Positions) -> Flags:
        """Which of some events come from sources that count in another currency; the others are not read."""
        if not self._foreign or not len(positions):
            return np.zeros(len(positions), np.bool_)
        sources = self.index.event_rows(positions, ["source_id"]).column("source_id")
        foreign: Flags = pc.is_in(sources, value_set=pa.array(list(self._foreign), pa.string())).to_numpy()
        return foreign

    @property
    def value_warnings(self) -> tuple[Sentence, ...]:
        """Whose values are left out of `values`, and why."""
        currency = self.journey_map.currency
        abroad = ((name, self._foreign[name]) for name in self._abroad[1])
        if currency:
            return tuple(
                sentence(
                    "Values of '{source}' are left out: they are in {currency}, and the map counts in {own}.",
                    source=source,
                    currency=foreign,
                    own=currency,
                )
                for source, foreign in abroad
            )
        return tuple(
            sentence(
                "Values of '{source}' are left out: they are in {currency}, and other sources count in others, and the "
                "map names none.",
                source=source,
                currency=foreign,
            )
            for source, foreign in abroad
        )

    @cached_property
    def _abroad(self) -> tuple[Flags, tuple[str, ...]]:
        """Which of the column's values are in another currency, and the sources that these come from."""
        positions = np.asarray(self.column.values[0], np.int64)
        if not self._foreign or not len(positions):
            return np.zeros(len(positions), np.bool_), ()
        sources = self.index.event_rows(positions, ["source_id"]).column("source_id")
        abroad = pc.is_in(sources, value_set=pa.array(list(self._foreign), pa.string()))
        names = sorted(pc.unique(sources.filter(abroad)).to_pylist())
        return abroad.to_numpy(), tuple(names)

    # Channels: a touchpoint's one channel is a label for all its events; otherwise the event's own counts.

    @cached_property
    def channel_labels(self) -> tuple[str, ...]:
        """Channels by the numbers of `channel_table`; number 0 is no channel."""
        labels = [
            touchpoint.channels[0] for touchpoint in self.journey_map.touchpoints if len(touchpoint.channels) == 1
        ]
        return (
            "",
            *self.index.channel_names,
            *dict.fromkeys(name for name in labels if name not in self.index.channel_names),
        )

    def spelled(self, channels: Iterable[str]) -> tuple[str, ...]:
        """Keys of channels of the map, and what events call them: `Paid Search` is the map's `paid_search`."""
        keys = dict.fromkeys(channels)
        return tuple(keys | dict.fromkeys(label for label in self.channel_labels if normalised(label) in keys))

    @cached_property
    def channel_table(self) -> npt.NDArray[np.uint8]:
        """The number of the channel that counts, by touchpoint code and the event's own channel."""
        own = np.arange(len(self.index.channel_names) + 1, dtype=np.uint8)
        table = np.tile(own, (len(self.names), 1))
        for code, touchpoint in enumerate(self.journey_map.touchpoints, start=1):
            if len(touchpoint.channels) == 1:
                table[code] = self.channel_labels.index(touchpoint.channels[0])
        return table

    def channels_at(self, positions: Positions) -> npt.NDArray[np.uint8]:
        """The number of the channel that counts for each event."""
        if "_channels" in vars(self) or len(positions) * 8 > len(self.index.rows):
            return self._channels[positions]
        return self.channel_table[self.column.touchpoints[positions], self.index.channels[positions]]

    @cached_property
    def _channels(self) -> npt.NDArray[np.uint8]:
        """The channel that counts for each event; for questions about many of them two searches would take longer."""
        table = self.channel_table
        place = self.column.touchpoints.astype(np.int64) * table.shape[1] + self.index.channels
        channels: npt.NDArray[np.uint8] = np.take(table, place)
        return channels

    @property
    def known_channels(self) -> tuple[Codes, tuple[str, ...]]:
        """For each event the number of its channel plus 1, or 0 where none is known; and the channels."""
        return self.keep("known channels", lambda: known(self._channels, self.channel_labels))

    # Expressions over events.

    def event_flags(self, text: str) -> Flags:
        """For each event, whether an expression holds."""

        def make() -> npt.NDArray[np.uint8]:
            flags: Flags = self._answers(text, "boolean").to_numpy()
            return np.packbits(flags[self.index.rows])

        packed = self.keep(("event flags", text), make)
        return np.unpackbits(packed, count=len(self.index.rows)).view(np.bool_)

    def numbers_at(self, text: str | None, positions: Positions) -> npt.NDArray[np.float64]:
        """For each of some events what an expression gives, or (`None`) what it is worth; NaN: nothing is known."""
        if text is None:
            worth = np.full(len(self.index.rows), np.nan)
            worth[self.values[0]] = self.values[1]
            return worth[positions]
        # They are kept in the order of the files: to put all of them in order takes as long as to ask for them.
        by_row: npt.NDArray[np.float64] = self.keep(
            ("event numbers", text), lambda: self._answers(text, "number").cast(pa.float64()).to_numpy()
        )
        return by_row[self.index.rows[positions]]

    def event_values(self, text: str) -> pa.DictionaryArray:
        """For each event, what an expression gives, of whatever type; null: nothing is known."""

        def make() -> pa.DictionaryArray:
            return self._answers(text, "scalar").combine_chunks().take(pa.array(self.index.rows)).dictionary_encode()

        return self.keep(("event values", text), make)

    @cached_property
    def text_attributes(self) -> tuple[str, ...]:
        """`traits.x` and `properties.x` that hold 2 to 30 different texts, in alphabetical order, at most 8 of each."""
        return self.store.text_attributes(self.index)

    def event_labels(self, text: str) -> tuple[Codes, tuple[str, ...]]:
        """For each event the number of its label, and the labels: the values of an expression as text."""
        self.prepare_labels([text])
        return self._kept["event labels", text]  # type: ignore[return-value]  # what a key of this kind names

    def known_labels(self, text: str) -> tuple[Codes, tuple[str, ...]]:
        """The same, of what is known alone: for each event the number of its label plus 1, or 0; and the labels."""
        return self.keep(("known event labels", text), lambda: known(*self.event_labels(text)))

    def prepare_labels(self, texts: Sequence[str]) -> None:
        """Evaluate several expressions for `event_labels` in one pass over the event files."""
        new: list[str] = []
        for text in dict.fromkeys(texts):
            if ("event labels", text) not in self._kept:
                kept = self.store.labels(Scope.EVENT, self.event_expression(text, "scalar"), index=self.index)
                if kept is None:
                    new.append(text)
                else:
                    self._kept["event labels", text] = named(*kept)
        if not new:
            return
        compiled = {
            str(number): self.event_expression(text, "scalar", prefix=f"p{number}_") for number, text in enumerate(new)
        }
        for text, labels in zip(new, self._evaluated(compiled), strict=True):
            self._kept["event labels", text] = labels

    def _evaluated(self, columns: Mapping[str, Compiled]) -> Iterator[tuple[Codes, tuple[str, ...]]]:
        """For each expression the number of each event's label, and the labels, in one pass over the event files."""
        answers = self.store.evaluate_events(columns, index=self.index)
        for name in columns:
            codes, labels = numbered(answers.column(name))
            codes, order = in_order(codes[self.index.rows], len(labels))
            yield codes, tuple(labels[code] for code in order.tolist())

    @cached_property
    def event_kinds(self) -> tuple[Codes, tuple[EventKind, ...]]:
        """For each event the number of its kind, and the kinds."""
        kept = self.store.labels(Scope.EVENT, EVENT_KIND, index=self.index)
        [(codes, texts)] = self._evaluated({"kind": EVENT_KIND}) if kept is None else [named(*kept)]
        return codes, tuple(read_event_kind(text) for text in texts)

    def event_keys(self, text: str) -> npt.NDArray[np.uint32]:
        """For each event the number of its value of an expression; `NO_KEY` where it has none."""

        def make() -> npt.NDArray[np.uint32]:
            compiled = self.event_expression(text, "scalar")
            kept = self.store.labels(Scope.EVENT, compiled, index=self.index)
            if kept is not None:
                keys = kept[0].astype(np.uint32)
                if kept[1].null_count:
                    keys[keys == kept[1].is_null().index(True).as_py()] = NO_KEY
                return keys
            column = self.store.evaluate_events({"answer": compiled}, index=self.index).column("answer")
            encoded = column.combine_chunks().cast(pa.string()).dictionary_encode()
            numbers: npt.NDArray[np.int32] = encoded.indices.fill_null(-1).to_numpy()
            return numbers.view(np.uint32)[self.index.rows]  # -1 is NO_KEY

        return self.keep(("event keys", text), make)

    def event_expression(self, text: str, expects: str, prefix: str = "p") -> Compiled:
        """An expression over an event, checked; the prefix tells its parameters from others'."""
        return compile_expression(
            text,
            scope=Scope.EVENT,
            expects=expects,  # type: ignore[arg-type]  # one of two literals
            catalog=self.catalog,
            prefix=prefix,
        )

    def _answers(self, text: str, expects: str) -> pa.ChunkedArray:
        """What an expression gives for every row of the event files."""
        compiled = self.event_expression(text, expects)
        answers = self.store.evaluate_events({"answer": compiled}, index=self.index).column("answer")
        return answers.cast(answers.type.value_type) if pa.types.is_dictionary(answers.type) else answers

    # As of.

    def complete_to(self, codes: Iterable[int]) -> datetime | None:
        """Up to when every source that ever delivered one of these touchpoints is complete; `None`: not known.

        Where none ever did, the sources as a whole count.
        """
        sources = {source for code in codes for source in self.column.sources.get(code, ())}
        return self.index.as_of.complete(tuple(sorted(sources))) if sources else self.index.as_of.overall

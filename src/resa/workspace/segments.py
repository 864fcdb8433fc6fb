"""The segments of a workspace: how many are in each, who, since when, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from resa.base.clock import to_microseconds
from resa.base.errors import QuestionError, did_you_mean
from resa.base.language import sentence
from resa.base.showing import Listing
from resa.identity import identifiers_of
from resa.storage import SegmentChange, segment_history, segment_states_of
from resa.workspace.customers import found_customer

if TYPE_CHECKING:
    import pyarrow as pa

    from resa.analytics import Why
    from resa.model.journey import JourneyMap
    from resa.segments import SegmentFigure
    from resa.storage import JourneyIndex, Writer
    from resa.workspace.workspace import Workspace

__all__ = ["Flow", "Member", "Overlap", "Passage", "Segments", "following"]


@dataclass(frozen=True, kw_only=True)
class Passage:
    """A customer entered a segment or left it. All of it is personal data.

    Attributes:
        segment: Key of the segment.
        change: `entered` or `left`.
        at: When it was noticed, UTC.
        cause: Why: event, record (what a source said), time, identity (customers joined or split), definition (the
            files were edited), start (while nobody looked), or gone (there is no such customer any more).
        happened_at: When the event happened that caused it, UTC.
        kind: Of the customer's identifier; `None`: there is no such customer any more.
        value: Of the customer's identifier.
    """

    segment: str
    change: str
    at: datetime
    cause: str
    happened_at: datetime | None
    kind: str | None
    value: str | None


@dataclass(frozen=True, kw_only=True)
class Member:
    """A customer in a segment. All of it is personal data.

    Attributes:
        key: The 16 bytes that name the customer.
        kind: Of the identifier.
        value: Of the identifier.
        since: Since when the customer is in, UTC; `None`: not followed yet.
    """

    key: bytes
    kind: str
    value: str
    since: datetime | None


@dataclass(frozen=True, kw_only=True)
class Flow:
    """How many entered or left a segment on a day, for one cause; it names nobody.

    Attributes:
        day: In the time zone of the map.
        change: `entered` or `left`.
        cause: As in `Passage`.
        changes: How many.
    """

    day: date
    change: str
    cause: str
    changes: int


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """How many customers of a segment are in another one, too.

    Attributes:
        segment: Key of the other one.
        name: Its name for people.
        customers: How many are in both.
        share: Of those in the first, 0 to 1; `None`: nobody is in it.
    """

    segment: str
    name: str
    customers: int
    share: float | None


class Segments:
    """The segments of a workspace, which `segments.yaml` declares.

    Args:
        shop: The workspace.
    """

    def __init__(self, shop: Workspace) -> None:
        self._shop = shop

    def all(self, map_key: str | None = None) -> Listing[SegmentFigure]:
        """How many are in each segment, of how many, and how that was week by week.

        Args:
            map_key: Only segments of this map.
        """
        from resa.segments import count_segments  # noqa: PLC0415 - heavy; opening a workspace does without it

        self._shop.loaded.map(map_key or next(iter(self._shop.maps), None))  # the files must be right
        measure = self._shop.measure
        maps = [one for key, one in self._shop.maps.items() if map_key in {None, key} and one.segments]
        return Listing(figure for one in maps for figure in count_segments(self._shop.store, measure, one))

    def show(self, key: str, *, weeks: int = 8) -> SegmentFigure:
        """One segment.

        Args:
            key: Of the segment.
            weeks: So many weeks back its trend goes.

        Raises:
            QuestionError: There is none of this name.
        """
        from resa.segments import count_segments  # noqa: PLC0415 - see above

        figures = count_segments(self._shop.store, self._shop.measure, self.map_of(key), weeks=weeks)
        return next(figure for figure in figures if figure.segment == key)

    def members(self, key: str) -> pa.Table:
        """Who is in a segment: kind and value of an identifier, and since when (UTC; null: not followed yet).

        Raises:
            QuestionError: There is no segment of this name.
        """
        return self._members(key)[0]

    def members_behind(self, key: str, place: bytes | None, most: int) -> tuple[list[Member], bytes | None]:
        """Who is in a segment, part by part; and the place behind the last one, `None`: there are no others.

        The order is that of the customers' keys, which stay what they are when data come: whoever is in all the while
        comes once.

        Args:
            key: Of the segment.
            place: Behind which the part begins; `None`: at the beginning.
            most: So many customers at most.

        Raises:
            QuestionError: There is no segment of this name.
        """
        from resa.segments import count_up_to, key_of  # noqa: PLC0415 - see above

        table, index, numbers = self._members(key)
        begin = 0 if place is None else count_up_to(index.who[numbers], place)
        rows = table.slice(begin, most).to_pylist()
        keys = [key_of(index.who, int(number)) for number in numbers[begin : begin + most]]
        found = [Member(key=own, **row) for own, row in zip(keys, rows, strict=True)]
        return found, keys[-1] if begin + most < len(numbers) else None

    def _members(self, key: str) -> tuple[pa.Table, JourneyIndex, npt.NDArray[np.int64]]:
        """Who is in a segment, in the order of their keys: the table, the generation, and their numbers in it."""
        from resa.analytics import segment_flags  # noqa: PLC0415 - see above
        from resa.segments import looked_from, member_table  # noqa: PLC0415 - see above

        journey_map, store = self.map_of(key), self._shop.store
        snapshot = self._shop.measure.snapshot(journey_map.key)
        moment = looked_from(store, snapshot.index.as_of.overall)
        inside = segment_flags(snapshot, now=None if moment is None else to_microseconds(moment))[key]
        index = cast("JourneyIndex", snapshot.index)  # a workspace's store has no other
        table = member_table(index, inside, store.member_since(f"{journey_map.key}.{key}", index))
        return table, index, np.flatnonzero(inside)

    def export(self, key: str, path: Path | str) -> int:
        """Write who is in a segment, for other programs; how many there are. The file is personal data.

        A spreadsheet takes no cell for a formula; who reads the file meanwhile sees all of it or what was there; and
        nobody but its owner can read it.

        Args:
            key: Of the segment.
            path: From where the person stands; its ending says what: .csv, .xlsx, .parquet or .arrow.

        Raises:
            QuestionError: There is no segment of this name.
            InputError: No list is written as such a file.
        """
        from resa.segments import write_list  # noqa: PLC0415 - see above

        members = self.members(key)
        self._shop.audit.note("segment.export", segment=key, customers=int(members.num_rows))
        write_list(members, Path(path))
        return int(members.num_rows)

    def changes(self, key: str | None = None, *, newest: int = 50) -> Listing[Passage]:
        """Who entered and who left while the workspace was served, the newest first.

        Args:
            key: Only this segment.
            newest: So many at most.

        Raises:
            QuestionError: There is no segment of this name.
        """
        from resa.segments import keys_as_words  # noqa: PLC0415 - see above

        name = None if key is None else f"{self.map_of(key).key}.{key}"
        found, index = segment_history(self._shop.store, name, newest=newest), self._shop.store.index()
        numbers = index.find(keys_as_words([change.customer for change in found]))
        named = {
            row["customer"]: row for row in reversed(index.identifiers(np.unique(numbers[numbers >= 0])).to_pylist())
        }
        return Listing(
            _passage(change, named.get(number, {})) for change, number in zip(found, numbers.tolist(), strict=True)
        )

    def flows(self, key: str, *, newest: int = 5_000) -> Listing[Flow]:
        """How many entered and left day by day, and why, the newest first; it names nobody.

        Args:
            key: Of the segment.
            newest: So many changes are counted at most, the newest.

        Raises:
            QuestionError: There is no segment of this name.
        """
        journey_map = self.map_of(key)
        zone = ZoneInfo(journey_map.timezone)
        found = segment_history(self._shop.store, f"{journey_map.key}.{key}", newest=newest)
        counted = Counter((one.at.astimezone(zone).date(), one.change, one.cause) for one in found)
        rows = sorted(counted.items(), key=lambda row: (-row[0][0].toordinal(), row[0]))
        return Listing(Flow(day=day, change=change, cause=cause, changes=n) for (day, change, cause), n in rows)

    def since(self, key: str) -> datetime | None:
        """Since when it is followed who enters and leaves, UTC; `None`: not yet.

        Raises:
            QuestionError: There is no segment of this name.
        """
        state = segment_states_of(self._shop.store).get(f"{self.map_of(key).key}.{key}")
        return None if state is None else state.since

    def overlaps(self, key: str) -> Listing[Overlap]:
        """How many customers of a segment are in each other segment of its map, the most first.

        Raises:
            QuestionError: There is no segment of this name.
        """
        from resa.analytics import segment_flags  # noqa: PLC0415 - see above
        from resa.segments import looked_from  # noqa: PLC0415 - see above

        journey_map = self.map_of(key)
        snapshot = self._shop.measure.snapshot(journey_map.key)
        moment = looked_from(self._shop.store, snapshot.index.as_of.overall)
        flags = segment_flags(snapshot, now=None if moment is None else to_microseconds(moment))
        inside = int(np.count_nonzero(flags[key]))
        both = {one.key: int(np.count_nonzero(flags[key] & flags[one.key])) for one in journey_map.segments}
        found = [
            Overlap(
                segment=one.key,
                name=one.name,
                customers=both[one.key],
                share=both[one.key] / inside if inside else None,
            )
            for one in journey_map.segments
            if one.key != key
        ]
        return Listing(sorted(found, key=lambda one: -one.customers))

    def why(self, name: str, customer: str, *, kind: str | None = None, map_key: str | None = None) -> Why:
        """Why a customer is in a segment or persona, or not: every condition with its value and threshold.

        Args:
            name: Key of a segment, or of a persona.
            customer: One of her identifiers, as its source spells it.
            kind: Of the identifier, such as user_id; `None`: any.
            map_key: Key of the map, where there are several that have such a persona.

        Raises:
            QuestionError: There is no segment or persona of this name, nobody is called so, or several are.
        """
        from resa.analytics import why  # noqa: PLC0415 - see above
        from resa.segments import looked_from  # noqa: PLC0415 - see above

        shop = self._shop
        journey_map = shop.map(map_key) if map_key else self.map_of(name, personas=True)
        measure = shop.measure
        while True:
            snapshot, index = measure.snapshot(journey_map.key), shop.store.index()
            if index.generation == snapshot.index.generation:
                break  # a number means a customer of one generation only
        number = found_customer(shop, index, customer, kind)
        shop.audit.note("customer.why", of=identifiers_of(index, number)[0], about=name)
        moment = looked_from(shop.store, index.as_of.overall) if name in journey_map.segment else None
        return why(snapshot, number, name, now=None if moment is None else to_microseconds(moment))

    def map_of(self, key: str, *, personas: bool = False) -> JourneyMap:
        """The map that a segment is about.

        Args:
            key: Of the segment.
            personas: It may be a persona, too.

        Raises:
            QuestionError: There is none of this name.
        """
        maps = self._shop.maps
        for journey_map in maps.values():
            if key in journey_map.segment or (personas and key in journey_map.persona):
                return journey_map
        self._shop.loaded.map(next(iter(maps), None))  # the files must be right
        known = [name for one in maps.values() for name in (*one.segment, *(one.persona if personas else ()))]
        listed = ", ".join(sorted(known)) or sentence("none yet; write one in segments.yaml")
        suggestion = did_you_mean(key, known)
        raise QuestionError(
            sentence(
                "there is no segment or persona '{key}'; there are: {listed}{suggestion}",
                key=key,
                listed=listed,
                suggestion=suggestion,
            )
            if personas
            else sentence(
                "there is no segment '{key}'; there are: {listed}{suggestion}",
                key=key,
                listed=listed,
                suggestion=suggestion,
            )
        )


def _passage(change: SegmentChange, named: dict[str, str]) -> Passage:
    return Passage(
        segment=change.segment.partition(".")[2],
        change=change.change,
        at=change.at,
        cause=change.cause,
        happened_at=change.happened_at,
        kind=named.get("kind"),
        value=named.get("value"),
    )


def following(shop: Workspace, writer: Writer) -> Callable[[], None]:
    """What brings the segments up to date with the newest index, and keeps who entered and left.

    Call this before the index is brought up to date for the first time, so that it is known who was who.

    Args:
        shop: The workspace.
        writer: Its writer.
    """
    if not any(journey_map.segments for journey_map in shop.maps.values()):
        return lambda: None
    from resa.analytics import Measure  # noqa: PLC0415 - heavy; a workspace without segments is served without it
    from resa.segments import Follower  # noqa: PLC0415 - see above

    shop.store.keep_answers()
    measure = Measure(shop.store, shop.maps, clock=shop.clock, currencies=shop.currencies)
    follower = Follower(writer, shop.maps, measure)
    follower.begin(shop.store.index())

    def follow() -> None:
        follower.follow()

    return follow

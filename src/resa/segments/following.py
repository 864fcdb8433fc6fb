"""Following segments: after each change of the index, and as time passes, who entered and who left is kept.

Members are counted anew each time, by the expressions that count them for everybody, and compared with who was in
before. So late events, loads that are undone, joins, splits and edits are all the same operation. Where it is known of
whom something came, these are counted at once, and all others less often: they change by time alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Literal, cast

import numpy as np
import numpy.typing as npt

from resa.analytics import Measure, membership_hash, segment_flags
from resa.base.clock import from_microseconds, to_microseconds
from resa.model.journey import JourneyMap
from resa.segments.keys import key_of, owners_of
from resa.storage import (
    Cause,
    JourneyIndex,
    Member,
    SegmentChange,
    SegmentState,
    Writer,
    changed_customers,
    customers_alone,
    forget_segment,
    keep_segment,
    kept_members,
    last_times,
    segment_states_of,
)

__all__ = ["Follower"]

Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.int64]


@dataclass
class _Followed:
    """A segment as it was last kept.

    Attributes:
        state: What the database knows of it; `None`: it is not followed yet.
        inside: Which customers of the last index were in.
        since: Since when each of these is in, microseconds since 1970; elsewhere 0.
        lost: Keys of members that the last index did not know.
        renamed: Keys of members that it knew by another key.
    """

    state: SegmentState | None
    inside: Flags
    since: Numbers
    lost: list[bytes] = field(default_factory=list)
    renamed: list[bytes] = field(default_factory=list)


@dataclass(frozen=True)
class _Moved:
    """What became of the customers of one generation in the next.

    Attributes:
        place: For each customer of the former, her number now; -1: there is no such customer.
        heir: For each customer of the former who is gone, the one who has the identifier that named her; else -1.
        parent: For each customer who is new, the former one who had the identifier that names her; else -1.
        cause: For each customer of the new one, what may have changed her: an index into `_CAUSES`.
    """

    place: Numbers
    heir: Numbers
    parent: Numbers
    cause: npt.NDArray[np.uint8]


_CAUSES: Final[tuple[Cause, ...]] = ("time", "event", "record", "identity")
_TIME, _EVENT, _RECORD, _IDENTITY = range(4)

_TIME_ALONE: Final = 45_000_000
"""So seldom, microseconds, all are counted of whom nothing came."""

_SAY_AGAIN: Final = timedelta(seconds=50)
"""So seldom it is written down that a segment was looked at and nothing had changed."""


class Follower:
    """Keeps segments current, as the one writer of a workspace.

    Args:
        writer: The writer.
        maps: The maps, by key.
        measure: Counts; of the same store and maps.
    """

    def __init__(self, writer: Writer, maps: Mapping[str, JourneyMap], measure: Measure) -> None:
        self._writer = writer
        self._maps = {key: journey_map for key, journey_map in maps.items() if journey_map.segments}
        self._measure = measure
        self._index: JourneyIndex | None = None
        self._followed: dict[str, _Followed] = {}
        self._resumed = True
        self._cut_short = False
        self._counted_all: int | None = None

    def begin(self, index: JourneyIndex) -> None:
        """Take up what was kept before; of an index that is older than now, changes are told with their cause.

        Args:
            index: What the segments were last counted over, or the newest one.
        """
        states = segment_states_of(self._writer.store)
        names = {f"{key}.{segment.key}" for key, one in self._maps.items() for segment in one.segments}
        for name in set(states) - names:
            forget_segment(self._writer, name)
        self._index = index
        self._followed = {name: self._taken_up(name, states.get(name), index) for name in names}
        self._resumed = True
        _hold(index)

    def _taken_up(self, name: str, state: SegmentState | None, index: JourneyIndex) -> _Followed:
        keys, since = kept_members(self._writer.store, name)
        places, owners = index.find(keys), owners_of(index, keys)
        inside, from_when = np.zeros(index.customers, np.bool_), np.zeros(index.customers, np.int64)
        inside[owners[owners >= 0]] = True
        from_when[owners[owners >= 0]] = since[owners >= 0]
        renamed = (places < 0) & (owners >= 0)
        return _Followed(
            state,
            inside,
            from_when,
            [key.tobytes() for key in keys[owners < 0]],
            [key.tobytes() for key in keys[renamed]],
        )

    def follow(self) -> list[SegmentChange]:
        """Count every segment as of now over the newest index, and keep who entered and left; what was told of it."""
        if self._cut_short and self._index is not None:  # a part was kept: what is in the database counts
            resumed = self._resumed
            self.begin(self._index)
            self._resumed = resumed
        self._cut_short = True
        now = to_microseconds(self._writer.store.clock())
        told: list[SegmentChange] = []
        snapshots = {key: self._measure.snapshot(key) for key in self._maps}
        index = cast("JourneyIndex", next(iter(snapshots.values())).index)
        moved = _moved(self._index, index)
        some = self._changed(index, now)
        for key, journey_map in self._maps.items():
            if some is None:
                flags = segment_flags(snapshots[key], now=now)
            else:
                own = segment_flags(snapshots[key].over(some), now=now)
                flags = {name: self._carried_over(f"{key}.{name}", moved, index, some, own[name]) for name in own}
            for segment in journey_map.segments:
                name = f"{key}.{segment.key}"
                step = _Step(name, membership_hash(journey_map, segment.key), index, moved, now)
                told += self._keep(step, flags[segment.key])
        if moved is not None or self._index is None:
            _hold(index)
            self._index = index
        self._counted_all = now if some is None else self._counted_all
        self._resumed = self._cut_short = False
        return told

    def _changed(self, index: JourneyIndex, now: int) -> JourneyIndex | None:
        """The customers of whom something came since the last look, alone; `None`: all are to be counted."""
        if self._resumed or self._index is None or self._index.generation == index.generation:
            return None
        if self._counted_all is None or now - self._counted_all > _TIME_ALONE:
            return None
        keys = changed_customers(index, self._index)
        return None if keys is None else customers_alone(index, keys, tuple(self._maps))

    def _carried_over(
        self, name: str, moved: _Moved | None, index: JourneyIndex, some: JourneyIndex, inside: Flags
    ) -> Flags:
        """Who is in a segment by now: the others are as they were."""
        if moved is None:
            raise ValueError("nothing came: there is no generation after the last one")
        flags = np.zeros(index.customers, np.bool_)
        members = moved.place[np.flatnonzero(self._followed[name].inside)]
        flags[members[members >= 0]] = True
        flags[index.find(some.who)] = inside
        return flags

    def _keep(self, step: _Step, inside: Flags) -> list[SegmentChange]:
        """Keep who is in a segment by now; who entered and left."""
        before = self._followed[step.name]
        was, since, gone, carried = _carried(before, step.moved, inside)
        entered, left = np.flatnonzero(inside & ~was), np.flatnonzero(was & ~inside)
        since[entered] = step.now
        since[left] = 0
        who = step.index.who
        if before.renamed:
            carried = np.flatnonzero(inside & was)  # whom the database knows by another key is entered by her own
        former = {} if self._index is None else {n: key_of(self._index.who, n) for n in gone.tolist()}
        come = np.concatenate([entered, carried])
        changes: list[SegmentChange] = []
        if before.state is not None:
            edited = before.state.definition != step.definition
            why: Cause | None = "definition" if edited else "start" if self._resumed else None
            changes += step.told(entered, "entered", why)
            changes += step.told(left, "left", why)
            heirless = [key for n, key in former.items() if step.moved is None or step.moved.heir[n] < 0]
            at = from_microseconds(step.now)
            changes += [
                SegmentChange(segment=step.name, customer=key, change="left", at=at, cause="gone")
                for key in (*before.lost, *heirless)
            ]
        state = SegmentState(
            segment=step.name,
            definition=step.definition,
            since=from_microseconds(step.now) if before.state is None else before.state.since,
            counted_at=from_microseconds(step.now),
            customers=int(np.count_nonzero(inside)),
        )
        gone_keys = [*before.lost, *before.renamed, *former.values(), *(key_of(who, n) for n in left.tolist())]
        if gone_keys or len(come) or before.state is None or _is_old(before.state, state):
            keep_segment(
                self._writer,
                state,
                gone=gone_keys,
                come=[Member(customer=key_of(who, number), since=int(since[number])) for number in come.tolist()],
                changes=changes,
            )
        else:
            state = before.state
        self._followed[step.name] = _Followed(state, inside, since)
        return changes


@dataclass(frozen=True)
class _Step:
    """One look at one segment.

    Attributes:
        name: `map.segment`.
        definition: Hash of what decides who is in it.
        index: The generation.
        moved: What became of the customers of the generation before; `None`: it is the same one.
        now: Microseconds since 1970.
    """

    name: str
    definition: str
    index: JourneyIndex
    moved: _Moved | None
    now: int

    def told(self, customers: Numbers, change: Literal["entered", "left"], why: Cause | None) -> list[SegmentChange]:
        """What is told of these customers.

        Args:
            customers: Their numbers.
            change: What they did.
            why: The cause, where it is one for all; `None`: by what changed them.
        """
        told = []
        for number, last in zip(customers.tolist(), last_times(self.index, customers).tolist(), strict=True):
            cause = why or ("time" if self.moved is None else _CAUSES[self.moved.cause[number]])
            seen = cause == "event" and self.index.offsets[number + 1] > self.index.offsets[number]
            told.append(
                SegmentChange(
                    segment=self.name,
                    customer=key_of(self.index.who, number),
                    change=change,
                    at=from_microseconds(self.now),
                    cause=cause,
                    happened_at=from_microseconds(last) if seen else None,
                )
            )
        return told


def _is_old(kept: SegmentState, new: SegmentState) -> bool:
    """Whether it is worth a write that nothing changed."""
    return kept.definition != new.definition or new.counted_at - kept.counted_at > _SAY_AGAIN


def _hold(index: JourneyIndex) -> int:
    """Open what says whose each identifier is, so that it can be read after a newer generation has replaced it."""
    return sum(persons.num_rows for persons in index.told_persons)


def _carried(before: _Followed, moved: _Moved | None, inside: Flags) -> tuple[Flags, Numbers, Numbers, Numbers]:
    """Who was in before, as the customers are numbered now.

    Returns:
        Which customers were in; since when; former numbers of members who have none now; numbers of those who are in
        under another key than before.
    """
    if moved is None:
        nobody = np.zeros(0, np.int64)
        return before.inside.copy(), before.since.copy(), nobody, nobody
    was, since = np.zeros(len(inside), np.bool_), np.zeros(len(inside), np.int64)
    members = np.flatnonzero(before.inside)
    gone = members[moved.place[members] < 0]
    for old, new in ((members, moved.place[members]), (gone, moved.heir[gone])):
        known = new >= 0
        was[new[known]] = True
        since[new[known]] = before.since[old[known]]
    heirs = np.unique(moved.heir[gone])
    children = np.flatnonzero((moved.parent >= 0) & inside)
    children = children[before.inside[moved.parent[children]]]
    was[children] = True
    since[children] = before.since[moved.parent[children]]
    other = np.union1d(heirs[heirs >= 0], children)
    return was, since, gone, other[inside[other]]


def _moved(old: JourneyIndex | None, new: JourneyIndex) -> _Moved | None:
    """What became of the customers of a generation in the next; `None`: it is the same one."""
    if old is None or old.generation == new.generation:
        return None
    place = new.find(old.who)
    found = np.zeros(new.customers, np.bool_)
    found[place[place >= 0]] = True
    vanished, fresh = np.flatnonzero(place < 0), np.flatnonzero(~found)
    heir, parent = np.full(old.customers, -1, np.int64), np.full(new.customers, -1, np.int64)
    heir[vanished], parent[fresh] = owners_of(new, old.who[vanished]), owners_of(old, new.who[fresh])
    cause = np.full(new.customers, _TIME, np.uint8)
    kept = np.flatnonzero(place >= 0)
    for now, then, what in (
        (new.record_offsets, old.record_offsets, _RECORD),
        (new.offsets, old.offsets, _EVENT),
    ):
        cause[place[kept[np.diff(now)[place[kept]] != np.diff(then)[kept]]]] = what
    cause[fresh] = np.where(np.diff(new.offsets)[fresh] > 0, _EVENT, _RECORD)
    cause[heir[heir >= 0]] = _IDENTITY
    cause[parent >= 0] = _IDENTITY
    split = place[parent[parent >= 0]]
    cause[split[split >= 0]] = _IDENTITY
    return _Moved(place, heir, parent, cause)

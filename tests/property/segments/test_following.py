"""Whatever comes, goes or grows older: what is kept of segments equals a recount, and the changes add up to it."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from hypothesis import strategies as st
from tests.support.arriving import Clock
from tests.support.properties import holds
from tests.support.stored_events import START, Told, collect, told_map

from resa.analytics import Measure
from resa.model.customers import ComputedTrait, Segment
from resa.model.journey import Expectation, JourneyMap
from resa.model.quantities import parse_duration
from resa.model.tables import DECISIONS
from resa.runtime import refresh
from resa.segments import Follower
from resa.segments.keys import key_of
from resa.storage import Needles, Person, Store, Writer, erase_rows, keep_decisions, kept_members, segment_history

TRAITS = (
    ComputedTrait(key="often", of=("b",), way="count", type="number"),
    ComputedTrait(key="sum", of=("b",), way="sum", type="number"),
    ComputedTrait(key="lately", of=("b",), way="count", in_last=parse_duration("20 seconds"), type="number"),
    ComputedTrait(key="usual", way="most_frequent", value="channel"),
)
SEGMENTS = (
    Segment(key="often", name="Often", who="traits.often >= 2"),
    Segment(key="rich", name="Rich", who="traits.sum > 5 and not segment(often)"),
    Segment(key="lately", name="Lately", who="traits.lately >= 1 or count(c, last => '10 seconds') > 1"),
    Segment(key="usual", name="Usual", who="traits.usual = 'web'"),
    Segment(key="open", name="Open", who="has_open('b.c')"),
    Segment(key="met", name="Met", who="met('b.c') >= 2"),
)


def the_map() -> JourneyMap:
    bare = told_map()
    arrow = Expectation(
        name="b.c", kind="expectation", after="b", next=("c",), written="c", within=parse_duration("10 seconds")
    )
    touchpoints = tuple(replace(one, expectations=(arrow,)) if one.key == "b" else one for one in bare.touchpoints)
    return replace(bare, touchpoints=touchpoints, traits=TRAITS, segments=SEGMENTS)


def recount(told: Sequence[Told], now: datetime, complete: datetime | None) -> dict[str, set[str]]:
    """Who is in which segment, in plain Python.

    Args:
        told: All rows.
        now: Later ones do not count.
        complete: Up to when the data are complete: until then nobody can have missed anything.
    """
    mine: dict[str, list[Told]] = defaultdict(list)
    for row in told:
        if row.moment <= now:
            mine[row.customer].append(row)
    found: dict[str, set[str]] = {segment.key: set() for segment in SEGMENTS}
    for who, rows in mine.items():
        rows.sort(key=lambda row: row.at)
        touched = list(zip(rows, touchpoints(rows), strict=True))
        b = [row for row, key in touched if key == "b"]
        c = [row for row, key in touched if key == "c"]
        numbers = [int(str(row.properties)[6:-1]) for row in b]
        channels = [row.channel for row in rows if row.channel]
        latest = {channel: place for place, channel in enumerate(channels)}
        usual = max(channels, key=lambda one: (channels.count(one), latest[one]), default=None)
        opened, met = openings(touched, complete)
        holds_ = {
            "often": len(b) >= 2,
            "rich": sum(numbers) > 5 and len(b) < 2,
            "lately": any(row.moment > now - timedelta(seconds=20) for row in b)
            or sum(row.moment > now - timedelta(seconds=10) for row in c) > 1,
            "usual": usual == "web",
            "open": opened,
            "met": met >= 2,
        }
        for key, inside in holds_.items():
            if inside:
                found[key].add(who)
    return found


def touchpoints(rows: Sequence[Told]) -> list[str | None]:
    """The first signal that holds, as `told_map` has them: a is the first e0."""
    seen, found = False, []
    for row in rows:
        first = row.event == "e0" and not seen
        seen |= row.event == "e0"
        found.append(
            "a" if first else "b" if row.event in {"e0", "e1"} else "c" if row.properties == '{"n": 3}' else None
        )
    return found


def openings(touched: Sequence[tuple[Told, str | None]], complete: datetime | None) -> tuple[bool, int]:
    """Whether an opening of b.c is open, and how many were met: each b opens it anew, a c within 10 s meets it."""
    met, clock, unanswered = 0, None, []
    for row, key in touched:
        if key == "c" and clock is not None and row.at <= clock + 10:
            met, clock = met + 1, None
        elif key == "b":
            if clock is not None and row.at > clock + 10:
                unanswered.append(clock)
            clock = row.at
    deadlines = [START + timedelta(seconds=at + 10) for at in (*unanswered, clock) if at is not None]
    return any(complete is None or deadline > complete for deadline in deadlines), met


def person_called(store: Store, names: set[str]) -> Person:
    """Who is to be erased: all rows that name one of these."""
    values = pa.array(sorted(names))
    kinds = pa.array(["user"] * len(values))

    def is_called(kinds: pa.Array, values: pa.Array) -> npt.NDArray[np.bool_]:
        pairs = zip(kinds.to_pylist(), values.to_pylist(), strict=True)
        return np.array([kind == "user" and value in names for kind, value in pairs], bool)

    def owns(lists: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
        return np.array([any(one["value"] in names for one in row) for row in lists.to_pylist()], bool)

    return Person(
        called=frozenset(("user", name) for name in names),
        owns=owns,
        is_called=is_called,
        names_her=lambda _: False,
        needles=Needles(frozenset(), frozenset()),
        hashes=[("user", row.tobytes()) for row in store.hasher.identifiers(kinds, values)],
        who="",
    )


@dataclass
class World:
    """A store whose segments are followed, and what is in it."""

    store: Store
    writer: Writer
    clock: Clock
    told: dict[int, list[Told]] = field(default_factory=dict)
    joined: set[tuple[str, str]] = field(default_factory=set)
    decided: int = 0
    loads: int = 0
    follower: Follower | None = None
    soon: bool = False
    touched: set[str] = field(default_factory=set)
    erased: dict[str, datetime] = field(default_factory=dict)
    past: set[float] = field(default_factory=set)

    def begin(self) -> None:
        maps = {"told": the_map()}
        self.follower = Follower(self.writer, maps, Measure(self.store, maps, clock=self.clock))
        self.follower.begin(self.store.index())

    def add(self, rows: Sequence[Told]) -> None:
        self.loads += 1
        load = collect(self.writer, rows, f"file {self.loads}", fingerprint=str(self.loads))
        self.told[load.id] = [
            row for row in rows if row.customer not in self.erased or row.moment > self.erased[row.customer]
        ]
        self.touched = {row.customer for row in rows}

    def undo(self) -> None:
        """Undo the oldest load."""
        load = min(self.told)
        self.writer.remove_load(load)
        del self.told[load]

    def decide(self, pair: tuple[str, str]) -> None:
        """Join two who are apart, or split two who are one."""
        what = "split" if pair in self.joined else "join"
        self.joined ^= {pair}
        self.touched = set(pair)
        self.decided += 1
        at = self.clock.now + timedelta(microseconds=self.decided)  # the last one on a pair counts
        row = {"what": what, "one_kind": "user", "one_value": pair[0], "other_kind": "user", "other_value": pair[1]}
        keep_decisions(self.store, pa.Table.from_pylist([{**row, "at": at, "who": "", "why": ""}], schema=DECISIONS))

    def erase(self, name: str) -> None:
        """Erase who is called so, as another process does that got a turn: with whom she is joined, she is one."""
        hers = {name}.union(*(pair for pair in self.joined if name in pair))
        erase_rows(self.writer, person_called(self.store, hers))
        refresh(self.writer, [the_map()])
        self.erased |= dict.fromkeys(hers, self.clock.now)
        self.past |= {row.at for rows in self.told.values() for row in rows if row.customer in hers}
        self.told = {load: [row for row in rows if row.customer not in hers] for load, rows in self.told.items()}
        self.joined = {pair for pair in self.joined if not hers & set(pair)}
        self.touched |= hers
        self.begin()

    def person(self, name: str) -> str:
        """Who is behind an identifier: the first one of a pair that is joined."""
        return next((pair[0] for pair in self.joined if name in pair), name)

    def check(self) -> None:
        """Follow, and compare what is kept with the recount; the changes since the beginning add up to it.

        Of people who were joined or split they need not: who stays the same person in effect is told nothing of.
        Soon after something came, those of whom nothing came may yet have missed something.
        """
        assert self.follower is not None
        index = refresh(self.writer, [the_map()], soon=self.soon)
        self.follower.follow()
        names = index.identifiers().column("value").to_pylist()
        called = {key_of(index.who, number): self.person(name) for number, name in enumerate(names)}
        rows = [row._replace(customer=self.person(row.customer)) for rows in self.told.values() for row in rows]
        wanted = recount(rows, self.clock.now, index.as_of.overall)
        for segment in SEGMENTS:
            keys, _ = kept_members(self.store, f"told.{segment.key}")
            members = {called[key.tobytes()] for key in keys}
            differing = members ^ wanted[segment.key]
            if self.soon and segment.key == "open":
                differing &= {self.person(name) for name in self.touched}
            assert not differing, segment.key
            assert len(members) == len(keys)
            if self.decided:
                continue
            inside: set[bytes] = set()
            for change in reversed(segment_history(self.store, f"told.{segment.key}")):
                assert (change.customer in inside) is (change.change == "left")
                (inside.add if change.change == "entered" else inside.remove)(change.customer)
            assert inside == {key.tobytes() for key in keys}


ROWS = st.lists(
    st.builds(
        Told,
        customer=st.sampled_from(["anna", "bo", "cecilia", "d"]),
        at=st.integers(0, 120).map(lambda at: at / 2),
        event=st.sampled_from(["e0", "e1", "e2"]),
        channel=st.sampled_from([None, "web", "store"]),
        sequence=st.just(0),
        properties=st.sampled_from(['{"n": 3}', '{"n": 4}']),
    ),
    min_size=1,
    max_size=10,
    unique_by=lambda row: row.at,
)
STEPS = st.lists(
    st.one_of(
        ROWS,
        st.sampled_from([3.0, 11.0, 25.0]),
        st.sampled_from(["undo", "again"]),
        st.sampled_from([("anna", "bo"), ("cecilia", "d")]),
        st.sampled_from(["erase anna", "erase bo", "erase d"]),
    ),
    min_size=1,
    max_size=6,
)


def live_through(steps: Sequence[object], *, soon: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        clock = Clock()
        clock.now = START + timedelta(seconds=30)
        with Store.open(Path(folder), clock=clock) as store, store.writing() as writer:
            world = World(store, writer, clock, soon=soon)
            world.begin()
            world.check()  # of nothing: from here on all who come enter
            for at in (0.25, 0.75) if soon else ():  # a whole generation, and one that lies over it
                world.add(
                    [Told("anna", at, "e0", "web", 0, '{"n": 3}'), Told("bo", at + 0.1, "e1", "store", 0, '{"n": 4}')]
                )
                world.check()
            for step in steps:
                match step:
                    case float():
                        if soon:
                            world.begin()  # all are counted when time has passed
                        clock.now += timedelta(seconds=step)
                        writer.finish_load(
                            writer.begin_load(source_id="shop", origin="clock"), complete_until=clock.now
                        )
                    case "undo" if world.told:
                        world.undo()
                    case "again":
                        world.begin()
                    case "erase anna" | "erase bo" | "erase d":
                        world.erase(str(step).removeprefix("erase "))
                    case list():
                        # What was erased is known still: sent again as it was, it counts as a repeat.
                        known = world.past.union(row.at for rows in world.told.values() for row in rows)
                        if new := [row for row in step if row.at not in known]:
                            world.add(new)
                    case (str(one), str(other)):
                        world.decide((one, other))
                world.check()


@holds(few=5, many=600, steps=STEPS, soon=st.booleans())
def test_what_is_kept_is_what_a_recount_gives(steps: Sequence[object], soon: bool) -> None:
    live_through(steps, soon=soon)


def _many(events: int, customers: int, seed: int) -> None:
    chance = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as folder:
        clock = Clock()
        clock.now = START + timedelta(seconds=30)
        with Store.open(Path(folder), clock=clock) as store, store.writing() as writer:
            world = World(store, writer, clock)
            world.begin()
            world.check()
            moments = chance.permutation(events * 2)[:events] / 50  # no two at once: ties are tested above
            for some in np.array_split(moments, 12):
                world.add(
                    [
                        Told(
                            f"c{chance.integers(customers)}",
                            float(at),
                            f"e{chance.integers(3)}",
                            (None, "web", "store")[chance.integers(3)],
                            0,
                            f'{{"n": {chance.integers(3, 5)}}}',
                        )
                        for at in some
                    ]
                )
                clock.now += timedelta(seconds=events / 300)
                if chance.integers(4) == 0:
                    world.undo()
                if chance.integers(4) == 0:
                    world.begin()
                if chance.integers(2) == 0:
                    for _ in range(5):
                        one = 2 * int(chance.integers(customers // 2))
                        world.decide((f"c{one}", f"c{one + 1}"))
                if chance.integers(3) == 0:
                    for _ in range(3):
                        world.erase(f"c{chance.integers(customers)}")
                world.check()
            assert world.erased


@pytest.mark.nightly
def test_thousands_of_events_are_recounted() -> None:
    _many(3_000, 200, 1)


@pytest.mark.nightly
def test_a_million_events_are_recounted() -> None:
    _many(1_000_000, 20_000, 2)

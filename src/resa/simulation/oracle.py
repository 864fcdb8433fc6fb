"""What a perfect measurement of simulated customers finds, counted without any of the measuring floors.

The meanings are those of the design: an opening is an A; the first B after it within the window meets it; a further A
restarts the clock or, where the arrow does not renew, is passed over; what cancels it counts neither way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from resa.model.journey import Expectation
from resa.simulation.randomness import Keys
from resa.simulation.sightings import touchpoint_names, touchpoints_of
from resa.simulation.simulated import Simulated
from resa.simulation.tables import midnight
from resa.simulation.waiting import DAY, working_end

__all__ = ["Outcome", "Seen", "count_openings", "see"]

Whole = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class Seen(NamedTuple):
    """Events that show a touchpoint, by (customer, time)."""

    customer: Whole
    time: Whole  # seconds since 1970-01-01 UTC
    touchpoint: Whole  # 1 for the first of `names`
    device: Whole
    persona: Whole
    region: Whole
    basket: Keys
    names: tuple[str, ...]

    def take(self, rows: npt.NDArray[np.integer] | Flags) -> Seen:
        """Some of the events."""
        return Seen(
            self.customer[rows],
            self.time[rows],
            self.touchpoint[rows],
            self.device[rows],
            self.persona[rows],
            self.region[rows],
            self.basket[rows],
            self.names,
        )


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of the openings of one arrow.

    Attributes:
        met: In time, among those whose deadline has passed.
        missed: Their deadline has passed.
        cancelled: By what `unless` names.
        open: Their deadline lies after the end of the data; met or not.
    """

    met: int
    missed: int
    cancelled: int
    open: int

    @property
    def share(self) -> float | None:
        """Of those met or missed, the share that was met; `None` without any."""
        decided = self.met + self.missed
        return self.met / decided if decided else None


def see(simulated: Simulated) -> Seen:
    """All events that show a touchpoint; in memory, so for samples."""
    tables = simulated.tables
    names = touchpoint_names(simulated.specification)
    parts: list[Seen] = []
    for block in simulated.blocks():
        codes = touchpoints_of(simulated.specification, block, tables.visible)
        rows = np.flatnonzero(codes)
        customer = block.customer[rows]
        parts.append(
            Seen(
                customer=customer.astype(np.int64) + block.first,
                time=block.time[rows],
                touchpoint=codes[rows],
                device=block.device[rows].astype(np.int64),
                persona=block.persona[customer].astype(np.int64),
                region=block.region[customer].astype(np.int64),
                basket=block.basket[rows],
                names=names,
            )
        )
    return Seen(
        customer=np.concatenate([part.customer for part in parts]),
        time=np.concatenate([part.time for part in parts]),
        touchpoint=np.concatenate([part.touchpoint for part in parts]),
        device=np.concatenate([part.device for part in parts]),
        persona=np.concatenate([part.persona for part in parts]),
        region=np.concatenate([part.region for part in parts]),
        basket=np.concatenate([part.basket for part in parts]),
        names=names,
    )


def count_openings(
    simulated: Simulated,
    seen: Seen,
    arrow: Expectation,
    *,
    where: Mapping[str, str] | None = None,
    start: date | None = None,
    end: date | None = None,
) -> Outcome:
    """Count the openings of one arrow.

    Args:
        simulated: Where the events come from.
        seen: Its events.
        arrow: Of the map. With `per`, openings are kept apart by basket.
        where: Only openings of this `device`, `persona` or `traits.region`.
        start: Only openings whose clock started on this day or later, in the specification's zone.
        end: Only those before this day.
    """
    opens = np.isin(seen.touchpoint, _codes(seen, (arrow.after,)))
    meets = np.isin(seen.touchpoint, _codes(seen, arrow.next))
    cancels = np.isin(seen.touchpoint, _codes(seen, arrow.unless)) & ~meets
    rows = np.flatnonzero(opens | meets | cancels)
    if arrow.per:
        rows = rows[np.lexsort((seen.time[rows], seen.basket[rows], seen.customer[rows]))]
    part, opens, meets, cancels = seen.take(rows), opens[rows], meets[rows], cancels[rows]
    deadline = _deadline(simulated, arrow, part.time)
    same = part.customer[1:] == part.customer[:-1]
    if arrow.per:
        same &= part.basket[1:] == part.basket[:-1]
    clocks = np.flatnonzero(opens)
    if not arrow.renews:
        clocks = _first_clocks(clocks, same, part.time, deadline, meets | cancels)
    following = np.append(same, False)[clocks]
    after = np.minimum(clocks + 1, max(len(rows) - 1, 0))
    if not arrow.renews:
        after, following = _next_answer(clocks, same, meets | cancels)
    in_time = following & (part.time[after] <= deadline[clocks])
    renewed = in_time & opens[after] & ~meets[after] & ~cancels[after] & arrow.renews
    kept = ~renewed & _chosen(simulated, part, where or {}, start, end)[clocks]
    mature = deadline[clocks] <= simulated.tables.end
    met, cancelled = in_time & meets[after] & kept, in_time & cancels[after] & kept
    return Outcome(
        met=int((met & mature).sum()),
        missed=int((kept & mature & ~met & ~cancelled).sum()),
        cancelled=int(cancelled.sum()),
        open=int((kept & ~mature & ~cancelled).sum()),
    )


def _codes(seen: Seen, names: Sequence[str]) -> list[int]:
    return [number for number, name in enumerate(seen.names, start=1) if name in names]


def _deadline(simulated: Simulated, arrow: Expectation, time: Whole) -> Whole:
    if not arrow.within.working:
        return time + arrow.within.seconds
    clock = simulated.tables.clock
    span = np.full(len(time), arrow.within.amount * DAY, dtype=np.int64)
    return clock.to_utc(working_end(clock.from_utc(time), span))


def _next_answer(clocks: Whole, same: Flags, answers: Flags) -> tuple[Whole, Flags]:
    """For each clock the next event of the same unit that meets or cancels, and whether there is one."""
    unit = np.concatenate(([0], np.cumsum(~same)))
    places = np.flatnonzero(answers)
    number = np.searchsorted(places, clocks, side="right")
    found = number < len(places)
    if not len(places):
        return np.zeros(len(clocks), dtype=np.int64), np.zeros(len(clocks), dtype=np.bool_)
    place = places[np.minimum(number, len(places) - 1)]
    return place, found & (unit[place] == unit[clocks])


def _first_clocks(clocks: Whole, same: Flags, time: Whole, deadline: Whole, answers: Flags) -> Whole:
    """Openers that find nothing open: one after another, as an opener is passed over while an earlier one waits."""
    unit = np.concatenate(([0], np.cumsum(~same)))
    answer, answered = _next_answer(clocks, same, answers)
    kept: list[int] = []
    waiting_unit, waiting_until, waiting_answer = -1, 0, 0
    for number, clock in enumerate(clocks.tolist()):
        if unit[clock] == waiting_unit and time[clock] <= waiting_until and clock < waiting_answer:
            continue
        kept.append(clock)
        waiting_unit, waiting_until = int(unit[clock]), int(deadline[clock])
        waiting_answer = int(answer[number]) if answered[number] else len(time)
    return np.array(kept, dtype=np.int64)


def _chosen(simulated: Simulated, seen: Seen, where: Mapping[str, str], start: date | None, end: date | None) -> Flags:
    """Which events lie in the group and the days."""
    tables, specification = simulated.tables, simulated.specification
    chosen = np.ones(len(seen.time), dtype=np.bool_)
    if "device" in where:
        chosen &= seen.device == tables.devices.index(where["device"])
    if "persona" in where:
        chosen &= seen.persona == tables.personas.index(where["persona"])
    if "traits.region" in where:
        chosen &= seen.region == list(specification.traits["region"].choices).index(where["traits.region"])
    if start is not None:
        chosen &= seen.time >= midnight(start, specification.timezone)
    if end is not None:
        chosen &= seen.time < midnight(end, specification.timezone)
    return chosen

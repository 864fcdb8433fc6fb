"""The places that changed, or are furthest below target: where, who, how many, at what cost at most.

A place is an expectation, for everybody or for a group of openings. Three reasons bring it on the list, in this
order: it is *unusual*, a fall or a rise (`unusual` says how that is tested: with nothing going on, nothing is called so
but once in a thousand reports), it is *below target*, or, without a target, *below its own history*. How much it costs
is what would have been met at the target, or at the share that was to be expected; never at 100 %, and a rise costs
nothing. It is an upper limit: who is helped over one step may still leave at the next.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import islice
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from resa.analytics.calendar import Instants, calendar_edges
from resa.analytics.expectations import Measured, measured
from resa.analytics.selection import Selection
from resa.analytics.snapshot import NOT_KNOWN, Flags
from resa.analytics.statistics import design_effect
from resa.analytics.traits import text_attributes
from resa.analytics.unusual import FAMILY_WISE, Cell, Table, Trials, against_history, against_others
from resa.kernels import Interval, clustered_interval
from resa.model.journey import Expectation

__all__ = ["Finding", "Findings", "Segment", "find"]

Reason = Literal["unusual", "below target", "below history"]

_RECENT_DAYS: Final = 28
_SEGMENTS: Final = 3
_BEYOND_DOUBT: Final = 1e-12


@dataclass(frozen=True, kw_only=True)
class Segment:
    """How one group of a place's openings fares.

    Attributes:
        attribute: persona, channel, device, `traits.x` or `properties.x`.
        value: The group.
        openings: Mature openings.
        share: Of these, met, 0 to 1.
    """

    attribute: str
    value: str
    openings: int
    share: float


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One place.

    Attributes:
        expectation: Name of the arrow.
        reason: Why it is listed.
        attribute: Whose openings: persona, channel, device, `traits.x` or `properties.x`; `None`: everybody's.
        value: Which of them.
        since: First day of the openings, in the map's zone; `None`: all time.
        until: Last day.
        openings: Mature openings of the place.
        customers: Customers behind them.
        share: Of the openings, met, 0 to 1.
        low: Lower end of its 95 % interval, by customer.
        high: Upper end.
        reference: The share that it is held against: the target, or what was to be expected.
        lost_at_most: Customers who would have met it at the reference and did not.
        value_at_most: What they would have been worth, in hundredths of the map's currency; `None`: nothing tells.
        p_value: Upper limit of the chance of a share so far off if nothing were going on, all tests taken together;
            `None`: not tested.
        who: The groups that are furthest off in the same direction, for their size.
        people: Numbers of the customers behind the openings that were not met.
    """

    expectation: str
    reason: Reason
    attribute: str | None = None
    value: str | None = None
    since: date | None = None
    until: date | None = None
    openings: int
    customers: int
    share: float
    low: float
    high: float
    reference: float
    lost_at_most: int
    value_at_most: int | None
    p_value: float | None
    who: tuple[Segment, ...]
    people: tuple[int, ...]

    @property
    def rise(self) -> bool:
        """Whether it is above what was to be expected; else it is below."""
        return self.share > self.reference

    @property
    def document(self) -> dict[str, Any]:
        """The finding as JSON; nobody is named in it."""
        content = {name: getattr(self, name) for name in self.__dataclass_fields__ if name not in {"who", "people"}}
        days = {name: None if content[name] is None else content[name].isoformat() for name in ("since", "until")}
        return {**content, **days, "who": [vars(segment) for segment in self.who]}


@dataclass(frozen=True, kw_only=True)
class Findings:
    """The places, worst first.

    Attributes:
        places: At most as many as were asked for.
        tests: How many groups were tested for being unusual.
        level: Family-wise level of these tests.
    """

    places: tuple[Finding, ...]
    tests: int
    level: float = FAMILY_WISE


@dataclass(frozen=True)
class _Attribute:
    """A way to tell openings apart.

    Attributes:
        name: persona, channel, device, `traits.x` or `properties.x`.
        values: Names of the groups.
        codes: For each way the groups are told, the number of each opening's group plus 1; 0: in none. Personas may
            overlap, so each has a way of its own.
        comparable: Its groups are held against each other.
    """

    name: str
    values: tuple[str, ...]
    codes: tuple[npt.NDArray[np.uint32], ...]
    comparable: bool

    def members(self, group: int) -> Flags:
        """Which openings are in a group."""
        ways = len(self.codes)
        flags: Flags = self.codes[group] == 1 if ways > 1 else self.codes[0] == group + 1
        return flags


@dataclass(frozen=True)
class _Arrow:
    """The mature openings of one expectation.

    Attributes:
        selection: What is looked at.
        item: All openings.
    """

    selection: Selection
    item: Measured

    @property
    def expectation(self) -> Expectation:
        """The arrow."""
        return self.item.expectation

    @cached_property
    def mature(self) -> npt.NDArray[np.int64]:
        """Rows of the mature openings."""
        return np.flatnonzero(self.item.outcomes.mature)

    @cached_property
    def met(self) -> Flags:
        """Which of them were met."""
        return self.item.outcomes.named("met")[self.mature]

    @cached_property
    def customers(self) -> npt.NDArray[np.int32]:
        """Whose they are."""
        return self.item.outcomes.customer[self.mature]

    @cached_property
    def opened_at(self) -> Instants:
        """When they opened."""
        return self.item.outcomes.opened_at[self.mature]

    @cached_property
    def weeks(self) -> tuple[npt.NDArray[np.int64], tuple[date, ...]]:
        """The number of the week of each, and the weeks' Mondays."""
        zone = self.selection.snapshot.zone
        edges, days = calendar_edges(int(self.opened_at.min()), int(self.opened_at.max()), "week", zone)
        return np.searchsorted(edges, self.opened_at, side="right") - 1, days

    @cached_property
    def attributes(self) -> tuple[_Attribute, ...]:
        """Everything that tells these openings apart."""
        return tuple(self._attributes())

    def _attributes(self) -> Iterator[_Attribute]:
        selection, snapshot = self.selection, self.selection.snapshot
        positions = self.item.outcomes.opened[self.mature]
        personas = [persona.key for persona in snapshot.journey_map.personas if persona.who is not None]
        flags = [selection.expressions.persona(key)[self.customers].astype(np.uint32) for key in personas]
        yield _Attribute("persona", tuple(personas), tuple(flags), comparable=False)
        yield _labelled("channel", snapshot.channels_at(positions), snapshot.channel_labels, comparable=False)
        codes, labels = snapshot.event_labels("device")
        yield _labelled("device", codes[positions], labels, comparable=False)
        for name in text_attributes(snapshot):
            if name.startswith("traits."):
                numbers, values = selection.expressions.labels(name)
                yield _labelled(name, numbers[self.customers], values, comparable=True)
            else:
                numbers, values = snapshot.event_labels(name)
                yield _labelled(name, numbers[positions], values, comparable=True)

    @cached_property
    def trials(self) -> Trials:
        """The openings as trials; strata are personas, channel and device."""
        week, days = self.weeks
        stratum = np.zeros(len(week), np.int64)
        for attribute in self.attributes[:3]:
            for codes in attribute.codes:
                stratum = _renumbered(stratum * (int(codes.max(initial=0)) + 1) + codes)
        return Trials(self.met, week, stratum, len(days), design_effect(self.met, self.customers))

    @cached_property
    def value_of_one(self) -> float | None:
        """What one opening is worth when it is met: the mean value of the events that met it and have one."""
        positions, numbers = self.selection.snapshot.column.values
        closed = self.item.outcomes.closed[self.mature][self.met]
        if not len(positions) or not len(closed):
            return None
        place = np.minimum(np.searchsorted(positions, closed), len(positions) - 1)
        found = positions[place] == closed
        return float(numbers[place[found]].mean()) if found.any() else None


def _labelled(name: str, codes: npt.NDArray[np.integer], labels: tuple[str, ...], *, comparable: bool) -> _Attribute:
    """Groups by label, those that are present; nobody knows what the empty label stands for."""
    sizes = np.bincount(codes, minlength=len(labels))
    present = [code for code in np.flatnonzero(sizes).tolist() if labels[code] not in {"", NOT_KNOWN}]
    number = np.zeros(len(labels), np.uint32)
    number[present] = np.arange(1, len(present) + 1)
    return _Attribute(name, tuple(labels[code] for code in present), (number[codes],), comparable)


def _renumbered(codes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The same numbers without gaps, in the same order."""
    present = np.bincount(codes) > 0
    return (np.cumsum(present) - 1)[codes]


def find(selection: Selection, *, limit: int = 5, level: float = FAMILY_WISE) -> Findings:
    """The places that are furthest from what they should be.

    Args:
        selection: What is looked at; its period holds for when openings opened.
        limit: How many are listed.
        level: Family-wise level at which a place is called unusual.
    """
    texts = [name for name in text_attributes(selection.snapshot) if not name.startswith("traits.")]
    selection.snapshot.prepare_labels(["device", *texts])
    arrows = [_Arrow(selection, measured(selection, arrow)) for arrow in selection.snapshot.journey_map.expectations]
    arrows = [arrow for arrow in arrows if len(arrow.mature)]
    tested = [(arrow, *_most_unusual(arrow)) for arrow in arrows]
    tests = sum(count for _, _, count in tested)
    unusual = [
        _unusual(arrow, *best, tests)
        for arrow, best, _ in tested
        if best is not None and best[2].log_p + np.log(tests) <= np.log(level)
    ]
    unusual.sort(key=_urgency)
    named = {place.arrow.expectation.name for place in unusual}
    others = [place for arrow in arrows if arrow.expectation.name not in named for place in _below(arrow)]
    others.sort(key=lambda place: -place.lost_at_most)
    places = tuple(place.finding() for place in [*unusual, *others][:limit])
    return Findings(places=places, tests=tests, level=level)


_Best = tuple[_Attribute | None, int, Cell]


def _most_unusual(arrow: _Arrow) -> tuple[_Best | None, int]:
    """The most unusual group of an expectation, and how many were tested."""
    trials = arrow.trials
    candidates: list[_Best] = []
    tests = 0

    def note(attribute: _Attribute | None, first: int, found: tuple[list[Cell | None], int]) -> None:
        nonlocal tests
        tests += found[1]
        candidates.extend((attribute, first + row, cell) for row, cell in enumerate(found[0]) if cell is not None)

    whole = trials.table
    note(None, 0, against_history(Table(whole.openings[None], whole.met[None]), trials.effect))
    for attribute in arrow.attributes:
        for way, codes in enumerate(attribute.codes):
            groups = len(attribute.values) if len(attribute.codes) == 1 else 1
            outside = trials.known(codes) if attribute.comparable else None
            for first, table in trials.tables(codes, groups):
                note(attribute, way + first, against_history(table, trials.effect))
                if outside is not None:
                    note(attribute, way + first, against_others(table, outside, trials.effect))
    return min(candidates, key=_evidence, default=None), tests


def _evidence(best: _Best) -> tuple[float, bool]:
    """The most unusual first; where a fall of some is the rise of all others, it is told as a fall."""
    return round(best[2].log_p, 9), best[2].rise


@dataclass(frozen=True, kw_only=True)
class _Place:
    """A finding in the making: what is dear to know is looked up when it is listed.

    Attributes:
        arrow: The expectation.
        members: Which of its mature openings.
        reason: Why it may be listed.
        reference: What its share is held against.
        interval: Its share.
        people: How many customers are behind.
        rise: It is above the reference, not below.
        labels: Attribute, value, since, until and p-value where there are such.
    """

    arrow: _Arrow
    members: Flags
    reason: Reason
    reference: float
    interval: Interval
    people: int
    rise: bool = False
    labels: Mapping[str, Any] = field(default_factory=dict)

    @property
    def lost(self) -> float:
        """Customers who would have met it at the reference; none where it is above."""
        return 0.0 if self.rise else max(0.0, self.reference - self.interval.share) * self.people

    @property
    def lost_at_most(self) -> int:
        """The same as a whole number."""
        return round(self.lost)

    def finding(self) -> Finding:
        """The finding."""
        arrow, members = self.arrow, self.members
        worth = arrow.value_of_one
        return Finding(
            expectation=arrow.expectation.name,
            reason=self.reason,
            openings=int(np.count_nonzero(members)),
            customers=self.people,
            share=self.interval.share,
            low=self.interval.low,
            high=self.interval.high,
            reference=self.reference,
            lost_at_most=self.lost_at_most,
            value_at_most=None if worth is None else round(self.lost * worth * 100),
            p_value=self.labels.get("p_value"),
            who=_who(arrow, members, self.interval.share, rise=self.rise),
            people=tuple(_distinct(arrow.customers[members & ~arrow.met]).tolist()),
            **{name: value for name, value in self.labels.items() if name not in {"p_value", "log_p"}},
        )


def _urgency(place: _Place) -> tuple[bool, bool, float]:
    """Falls before rises where both are beyond doubt, else the less likely first."""
    p_value = place.labels["p_value"]
    beyond_doubt = p_value < _BEYOND_DOUBT
    return not beyond_doubt, beyond_doubt and place.rise, place.labels["log_p"]


def _distinct(customers: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Each customer once; openings are in the order of customers."""
    first: npt.NDArray[np.int32] = customers[np.diff(customers, prepend=-1) != 0]
    return first


def _placed(arrow: _Arrow, members: Flags, *, reason: Reason, reference: float, **more: Any) -> _Place:
    customers = arrow.customers[members]
    return _Place(
        arrow=arrow,
        members=members,
        reason=reason,
        reference=reference,
        interval=clustered_interval(customers, arrow.met[members]),
        people=len(_distinct(customers)),
        **more,
    )


def _unusual(arrow: _Arrow, attribute: _Attribute | None, group: int, cell: Cell, tests: int) -> _Place:
    week, days = arrow.weeks
    members = (week >= cell.first) & (week <= cell.last)
    if attribute is not None:
        members &= attribute.members(group)
    labels: dict[str, Any] = {"p_value": float(min(1.0, np.exp(cell.log_p) * tests)), "log_p": cell.log_p}
    if attribute is not None:
        labels |= {"attribute": attribute.name, "value": attribute.values[group]}
    if cell.first > 0 or cell.last < len(days) - 1:
        labels |= {"since": days[cell.first], "until": days[cell.last] + timedelta(days=6)}
    return _placed(arrow, members, reason="unusual", reference=cell.expected, rise=cell.rise, labels=labels)


def _below(arrow: _Arrow) -> Iterator[_Place]:
    """The whole expectation, if it is below its target, or without one below its own history."""
    target = arrow.expectation.target
    if target is not None:
        place = _placed(arrow, np.ones(len(arrow.met), np.bool_), reason="below target", reference=target)
        if place.interval.high < target:
            yield place
        return
    if arrow.item.outcomes.as_of is None:
        return
    latest = int(arrow.opened_at.max())
    recent = arrow.opened_at > latest - _RECENT_DAYS * 86_400_000_000
    if recent.all():
        return
    before = clustered_interval(arrow.customers[~recent], arrow.met[~recent])
    day = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(arrow.opened_at[recent].min()))).date()
    place = _placed(arrow, recent, reason="below history", reference=before.share, labels={"since": day})
    if place.interval.high < before.low:
        yield place


def _who(arrow: _Arrow, members: Flags, share: float, *, rise: bool) -> tuple[Segment, ...]:
    """Up to three groups that differ most for their size from the place as a whole, in the place's own direction."""
    met, total = arrow.met[members], int(np.count_nonzero(members))
    customers = arrow.customers[members]
    sign = -1.0 if rise else 1.0
    found: list[tuple[float, Segment, Flags]] = []
    for attribute in arrow.attributes:
        for group, value in enumerate(attribute.values):
            inside = attribute.members(group)[members]
            count = int(np.count_nonzero(inside))
            if not 0 < count < total:
                continue
            own = int(np.count_nonzero(met & inside)) / count
            weight = sign * (share - own) * count
            if weight > 0:
                segment = Segment(attribute=attribute.name, value=value, openings=count, share=own)
                found.append((weight, segment, inside))
    found.sort(key=lambda item: -item[0])
    return tuple(islice(_beyond_chance(found, customers, met, share, rise=rise), _SEGMENTS))


def _beyond_chance(
    found: Sequence[tuple[float, Segment, Flags]],
    customers: npt.NDArray[np.int32],
    met: Flags,
    share: float,
    *,
    rise: bool,
) -> Iterator[Segment]:
    for _, segment, inside in found:
        interval = clustered_interval(customers[inside], met[inside])
        if (interval.low > share) if rise else (interval.high < share):
            yield segment

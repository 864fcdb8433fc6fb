"""The places furthest below target or below their own history: where, who, how many, at what cost at most.

A place is an expectation, for everybody or for a group of openings. Three reasons bring it on the list, in this
order: it is *unusual* (`unusual` says how that is tested: with nothing going on, nothing is called so but once in a
thousand reports), it is *below target*, or, without a target, *below its own history*. How much it costs is what
would have been met at the target, or at the share that was to be expected; never at 100 %. It is an upper limit: who
is helped over one step may still leave at the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from resa.analytics.calendar import Instants, calendar_edges
from resa.analytics.expectations import Measured, measured
from resa.analytics.selection import Selection
from resa.analytics.snapshot import NOT_KNOWN, Flags
from resa.analytics.statistics import design_effect
from resa.analytics.traits import text_attributes
from resa.analytics.unusual import FAMILY_WISE, Cell, Trials, against_history, against_others
from resa.kernels import clustered_interval
from resa.model.journey import Expectation

__all__ = ["Finding", "Findings", "Segment", "find"]

Reason = Literal["unusual", "below target", "below history"]

_RECENT_DAYS: Final = 28


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
        p_value: Upper limit of the chance of so low a share if nothing were going on, all tests taken together;
            `None`: not tested.
        who: The groups in which most is lost, most first.
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
    """A way to tell openings apart: the group of each, and the groups' names; personas may overlap."""

    name: str
    groups: tuple[tuple[str, Flags], ...]
    known: Flags
    comparable: bool


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
    def customers(self) -> npt.NDArray[np.int64]:
        """Whose they are."""
        return self.item.outcomes.customer[self.mature].astype(np.int64)

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
        every = np.ones(len(positions), np.bool_)
        personas = [persona.key for persona in snapshot.journey_map.personas if persona.who is not None]
        flags = [(key, selection.expressions.persona(key)[self.customers]) for key in personas]
        yield _Attribute("persona", tuple(flags), every, comparable=False)
        yield self._labelled("channel", snapshot.channels_at(positions), snapshot.channel_labels, comparable=False)
        codes, labels = snapshot.event_labels("device")
        yield self._labelled("device", codes[positions], labels, comparable=False)
        for name in text_attributes(snapshot):
            if name.startswith("traits."):
                numbers, values = selection.expressions.labels(name)
                yield self._labelled(name, numbers[self.customers], values, comparable=True)
            else:
                numbers, values = snapshot.event_labels(name)
                yield self._labelled(name, numbers[positions], values, comparable=True)

    def _labelled(
        self, name: str, codes: npt.NDArray[np.integer], labels: tuple[str, ...], *, comparable: bool
    ) -> _Attribute:
        present = [code for code in np.unique(codes).tolist() if labels[code] not in {"", NOT_KNOWN}]
        groups = tuple((labels[code], codes == code) for code in present)
        return _Attribute(name, groups, np.isin(codes, present), comparable)

    @cached_property
    def trials(self) -> Trials:
        """The openings as trials; strata are personas, channel and device."""
        week, days = self.weeks
        columns = [np.zeros(len(week), np.int64)]
        for attribute in self.attributes[:3]:
            for place, (_, flags) in enumerate(attribute.groups):
                columns.append(flags * (place + 1))
        _, stratum = np.unique(np.stack(columns), axis=1, return_inverse=True)
        effect = design_effect(self.met, self.customers)
        return Trials(self.met, week, stratum.reshape(-1).astype(np.int64), len(days), effect)

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


def find(selection: Selection, *, limit: int = 5, level: float = FAMILY_WISE) -> Findings:
    """The places that are furthest below what they should be.

    Args:
        selection: What is looked at; its period holds for when openings opened.
        limit: How many are listed.
        level: Family-wise level at which a place is called unusual.
    """
    arrows = [_Arrow(selection, measured(selection, arrow)) for arrow in selection.snapshot.journey_map.expectations]
    arrows = [arrow for arrow in arrows if len(arrow.mature)]
    tested = [(arrow, *_most_unusual(arrow)) for arrow in arrows]
    tests = sum(count for _, _, count in tested)
    unusual = []
    for arrow, best, _ in tested:
        if best is not None and best[2].log_p + np.log(tests) <= np.log(level):
            unusual.append((best[2].log_p, _unusual(arrow, *best, tests)))
    unusual.sort(key=lambda found: found[0])
    listed = [finding for _, finding in unusual]
    named = {finding.expectation for finding in listed}
    others = [finding for arrow in arrows if arrow.expectation.name not in named for finding in _below(arrow)]
    others.sort(key=lambda finding: -finding.lost_at_most)
    return Findings(places=tuple([*listed, *others][:limit]), tests=tests, level=level)


_Best = tuple[_Attribute | None, tuple[str, Flags], Cell]


def _most_unusual(arrow: _Arrow) -> tuple[_Best | None, int]:
    """The most unusual group of an expectation, and how many were tested."""
    trials = arrow.trials
    everybody = np.ones(len(trials.met), np.bool_)
    candidates: list[_Best] = []
    tests = 0

    def note(attribute: _Attribute | None, group: tuple[str, Flags], found: tuple[Cell | None, int]) -> None:
        nonlocal tests
        tests += found[1]
        if found[0] is not None:
            candidates.append((attribute, group, found[0]))

    note(None, ("", everybody), against_history(trials, everybody))
    for attribute in arrow.attributes:
        for group in attribute.groups:
            note(attribute, group, against_history(trials, group[1]))
            if attribute.comparable:
                note(attribute, group, against_others(trials, group[1], attribute.known))
    return min(candidates, key=lambda best: best[2].log_p, default=None), tests


def _unusual(arrow: _Arrow, attribute: _Attribute | None, group: tuple[str, Flags], cell: Cell, tests: int) -> Finding:
    week, days = arrow.weeks
    members = group[1] & (week >= cell.first) & (week <= cell.last)
    whole = cell.first == 0 and cell.last == len(days) - 1
    return _finding(
        arrow,
        members,
        reason="unusual",
        reference=cell.expected,
        attribute=None if attribute is None else attribute.name,
        value=None if attribute is None else group[0],
        since=None if whole else days[cell.first],
        until=None if whole else days[cell.last] + timedelta(days=6),
        p_value=float(min(1.0, np.exp(cell.log_p) * tests)),
    )


def _below(arrow: _Arrow) -> Iterator[Finding]:
    """The whole expectation, if it is below its target, or without one below its own history."""
    target = arrow.expectation.target
    everything = np.ones(len(arrow.met), np.bool_)
    if target is not None:
        finding = _finding(arrow, everything, reason="below target", reference=target)
        if finding.high < target:
            yield finding
        return
    as_of = arrow.item.outcomes.as_of
    if as_of is None:
        return
    latest = int(arrow.opened_at.max())
    recent = arrow.opened_at > latest - _RECENT_DAYS * 86_400_000_000
    if recent.all():
        return
    before = clustered_interval(arrow.customers[~recent], arrow.met[~recent])
    day = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(arrow.opened_at[recent].min()))).date()
    finding = _finding(arrow, recent, reason="below history", reference=before.share, since=day)
    if finding.high < before.low:
        yield finding


def _finding(arrow: _Arrow, members: Flags, *, reason: Reason, reference: float, **place: Any) -> Finding:
    met, customers = arrow.met[members], arrow.customers[members]
    interval = clustered_interval(customers, met)
    people = np.unique(customers)
    lost = max(0.0, reference - interval.share) * len(people)
    worth = arrow.value_of_one
    return Finding(
        expectation=arrow.expectation.name,
        reason=reason,
        openings=len(met),
        customers=len(people),
        share=interval.share,
        low=interval.low,
        high=interval.high,
        reference=reference,
        lost_at_most=round(lost),
        value_at_most=None if worth is None else round(lost * worth * 100),
        p_value=place.pop("p_value", None),
        who=_who(arrow, members, interval.share),
        people=tuple(np.unique(customers[~met]).tolist()),
        **place,
    )


def _who(arrow: _Arrow, members: Flags, share: float) -> tuple[Segment, ...]:
    """Up to three groups whose share is lowest for their size, against the place as a whole."""
    found: list[tuple[float, Segment]] = []
    for attribute in arrow.attributes:
        for value, flags in attribute.groups:
            inside = flags & members
            count = int(inside.sum())
            if not 0 < count < int(members.sum()):
                continue
            own = float(arrow.met[inside].mean())
            segment = Segment(attribute=attribute.name, value=value, openings=count, share=own)
            if clustered_interval(arrow.customers[inside], arrow.met[inside]).high < share:
                found.append(((share - own) * count, segment))
    found.sort(key=lambda item: -item[0])
    return tuple(segment for _, segment in found[:3])

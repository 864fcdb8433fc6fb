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
from datetime import date, timedelta
from functools import cached_property
from itertools import islice
from math import ceil
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from resa.analytics.answers.expectations import Measured, measured
from resa.analytics.calendar import Instants, calendar_edges
from resa.analytics.findings.found import Finding, Findings, Reason, Segment
from resa.analytics.findings.statement import finding_sql
from resa.analytics.findings.trials import Trials
from resa.analytics.findings.unusual import FAMILY_WISE, Places, against_others, against_past, everybody
from resa.analytics.scope.selection import WHOLE, Selection
from resa.analytics.scope.snapshot import NOT_KNOWN, Flags
from resa.analytics.statistics import distinct
from resa.base.clock import from_microseconds
from resa.kernels import Interval, bucket_numbers, clustered_interval, number_present
from resa.model.journey import Expectation
from resa.model.verdicts import Verdict, judged

__all__ = ["find"]

_RECENT_DAYS: Final = 28
_SEGMENTS: Final = 3
_BEYOND_DOUBT: Final = 1e-12
_CHECKED: Final = 8


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

    def members(self, group: int, rows: npt.NDArray[np.int64] | slice = slice(None)) -> Flags:
        """Which openings are in a group, of all or some."""
        ways = len(self.codes)
        flags: Flags = self.codes[group][rows] == 1 if ways > 1 else self.codes[0][rows] == group + 1
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
        return bucket_numbers(self.opened_at, edges), days

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
        for name in snapshot.text_attributes:
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
        parts = [
            (codes, len(attribute.values) + 1 if len(attribute.codes) == 1 else 2)
            for attribute in self.attributes[:3]
            for codes in attribute.codes
        ]
        stratum = np.zeros(len(week), np.int64)
        for codes, size in parts:
            stratum *= size
            stratum += codes
        stratum = _renumbered(stratum)
        return Trials(self.met, self.customers, week, stratum, len(days))

    @cached_property
    def value_of_one(self) -> float | None:
        """What one opening is worth when it is met: the mean value of the events that met it and have one."""
        positions, numbers = self.selection.snapshot.values
        closed = self.item.outcomes.closed[self.mature][self.met]
        if not len(positions) or not len(closed):
            return None
        place = np.minimum(np.searchsorted(positions, closed), len(positions) - 1)
        found = positions[place] == closed
        return float(numbers[place[found]].mean()) if found.any() else None


def _labelled(name: str, codes: npt.NDArray[np.integer], labels: tuple[str, ...], *, comparable: bool) -> _Attribute:
    """Groups by label, those that are present; nobody knows what the empty label stands for."""
    known = np.array([label not in {"", NOT_KNOWN} for label in labels], np.bool_)
    numbers, present = number_present(codes.astype(np.int32, copy=False), known)
    return _Attribute(name, tuple(labels[code] for code in present.tolist()), (numbers,), comparable)


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
    texts = [name for name in selection.snapshot.text_attributes if not name.startswith("traits.")]
    selection.snapshot.prepare_labels(["device", *texts])
    arrows = [_Arrow(selection, measured(selection, arrow)) for arrow in selection.snapshot.journey_map.expectations]
    arrows = [arrow for arrow in arrows if len(arrow.mature)]
    looked = [(arrow, tuple(_looked(arrow))) for arrow in arrows]
    tests = np.sum([seen.places.tests for _, every in looked for seen in every] or [(0, 0)], axis=0)
    found = [_most_changed(arrow, every, tests, level) for arrow, every in looked]
    unusual = [place for place in found if place is not None]
    unusual.sort(key=_urgency)
    named = {place.arrow.expectation.name for place in unusual}
    others = [place for arrow in arrows if arrow.expectation.name not in named for place in _below(arrow)]
    others.sort(key=_loss)
    places = tuple(place.finding() for place in [*unusual, *others][:limit])
    return Findings(places=places, tests=int(tests.sum()), level=level, warnings=selection.snapshot.value_warnings)


@dataclass(frozen=True)
class _Looked:
    """Groups of an expectation that were tested together.

    Attributes:
        groups: What they are: attribute, and number of the group; `None`: everybody.
        places: What stands out.
    """

    groups: Sequence[tuple[_Attribute, int] | None]
    places: Places

    def members(self, row: int, everybody: Flags) -> tuple[Flags, Flags]:
        """Which openings are in a group, and of which it is known whether they are."""
        group = self.groups[row]
        if group is None:
            return everybody, everybody
        attribute, number = group
        return attribute.members(number), attribute.codes[0] > 0 if attribute.comparable else everybody


def _looked(arrow: _Arrow) -> Iterator[_Looked]:
    """Test all groups of an expectation: everybody, personas, channels and devices; then traits and properties."""
    trials = arrow.trials
    table, effect = trials.table, trials.effect
    yield _Looked([None], everybody(table, effect))
    one_of = np.zeros(trials.strata, np.int64)
    one_of[trials.stratum] = np.arange(len(trials.stratum))
    by_stratum = [(attribute, group) for attribute in arrow.attributes[:3] for group in range(len(attribute.values))]
    segments = np.array([attribute.members(group, one_of) for attribute, group in by_stratum], np.bool_)
    yield _Looked(by_stratum, against_past(table, segments.reshape(-1, trials.strata), effect))
    for attribute in arrow.attributes[3:]:
        codes = attribute.codes[0]
        known = trials.known(codes)
        for first, groups in trials.tables(codes, len(attribute.values)):
            numbers = range(first, first + len(groups.openings))
            yield _Looked([(attribute, number) for number in numbers], against_others(groups, known, effect))


def _most_changed(
    arrow: _Arrow, looked: Sequence[_Looked], tests: npt.NDArray[np.int64], level: float
) -> _Place | None:
    """Of an expectation's unusual places the one that changed most, if it stands up to its own design effect.

    A fall of some may be the rise of all others: then it is told as a fall.
    """
    each = np.log(2 * np.maximum(tests, 1))
    unusual = [
        (-round(float(seen.places.change[place]), 6), bool(seen.places.stands.u[place] > 0), number, place)
        for number, seen in enumerate(looked)
        for place in np.flatnonzero(
            seen.places.log_p + each[seen.places.lasts.astype(np.int64)] <= np.log(level)
        ).tolist()
    ]
    whole = np.ones(len(arrow.met), np.bool_)
    for _, rise, number, place in sorted(unusual)[:_CHECKED]:
        seen = looked[number]
        places, row = seen.places, int(seen.places.row[place])
        members, known = seen.members(row, whole)
        log_p = places.checked(place, arrow.trials, members, known) + float(each[int(places.lasts[place])])
        if log_p <= np.log(level):
            week, days = arrow.weeks
            first, last = places.weeks(place)
            labels: dict[str, Any] = {"p_value": float(np.exp(log_p)), "log_p": log_p}
            if (group := seen.groups[row]) is not None:
                labels |= {"attribute": group[0].name, "value": group[0].values[group[1]]}
            bounds = WHOLE
            if first > 0 or last < len(days) - 1:
                labels["since"] = days[first]
                if last < len(days) - 1:
                    labels["until"] = days[last] + timedelta(days=6)
                zone, after = arrow.selection.snapshot.zone, days[last] + timedelta(days=7)
                bounds = (zone.first_moment(days[first]), zone.first_moment(after))
            members = members & (week >= first) & (week <= last)
            reference = places.reference(row, int(places.run[place]))
            more: dict[str, Any] = {"rise": rise, "bounds": bounds, "labels": labels}
            return _placed(arrow, members, reason="unusual", reference=reference, **more)
    return None


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
        bounds: When its openings opened, [from, until), microseconds since 1970.
        labels: Attribute, value, since, until and p-value where there are such.
    """

    arrow: _Arrow
    members: Flags
    reason: Reason
    reference: float
    interval: Interval
    people: int
    rise: bool = False
    bounds: tuple[int, int] = WHOLE
    labels: Mapping[str, Any] = field(default_factory=dict)

    @property
    def missing(self) -> float:
        """Openings more that would have been met at the reference; none where it is above."""
        openings = int(np.count_nonzero(self.members))
        return 0.0 if self.rise else max(0.0, self.reference - self.interval.share) * openings

    @cached_property
    def lost_at_most(self) -> int:
        """Customers who never met it, as far as there were openings for them; who met it once is not lost."""
        customers, met = self.arrow.customers[self.members], self.arrow.met[self.members]
        never = self.people - len(distinct(customers[met]))
        return min(never, ceil(round(self.missing, 6)))

    def finding(self) -> Finding:
        """The finding."""
        arrow, members = self.arrow, self.members
        worth = arrow.value_of_one
        group = (self.labels["attribute"], self.labels["value"]) if "attribute" in self.labels else None
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
            value_at_most=None if worth is None else round(self.missing * worth * 100),
            p_value=self.labels.get("p_value"),
            who=_who(arrow, members, self.interval.share, rise=self.rise),
            people=tuple(distinct(arrow.customers[members & ~arrow.met]).tolist()),
            sql=finding_sql(arrow.selection, arrow.item, self.bounds, group),
            **{name: value for name, value in self.labels.items() if name not in {"p_value", "log_p"}},
        )


def _loss(place: _Place) -> tuple[float, float]:
    """The most customers lost first, then the most openings."""
    return -place.lost_at_most, -place.missing


def _urgency(place: _Place) -> tuple[bool, tuple[float, float], float]:
    """Those beyond doubt first, by how many customers they lost at most (a rise none); the others by how unlikely."""
    beyond_doubt = place.labels["p_value"] < _BEYOND_DOUBT
    return not beyond_doubt, _loss(place) if beyond_doubt else (0.0, 0.0), place.labels["log_p"]


def _placed(arrow: _Arrow, members: Flags, *, reason: Reason, reference: float, **more: Any) -> _Place:
    customers = arrow.customers[members]
    return _Place(
        arrow=arrow,
        members=members,
        reason=reason,
        reference=reference,
        interval=clustered_interval(customers, arrow.met[members]),
        people=len(distinct(customers)),
        **more,
    )


def _below(arrow: _Arrow) -> Iterator[_Place]:
    """The whole expectation, if it is below its target, or without one below its own history."""
    target = arrow.expectation.target
    if target is not None:
        place = _placed(arrow, np.ones(len(arrow.met), np.bool_), reason="below target", reference=target)
        if _judged(place, target) == "below":
            yield place
        return
    if arrow.item.outcomes.as_of is None:
        return
    latest = int(arrow.opened_at.max())
    start = latest - _RECENT_DAYS * 86_400_000_000 + 1
    recent = arrow.opened_at >= start
    if recent.all():
        return
    before = clustered_interval(arrow.customers[~recent], arrow.met[~recent])
    zone = arrow.selection.snapshot.zone
    first = int(zone.local(arrow.opened_at[recent].min(keepdims=True))[0])
    day = from_microseconds(first).date()
    more: dict[str, Any] = {"bounds": (start, latest + 1), "labels": {"since": day}}
    place = _placed(arrow, recent, reason="below history", reference=before.share, **more)
    if judged(int(np.count_nonzero(~recent)), before.low, before.high, None) != "few" and (
        _judged(place, before.low) == "below"
    ):
        yield place


def _judged(place: _Place, target: float) -> Verdict:
    """What every view says about such a share."""
    return judged(int(np.count_nonzero(place.members)), place.interval.low, place.interval.high, target)


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

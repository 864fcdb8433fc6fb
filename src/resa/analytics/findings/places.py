"""Places: for whom and since when things turn out otherwise than was to be expected, and how many that concerns.

What is watched are things that begin at an event and turn out well (*met*) or not: openings of an expectation, visits
of a touchpoint. A *place* is a group of them, in a run of weeks or at all times.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from itertools import chain, groupby, islice
from math import ceil
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from resa.analytics.findings.beginnings import Attribute, Beginnings
from resa.analytics.findings.found import Segment
from resa.analytics.findings.trials import Trials
from resa.analytics.findings.unusual import Places, against_others, against_past, everybody
from resa.analytics.scope.selection import WHOLE
from resa.analytics.scope.snapshot import Flags
from resa.analytics.statistics import count_distinct, distinct
from resa.base.side_by_side import side_by_side
from resa.kernels import Interval, Totals, clustered_interval
from resa.model.verdicts import Verdict, judged

__all__ = ["Place", "Watched", "loss", "placed", "placed_whole", "unusual", "urgency", "who"]

_SEGMENTS: Final = 3
_BEYOND_DOUBT: Final = 1e-12
_CHECKED: Final = 8


@dataclass(frozen=True)
class Watched:
    """Things that turn out well or not.

    Attributes:
        beginnings: Where and when each of these and perhaps of others began; at least one is watched.
        met: Which turned out well.
        among: Which are watched; `None`: all.
    """

    beginnings: Beginnings
    met: Flags
    among: Flags | None = None

    @property
    def customers(self) -> npt.NDArray[np.int32]:
        """Whose they are."""
        return self.beginnings.customers

    @property
    def all(self) -> Flags:
        """Which are watched."""
        return np.ones(len(self.met), np.bool_) if self.among is None else self.among

    @property
    def whole(self) -> Totals:
        """All that are watched together."""
        return self.trials.whole

    @cached_property
    def trials(self) -> Trials:
        """They as trials."""
        (week, days), (stratum, _) = self.beginnings.weeks, self.beginnings.strata
        return Trials(self.met, self.customers, week, stratum, len(days), self.among)


@dataclass(frozen=True)
class _Looked:
    """Groups of what is watched that were tested together.

    Attributes:
        groups: What they are: attribute, and number of the group; `None`: everybody.
        places: What stands out.
    """

    groups: Sequence[tuple[Attribute, int] | None]
    places: Places

    def members(self, row: int, everybody: Flags) -> tuple[Flags, Flags]:
        """Which things are in a group, and of which it is known whether they are."""
        group = self.groups[row]
        if group is None:
            return everybody, everybody
        attribute, number = group
        return attribute.members(number) & everybody, attribute.codes > 0 if attribute.comparable else everybody


def unusual(watched: Sequence[Watched], level: float, *, rises: bool = True) -> tuple[list[Place | None], int]:
    """For each that is watched the place that changed most beyond chance, if there is one; and how many were tested.

    Args:
        watched: All that is looked at.
        level: Family-wise level at which a place is called unusual.
        rises: Whether a place may be one where more turned out well; it is tested either way.
    """
    looked = _looked_at(watched)
    tests = np.sum([seen.places.tests for every in looked for seen in every] or [(0, 0)], axis=0)
    found = [_most_changed(*pair, tests, level, rises=rises) for pair in zip(watched, looked, strict=True)]
    return found, int(tests.sum())


def _looked_at(watched: Sequence[Watched]) -> list[tuple[_Looked, ...]]:
    """Test all groups of each; what begins together shares what was counted, and is looked at by one thread."""
    together = [list(some) for _, some in groupby(watched, key=lambda item: id(item.beginnings))]

    def look(some: Sequence[Watched]) -> list[tuple[_Looked, ...]]:
        return [tuple(_looked(item)) for item in some]

    first = [look(some) for some in together[:1]]  # what all others need of the events is derived once
    return list(chain(*first, *side_by_side(look, together[1:])))


def _looked(watched: Watched) -> Iterator[_Looked]:
    """Test all groups of what is watched: everybody, personas, channels and devices; then traits and properties."""
    trials, attributes = watched.trials, watched.beginnings.attributes
    if not 0 < trials.table.met.sum() < trials.table.openings.sum():
        return  # what all or none met differs nowhere
    table, effect = trials.table, trials.effect
    yield _Looked([None], everybody(table, effect))
    by_stratum = [(attribute, group) for attribute in attributes[:3] for group in range(len(attribute.values))]
    yield _Looked(by_stratum, against_past(table, watched.beginnings.strata[1], effect))
    compared = [attribute for attribute in attributes[3:] if attribute.codes.any()]
    for named, groups, known in trials.tables([(item.codes, len(item.values)) for item in compared]):
        yield _Looked([(compared[item], group) for item, group in named], against_others(groups, known, effect))


def _most_changed(
    watched: Watched, looked: Sequence[_Looked], tests: npt.NDArray[np.int64], level: float, *, rises: bool
) -> Place | None:
    """Of the unusual places the one that changed most, if it stands up to its own design effect.

    A fall of some may be the rise of all others: then it is told as a fall.
    """
    each = np.log(2 * np.maximum(tests, 1))
    found = [
        (-round(float(seen.places.change[place]), 6), bool(seen.places.stands.u[place] > 0), number, place)
        for number, seen in enumerate(looked)
        for place in np.flatnonzero(
            seen.places.log_p + each[seen.places.lasts.astype(np.int64)] <= np.log(level)
        ).tolist()
    ]
    for _, rise, number, place in sorted(item for item in found if rises or not item[1])[:_CHECKED]:
        seen = looked[number]
        places, row = seen.places, int(seen.places.row[place])
        members, known = seen.members(row, watched.all)
        log_p = places.checked(place, watched.trials, members, known) + float(each[int(places.lasts[place])])
        if log_p <= np.log(level):
            labels: dict[str, Any] = {"p_value": float(np.exp(log_p)), "log_p": log_p}
            if (group := seen.groups[row]) is not None:
                labels |= {"attribute": group[0].name, "value": group[0].values[group[1]]}
            inside, bounds, when = _when(watched, *places.weeks(place))
            reference = places.reference(row, int(places.run[place]))
            return placed(watched, members & inside, reference, rise=rise, bounds=bounds, labels=labels | when)
    return None


def _when(watched: Watched, first: int, last: int) -> tuple[Flags, tuple[int, int], dict[str, date]]:
    """Which things began in a run of weeks; its bounds as moments; and its days, as far as it does not last always."""
    (week, days), trials = watched.beginnings.weeks, watched.trials
    first, last = first + trials.origin, last + trials.origin
    inside: Flags = (week >= first) & (week <= last)
    if (first, last) == trials.period:
        return inside, WHOLE, {}
    when = {"since": days[first]}
    if last < trials.period[1]:
        when["until"] = days[last] + timedelta(days=6)
    zone = watched.beginnings.selection.snapshot.zone
    return inside, (zone.first_moment(days[first]), zone.first_moment(days[last] + timedelta(days=7))), when


@dataclass(frozen=True, kw_only=True)
class Place:
    """A place in the making: what is dear to know is looked up when it is listed.

    Attributes:
        watched: What it is a place of.
        members: Which of these things.
        reference: The share of met that it is held against.
        interval: Its share.
        size: How many things are in it.
        people: How many customers are behind.
        never: How many of them never met it.
        rise: It is above the reference, not below.
        bounds: When its things began, [from, until), microseconds since 1970.
        labels: Attribute, value, since, until and p-value where there are such.
    """

    watched: Watched
    members: Flags
    reference: float
    interval: Interval
    size: int
    people: int
    never: int
    rise: bool = False
    bounds: tuple[int, int] = WHOLE
    labels: Mapping[str, Any] = field(default_factory=dict)

    @property
    def missing(self) -> float:
        """Things more that would have been met at the reference; none where it is above."""
        return 0.0 if self.rise else max(0.0, self.reference - self.interval.share) * self.size

    @property
    def lost_at_most(self) -> int:
        """Customers who never met it, as far as it was missing for them; who met it once is not lost."""
        return min(self.never, ceil(round(self.missing, 6)))

    @property
    def unmet(self) -> npt.NDArray[np.int64]:
        """Numbers of the customers of those that were not met."""
        return distinct(self.watched.customers[self.members & ~self.watched.met]).astype(np.int64)

    @property
    def group(self) -> tuple[str, str] | None:
        """Attribute and value; `None`: everybody."""
        return (self.labels["attribute"], self.labels["value"]) if "attribute" in self.labels else None

    def judged(self, target: float) -> Verdict:
        """What every view says about such a share."""
        return judged(self.size, self.interval.low, self.interval.high, target)


def placed(watched: Watched, members: Flags, reference: float, **more: Any) -> Place:
    """A place of some of what is watched."""
    customers, met = watched.customers[members], watched.met[members]
    people = count_distinct(customers)
    return Place(
        watched=watched,
        members=members,
        reference=reference,
        interval=clustered_interval(customers, met),
        size=len(customers),
        people=people,
        never=people - count_distinct(customers[met]),
        **more,
    )


def placed_whole(watched: Watched, reference: float) -> Place:
    """The place of all that is watched."""
    whole = watched.whole
    return Place(
        watched=watched,
        members=watched.all,
        reference=reference,
        interval=whole.interval,
        size=whole.openings,
        people=whole.customers,
        never=whole.customers - whole.ever_met,
    )


def loss(place: Place) -> tuple[float, float]:
    """A key that sorts the most customers lost first, then the most that is missing."""
    return -place.lost_at_most, -place.missing


def urgency(place: Place) -> tuple[bool, tuple[float, float], float]:
    """A key for unusual places: first those beyond doubt, by how many customers they lost at most (a rise none).

    The others follow by how unlikely they are.
    """
    beyond_doubt = place.labels["p_value"] < _BEYOND_DOUBT
    return not beyond_doubt, loss(place) if beyond_doubt else (0.0, 0.0), place.labels["log_p"]


def who(place: Place) -> tuple[Segment, ...]:
    """Up to three groups that differ most for their size from the place as a whole, in the place's own direction."""
    members, share = place.members, place.interval.share
    met, total = place.watched.met[members], place.size
    customers = place.watched.customers[members]
    sign = -1.0 if place.rise else 1.0
    found: list[tuple[float, Segment, Flags]] = []
    for attribute in place.watched.beginnings.attributes:
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
    return tuple(islice(_beyond_chance(found, customers, met, share, rise=place.rise), _SEGMENTS))


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

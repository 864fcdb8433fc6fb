"""What follows each visit, as trials: did the customer leave off, wait, turn back, repeat, or need our staff?

`resa.kernels.continuations` says in its text what follows a visit. Of the visits that are mature (all the time to go on
has passed since) these are *friction*:

* *drop-off*: nothing follows in time. Not counted where the goal is reached.
* *wait*: what follows comes later, by more than a sixty-fourth, than after three quarters of that touchpoint's visits;
  of those that anything follows. So an hour that a clock change adds to 60 days is no wait.
* *loop*: the customer turns back to another touchpoint where she was shortly before. Not counted right after the data
  begin, when it is not known where she was.
* *repeat*: the same touchpoint follows.
* *switch*: what follows is on a channel with our staff (`kind: internal`); of visits that are on another.

What the map expects to follow is no loop, no repeat and no switch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Final, Literal

import numpy as np

from resa.analytics.findings.beginnings import Beginnings
from resa.analytics.findings.places import Place, Watched
from resa.analytics.questions.kinds import FrictionQuestion
from resa.analytics.scope.selection import Selection
from resa.analytics.scope.snapshot import Flags, Positions
from resa.analytics.statistics import quantile
from resa.kernels import (
    LEFT_OFF,
    REPEATED,
    TURNED_BACK,
    Continuations,
    Period,
    continuations,
    values_following,
)
from resa.model.journey import Touchpoint

__all__ = ["HARDLY", "SIGNS", "SLOW", "Continued", "Sign", "Trouble"]

Sign = Literal["drop-off", "wait", "loop", "repeat", "switch"]

SIGNS: Final[tuple[Sign, ...]] = ("drop-off", "wait", "loop", "repeat", "switch")
"""Signs of friction, in the order of tables."""

SLOW: Final = 0.75
"""Share of a touchpoint's waits beyond which one is slow."""

HARDLY: Final = 1 + 1 / 64
"""How much longer a wait must be to be told from another."""


@dataclass(frozen=True, kw_only=True)
class Trouble(Watched):
    """Visits of one touchpoint, of which those with one sign of friction are not met; at least one.

    Attributes:
        touchpoint: Where.
        sign: Which.
        rows: The touchpoint's visits among those of `Continued.found`.
        slow: Of waits: a longer one is slow, microseconds.
    """

    touchpoint: Touchpoint
    sign: Sign
    rows: slice
    slow: float | None = None


@dataclass(frozen=True)
class Continued:
    """Every visit and what follows it.

    Attributes:
        question: What was asked.
        selection: What is looked at.
    """

    question: FrictionQuestion
    selection: Selection

    @cached_property
    def found(self) -> Continuations:
        """The visits that are mature and in the question's period, by touchpoint, and what follows each."""
        (start, until), last = self.selection.period, self.last_start
        mature = start if last is None else last - self.selection.snapshot.epoch + 1
        return self._continued((start, min(until, mature)))

    @property
    def any_visits(self) -> bool:
        """Whether there is a visit, mature or not."""
        return len(self.found.visits) > 0 or len(self._continued(None).visits) > 0

    def _continued(self, period: Period | None) -> Continuations:
        patience = self.question.patience.microseconds
        chosen = self.selection.customers
        return continuations(self.selection.journeys, within_us=patience, period=period, customers=chosen)

    @property
    def last_start(self) -> int | None:
        """The latest moment at which a visit is mature, microseconds since 1970; `None`: none is."""
        known = self.selection.as_of
        return None if known is None else known - self.question.patience.microseconds

    @property
    def known_from(self) -> int:
        """The earliest moment at which it is known where customers were shortly before, microseconds since 1970."""
        return (self.selection.snapshot.oldest or 0) + self.question.patience.microseconds

    @cached_property
    def goal(self) -> tuple[str, ...]:
        """Touchpoints at which the goal is reached."""
        snapshot = self.selection.snapshot
        goal = snapshot.journey_map.goal
        if goal is None:
            return ()
        return tuple(snapshot.names[code] for code in self.selection.codes(goal.reach, "goal"))

    def beyond(self, trouble: Trouble) -> bool:
        """Whether a touchpoint's stage lies behind all in which the goal is reached."""
        journey_map = self.selection.snapshot.journey_map
        stages = [stage.key for stage in journey_map.stages]
        reached = [stages.index(journey_map.touchpoint[key].stage) for key in self.goal]
        return bool(reached) and stages.index(trouble.touchpoint.stage) > max(reached)

    @cached_property
    def staffed(self) -> tuple[str, ...]:
        """Labels of the channels with our staff."""
        snapshot = self.selection.snapshot
        return snapshot.spelled(channel.key for channel in snapshot.journey_map.channels if channel.kind == "internal")

    @cached_property
    def _staffed(self) -> Flags:
        """Which numbers of channels are such channels'."""
        return np.isin(np.array(self.selection.snapshot.channel_labels), np.array(self.staffed))

    def _with_staff(self, positions: Positions) -> Flags:
        """Which visits are on such a channel."""
        with_staff: Flags = self._staffed[self.selection.snapshot.channels_at(positions)]
        return with_staff

    def _to_staff(self, rows: slice, followed: Flags) -> Flags:
        """Which of some visits are followed in time by one on such a channel."""
        to_staff = followed.copy()
        to_staff[followed] = self._with_staff(self.found.following[rows][followed])
        return to_staff

    def _unexpected(self, touchpoint: Touchpoint, rows: slice, chosen: Flags) -> Flags:
        """Of the chosen ones among a touchpoint's visits those that what the map expects to follow does not follow."""
        code = self.selection.snapshot.journey_map.code
        expected = [code[key] for arrow in touchpoint.expectations for key in arrow.next]
        if expected:
            following = self.selection.journeys.touchpoints[self.found.following[rows][chosen]]
            other = np.ones(len(self.selection.snapshot.names), np.bool_)
            other[expected] = False
            chosen = chosen.copy()
            chosen[chosen] = other[following]
        return chosen

    @cached_property
    def troubles(self) -> tuple[Trouble, ...]:
        """Every touchpoint with every sign that it can show."""
        return tuple(self._troubles())

    def _troubles(self) -> Iterator[Trouble]:
        journey_map, snapshot = self.selection.snapshot.journey_map, self.selection.snapshot
        for touchpoint in journey_map.touchpoints:
            rows = self.found.of(journey_map.code[touchpoint.key])
            visits, what, waited = self.found.visits[rows], self.found.what[rows], self.found.waited[rows]
            if not len(visits):
                continue
            began_at = self.found.times[rows] + snapshot.epoch
            beginnings = Beginnings(self.selection, visits, self.found.customers[rows], began_at)
            trouble = partial(Trouble, beginnings, touchpoint=touchpoint, rows=rows)
            followed = what != LEFT_OFF
            if touchpoint.key not in self.goal:
                yield trouble(followed, sign="drop-off")
            if followed.any():
                slow = quantile(waited[followed], SLOW)
                yield trouble(followed & (waited <= slow * HARDLY), followed, sign="wait", slow=slow)
            known = began_at >= self.known_from
            if known.any():
                yield trouble(~self._unexpected(touchpoint, rows, what == TURNED_BACK), known, sign="loop")
            yield trouble(~self._unexpected(touchpoint, rows, what == REPEATED), sign="repeat")
            if self.staffed and not (staff := self._with_staff(visits)).all():
                to_staff = self._to_staff(rows, followed)
                yield trouble(~self._unexpected(touchpoint, rows, to_staff), ~staff, sign="switch")

    def leads_to(self, trouble: Trouble, place: Place) -> str | None:
        """The touchpoint that most often follows the visits of a place that were not met."""
        following = self.found.following[trouble.rows][place.members & ~trouble.met]
        codes = self.selection.journeys.touchpoints[following[following >= 0]]
        return self.selection.snapshot.names[int(np.bincount(codes).argmax())] if len(codes) else None

    def value(self, trouble: Trouble, place: Place) -> float | None:
        """What those who were lost at a place would have been worth: what the others are, on average.

        A customer is worth what follows her first visit without the sign, so that no value counts twice.
        """
        without = np.flatnonzero(trouble.met & trouble.all)
        if not len(self.selection.snapshot.values[0]) or not len(without):
            return None
        whose = trouble.customers[without]
        first = without[np.append(True, whose[1:] != whose[:-1])]
        found = (trouble.customers[first], self.found.visits[trouble.rows][first])
        positions, numbers = self.selection.snapshot.values
        valued, patience = (np.asarray(positions, np.int64), numbers), self.question.patience.microseconds
        worth = values_following(self.selection.journeys, *found, *valued, within_us=patience)
        return place.lost_at_most * float(worth.mean())

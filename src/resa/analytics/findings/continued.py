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
import numpy.typing as npt

from resa.analytics.findings.beginnings import Beginnings
from resa.analytics.findings.places import Place, Watched
from resa.analytics.findings.signs import Shown, SignTrials
from resa.analytics.findings.trials import Trials
from resa.analytics.questions.kinds import FrictionQuestion
from resa.analytics.scope.selection import Selection
from resa.analytics.scope.snapshot import Flags, Positions
from resa.analytics.statistics import quantile
from resa.kernels import (
    LEFT_OFF,
    Continuations,
    Period,
    Signs,
    VisitRules,
    continuations,
    first_met,
    friction_signs,
    running_sums,
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
        shown: They with all their signs.
        slow: Of waits: a longer one is slow, microseconds.
    """

    touchpoint: Touchpoint
    sign: Sign
    rows: slice
    shown: Shown
    slow: float | None = None

    @property
    def number(self) -> int:
        """Of the sign."""
        return SIGNS.index(self.sign)

    @cached_property
    def trials(self) -> Trials:
        """They as trials."""
        (week, days), (stratum, _) = self.beginnings.weeks, self.beginnings.strata
        rows = (self.met, self.customers, week, stratum, len(days), self.among)
        return SignTrials(*rows, shown=self.shown, sign=self.number)


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
        """Which events are on such a channel, by their touchpoint and their own channel."""
        labels = np.isin(np.array(self.selection.snapshot.channel_labels), np.array(self.staffed))
        staffed: Flags = labels[self.selection.snapshot.channel_table]
        return staffed

    def _expected(self, touchpoint: Touchpoint) -> Flags:
        """Which touchpoints the map expects to follow."""
        code = self.selection.snapshot.journey_map.code
        expected = np.zeros(len(self.selection.snapshot.names), np.bool_)
        expected[[code[key] for arrow in touchpoint.expectations for key in arrow.next]] = True
        return expected

    @cached_property
    def troubles(self) -> tuple[Trouble, ...]:
        """Every touchpoint with every sign that it can show."""
        return tuple(self._troubles())

    def _troubles(self) -> Iterator[Trouble]:
        journey_map = self.selection.snapshot.journey_map
        for touchpoint in journey_map.touchpoints:
            rows = self.found.of(journey_map.code[touchpoint.key])
            if rows.start == rows.stop:
                continue
            waited = self.found.waited[rows][self.found.what[rows] != LEFT_OFF]
            slow = quantile(waited, SLOW) if len(waited) else 0.0
            shown = self._shown(touchpoint, rows, slow)
            trouble = partial(Trouble, shown.beginnings, touchpoint=touchpoint, rows=rows, shown=shown)
            for number, sign in enumerate(SIGNS):
                among = shown.among(number)
                left_out = {"drop-off": touchpoint.key in self.goal, "switch": not self.staffed}.get(sign, False)
                if not left_out and (among is None or among.any()):
                    yield trouble(shown.met(number), among, sign=sign, slow=slow if sign == "wait" else None)

    def _shown(self, touchpoint: Touchpoint, rows: slice, slow: float) -> Shown:
        """The visits of a touchpoint with their signs."""
        snapshot = self.selection.snapshot
        rules = VisitRules(slow * HARDLY, self.known_from - snapshot.epoch, self._expected(touchpoint), self._staffed)
        events = self.selection.journeys.touchpoints, snapshot.index.channels
        met, among = friction_signs(self.found, rows, *events, rules)
        whose, began_at = self.found.customers[rows], self.found.times[rows] + snapshot.epoch
        beginnings = Beginnings(self.selection, self.found.visits[rows], whose, began_at)
        return Shown(beginnings, Signs(whose, met, among, len(SIGNS)))

    def leads_to(self, trouble: Trouble, place: Place) -> str | None:
        """The touchpoint that most often follows the visits of a place that were not met."""
        following = self.found.following[trouble.rows][place.members & ~trouble.met]
        codes = self.selection.journeys.touchpoints[following[following >= 0]]
        return self.selection.snapshot.names[int(np.bincount(codes).argmax())] if len(codes) else None

    def value(self, trouble: Trouble, place: Place) -> float | None:
        """What those who were lost at a place would have been worth: what the others are, on average.

        A customer is worth what follows her first visit without the sign, so that no value counts twice.
        """
        positions, sums = self._valued
        if not len(positions):
            return None
        first = first_met(trouble.shown.signs, trouble.number)
        if not len(first):
            return None
        found = (trouble.customers[first], self.found.visits[trouble.rows][first])
        patience = self.question.patience.microseconds
        worth = values_following(self.selection.journeys, *found, positions, sums, within_us=patience)
        return place.lost_at_most * float(worth.mean())

    @cached_property
    def _valued(self) -> tuple[Positions, npt.NDArray[np.float64]]:
        """Events that are worth anything, and the running sums of what."""
        positions, numbers = self.selection.snapshot.values
        return np.asarray(positions, np.int64), running_sums(numbers)

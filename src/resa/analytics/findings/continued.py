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

from resa.analytics.calendar import Instants
from resa.analytics.findings.beginnings import Beginnings
from resa.analytics.findings.places import Place, Watched
from resa.analytics.questions.kinds import FrictionQuestion
from resa.analytics.scope.selection import Selection
from resa.analytics.scope.snapshot import Flags
from resa.analytics.statistics import quantile
from resa.kernels import LEFT_OFF, REPEATED, TURNED_BACK, Continuations, continuations, values_following
from resa.model.journey import Touchpoint

__all__ = ["HARDLY", "SIGNS", "SLOW", "Continued", "Sign", "Trouble"]

Sign = Literal["drop-off", "wait", "loop", "repeat", "switch"]

SIGNS: Final[tuple[Sign, ...]] = ("drop-off", "wait", "loop", "repeat", "switch")
"""Signs of friction, in the order of tables."""

SLOW: Final = 0.75
"""Share of a touchpoint's waits beyond which one is slow."""

HARDLY: Final = 1 + 1 / 64
"""How much longer a wait must be to be told from another."""

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Trouble(Watched):
    """Visits of one touchpoint, of which those with one sign of friction are not met; at least one.

    Attributes:
        touchpoint: Where.
        sign: Which.
        rows: The touchpoint's counted visits, as rows of `Continued.found`.
        slow: Of waits: a longer one is slow, microseconds.
    """

    touchpoint: Touchpoint
    sign: Sign
    rows: Rows
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
        """What follows each visit."""
        patience = self.question.patience.microseconds
        return continuations(self.selection.journeys, within_us=patience, customers=self.selection.customers)

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
    def times(self) -> Instants:
        """When each visit was, microseconds since 1970."""
        return self.selection.snapshot.times(self.found.visits)

    @cached_property
    def counted(self) -> Flags:
        """Which visits are mature and in the question's period."""
        low, high = self.selection.bounds
        last = self.last_start
        if last is None:
            return np.zeros(len(self.times), np.bool_)
        counted: Flags = (self.times >= low) & (self.times < high) & (self.times <= last)
        return counted

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
    def _codes(self) -> npt.NDArray[np.uint16]:
        """Code of each counted visit's touchpoint; 0 of the others."""
        return np.where(self.counted, self.selection.journeys.touchpoints[self.found.visits], np.uint16(0))

    @cached_property
    def _with_staff(self) -> Flags:
        """Which visits are on such a channel."""
        snapshot = self.selection.snapshot
        table = np.isin(np.array(snapshot.channel_labels), np.array(self.staffed))
        with_staff: Flags = table[snapshot.channels_at(self.found.visits)]
        return with_staff

    @cached_property
    def _to_staff(self) -> Flags:
        """Which visits are followed in time by one on such a channel: it stands in the next row."""
        to_staff: Flags = np.append(self._with_staff[1:], False)[: len(self._with_staff)]
        to_staff &= self.found.what != LEFT_OFF
        return to_staff

    def _unexpected(self, touchpoint: Touchpoint, rows: Rows, chosen: Flags) -> Flags:
        """Of the chosen ones among a touchpoint's visits those that what the map expects to follow does not follow."""
        code = self.selection.snapshot.journey_map.code
        expected = [code[key] for arrow in touchpoint.expectations for key in arrow.next]
        if expected:
            following = self.selection.journeys.touchpoints[self.found.following[rows[chosen]]]
            chosen = chosen.copy()
            chosen[chosen] = ~np.isin(following, expected)
        return chosen

    def rows_of(self, touchpoint: Touchpoint) -> Rows:
        """The counted visits of a touchpoint."""
        return np.flatnonzero(self._codes == self.selection.snapshot.journey_map.code[touchpoint.key])

    def waited(self, rows: Rows) -> Instants:
        """Time to what follows, microseconds, of visits that anything follows in time."""
        return self._to_next[rows]

    @cached_property
    def _to_next(self) -> Instants:
        """Time to the next row, microseconds: what follows a visit in time stands there."""
        return np.diff(self.times, append=0)

    @cached_property
    def troubles(self) -> tuple[Trouble, ...]:
        """Every touchpoint with every sign that it can show."""
        return tuple(self._troubles())

    def _troubles(self) -> Iterator[Trouble]:
        for touchpoint in self.selection.snapshot.journey_map.touchpoints:
            rows = self.rows_of(touchpoint)
            if not len(rows):
                continue
            what, staff = self.found.what[rows], self._with_staff[rows]
            trouble = partial(Trouble, self._beginnings(rows), touchpoint=touchpoint, rows=rows)
            followed = what != LEFT_OFF
            if touchpoint.key not in self.goal:
                yield trouble(followed, sign="drop-off")
            if followed.any():
                waited = self.waited(rows[followed])
                slow = quantile(waited, SLOW)
                met = followed.copy()
                met[followed] = waited <= slow * HARDLY
                yield trouble(met, followed, sign="wait", slow=slow)
            known = trouble.args[0].began_at >= self.known_from
            if known.any():
                yield trouble(~self._unexpected(touchpoint, rows, what == TURNED_BACK), known, sign="loop")
            yield trouble(~self._unexpected(touchpoint, rows, what == REPEATED), sign="repeat")
            if self.staffed and not staff.all():
                yield trouble(~self._unexpected(touchpoint, rows, self._to_staff[rows]), ~staff, sign="switch")

    def _beginnings(self, rows: Rows) -> Beginnings:
        return Beginnings(self.selection, self.found.visits[rows], self.found.customers[rows], self.times[rows])

    def leads_to(self, trouble: Trouble, place: Place) -> str | None:
        """The touchpoint that most often follows the visits of a place that were not met."""
        rows = trouble.rows[place.members & ~trouble.met]
        following = self.found.following[rows]
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
        first = without[np.diff(whose, prepend=-1) > 0]
        return place.lost_at_most * float(self._worth[trouble.rows[first]].mean())

    @cached_property
    def _worth(self) -> npt.NDArray[np.float64]:
        """What follows each visit is worth, in time."""
        found, patience = self.found, self.question.patience.microseconds
        positions, numbers = self.selection.snapshot.values
        visits = (found.customers, found.visits)
        return values_following(
            self.selection.journeys, *visits, np.asarray(positions, np.int64), numbers, within_us=patience
        )

"""What a question looks at: customers, events and time, as arrays for the kernels and as SQL that says the same."""

# ruff: noqa: S608 - every part of the SQL is written here or is an escaped literal; none is a user's text

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt

from resa.analytics.questions.json_text import Step
from resa.analytics.questions.question import Question, of_customers
from resa.analytics.results.names import NOT_KNOWN
from resa.analytics.results.result import problem
from resa.analytics.scope.customers import CustomerExpressions
from resa.analytics.scope.snapshot import Flags, Positions, Snapshot
from resa.analytics.sql.text import Statement, inlined, listed, literal, moment
from resa.base.clock import from_microseconds, to_microseconds
from resa.base.errors import ExpressionError, Problem, QuestionError, did_you_mean
from resa.base.language import Sentence, sentence
from resa.kernels import Journeys, Period, Variants, variants
from resa.model.names import normalised

__all__ = ["FAR", "WHOLE", "Selection"]

WHOLE: Final = (-(2**62), 2**62)
"""Bounds of a question without a period."""

FAR: Final = 2**61
"""Beyond every moment of an index, and the distance from -FAR to it fits 64 bits."""


@dataclass(frozen=True)
class Selection:
    """One question applied to one snapshot.

    Attributes:
        snapshot: The events.
        question: What is asked.
    """

    snapshot: Snapshot
    question: Question

    @cached_property
    def as_of(self) -> int | None:
        """Up to when the data are complete, microseconds since 1970; `None`: there are no data."""
        overall = self.question.as_of or self.snapshot.index.as_of.overall
        return None if overall is None else to_microseconds(overall)

    @property
    def as_of_override(self) -> int | None:
        """The question's own as of."""
        return None if self.question.as_of is None else to_microseconds(self.question.as_of)

    @cached_property
    def expressions(self) -> CustomerExpressions:
        """Expressions over customers, as of the question."""
        return CustomerExpressions(self.snapshot, self.as_of_override)

    @cached_property
    def period(self) -> Period:
        """When what is counted may start, [from, until), microseconds since the index's epoch."""
        start, until = self.bounds
        return start - self.snapshot.epoch, until - self.snapshot.epoch

    @cached_property
    def edges(self) -> npt.NDArray[np.int64]:
        """The same as the edges of one bucket."""
        return np.clip(np.array(self.period, np.int64), -FAR, FAR)

    @cached_property
    def bounds(self) -> tuple[int, int]:
        """The same since 1970."""
        start, until = self.question.since, self.question.until
        low = WHOLE[0] if start is None else self._moment(start)
        if until is None:
            return low, WHOLE[1]
        high = to_microseconds(until) if isinstance(until, datetime) else self._moment(until + timedelta(days=1))
        if start is not None and high <= low:
            raise QuestionError(
                problem(sentence("'from' ({start}) is later than 'until' ({until})", start=start, until=until), "until")
            )
        return low, high

    @property
    def everything(self) -> bool:
        """Whether all customers and events take part, at any time."""
        return self.journeys is self.snapshot.journeys and self.customers is None and self.bounds == WHOLE

    def _moment(self, day: date | datetime) -> int:
        return to_microseconds(day) if isinstance(day, datetime) else self.snapshot.zone.first_moment(day)

    @cached_property
    def customers(self) -> Flags | None:
        """Who takes part; `None`: everybody."""
        flags: list[Flags] = []
        if self.question.where is not None:
            flags.append(self._checked("where", self.expressions.flags))
        if self.question.persona:
            flags.append(np.logical_or.reduce([self.expressions.persona(key) for key in self.question.persona]))
        return np.logical_and.reduce(flags) if flags else None

    def _checked(self, name: str, evaluate: Callable[[str], Flags]) -> Flags:
        try:
            return evaluate(getattr(self.question, name))
        except ExpressionError as error:
            raise QuestionError(
                Problem(
                    message=sentence("in '{name}': {message}", name=name, message=p.message),
                    column=p.column,
                    field=name,
                    code=p.code,
                    fix=p.fix,
                )
                for p in error.problems
            ) from None

    @cached_property
    def journeys(self) -> Journeys:
        """The events that are looked at; all others are hidden."""
        snapshot, question = self.snapshot, self.question
        hidden: list[Flags] = []
        if question.events is not None:
            hidden.append(~self._checked("events", snapshot.event_flags))
        if question.channel:
            self._known("channel", question.channel, snapshot.channel_labels[1:])
            wanted = np.isin(np.array(snapshot.channel_labels), np.array(question.channel))
            allowed = wanted[snapshot.channel_table]
            hidden.append(~allowed[snapshot.column.touchpoints, snapshot.index.channels])
        if question.device:
            codes, labels = snapshot.event_labels("device")
            self._known("device", question.device, labels)
            hidden.append(~np.isin(np.array(labels), np.array(question.device))[codes])
        if self.as_of_override is not None:
            hidden.append(self._after(self.as_of_override))
        if not hidden:
            return snapshot.journeys
        touchpoints = np.where(np.logical_or.reduce(hidden), np.uint16(0), snapshot.column.touchpoints)
        return snapshot.journeys._replace(touchpoints=touchpoints)

    def _after(self, moment: int) -> Flags:
        """Which events happened after a moment, microseconds since 1970."""
        index = self.snapshot.index
        second, micro = divmod(moment - self.snapshot.epoch, 1_000_000)
        later: Flags = (index.seconds > second) | ((index.seconds == second) & (index.micros > micro))
        return later

    def _known(self, name: str, wanted: Sequence[str], known: Sequence[str]) -> None:
        for word in wanted:
            if word not in known:
                raise QuestionError(
                    problem(
                        sentence(
                            "no event has the {name} '{word}'{suggestion}",
                            name=name,
                            word=word,
                            suggestion=did_you_mean(word, known),
                        ),
                        name,
                    )
                )

    @cached_property
    def visits(self) -> Positions:
        """Where the touchpoints that are looked at stand, of the customers that take part."""
        positions = np.flatnonzero(self.journeys.touchpoints)
        if self.customers is None:
            return positions
        return positions[self.customers[self.snapshot.customers_at(positions)]]

    @cached_property
    def changes(self) -> Positions:
        """Visits that are of another touchpoint than the visit before them, or another customer's."""
        positions = np.flatnonzero(self.journeys.touchpoints)
        codes = self.journeys.touchpoints[positions].astype(np.int64)
        other = np.diff(codes, prepend=-1) != 0
        other |= np.diff(self.snapshot.customers_at(positions), prepend=-1) != 0
        changes: Positions = positions[other]
        return changes

    def variants(self, *, collapse: bool) -> Variants:
        """Whole journeys that begin in the period; those of everybody are kept, as several questions look at them.

        Args:
            collapse: A touchpoint repeated at once counts once.
        """
        if self.everything:
            return self.snapshot.keep(("variants", collapse), lambda: variants(self.journeys, collapse=collapse))
        period = None if self.bounds == WHOLE else self.period
        return variants(self.journeys, collapse=collapse, period=period, customers=self.customers)

    def codes(self, step: Step, field: str) -> tuple[int, ...]:
        """The codes of a step as written: a touchpoint, a stage (any of its touchpoints), or several of either.

        Raises:
            QuestionError: The map has none of that name.
        """
        journey_map = self.snapshot.journey_map
        stages = {stage.key: stage.touchpoints for stage in journey_map.stages}
        keys: list[str] = []
        for word in (step,) if isinstance(step, str) else step:
            touchpoint = journey_map.touchpoint_named(word)
            named = journey_map.stage_named(word)
            stage = normalised(word) if named is None else named.key
            if touchpoint is not None:
                keys.append(touchpoint)
            elif stage in stages:
                keys.extend(stages[stage])
            else:
                advice = did_you_mean(stage, [*journey_map.code, *stages]) or sentence(
                    "; write a touchpoint or a stage of the map"
                )
                raise QuestionError(
                    problem(
                        sentence(
                            "touchpoint '{word}' is not on the map '{journey_map}'{advice}",
                            word=word,
                            journey_map=journey_map.key,
                            advice=advice,
                        ),
                        field,
                    )
                )
        if not keys:
            raise QuestionError(problem(sentence("the stage '{step}' has no touchpoints yet", step=step), field))
        return tuple(dict.fromkeys(journey_map.code[key] for key in keys))

    def unseen(self, *asked: Sequence[int]) -> tuple[Sentence, ...]:
        """A warning of what was asked for and no events show, so that its counts are 0 whatever customers do.

        Args:
            *asked: Codes of which any would do.
        """
        journey_map = self.snapshot.journey_map
        if not journey_map.signals:  # that there are none at all is said of every answer
            return ()
        keys = [[self.snapshot.names[code] for code in codes] for codes in asked]
        hidden = {key: None for one in keys if journey_map.shown.isdisjoint(one) for key in one}
        if not hidden:
            return ()
        return (
            sentence(
                "No events show {names}: nobody can be counted there. Say in signals.yaml which events do.",
                names=", ".join(hidden),
            ),
        )

    @cached_property
    def warnings(self) -> tuple[Sentence, ...]:
        """What a reader must know about the selection."""
        now = self.question.where is not None or bool(self.question.persona) or of_customers(self.question.by)
        said = []
        if now:
            said.append(sentence("Traits and personas are as they are now, not as they were when it happened."))
        if self.question.count_by == "account":
            said.append(
                sentence("Accounts are counted, as customers belong to them now; who belongs to none is left out.")
            )
        return tuple(said)

    # The same in SQL.

    @cached_property
    def statement(self) -> Statement:
        """`seen`: the visits that are looked at, with the columns of the view `visits`."""
        conditions = list(self._conditions())
        joined = "\n  AND ".join(conditions)
        where = f"\nWHERE {joined}" if conditions else ""
        return Statement().step("seen", f"SELECT * FROM visits{where}")

    def _conditions(self) -> Iterator[str]:
        question = self.question
        if question.where is not None:
            yield f"customer IN ({self.expressions.selecting(question.where)})"
        if question.persona:
            yield (
                f"customer IN (SELECT customer FROM ({self.expressions.personas()})"
                f" WHERE persona IN {listed(question.persona)})"
            )
        if question.events is not None:
            compiled = self.snapshot.event_expression(question.events, "boolean")
            yield f"position IN (SELECT position FROM events WHERE {inlined(compiled)})"
        if question.channel:
            yield f"channel IN {listed(question.channel)}"
        if question.device:
            device = f"coalesce(device, {literal(NOT_KNOWN)})"
            yield f"position IN (SELECT position FROM events WHERE {device} IN {listed(question.device)})"
        if self.as_of_override is not None:
            yield f"occurred_at <= {moment(self.as_of_override)}"

    def in_period(self, column: str, until: int | None = None) -> str:
        """A condition: the moment in `column` lies in the period, and not after `until` where that is given."""
        low, high = self.bounds
        parts = []
        if low > WHOLE[0]:
            parts.append(f"{column} >= {moment(low)}")
        if high < WHOLE[1]:
            parts.append(f"{column} < {moment(high)}")
        if until is not None:
            parts.append(f"{column} <= {moment(until)}" if until > WHOLE[0] else "FALSE")
        return " AND ".join(parts) or "TRUE"

    def stamped(self, microseconds: int | None) -> datetime | None:
        """A moment since 1970 as a date and time."""
        return None if microseconds is None else from_microseconds(microseconds)

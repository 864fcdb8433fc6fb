"""Questions that can be asked of a map and its events.

A question equals one JSON document, so it can be kept, shared as a link, sent by a program, and recognised when it is
asked again.

    {"kind": "funnel", "map": "shop", "steps": ["product_page", "cart", "purchase?"], "within": "7 days",
     "from": "2026-01-01", "by": "persona"}

"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from resa.analytics.calendar import PERIODS
from resa.analytics.questions.json_text import Step
from resa.analytics.questions.question import Question, period_problems, problem_of
from resa.analytics.questions.retention import RetentionQuestion
from resa.base.errors import QuestionError, did_you_mean
from resa.base.language import Sentence, sentence
from resa.drawing import PROCESS_NUMBERS
from resa.model.quantities import Duration

__all__ = [
    "KINDS",
    "ChannelsQuestion",
    "ConformanceQuestion",
    "CoverageQuestion",
    "ExpectationsQuestion",
    "FrictionQuestion",
    "FunnelQuestion",
    "ImprovementsQuestion",
    "MetricsQuestion",
    "PathsQuestion",
    "PlannedQuestion",
    "ProcessQuestion",
    "RetentionQuestion",
    "StagesQuestion",
    "TouchpointsQuestion",
    "TrackingQuestion",
    "TransitionsQuestion",
    "TrendQuestion",
    "VariantsQuestion",
    "question_from",
]


@dataclass(frozen=True, kw_only=True)
class FunnelQuestion(Question):
    """How many customers go through these steps in this order, and where they stop.

    Attributes:
        steps: In order; see `Step`.
        within: From the first step to the last; `None`: any time.
        optional: Steps, as written, that may be left out; the same as `?` behind them.
        mature: Count only entries that have had all of `within` by the time the data are complete to.
        unless: Touchpoints or stages that may not come between the first step and the last.
        directly: Each step must be the very next visit after the one before.
    """

    kind = "funnel"
    steps: tuple[Step, ...]
    within: Duration | None = None
    optional: tuple[str, ...] = ()
    mature: bool = False
    unless: tuple[str, ...] = ()
    directly: bool = False

    def _problems(self) -> list[tuple[str, Sentence]]:
        found = super()._problems()
        if not self.steps:
            found.append(("steps", sentence("a funnel needs at least one step")))
        if len(self.steps) > MOST_STEPS:
            found.append(("steps", sentence("a funnel has at most {most_steps} steps", most_steps=MOST_STEPS)))
        found += _exact("within", self.within, sentence("a funnel's window"))
        if self.directly and self.unless:
            found.append(("unless", sentence("nothing comes between steps that follow directly; leave out 'unless'")))
        if self.mature and self.within is None:
            found.append(("mature", sentence("a funnel without 'within' never ends, so that no entry is mature")))
        return found


@dataclass(frozen=True, kw_only=True)
class ExpectationsQuestion(Question):
    """What share of expectations and promises were met, how fast, and what was done instead.

    Attributes:
        names: Names of expectations; empty: all of the map.
        kinds: `expectation`, `promise`, or both when empty.
        curve: Also the share that was met by each moment of the window.
    """

    kind = "expectations"
    names: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    curve: bool = False


@dataclass(frozen=True, kw_only=True)
class TransitionsQuestion(Question):
    """Which touchpoint directly follows which: how often, for how many customers, after how long."""

    kind = "transitions"


@dataclass(frozen=True, kw_only=True)
class ProcessQuestion(Question):
    """The process map: touchpoints and what directly follows what, the happy path first, thinned by share.

    Attributes:
        touchpoints: The most visited touchpoints that together hold this share of the visits are kept, 0 to 1.
        arrows: The commonest arrows between these that together hold this share of the transitions are kept, 0 to 1.
        show: Which number the picture's arrows carry: count, customers, median or p90 (times).
    """

    kind = "process"
    touchpoints: float = 1.0
    arrows: float = 0.8
    show: str = "count"

    def _problems(self) -> list[tuple[str, Sentence]]:
        found = super()._problems()
        for name in ("touchpoints", "arrows"):
            if not 0 <= getattr(self, name) <= 1:
                found.append(
                    (
                        name,
                        sentence(
                            "a share lies between 0 % and 100 %, not at {share:g} %",
                            share=getattr(self, name) * 100,
                        ),
                    )
                )
        if self.show not in PROCESS_NUMBERS:
            advice = did_you_mean(self.show, PROCESS_NUMBERS)
            found.append(
                (
                    "show",
                    sentence(
                        "arrows do not carry '{show}'{advice}; use {process_numbers}",
                        show=self.show,
                        advice=advice,
                        process_numbers=", ".join(PROCESS_NUMBERS),
                    ),
                )
            )
        return found


@dataclass(frozen=True, kw_only=True)
class PathsQuestion(Question):
    """The ways from a touchpoint or to it.

    Attributes:
        start: Where the paths start (`start` in JSON): a step; empty: where a session, or the journey, starts.
        end: Where the paths end (`end` in JSON), read backwards. Not both.
        steps: How many touchpoints a path has at most, the start included.
        top: How many paths are listed; the rest is added up as others.
        collapse: A touchpoint repeated at once counts once.
        sessions: A pause of more than this ends a path; `None`: whole journeys.
    """

    kind = "paths"
    start: tuple[str, ...] = ()
    end: tuple[str, ...] = ()
    steps: int = 5
    top: int = 20
    collapse: bool = True
    sessions: Duration | None = None

    def _problems(self) -> list[tuple[str, Sentence]]:
        found = super()._problems()
        if self.start and self.end:
            found.append(
                ("end", sentence("paths have a start or an end, not both; ask a funnel for what lies between"))
            )
        if not 1 <= self.steps <= MOST_STEPS:
            found.append(
                (
                    "steps",
                    sentence(
                        "a path has 1 to {most_steps} steps, not {steps}", most_steps=MOST_STEPS, steps=self.steps
                    ),
                )
            )
        if self.top < 1:
            found.append(("top", sentence("list at least 1 path, not {top}", top=self.top)))
        return found


@dataclass(frozen=True, kw_only=True)
class VariantsQuestion(Question):
    """Whole journeys that are the same sequence of touchpoints.

    Attributes:
        top: How many are listed; the rest is added up as others.
        collapse: A touchpoint repeated at once counts once.
    """

    kind = "variants"
    top: int = 20
    collapse: bool = False

    def _problems(self) -> list[tuple[str, Sentence]]:
        found = super()._problems()
        if self.top < 1:
            found.append(("top", sentence("list at least 1 variant, not {top}", top=self.top)))
        return found


@dataclass(frozen=True, kw_only=True)
class TrendQuestion(Question):
    """One number over time: visits of a touchpoint, or the share of an expectation by when it opened.

    Attributes:
        of: Key of a touchpoint or stage, or name of an expectation.
        every: The calendar period.
    """

    kind = "trend"
    of: str
    every: Literal["day", "week", "month", "quarter"] = "week"

    def _problems(self) -> list[tuple[str, Sentence]]:
        found = super()._problems() + period_problems(self.every)
        if self.by in PERIODS:
            found.append(("by", sentence("a trend is by calendar period already; use 'every'")))
        return found


@dataclass(frozen=True, kw_only=True)
class StagesQuestion(Question):
    """Who is in which stage, how customers move between stages, and how long they stay.

    Attributes:
        every: The calendar period of the part `over_time`.
        quiet_after: Who visits nothing for longer than this is in no stage until the next visit; `None`: stays.
    """

    kind = "stages"
    every: Literal["day", "week", "month", "quarter"] = "week"
    quiet_after: Duration | None = None

    def _problems(self) -> list[tuple[str, Sentence]]:
        found = super()._problems() + period_problems(self.every)
        found += _exact("quiet_after", self.quiet_after, sentence("a pause"))
        return found


@dataclass(frozen=True, kw_only=True)
class ImprovementsQuestion(Question):
    """What became of the expectation that an improvement should move: as long before it was in force as after.

    Attributes:
        names: Keys of improvements; empty: all that say since when, and what they should move.
        days: So many days on each side at most; `None`: as many as the data hold.
    """

    kind = "improvements"
    names: tuple[str, ...] = ()
    days: int | None = None

    def _problems(self) -> list[tuple[str, Sentence]]:
        found = super()._problems()
        if self.by in PERIODS:
            found.append(("by", sentence("improvements compare two times already; ask a trend for more")))
        if self.days is not None and self.days < 1:
            found.append(("days", sentence("compare at least 1 day, not {days}", days=self.days)))
        return found


@dataclass(frozen=True, kw_only=True)
class MetricsQuestion(Question):
    """The metrics that the map names.

    Attributes:
        names: Keys of metrics; empty: all of the map.
    """

    kind = "metrics"
    names: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CoverageQuestion(Question):
    """What of the journey can be seen at all: visits with and without a customer, and what is known of customers."""

    kind = "coverage"

    def _problems(self) -> list[tuple[str, Sentence]]:
        found = super()._problems()
        for name in ("where", "events", "channel", "device", "persona", "by"):
            if getattr(self, name):
                found.append(
                    (
                        name,
                        sentence(
                            "who names no customer is in no group, so that '{name}' cannot be asked for here", name=name
                        ),
                    )
                )
        return found


@dataclass(frozen=True, kw_only=True)
class TrackingQuestion(Question):
    """What the map needs of the events, what came, what is missing since when, and what came that it does not use.

    Attributes:
        top: How many unused events and properties are listed.
    """

    kind = "tracking"
    top: int = 100

    def _problems(self) -> list[tuple[str, Sentence]]:
        found = super()._problems()
        if self.top < 1:
            found.append(("top", sentence("list at least 1, not {top}", top=self.top)))
        for name in ("where", "events", "channel", "device", "persona", "by"):
            if getattr(self, name):
                found.append((name, sentence("tracking looks at all events; leave '{name}' out", name=name)))
        return found


@dataclass(frozen=True, kw_only=True)
class ChannelsQuestion(Question):
    """Which channels or devices are used, which together, and how customers switch between them.

    Attributes:
        of: `channel` or `device`.
        within: A switch counts if the next visit comes not later than this; `None`: at any time.
    """

    kind = "channels"
    of: str = "channel"
    within: Duration | None = None

    def _problems(self) -> list[tuple[str, Sentence]]:
        found = super()._problems()
        if self.of not in {"channel", "device"}:
            found.append(("of", sentence("'{of}' is neither channel nor device", of=self.of)))
        found += _exact("within", self.within, sentence("a time between visits"))
        return found


@dataclass(frozen=True, kw_only=True)
class FrictionQuestion(Question):
    """Where customers leave off, wait, turn back, repeat, or need our staff, more than is to be expected.

    Attributes:
        within: Who has visited nothing for longer than this has left off; `None`: for longer than 7 days.
        limit: How many places are listed.
    """

    kind = "friction"
    within: Duration | None = None
    limit: int = 10

    @property
    def patience(self) -> Duration:
        """How long customers may take to go on."""
        return self.within or _WEEK

    def _problems(self) -> list[tuple[str, Sentence]]:
        found = super()._problems()
        found += _exact("within", self.within, sentence("a time between visits"))
        if not 1 <= self.limit <= MOST_PLACES:
            found.append(
                (
                    "limit",
                    sentence(
                        "1 to {most_places} places can be listed, not {limit}",
                        most_places=MOST_PLACES,
                        limit=self.limit,
                    ),
                )
            )
        return found


@dataclass(frozen=True, kw_only=True)
class PlannedQuestion(Question):
    """How far customers follow the path planned for a persona, where they leave it, and to where.

    Attributes:
        plans: Keys of personas whose planned path is walked; empty: all that have one.
    """

    kind = "planned"
    plans: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ConformanceQuestion(Question):
    """How well journeys fit the path planned for a persona, and by which moves they part from it.

    Attributes:
        plans: Keys of personas whose planned path they are held against; empty: all that have one.
        collapse: A touchpoint repeated at once counts once.
        top: How many of the commonest journeys are listed, with their moves.
    """

    kind = "conformance"
    plans: tuple[str, ...] = ()
    collapse: bool = True
    top: int = 20

    def _problems(self) -> list[tuple[str, Sentence]]:
        found = super()._problems()
        if self.top < 1:
            found.append(("top", sentence("list at least 1 variant, not {top}", top=self.top)))
        return found


@dataclass(frozen=True, kw_only=True)
class TouchpointsQuestion(Question):
    """How often each touchpoint is visited, by how many customers, how soon they go on, and how it is felt."""

    kind = "touchpoints"


MOST_STEPS = 32
"""Steps in a funnel or a path at most."""


def _exact(name: str, span: Duration | None, what: Sentence) -> list[tuple[str, Sentence]]:
    """Refuse working days where time is counted by the clock."""
    if span is None or not span.working:
        return []
    return [(name, sentence("{what} is exact; write '{amount} days'", what=what, amount=span.amount))]


_WEEK: Final = Duration(7, "day")

MOST_PLACES = 100
"""Places of friction that are listed at most."""

KINDS: dict[str, type[Question]] = {
    question.kind: question
    for question in (
        FunnelQuestion,
        ExpectationsQuestion,
        TransitionsQuestion,
        ProcessQuestion,
        PathsQuestion,
        VariantsQuestion,
        TrendQuestion,
        RetentionQuestion,
        StagesQuestion,
        ImprovementsQuestion,
        ChannelsQuestion,
        CoverageQuestion,
        TrackingQuestion,
        MetricsQuestion,
        FrictionQuestion,
        PlannedQuestion,
        ConformanceQuestion,
        TouchpointsQuestion,
    )
}
"""Every kind of question by its name in JSON."""


def question_from(document: Mapping[str, Any]) -> Question:
    """The question that a JSON document states.

    Raises:
        QuestionError: It is of no known kind, or wrong in itself.
    """
    kind = document.get("kind")
    if kind not in KINDS:
        raise QuestionError(
            problem_of(
                "kind",
                sentence(
                    "'{kind}' is no kind of question{suggestion}", kind=kind, suggestion=did_you_mean(str(kind), KINDS)
                ),
            )
        )
    return KINDS[kind].from_document(document)

"""Questions that can be asked of a map and its events.

A question equals one JSON document, so it can be kept, shared as a link, sent by a program, and recognised when it is
asked again.

    {"kind": "funnel", "map": "shop", "steps": ["product_page", "cart", "purchase?"], "within": "7 days",
     "from": "2026-01-01", "by": "persona"}

"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from datetime import MAXYEAR, MINYEAR, date, datetime
from typing import Any, ClassVar, Literal, Self

from resa.analytics.calendar import PERIODS
from resa.analytics.questions.json_text import READERS, Step, read_text, to_json
from resa.base.errors import Problem, QuestionError, did_you_mean
from resa.model.quantities import Duration

__all__ = [
    "KINDS",
    "ChannelsQuestion",
    "ConformanceQuestion",
    "ExpectationsQuestion",
    "FunnelQuestion",
    "ImprovementsQuestion",
    "PathsQuestion",
    "PlannedQuestion",
    "Question",
    "RetentionQuestion",
    "StagesQuestion",
    "Step",
    "TouchpointsQuestion",
    "TransitionsQuestion",
    "TrendQuestion",
    "VariantsQuestion",
    "of_customers",
    "question_from",
]

_JSON_NAMES = {"since": "from", "map_key": "map"}


@dataclass(frozen=True, kw_only=True)
class Question:
    """What all questions share.

    Attributes:
        map_key: Key of the map (`map` in JSON).
        where: Expression over a customer; only customers for whom it holds are counted. It is judged as of now.
        events: Expression over an event; events for which it does not hold are left out, as if they had not happened.
        since: First day, in the map's zone, or moment at which what is counted may start (`from` in JSON).
        until: Last day, included, or moment, excluded.
        channel: Only events of one of these channels.
        device: Only events of one of these devices.
        persona: Only customers of one of these personas.
        by: What to group by: persona, channel, device, `traits.x`, `properties.x`, day, week, month or quarter.
        as_of: Up to when the data are complete; `None`: as the sources say.
    """

    kind: ClassVar[str]
    map_key: str
    where: str | None = None
    events: str | None = None
    since: date | datetime | None = None
    until: date | datetime | None = None
    channel: tuple[str, ...] = ()
    device: tuple[str, ...] = ()
    persona: tuple[str, ...] = ()
    by: str | None = None
    as_of: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse what no map and no data could answer."""
        problems = list(self._problems())
        if problems:
            raise QuestionError(Problem(message=text, field=name, code="bad-question") for name, text in problems)

    def _problems(self) -> list[tuple[str, str]]:
        found = []
        if self.by is not None and self.by not in GROUPS and not self.by.startswith(("traits.", "properties.")):
            advice = did_you_mean(self.by, GROUPS) or f"; use {', '.join(GROUPS)}, traits.… or properties.…"
            found.append(("by", f"cannot group by '{self.by}'{advice}"))
        for name in ("since", "until", "as_of"):
            moment, key = getattr(self, name), _JSON_NAMES.get(name, name)
            if moment is None:
                continue
            if not MINYEAR < moment.year < MAXYEAR:  # the calendar ends within a day or a time zone of these
                found.append((key, f"{moment.isoformat()} is too far away; leave '{key}' out for no such end"))
            elif isinstance(moment, datetime) and moment.tzinfo is None:
                found.append((key, f"{moment.isoformat()} has no time zone; add one, or give a day"))
        return found

    @property
    def document(self) -> dict[str, Any]:
        """The question as JSON; what is left at its default is left out."""
        content: dict[str, Any] = {"kind": self.kind}
        for item in fields(self):
            value = getattr(self, item.name)
            default = item.default_factory() if item.default_factory is not MISSING else item.default
            if value != default:
                content[_JSON_NAMES.get(item.name, item.name)] = to_json(value)
        return content

    @property
    def hash(self) -> str:
        """32 hex digits that stand for this very question."""
        text = json.dumps(self.document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read what `document` gives.

        Raises:
            QuestionError: A key is unknown or missing, or a value cannot be read; all problems at once.
        """
        known = {_JSON_NAMES.get(item.name, item.name): item for item in fields(cls)}
        problems: list[Problem] = []
        values: dict[str, Any] = {}
        for key, value in document.items():
            if key == "kind":
                continue
            if key not in known:
                problems.append(
                    _problem(key, f"'{key}' is not part of a {cls.kind} question{did_you_mean(key, known)}")
                )
                continue
            try:
                values[known[key].name] = READERS.get(known[key].name, read_text)(value)
            except (ValueError, TypeError) as error:
                problems.append(_problem(key, str(error)))
        for key, item in known.items():
            required = item.default is MISSING and item.default_factory is MISSING
            if required and key not in document:
                problems.append(_problem(key, f"a {cls.kind} question needs '{key}'"))
        if problems:
            raise QuestionError(problems)
        return cls(**values)


@dataclass(frozen=True, kw_only=True)
class FunnelQuestion(Question):
    """How many customers go through these steps in this order, and where they stop.

    Attributes:
        steps: In order; see `Step`.
        within: From the first step to the last; `None`: any time.
        optional: Steps, as written, that may be left out; the same as `?` behind them.
        mature: Count only entries that have had all of `within` by the time the data are complete to.
    """

    kind = "funnel"
    steps: tuple[Step, ...]
    within: Duration | None = None
    optional: tuple[str, ...] = ()
    mature: bool = False

    def _problems(self) -> list[tuple[str, str]]:
        found = super()._problems()
        if not self.steps:
            found.append(("steps", "a funnel needs at least one step"))
        if len(self.steps) > MOST_STEPS:
            found.append(("steps", f"a funnel has at most {MOST_STEPS} steps"))
        if self.within is not None and self.within.working:
            found.append(("within", f"a funnel's window is exact; write '{self.within.amount} days'"))
        if self.mature and self.within is None:
            found.append(("mature", "a funnel without 'within' never ends, so that no entry is mature"))
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

    def _problems(self) -> list[tuple[str, str]]:
        found = super()._problems()
        if self.start and self.end:
            found.append(("end", "paths have a start or an end, not both; ask a funnel for what lies between"))
        if not 1 <= self.steps <= MOST_STEPS:
            found.append(("steps", f"a path has 1 to {MOST_STEPS} steps, not {self.steps}"))
        if self.top < 1:
            found.append(("top", f"list at least 1 path, not {self.top}"))
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

    def _problems(self) -> list[tuple[str, str]]:
        found = super()._problems()
        if self.top < 1:
            found.append(("top", f"list at least 1 variant, not {self.top}"))
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

    def _problems(self) -> list[tuple[str, str]]:
        found = super()._problems()
        if self.every not in PERIODS:
            found.append(("every", f"'{self.every}' is no calendar period; use {', '.join(PERIODS)}"))
        if self.by in PERIODS:
            found.append(("by", "a trend is by calendar period already; use 'every'"))
        return found


@dataclass(frozen=True, kw_only=True)
class RetentionQuestion(Question):
    """Of the customers who started in one calendar period, how many came back in each later one.

    Attributes:
        start: Touchpoints or stages, the first of which starts a customer; empty: any touchpoint.
        returns: Those that count as coming back; empty: any.
        every: The calendar period.
        periods: How many periods after that of the start are listed; 0 is that of the start itself.
        rolling: Who came back later still counts as having come back in every period before, too.
        brackets: Periods that count as one: `0`, `1-3`, `4+`; instead of `periods`.
    """

    kind = "retention"
    start: tuple[str, ...] = ()
    returns: tuple[str, ...] = ()
    every: Literal["day", "week", "month", "quarter"] = "week"
    periods: int = 12
    rolling: bool = False
    brackets: tuple[str, ...] = ()

    @property
    def ranges(self) -> tuple[tuple[int, int | None], ...]:
        """First and last period after the start of what is counted as one; `None`: all up to now."""
        if not self.brackets:
            return tuple((period, None if self.rolling else period) for period in range(self.periods + 1))
        pairs = [bracket.removesuffix("+").partition("-") for bracket in self.brackets]
        return tuple(
            (int(first), None if bracket.endswith("+") else int(last or first))
            for bracket, (first, _, last) in zip(self.brackets, pairs, strict=True)
        )

    @property
    def range_names(self) -> tuple[str, ...]:
        """The ranges as they are written: 3, 1-3, 4+."""
        return self.brackets or tuple(f"{period}{'+' if self.rolling else ''}" for period in range(self.periods + 1))

    def _problems(self) -> list[tuple[str, str]]:
        found = super()._problems()
        if self.every not in PERIODS:
            found.append(("every", f"'{self.every}' is no calendar period; use {', '.join(PERIODS)}"))
        if self.by in PERIODS:
            found.append(("by", "cohorts are calendar periods already; use 'every'"))
        if not 0 <= self.periods <= MOST_PERIODS:
            found.append(("periods", f"0 to {MOST_PERIODS} periods can be listed, not {self.periods}"))
        if self.brackets and self.rolling:
            found.append(("rolling", "brackets say themselves what counts as one; leave out 'rolling'"))
        found += [
            ("brackets", f"'{bracket}' is no bracket; write 3, 1-3 or 4+")
            for bracket in self.brackets
            if re.fullmatch(r"\d{1,3}(-\d{1,3}|\+)?", bracket) is None
        ]
        if not any(field == "brackets" for field, _ in found):
            found += self._bracket_problems()
        return found

    def _bracket_problems(self) -> Iterator[tuple[str, str]]:
        """Ranges that go backwards, overlap or reach too far."""
        end: int | None = -1
        for bracket, (first, last) in zip(self.brackets, self.ranges, strict=False):
            if end is None or first <= end or (last is not None and last < first):
                yield (
                    "brackets",
                    f"'{bracket}' does not lie behind the bracket before it; write them in order: 0, 1-3, 4+",
                )
                return
            if max(first, last or 0) > MOST_PERIODS:
                yield "brackets", f"'{bracket}' reaches too far; the last period can be {MOST_PERIODS}"
                return
            end = last


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

    def _problems(self) -> list[tuple[str, str]]:
        found = super()._problems()
        if self.every not in PERIODS:
            found.append(("every", f"'{self.every}' is no calendar period; use {', '.join(PERIODS)}"))
        if self.quiet_after is not None and self.quiet_after.working:
            found.append(("quiet_after", f"a pause is exact; write '{self.quiet_after.amount} days'"))
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

    def _problems(self) -> list[tuple[str, str]]:
        found = super()._problems()
        if self.by in PERIODS:
            found.append(("by", "improvements compare two times already; ask a trend for more"))
        if self.days is not None and self.days < 1:
            found.append(("days", f"compare at least 1 day, not {self.days}"))
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

    def _problems(self) -> list[tuple[str, str]]:
        found = super()._problems()
        if self.of not in {"channel", "device"}:
            found.append(("of", f"'{self.of}' is neither channel nor device"))
        if self.within is not None and self.within.working:
            found.append(("within", f"a time between visits is exact; write '{self.within.amount} days'"))
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
    """

    kind = "conformance"
    plans: tuple[str, ...] = ()
    collapse: bool = True


GROUPS = ("persona", "channel", "device", *PERIODS)
"""What can be grouped by, besides `traits.x` and `properties.x`."""


@dataclass(frozen=True, kw_only=True)
class TouchpointsQuestion(Question):
    """How often each touchpoint is visited, by how many customers, how soon they go on, and how it is felt."""

    kind = "touchpoints"


def of_customers(by: str | None) -> bool:
    """Whether a group-by puts every event of a customer into the same group."""
    return by is not None and (by == "persona" or by.startswith("traits."))


MOST_STEPS = 32
"""Steps in a funnel or a path at most."""

MOST_PERIODS = 120
"""Calendar periods after the start that retention lists at most."""

KINDS: dict[str, type[Question]] = {
    question.kind: question
    for question in (
        FunnelQuestion,
        ExpectationsQuestion,
        TransitionsQuestion,
        PathsQuestion,
        VariantsQuestion,
        TrendQuestion,
        RetentionQuestion,
        StagesQuestion,
        ImprovementsQuestion,
        ChannelsQuestion,
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
        raise QuestionError(_problem("kind", f"'{kind}' is no kind of question{did_you_mean(str(kind), KINDS)}"))
    return KINDS[kind].from_document(document)


def _problem(key: str, message: str) -> Problem:
    return Problem(message=message, field=key, code="bad-question")

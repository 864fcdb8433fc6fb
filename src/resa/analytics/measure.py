"""The door to measuring: one method a kind of question, and `ask` for a question given as such or as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Lock
from types import MappingProxyType
from typing import Any, Final

import pyarrow as pa

from resa.analytics.answers.channels import answer_channels
from resa.analytics.answers.compared import compared
from resa.analytics.answers.conformance import answer_conformance
from resa.analytics.answers.coverage import answer_coverage
from resa.analytics.answers.expectations import answer_expectations
from resa.analytics.answers.funnel import answer_funnel
from resa.analytics.answers.improvements import answer_improvements
from resa.analytics.answers.metrics import answer_metrics
from resa.analytics.answers.paths import answer_paths, answer_variants
from resa.analytics.answers.planned import answer_planned
from resa.analytics.answers.process import answer_process
from resa.analytics.answers.retention import answer_retention
from resa.analytics.answers.stages import answer_stages
from resa.analytics.answers.touchpoints import answer_touchpoints
from resa.analytics.answers.tracking import answer_tracking
from resa.analytics.answers.transitions import answer_transitions
from resa.analytics.answers.trend import answer_trend
from resa.analytics.exporting import Exported, export_views
from resa.analytics.findings.arrows import find
from resa.analytics.findings.found import Findings
from resa.analytics.findings.friction import answer_friction
from resa.analytics.questions.kinds import KINDS, ExpectationsQuestion, question_from
from resa.analytics.questions.question import Question
from resa.analytics.results.answer import Answer
from resa.analytics.results.kept import bare, clothed
from resa.analytics.results.noted import noted
from resa.analytics.results.result import Result
from resa.analytics.scope.accounts import accounts_of
from resa.analytics.scope.selection import Selection
from resa.analytics.scope.snapshot import EventStore, Snapshot
from resa.analytics.views import with_views
from resa.base.clock import Clock, system_clock, to_microseconds
from resa.base.errors import QuestionError, did_you_mean
from resa.base.language import Sentence, sentence
from resa.base.once import Once
from resa.base.wanted import check_wanted
from resa.model.journey import JourneyMap
from resa.model.quantities import Duration
from resa.model.writing import DayNote

__all__ = ["Measure"]

_ANSWERERS: Final[Mapping[str, Callable[[Any, Selection], Answer]]] = {
    "funnel": answer_funnel,
    "expectations": answer_expectations,
    "transitions": answer_transitions,
    "process": answer_process,
    "paths": answer_paths,
    "variants": answer_variants,
    "trend": answer_trend,
    "retention": answer_retention,
    "stages": answer_stages,
    "improvements": answer_improvements,
    "channels": answer_channels,
    "coverage": answer_coverage,
    "tracking": answer_tracking,
    "metrics": answer_metrics,
    "friction": answer_friction,
    "planned": answer_planned,
    "conformance": answer_conformance,
    "touchpoints": answer_touchpoints,
}

_KEPT_ANSWERS: Final = 64
_KEPT_WHOLE: Final = 4
"""So many are kept with all that they were counted from, which may be hundreds of megabytes each."""


class Measure:
    """Questions to a workspace's maps and events.

    Answers are kept by question until a new generation is published or the map changes. Several threads may ask at
    once; who asks what is being worked out waits for that.

    Args:
        store: Where the events are.
        maps: The maps, by key.
        default: Key of the map that questions mean when they name none; default: the only map.
        clock: What time it is, for `computed_at`.
        currencies: Of sources that name one, by name of the source.

    Attributes:
        notes: What every answer has to say from now on, such as that newer events wait.
        day_notes: Gives what happened on which days; asked for answers over calendar time.
        at_least: The generation that is asked, or a newer one that is at hand; `None`: the newest.

    All methods take, beside their own arguments, what every question takes (`Question`): where, events, since, until,
    channel, device, persona, by, compare, count_by, as_of; and `map`, the key of the map.
    """

    def __init__(
        self,
        store: EventStore,
        maps: Mapping[str, JourneyMap],
        *,
        default: str | None = None,
        clock: Clock = system_clock,
        currencies: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._store = store
        self._maps = dict(maps)
        self._default = default or (next(iter(self._maps)) if len(self._maps) == 1 else None)
        self._clock = clock
        self._currencies = dict(currencies)
        self.notes: tuple[Sentence, ...] = ()
        self.day_notes: Callable[[], Sequence[DayNote]] = tuple
        self.at_least: int | None = None
        self._snapshots: dict[tuple[str, str], Snapshot] = {}
        self._answers: Once[str, Result] = Once(_KEPT_ANSWERS)
        self._whole: Once[str, Result] = Once(_KEPT_WHOLE)
        self._lock = Lock()

    def __repr__(self) -> str:
        """A line for a prompt: what can be asked, and of which maps."""
        return f"<measure of {', '.join(sorted(self._maps)) or 'no map'}: {', '.join(KINDS)}>"

    def funnel(
        self,
        steps: Sequence[str | Sequence[str]] | str,
        *,
        within: str | Duration | None = None,
        optional: Sequence[str] = (),
        mature: bool = False,
        unless: Sequence[str] | str = (),
        directly: bool = False,
        **common: Any,
    ) -> Result:
        """How many customers go through these steps in this order, and where they stop; see `FunnelQuestion`."""
        return self._ask(
            "funnel",
            common,
            steps=[steps] if isinstance(steps, str) else list(steps),
            within=within,
            optional=optional,
            mature=mature,
            unless=unless,
            directly=directly,
        )

    def expectations(
        self, names: Sequence[str] | str = (), *, kinds: Sequence[str] | str = (), curve: bool = False, **common: Any
    ) -> Result:
        """What share of expectations and promises were met; see `ExpectationsQuestion`."""
        return self._ask("expectations", common, names=names, kinds=kinds, curve=curve)

    def transitions(self, **common: Any) -> Result:
        """Which touchpoint directly follows which; see `TransitionsQuestion`."""
        return self._ask("transitions", common)

    def process(
        self, *, touchpoints: str | float = 1.0, arrows: str | float = 0.8, show: str = "count", **common: Any
    ) -> Result:
        """The process map, thinned to shares such as `"80 %"`, the happy path first; see `ProcessQuestion`."""
        return self._ask("process", common, touchpoints=touchpoints, arrows=arrows, show=show)

    def paths(
        self,
        *,
        start: str | Sequence[str] | None = None,
        end: str | Sequence[str] | None = None,
        steps: int = 5,
        top: int = 20,
        collapse: bool = True,
        sessions: str | Duration | None = None,
        **common: Any,
    ) -> Result:
        """The ways from a touchpoint or to it; see `PathsQuestion`."""
        own = {"start": start, "end": end, "steps": steps, "top": top, "collapse": collapse, "sessions": sessions}
        return self._ask("paths", common, **own)

    def variants(self, *, top: int = 20, collapse: bool = False, **common: Any) -> Result:
        """Whole journeys that are the same sequence of touchpoints; see `VariantsQuestion`."""
        return self._ask("variants", common, top=top, collapse=collapse)

    def trend(self, of: str, *, every: str = "week", **common: Any) -> Result:
        """Visits of a touchpoint or the share of an expectation over time; see `TrendQuestion`."""
        return self._ask("trend", common, of=of, every=every)

    def retention(
        self,
        *,
        start: str | Sequence[str] | None = None,
        returns: str | Sequence[str] | None = None,
        every: str = "week",
        periods: int = 12,
        rolling: bool = False,
        brackets: Sequence[str] = (),
        **common: Any,
    ) -> Result:
        """How many of those who started in one calendar period came back later; see `RetentionQuestion`."""
        own = {"start": start, "returns": returns, "every": every, "periods": periods}
        return self._ask("retention", common, **own, rolling=rolling, brackets=brackets)

    def stages(self, *, every: str = "week", quiet_after: str | Duration | None = None, **common: Any) -> Result:
        """Who is in which stage, how they move, how long they stay; see `StagesQuestion`."""
        return self._ask("stages", common, every=every, quiet_after=quiet_after)

    def improvements(self, names: Sequence[str] | str = (), *, days: int | None = None, **common: Any) -> Result:
        """What became of what each improvement should move, before and after; see `ImprovementsQuestion`."""
        return self._ask("improvements", common, names=names, days=days)

    def channels(self, of: str = "channel", *, within: str | Duration | None = None, **common: Any) -> Result:
        """Which channels or devices are used, together and after one another; see `ChannelsQuestion`."""
        return self._ask("channels", common, of=of, within=within)

    def coverage(self, **common: Any) -> Result:
        """What of the journey can be seen at all; see `CoverageQuestion`."""
        return self._ask("coverage", common)

    def tracking(self, *, top: int = 100, **common: Any) -> Result:
        """What the map needs of the events, what came, and what came that it does not use; see `TrackingQuestion`."""
        return self._ask("tracking", common, top=top)

    def metrics(self, names: Sequence[str] | str = (), **common: Any) -> Result:
        """The metrics that the map names; see `MetricsQuestion`."""
        return self._ask("metrics", common, names=names)

    def friction(self, *, within: str | Duration | None = None, limit: int = 10, **common: Any) -> Result:
        """Where customers leave off, wait, turn back, repeat or need our staff; see `FrictionQuestion`."""
        return self._ask("friction", common, within=within, limit=limit)

    def planned(self, plans: str | Sequence[str] = (), **common: Any) -> Result:
        """How far customers follow the paths planned for personas; see `PlannedQuestion`."""
        return self._ask("planned", common, plans=plans)

    def conformance(
        self, plans: str | Sequence[str] = (), *, collapse: bool = True, top: int = 20, **common: Any
    ) -> Result:
        """How well journeys fit planned paths, and where they part from them; see `ConformanceQuestion`."""
        return self._ask("conformance", common, plans=plans, collapse=collapse, top=top)

    def touchpoints(self, **common: Any) -> Result:
        """How often each touchpoint is visited, by how many, and how it is felt; see `TouchpointsQuestion`."""
        return self._ask("touchpoints", common)

    def ask(self, question: Question | Mapping[str, Any]) -> Result:
        """Answer a question.

        Raises:
            QuestionError: The question is wrong in itself, or the map or the data cannot answer it.
        """
        return self.asked(question)[0]

    def asked(self, question: Question | Mapping[str, Any]) -> tuple[Result, Snapshot]:
        """The answer to a question, and the events in the generation in which its customers have their numbers.

        Raises:
            QuestionError: As of `ask`.
        """
        if not isinstance(question, Question):
            question = question_from(question)
        snapshot = self.snapshot(question.map_key, question.count_by)
        stamp = (snapshot.index.generation, snapshot.journey_map.hash, self.notes)

        def whole() -> Result:
            return self._whole.get(question.hash, stamp, lambda: self._answer(question, snapshot))

        answer = self._answers.get(question.hash, stamp, lambda: bare(whole()))
        return noted(clothed(answer, whole, snapshot.index.identifiers), self.day_notes), snapshot

    def _answer(self, question: Question, snapshot: Snapshot) -> Result:
        check_wanted()
        selection = Selection(snapshot, question)
        answer = _ANSWERERS[question.kind](question, selection)
        if question.compare:
            answer = compared(question, answer)
        return self._stamped(question, selection, answer)

    def findings(self, *, limit: int = 5, **common: Any) -> Findings:
        """The places furthest below target, or unusual, or below their own history; see `resa.analytics.Findings`."""
        document = self._document("expectations", common)
        question = ExpectationsQuestion.from_document(document)
        return find(Selection(self.snapshot(question.map_key, question.count_by), question), limit=limit)

    def sql(
        self,
        sql: str,
        *,
        map: str | None = None,  # noqa: A002  # the user's word
        as_of: Any = None,
        seconds: float | None = None,
        count_by: str = "customer",
    ) -> pa.Table:
        """Run one SELECT over the views of a map, such as `visits` and `outcomes` (see `VIEWS`).

        Args:
            sql: One SELECT statement.
            map: Key of the map; default: the only map.
            as_of: Overrides up to when the data are complete (a moment).
            seconds: How long it may run.
            count_by: `customer`, or `account`: then `customer` is an account in all views.
        """
        asked = KINDS["expectations"].from_document({"map": self._map_key(map), "as_of": as_of, "count_by": count_by})
        snapshot, moment = self.snapshot(asked.map_key, count_by), asked.as_of
        return with_views(snapshot, sql, as_of=None if moment is None else to_microseconds(moment), seconds=seconds)

    def export(self, folder: Path | str, *, map: str | None = None, as_of: Any = None) -> Exported:  # noqa: A002
        """Write the views of a map as Parquet files, for what reads them without Resa; see `export_views`.

        Args:
            folder: Where to; it may be new. The rows are personal data.
            map: Key of the map; default: the only map.
            as_of: Overrides up to when the data are complete (a moment).

        Raises:
            InputError: The folder holds files that are no export.
        """
        asked = KINDS["expectations"].from_document({"map": self._map_key(map), "as_of": as_of})
        moment = None if asked.as_of is None else to_microseconds(asked.as_of)
        return export_views(self.snapshot(asked.map_key), Path(folder), now=self._clock(), as_of=moment)

    def snapshot(self, map_key: str | None = None, count_by: str = "customer") -> Snapshot:
        """A map's events at the newest generation, by customer or by account.

        Raises:
            QuestionError: There is no such map, its events have not been indexed, or it says nothing of accounts.
        """
        key = self._map_key(map_key)
        below = None if count_by == "customer" else self.snapshot(key)
        with self._lock:
            held = self._snapshots.get((key, count_by))
            if held is None or not self._is_new_enough(held.index.generation):
                if below is None:
                    held = Snapshot(self._store, self._store.index(), self._maps[key], self._currencies)
                else:
                    held = accounts_of(below, self._currencies)
                self._snapshots[key, count_by] = held
            return held

    def _is_new_enough(self, generation: int) -> bool:
        return generation == self._store.generation if self.at_least is None else generation >= self.at_least

    def _map_key(self, key: str | None) -> str:
        chosen = key or self._default
        if not self._maps:
            raise QuestionError(
                sentence("there is no valid map to ask about; `resa map check` says what is wrong with the files")
            )
        if chosen is None:
            raise QuestionError(
                sentence("there are several maps; name one of: {maps}", maps=", ".join(sorted(self._maps)))
            )
        if chosen not in self._maps:
            raise QuestionError(
                sentence(
                    "there is no map '{chosen}'{suggestion}", chosen=chosen, suggestion=did_you_mean(chosen, self._maps)
                )
            )
        return chosen

    def _ask(self, kind: str, common: Mapping[str, Any], **own: Any) -> Result:
        return self.ask(KINDS[kind].from_document(self._document(kind, common, **own)))

    def _document(self, kind: str, common: Mapping[str, Any], **own: Any) -> dict[str, Any]:
        document = {key: value for key, value in {**common, **own}.items() if value is not None}
        document["map"] = self._map_key(document.get("map"))
        if "since" in document:
            document["from"] = document.pop("since")
        return {"kind": kind, **document}

    def _stamped(self, question: Question, selection: Selection, answer: Answer) -> Result:
        snapshot = selection.snapshot
        return Result(
            question=question,
            parts=answer.parts,
            as_of=selection.stamped(selection.as_of),
            generation=snapshot.index.generation,
            n=answer.n,
            others=answer.others,
            warnings=(*self.notes, *_what_is_missing(snapshot), *selection.warnings, *answer.warnings),
            definition=snapshot.journey_map.hash,
            computed_at=self._clock(),
            identify=snapshot.index.identifiers,
            journey_map=snapshot.journey_map,
        )


def _what_is_missing(snapshot: Snapshot) -> tuple[Sentence, ...]:
    """Why nothing at all can have been counted, and what to do about it."""
    if snapshot.index.as_of.overall is None:
        return (sentence("Nothing is collected yet; read a file of events first: resa collect FILE"),)
    if not snapshot.journey_map.signals and not snapshot.column.touchpoints.any():
        return (
            sentence(
                "No signal says which events show which touchpoint, so nothing was counted; write them in "
                "signals.yaml, a line for each touchpoint, such as  cart: {{event: cart}}"
            ),
        )
    return ()

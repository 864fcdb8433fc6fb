"""Advice from the craft: what a map may say, and should not leave like that."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

from resa.base.errors import ExpressionError, InputError, Problem, did_you_mean
from resa.base.language import Sentence, said_by, sentence
from resa.base.pictures import read_picture
from resa.documents import Written
from resa.expressions import Scope, compile_expression
from resa.journey_map.loading import Loaded
from resa.journey_map.references import Place
from resa.model.currencies import foreign_currencies
from resa.model.journey import JourneyMap, PainPoint, Signal

__all__ = ["DataSeen", "lint"]


@dataclass(frozen=True)
class DataSeen:
    """What stored data show of a map.

    Attributes:
        matched: Touchpoints that some event is; `None`: not known of this version of the map, or there are no events.
        answered: Touchpoints that feedback names.
    """

    matched: Collection[str] | None
    answered: Collection[str]


@dataclass(frozen=True)
class _Question:
    """A map with what is known around it."""

    map: JourneyMap
    places: Mapping[Place, Written]
    data: DataSeen | None
    today: date
    loaded: Loaded
    currencies: Mapping[str, str]
    topics: Collection[str] | None

    def advice(self, place: Place, code: str, message: Sentence) -> Problem:
        """A warning where a thing stands; at the top of the file if it is not known where."""
        at = self.places.get(place)
        if at is not None:
            return at.problem(message, code=code, severity="warning")
        return Problem(message=message, file=self.map.file, line=1, column=1, severity="warning", code=code)


def lint(
    journey_map: JourneyMap,
    loaded: Loaded,
    *,
    today: date,
    data: DataSeen | None = None,
    currencies: Mapping[str, str] = MappingProxyType({}),
    topics: Collection[str] | None = None,
) -> tuple[Problem, ...]:
    """What a practitioner would say about a map that is formally right.

    Args:
        journey_map: The map.
        loaded: What it was loaded with, which knows where things stand.
        today: The day, for reviews.
        data: What stored data show of the map; without them nothing is said of that.
        currencies: Of sources that name one, by name of the source.
        topics: That customers are asked for, as `consent.yaml` says; `None`: it is not known.

    Returns:
        Warnings, by line.
    """
    places = loaded.places.get(journey_map.key, {})
    question = _Question(journey_map, places, data, today, loaded, currencies, topics)
    found = [problem for rule in _RULES for problem in rule(question)]
    return tuple(sorted(found, key=lambda problem: (problem.file or "", problem.line or 0, problem.column or 0)))


def _empty_stages(question: _Question) -> Iterator[Problem]:
    if not question.map.touchpoints:
        return  # a map may stop after the stages
    for stage in question.map.stages:
        if not stage.touchpoints:
            yield question.advice(
                ("stage", stage.key), "empty-stage", sentence("stage '{stage}' has no touchpoints yet", stage=stage.key)
            )


def _led_to(journey_map: JourneyMap) -> set[str]:
    """Touchpoints that an arrow or a persona's path leads to from another one."""
    led = {key for arrow in journey_map.expectations for key in arrow.next if key != arrow.after}
    for persona in journey_map.personas:
        led |= set(persona.path[1:])
    return led


def _nothing_leads(question: _Question) -> Iterator[Problem]:
    led = _led_to(question.map)
    first = next((stage.key for stage in question.map.stages if stage.touchpoints), None)
    if not led:
        return  # no arrows are drawn yet
    for stage in question.map.stages:
        if stage.key == first or not stage.touchpoints:
            continue
        missing = [key for key in stage.touchpoints if key not in led]
        if len(missing) == len(stage.touchpoints):
            message = sentence(
                "nothing leads to stage '{stage}'; draw an arrow (expect:) to one of its touchpoints", stage=stage.key
            )
            yield question.advice(("stage", stage.key), "unreached-stage", message)
            continue
        for key in missing:
            message = sentence(
                "nothing leads to touchpoint '{key}'; no arrow and no persona's path comes here", key=key
            )
            yield question.advice(("touchpoint", key), "unreached-touchpoint", message)


def _arrows_without(question: _Question) -> Iterator[Problem]:
    for arrow in question.map.expectations:
        place = ("arrow", arrow.name)
        if not (arrow.owner or question.map.touchpoint[arrow.after].owner):
            message = sentence(
                "nobody answers for the arrow '{arrow}'; add owner: to it or to '{after}'",
                arrow=arrow.name,
                after=arrow.after,
            )
            yield question.advice(place, "no-owner", message)
        if arrow.target is None:
            message = sentence(
                "the arrow '{arrow}' has no target; say how many should, such as target: 45 %", arrow=arrow.name
            )
            yield question.advice(place, "no-target", message)


def _pain_nobody_acts_on(question: _Question) -> Iterator[Problem]:
    states = {improvement.key: improvement.state for improvement in question.map.improvements}
    for touchpoint in question.map.touchpoints:
        groups: list[tuple[tuple[str, ...], tuple[PainPoint, ...]]] = [((touchpoint.key,), touchpoint.pain_points)]
        groups += [((touchpoint.key, other.persona), other.pain_points) for other in touchpoint.differences]
        for place, pains in groups:
            for number, pain in enumerate(pains):
                if pain.improvement and states.get(pain.improvement) != "dropped":
                    continue
                why = (
                    sentence("its improvement was dropped") if pain.improvement else sentence("it names no improvement")
                )
                message = sentence(
                    "nobody acts on this pain point of '{touchpoint}'; {why}", touchpoint=touchpoint.key, why=why
                )
                yield question.advice(("pain_point", *place, number), "pain-point-ignored", message)


def _seen(question: _Question, key: str) -> bool:
    signal = question.map.signal.get(key)
    return signal is not None and signal.kind == "events"


def _without_signal(question: _Question) -> Iterator[Problem]:
    if not question.map.signals:  # the analyst's part is not written yet
        if question.data is not None and question.data.matched is not None and question.map.touchpoints:
            first = question.map.touchpoints[0].key
            message = sentence(
                "events are collected, but no signal says which of them show '{touchpoint}' or any other touchpoint; "
                "write them in signals.yaml, such as  {touchpoint}: {{event: …}}",
                touchpoint=first,
            )
            yield question.advice(("touchpoint", first), "no-signals", message)
        return
    for touchpoint in question.map.touchpoints:
        if touchpoint.key not in question.map.signal:
            message = sentence(
                "touchpoint '{touchpoint}' has no signal; say how it is seen, or why not with not_seen:",
                touchpoint=touchpoint.key,
            )
            yield question.advice(("touchpoint", touchpoint.key), "no-signal", message)
    for persona in question.map.personas:
        if persona.who is None:
            message = sentence(
                "persona '{persona}' has no who:, so that nobody can be counted as one", persona=persona.key
            )
            yield question.advice(("persona", persona.key), "no-who", message)
    for arrow in question.map.expectations:
        if not _seen(question, arrow.after) or not any(_seen(question, key) for key in arrow.next):
            side = arrow.after if not _seen(question, arrow.after) else arrow.written
            message = sentence(
                "the arrow '{arrow}' cannot be measured: no events show '{side}'", arrow=arrow.name, side=side
            )
            yield question.advice(("arrow", arrow.name), "unmeasured", message)


def _never_matched(question: _Question) -> Iterator[Problem]:
    if question.data is None or question.data.matched is None:
        return
    for signal in question.map.signals:
        if signal.kind == "events" and signal.touchpoint not in question.data.matched:
            message = sentence(
                "no event ever matched '{touchpoint}'; check its signal, or say not_seen:", touchpoint=signal.touchpoint
            )
            yield question.advice(("signal", signal.touchpoint), "never-matched", message)


def _answers_off_the_map(question: _Question) -> Iterator[Problem]:
    for name in sorted(question.data.answered if question.data is not None else ()):
        if question.map.touchpoint_named(name) is None:
            near = did_you_mean(name, question.map.touchpoint)
            message = sentence(
                "there is feedback about '{name}', which is no touchpoint of this map{near}; was: names former ones",
                name=name,
                near=near,
            )
            yield question.advice(("map", ""), "feedback-off-the-map", message)


def _meaning(condition: str) -> object:
    """What two conditions have in common that are written differently and mean the same."""
    try:
        compiled = compile_expression(condition, scope=Scope.EVENT, expects="boolean")
    except ExpressionError:
        return condition
    return compiled.sql, tuple(sorted((name, str(value)) for name, value in compiled.parameters.items()))


def _overlap(first: Signal, second: Signal) -> bool:
    """Whether an occurrence counts for both."""
    low, high = first.occurrence or (1, None)
    other_low, other_high = second.occurrence or (1, None)
    return low <= (other_high or low) and other_low <= (high or other_low)


def _same_events(question: _Question) -> Iterator[Problem]:
    earlier: list[tuple[Signal, object]] = []
    for signal in question.map.signals:
        if signal.kind != "events" or signal.when is None:
            continue
        meaning = _meaning(signal.when)
        for other, theirs in earlier:
            same = theirs == meaning and _overlap(other, signal)
            narrower = other.occurrence is None and signal.when.startswith(f"{other.when} and ")
            if same or narrower:
                what = sentence("the same events") if same else sentence("these events and more")
                message = sentence(
                    "'{touchpoint}' comes first and takes {what}, so that '{taken}' never counts; "
                    "change one, or put the narrower first",
                    touchpoint=other.touchpoint,
                    what=what,
                    taken=signal.touchpoint,
                )
                yield question.advice(("signal", signal.touchpoint), "same-events", message)
                break
        earlier.append((signal, meaning))


def _overdue(question: _Question) -> Iterator[Problem]:
    journey_map = question.map
    if journey_map.review is not None:
        if journey_map.reviewed is None:
            message = sentence("the map is to be reviewed, and reviewed: does not say when it last was")
            yield question.advice((), "review", message)
        else:
            due = journey_map.reviewed + timedelta(seconds=journey_map.review.seconds)
            if due < question.today:
                message = sentence(
                    "the review of this map is overdue since {due}; look at it and set reviewed: to the day", due=due
                )
                yield question.advice((), "review", message)
    for improvement in journey_map.improvements:
        if improvement.state == "done" and improvement.since is None:
            message = sentence(
                "improvement '{improvement}' is done, and since: does not say from when to compare",
                improvement=improvement.key,
            )
            yield question.advice(("improvement", improvement.key), "no-since", message)


def _unused(question: _Question) -> Iterator[Problem]:
    used = {key for arrow in question.map.expectations for key in (arrow.if_met, arrow.if_missed)}
    for reaction in question.map.reactions:
        if reaction.key not in used:
            message = sentence(
                "nothing starts reaction '{reaction}'; name it in an arrow's if_met: or if_missed:",
                reaction=reaction.key,
            )
            yield question.advice(("reaction", reaction.key), "unused-reaction", message)


def _pictures(question: _Question) -> Iterator[Problem]:
    if question.loaded.folder is None:
        return
    base = (question.loaded.folder / question.map.file).parent
    owners: list[tuple[Place, str | None]] = [
        (("touchpoint", touchpoint.key), touchpoint.picture) for touchpoint in question.map.touchpoints
    ]
    owners += [(("persona", persona.key), persona.picture) for persona in question.map.personas]
    for place, picture in owners:
        if picture:
            try:
                read_picture(base / picture, question.loaded.folder)
            except (InputError, OSError) as error:
                yield question.advice(place, "no-picture", said_by(error))


def _currencies(question: _Question) -> Iterator[Problem]:
    currency = question.map.currency
    hint = (
        sentence("the map counts in {currency}", currency=currency)
        if currency
        else sentence("others in others; give the map the currency: it counts in")
    )
    for source, code in foreign_currencies(currency, question.currencies).items():
        message = sentence(
            "values of source '{source}' are in {code} and {hint}; they are left out",
            source=source,
            code=code,
            hint=hint,
        )
        yield question.advice((), "currency", message)


def _topics(question: _Question) -> Iterator[Problem]:
    topics = question.topics
    if topics is None:
        return
    for reaction in question.map.reactions:
        if reaction.topic is not None and reaction.topic not in topics:
            message = sentence(
                "reaction '{key}' is about the topic '{topic}', which consent.yaml does not have{near}",
                key=reaction.key,
                topic=reaction.topic,
                near=did_you_mean(reaction.topic, topics),
            )
            yield question.advice(("reaction", reaction.key), "unknown-topic", message)


_RULES: tuple[Callable[[_Question], Iterator[Problem]], ...] = (
    _empty_stages,
    _nothing_leads,
    _arrows_without,
    _pain_nobody_acts_on,
    _without_signal,
    _never_matched,
    _answers_off_the_map,
    _same_events,
    _overdue,
    _unused,
    _pictures,
    _currencies,
    _topics,
)

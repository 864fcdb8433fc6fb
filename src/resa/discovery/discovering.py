"""From events to a first map: find the kinds, plan, write, and count again what was written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from types import MappingProxyType
from typing import Final

import numpy as np

from resa.analytics import Measure
from resa.base.clock import from_microseconds
from resa.base.errors import InputError, QuestionError, did_you_mean
from resa.base.language import LANGUAGES, Sentence, sentence
from resa.discovery.arrows import FEWEST
from resa.discovery.drafting import (
    ArrowSupport,
    Context,
    DraftArrow,
    Facts,
    Layout,
    draft_text,
    lay_out,
    provisional_text,
)
from resa.discovery.kinds import MOST_KINDS, Kind, Kinds, find_kinds
from resa.discovery.planning import Plan, make_plan
from resa.discovery.words import say
from resa.drawing import format_count, format_day, format_percent, format_seconds
from resa.journey_map import display_name, read_map
from resa.model.journey import JourneyMap
from resa.storage import JourneyIndex, Store, trying

__all__ = ["Draft", "discover"]

_FILE: Final = "journey.yaml"
_NAMED: Final = 8
_LEAST_SHARE: Final = 0.05


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A first map, proposed from events alone.

    Attributes:
        text: The journey file, with comments that say what supports each proposal.
        journey_map: The same, read.
        events: How many events there are.
        covered: How many of them are touchpoints of the map.
        customers: How many customers there are.
        notes: What was grouped and what was left out, and why.
    """

    text: str
    journey_map: JourneyMap
    events: int
    covered: int
    customers: int
    notes: tuple[Sentence, ...]


def discover(
    store: Store,
    *,
    title: str | None = None,
    language: str = "en",
    timezone: str = "UTC",
    currency: str | None = None,
    currencies: Mapping[str, str] = MappingProxyType({}),
    top: int = 20,
    share: float = 0.01,
    goal: str | None = None,
    pages: Sequence[str] = (),
    progress: Callable[[str], None] = lambda _: None,
) -> Draft:
    """Propose a first map from all events of a workspace; the newest generation of the index must hold them.

    Args:
        store: The workspace's data.
        title: Of the map.
        language: Of the map's own words: en, sv, nb or hu.
        timezone: IANA name, of the map.
        currency: ISO 4217 code, of the map.
        currencies: Of sources that name one, by name of the source.
        top: Touchpoints at most, those that the most customers were at; 2 to 60.
        share: Of the customers, 0 to 1, that a touchpoint needs.
        goal: Name of the event that is the goal; `None`: as the values show.
        pages: Names of further events that are views of pages, to be grouped by their paths.
        progress: Told what is being done.

    Raises:
        QuestionError: There are no events, or no event of the name given as goal.
        InputError: An argument is out of its bounds.
    """
    _check(top, share, language)
    progress("kinds of events")
    kinds = _kinds(store.index(), share, pages)
    progress("counting")
    provisional = read_map(_FILE, provisional_text(kinds.kinds))
    with trying(store, provisional) as trial:
        tried = trial.index()
        progress("what follows what")
        plan = make_plan(tried, tried.column(provisional.key), kinds.kinds, top=top, share=share, goal=goal)
        if not plan.kinds:
            raise QuestionError(
                sentence(
                    "no kind of event is shared by {share} of the customers; ask for less: --share",
                    share=format_percent(share, "en"),
                )
            )
    progress("support")
    context = Context(title=title or say("title", language), language=language, timezone=timezone, currency=currency)
    return _written(store, lay_out(plan), context, kinds, currencies, share)


def _check(top: int, share: float, language: str) -> None:
    if not 2 <= top <= MOST_KINDS:
        raise InputError(
            sentence("--top {top}: a map has 2 to {most_kinds} touchpoints here", top=top, most_kinds=MOST_KINDS)
        )
    if not 0 <= share <= 1:
        raise InputError(sentence("a share lies between 0 % and 100 %, not at {share:.0%}", share=share))
    if language not in LANGUAGES:
        known = ", ".join(LANGUAGES)
        raise InputError(
            sentence(
                "first maps are written in {known}, not in '{language}'{suggestion}",
                known=known,
                language=language,
                suggestion=did_you_mean(language, LANGUAGES),
            )
        )


def _kinds(index: JourneyIndex, share: float, pages: Sequence[str]) -> Kinds:
    """The kinds of events that a map can be made of.

    Raises:
        QuestionError: There are no events, or none whose name can be written.
    """
    if not index.events:
        raise QuestionError(
            sentence("there are no events to discover a map from; collect some first: resa collect FILE")
        )
    kinds = find_kinds(index, share=share, pages=pages)
    if not kinds.kinds:
        raise QuestionError(
            sentence("no name of an event can be written into a signal; give them plain names in the source")
        )
    return kinds


def _written(
    store: Store, layout: Layout, context: Context, kinds: Kinds, currencies: Mapping[str, str], share: float
) -> Draft:
    """Count the planned map on all events, drop what they do not support, and write down what they do."""
    planned = read_map(_FILE, draft_text(layout, context))
    with trying(store, planned) as trial:
        measure = Measure(trial, {planned.key: planned}, currencies=currencies, clock=store.clock)
        support = _support(measure)
        layout = replace(layout, arrows=tuple(a for a in layout.arrows if _holds(support.get(a.name))))
        index = trial.index()
        touchpoints = index.column(planned.key).touchpoints
        covered = int(np.count_nonzero(touchpoints))
        facts = Facts(
            head=_head(index, context.language, covered),
            goal=_goal_fact(measure, planned, context.language),
            touchpoints=_visits(measure, context.language),
            arrows={arrow.name: _told(arrow, support[arrow.name], context.language) for arrow in layout.arrows},
            personas=_persona_facts(layout.plan, context.language),
        )
    text = draft_text(layout, context, facts)
    return Draft(
        text=text,
        journey_map=read_map(_FILE, text),
        events=index.events,
        covered=covered,
        customers=index.customers,
        notes=tuple(_notes(layout.plan, kinds, context.language, share)),
    )


def _support(measure: Measure) -> dict[str, ArrowSupport]:
    rows = measure.expectations().table.to_pylist() if measure.snapshot().journey_map.expectations else []
    return {
        row["expectation"]: ArrowSupport(
            openings=row["mature"],
            met=row["met"],
            share=row["share"] or 0.0,
            half_seconds=row["median_seconds"] or 0.0,
            most_seconds=row["p90_seconds"] or 0.0,
        )
        for row in rows
    }


def _holds(seen: ArrowSupport | None) -> bool:
    return seen is not None and seen.met >= FEWEST and seen.share >= _LEAST_SHARE


def _told(arrow: DraftArrow, seen: ArrowSupport, language: str) -> tuple[str, ...]:
    """The sentences before an arrow."""
    said = say(
        "support",
        language,
        share=format_percent(seen.share, language),
        count=format_count(seen.openings, language),
        half=format_seconds(seen.half_seconds, language),
        most=format_seconds(seen.most_seconds, language),
    )
    if arrow.anyway is not None:
        said = f"{said} {say('support.anyway', language, share=format_percent(arrow.anyway, language))}"
    return (said, say("promise", language)) if arrow.ours else (said,)


def _head(index: JourneyIndex, language: str, covered: int) -> tuple[str, ...]:
    seconds = index.seconds
    first, last = (from_microseconds((index.epoch + int(end)) * 1_000_000) for end in (seconds.min(), seconds.max()))
    said = say(
        "head",
        language,
        events=format_count(index.events, language),
        customers=format_count(index.customers, language),
        first=format_day(first.date(), language),
        last=format_day(last.date(), language),
    )
    share = say("covered", language, share=format_percent(covered / index.events, language))
    return said, share, say("head.guess", language), say("head.edit", language)


def _goal_fact(measure: Measure, planned: JourneyMap, language: str) -> str:
    goal = planned.goal
    if goal is None or not goal.start or goal.within is None:
        return ""
    rows = measure.funnel([list(goal.start), list(goal.reach)], within=goal.within).table.to_pylist()
    started, reached = rows[0]["customers"], rows[-1]["customers"]
    if not started:
        return ""
    return say(
        "goal", language, share=format_percent(reached / started, language), count=format_count(started, language)
    )


def _visits(measure: Measure, language: str) -> dict[str, str]:
    return {
        row["touchpoint"]: say(
            "visits",
            language,
            visits=format_count(row["visits"], language),
            customers=format_count(row["customers"], language),
        )
        for row in measure.touchpoints().table.to_pylist()
    }


def _persona_facts(plan: Plan, language: str) -> dict[int, tuple[str, ...]]:
    return {
        number: (
            say("persona.share", language, share=format_percent(group.share, language)),
            say("persona.path", language, share=format_percent(group.walked, language)) if group.path else "",
        )
        for number, group in enumerate(plan.groups)
    }


def _notes(plan: Plan, kinds: Kinds, language: str, share: float) -> list[Sentence]:
    notes = []
    if kinds.pages:
        notes.append(sentence("{paths} paths of pages became {pages} groups.", paths=kinds.paths, pages=kinds.pages))
    if plan.rare:
        notes.append(
            sentence(
                "Left out, fewer than {share} of the customers: {names}",
                share=format_percent(share, language),
                names=_listed(plan.rare),
            )
        )
    if plan.beyond:
        notes.append(
            sentence("Left out, others are used by more customers (--top): {names}", names=_listed(plan.beyond))
        )
    if kinds.rare:
        notes.append(
            sentence(
                "Left out, rarer than the {most} commonest kinds of events: {count}", most=MOST_KINDS, count=kinds.rare
            )
        )
    if kinds.unwritable:
        notes.append(sentence("Left out, because no signal can write their names: {count}", count=kinds.unwritable))
    return notes


def _listed(kinds: Sequence[Kind]) -> str:
    ranked = sorted(kinds, key=lambda kind: (-kind.rows, kind.key))
    first, *others = (kind.name or display_name(kind.key) for kind in ranked[:_NAMED])
    names = reduce(lambda said, name: sentence("{names}, {name}", names=said, name=name), others, first)
    beyond = len(ranked) - _NAMED
    return names if beyond <= 0 else sentence("{names} and {count} more", names=names, count=beyond)

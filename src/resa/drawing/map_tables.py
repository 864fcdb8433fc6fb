"""What a journey map says, as tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from resa.drawing import formats
from resa.drawing.map_frame import Context
from resa.drawing.scene import Table
from resa.model.journey import Expectation, Touchpoint

__all__ = ["map_tables"]

_OURS: Final = frozenset({"emotion", "channels", "visits"})
"""Lanes of numbers and of common names."""


def map_tables(context: Context) -> tuple[Table, ...]:
    """One table of touchpoints with all that is written about them, one of arrows with their numbers."""
    return tuple(table for table in (_touchpoints(context), _arrows(context)) if table.rows)


def _touchpoints(context: Context) -> Table:
    lanes = (
        "actions",
        "motivation",
        "questions",
        "pain_points",
        "emotion",
        "channels",
        "owners",
        "frontstage",
        "backstage",
        "support",
        "visits",
    )
    stages = {stage.key: stage.name for stage in context.map.stages}
    rows = [
        (stages.get(touchpoint.stage, ""), touchpoint.name, *(_cell(context, touchpoint, lane) for lane in lanes))
        for touchpoint in context.map.touchpoints
    ]
    head = (
        context.say("lane.stages"),
        context.say("lane.touchpoints"),
        *(context.say(f"lane.{lane}") for lane in lanes),
    )
    filled = [n for n in range(len(head)) if n < 2 or any(row[n] for row in rows)]
    leads = [context.leads("customers", touchpoint.key) for touchpoint in context.map.touchpoints]
    counted = lanes[filled[-1] - 2] == "visits"
    return Table(
        title=context.say("table.touchpoints"),
        head=tuple(head[n] for n in filled),
        rows=tuple(tuple(row[n] for n in filled) for row in rows),
        links=_given({(number, len(filled) - 1): to for number, to in enumerate(leads) if counted}),
        languages=_written(
            context, [n for n, place in enumerate(filled) if place < 2 or lanes[place - 2] not in _OURS]
        ),
    )


def _written(context: Context, columns: Iterable[int]) -> dict[int, str]:
    """The language of the columns of what people wrote, where it is another one than the table's."""
    return dict.fromkeys(columns, context.map.written_in) if context.map.written_in else {}


def _cell(context: Context, touchpoint: Touchpoint, lane: str) -> str:
    language = context.language
    match lane:
        case "pain_points":
            return " / ".join(f"{p.text} ({context.evidence_words(p)})" for p in touchpoint.pain_points)
        case "emotion":
            felt = touchpoint.emotion
            measured = context.numbers.touchpoints.get(touchpoint.key)
            parts = [
                (context.say("emotion_now"), felt.now),
                (context.say("emotion_aim"), felt.aim),
                (context.say("measured_score"), measured.score if measured else None),
            ]
            return ", ".join(f"{name} {formats.signed(value, language)}" for name, value in parts if value is not None)
        case "channels":
            names = {channel.key: channel.name for channel in context.map.channels}
            return ", ".join(names.get(key, key) for key in touchpoint.channels)
        case "owners":
            return touchpoint.owner
        case "visits":
            measured = context.numbers.touchpoints.get(touchpoint.key)
            return formats.count(measured.customers, language) if measured and measured.customers is not None else ""
        case _:
            return " / ".join(getattr(touchpoint, lane))


def _arrows(context: Context) -> Table:
    keys = ("arrow", "kind", "after", "next", "within", "target", "share", "interval", "openings", "verdict")
    return Table(
        title=context.say("table.arrows"),
        head=tuple(context.say(f"column.{key}") for key in keys),
        rows=tuple(_arrow(context, expectation) for expectation in context.map.expectations),
        links=_given(
            {
                (number, keys.index(key)): context.options.links.get(expectation.name, "")
                for number, expectation in enumerate(context.map.expectations)
                for key in ("share", "openings")
            }
        ),
        languages=_written(context, (keys.index("after"), keys.index("next"))),
    )


def _given(links: dict[tuple[int, int], str]) -> dict[tuple[int, int], str]:
    """Those that lead somewhere."""
    return {place: to for place, to in links.items() if to}


def _arrow(context: Context, expectation: Expectation) -> tuple[str, ...]:
    language = context.language
    numbers = context.numbers.expectations.get(expectation.name)
    share = interval = openings = verdict = ""
    if numbers is not None:
        share = formats.percent(numbers.share, language) if numbers.share is not None else ""
        if numbers.low is not None and numbers.high is not None:
            interval = f"{formats.percent(numbers.low, language)} – {formats.percent(numbers.high, language)}"
        openings = formats.count(numbers.openings, language) if numbers.openings is not None else ""
        verdict = context.say(f"verdict.{numbers.verdict(expectation.target)}")
    return (
        expectation.name,
        context.say("legend.promise" if expectation.kind == "promise" else "legend.arrow"),
        context.name(expectation.after),
        context.any_of(expectation.next),
        formats.duration(expectation.within, language),
        formats.percent(expectation.target, language) if expectation.target is not None else "",
        share,
        interval,
        openings,
        verdict,
    )

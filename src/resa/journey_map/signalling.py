"""Signals: short forms written out, expressions checked, each with the touchpoint or persona that it is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from resa.base.errors import ExpressionError
from resa.base.language import one_of, sentence
from resa.documents import Written
from resa.expressions import Scope, short_form
from resa.journey_map.references import References
from resa.journey_map.shapes import MapShape, SignalShape
from resa.model.journey import Signal

__all__ = ["Declared", "check_signal", "resolve_signals"]


@dataclass
class Declared:
    """What the signals of a map say: how touchpoints are seen, and who personas are."""

    signals: tuple[Signal, ...] = ()
    who: dict[str, Written] = field(default_factory=dict)


def resolve_signals(shape: MapShape, names: References, shared: Mapping[Written, SignalShape]) -> Declared:
    """The map's own signals in the order of its file, then those of `signals.yaml` that it does not say itself."""
    declared = Declared()
    own = set(map(str, shape.signals))
    signals = []
    for key, said in [*shape.signals.items(), *((key, said) for key, said in shared.items() if key not in own)]:
        if key in names.personas and key not in names.touchpoints:
            _persona(key, said, names, declared)
        elif key not in names.touchpoints:
            names.unknown(key, "touchpoint", [*names.touchpoints, *names.personas])
            check_signal(said, names)
        else:
            names.stands(("signal", str(key)), key)
            signals.append(_signal(key, said, names))
    declared.signals = tuple(signal for signal in signals if signal is not None)
    return declared


def _persona(key: Written, said: SignalShape, names: References, declared: Declared) -> None:
    others = [name for name in SignalShape.model_fields if name != "who" and getattr(said, name) is not None]
    if said.who is None:
        names.incomplete(key, sentence("'{key}' is a persona; say who it is with who:", key=key), code="signal")
    else:
        declared.who[str(key)] = said.who
        if others:
            names.report(
                key,
                sentence("'{key}' is a persona, so only who: belongs here, not {other}:", key=key, other=others[0]),
                code="signal",
            )
    check_signal(said, names)


def check_signal(said: SignalShape, names: References) -> None:
    """Report what is wrong inside a signal that is about nothing known; who: is left to the persona."""
    names.expression(said.when, Scope.EVENT, "boolean")
    names.expression(said.value, Scope.EVENT, "number")
    names.expression(said.score, Scope.EVENT, "number")


def _signal(key: Written, said: SignalShape, names: References) -> Signal | None:
    if said.who is not None:
        names.report(key, sentence("'{key}' is a touchpoint; who: belongs to a persona", key=key), code="signal")
    seen = any(text is not None for text in (said.page, said.event, said.when))
    given = {sentence("its event"): seen, "daily_number:": said.daily_number, "not_seen:": said.not_seen}
    ways = [way for way, value in given.items() if value]
    if not ways and said.who is None:
        known = one_of(("page:", "event:", "when:", "daily_number:", "not_seen:"))
        names.incomplete(
            key,
            sentence("the signal of '{key}' does not say how it is seen; write {known}", key=key, known=known),
            code="signal",
        )
    if len(ways) > 1:
        names.report(
            key,
            sentence(
                "'{key}' is seen in one way only; take {first} or {second} away", key=key, first=ways[0], second=ways[1]
            ),
            code="signal",
        )
    if len(ways) != 1:
        check_signal(said, names)
        return None
    if seen:
        return _event_signal(key, said, names)
    for name in ("occurrence", "value", "score", "scale"):
        if getattr(said, name) is not None:
            names.report(key, sentence("{name}: needs events, and '{key}' has none", name=name, key=key), code="signal")
    check_signal(said, names)
    if said.daily_number is not None:
        return Signal(touchpoint=str(key), kind="daily_number", daily_number=str(said.daily_number))
    return Signal(touchpoint=str(key), kind="not_seen", not_seen=str(said.not_seen))


def _event_signal(key: Written, said: SignalShape, names: References) -> Signal:
    if (said.score is None) != (said.scale is None):
        missing = (
            sentence("scale: (such as 1-5)") if said.scale is None else sentence("score: (such as properties.stars)")
        )
        if (key.source.file, key.node.start) not in names.hurt:
            names.report(
                said.score or key,
                sentence("a score needs its scale to be an emotion; add {missing}", missing=missing),
                code="scale",
            )
    return Signal(
        touchpoint=str(key),
        kind="events",
        when=_condition(key, said, names),
        occurrence=said.occurrence,
        value=names.expression(said.value, Scope.EVENT, "number"),
        score=names.expression(said.score, Scope.EVENT, "number"),
        scale=said.scale,
    )


def _condition(key: Written, said: SignalShape, names: References) -> str | None:
    """The short forms and the condition as one expression."""
    parts = []
    if said.event is not None or said.page is not None:
        try:
            parts.append(short_form(event=said.event and str(said.event), page=said.page and str(said.page)))
        except ExpressionError as error:
            for problem in error.problems:
                names.report(said.event or said.page or key, problem.message, code=problem.code)
    condition = names.expression(said.when, Scope.EVENT, "boolean")
    if condition is not None:
        parts.append(f"({condition})" if parts else condition)
    return " and ".join(parts) or None

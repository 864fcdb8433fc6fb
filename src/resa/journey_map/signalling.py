"""Signals: short forms written out, expressions checked, each with the touchpoint or persona that it is about."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from resa.base.errors import ExpressionError
from resa.base.language import one_of, sentence
from resa.documents import Written
from resa.expressions import Scope, short_form
from resa.journey_map.names import near
from resa.journey_map.references import References
from resa.journey_map.shapes import MapShape, SignalShape
from resa.model.journey import Signal

__all__ = ["Declared", "check_strangers", "former_names", "resolve_signals", "shared_signals"]


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
            _check_signal(said, names)
        else:
            names.stands(("signal", str(key)), key)
            signals.append(_signal(key, said, names))
    declared.signals = tuple(signal for signal in signals if signal is not None)
    return declared


def former_names(shape: MapShape) -> dict[str, str]:
    """The touchpoints of a map by what they were called before (`was:`)."""
    return {str(former): str(key) for key, said in shape.touchpoints.items() for former in said.was}


def shared_signals(shape: MapShape, signals: Mapping[Written, SignalShape]) -> dict[Written, SignalShape]:
    """Those of `signals.yaml` that are about a map; what they call by its former name, under the name of now."""
    inside = {str(name) for stage in shape.stages.values() for name in stage.touchpoints}
    known, former = inside | set(map(str, shape.personas)), former_names(shape)
    said = set(map(str, signals))
    found = {}
    for name, signal in signals.items():
        now = former.get(str(name), "")
        if name in known:
            found[name] = signal
        elif now in known and now not in said:
            found[name.renamed(now)] = signal
    return found


def check_strangers(
    signals: Mapping[Written, SignalShape], everywhere: References, *, own: Collection[str], former: Mapping[str, str]
) -> None:
    """Report signals of `signals.yaml` that are of no map.

    One that is spelt nearly as a touchpoint without a signal is a mistake. Any other is of a touchpoint that was taken
    away, and stops nobody: should it come back, so does its signal.

    Args:
        signals: Those of the file.
        everywhere: The names of all maps.
        own: Touchpoints and personas of which maps say themselves how they are seen.
        former: Touchpoints of now by their former names.
    """
    known = {*everywhere.touchpoints, *everywhere.personas}
    unseen = [one for one in known if one not in own and one not in signals]
    for name, signal in signals.items():
        if name in known:
            continue
        if (now := former.get(str(name))) is not None:
            message = sentence("touchpoint '{name}' is called '{now}' now; call its signal so, too", name=name, now=now)
            everywhere.report(name, message, code="former-name", fix=now, severity="warning")
        elif near(name, unseen):
            everywhere.unknown(name, "touchpoint", unseen)
        elif "touchpoint" not in everywhere.unsure:
            message = sentence("no map has a touchpoint '{name}'; take its signal away, if none shall", name=name)
            everywhere.report(name, message, code="unknown-touchpoint", severity="warning")
        _check_signal(signal, everywhere)


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
    _check_signal(said, names)


def _check_signal(said: SignalShape, names: References) -> None:
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
        _check_signal(said, names)
        return None
    if seen:
        return _event_signal(key, said, names)
    for name in ("occurrence", "value", "score", "scale"):
        if getattr(said, name) is not None:
            names.report(key, sentence("{name}: needs events, and '{key}' has none", name=name, key=key), code="signal")
    _check_signal(said, names)
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

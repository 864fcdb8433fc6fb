"""From the file's form to the model: every name found, every short form written out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, cast

from resa.base.language import sentence
from resa.documents import Written
from resa.expressions import Scope
from resa.journey_map.customer_shapes import SegmentShape, TraitShape
from resa.journey_map.customers import check_customers, resolve_segments, resolve_traits, trait_sources
from resa.journey_map.flows import ReactionShape
from resa.journey_map.metrics import resolve_metrics
from resa.journey_map.names import display_name
from resa.journey_map.reacting import resolve_map_goal, resolve_reactions
from resa.journey_map.references import References, names_of
from resa.journey_map.shapes import (
    DifferenceShape,
    EmotionShape,
    ExpectShape,
    MapShape,
    PainPointShape,
    SignalShape,
    TouchpointShape,
)
from resa.journey_map.signalling import resolve_signals
from resa.model.journey import (
    Channel,
    Emotion,
    Expectation,
    Improvement,
    JourneyMap,
    PainPoint,
    Persona,
    PersonaDifference,
    Stage,
    Touchpoint,
)

__all__ = ["resolve"]


def resolve(
    shape: MapShape,
    *,
    key: str,
    unsure: frozenset[str] = frozenset(),
    hurt: frozenset[tuple[str, int]] = frozenset(),
    signals: Mapping[Written, SignalShape] | None = None,
    reactions: Mapping[Written, ReactionShape] | None = None,
    segments: Mapping[Written, SegmentShape] | None = None,
    traits: Mapping[Written, TraitShape] | None = None,
) -> tuple[JourneyMap, References]:
    """The map that a file means, and what is wrong with its names and expressions.

    Args:
        shape: The file as read.
        key: The map's key.
        unsure: Kinds of names of which some could not be read.
        hurt: Keys below which something could not be read.
        signals: Those of `signals.yaml` that are about this map.
        reactions: Those of `reactions/`.
        segments: Those of `segments.yaml` that are about this map.
        traits: Those of `traits.yaml`.
    """
    names = References(unsure=unsure, hurt=hurt, timezone=shape.timezone)
    _collect_names(shape, names, reactions or {})
    arrows = {touchpoint: _named(touchpoint, said, names) for touchpoint, said in _touchpoints(shape).items()}
    touchpoints = tuple(
        _touchpoint(place, said, stage, arrows.get(str(place), []), names)
        for place, stage, said in _placed(shape, names)
    )
    names.segments = tuple(map(str, segments or {}))
    computed = resolve_traits(traits or {}, names)
    declared = resolve_signals(shape, names, signals or {})
    used = {said for arrow in shape.touchpoints.values() for said in _reaction_names(arrow)}
    journey_map = JourneyMap(
        key=key,
        title=_text(shape.title) or display_name(key),
        language=shape.language,
        timezone=shape.timezone,
        currency=shape.currency,
        owner=_text(shape.owner),
        review=shape.review,
        reviewed=shape.reviewed,
        holidays=shape.holidays,
        goal=resolve_map_goal(shape.goal, names),
        account=names.expression(shape.account, Scope.CUSTOMER, "scalar"),
        stages=_stages(shape, names),
        personas=_personas(shape, names, declared.who),
        channels=_channels(shape, touchpoints),
        touchpoints=touchpoints,
        improvements=_improvements(shape, names),
        metrics=resolve_metrics(shape.metrics, names),
        segments=resolve_segments(segments or {}, names),
        traits=computed,
        trait_sources=trait_sources(traits or {}),
        signals=declared.signals,
        reactions=resolve_reactions(shape.reactions, reactions or {}, used, names),
    )
    check_customers(journey_map.personas, journey_map.segments, names)
    return journey_map, names


def _stages(shape: MapShape, names: References) -> tuple[Stage, ...]:
    return tuple(
        Stage(
            key=str(stage),
            name=_text(said.name) or display_name(stage),
            touchpoints=names.stages[stage],
            was=_texts(said.was),
        )
        for stage, said in shape.stages.items()
    )


def _touchpoints(shape: MapShape) -> dict[str, TouchpointShape]:
    return {str(key): said for key, said in shape.touchpoints.items()}


def _check_former(stage: Written, was: Iterable[Written], shape: MapShape, names: References) -> None:
    """Report former names of a stage that another one has now, or claims as well."""
    first: dict[str, Written] = {}
    for other, said in shape.stages.items():
        for former in said.was:
            first.setdefault(str(former), other)
    for former in was:
        if former in shape.stages:
            message = sentence("'{former}' is a stage still, so it cannot be a former name", former=former)
            names.report(former, message, code="was")
        elif first[str(former)] != stage:
            message = sentence(
                "'{former}' is a former name of stage '{first}', too; it can have become one of them only",
                former=former,
                first=first[str(former)],
            )
            names.report(former, message, code="was")


def _collect_names(shape: MapShape, names: References, shared: Mapping[Written, ReactionShape]) -> None:
    names.personas = names_of(cast("Mapping[Written, object]", shape.personas))
    names.channels = names_of(cast("Mapping[Written, object]", shape.channels))
    names.improvements = names_of(cast("Mapping[Written, object]", shape.improvements))
    names.reactions = frozenset(map(str, [*shape.reactions, *shared]))
    first: dict[str, Written] = {}
    for stage, said in shape.stages.items():
        names.stands(("stage", str(stage)), stage)
        kept = []
        for touchpoint in said.touchpoints:
            if touchpoint in first:
                line, _ = touchpoint.source.position(first[touchpoint].node.start)
                message = sentence(
                    "touchpoint '{touchpoint}' stands in a stage already, in line {line}; take one away",
                    touchpoint=touchpoint,
                    line=str(line),
                )
                names.report(touchpoint, message, code="repeated-touchpoint")
                continue
            first[touchpoint] = touchpoint
            names.touchpoints[str(touchpoint)] = str(stage)
            names.stands(("touchpoint", str(touchpoint)), touchpoint)
            kept.append(str(touchpoint))
        names.stages[str(stage)] = tuple(kept)
        _check_former(stage, said.was, shape, names)
    for key in shape.touchpoints:
        if key not in names.touchpoints:
            names.unknown(key, "touchpoint", names.touchpoints, hint=sentence(" by any stage; add it to one"))
        names.places[("touchpoint", str(key))] = key
    for name, inside in names.stages.items():
        if name in names.touchpoints and inside != (name,):
            message = sentence("'{name}' is both a stage and a touchpoint; give one of them another name", name=name)
            names.report(names.places[("touchpoint", name)], message, code="repeated-name")
    for persona in shape.personas:
        names.stands(("persona", str(persona)), persona)
        if persona in names.touchpoints:
            message = sentence(
                "'{persona}' is both a persona and a touchpoint; give one of them another name", persona=persona
            )
            names.report(persona, message, code="repeated-name")
    sections = ((shape.improvements, "improvement"), (shape.metrics, "metric"), (shape.reactions, "reaction"))
    for section, kind in sections:
        for key in section:
            names.stands((kind, str(key)), key)


def _placed(shape: MapShape, names: References) -> Iterable[tuple[Written, str, TouchpointShape]]:
    """Touchpoints in the order of the wall, those of which nothing more is said too."""
    said = _touchpoints(shape)
    for touchpoint, stage in names.touchpoints.items():
        yield names.places[("touchpoint", touchpoint)], stage, said.get(touchpoint, TouchpointShape.model_validate({}))
    for key, homeless in shape.touchpoints.items():
        if key not in names.touchpoints:
            yield key, "", homeless  # reported already; what it says is checked all the same


def _arrow_shapes(said: TouchpointShape) -> list[tuple[ExpectShape, Literal["expectation", "promise"]]]:
    arrows: list[tuple[ExpectShape, Literal["expectation", "promise"]]] = []
    arrows += [(arrow, "expectation") for arrow in said.expect]
    arrows += [(arrow, "promise") for arrow in said.promise]
    return arrows


def _reaction_names(said: TouchpointShape) -> Iterable[str]:
    for arrow, _ in _arrow_shapes(said):
        yield from (str(name) for name in (arrow.if_met, arrow.if_missed) if name is not None)


def _named(
    after: str, said: TouchpointShape, names: References
) -> list[tuple[str, ExpectShape, Literal["expectation", "promise"]]]:
    """The arrows of a touchpoint with their names, which other parts refer to."""
    found = []
    for arrow, kind in _arrow_shapes(said):
        at = arrow.name or (arrow.next[0] if arrow.next else None)
        name = str(arrow.name) if arrow.name else f"{after}.{at}"
        found.append((name, arrow, kind))
        if at is None:
            continue  # its `next` could not be read
        first = names.arrows.setdefault(name, at)
        if first is not at:
            line, _ = at.source.position(first.node.start)
            message = sentence(
                "'{name}' names an arrow already, in line {line}; give this one a name: of its own",
                name=name,
                line=str(line),
            )
            names.report(at, message, code="repeated-arrow")
        names.stands(("arrow", name), at)
    return found


def _touchpoint(
    key: Written,
    said: TouchpointShape,
    stage: str,
    arrows: list[tuple[str, ExpectShape, Literal["expectation", "promise"]]],
    names: References,
) -> Touchpoint:
    for former in said.was:
        if former in names.touchpoints:
            names.report(
                former,
                sentence("'{former}' is a touchpoint still, so it cannot be a former name", former=former),
                code="was",
            )
    return Touchpoint(
        key=str(key),
        name=_text(said.name) or display_name(key),
        stage=stage,
        channels=tuple(names.channel(channel) for channel in said.channel),
        owner=_text(said.owner),
        picture=_text(said.picture) or None,
        actions=_texts(said.actions),
        motivation=_texts(said.motivation),
        questions=_texts(said.questions),
        pain_points=_pain_points(said.pain_points, names, (str(key),)),
        frontstage=_texts(said.frontstage),
        backstage=_texts(said.backstage),
        support=_texts(said.support),
        emotion=_emotion(said.emotion),
        moment_of_truth=said.moment_of_truth,
        differences=tuple(_difference(persona, what, str(key), names) for persona, what in said.differences.items()),
        expectations=tuple(_expectation(str(key), name, arrow, kind, names) for name, arrow, kind in arrows),
        was=_texts(said.was),
    )


def _text(text: Written | None) -> str:
    """Plain text, so that the model does not hold on to the file."""
    return "" if text is None else str(text)


def _texts(texts: Iterable[Written]) -> tuple[str, ...]:
    return tuple(str(text) for text in texts)


def _emotion(said: EmotionShape | None) -> Emotion:
    return Emotion(now=said.now, aim=said.aim) if said else Emotion()


def _pain_points(said: tuple[PainPointShape, ...], names: References, place: tuple[str, ...]) -> tuple[PainPoint, ...]:
    for number, pain in enumerate(said):
        names.stands(("pain_point", *place, number), pain.text)
    return tuple(
        PainPoint(
            text=str(pain.text),
            source=_text(pain.source),
            shown_by=names.arrow(pain.shown_by),
            improvement=names.one(pain.improvement, "improvement", names.improvements),
        )
        for pain in said
    )


def _difference(persona: Written, said: DifferenceShape, touchpoint: str, names: References) -> PersonaDifference:
    names.one(persona, "persona", names.personas)
    return PersonaDifference(
        persona=str(persona),
        emotion=_emotion(said.emotion),
        actions=_texts(said.actions),
        motivation=_texts(said.motivation),
        questions=_texts(said.questions),
        pain_points=_pain_points(said.pain_points, names, (touchpoint, str(persona))),
    )


def _expectation(
    after: str, name: str, said: ExpectShape, kind: Literal["expectation", "promise"], names: References
) -> Expectation:
    reached = names.reachable(said.next)
    cancelling = names.reachable(said.unless)
    for cancel in said.unless:
        if cancel in reached:
            message = sentence(
                "'{cancel}' cannot both meet this arrow and cancel it; take it out of next: or unless:", cancel=cancel
            )
            names.report(cancel, message, code="meets-and-cancels")
    hint = sentence("; write it under reactions:")
    return Expectation(
        name=name,
        kind=kind,
        after=after,
        next=reached,
        written=", ".join(said.next),
        within=said.within,
        unless=cancelling,
        target=said.target,
        owner=_text(said.owner),
        renews=kind == "expectation" if said.renews is None else said.renews,
        per=names.expression(said.per, Scope.EVENT, "scalar"),
        if_met=names.one(said.if_met, "reaction", names.reactions, hint=hint),
        if_missed=names.one(said.if_missed, "reaction", names.reactions, hint=hint),
    )


def _personas(shape: MapShape, names: References, who: Mapping[str, Written]) -> tuple[Persona, ...]:
    found = []
    for key, said in shape.personas.items():
        if said.who is not None and str(key) in who:
            names.report(
                who[str(key)],
                sentence("who '{key}' is stands at the persona already; take one away", key=key),
                code="who",
            )
        found.append(
            Persona(
                key=str(key),
                name=_text(said.name) or display_name(key),
                about=_text(said.about),
                quote=_text(said.quote),
                path=names.touchpoint_keys(said.path),
                who=names.expression(said.who or who.get(str(key)), Scope.CUSTOMER, "boolean"),
                picture=_text(said.picture) or None,
            )
        )
    return tuple(found)


def _channels(shape: MapShape, touchpoints: tuple[Touchpoint, ...]) -> tuple[Channel, ...]:
    declared = [
        Channel(key=str(key), name=_text(said.name) or display_name(key), kind=said.kind, cost=said.cost)
        for key, said in shape.channels.items()
    ]
    known = {channel.key for channel in declared}
    named = dict.fromkeys(key for touchpoint in touchpoints for key in touchpoint.channels if key not in known)
    return (*declared, *(Channel(key=key, name=display_name(key)) for key in named))


def _improvements(shape: MapShape, names: References) -> tuple[Improvement, ...]:
    return tuple(
        Improvement(
            key=str(key),
            name=_text(said.name) or display_name(key),
            about=_text(said.about),
            owner=_text(said.owner),
            state=said.state,
            since=said.since,
            should_move=names.arrow(said.should_move),
        )
        for key, said in shape.improvements.items()
    )

"""Reactions and goals: their names and conditions checked, their form kept for the floor that carries them out."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from resa.base.language import sentence
from resa.documents import Shape, Written
from resa.expressions import Scope
from resa.journey_map.flows import (
    GoalShape,
    IfStep,
    ReactionShape,
    SendStep,
    WaitForStep,
    definition,
    every_step,
)
from resa.journey_map.references import References
from resa.model.journey import Goal, Reaction

__all__ = ["check_reaction", "resolve_goal", "resolve_map_goal", "resolve_reactions"]


def resolve_map_goal(said: GoalShape | None, names: References) -> Goal | None:
    """The map's goal; unlike that of a reaction, which starts with the reaction, its time needs a place to start at."""
    if said is not None and said.within is not None and said.start is None and said.reach:
        message = sentence("within: counts from nowhere here; add from: (a touchpoint or stage where the way begins)")
        names.report(said.reach[0], message, code="goal-from")
    return resolve_goal(said, names)


def resolve_goal(said: GoalShape | None, names: References) -> Goal | None:
    """The goal with its names found."""
    if said is None:
        return None
    return Goal(
        start=names.reachable((said.start,)) if said.start else (),
        reach=names.reachable(said.reach),
        written=", ".join(said.reach),
        within=said.within,
        target=said.target,
    )


def resolve_reactions(
    own: Mapping[Written, ReactionShape],
    shared: Mapping[Written, ReactionShape],
    used: Collection[str],
    names: References,
) -> tuple[Reaction, ...]:
    """The map's own reactions, and of the shared ones those that its arrows name."""
    found = []
    for key, said in own.items():
        if key in shared:
            names.report(
                key, sentence("reaction '{key}' stands in reactions/ too; take one away", key=key), code="repeated-name"
            )
        found.append(_reaction(key, said, names))
    found += [_reaction(key, said, names) for key, said in shared.items() if key in used and key not in own]
    return tuple(found)


def _reaction(key: Written, said: ReactionShape, names: References) -> Reaction:
    names.stands(("reaction", str(key)), key)
    check_reaction(key, said, names)
    return Reaction(
        key=str(key),
        purpose=said.purpose,
        topic=str(said.topic) if said.topic else None,
        definition=definition(said),
    )


def check_reaction(key: Written, said: ReactionShape, names: References) -> None:
    """Report what is wrong with a reaction's names, conditions and promises to the customer."""
    if said.purpose == "marketing" and said.topic is None:
        message = sentence(
            "reaction '{key}' is marketing and names no topic that the customer consents to; add topic:", key=key
        )
        names.incomplete(key, message, code="no-topic")
    if said.control_group is not None and said.control_group >= 1:
        names.report(
            key, sentence("the control group of '{key}' is everybody; write less than 100 %", key=key), code="range"
        )
    resolve_goal(said.goal, names)
    for step in every_step(said.steps):
        _check_step(step, names)


def _check_step(step: Shape, names: References) -> None:
    if isinstance(step, SendStep):
        names.channel(step.by)
    elif isinstance(step, WaitForStep):
        names.reachable(step.wait_for)
    elif isinstance(step, IfStep):
        names.expression(step.condition, Scope.CUSTOMER, "boolean")

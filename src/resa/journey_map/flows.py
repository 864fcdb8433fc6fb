"""The file's form of reactions: what is read and checked here and carried out by a later floor."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag

from resa.base.errors import did_you_mean
from resa.base.language import sentence
from resa.documents import Block, Finding, Refusal, Shape, Written, spelling
from resa.journey_map.names import near
from resa.journey_map.numbers import Share, Within
from resa.journey_map.texts import Expression, Name, Names, Prose, Text, one_or_many
from resa.model.quantities import Duration

__all__ = ["GoalShape", "ReactionShape", "Steps", "chosen", "definition", "every_step"]

SHARES_MAKE = 1e-9
"""How far from 100 % the shares of a split may be, for thirds are no finite decimals."""


def chosen(*words: str) -> BeforeValidator:
    """A validator for a field that takes one of a few words; others are refused with the nearest."""

    def choose(value: object) -> str:
        if not isinstance(value, Written):
            raise Refusal(sentence("write one of {words}", words=", ".join(words)), code="choice")
        said = spelling(value)
        if said in words:
            return said
        fix = near(said, words)
        message = sentence(
            "'{value}' is not one of {words}{suggestion}",
            value=value,
            words=", ".join(words),
            suggestion=did_you_mean(said, words),
        )
        raise Refusal(message, code="choice", fix=fix)

    return BeforeValidator(choose)


class GoalShape(Shape):
    """What is to be reached."""

    stand_ins = {"reach": ()}  # noqa: RUF012  # declared as a ClassVar in Shape

    start: Name | None = Field(None, alias="from", description="Touchpoint or stage where the way begins.")
    reach: Names = Field(description="Touchpoint or stage to be reached, or several.")
    within: Within | None = Field(None, description="How long it may take from there, such as 90 days.")
    target: Share | None = Field(None, description="The share to be reached, such as 12 %.")


class SendStep(Shape):
    """Send a message."""

    stand_ins = {"send": "message", "by": "channel"}  # noqa: RUF012  # declared as a ClassVar in Shape

    send: Name = Field(description="Name of the message.")
    by: Name = Field(description="Channel that carries it.")


class TaskStep(Shape):
    """Give a task to people."""

    task: Prose = Field(description="What is to be done; {{ customer.first_name }} is filled in.")
    team: Text = Field(description="Who does it.")


class WaitStep(Shape):
    """Let time pass."""

    wait: Within = Field(description="How long, such as 2 days.")


class WaitForStep(Shape):
    """Wait until the customer does something."""

    stand_ins = {"wait_for": (), "up_to": "1 day"}  # noqa: RUF012  # declared as a ClassVar in Shape

    wait_for: Names = Field(description="Touchpoint or stage waited for, or several.")
    up_to: Within = Field(description="How long at most.")
    then: Steps = Field((), description="Steps when it happened.")
    otherwise: Steps = Field((), description="Steps when it did not.")


class BranchShape(Shape):
    """One way of a split."""

    stand_ins = {"name": "variant", "share": "1 %"}  # noqa: RUF012  # declared as a ClassVar in Shape

    name: Name = Field(description="Name of the variant.")
    share: Share = Field(description="Its share of the customers, such as 50 %.")
    steps: Steps = Field((), description="What its customers meet; none: nothing.")


class SplitStep(Shape):
    """Let customers go different ways, by lot."""

    split: tuple[BranchShape, ...] = Field(min_length=1, description="The ways; their shares make 100 %.")

    def model_post_init(self, context: Any) -> None:
        """Report shares that do not make 100 %."""
        findings = context.get("findings") if isinstance(context, dict) else None
        if findings is not None:
            _check_shares(self.split, findings)


def _check_shares(branches: tuple[BranchShape, ...], findings: list[Finding]) -> None:
    total = sum(branch.share for branch in branches)
    if abs(total - 1) > SHARES_MAKE:
        message = sentence("the shares of this split make {total:.4g} %; they must make 100 %", total=total * 100)
        findings.append(Finding(branches[0].name.problem(message, code="shares")))
    seen: set[str] = set()
    for branch in branches:
        if branch.name in seen:
            message = sentence("'{branch}' names two variants; give one another name", branch=branch.name)
            findings.append(Finding(branch.name.problem(message, code="repeated-name")))
        seen.add(branch.name)


class IfStep(Shape):
    """Let a fact about the customer decide."""

    stand_ins = {"if": "true"}  # noqa: RUF012  # declared as a ClassVar in Shape

    condition: Expression = Field(alias="if", description="Condition about the customer, such as traits.orders > 3.")
    then: Steps = Field((), description="Steps when it holds.")
    otherwise: Steps = Field((), description="Steps when it does not.")


class ExitStep(Shape):
    """Leave the flow."""

    exit: Text = Field(description="Why, in a few words.")


_KINDS = ("send", "task", "wait", "wait_for", "split", "if", "exit")


def _kind(value: object) -> str:
    """Which step is written, as the tag of its shape; tags are in <> so that no key is taken for one."""
    if isinstance(value, Block):
        for key in value:
            if spelling(key) in _KINDS:
                return f"<{spelling(key)}>"
    return "<none>"


def _known_step(value: object) -> object:
    if isinstance(value, Block):
        kinds = [key for key in value if spelling(key) in _KINDS]
        if len(kinds) == 1:
            return value
        if len(kinds) > 1:
            message = sentence(
                "'{first}' and '{second}' are two steps; begin the second with its own '- '",
                first=kinds[0],
                second=kinds[1],
            )
            raise Refusal(message, code="step")
        first = next(iter(value), None)
        if first is not None:
            known = ", ".join(_KINDS)
            suggestion = did_you_mean(spelling(first), _KINDS)
            raise Refusal(
                sentence(
                    "'{first}' is not a step; steps are {known}{suggestion}",
                    first=first,
                    known=known,
                    suggestion=suggestion,
                ),
                code="step",
            )
    if isinstance(value, Written) and value.casefold() == "exit":
        raise Refusal(sentence("say why: exit: goal reached"), code="step", fix="exit: goal reached")
    raise Refusal(sentence("a step belongs here: {kinds}", kinds=", ".join(_KINDS)), code="step")


Step = Annotated[
    Annotated[SendStep, Tag("<send>")]
    | Annotated[TaskStep, Tag("<task>")]
    | Annotated[WaitStep, Tag("<wait>")]
    | Annotated[WaitForStep, Tag("<wait_for>")]
    | Annotated[SplitStep, Tag("<split>")]
    | Annotated[IfStep, Tag("<if>")]
    | Annotated[ExitStep, Tag("<exit>")],
    Discriminator(_kind),
    BeforeValidator(_known_step),
]
"""One step of a flow."""

Steps = Annotated[tuple[Step, ...], BeforeValidator(one_or_many, json_schema_input_type=Step | list[Step])]
"""Steps in order."""


class ReactionShape(Shape):
    """What the business does when an expectation is met or missed."""

    stand_ins = {"purpose": "transactional", "steps": ()}  # noqa: RUF012  # declared as a ClassVar in Shape

    name: Text | None = Field(None, description="Name for people.")
    about: Prose | None = Field(None, description="What it is for.")
    owner: Text | None = Field(None, description="Who answers for it.")
    purpose: Annotated[Literal["marketing", "transactional"], chosen("marketing", "transactional")] = Field(
        description="marketing asks for consent to the topic; transactional does not."
    )
    topic: Name | None = Field(None, description="What consent is about; marketing needs one.")
    goal: GoalShape | None = Field(None, description="What the customer should reach.")
    control_group: Share | None = Field(None, description="Share of customers left alone, to prove the effect.")
    again_after: Within | None = Field(None, description="How long before the same customer may get it again.")
    steps: Steps = Field(description="What happens, in order.")


for _model in (WaitForStep, BranchShape, SplitStep, IfStep, ReactionShape):
    _model.model_rebuild()


def every_step(steps: tuple[Shape, ...]) -> list[Shape]:
    """The steps and all steps inside them, in the order of the file."""
    found: list[Shape] = []
    for step in steps:
        found.append(step)
        for inner in (
            getattr(step, "then", ()),
            getattr(step, "otherwise", ()),
            *(branch.steps for branch in getattr(step, "split", ())),
        ):
            found += every_step(inner)
    return found


def definition(value: object) -> Any:
    """A checked shape as JSON-like data, the keys as in the file, durations and days written out."""
    if isinstance(value, Shape):
        fields = type(value).model_fields
        return {
            field.alias or name: definition(getattr(value, name))
            for name, field in fields.items()
            if getattr(value, name) is not None and getattr(value, name) != ()
        }
    if isinstance(value, (list, tuple)):
        return [definition(item) for item in value]
    if isinstance(value, (Duration, date)):
        return str(value)
    return str(value) if isinstance(value, str) else value

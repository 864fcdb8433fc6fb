"""`segments.yaml` and `traits.yaml` as they are written: who is looked at, and what is known of each customer."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, RootModel

from resa.base.language import sentence
from resa.documents import Refusal, Shape, Written
from resa.journey_map.flows import chosen
from resa.journey_map.numbers import Within
from resa.journey_map.shapes import Named
from resa.journey_map.texts import Expression, Name, Names, Prose, Text

__all__ = ["SegmentShape", "SegmentsFile", "TraitShape", "TraitsFile"]


class SegmentShape(Shape):
    """Customers that an expression selects; a text alone is short for `{who: …}`."""

    hints = {  # noqa: RUF012  # declared as a ClassVar in Shape
        "if": sentence("write who: and the condition"),
        "when": sentence("a segment selects customers: write who: and the condition"),
        "title": sentence("write name:"),
    }

    name: Text | None = Field(None, description="Name for people; else made from the key.")
    about: Prose | None = Field(None, description="What it is for, in a sentence or two.")
    owner: Text | None = Field(None, description="Who answers for it.")
    map: Name | None = Field(None, description="Whose touchpoints and expectations are meant; none: the only map.")
    who: Expression = Field(description="Condition that selects its customers, such as traits.orders >= 2.")


def _segment(value: object) -> object:
    return {"who": value} if isinstance(value, Written) else value


_EVENTS = ("events",)
_ENDS = ("first", "last")


class TraitShape(Shape):
    """What is known of a customer: computed from her events, or given by sources with a rule whose word counts."""

    hints = {  # noqa: RUF012  # declared as a ClassVar in Shape
        "within": sentence("write in_last: 90 days"),
        "max": sentence("there are count, sum, first, last, most_frequent and days_since"),
        "min": sentence("there are count, sum, first, last, most_frequent and days_since"),
        "source": sentence("write sources: [one, two], the first that has said it counts"),
    }

    about: Prose | None = Field(None, description="What it tells, in a sentence or two.")
    of: Names = Field((), description="Touchpoints or stages whose visits count; none: any event.")
    when: Expression | None = Field(None, description="Condition about an event; only such events count.")
    in_last: Within | None = Field(None, description="Only events of the last 90 days, say, count.")
    count: Annotated[Literal["events"], chosen(*_EVENTS)] | None = Field(None, description="The number of events.")
    sum: Expression | None = Field(None, description="A number to add up: value, or such as properties.pieces.")
    first: Expression | None = Field(None, description="What the first event says, such as properties.campaign.")
    last: Expression | None = Field(None, description="What the last event says, such as channel.")
    most_frequent: Expression | None = Field(None, description="What most events say; of several, the latest.")
    days_since: Annotated[Literal["first", "last"], chosen(*_ENDS)] | None = Field(
        None, description="Days of 24 hours since the first or the last event."
    )
    sources: Names = Field(
        (), description="For a trait that sources give: the first of these that has said it counts, however long ago."
    )


def _trait(value: object) -> object:
    if isinstance(value, Written):
        raise Refusal(
            sentence("say how it is computed, such as {example}", example="{count: events}"), code="computed-trait"
        )
    return value


class SegmentsFile(
    RootModel[
        Annotated[
            dict[Name, Annotated[SegmentShape, BeforeValidator(_segment, json_schema_input_type=SegmentShape | str)]],
            Named,
        ]
    ]
):
    """`segments.yaml`."""


class TraitsFile(RootModel[Annotated[dict[Name, Annotated[TraitShape, BeforeValidator(_trait)]], Named]]):
    """`traits.yaml`."""

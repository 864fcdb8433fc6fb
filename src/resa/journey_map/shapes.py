"""The journey file as it is written: every key with what it takes, short forms included."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, RootModel, ValidationInfo

from resa.base.errors import did_you_mean
from resa.base.language import sentence
from resa.documents import Block, Finding, Items, Refusal, Shape, Written, quoted, report, spelling
from resa.journey_map.flows import GoalShape, ReactionShape, chosen
from resa.journey_map.names import normalised
from resa.journey_map.numbers import Day, Days, Feeling, Money, Occurrence, Review, Scale, Share, Within, YesNo
from resa.journey_map.texts import Arrow, Expression, Name, Names, Picture, Prose, Text, Thoughts, one_or_many

__all__ = [
    "ExpectShape",
    "MapShape",
    "Named",
    "PainPointShape",
    "ReactionFile",
    "ReactionsFile",
    "SignalShape",
    "SignalsFile",
    "StageShape",
    "TouchpointShape",
]

_PAIN_POINT_KEYS = frozenset({"text", "source", "shown_by", "improvement"})
_LANGUAGES = {"en": "en", "sv": "sv", "nb": "nb", "hu": "hu", "no": "nb", "nn": "nb"}


def _unique(value: object, info: ValidationInfo) -> object:
    """A mapping of names: two that are one after normalising are reported, the first stands."""
    if isinstance(value, Items):
        raise Refusal(sentence("write 'name: …' lines here, without '- '"), code="type")
    if not isinstance(value, Block):
        return value if value is not None else {}
    kept = Block()
    kept.source, kept.node = value.source, value.node
    seen: dict[str, Written] = {}
    for key, item in value.items():
        first = seen.setdefault(normalised(key), key)
        if first is key:
            kept[key] = item
            continue
        line, _ = value.source.position(first.node.start)
        message = sentence(
            "'{key}' is the same name as '{first}' in line {line}; take one away", key=key, first=first, line=str(line)
        )
        report(info, Finding(key.problem(message, code="repeated-name")))
    return kept


def _nothing_is_empty(value: object) -> object:
    return {} if value is None else value


Named = BeforeValidator(_unique)
"""For mappings from names."""


def _young(shape: Any) -> BeforeValidator:
    """For parts that may be announced before anything is said of them."""
    return BeforeValidator(_nothing_is_empty, json_schema_input_type=shape | None)


class EmotionShape(Shape):
    """How it feels; `emotion: -1` is short for `{now: -1}`."""

    now: Feeling | None = Field(None, description="How it feels today, from -2 to +2.")
    aim: Feeling | None = Field(None, description="How it should feel, from -2 to +2.")


def _emotion(value: object) -> object:
    return {"now": value} if isinstance(value, Written) else value


Emotions = Annotated[EmotionShape, BeforeValidator(_emotion, json_schema_input_type=EmotionShape | int)]


class PainPointShape(Shape):
    """What customers suffer; a text alone is short for `{text: …}`."""

    stand_ins = {"text": "…"}  # noqa: RUF012  # declared as a ClassVar in Shape

    text: Prose = Field(description="One thought.")
    source: Prose | None = Field(None, description="Where it was learned; none: assumed.")
    shown_by: Arrow | None = Field(None, description="Expectation that measures it, such as product_page.cart.")
    improvement: Name | None = Field(None, description="The improvement that acts on it.")


def _pain_points(value: object) -> object:
    """Thoughts among pain points become pain points that have only a text."""
    if isinstance(value, Block) and any(spelling(key) in _PAIN_POINT_KEYS for key in value):
        value = [value]
    if not isinstance(value, (list, tuple)):
        value = one_or_many(value)
    items = value if isinstance(value, list) else [value]
    return [
        item if isinstance(item, Block) and any(spelling(key) in _PAIN_POINT_KEYS for key in item) else {"text": item}
        for item in items
        if item is not None
    ]


PainPoints = Annotated[
    tuple[PainPointShape, ...],
    BeforeValidator(_pain_points, json_schema_input_type=PainPointShape | str | list[PainPointShape | str]),
]


class DifferenceShape(Shape):
    """What differs at a touchpoint for one persona."""

    emotion: Emotions | None = Field(None, description="How it feels for this persona.")
    actions: Thoughts = Field((), description="What this persona does, one thought a line.")
    motivation: Thoughts = Field((), description="What this persona wants, one thought a line.")
    questions: Thoughts = Field((), description="What this persona asks, one thought a line.")
    pain_points: PainPoints = Field((), description="What this persona suffers.")


class ExpectShape(Shape):
    """An arrow: after this touchpoint, the next is expected within a time."""

    stand_ins = {"next": (), "within": "1 day"}  # noqa: RUF012  # declared as a ClassVar in Shape

    name: Arrow | None = Field(None, description="Its name; else product_page.cart, from what it joins.")
    next: Names = Field(description="Touchpoint or stage expected next, or several (any of them).")
    within: Within = Field(description="How long it may take: 4 hours, 3 working days.")
    unless: Names = Field((), description="Touchpoints that cancel it.")
    target: Share | None = Field(None, description="The share that should meet it, such as 45 %.")
    owner: Text | None = Field(None, description="Who answers for it.")
    renews: YesNo | None = Field(None, description="A further start restarts the clock; false keeps the first.")
    per: Expression | None = Field(None, description="One arrow a value, such as properties.order_id.")
    if_met: Name | None = Field(None, description="Reaction when it is met.")
    if_missed: Name | None = Field(None, description="Reaction when it is missed.")


Arrows = Annotated[
    tuple[ExpectShape, ...], BeforeValidator(one_or_many, json_schema_input_type=ExpectShape | list[ExpectShape])
]


class TouchpointShape(Shape):
    """A kind of interaction, and what people know of it."""

    name: Text | None = Field(None, description="Name for people; else made from the key.")
    channel: Names = Field((), description="Channel, or several.")
    owner: Text | None = Field(None, description="Who answers for it.")
    picture: Picture | None = Field(None, description="Picture, relative to this file: PNG, JPEG, GIF or WebP; 500 KB.")
    actions: Thoughts = Field((), description="What the customer does, one thought a line.")
    motivation: Thoughts = Field((), description="What the customer wants, one thought a line.")
    questions: Thoughts = Field((), description="What the customer asks, one thought a line.")
    pain_points: PainPoints = Field((), description="What the customer suffers, one thought a line.")
    frontstage: Thoughts = Field((), description="What our people and systems do in the customer's sight.")
    backstage: Thoughts = Field((), description="What happens behind the scenes.")
    support: Thoughts = Field((), description="What other processes, systems and suppliers do for it.")
    emotion: Emotions | None = Field(None, description="How it feels now, and how it should.")
    moment_of_truth: YesNo = Field(default=False, description="Whether this touchpoint decides.")
    differences: Annotated[dict[Name, Annotated[DifferenceShape, _young(DifferenceShape)]], Named] = Field(
        default_factory=dict, alias="for", description="What differs for single personas."
    )
    expect: Arrows = Field((), description="What we expect the customer to do next.")
    promise: Arrows = Field((), description="What we promise to do next.")
    was: Names = Field((), description="Former names, so that history is kept.")


class StageShape(Shape):
    """A part of the journey; a list of touchpoints alone is short for `{touchpoints: [...]}`."""

    name: Text | None = Field(None, description="Name for people; else made from the key.")
    touchpoints: Names = Field((), description="Touchpoints, in order.")
    was: Names = Field((), description="Former names, so that what was said of it is kept.")


def _stage(value: object) -> object:
    return value if isinstance(value, Block) else {"touchpoints": [] if value is None else value}


def _stages(value: object, info: ValidationInfo) -> object:
    """Stages as a mapping, whether they were written as one or as a list of names."""
    if isinstance(value, tuple):
        return {}  # they could not be read; what else the file says is checked all the same
    if isinstance(value, (Items, Block)) and not value:
        raise Refusal(sentence("no stage stands here; write at least one"), code="too-short")
    if isinstance(value, Items):
        whole = Block()
        whole.source, whole.node = value.source, value.node
        seen: set[str] = set()
        for item in value:
            entries = (
                [(item, None)] if isinstance(item, Written) else list(item.items()) if isinstance(item, Block) else []
            )
            for key, touchpoints in entries:
                if normalised(key) in seen:
                    report(
                        info,
                        Finding(
                            key.problem(
                                sentence("'{key}' names two stages; take one away", key=key), code="repeated-name"
                            )
                        ),
                    )
                seen.add(normalised(key))
                whole.setdefault(key, touchpoints)
        return whole
    if isinstance(value, Written):
        parts = ", ".join(part.strip() for part in value.split(",") if part.strip())
        fix = f"[{parts}]" if "," in value else None
        raise Refusal(
            sentence("write the stages one a line, each after '- ', or as {fix}", fix=fix)
            if fix
            else sentence("write the stages one a line, each after '- '"),
            fix=fix,
        )
    return _unique(value, info)


Stages = Annotated[
    dict[Name, Annotated[StageShape, BeforeValidator(_stage)]],
    BeforeValidator(
        _stages,
        json_schema_input_type=Annotated[dict[str, StageShape | str | list[str] | None], Field(min_length=1)]
        | Annotated[list[str | dict[str, StageShape | str | list[str] | None]], Field(min_length=1)],
    ),
]


class PersonaShape(Shape):
    """A described kind of customer."""

    name: Text | None = Field(None, description="Name for people.")
    about: Prose | None = Field(None, description="Who they are, in a sentence or two.")
    quote: Prose | None = Field(None, description="What one of them said.")
    path: Names = Field((), description="Touchpoints, the way planned for them.")
    picture: Picture | None = Field(None, description="Picture, relative to this file: PNG, JPEG, GIF or WebP; 500 KB.")
    who: Expression | None = Field(None, description="Condition that selects them, such as traits.orders <= 2.")


_KINDS = ("external", "internal", "peripheral")


class ChannelShape(Shape):
    """Where interactions happen; a kind alone is short for `{kind: …}`."""

    name: Text | None = Field(None, description="Name for people.")
    kind: Annotated[Literal["external", "internal", "peripheral"], chosen(*_KINDS)] = Field(
        "external", description="external: ours, no staff; internal: with staff or processes; peripheral: indirect."
    )
    cost: Money | None = Field(None, description="What one contact costs, in the map's currency.")


def _channel(value: object) -> object:
    return {} if value is None else {"kind": value} if isinstance(value, Written) else value


def _channels(value: object, info: ValidationInfo) -> object:
    if isinstance(value, Items) and all(isinstance(item, Written) for item in value):
        whole = Block((item, None) for item in value)
        whole.source, whole.node = value.source, value.node
        return whole
    return _unique(value, info)


Channels = Annotated[
    dict[Name, Annotated[ChannelShape, BeforeValidator(_channel)]],
    BeforeValidator(
        _channels,
        json_schema_input_type=dict[str, ChannelShape | Literal["external", "internal", "peripheral"] | None]
        | list[str],
    ),
]


_STATES = ("idea", "planned", "doing", "done", "dropped")


class ImprovementShape(Shape):
    """What is changed, with before and after."""

    name: Text | None = Field(None, description="Name for people.")
    about: Prose | None = Field(None, description="What it is, in a sentence or two.")
    owner: Text | None = Field(None, description="Who does it.")
    state: Annotated[Literal["idea", "planned", "doing", "done", "dropped"], chosen(*_STATES)] = Field(
        "idea", description="How far it is."
    )
    since: Day | None = Field(None, description="First day it was in force, year-month-day.")
    should_move: Arrow | None = Field(None, description="Expectation it should move, such as product_page.cart.")


_COUNTED = ("visits", "customers")


class MetricShape(Shape):
    """A number about visits: a count, sum, mean, share or quantile."""

    name: Text | None = Field(None, description="Name for people.")
    about: Prose | None = Field(None, description="What it tells, in a sentence or two.")
    unit: Text | None = Field(None, description="Unit of the number, for people.")
    owner: Text | None = Field(None, description="Who answers for it.")
    of: Names = Field((), description="Touchpoints or stages whose visits it is about; none: all.")
    count: Annotated[Literal["visits", "customers"], chosen(*_COUNTED)] | None = Field(
        None, description="The number of visits, or of customers."
    )
    sum: Expression | None = Field(None, description="A number to add up: value, or such as properties.pieces.")
    mean: Expression | None = Field(None, description="A number whose mean is taken.")
    share: Expression | None = Field(None, description="A condition; the share of visits for which it holds.")
    quantile: Expression | None = Field(None, description="A number whose quantile is taken; see at.")
    at: Share | None = Field(None, description="Which quantile: 50 % (the median), 90 %.")
    per: Annotated[Literal["customer"], chosen("customer")] | None = Field(
        None, description="customer: count or sum divided by the customers with such a visit."
    )


class SignalShape(Shape):
    """How events show a touchpoint, or who a persona is."""

    page: Text | None = Field(None, description="Path of a page seen; * stands for any text.")
    event: Text | None = Field(None, description="Name of the event; * stands for any text.")
    when: Expression | None = Field(None, description="Condition about an event.")
    occurrence: Occurrence | None = Field(None, description="Which of a customer's events count: 1, 2+, 1-3.")
    value: Expression | None = Field(None, description="What an event is worth, such as properties.total.")
    score: Expression | None = Field(None, description="How it was felt, such as properties.stars.")
    scale: Scale | None = Field(None, description="Lowest and highest score, such as 1-5.")
    daily_number: Name | None = Field(None, description="Name of a number by day, without customers.")
    not_seen: Prose | None = Field(None, description="Why there are no data.")
    who: Expression | None = Field(None, description="Condition that selects a persona's customers.")


def _signal(value: object) -> object:
    if isinstance(value, Written):
        key = "page" if value.startswith("/") else "event"
        new = f"{{{key}: {value if value.isidentifier() else quoted(value)}}}"
        raise Refusal(sentence("say what '{value}' is: {new}", value=value, new=new), code="signal", fix=new)
    return value


Signals = Annotated[dict[Name, Annotated[SignalShape, BeforeValidator(_signal)]], Named]
Reactions = Annotated[dict[Name, ReactionShape], Named]


class SignalsFile(RootModel[Signals]):
    """`signals.yaml`."""


class ReactionsFile(RootModel[Reactions]):
    """One file of `reactions/`, of several reactions."""


class ReactionFile(RootModel[Annotated[ReactionShape, Field()]]):
    """One file of `reactions/`, of one reaction named as the file."""


def _version(value: object) -> int:
    if isinstance(value, Written) and value == "1":
        return 1
    raise Refusal(
        sentence("'{value}' is not a version of the format that this Resa reads; write 1", value=value),
        code="version",
        fix="1",
    )


def _language(value: object) -> str:
    said = spelling(value) if isinstance(value, Written) else ""
    if said in _LANGUAGES:
        return _LANGUAGES[said]
    words = {"english": "en", "swedish": "sv", "svenska": "sv", "se": "sv", "norwegian": "nb", "norsk": "nb"}
    fix = words.get(said) or {"bokmål": "nb", "hungarian": "hu", "magyar": "hu"}.get(said)
    raise Refusal(
        sentence("'{value}' is not a language that Resa speaks; write en, sv, nb or hu", value=value),
        code="language",
        fix=fix,
    )


def _currency(value: object) -> str:
    text = value.strip() if isinstance(value, Written) else ""
    if len(text) == 3 and text.isascii() and text.isalpha():
        if text.isupper():
            return text
        raise Refusal(
            sentence("'{text}': currencies have capital letters; write {capitals}", text=text, capitals=text.upper()),
            fix=text.upper(),
        )
    hint = {"€": "EUR", "$": "USD", "£": "GBP", "ft": "HUF"}.get(text.casefold())
    message = sentence("'{text}' is not a currency's code of three letters, such as SEK, NOK or EUR", text=text)
    raise Refusal(message, code="currency", fix=hint)


def _timezone(value: object) -> str:
    text = value.strip() if isinstance(value, Written) else ""
    from zoneinfo import available_timezones  # noqa: PLC0415  # reads a folder; only where it is asked

    zones = available_timezones()
    if text in zones:
        return text
    suggestion = did_you_mean(text, zones)
    fix = suggestion.split("'")[1] if suggestion else None
    message = sentence(
        "'{text}' is not a time zone, such as Europe/Stockholm{suggestion}", text=text, suggestion=suggestion
    )
    raise Refusal(message, code="timezone", fix=fix)


class MapShape(Shape):
    """A journey map: stages and touchpoints, what people know of them, how we see them and what we do.

    Only `stages` is needed: six lines draw a map.
    """

    hints = {  # noqa: RUF012  # declared as a ClassVar in Shape
        "segments": sentence("segments stand in segments.yaml, which all maps share"),
        "traits": sentence("traits stand in traits.yaml, which all maps share"),
        "expect": sentence("it stands inside a touchpoint"),
        "promise": sentence("it stands inside a touchpoint"),
        "steps": sentence("it stands inside a reaction"),
        "pain_points": sentence("they stand inside a touchpoint"),
    }

    stand_ins = {"stages": ()}  # noqa: RUF012  # declared as a ClassVar in Shape

    resa: Annotated[Literal[1], BeforeValidator(_version)] = Field(1, description="Version of this format.")
    title: Text | None = Field(None, description="Title for people.")
    language: Annotated[Literal["en", "sv", "nb", "hu"], BeforeValidator(_language)] = Field(
        "en", description="Language of the texts."
    )
    timezone: Annotated[str, BeforeValidator(_timezone)] = Field("UTC", description="Zone that days are counted in.")
    currency: Annotated[str, BeforeValidator(_currency)] | None = Field(None, description="ISO 4217 code: SEK.")
    owner: Text | None = Field(None, description="Who answers for the map.")
    review: Review | None = Field(None, description="How often it is looked at: every 3 months.")
    reviewed: Day | None = Field(None, description="When it was last looked at, year-month-day.")
    holidays: Days = Field((), description="Days that are no working days, year-month-day.")
    goal: GoalShape | None = Field(None, description="What the journey is for.")
    account: Expression | None = Field(
        None, description="What names a customer's account, firm or household, such as traits.company."
    )
    stages: Stages = Field(description="The parts of the journey, left to right, with their touchpoints.")
    personas: Annotated[dict[Name, Annotated[PersonaShape, _young(PersonaShape)]], Named] = Field(
        default_factory=dict, description="Kinds of customers."
    )
    channels: Channels = Field(default_factory=dict, description="Where interactions happen.")
    touchpoints: Annotated[dict[Name, Annotated[TouchpointShape, _young(TouchpointShape)]], Named] = Field(
        default_factory=dict, description="What people know of each touchpoint."
    )
    improvements: Annotated[dict[Name, Annotated[ImprovementShape, _young(ImprovementShape)]], Named] = Field(
        default_factory=dict, description="What is changed."
    )
    metrics: Annotated[dict[Name, Annotated[MetricShape, _young(MetricShape)]], Named] = Field(
        default_factory=dict, description="Numbers to follow."
    )
    signals: Signals = Field(default_factory=dict, description="How events show touchpoints.")
    reactions: Reactions = Field(default_factory=dict, description="What we do when an arrow is met or missed.")

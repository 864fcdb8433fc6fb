"""The form of a question: a control for each of its fields, with what the map and the data have to choose from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from resa.analytics import KINDS, arrow_name
from resa.base.errors import QuestionError
from resa.base.language import Sentence
from resa.drawing import PROCESS_NUMBERS, format_any_of, said_in
from resa.model.journey import JourneyMap
from resa.model.quantities import in_words
from resa.screens.asking import EXPRESSIONS, SPANS, Asked
from resa.screens.visits import Visit

__all__ = ["Control", "controls_of"]

Shape = Literal["one", "many", "steps", "day", "text", "number", "share", "tick"]
Options = list[tuple[str, list[tuple[str, str]]]]
"""Groups, the empty one first, each with values and what people call them."""

_FUNNEL_STEPS: Final = 8
_PERIODS: Final = ("day", "week", "month", "quarter")
_MOST_GROUPS: Final = 200

_OWN: Final[Mapping[str, tuple[tuple[str, Shape], ...]]] = {
    "expectations": (("names", "many"), ("kinds", "many"), ("curve", "tick")),
    "funnel": (("steps", "steps"), ("within", "text"), ("mature", "tick"), ("directly", "tick"), ("unless", "many")),
    "paths": (
        *(("start", "one"), ("end", "one"), ("steps", "number"), ("top", "number")),
        *(("sessions", "text"), ("collapse", "tick")),
    ),
    "process": (("touchpoints", "share"), ("arrows", "share"), ("show", "one")),
    "variants": (("top", "number"), ("collapse", "tick")),
    "trend": (("of", "one"), ("every", "one")),
    "retention": (
        *(("start", "one"), ("returns", "one"), ("every", "one"), ("periods", "number")),
        ("rolling", "tick"),
    ),
    "stages": (("every", "one"), ("quiet_after", "text")),
    "improvements": (("names", "many"), ("days", "number")),
    "channels": (("of", "one"), ("within", "text")),
    "metrics": (("names", "many"),),
    "friction": (("within", "text"), ("limit", "number")),
    "planned": (("plans", "many"),),
    "conformance": (("plans", "many"), ("top", "number"), ("collapse", "tick")),
}
"""The fields that belong to single kinds of question."""

_COMMON: Final[tuple[tuple[str, Shape], ...]] = (
    *(("from", "day"), ("until", "day"), ("channel", "many"), ("device", "many"), ("persona", "many")),
    *(("by", "one"), ("compare", "steps"), ("count_by", "one"), ("where", "text"), ("events", "text")),
)
_UNKNOWN_CUSTOMERS: Final = ("from", "until")
"""What can be asked of visits whose customer nobody knows."""

_NOT_COMPARED: Final = frozenset({"improvements", "metrics", "friction"})

_HINTS: Final[Mapping[str, str]] = {
    "events": "value > 100",
    "quiet_after": "90 days",
    "sessions": "30 min",
    "where": "traits.country = 'SE'",
    "within": "7 days",
}
"""What may be typed; of durations, as a file has them."""


@dataclass(frozen=True, kw_only=True)
class Control:
    """One field of a form.

    Attributes:
        name: As the address has it.
        shape: Of the control.
        label: What it is about.
        values: What is chosen.
        options: What there is to choose from.
        nothing: What it is called to choose nothing; empty: something must be chosen.
        ticked: What a tick says in the address.
        hint: What may be written.
        problems: What is wrong with it.
        kinds_own: Whether it belongs to this kind of question alone.
    """

    name: str
    shape: Shape
    label: str
    values: tuple[str, ...]
    options: Options
    nothing: str
    ticked: str
    hint: str
    problems: tuple[Sentence, ...]
    kinds_own: bool

    @property
    def chosen(self) -> str:
        """The one value, or the names of the several."""
        names = dict(self.listed)
        return ", ".join(names.get(value, value) for value in self.values) or self.nothing

    @property
    def listed(self) -> list[tuple[str, str]]:
        """All options, and before them what is chosen and stands in none."""
        known = [pair for _, pairs in self.options for pair in pairs]
        return [*((value, value) for value in self.values if value not in dict(known)), *known]

    @property
    def rows(self) -> tuple[str, ...]:
        """What each of several selects shows."""
        least = _FUNNEL_STEPS if self.name == "steps" else 2
        return (*self.values, *("" for _ in range(least - len(self.values))))


def controls_of(visit: Visit, asked: Asked, journey_map: JourneyMap, groups: Sequence[str]) -> list[Control]:
    """The form of a question, its own fields first.

    Args:
        visit: Who asks.
        asked: What is asked.
        journey_map: The map.
        groups: What the answer is grouped by has these groups.
    """
    own = _OWN.get(asked.kind, ())
    common = [pair for pair in _COMMON if asked.kind != "coverage" or pair[0] in _UNKNOWN_CUSTOMERS]
    unasked = {"count_by"} if not journey_map.account else set()
    unasked |= {"compare"} if asked.kind in _NOT_COMPARED or not (groups or asked.said.get("compare")) else set()
    unasked |= set() if visit.may("names") else set(EXPRESSIONS)
    common = [pair for pair in common if pair[0] not in unasked]
    maker = _Maker(visit, asked, journey_map, groups)
    found = [maker.control(name, shape, own=True) for name, shape in own]
    return found + [maker.control(name, shape, own=False) for name, shape in common]


@dataclass(frozen=True)
class _Maker:
    """Makes the controls of one form."""

    visit: Visit
    asked: Asked
    journey_map: JourneyMap
    groups: Sequence[str]

    def control(self, name: str, shape: Shape, *, own: bool) -> Control:
        """The control of a field."""
        kind, say = self.asked.kind, self.visit.say
        word = f"ask_{kind}_{name}" if (kind, name) in _NAMED_APART else f"ask_{name}"
        values, hint = self._values(name), _HINTS.get(name, "")
        if name in SPANS:
            values, hint = tuple(self._span(one) for one in values), self._span(hint)
        return Control(
            name=name,
            shape=shape,
            label=say(word),
            values=values,
            options=self._options(name, values),
            nothing=self._nothing(name),
            ticked="no" if _default(kind, name) is True else "yes",
            hint=hint,
            problems=self.asked.problems.get(name, ()),
            kinds_own=own,
        )

    def _values(self, name: str) -> tuple[str, ...]:
        """What is asked; where something is wrong, what was written."""
        usual = self.asked.usual.get(name, _default(self.asked.kind, name))
        if self.asked.question is None:
            return self.asked.said.get(name) or _as_written(usual)
        return _as_written(self.asked.question.document.get(name, _default(self.asked.kind, name)))

    def _span(self, text: str) -> str:
        return in_words(text, self.visit.language)

    def _nothing(self, name: str) -> str:
        kind, say = self.asked.kind, self.visit.say
        if name in {"every", "show", "count_by"} or (kind, name) in {("trend", "of"), ("channels", "of")}:
            return ""
        if name in {"start", "end"} and kind == "paths":
            return str(say(f"ask_paths_{name}_any"))
        words = {"by": "ask_not_grouped", "steps": "ask_no_step", "compare": "ask_no_group", "unless": "ask_none"}
        return str(say(words.get(name, "ask_all")))

    def _options(self, name: str, values: tuple[str, ...]) -> Options:
        kind, say, journey_map = self.asked.kind, self.visit.say, self.journey_map
        if name in {"steps", "start", "end", "returns", "unless"} or (kind, name) == ("trend", "of"):
            return self._places(values, arrows=name == "of")
        plain: Mapping[str, Iterable[tuple[str, str]]] = {
            "channel": _channels(self.visit, journey_map),
            "device": ((one, one) for one in _devices(self.visit, journey_map)),
            "persona": ((one.key, one.name) for one in journey_map.personas),
            "plans": ((one.key, one.name) for one in journey_map.personas if one.path),
            "compare": ((one, self._group(one)) for one in self.groups[:_MOST_GROUPS]),
            "kinds": ((one, str(say(f"ask_kinds_{one}"))) for one in ("expectation", "promise")),
            "show": ((one, str(say(f"ask_show_{one}"))) for one in PROCESS_NUMBERS),
            "every": ((one, str(say(f"ask_{one}"))) for one in _PERIODS),
            "count_by": ((one, str(say(f"ask_{one}"))) for one in ("customer", "account")),
            "of": ((one, str(say(f"ask_{one}"))) for one in ("channel", "device")),
            "names": self._named(),
        }
        if name == "by":
            return self._groupings()
        return [("", list(plain[name]))] if name in plain else []

    def _places(self, values: tuple[str, ...], *, arrows: bool) -> Options:
        """Touchpoints by stage; then whole stages, and where one may ask for them, expectations."""
        journey_map, say = self.journey_map, self.visit.say
        names = {one.key: one.name for one in journey_map.touchpoints}
        stages = [(stage.key, stage.name) for stage in journey_map.stages if stage.touchpoints]
        found: Options = []
        if arrows:
            arrows_named = [(one.name, arrow_name(journey_map, one.name)) for one in journey_map.expectations]
            found.append((say("expectations_and_promises"), arrows_named))
        found += [(stage.name, [(key, names[key]) for key in stage.touchpoints]) for stage in journey_map.stages]
        known = {*names, *(key for key, _ in stages)}
        found.append((say("ask_whole_stages"), [(key, name) for key, name in stages if key not in names]))
        language = said_in(self.visit.language)
        several = [
            (value, format_any_of([names.get(one, one) for one in value.split(",")], language))
            for value in values
            if "," in value and known.issuperset(value.split(","))
        ]
        return [("", several), *(group for group in found if group[1])]

    def _groupings(self) -> Options:
        say, journey_map = self.visit.say, self.journey_map
        kinds = [(one, str(say(f"ask_{one}"))) for one in ("persona", "channel", "device")]
        if self.asked.kind not in {"trend", "retention", "improvements"}:
            kinds += [(one, str(say(f"ask_{one}"))) for one in _PERIODS]
        named = self.visit.may("names")
        traits = [(f"traits.{one.key}", one.key.replace("_", " ")) for one in journey_map.traits if named]
        return [("", kinds), *([(str(say("ask_traits")), traits)] if traits else [])]

    def _named(self) -> list[tuple[str, str]]:
        journey_map = self.journey_map
        match self.asked.kind:
            case "metrics":
                return [(one.key, one.name) for one in journey_map.metrics]
            case "improvements":
                found = (one for one in journey_map.improvements if one.since and one.should_move)
                return [(one.key, one.name) for one in found]
            case _:
                return [(one.name, arrow_name(journey_map, one.name)) for one in journey_map.expectations]

    def _group(self, label: str) -> str:
        by = "".join(self.asked.said.get("by", ()))
        if by == "persona" and label in self.journey_map.persona:
            return self.journey_map.persona[label].name
        return dict(_channels(self.visit, self.journey_map)).get(label, label) if by == "channel" else label


_NAMED_APART: Final = frozenset(
    {("paths", "steps"), ("channels", "of"), ("channels", "within"), ("friction", "within"), ("variants", "collapse")}
    | {("retention", "start")}
)
"""Fields that mean something else to one kind of question than to others."""


def _default(kind: str, name: str) -> Any:
    field = {"from": "since", "map": "map_key"}.get(name, name)
    return getattr(KINDS[kind], field, None)  # what a dataclass leaves at its default stands at its class


def _as_written(value: Any) -> tuple[str, ...]:
    """A value of a document as a control shows it."""
    match value:
        case None | ():
            return ()
        case bool():
            return ("yes" if value else "no",)
        case float():
            return (f"{value * 100:g}",)
        case list() | tuple():
            return tuple(",".join(one) if isinstance(one, list) else str(one) for one in value)
        case _:
            return (str(value),)


def _channels(visit: Visit, journey_map: JourneyMap) -> list[tuple[str, str]]:
    """The channels that events name, in the order of the map."""
    names = {one.key: one.name for one in journey_map.channels}
    seen, _ = _seen(visit, journey_map)
    return [(key, names.get(key, key)) for key in sorted(seen, key=lambda one: [*names, one].index(one))]


def _devices(visit: Visit, journey_map: JourneyMap) -> list[str]:
    """The devices that events name."""
    return sorted(_seen(visit, journey_map)[1])[:_MOST_GROUPS]


def _seen(visit: Visit, journey_map: JourneyMap) -> tuple[Sequence[str], Sequence[str]]:
    """The channels and the devices that events name."""

    def look() -> tuple[Sequence[str], Sequence[str]]:
        try:
            snapshot = visit.shared.measure.snapshot(journey_map.key)
        except QuestionError:  # nothing is collected yet
            return (), ()
        return tuple(snapshot.channel_labels[1:]), tuple(snapshot.known_labels("device")[1])

    return visit.shared.of(("seen", journey_map.key, journey_map.hash), look)

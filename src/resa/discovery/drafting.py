"""A plan as a journey file: YAML with comments that say what supports each proposal."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from resa.base.errors import ExpressionError
from resa.base.language import in_language
from resa.discovery.kinds import Kind, key_for
from resa.discovery.personas import Group
from resa.discovery.planning import Plan
from resa.discovery.words import say
from resa.documents import quoted
from resa.expressions import Catalog, Scope, compile_expression
from resa.journey_map import display_name, normalised
from resa.model.quantities import Duration

__all__ = ["ArrowSupport", "Context", "DraftArrow", "Layout", "draft_text", "lay_out", "provisional_text"]

_SAFE = re.compile(r"[A-Za-z][A-Za-z0-9_/]*( [A-Za-z0-9_/]+)*")
_PROMISE_AFTER: Final = 3_600_000_000
_RESERVED: Final = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "nan", "inf"])


@dataclass(frozen=True, kw_only=True)
class Context:
    """What the plan does not say.

    Attributes:
        title: Of the map.
        language: en, sv, nb or hu.
        timezone: IANA name.
        currency: ISO 4217 code, or `None`.
    """

    title: str
    language: str
    timezone: str
    currency: str | None


@dataclass(frozen=True, kw_only=True)
class DraftArrow:
    """An arrow of the file.

    Attributes:
        after: Key of the touchpoint.
        next: Keys of those that meet it.
        within: How long it may take.
        ours: It is proposed as a promise.
        anyway: Share of random moments that it would follow.
    """

    after: str
    next: tuple[str, ...]
    within: Duration
    ours: bool
    anyway: float | None

    @property
    def name(self) -> str:
        """As the map names it."""
        return f"{self.after}.{self.next[0]}"


@dataclass(frozen=True, kw_only=True)
class ArrowSupport:
    """What was counted of an arrow: openings whose time is over, those met, and times in seconds."""

    openings: int
    met: int
    share: float
    half_seconds: float
    most_seconds: float


@dataclass(frozen=True, kw_only=True)
class Layout:
    """A plan with keys instead of numbers.

    Attributes:
        plan: The plan.
        again: Key of the goal's return, if it has one.
        stages: Key of each stage with its touchpoints.
        arrows: In the order of the touchpoints.
    """

    plan: Plan
    again: str | None
    stages: Mapping[str, tuple[str, ...]]
    arrows: tuple[DraftArrow, ...]


def lay_out(plan: Plan) -> Layout:
    """Give the goal's return a touchpoint of its own, and everything its key."""
    keys = [kind.key for kind in plan.kinds]
    goal = plan.goal
    again = key_for(f"{keys[goal.kind]} again", keys) if goal and goal.again else None
    stages = {stage: tuple(keys[kind] for kind in kinds) for stage, kinds in plan.stages.items()}
    if again is not None:
        stages[plan.last_stage] = (*stages.get(plan.last_stage, ()), again)
    either = {keys[goal.kind]: (keys[goal.kind], again)} if goal and again else {}
    arrows = []
    for arrow in plan.arrows:
        after, following = keys[arrow.after], keys[arrow.next]
        meets = tuple(either.get(following, (following,)))
        ours = arrow.share >= 0.8 and arrow.half >= _PROMISE_AFTER
        arrows += [
            DraftArrow(after=start, next=meets, within=arrow.within, ours=ours, anyway=arrow.anyway)
            for start in either.get(after, (after,))
        ]
    if goal and again and goal.again:
        back = DraftArrow(after=keys[goal.kind], next=(again,), within=goal.again, ours=False, anyway=None)
        arrows.append(back)
    order = {key: place for place, key in enumerate(key for stage in stages.values() for key in stage)}
    arrows.sort(key=lambda arrow: order[arrow.after])
    return Layout(plan=plan, again=again, stages=stages, arrows=tuple(arrows))


def provisional_text(kinds: Sequence[Kind]) -> str:
    """A map that holds nothing but these kinds, in their order, to count them."""
    lines = ["title: Kinds of events", "stages:", "  found:"]
    lines += [f"    - {kind.key}" for kind in kinds]
    lines += ["signals:", *(f"  {kind.key}: {_signal(kind.signal)}" for kind in kinds)]
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Sentences that the file says of its parts, ready to be written as comments."""

    head: tuple[str, ...]
    goal: str
    touchpoints: Mapping[str, str]
    arrows: Mapping[str, tuple[str, ...]]
    personas: Mapping[int, tuple[str, ...]]


def draft_text(layout: Layout, context: Context, facts: Facts | None = None) -> str:
    """The file; without facts, the same map without comments."""
    parts = [
        list(_head(context, facts)),
        list(_goal(layout, context, facts)),
        list(_stages(layout, context)),
        list(_personas(layout, context, facts)),
        list(_channels(layout, context, facts)),
        list(_touchpoints(layout, context, facts)),
        list(_signals(layout)),
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _head(context: Context, facts: Facts | None) -> Iterator[str]:
    yield from (f"# {line}" for line in (facts.head if facts else ()))
    yield "resa: 1"
    yield f"title: {scalar(context.title)}"
    yield f"language: {context.language}"
    yield f"timezone: {context.timezone}"
    if context.currency:
        yield f"currency: {context.currency}"


def _goal(layout: Layout, context: Context, facts: Facts | None) -> Iterator[str]:
    goal = layout.plan.goal
    if goal is None:
        if facts:
            yield f"# {say('goal.unknown', context.language)}"
        return
    keys = [kind.key for kind in layout.plan.kinds]
    said = []
    if goal.start is not None:
        said.append(f"from: {keys[goal.start]}")
    said.append(f"reach: {keys[goal.kind]}")
    if goal.start is not None and goal.within is not None:
        said.append(f"within: {goal.within}")
    if facts and facts.goal:
        yield f"# {facts.goal}"
    yield f"goal: {{{', '.join(said)}}}"


def _stages(layout: Layout, context: Context) -> Iterator[str]:
    yield "stages:"
    for stage, keys in layout.stages.items():
        name = say(f"stage.{stage}", context.language)
        if normalised(name) == stage:
            yield f"  {stage}: [{', '.join(keys)}]"
        else:
            yield f"  {stage}:"
            yield f"    name: {scalar(name)}"
            yield f"    touchpoints: [{', '.join(keys)}]"


def _personas(layout: Layout, context: Context, facts: Facts | None) -> Iterator[str]:
    if not layout.plan.groups:
        return
    keys = [kind.key for kind in layout.plan.kinds]
    if facts:
        yield f"# {say('persona.note', context.language)}"
    yield "personas:"
    for number, group in enumerate(layout.plan.groups):
        shares, walked = facts.personas[number] if facts else ("", "")
        yield f"  {persona_key(number)}:" + (f"  # {shares}" if shares else "")
        yield f"    name: {scalar(_group_name(layout, group, context.language))}"
        about = []
        if group.did:
            about.append(say("persona.did", context.language, names=_names(layout, group.did, context.language)))
        if group.did_not:
            about.append(say("persona.not", context.language, names=_names(layout, group.did_not, context.language)))
        yield f"    about: {scalar(' '.join(about))}"
        if group.path:
            if walked:
                yield f"    # {walked}"
            yield f"    path: [{', '.join(_walked(layout, group.path, keys))}]"


def persona_key(number: int) -> str:
    """Key of a group of customers."""
    return f"group_{_letter(number).lower()}"


def _letter(number: int) -> str:
    return chr(ord("A") + number)


def _group_name(layout: Layout, group: Group, language: str) -> str:
    word = "with_without" if group.did and group.did_not else "with" if group.did else "without"
    did, did_not = (_names(layout, kinds, language) for kinds in (group.did, group.did_not))
    return say(f"persona.{word}", language, did=did, did_not=did_not)


def _walked(layout: Layout, path: Sequence[int], keys: Sequence[str]) -> list[str]:
    """A path by keys; the goal's later visits are its return."""
    seen = False
    found = []
    for kind in path:
        is_goal = layout.plan.goal is not None and kind == layout.plan.goal.kind
        found.append(layout.again if is_goal and seen and layout.again else keys[kind])
        seen |= is_goal
    return list(dict.fromkeys(found))


def _names(layout: Layout, kinds: Sequence[int], language: str) -> str:
    return ", ".join(named(layout.plan.kinds[kind], language) for kind in kinds)


def named(kind: Kind, language: str) -> str:
    """What people call a kind of events."""
    return in_language(kind.name, language) or display_name(kind.key)


def _channels(layout: Layout, context: Context, facts: Facts | None) -> Iterator[str]:
    keys = channel_keys(layout.plan)
    if not keys:
        return
    if facts:
        yield f"# {say('channels', context.language)}"
    yield "channels:"
    for channel, key in sorted(keys.items(), key=lambda item: item[1]):
        if display_name(key).casefold() == channel.replace("_", " ").casefold():
            yield f"  {key}: external"
        else:
            yield f"  {key}: {{name: {scalar(' '.join(channel.split()) or key)}, kind: external}}"


def channel_keys(plan: Plan) -> dict[str, str]:
    """The key of each channel that touchpoints have, by what events call it."""
    keys: dict[str, str] = {}
    for channel in sorted({channel for channels in plan.channels for channel in channels}):
        keys[channel] = key_for(channel, keys.values())
    return keys


def _touchpoints(layout: Layout, context: Context, facts: Facts | None) -> Iterator[str]:
    kinds = {kind.key: number for number, kind in enumerate(layout.plan.kinds)}
    goal, channels = layout.plan.goal, channel_keys(layout.plan)
    yield "touchpoints:"
    for key in (key for keys in layout.stages.values() for key in keys):
        number = kinds.get(key, goal.kind if goal else 0)
        kind = layout.plan.kinds[number]
        yield ""
        yield f"  {key}:" + (f"  # {facts.touchpoints[key]}" if facts and key in facts.touchpoints else "")
        name = named(kind, context.language)
        if key == layout.again:
            yield f"    name: {scalar(say('again', context.language, name=name))}"
        elif kind.name:
            yield f"    name: {scalar(name)}"
        own = [channels[channel] for channel in layout.plan.channels[number]]
        if own:
            yield f"    channel: {own[0] if len(own) == 1 else '[' + ', '.join(own) + ']'}"
        for word, ours in (("expect", False), ("promise", True)):
            arrows = [arrow for arrow in layout.arrows if arrow.after == key and arrow.ours is ours]
            if arrows:
                yield f"    {word}:"
            for arrow in arrows:
                yield from (f"      # {line}" for line in (facts.arrows.get(arrow.name, ()) if facts else ()))
                meets = arrow.next[0] if len(arrow.next) == 1 else "[" + ", ".join(arrow.next) + "]"
                yield f"      - next: {meets}"
                yield f"        within: {arrow.within}"


def _signals(layout: Layout) -> Iterator[str]:
    """Signals of touchpoints in the order in which they are tried, then who belongs to which persona."""
    plan, goal = layout.plan, layout.plan.goal
    yield "signals:"
    for number, kind in enumerate(plan.kinds):
        more = {}
        worth = plan.worth[number]
        if worth is not None and worth.expression:
            more["value"] = worth.expression
        if goal and layout.again and number == goal.kind:
            yield f"  {kind.key}: {_signal({**kind.signal, 'occurrence': '1', **more})}"
            yield f"  {layout.again}: {_signal({**kind.signal, 'occurrence': '2+', **more})}"
        else:
            yield f"  {kind.key}: {_signal({**kind.signal, **more})}"
    for number, group in enumerate(plan.groups):
        keys = [kind.key for kind in plan.kinds]
        terms = [f"{_count(keys[kind])} > 0" for kind in group.did]
        terms += [f"{_count(keys[kind])} = 0" for kind in group.did_not]
        yield f"  {persona_key(number)}: {{who: {quoted(' and '.join(terms))}}}"


def _count(key: str) -> str:
    """`count(cart)`; a key that is a word of SQL, such as order, stands in quotes."""
    plain = f"count({key})"
    try:
        compile_expression(plain, scope=Scope.CUSTOMER, expects="number", catalog=Catalog(touchpoints=frozenset({key})))
    except ExpressionError:
        return f"count('{key}')"
    return plain


def _signal(said: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{word}: {_part(word, text)}" for word, text in said.items()) + "}"


def _part(word: str, text: str) -> str:
    return text if word in {"occurrence", "value"} else scalar(text)


def scalar(text: str) -> str:
    """A text as YAML reads it back: plain where that is safe, else in quotes."""
    return text if _SAFE.fullmatch(text) and text.casefold() not in _RESERVED else quoted(text)

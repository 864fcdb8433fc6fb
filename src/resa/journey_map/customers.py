"""Segments and computed traits of a map: found among those that maps share, checked, and written out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from resa.base.errors import ExpressionError
from resa.base.language import one_of, sentence
from resa.documents import Written
from resa.expressions import Scope, compile_expression
from resa.journey_map.customer_shapes import SegmentShape, TraitShape
from resa.journey_map.names import display_name
from resa.journey_map.references import References
from resa.model.customers import ComputedTrait, Segment
from resa.model.journey import Persona

__all__ = ["check_customers", "check_segments_shared", "resolve_segments", "resolve_traits", "trait_sources"]

_WAYS: Final = ("count", "sum", "first", "last", "most_frequent", "days_since")


def resolve_traits(said: Mapping[Written, TraitShape], names: References) -> tuple[ComputedTrait, ...]:
    """The computed traits that the map can tell: all whose touchpoints it has."""
    known = {*names.touchpoints, *names.stages}
    mine = {key: shape for key, shape in said.items() if known.issuperset(map(str, shape.of))}
    traits = tuple(trait for key, shape in mine.items() for trait in _trait(key, shape, names))
    names.computed = {trait.key: trait.type for trait in traits}
    return traits


def trait_sources(said: Mapping[Written, TraitShape]) -> dict[str, tuple[str, ...]]:
    """Of traits that sources give: whose word counts."""
    return {str(key): tuple(map(str, shape.sources)) for key, shape in said.items() if shape.sources}


def _trait(key: Written, said: TraitShape, names: References) -> Iterator[ComputedTrait]:
    ways = [way for way in _WAYS if getattr(said, way) is not None]
    when = names.expression(said.when, Scope.EVENT, "boolean")
    if said.sources and (ways or said.of or said.when is not None or said.in_last is not None):
        names.report(
            key,
            sentence("'{key}' is computed or given by sources, not both; take sources: away", key=key),
            code="computed-trait",
        )
    if said.sources:
        return
    if len(ways) != 1:
        if ways:
            message = sentence(
                "'{key}' is one value; take {first}: or {second}: away", key=key, first=ways[0], second=ways[1]
            )
            names.report(key, message, code="computed-trait")
        else:
            known = one_of(f"{way}:" for way in (*_WAYS, "sources"))
            message = sentence("the trait '{key}' does not say how it is computed; write {known}", key=key, known=known)
            names.incomplete(key, message, code="computed-trait")
        return
    way = ways[0]
    value: str | None = None
    kind: Any = "number"
    if way == "sum" and not (said.of and said.sum is not None and said.sum.strip() == "value"):
        value = names.expression(said.sum, Scope.EVENT, "number")
        if value is None:
            return
    elif way in {"first", "last", "most_frequent"}:
        value = names.expression(getattr(said, way), Scope.EVENT, "scalar")
        if value is None:
            return
        kind = compile_expression(value, scope=Scope.EVENT, expects="scalar").type
    yield ComputedTrait(
        key=str(key),
        about=str(said.about or ""),
        of=names.reachable(said.of),
        when=when,
        way=f"days_since_{said.days_since}" if way == "days_since" else way,  # type: ignore[arg-type]  # one of its words
        value=value,
        in_last=said.in_last,
        type=None if kind == "text" else kind,
    )


def resolve_segments(said: Mapping[Written, SegmentShape], names: References) -> tuple[Segment, ...]:
    """The segments that are about this map."""
    found = []
    for key, shape in said.items():
        names.stands(("segment", str(key)), key)
        if key in names.personas:
            message = sentence("'{key}' is both a segment and a persona; give one of them another name", key=key)
            names.report(key, message, code="repeated-name")
        who = names.expression(shape.who, Scope.CUSTOMER, "boolean")
        if who is not None:
            found.append(
                Segment(
                    key=str(key),
                    name=str(shape.name or display_name(key)),
                    about=str(shape.about or ""),
                    owner=str(shape.owner or ""),
                    who=who,
                )
            )
    return tuple(found)


def check_customers(personas: Sequence[Persona], segments: Sequence[Segment], names: References) -> None:
    """Report who is explained by themselves: a segment that asks for a persona that asks for the segment."""
    asks = {("persona", one.key): _asked(one.who, names) for one in personas if one.who is not None}
    asks |= {("segment", one.key): _asked(one.who, names) for one in segments}

    def leads_back(start: tuple[str, str]) -> bool:
        seen: set[tuple[str, str]] = set()
        waiting = list(asks[start])
        while waiting:
            now = waiting.pop()
            if now == start:
                return True
            if now not in seen:
                seen.add(now)
                waiting += asks.get(now, ())
        return False

    for kind, key in asks:
        if leads_back((kind, key)):
            at = names.places.get((kind, key))
            if at is not None:
                message = sentence("who '{key}' is depends on itself; write its condition out", key=key)
                names.report(at, message, code="circle")


def _asked(who: str, names: References) -> list[tuple[str, str]]:
    if "segment" not in who.casefold() and "persona" not in who.casefold():
        return []
    try:
        compiled = compile_expression(who, scope=Scope.CUSTOMER, expects="boolean", catalog=names.catalog)
    except ExpressionError:
        return []
    return [(need.kind, need.name) for need in compiled.requires if need.kind in {"persona", "segment"}]


def check_segments_shared(
    segments: Mapping[Written, SegmentShape],
    traits: Mapping[Written, TraitShape],
    maps: Sequence[str],
    everywhere: References,
    *,
    broken: bool,
) -> None:
    """Report segments that belong to no map, and computed traits that no map can tell.

    Args:
        segments: Of `segments.yaml`.
        traits: Of `traits.yaml`.
        maps: Keys of the maps that could be read.
        everywhere: The names of all maps.
        broken: Some map could not be read, so that what is missing may be in it.
    """
    for key, segment in segments.items():
        if segment.map is None and len(maps) > 1:
            known = one_of(f"map: {name}" for name in sorted(maps))
            message = sentence("'{key}' does not say which map it is about; write {known}", key=key, known=known)
            everywhere.incomplete(key, message, code="segment")
        elif segment.map is not None and not broken:
            everywhere.one(segment.map, "map", maps)
    everything = {*everywhere.touchpoints, *everywhere.stages}
    for shape in traits.values():
        for name in shape.of:
            if name not in everything:
                everywhere.unknown(name, "touchpoint", everything, hint=sentence(" in any map"))

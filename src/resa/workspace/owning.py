"""Who owns what: everything in the maps that names an owner, by owner."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from resa.model.journey import JourneyMap

__all__ = ["Owned", "owned", "owners"]

OwnedKind = Literal["map", "touchpoint", "expectation", "promise", "improvement", "metric", "segment"]


@dataclass(frozen=True, kw_only=True)
class Owned:
    """Something that names its owner.

    Attributes:
        map: The map in which it stands.
        kind: What it is.
        key: Its key or name in the map.
        owner: Who owns it, as written.
    """

    map: JourneyMap
    kind: OwnedKind
    key: str
    owner: str


def owners(maps: Iterable[JourneyMap]) -> list[str]:
    """Everybody who owns something, as it is written first, by name."""
    found: dict[str, str] = {}
    for one in _all(maps):
        found.setdefault(_same(one.owner), one.owner)
    return sorted(found.values(), key=str.casefold)


def owned(maps: Iterable[JourneyMap], owner: str) -> list[Owned]:
    """All that an owner owns, in the order of the maps; capitals and further spaces do not matter."""
    return [one for one in _all(maps) if _same(one.owner) == _same(owner)]


def _all(maps: Iterable[JourneyMap]) -> Iterator[Owned]:
    for one in maps:
        named: list[tuple[OwnedKind, str, str]] = [
            ("map", one.key, one.owner),
            *(("touchpoint", item.key, item.owner) for item in one.touchpoints),
            *((item.kind, item.name, item.owner) for item in one.expectations),
            *(("improvement", item.key, item.owner) for item in one.improvements),
            *(("metric", item.key, item.owner) for item in one.metrics),
            *(("segment", item.key, item.owner) for item in one.segments),
        ]
        yield from (Owned(map=one, kind=kind, key=key, owner=owner) for kind, key, owner in named if owner.strip())


def _same(owner: str) -> str:
    return " ".join(owner.split()).casefold()

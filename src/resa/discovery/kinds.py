"""What kinds of events there are: names of events, and of page views the groups of their paths."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pyarrow as pa

from resa.base.errors import ExpressionError
from resa.base.language import sentence
from resa.discovery.pages import ANY, PageGroup, group_paths
from resa.expressions import Scope, compile_expression, short_form
from resa.journey_map import normalised
from resa.storage import JourneyIndex, count_files

__all__ = ["MOST_KINDS", "Kind", "Kinds", "find_kinds", "joined", "key_for", "most_special"]

MOST_KINDS: Final = 60
"""Kinds that are counted at most: the commonest. A wall with more than that is none."""

_MOST_NAMES: Final = 20_000
_MOST_PATHS: Final = 50_000
_LOOKED_AT: Final = 20_000
"""Events that are looked at to find which property holds the path."""

_PAGE_WORDS: Final = frozenset(
    {
        *("page", "pages", "pageview", "pageviews", "screen", "screens", "screenview"),
        *("sida", "sidvisning", "side", "sidevisning", "oldal", "oldalnezet"),
    }
)
_RESERVED: Final = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "nan", "inf"])
_PLAIN_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*( [A-Za-z0-9_]+)*")
_LONGEST_KEY: Final = 40


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of event, a touchpoint in the making.

    Attributes:
        key: What the touchpoint would be called in a map.
        name: For people; empty if the key says it.
        signal: What stands in its signal: `page`, `event` or `when`.
        rows: How many rows of the event files, about.
        event: Name of its events.
        group: Of views of pages, the group of their paths.
        field: Of views of pages, the field that holds the path.
    """

    key: str
    name: str
    signal: Mapping[str, str]
    rows: int
    event: str
    group: PageGroup | None = None
    field: str = ""

    @property
    def when(self) -> str:
        """The condition on an event."""
        return self.signal.get("when") or short_form(event=self.signal.get("event"), page=self.signal.get("page"))


@dataclass(frozen=True, kw_only=True)
class Kinds:
    """The kinds of a workspace's events.

    Attributes:
        kinds: The commonest, in the order in which their signals have to be tried.
        names: How many different names of events there are, at most 20,000.
        paths: How many different paths of pages were grouped, at most 50,000.
        pages: How many groups they became.
        rare: How many kinds were left out because others are commoner.
        unwritable: How many names no signal can write.
    """

    kinds: tuple[Kind, ...]
    names: int
    paths: int
    pages: int
    rare: int
    unwritable: int


def find_kinds(index: JourneyIndex, *, share: float, pages: Sequence[str] = ()) -> Kinds:
    """Find the kinds of all events.

    Args:
        index: The newest generation.
        share: A group of pages has at least this share of all page views.
        pages: Names of further events that are views of pages, whatever they are called.
    """
    if not index.events:
        return Kinds(kinds=(), names=0, paths=0, pages=0, rare=0, unwritable=0)
    counted = _count(index, {"event": "event"}, where="event is not null", most=_MOST_NAMES)
    rows = dict(zip(counted.column("event").to_pylist(), counted.column("rows").to_pylist(), strict=True))
    field_of = _path_fields(index, [name for name in rows if name in pages or _is_page(name)])
    found: list[Kind] = []
    paths = groups = 0
    for event, field in field_of.items():
        seen = _count(index, {"path": field}, where=f"event = {_quoted(event)}", most=_MOST_PATHS)
        known = [(path, count) for path, count in _pairs(seen) if path is not None]
        parts = group_paths(known, least=max(1, int(share / 2 * rows[event])))
        paths += len(known)
        groups += len(parts)
        found += [_page_kind(event, field, part) for part in parts]
    found += [
        Kind(key=name, name="", signal=_event_signal(name), rows=count, event=name)
        for name, count in rows.items()
        if name not in field_of
    ]
    writable = sorted((kind for kind in found if _can_be_read(kind.signal)), key=lambda kind: (-kind.rows, kind.key))
    chosen = writable[:MOST_KINDS]
    keys: list[str] = []
    for kind in chosen:
        keys.append(key_for(kind.key, keys))
    kinds = [
        replace(kind, key=key, name=kind.name or _told(kind.event, key)) for kind, key in zip(chosen, keys, strict=True)
    ]
    return Kinds(
        kinds=tuple(sorted(kinds, key=most_special)),
        names=len(rows),
        paths=paths,
        pages=groups,
        rare=len(writable) - len(chosen),
        unwritable=len(found) - len(writable),
    )


def joined(kinds: Sequence[Kind], taken: Iterable[str]) -> Kind:
    """One kind of several groups of pages that stand beside each other: `/help/returns` and `/help/*` are `/help/*`.

    Args:
        kinds: Groups of pages with one event, and the same segments before the last one.
        taken: Keys of other kinds.
    """
    groups = [kind.group for kind in kinds if kind.group is not None]
    whole = PageGroup(
        segments=(*groups[0].segments[:-1], ANY),
        views=sum(group.views for group in groups),
        plain=all(group.plain for group in groups),
    )
    kind = _page_kind(kinds[0].event, kinds[0].field, whole)
    return replace(kind, key=key_for(kind.key, taken))


def _page_kind(event: str, field: str, group: PageGroup) -> Kind:
    return Kind(
        key=_page_key(group),
        name=sentence("Page {path}", path=group.pattern),
        signal=_page_signal(event, field, group),
        rows=group.views,
        event=event,
        group=group,
        field=field,
    )


def key_for(said: str, taken: Iterable[str]) -> str:
    """A key for a touchpoint from what events call it: letters, digits and underscores, and not one of those taken."""
    words = "_".join(re.findall(r"\w+", normalised(said)))[:_LONGEST_KEY].strip("_")
    key = normalised(words)
    if not re.fullmatch(r"\w+", key) or normalised(key) != key:
        key = "event"
    elif not key[0].isalpha() or key in _RESERVED:
        key = f"event_{key}"
    number, unique, others = 1, key, set(taken)
    while unique in others:
        number += 1
        unique = f"{key}_{number}"
    return unique


def _told(event: str, key: str) -> str:
    """The name as events write it, where the key alone would not tell it."""
    return "" if normalised(event) == key or not event.strip() else " ".join(event.split())


def most_special(kind: Kind) -> tuple[int, int, str]:
    """Signals with the fewest `*` first, then the longest: the first that holds counts."""
    pattern = kind.group.pattern if kind.group else ""
    return pattern.count(ANY), -len(pattern), kind.key


def _is_page(event: str) -> bool:
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", event)
    return not _PAGE_WORDS.isdisjoint(re.findall(r"[^\W_]+", spaced.casefold()))


def _path_fields(index: JourneyIndex, events: Sequence[str]) -> dict[str, str]:
    """By name of an event the property that holds the path, where there is one: the one that most often looks so."""
    if not events:
        return {}
    positions = np.unique(np.linspace(0, index.events - 1, min(index.events, _LOOKED_AT)).astype(np.int64))
    rows = index.event_rows(positions, ["event", "properties"])
    wanted = set(events)
    found: dict[str, Counter[str]] = {}
    for event, properties in zip(rows.column("event").to_pylist(), rows.column("properties").to_pylist(), strict=True):
        if event in wanted and properties:
            for name, value in json.loads(properties).items():
                if isinstance(value, str) and (value.startswith("/") or "://" in value) and _PLAIN_NAME.fullmatch(name):
                    found.setdefault(event, Counter())[name] += 1
    best = {event: max(names, key=lambda name: (names[name], name == "path", name)) for event, names in found.items()}
    return {event: f"properties.{best[event]}" for event in events if event in best and " " not in best[event]}


def _count(index: JourneyIndex, columns: Mapping[str, str], *, where: str, most: int) -> pa.Table:
    compiled = {
        name: compile_expression(text, scope=Scope.EVENT, expects="scalar", prefix=f"c{place}_")
        for place, (name, text) in enumerate(columns.items())
    }
    condition = compile_expression(where, scope=Scope.EVENT, expects="boolean", prefix="w")
    return count_files(index.files, compiled, where=condition, most=most)


def _pairs(table: pa.Table) -> list[tuple[str | None, int]]:
    return list(zip(table.column(0).to_pylist(), table.column("rows").to_pylist(), strict=True))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _event_signal(event: str) -> dict[str, str]:
    return {"when": f"event = {_quoted(event)}"} if ANY in event or event != event.strip() or not event else {
        "event": event
    }  # fmt: skip


def _page_key(part: PageGroup) -> str:
    return " ".join(segment.partition(".")[0] for segment in part.segments if segment != ANY) or "home"


def _page_signal(event: str, field: str, part: PageGroup) -> dict[str, str]:
    if part.plain and field == "properties.path":
        return {"page": part.pattern} if event == "page" else {"event": event, "page": part.pattern}
    wild = [r"[^/?#]+" if segment == ANY else re.escape(segment) for segment in part.segments]
    if part.segments and part.segments[-1] == ANY:
        wild[-1] = r"[^?#]+"
    shape = r"^([a-z]+://[^/?#]*)?/+" + "/+".join(wild) + r"/*([?#].*)?$"
    return {"when": f"event = {_quoted(event)} and regexp_matches({field}, {_quoted(shape)})"}


def _can_be_read(signal: Mapping[str, str]) -> bool:
    """Whether the expression language can say it: texts with control characters, or very long ones, it refuses."""
    if not all(text.isprintable() for text in signal.values()):
        return False
    try:
        when = signal.get("when") or short_form(event=signal.get("event"), page=signal.get("page"))
        compile_expression(when, scope=Scope.EVENT, expects="boolean")
    except ExpressionError:
        return False
    return True

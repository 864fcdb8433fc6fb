"""Paths as an unrolled Sankey: a column for each step, so that loops stay readable, and everybody accounted for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from resa.drawing import formats
from resa.drawing.canvas import edge, empty, sheet
from resa.drawing.parts import Block, paragraph, stack
from resa.drawing.scene import Group, Item, Path, Rect, Table
from resa.drawing.svg import Svg
from resa.drawing.words import said_in, say

__all__ = ["PathFlow", "draw_paths"]

_BAR = 10.0
_GAP = 12.0
_LABEL = 30.0  # least height of a node, so that name and number fit beside it
_HEAD = 22.0
_END = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PathFlow:
    """One whole path and how many walk it.

    Attributes:
        names: The touchpoints in order, as people call them.
        count: How many paths, or customers.
        goes_on: The path goes on beyond the last name (it was cut by the number of steps); else it ends there.
    """

    names: tuple[str, ...]
    count: int
    goes_on: bool = False


@dataclass(frozen=True)
class _Layout:
    pitch: float
    scale: float
    total: int
    language: str
    times: Mapping[tuple[int, str, str], float]


@dataclass(frozen=True)
class _Node:
    name: str
    count: int
    top: float
    height: float


def draw_paths(
    flows: Sequence[PathFlow],
    *,
    title: str = "",
    note: str = "",
    language: str = "en",
    top: int = 5,
    others: str = "",
    median_seconds: Mapping[tuple[int, str, str], float] | None = None,
    width: float = 980.0,
    heading: bool = True,
) -> Svg:
    """Draw paths step by step.

    Args:
        flows: Paths from one start (or any); those of the same names are added.
        title: Name of the picture; empty: "Paths".
        note: A line under the title.
        language: Of words and numbers.
        top: Named nodes in a column; the rest are drawn as "Others" with their sum.
        others: A name in `flows` that already means "others", kept last.
        median_seconds: Median time by (step from 0, from, to), shown when pointing at a band, and in the table.
        width: Of the picture in units.
        heading: Draw the title.
    """
    language = said_in(language)
    title = title or say("paths", language)
    inner = width - 2 * edge(heading)
    kept = [flow for flow in flows if flow.count > 0 and flow.names]
    total = sum(flow.count for flow in kept)
    bands = _bands(kept, top, others, language)
    body = _body(bands, inner, language, median_seconds or {}) if kept else empty(inner, language)
    return sheet(
        title=title,
        note=note,
        description=say("paths_description", language, n=formats.count(total, language)),
        language=language,
        width=width,
        body=body,
        tables=[_table(bands, title, language, median_seconds or {})] if kept else [],
        heading=heading,
    )


def _bands(flows: Sequence[PathFlow], top: int, others: str, language: str) -> list[Counter[tuple[str, str]]]:
    """For each step, how many go from which node to which; the empty name is the end."""
    rest = others or say("others", language)
    depth = max((len(flow.names) for flow in flows), default=0)
    shown: list[set[str]] = []
    for step in range(depth):
        counts: Counter[str] = Counter()
        for flow in flows:
            if step < len(flow.names):
                counts[flow.names[step]] += flow.count
        named = [name for name, _ in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])) if name != rest]
        # One more name than asked takes no more room than "Others" would.
        shown.append(set(named if len(named) <= top + (rest not in counts) else named[:top]))
    bands: list[Counter[tuple[str, str]]] = [Counter() for _ in range(depth)]
    for flow in flows:
        names = [name if name in shown[step] else rest for step, name in enumerate(flow.names)]
        for step, name in enumerate(names):
            if step + 1 < len(names):
                bands[step][name, names[step + 1]] += flow.count
            elif not flow.goes_on:
                bands[step][name, _END] += flow.count
            else:
                bands[step][name, _ONWARD] += flow.count
    return bands


_ONWARD = "\0"  # beyond what is drawn: part of its node, but no band leaves for it


def _body(
    bands: Sequence[Counter[tuple[str, str]]],
    width: float,
    language: str,
    times: Mapping[tuple[int, str, str], float],
) -> Block:
    rest = say("others", language)
    columns = [_counts(band) for band in bands]
    total = max(sum(column.values()) for column in columns)
    most = max(len(column) for column in columns)
    scale = max(220.0, 46.0 * most) / total
    pitch = width / len(columns)
    places: list[dict[str, _Node]] = []
    tallest = 0.0
    for column in columns:
        y = 0.0
        nodes: dict[str, _Node] = {}
        for name, count in sorted(column.items(), key=lambda pair: (pair[0] == rest, -pair[1], pair[0])):
            height = max(1.5, count * scale)
            nodes[name] = _Node(name, count, y, height)
            y += max(height, _LABEL) + _GAP
        places.append(nodes)
        tallest = max(tallest, y - _GAP)
    layout = _Layout(pitch, scale, total, language, times)
    items: list[Item] = []
    ends: list[Item] = []
    for step, band in enumerate(bands):
        label = say("start", language) if step == 0 else say("step", language, n=step)
        items.append(Group(x=step * pitch, items=paragraph(label, pitch - 8, "note", "muted", lines=1).items))
        if step + 1 < len(bands):
            items.extend(_ribbons(layout, step, band, places[step], places[step + 1]))
        ends.extend(_nodes(layout, step, band, places[step]))
    return Block((*items, *ends), _HEAD + tallest)


def _counts(band: Counter[tuple[str, str]]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for (name, _), count in band.items():
        counts[name] += count
    return counts


def _ribbons(
    layout: _Layout, step: int, band: Counter[tuple[str, str]], here: Mapping[str, _Node], there: Mapping[str, _Node]
) -> list[Item]:
    """Bands in the order of the nodes they lead to, so that they cross as little as the order of nodes allows."""
    scale, language = layout.scale, layout.language
    x1, x2 = step * layout.pitch + _BAR, (step + 1) * layout.pitch
    bend = (x1 + x2) / 2
    leaving = {name: node.top for name, node in here.items()}
    arriving = {name: node.top for name, node in there.items()}
    found: list[Item] = []
    pairs = [(pair, count) for pair, count in band.items() if pair[1] in there]
    for (one, two), count in sorted(pairs, key=lambda entry: (here[entry[0][0]].top, there[entry[0][1]].top)):
        thick = max(1.0, count * scale)
        y1, y2 = _HEAD + leaving[one], _HEAD + arriving[two]
        leaving[one] += count * scale
        arriving[two] += count * scale
        commands: tuple[tuple[str | float, ...], ...] = (
            ("M", x1, y1),
            ("C", bend, y1, bend, y2, x2, y2),
            ("L", x2, y2 + thick),
            ("C", bend, y2 + thick, bend, y1 + thick, x1, y1 + thick),
            ("Z",),
        )
        words = f"{one} → {two}: {formats.count(count, language)}"
        median = layout.times.get((step, one, two))
        if median is not None:
            words += ", " + say("median", language, time=formats.seconds(median, language))
        found.append(Group(items=(Path(commands=commands, fill="accent", opacity=0.16),), title=words, kind="band"))
    return found


def _nodes(layout: _Layout, step: int, band: Counter[tuple[str, str]], nodes: Mapping[str, _Node]) -> list[Item]:
    x, language = step * layout.pitch, layout.language
    found: list[Item] = []
    for name, node in nodes.items():
        y = _HEAD + node.top
        ending = band[name, _END]
        stay = node.height * (1 - ending / node.count)
        found.append(Rect(x=x, y=y, width=_BAR, height=stay, fill="accent"))
        if ending:
            found.append(Rect(x=x, y=y + stay, width=_BAR, height=node.height - stay, fill="line"))
        room = layout.pitch - _BAR - 14
        share = formats.percent(node.count / layout.total, language)
        words = f"{formats.count(node.count, language)} · {share}"
        if ending:
            words += " · " + say("end_here", language, n=formats.count(ending, language))
        block = stack([paragraph(name, room, "strong", lines=1), paragraph(words, room, "note", lines=1)])
        title = f"{name}: {words}"
        found.append(Group(x=x + _BAR + 7, y=y - 1, items=block.items, title=title, kind="node", key=name))
    return found


def _table(
    bands: Sequence[Counter[tuple[str, str]]], title: str, language: str, times: Mapping[tuple[int, str, str], float]
) -> Table:
    rows = []
    for step, band in enumerate(bands):
        for (one, two), count in sorted(band.items(), key=lambda entry: (-entry[1], entry[0])):
            if two == _ONWARD:
                continue
            median = times.get((step, one, two))
            rows.append(
                (
                    formats.count(step + 1, language),
                    one,
                    two or say("ends", language),
                    formats.count(count, language),
                    formats.seconds(median, language) if median is not None else "",
                )
            )
    keys = ("step", "from", "to", "count", "time")
    return Table(title=title, head=tuple(say(f"column.{key}", language) for key in keys), rows=tuple(rows))

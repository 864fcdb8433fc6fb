"""Where the data come from, when they did not, and what a reader must know before believing a number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import log
from typing import Final

import numpy as np
import numpy.typing as npt

from resa.model.journey import JourneyMap
from resa.model.verdicts import judged
from resa.reporting.content import Gap, SourceLine
from resa.reporting.gathering import Numbers
from resa.reporting.telling import Teller
from resa.storage import LIVE, JourneyIndex, Load, Store

__all__ = ["Silence", "gaps", "silences", "source_lines", "vague", "warnings"]

_QUARTER: Final = 900
_BY_CHANCE: Final = 0.001
"""Chance that a source is said to have been silent when it was as busy as ever."""

_REFUSED: Final = 0.02


@dataclass(frozen=True, kw_only=True)
class Silence:
    """Days without rows in the life of a source that is hardly ever silent so long.

    Attributes:
        source: Its name.
        first: First such day, in the map's zone.
        last: Last such day.
        usual: Rows that the same weekdays bring in the mean.
        goes_on: It lasts to the end of the data.
    """

    source: str
    first: date
    last: date
    usual: float
    goes_on: bool = False


def source_lines(teller: Teller, loads: list[Load], complete_to: Mapping[str, datetime]) -> tuple[SourceLine, ...]:
    """A row a source: what its loads read, refused and had seen before."""
    names = sorted({load.source_id for load in loads if load.state != "removed"})
    lines = []
    for name in names:
        mine = [load for load in loads if load.source_id == name and load.state != "removed"]
        stated = [load.complete_until or load.newest for load in mine]
        moment = complete_to.get(name) or max((day for day in stated if day is not None), default=None)
        lines.append(
            SourceLine(
                name=name,
                rows=teller.count(sum(load.rows_in or load.rows_read for load in mine)),
                rejected=teller.count(sum(load.rejected for load in mine)),
                duplicate=teller.count(sum(load.duplicate for load in mine)),
                complete_to="–" if moment is None else teller.day(moment),
            )
        )
    return tuple(lines)


def silences(journey_map: JourneyMap, store: Store, index: JourneyIndex) -> list[Silence]:
    """Every gap in the delivery of events and daily numbers, by source and day.

    Silent days in a row are a gap if that would be rarer than once in a thousand reports, were rows to come as usual
    for their weekdays: as a Poisson stream of bursts, bursts as large as the days' counts vary (index of dispersion).
    """
    found: list[Silence] = []
    until = index.as_of.overall
    lives = {**_event_days(journey_map, index), **_number_days(store)}
    for source, (first, counts) in sorted(lives.items()):
        # The last day is seldom whole: a source is silent at its end if the days before that day are.
        days = len(counts) if until is None else (Teller(journey_map).local(until) - first).days
        tail = np.zeros(max(0, days - len(counts)), np.int64)
        found += _silences(source, first, np.concatenate([counts, tail]))
    return found


def _silences(source: str, first: date, counts: npt.NDArray[np.int64]) -> Iterator[Silence]:
    days = len(counts)
    weekday = (first.weekday() + np.arange(days)) % 7
    mean = np.array([counts[weekday == number].mean() if (weekday == number).any() else 0.0 for number in range(7)])
    usual = mean[weekday]
    if not usual.sum():
        return
    dispersion = max(1.0, float(((counts - usual) ** 2).sum() / usual.sum()))
    empty = np.concatenate([[False], counts == 0, [False]])
    edges = np.flatnonzero(np.diff(empty.astype(np.int8)))
    for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        expected = float(usual[start:end].sum())
        if expected / dispersion >= log(days / _BY_CHANCE):
            yield Silence(
                source=source,
                first=first + timedelta(days=start),
                last=first + timedelta(days=end - 1),
                usual=expected,
                goes_on=end == days,
            )


def _event_days(journey_map: JourneyMap, index: JourneyIndex) -> dict[str, tuple[date, npt.NDArray[np.int64]]]:
    """By source of events: its first day in the map's zone, and the rows of each day from it to its last."""
    if not index.events:
        return {}
    teller = Teller(journey_map)
    names = sorted({file.source_id for file in index.files})
    owner = np.repeat(
        np.array([names.index(file.source_id) for file in index.files], np.int64), [file.rows for file in index.files]
    )
    # Offsets of time zones are whole quarters of an hour: one look-up a quarter gives each event its local day.
    quarters = index.seconds // _QUARTER
    low, high = int(quarters.min()), int(quarters.max())
    moments = (datetime.fromtimestamp(index.epoch + quarter * _QUARTER, UTC) for quarter in range(low, high + 1))
    table = np.array([teller.local(moment).toordinal() for moment in moments], np.int32)
    day = table[quarters - low] - table[0]
    width = int(table[-1] - table[0]) + 1
    counts = np.bincount(owner[index.rows] * width + day, minlength=len(names) * width).reshape(-1, width)
    origin = date.fromordinal(int(table[0]))
    return {name: _life(origin, row) for name, row in zip(names, counts, strict=True) if row.any()}


def _number_days(store: Store) -> dict[str, tuple[date, npt.NDArray[np.int64]]]:
    rows = store.rows("daily_numbers", ["source_id", "day"])
    found: dict[str, dict[date, int]] = {}
    for row in rows.group_by(["source_id", "day"]).aggregate([([], "count_all")]).to_pylist():
        found.setdefault(row["source_id"], {})[row["day"]] = row["count_all"]
    lives = {}
    for source, days in found.items():
        first, last = min(days), max(days)
        counts = [days.get(first + timedelta(days=number), 0) for number in range((last - first).days + 1)]
        lives[source] = (first, np.array(counts, np.int64))
    return lives


def _life(origin: date, counts: npt.NDArray[np.int64]) -> tuple[date, npt.NDArray[np.int64]]:
    """From the first day with rows to the last."""
    days = np.flatnonzero(counts)
    return origin + timedelta(days=int(days[0])), counts[days[0] : days[-1] + 1]


def gaps(teller: Teller, found: list[Silence]) -> tuple[Gap, ...]:
    """Gaps in words."""
    return tuple(
        Gap(
            source=silence.source,
            text=teller.say(
                "gap_day" if silence.first == silence.last else "gap",
                since=teller.day(silence.first),
                until=teller.day(silence.last),
                n=teller.count(silence.usual),
            ),
            goes_on=silence.goes_on,
        )
        for silence in found
    )


def warnings(
    numbers: Numbers, loads: list[Load], complete_to: Mapping[str, datetime], off_map: int, *, served: bool
) -> tuple[str, ...]:
    """What a reader must know, the gravest first.

    Args:
        numbers: What was measured.
        loads: All that were ever begun.
        complete_to: Up to when each source is complete.
        off_map: Answers of customers about nothing on the map.
        served: Whether a server takes what comes in live, at this moment.
    """
    teller = numbers.teller
    said = [*_of_sources(teller, loads, complete_to, served=served), *(() if numbers.since is None else vague(numbers))]
    if off_map:
        said.append(teller.say("feedback_elsewhere", answers=teller.answers(off_map)))
    said += () if numbers.planned is None else numbers.planned.warnings
    return tuple(dict.fromkeys(said))


def _of_sources(
    teller: Teller, loads: list[Load], complete_to: Mapping[str, datetime], *, served: bool
) -> Iterator[str]:
    running = {load.source_id for load in loads if load.state == "running"}
    if not complete_to and not running:
        yield teller.say("no_data")
    for source in sorted({load.source_id for load in loads if load.state != "removed"}):
        mine = [load for load in loads if load.source_id == source and load.state != "removed"]
        read, refused = sum(load.rows_in for load in mine), sum(load.rejected for load in mine)
        cut = [load for load in mine if load.state == "running" and not load.origin.startswith(LIVE)]
        if cut:
            yield teller.say("running_load", source=source)
        elif source in running and not served:  # what is served goes on, and is no load that was cut short
            yield teller.say("not_served", source=source)
        if refused > read * _REFUSED:
            yield teller.say("refused_share", source=source, share=teller.percent(refused / read))


def vague(numbers: Numbers) -> tuple[str, ...]:
    """Where the page can say little: touchpoints without events, arrows with few openings or without a target."""
    teller, journey_map = numbers.teller, numbers.map
    seen = {row["touchpoint"] for row in numbers.touchpoints.table.to_pylist()}
    on_purpose = {
        signal.touchpoint
        for signal in journey_map.signals
        if signal.kind == "not_seen" or (signal.daily_number in numbers.daily)
    }
    unseen = [item.name for item in journey_map.touchpoints if item.key not in seen | on_purpose]
    few = [
        teller.place(arrow)
        for arrow, row in numbers.arrows
        if judged(row["mature"], row["low"], row["high"], arrow.target) == "few"
    ]
    aimless = [teller.place(arrow) for arrow, _ in numbers.arrows if arrow.target is None]
    pairs = (("never_seen", unseen), ("too_few", few), ("no_target", aimless))
    return tuple(teller.say(key, what="; ".join(names)) for key, names in pairs if names)

"""Where and when things begin: openings of an expectation, visits of a touchpoint; and what tells them apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from resa.analytics.calendar import Instants, calendar_edges
from resa.analytics.scope.numbering import Codes
from resa.analytics.scope.selection import Selection
from resa.analytics.scope.snapshot import Flags, Positions
from resa.kernels import bucket_numbers, renumbered

__all__ = ["Attribute", "Beginnings", "prepared"]


@dataclass(frozen=True)
class Attribute:
    """A way to tell things apart.

    Attributes:
        name: persona, channel, device, `traits.x` or `properties.x`.
        values: Names of the groups; some may be empty.
        groups: For each way the groups are told, the number of the group plus 1 of each customer or event that there
            is; 0: in none. Personas may overlap, so each has a way of its own.
        at: Which customer or event each thing is of.
        comparable: Its groups are held against each other.
    """

    name: str
    values: tuple[str, ...]
    groups: tuple[Codes, ...]
    at: npt.NDArray[np.int64]
    comparable: bool

    @cached_property
    def codes(self) -> Codes:
        """The number of each thing's group plus 1, where groups do not overlap."""
        (groups,) = self.groups
        return groups[self.at]

    def members(self, group: int) -> Flags:
        """Which things are in a group."""
        ways = len(self.groups)
        flags: Flags = self.groups[group][self.at] == 1 if ways > 1 else self.groups[0][self.at] == group + 1
        return flags


@dataclass(frozen=True)
class Beginnings:
    """Where and when things begin; at least one.

    Attributes:
        selection: What is looked at.
        positions: The event at which each begins.
        customers: Whose each is; a customer's stand together, in the order of time.
        began_at: When, microseconds since 1970.
    """

    selection: Selection
    positions: Positions
    customers: npt.NDArray[np.int32]
    began_at: Instants

    @cached_property
    def weeks(self) -> tuple[npt.NDArray[np.int32], tuple[date, ...]]:
        """The number of the week of each, and the weeks' Mondays."""
        zone = self.selection.snapshot.zone
        edges, days = calendar_edges(int(self.began_at.min()), int(self.began_at.max()), "week", zone)
        return bucket_numbers(self.began_at, edges), days

    @cached_property
    def attributes(self) -> tuple[Attribute, ...]:
        """Everything that tells these things apart."""
        return tuple(self._attributes())

    def _attributes(self) -> Iterator[Attribute]:
        expressions, snapshot = self.selection.expressions, self.selection.snapshot
        whose = self.customers.astype(np.int64)
        personas = expressions.personas_known
        flags = tuple(expressions.persona(key).view(np.uint8) for key in personas)
        yield Attribute("persona", personas, flags, whose, comparable=False)
        channels, names = snapshot.known_channels
        yield Attribute("channel", names, (channels,), self.positions, comparable=False)
        for name in ("device", *snapshot.text_attributes):
            trait = name.startswith("traits.")
            groups, values = (expressions if trait else snapshot).known_labels(name)
            yield Attribute(name, values, (groups,), whose if trait else self.positions, comparable=name != "device")

    @cached_property
    def strata(self) -> tuple[npt.NDArray[np.int32], Flags]:
        """The number of the stratum of each; and which strata are in which group, bool[groups, strata].

        The groups are those of the first three attributes, one after the other.
        """
        every = _strata(self.selection)
        numbers, strata = renumbered(every.numbers[self.positions], every.groups.shape[1])
        return numbers, every.groups[:, strata]


class _Strata(NamedTuple):
    """What personas, channel and device have in common.

    Attributes:
        numbers: i32[N], the number of each event's stratum.
        groups: bool[groups, strata], which strata are in which group.
    """

    numbers: npt.NDArray[np.int32]
    groups: Flags


def _strata(selection: Selection) -> _Strata:
    """The strata of all events."""
    snapshot, expressions = selection.snapshot, selection.expressions

    def make() -> _Strata:
        personas: list[tuple[Codes, int]] = [
            (expressions.persona(key).view(np.uint8), 1) for key in expressions.personas_known
        ]
        labels = [(codes, len(values)) for codes, values in (snapshot.known_channels, snapshot.known_labels("device"))]
        sizes = np.diff(snapshot.index.offsets)
        numbers, parts = np.zeros(len(sizes), np.int32), np.zeros((0, 1), np.int64)
        for codes, groups in personas:
            numbers, parts = _divided(numbers, parts, codes, groups + 1)
        numbers = np.repeat(numbers, sizes)
        for codes, groups in labels:
            numbers, parts = _divided(numbers, parts, codes, groups + 1)
        pairs = zip(parts, personas + labels, strict=True)
        every = [part == group + 1 for part, (_, groups) in pairs for group in range(groups)]
        return _Strata(numbers, np.array(every, np.bool_).reshape(len(every), parts.shape[1]))

    return snapshot.keep(("strata", selection.as_of_override), make)


def _divided(
    numbers: npt.NDArray[np.int32], parts: npt.NDArray[np.int64], codes: Codes, size: int
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Strata divided by one code more: the number of each thing's; and the codes of each, i64[codes, strata]."""
    np.add(numbers * size, codes, out=numbers, casting="unsafe")
    numbers, strata = renumbered(numbers, parts.shape[1] * size)
    return numbers, np.vstack([parts[:, strata // size], strata % size])


def prepared(selection: Selection) -> Selection:
    """The selection, with everything read that tells its events apart."""
    texts = [name for name in selection.snapshot.text_attributes if not name.startswith("traits.")]
    selection.snapshot.prepare_labels(["device", *texts])
    return selection

"""Where and when things begin: openings of an expectation, visits of a touchpoint; and what tells them apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import numpy.typing as npt

from resa.analytics.calendar import Instants, calendar_edges
from resa.analytics.scope.selection import Selection
from resa.analytics.scope.snapshot import Codes, Flags, Positions
from resa.analytics.statistics import renumbered
from resa.kernels import bucket_numbers

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

    def members(self, group: int, rows: npt.NDArray[np.int64] | None = None) -> Flags:
        """Which things are in a group, of all or some."""
        at = self.at if rows is None else self.at[rows]
        ways = len(self.groups)
        flags: Flags = self.groups[group][at] == 1 if ways > 1 else self.groups[0][at] == group + 1
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
        return bucket_numbers(self.began_at, edges).astype(np.int32), days

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
    def strata(self) -> npt.NDArray[np.int32]:
        """The number of the stratum of each: what personas, channel and device have in common."""
        persona, channel, device = self.attributes[:3]
        stratum = self.selection.expressions.combinations[persona.at].astype(np.int64)
        for attribute in (channel, device):
            stratum *= len(attribute.values) + 1
            stratum += attribute.codes
        return renumbered(stratum)

    @cached_property
    def examples(self) -> npt.NDArray[np.int64]:
        """A thing of each stratum."""
        examples = np.zeros(int(self.strata.max()) + 1, np.int64)
        examples[self.strata] = np.arange(len(self.strata))
        return examples


def prepared(selection: Selection) -> Selection:
    """The selection, with everything read that tells its events apart."""
    texts = [name for name in selection.snapshot.text_attributes if not name.startswith("traits.")]
    selection.snapshot.prepare_labels(["device", *texts])
    return selection

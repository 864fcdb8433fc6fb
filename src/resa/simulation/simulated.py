"""The result of a simulation: nothing is kept, everything is drawn again whenever it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from resa.base.errors import QuestionError
from resa.base.language import sentence
from resa.model.tables import INSTANT
from resa.simulation.columns import CustomerRows, EventRows, channel_codes
from resa.simulation.process import Block, simulate_block
from resa.simulation.randomness import Keys
from resa.simulation.sightings import daily_number, touchpoint_names, touchpoints_of
from resa.simulation.specification import Specification
from resa.simulation.tables import Tables, compile_specification
from resa.simulation.truths import Truth

__all__ = ["BLOCK", "SIMULATED_EVENTS", "Simulated", "simulate"]

BLOCK = 32_768
"""Customers that are advanced together; decides memory and the order of rows in files, never what is drawn."""

_YEARS = (1970, 2100)
_MOST_DAYS = 36_525

SIMULATED_EVENTS = pa.schema(
    [
        pa.field("customer", pa.string(), nullable=False),
        pa.field("persona", pa.string(), nullable=False),
        pa.field("occurred_at", INSTANT, nullable=False),
        pa.field("state", pa.string(), nullable=False),
        pa.field("touchpoint", pa.string()),
        pa.field("channel", pa.string(), nullable=False),
        pa.field("device", pa.string(), nullable=False),
        pa.field("message_id", pa.string(), nullable=False),
        pa.field("basket", pa.string(), nullable=False),  # one value for all events of an order
        pa.field("value", pa.float64(), nullable=False),  # of the basket, in units of the currency
    ]
)
"""An event as the simulation knows it: what a perfect reader of the files would see."""


@dataclass(frozen=True)
class Simulated:
    """Simulated customers, drawn when they are asked for, block by block, in bounded memory.

    Attributes:
        specification: What they are drawn from.
        customers: How many.
        seed: Any whole number; the same one gives the same bytes on every machine.
        start: First day of the data, in the specification's zone.
        days: How many days.
        truths: What is planted.
        block: Customers that are advanced together.
    """

    specification: Specification
    customers: int
    seed: int
    start: date
    days: int
    truths: tuple[Truth, ...] = ()
    block: int = BLOCK

    @cached_property
    def tables(self) -> Tables:
        """The compiled specification."""
        return compile_specification(self.specification, start=self.start, days=self.days, truths=self.truths)

    def blocks(self) -> Iterator[Block]:
        """The drawn numbers, block by block."""
        for first in range(0, self.customers, self.block):
            yield simulate_block(self.tables, self.seed, first, min(self.block, self.customers - first))

    def events(self) -> Iterator[pa.RecordBatch]:
        """All visible events by (customer, time), as `SIMULATED_EVENTS`."""
        for block in self.blocks():
            chosen = np.flatnonzero(self.tables.visible[block.state])
            rows = EventRows(self.specification, self.tables, block, chosen, frozenset(), block.event_keys[chosen])
            names = touchpoint_names(self.specification)
            codes = touchpoints_of(self.specification, block, self.tables.visible)[chosen]
            persona = CustomerRows(self.specification, self.tables, block).column("persona")
            columns = [
                rows.column("customer"),
                persona.take(pa.array(block.customer[chosen])),
                rows.column("time as timestamp"),
                rows.column("state"),
                pa.array([None, *names], pa.string()).take(pa.array(codes)),
                rows.column("channel"),
                rows.column("device"),
                rows.column("message"),
                rows.column("basket"),
                pa.array(rows.value().astype(np.float64)),
            ]
            yield pa.RecordBatch.from_arrays(columns, schema=SIMULATED_EVENTS)

    def batches(self) -> Iterator[tuple[str, pa.RecordBatch]]:
        """What the business's systems write: an outlet's name and some of its rows, events by time in each block."""
        for name, outlet in self.specification.outlets.items():
            if outlet.rows.startswith("list:"):
                yield name, self._listed(outlet.rows.removeprefix("list:"), list(outlet.columns.items()))
        for number in self.specification.daily_numbers.values():
            rows = daily_number(self.specification, number, seed=self.seed, start=self.start, days=self.days)
            yield number.outlet, rows
        for block in self.blocks():
            for name, outlet in self.specification.outlets.items():
                if outlet.rows == "customer":
                    customers = CustomerRows(self.specification, self.tables, block)
                    arrays = [customers.column(written) for written in outlet.columns.values()]
                    yield name, pa.RecordBatch.from_arrays(arrays, names=list(outlet.columns))
                elif outlet.rows in {"event", "feedback"}:
                    yield name, self.written(name, block, self.rows_of(name, block))

    def rows_of(self, outlet: str, block: Block) -> npt.NDArray[np.intp]:
        """Positions of the events that an outlet writes, by time."""
        codes = np.array([_outlet_code(self.specification, outlet, state) for state in self.specification.states])
        names, channel = channel_codes(self.specification, block.state, block.device)
        wanted = codes[block.state]
        here = names.index(outlet) if outlet in names else -1
        chosen = np.flatnonzero((wanted == 1) | ((wanted == 2) & (channel == here)))
        return chosen[np.argsort(block.time[chosen], kind="stable")]

    def written(
        self, outlet: str, block: Block, chosen: npt.NDArray[np.intp], keys: Keys | None = None
    ) -> pa.RecordBatch:
        """Some events as an outlet writes them, with their own ids or others."""
        states = frozenset(state for state in self.specification.states if self._writes(state, outlet))
        identity = block.event_keys[chosen] if keys is None else keys
        rows = EventRows(self.specification, self.tables, block, chosen, states, identity)
        columns = self.specification.outlets[outlet].columns
        return pa.RecordBatch.from_arrays([rows.column(written) for written in columns.values()], names=list(columns))

    def _writes(self, state: str, outlet: str) -> bool:
        code = _outlet_code(self.specification, outlet, state)
        channel = self.specification.states[state].channel
        channels = self.specification.channels.values() if channel == "device" else [channel]
        return code == 1 or (code == 2 and outlet in channels)

    def _listed(self, name: str, columns: Sequence[tuple[str, str]]) -> pa.RecordBatch:
        entries = self.specification.lists[name]
        arrays = [pa.array([entry.get(variable) for entry in entries]) for _, variable in columns]
        return pa.RecordBatch.from_arrays(arrays, names=[column for column, _ in columns])


def _outlet_code(specification: Specification, outlet: str, state: str) -> int:
    """Whether the events of a state go to an outlet: 0 never, 1 always, 2 where their channel has its name."""
    written = specification.states[state].outlet
    return 2 if written == "channel" else int(written == outlet)


def simulate(
    specification: Specification,
    *,
    customers: int,
    seed: int = 0,
    start: date | None = None,
    days: int | None = None,
    truths: Sequence[Truth] = (),
) -> Simulated:
    """Draw customers.

    Args:
        specification: What they are drawn from.
        customers: How many customers the data shall show, each with at least one event.
        seed: The same one gives the same customers; customer number n is the same whatever their number.
        start: First day of the data; by default the specification's.
        days: How many days; by default the specification's.
        truths: What is planted.

    Raises:
        QuestionError: Numbers that make no sense, or a truth that names what is not there.
    """
    if customers < 1 or (days is not None and days < 1):
        raise QuestionError(sentence("a simulation needs at least one customer and one day"))
    first, length = start or date.fromisoformat(specification.first_day), days or specification.days
    if not _YEARS[0] <= first.year <= _YEARS[1] or length > _MOST_DAYS:
        raise QuestionError(
            sentence(
                "a simulation starts between {first} and {last} and has at most {most_days} days",
                first=str(_YEARS[0]),
                last=str(_YEARS[1]),
                most_days=_MOST_DAYS,
            )
        )
    simulated = Simulated(specification, customers, seed, first, length, tuple(truths))
    _ = simulated.tables  # says at once what is wrong
    return simulated

"""Which touchpoint each simulated event shows, and the numbers that are counted without customers."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from resa.simulation.process import PURPOSES, Block
from resa.simulation.randomness import derive
from resa.simulation.specification import DailyNumber, Specification, Wait
from resa.simulation.waiting import quantiles, take_quantile

__all__ = ["daily_number", "touchpoint_names", "touchpoints_of"]

_DAILY_SPREAD = 0.12


def touchpoint_names(specification: Specification) -> tuple[str, ...]:
    """Touchpoints that some state shows, in the order of the states."""
    states = specification.states.values()
    return tuple(dict.fromkeys(name for state in states for name in (state.touchpoint, state.again) if name))


def touchpoints_of(specification: Specification, block: Block, visible: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """The touchpoint of each event: 1 for the first of `touchpoint_names`, 0 for none.

    Args:
        specification: Where the block comes from.
        block: Its events by (customer, time).
        visible: Of each state, whether it leaves a trace; only what is seen is counted by `again`.
    """
    names = touchpoint_names(specification)
    code = {name: number for number, name in enumerate(names, start=1)}
    states = list(specification.states.values())
    first = np.array([code[state.touchpoint] if state.touchpoint else 0 for state in states])
    later = np.array([code[state.again or state.touchpoint] if state.touchpoint else 0 for state in states])
    codes = np.where(visible[block.state], first[block.state], 0)
    for touchpoint in {state.touchpoint for state in states if state.again}:
        events = np.flatnonzero(codes == code[str(touchpoint)])
        repeats = events[1:][block.customer[events[1:]] == block.customer[events[:-1]]]
        codes[repeats] = later[block.state[repeats]]
    return codes


def daily_number(
    specification: Specification, number: DailyNumber, *, seed: int, start: date, days: int
) -> pa.RecordBatch:
    """One row a day and entry of the list, as its outlet writes it: variables `day`, `value` and the entry's own."""
    entries = specification.lists[number.per]
    dates = [start + timedelta(days=day) for day in range(days)]
    weekday = np.array([number.weekdays[day.weekday()] for day in dates])
    weight = np.array([float(entry.get("weight", 1)) for entry in entries])
    mean = number.mean * weekday[:, None] * weight[None, :] / weight.mean()
    key = derive(np.array([seed % (1 << 64)], dtype=np.uint64), 2)
    keys = derive(key + np.arange(mean.size, dtype=np.uint64), PURPOSES.column)
    # In thousandths of the mean.
    table = quantiles(Wait(median=1_000, spread=_DAILY_SPREAD))[None, :]
    factor = take_quantile(table, np.zeros(mean.size, dtype=np.int64), keys, PURPOSES.wait)
    values = np.rint(mean.ravel()).astype(np.int64) * factor // 1_000
    columns = specification.outlets[number.outlet].columns
    arrays = []
    for variable in columns.values():
        if variable == "day":
            arrays.append(pa.array([day.isoformat() for day in dates for _ in entries]))
        elif variable == "value":
            arrays.append(pa.array(values))
        else:
            arrays.append(pa.array([entry.get(variable) for _ in dates for entry in entries]))
    return pa.RecordBatch.from_arrays(arrays, names=list(columns))

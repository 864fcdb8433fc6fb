"""Which events show a touchpoint, one bit an event: what a funnel reads instead of every event.

Event e is bit `e % 64` of word `e // 64`. What follows something in a customer's journey is then found for 64 events at
once, by a handful of operations on whole words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from threading import Lock
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from numba import types
from numba.extending import intrinsic

from resa.kernels.compiling import inlined, kernel

__all__ = ["CODES", "EventBits", "bit_count", "count_before", "first_of", "following", "pick", "within"]

CODES: Final = 65_536
"""How many touchpoint codes there can be; tables of this length need no check of a code."""

_BLOCK: Final = 1 << 18  # events packed at a time: their flags stay in the processor's cache
_FEW: Final = 8  # rows to begin with

_ALL: Final = np.uint64(2**64 - 1)
_ONE: Final = np.uint64(1)
_TOP: Final = np.uint64(63)

Words = npt.NDArray[np.uint64]


class EventBits:
    """The bits of one column of touchpoints, made when they are first asked for and kept: 1/8 byte an event and code.

    Threads may share it.

    Args:
        offsets: Where customers' events begin, as in `Journeys`.
        touchpoints: The events' codes.
    """

    def __init__(self, offsets: npt.NDArray[np.int64], touchpoints: npt.NDArray[np.uint16]) -> None:
        self._touchpoints = touchpoints
        self._lock = Lock()
        self._places: dict[int, int] = {}
        # Memory that is not written to is not taken from the machine.
        self._rows = np.empty((_FEW, -(-len(touchpoints) // 64)), np.uint64)
        owners = np.flatnonzero(np.diff(offsets)).astype(np.int32)
        firsts = offsets[owners]

        def begins(start: int, stop: int) -> npt.NDArray[np.bool_]:
            flags = np.zeros(stop - start, np.bool_)
            flags[firsts[slice(*np.searchsorted(firsts, (start, stop)))] - start] = True
            return flags

        borders = self._packed(begins)
        ranks = np.cumsum(np.bitwise_count(borders), dtype=np.int32) - np.bitwise_count(borders)
        self.customers: Final = (borders, owners, ranks)
        """A bit at each customer's first event; whose these are, i32; how many stand before each word, i32."""

    def of(self, steps: Sequence[Sequence[int]]) -> tuple[Words, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """The bits of steps, each any of some codes.

        Returns:
            Rows of words; heads, one more than steps; places: step s is any of `rows[places[heads[s]:heads[s + 1]]]`.

        Raises:
            ValueError: A code is 0 or above 65,535.
        """
        with self._lock:
            places = [[self._place(code) for code in sorted(set(codes))] for codes in steps]
            heads = np.cumsum([0, *map(len, places)], dtype=np.int64)
            return self._rows, heads, np.array([place for own in places for place in own], np.int64)

    def any_of(self, codes: Sequence[int]) -> Words:
        """The events that show any of these codes."""
        rows, _, places = self.of([codes])
        union = np.zeros(rows.shape[1], np.uint64)
        for place in places:
            union |= rows[place]
        return union

    @cached_property
    def any_touchpoint(self) -> Words:
        """The events that show a touchpoint, whichever."""
        return self._packed(lambda start, stop: self._touchpoints[start:stop] != 0)

    def _place(self, code: int) -> int:
        """The row of a code, made if need be."""
        if not 1 <= code < CODES:
            raise ValueError(f"{code} is no touchpoint's code; codes are 1 to {CODES - 1}")
        if code not in self._places:
            place = len(self._places)
            if place == len(self._rows):
                rows = np.empty((2 * place, self._rows.shape[1]), np.uint64)
                rows[:place] = self._rows
                self._rows = rows  # who reads the rows before them keeps those
            wanted = np.uint16(code)
            self._rows[place] = self._packed(lambda start, stop: self._touchpoints[start:stop] == wanted)
            self._places[code] = place
        return self._places[code]

    def _packed(self, flags: Callable[[int, int], npt.NDArray[np.bool_]]) -> Words:
        """The flags of all events as words, asked for a block at a time."""
        events = len(self._touchpoints)
        packed = np.zeros(8 * self._rows.shape[1], np.uint8)
        for start in range(0, events, _BLOCK):
            block = np.packbits(flags(start, min(start + _BLOCK, events)), bitorder="little")
            packed[start // 8 : start // 8 + len(block)] = block
        return packed.view("<u8").astype(np.uint64, copy=False)


def count_before(words: Words, position: int) -> int:
    """How many events before a position have their bit set."""
    word, rest = divmod(position, 64)
    whole = int(np.bitwise_count(words[:word]).sum(dtype=np.int64))
    return whole + (int(words[word]) & ((1 << rest) - 1)).bit_count() if rest else whole


def _type_bit_count(_context: Any, _word: Any) -> tuple[Any, Any]:
    """The processor's own instruction; Numba has no function for it."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate


bit_count: Any = intrinsic(_type_bit_count)


@inlined
def within(word: int, start: int, stop: int) -> np.uint64:
    """The bits of a word that stand for events from `start` up to, not including, `stop`."""
    kept = _ALL
    if start > 64 * word:
        kept = _ALL << np.uint64(start - 64 * word)
    if stop < 64 * word + 64:
        kept &= _ALL >> np.uint64(64 * word + 64 - stop)
    return kept


@inlined
def following(bits: np.uint64, borders: np.uint64, carry: np.uint64) -> tuple[np.uint64, np.uint64]:
    """The events after one of `bits` in the same customer's journey; and the carry for the next word.

    `bits` moved up by one, together with the carry, are seeds. Adding the seeds to the runs of events that begin no
    customer carries each run's lowest seed to the end of its run: what changed, and the seeds, is what follows.
    """
    free = ~borders
    seeds = ((bits << _ONE) | carry) & free
    after = free & (~(free + seeds) | seeds)
    return after, (bits | after) >> _TOP


@inlined
def first_of(words: Words, start: int, stop: int) -> np.int64:
    """The first event from `start` up to, not including, `stop` whose bit is set; at least `stop` if there is none."""
    word = start >> 6
    rest = words[word] & (_ALL << np.uint64(start & 63)) if start < stop else _ALL
    while rest == 0 and 64 * word + 64 < stop:
        word += 1
        rest = words[word]
    found = 64 * word + np.int64(bit_count((rest & (~rest + _ONE)) - _ONE))
    return found if start < stop else np.int64(stop)


@kernel
def pick(words: Words, start: int, stop: int, found: npt.NDArray[np.int64]) -> int:
    """Write where bits stand from event `start` up to, not including, `stop`; returns how many."""
    count = 0
    for word in range(start >> 6, (stop + 63) >> 6):
        rest = words[word] & within(word, start, stop)
        while rest != 0:
            found[count] = 64 * word + np.int64(bit_count((rest & (~rest + _ONE)) - _ONE))
            count += 1
            rest &= rest - _ONE
    return count

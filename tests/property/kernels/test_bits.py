"""Bits of events: made as asked for, and what follows them, against plain loops."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.oracles.journeys import as_lists, journeys

from resa.kernels import Journeys
from resa.kernels.bits import following, pick
from resa.kernels.compiling import kernel


@kernel
def _following(bits: np.ndarray, borders: np.ndarray, after: np.ndarray) -> None:
    carry = np.uint64(0)
    for word in range(len(bits)):
        after[word], carry = following(bits[word], borders[word], carry)


def picked(words: np.ndarray, start: int, stop: int) -> list[int]:
    found = np.empty(64 * len(words) + 1, np.int64)
    return found[: pick(words, start, stop, found)].tolist()  # type: ignore[no-any-return]  # a kernel's answer


@given(journeys(customers=12, most=40), st.lists(st.integers(1, 5), max_size=3), st.data())
def test_bits_stand_where_touchpoints_do(drawn: Journeys, codes: list[int], data: st.DataObject) -> None:
    words = drawn.bits.any_of(codes)
    start = data.draw(st.integers(0, drawn.events))
    stop = data.draw(st.integers(start, drawn.events))
    wanted = [position for position in range(start, stop) if drawn.touchpoints[position] in codes]
    assert picked(words, start, stop) == wanted
    assert picked(words, 0, 64 * len(words)) == np.flatnonzero(np.isin(drawn.touchpoints, codes)).tolist()


@pytest.mark.parametrize("seed", range(8))
def test_what_follows_is_of_the_same_customer(seed: int) -> None:
    random = np.random.default_rng(seed)
    offsets = np.cumsum([0, *random.integers(0, 150, 40)])  # many go over the border of a word, or over several
    times = np.zeros(int(offsets[-1]), np.int32)
    drawn, code = Journeys(offsets, times, times, random.integers(0, 90, len(times)).astype(np.uint16)), 7
    borders, owners, ranks = drawn.bits.customers
    lists = as_lists(drawn)
    assert owners.tolist() == [customer for customer, events in enumerate(lists) if events]
    assert picked(borders, 0, drawn.events) == [events[0].position for events in lists if events]
    assert ranks.tolist() == [len(picked(borders, 0, 64 * word)) for word in range(len(borders))]
    after = np.zeros(len(borders), np.uint64)
    _following(drawn.bits.any_of([code]), borders, after)
    wanted = []
    for events in lists:
        since = next((event.position for event in events if event.code == code), None)
        wanted += [event.position for event in events if since is not None and event.position > since]
    assert picked(after, 0, drawn.events) == wanted


def test_threads_that_ask_at_once_get_the_same_bits() -> None:
    random = np.random.default_rng(1)
    events, codes = 300_000, 100
    touchpoints = random.integers(0, codes, events).astype(np.uint16)
    shared = Journeys(np.array([0, events]), np.zeros(events, np.int32), np.zeros(events, np.int32), touchpoints)
    asked = random.integers(1, codes, 400).tolist()
    with ThreadPoolExecutor(8) as pool:
        for code, words in zip(asked, pool.map(lambda code: shared.bits.any_of([code]), asked), strict=True):
            assert picked(words, 0, events) == np.flatnonzero(touchpoints == code).tolist()


def test_a_code_that_is_none_is_refused() -> None:
    empty = Journeys(np.zeros(1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.uint16))
    for code in (0, 65_536):
        with pytest.raises(ValueError, match="no touchpoint's code"):
            empty.bits.any_of([code])
    assert empty.bits.any_of([1]).tolist() == []

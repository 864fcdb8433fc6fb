"""Benchmark data look like the data of the notes on performance."""

from __future__ import annotations

import numpy as np

from resa.simulation import BENCHMARK_TYPES, benchmark_events


def test_many_customers_forty_types_few_ties() -> None:
    events = benchmark_events(400_000, seed=5)
    assert len(events.micros) == len(events.types) == len(events.channels) == 400_000
    customer = np.repeat(np.arange(len(events.offsets) - 1), np.diff(events.offsets))
    same = customer[1:] == customer[:-1]
    gaps = np.diff(events.micros)[same]
    assert (gaps >= 0).all()
    assert 0.015 < (gaps == 0).mean() < 0.023
    assert set(events.types.tolist()) == set(range(1, 41))
    assert 20 < 400_000 / (len(events.offsets) - 1) < 22
    tied = np.flatnonzero(same & (np.diff(events.micros) == 0))
    assert (events.types[tied] <= events.types[tied + 1]).all()
    four = np.sort(np.bincount(events.types))[-4:].sum() / 400_000
    assert 0.25 < four < 0.4


def test_a_seed_decides_everything() -> None:
    first, again, other = (benchmark_events(30_000, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first.offsets, again.offsets)
    assert np.array_equal(first.micros, again.micros)
    assert np.array_equal(first.types, again.types)
    assert not np.array_equal(first.micros, other.micros)


def test_the_table_holds_strings_and_can_be_cut() -> None:
    events = benchmark_events(5_000)
    table = events.table()
    assert table.num_rows == 5_000
    assert len(set(table.column("message_id").to_pylist())) == 5_000
    assert table.column("event")[0].as_py() == BENCHMARK_TYPES[events.types[0] - 1]
    part = events.table(first=100, customers=50)
    begin, end = events.offsets[100], events.offsets[150]
    assert part.equals(table.slice(begin, end - begin))

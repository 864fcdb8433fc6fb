"""What holds for all kernels: memory maps, sizes, threads, real data."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from tests.oracles.journeys import as_arrays

from resa.base.errors import QuestionError
from resa.kernels import (
    MET,
    Journeys,
    count_paths,
    funnel,
    funnel_counts,
    openings,
    paths,
    top_paths,
    transitions,
    variant_codes,
    variants,
    visits,
    warm,
)

DAY = 86_400 * 1_000_000


def many(events: int, customers: int, codes: int, seed: int) -> Journeys:
    """Random journeys with ties, as large as needed."""
    random = np.random.default_rng(seed)
    owner = np.sort(random.integers(0, customers, events))
    offsets = np.searchsorted(owner, np.arange(customers + 1)).astype(np.int64)
    times = np.cumsum(random.integers(0, 40_000_000, events))
    times -= np.repeat(times[np.minimum(offsets[:-1], events - 1)], np.diff(offsets))
    return Journeys(
        offsets,
        (times // 1_000_000).astype(np.int32),
        (times % 1_000_000).astype(np.int32),
        random.integers(0, codes, events).astype(np.uint16),
    )


def answers(journeys: Journeys, threads: int | None) -> list[list[object]]:
    """Every kernel's answer to one question, in a form that can be compared."""
    steps = [[1], [2, 3], [1], [4]]
    counted = count_paths(paths(journeys, 6, steps=4, each=True, threads=threads))
    found = variants(journeys, collapse=True, session_gap_us=DAY // 8, threads=threads)
    chosen = funnel(journeys, steps, within_us=DAY, threads=threads)
    tables = [
        *chosen,
        funnel_counts(journeys, steps, within_us=DAY, threads=threads),
        *openings(journeys, [1], [2], [3], within=DAY // 100, threads=threads),
        *openings(
            journeys, [1], [2], [3], within=DAY, keys=np.arange(journeys.events, dtype=np.uint32) % 5, threads=threads
        ),
        *transitions(journeys, 6, threads=threads),
        *visits(journeys, 6, np.arange(0, 50) * DAY // 10, threads=threads),
        *top_paths(counted, 30)[1:4],
        np.sort(found.groups.counts),
    ]
    return [np.asarray(table).tolist() for table in tables]


def test_the_number_of_threads_changes_no_answer() -> None:
    journeys = many(60_000, 700, 6, seed=3)
    assert answers(journeys, 1) == answers(journeys, 2) == answers(journeys, 7)


def test_customers_added_up_in_parts_give_the_whole() -> None:
    journeys = many(20_000, 300, 6, seed=4)
    whole = transitions(journeys, 6)
    left = np.arange(journeys.customers) < 100
    one, other = transitions(journeys, 6, customers=left), transitions(journeys, 6, customers=~left)
    assert (one.counts + other.counts == whole.counts).all()
    assert (one.customers + other.customers == whole.customers).all()
    for edge in np.ndindex(whole.counts.shape):
        assert one.total_microseconds(*edge) + other.total_microseconds(*edge) == whole.total_microseconds(*edge)


def test_read_only_memory_maps_are_read_in_place_by_the_same_kernels(tmp_path: Path) -> None:
    from resa.kernels.funnel import _chains, _levels
    from resa.kernels.transitions import _transitions

    journeys = many(5_000, 60, 6, seed=5)
    warm()
    wanted = answers(journeys, 1)
    kernels = (_levels, _chains, _transitions)
    compiled = [len(kernel.signatures) for kernel in kernels]  # type: ignore[attr-defined]  # Numba's dispatcher
    maps = []
    for name, array in journeys._asdict().items():
        np.save(tmp_path / f"{name}.npy", array)
        maps.append(np.load(tmp_path / f"{name}.npy", mmap_mode="r"))
    assert answers(Journeys(*maps), 1) == wanted
    assert [len(kernel.signatures) for kernel in kernels] == compiled  # type: ignore[attr-defined]  # as above


def test_one_customer_with_a_million_events_takes_time_in_proportion() -> None:
    warm()
    random = np.random.default_rng(6)

    def one_customer(events: int) -> Journeys:
        seconds = np.sort(random.integers(0, 10**7, events)).astype(np.int32)
        codes = random.integers(0, 6, events).astype(np.uint16)
        return Journeys(np.array([0, events], np.int64), seconds, np.zeros(events, np.int32), codes)

    def spent(journeys: Journeys) -> float:
        begun = time.process_time()
        keys = np.arange(journeys.events, dtype=np.uint32)
        funnel(journeys, [[1], [2], [1], [5]], within_us=DAY)
        openings(journeys, [1], [2], within=DAY)
        openings(journeys, [1], [1], within=DAY, keys=keys)  # every opening stays open, each with a key of its own
        transitions(journeys, 6)
        count_paths(paths(journeys, 6, steps=5, each=True, session_gap_us=DAY))
        variants(journeys)
        return time.process_time() - begun

    short = min(spent(one_customer(100_000)) for _ in range(3))
    assert spent(one_customer(1_000_000)) < 40 * short + 0.5


def test_traffic_fines_in_row_order(shared_data: Path) -> None:
    table = pq.read_table(
        shared_data / "traffic_fines_sample" / "events.parquet", columns=["case_id", "activity", "timestamp"]
    )
    cases = pc.index_in(table["case_id"], pc.unique(table["case_id"])).to_numpy()
    activities = pc.unique(table["activity"].cast("string")).to_pylist()
    order = np.argsort(cases, kind="stable")
    times = table["timestamp"].to_numpy().astype("datetime64[us]").astype(np.int64)[order]
    codes = np.array([activities.index(name) + 1 for name in table["activity"].to_pylist()], np.uint16)[order]
    journeys = Journeys(
        np.searchsorted(cases[order], np.arange(cases.max() + 2)).astype(np.int64),
        (times // 1_000_000).astype(np.int32),
        (times % 1_000_000).astype(np.int32),
        codes,
    )
    edges = transitions(journeys, len(activities) + 1)
    found = variants(journeys)
    assert journeys.customers == 10_000
    assert len(activities) == 11
    assert len(found.groups.counts) == 44
    assert len(edges.edges) == 40
    assert edges.counts[0, activities.index("Create Fine") + 1, activities.index("Send Fine") + 1] == 6_557
    rows = Counter(
        tuple(journeys.touchpoints[start:stop].tolist())
        for start, stop in zip(journeys.offsets, journeys.offsets[1:], strict=False)
    )
    kinds = [tuple(variant_codes(journeys, found, int(row)).tolist()) for row in found.groups.first]
    assert dict(zip(kinds, found.groups.counts.tolist(), strict=True)) == dict(rows)


def test_sums_beyond_64_bits_of_microseconds_stay_exact() -> None:
    low, high = -(2**31), 2**31 - 1
    customers = 3_000  # 3,000 times 136 years is more than 2^63 microseconds
    journeys = Journeys(
        np.arange(customers + 1, dtype=np.int64) * 2,
        np.tile(np.array([low, high], np.int32), customers),
        np.tile(np.array([0, 999_999], np.int32), customers),
        np.tile(np.array([1, 2], np.uint16), customers),
    )
    apart = (high - low) * 1_000_000 + 999_999
    found = transitions(journeys, 3)
    assert found.total_microseconds(0, 1, 2) == customers * apart > 2**63
    assert found.quantile_seconds(0.5)[0, 1, 2] == pytest.approx(apart / 1e6, rel=1 / 64)
    assert funnel_counts(journeys, [[1], [2]], within_us=apart).tolist() == [customers, customers]
    assert funnel_counts(journeys, [[1], [2]], within_us=apart - 1).tolist() == [customers, 0]
    assert (openings(journeys, [1], [2], within=2**62).outcome == MET).all()


def test_wrong_arrays_and_questions_are_refused() -> None:
    journeys = as_arrays([[(0, 1), (5, 2)], [(3, 1)]])
    with pytest.raises(ValueError, match="offsets must run from 0 to the number of events"):
        funnel_counts(journeys._replace(seconds=journeys.seconds[:2]), [[1]], within_us=1)
    with pytest.raises(TypeError, match="an array of int32 is needed, not of int64"):
        funnel_counts(journeys._replace(seconds=journeys.seconds.astype(np.int64)), [[1]], within_us=1)
    with pytest.raises(ValueError, match="1 flags for 2 customers"):
        funnel_counts(journeys, [[1]], within_us=1, customers=np.ones(1, np.bool_))
    for steps in ([], [[1]] * 256):
        with pytest.raises(QuestionError, match="1 to 255 steps"):
            funnel_counts(journeys, steps, within_us=1)
    with pytest.raises(QuestionError, match="first step of a funnel cannot be optional"):
        funnel(journeys, [[1]], within_us=1, optional=[True])
    with pytest.raises(QuestionError, match="negative"):
        funnel_counts(journeys, [[1]], within_us=-1)
    with pytest.raises(QuestionError, match="negative"):
        openings(journeys, [1], [2], within=-1)
    for code in (0, 65_536):
        with pytest.raises(ValueError, match="no touchpoint's code"):
            funnel_counts(journeys, [[code]], within_us=1)
        with pytest.raises(ValueError, match="no touchpoint's code"):
            openings(journeys, [code], [2], within=1)
    for ask in (
        lambda: transitions(journeys, 2),
        lambda: paths(journeys, 2, steps=2),
        lambda: visits(journeys, 2, np.array([0, 9])),
    ):
        with pytest.raises(ValueError, match="code is not below 2"):
            ask()
    with pytest.raises(ValueError, match="edges that ascend"):
        visits(journeys, 3, np.array([5, 5]))
    with pytest.raises(ValueError, match="keys for 3 events"):
        openings(journeys, [1], [2], within=1, keys=np.zeros(2, np.uint32))


def test_an_index_without_customers_or_events_answers_with_nothing() -> None:
    for journeys in (as_arrays([]), as_arrays([[], []])):
        assert funnel_counts(journeys, [[1], [2]], within_us=1).tolist() == [0, 0]
        assert len(openings(journeys, [1], [2], within=1).customer) == 0
        assert transitions(journeys, 3).counts.sum() == 0
        assert visits(journeys, 3, np.array([0, 9])).counts.sum() == 0
        counted = count_paths(paths(journeys, 3, steps=2))
        assert top_paths(counted, 5).others_count == 0
        assert len(variants(journeys).groups.counts) == 0

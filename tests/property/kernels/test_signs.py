"""Signs counted together are what each of them is by itself."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resa.kernels import (
    Signs,
    Totals,
    count_together,
    first_met,
    first_together,
    totals_by_group,
    trials_together,
    weekly_trials,
)

Columns = tuple[npt.NDArray[np.int32], ...]

ROWS = st.lists(st.tuples(*(st.integers(0, most) for most in (4, 3, 2, 255, 255, 3))), max_size=40)
"""Customer, week, stratum, met, looked at, group."""


def drawn(rows: list[tuple[int, ...]], how_many: int) -> tuple[Signs, Columns]:
    """The openings, and their weeks, strata and groups."""
    customer, week, stratum, met, among, group = np.array(sorted(rows), np.int32).reshape(-1, 6).T.copy()
    return Signs(customer, met.astype(np.uint8), among.astype(np.uint8), how_many), (week, stratum, group)


def flags(bits: npt.NDArray[np.uint8], sign: int) -> npt.NDArray[np.bool_]:
    chosen: npt.NDArray[np.bool_] = (bits >> sign) & 1 == 1
    return chosen


def same(one: Totals, other: Totals) -> bool:
    return str(one) == str(other)  # NaN is not equal to itself


@given(ROWS, st.sampled_from([1, 3, 5, 8]), st.integers(1, 4))
def test_trials_of_several_signs_are_those_of_each(rows: list[tuple[int, ...]], how_many: int, threads: int) -> None:
    signs, (week, stratum, group) = drawn(rows, how_many)
    found = trials_together(signs, week, stratum, size=(3, 4), threads=threads)
    codes = group.astype(np.uint8)
    together = first_together(found, signs.met, codes, 3, range(how_many))
    for sign in range(how_many):
        met, among = flags(signs.met, sign), flags(signs.among, sign)
        alone = weekly_trials(signs.customer, week, stratum, met, among, size=(3, 4))
        own = found.of[sign]
        assert own.counts.tolist() == alone.counts.tolist()
        assert own.effect == alone.effect
        assert same(own.whole, alone.whole)
        assert flags(found.first, sign).tolist() == (alone.places < alone.counts.size).tolist()
        wanted = count_together(alone.places, codes, alone.counts.size + 1, 1, 3)[:, :-1]
        assert together[sign].reshape(3, -1).tolist() == wanted.tolist()
        one = first_together(found, signs.met, codes, 3, range(sign, sign + 1))
        assert one[0].tolist() == together[sign].tolist()


@given(ROWS, st.sampled_from([1, 5, 8]))
def test_groups_have_the_totals_of_their_openings(rows: list[tuple[int, ...]], how_many: int) -> None:
    signs, (_, _, group) = drawn(rows, how_many)
    found = totals_by_group(signs, group - np.int32(1), 3)
    for number, of_group in enumerate(found):
        inside = group == number + 1
        for sign, whole in enumerate(of_group):
            chosen = inside & flags(signs.among, sign)
            none = np.zeros(int(chosen.sum()), np.int32)
            met = flags(signs.met, sign)[chosen]
            assert same(whole, weekly_trials(signs.customer[chosen], none, none, met, size=(1, 1)).whole)


@given(ROWS)
def test_the_first_that_is_met_is_one_a_customer(rows: list[tuple[int, ...]]) -> None:
    signs, _ = drawn(rows, 8)
    for sign in range(8):
        first: dict[int, int] = {}
        for row in np.flatnonzero(flags(signs.met & signs.among, sign)).tolist():
            first.setdefault(int(signs.customer[row]), row)
        assert first_met(signs, sign).tolist() == list(first.values())


@pytest.mark.parametrize(
    ("how_many", "each"), [(8, 254), (8, 255), (8, 256), (8, 800), (5, 4_094), (5, 4_096), (5, 9_000)]
)
def test_a_customer_may_have_more_openings_than_a_word_counts(how_many: int, each: int) -> None:
    random = np.random.default_rng(each)
    customer = np.repeat(np.arange(1_200, dtype=np.int32), np.where(np.arange(1_200) % 400 == 7, each, 1))
    week = np.zeros(len(customer), np.int32)
    met, among = (random.integers(0, 256, len(customer)).astype(np.uint8) for _ in range(2))
    signs = Signs(customer, met, among, how_many)
    found = trials_together(signs, week, week, size=(1, 1))
    groups = totals_by_group(signs, customer % 2, 2)
    for sign in range(how_many):
        alone = weekly_trials(customer, week, week, flags(met, sign), flags(among, sign), size=(1, 1))
        assert same(found.of[sign].whole, alone.whole)
        assert found.of[sign].effect == alone.effect
        chosen = flags(among, sign) & (customer % 2 == 1)
        odd = weekly_trials(customer[chosen], week[chosen], week[chosen], flags(met, sign)[chosen], size=(1, 1))
        assert same(groups[1][sign], odd.whole)


def test_what_does_not_fit_is_refused() -> None:
    zeros, byte = np.zeros(2, np.int32), np.zeros(2, np.uint8)
    signs = Signs(zeros, byte, byte, 2)
    with pytest.raises(ValueError, match="1 to 8 signs, not 9"):
        trials_together(signs._replace(how_many=9), zeros, zeros, size=(1, 1))
    with pytest.raises(ValueError, match="1 weeks and 2 strata for 2 openings"):
        trials_together(signs, zeros[:1], zeros, size=(1, 1))
    with pytest.raises(ValueError, match="numbered 0 to 0"):
        trials_together(signs, zeros + np.int32(1), zeros, size=(1, 1))
    with pytest.raises(ValueError, match="groups are numbered 0 to 1"):
        totals_by_group(signs, zeros + np.int32(2), 2)
    with pytest.raises(ValueError, match="1 groups for 2 openings"):
        totals_by_group(signs, zeros[:1], 2)
    found = trials_together(signs, zeros, zeros, size=(1, 1))
    with pytest.raises(ValueError, match="1 codes for 2 openings"):
        first_together(found, byte, byte[:1], 1, range(2))

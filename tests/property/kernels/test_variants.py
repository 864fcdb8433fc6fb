from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.oracles.journeys import PERIODS, WINDOWS, as_lists, journeys
from tests.oracles.variants import variants_of

from resa.kernels import Journeys, Variants, variant_codes, variants
from resa.kernels.variants import _variants


def counted(drawn: Journeys, found: Variants) -> dict[tuple[int, ...], tuple[int, int]]:
    """Count and customers of each variant, by its codes."""
    groups = found.groups
    rows = [tuple(variant_codes(drawn, found, int(row)).tolist()) for row in groups.first]
    assert len(set(rows)) == len(rows)
    for journey, group in enumerate(groups.group.tolist()):
        assert tuple(variant_codes(drawn, found, journey).tolist()) == rows[group]
        assert found.length[journey] == len(rows[group])
    return dict(zip(rows, zip(groups.counts.tolist(), groups.customers.tolist(), strict=True), strict=True))


@given(journeys(codes=2, most=5, customers=6), st.booleans(), st.none() | WINDOWS, PERIODS)
def test_variants_are_those_of_the_oracle(
    drawn: Journeys, collapse: bool, gap: int | None, period: tuple[int, int] | None
) -> None:
    found = variants(drawn, collapse=collapse, session_gap_us=gap, period=period, threads=2)
    counts, who = variants_of(as_lists(drawn), collapse=collapse, gap=gap, period=period)
    assert counted(drawn, found) == {row: (counts[row], len(who[row])) for row in counts}


@given(journeys(codes=3, most=5, customers=6), st.booleans())
def test_journeys_that_share_a_hash_are_told_apart(drawn: Journeys, collapse: bool) -> None:
    found = _variants(drawn, collapse, None, None, None, None, kept_bits=1)
    counts, who = variants_of(as_lists(drawn), collapse=collapse, gap=None, period=None)
    assert counted(drawn, found) == {row: (counts[row], len(who[row])) for row in counts}

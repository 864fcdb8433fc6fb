from __future__ import annotations

import math

import numpy as np

from resa.kernels import BUCKETS, RELATIVE_ERROR, quantiles
from resa.kernels.histogram import bucket_of, middles


def test_every_duration_is_within_the_stated_error_of_its_bucket() -> None:
    assert RELATIVE_ERROR <= 0.02
    values = middles()
    edges = [2**power + offset for power in range(53) for offset in (-1, 0, 1) if 2**power + offset < 2**53]
    random = np.random.default_rng(1)
    for duration in {0, 2**53 - 1, *edges, *np.exp2(random.uniform(0, 53, 3_000)).astype(np.int64).tolist()}:
        bucket = bucket_of(np.int64(duration))
        assert 0 <= bucket < BUCKETS
        assert abs(values[bucket] - duration) <= duration * RELATIVE_ERROR
        if duration < 64:
            assert values[bucket] == duration
    assert (np.diff(values) > 0).all()


def test_quantiles_are_those_of_the_nearest_rank() -> None:
    durations = np.array([5, 5, 7, 20, 63])
    histogram = np.bincount(durations, minlength=BUCKETS)
    shares = [0.01, 0.2, 0.4, 0.41, 0.5, 0.6, 0.8, 0.81, 1.0]
    ranked = [durations[max(math.ceil(share * 5 - 1e-9), 1) - 1] for share in shares]
    assert quantiles(histogram, shares).tolist() == ranked
    assert np.isnan(quantiles(np.zeros(BUCKETS, np.int64), 0.5)).all()

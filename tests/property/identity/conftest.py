"""Kernels are compiled before Hypothesis starts its clock."""

from __future__ import annotations

import pytest
from tests.oracles.identity import Sighting
from tests.support.identity import resolved

from resa.identity import Identifier, touched


@pytest.fixture(scope="session", autouse=True)
def _compiled_kernels() -> None:
    one, other = Identifier("cookie", "c-1"), Identifier("user_id", "7")
    touched(resolved([Sighting(0, "web", (one, other))]).graph, [one])

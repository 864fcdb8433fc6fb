"""Kernels are compiled before Hypothesis starts its clock."""

from __future__ import annotations

import pytest
from tests.oracles.identity import Sighting
from tests.support.identity import resolved

from resa.identity import Identifier
from resa.kernels import warm


@pytest.fixture(scope="session", autouse=True)
def _compiled_kernels() -> None:
    warm()
    resolved([Sighting(0, "web", (Identifier("cookie", "c-1"), Identifier("user_id", "7")))])  # those of hashing, too

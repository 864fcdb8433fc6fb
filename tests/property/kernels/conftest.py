"""Kernels are compiled before Hypothesis starts its clock."""

from __future__ import annotations

import pytest

from resa.kernels import warm


@pytest.fixture(scope="session", autouse=True)
def _compiled_kernels() -> None:
    warm()

"""Properties that are checked on a few drawn examples by default, and on many by night; and cases of which few are."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy

__all__ = ["by_night", "holds"]


def by_night(cases: Iterable[Any], *, beyond: int) -> list[Any]:
    """The same cases; those beyond the first ones are run by night."""
    return [
        case if place < beyond else pytest.param(case, marks=pytest.mark.nightly) for place, case in enumerate(cases)
    ]


def holds(*, few: int, many: int, **drawn: SearchStrategy[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Make a test of a function that must not fail for whatever is drawn as its arguments.

    Args:
        few: Examples by default: each of them opens a store, which takes a tenth of a second and more.
        many: Examples by night.
        **drawn: Where the arguments come from.
    """

    def decorate(body: Callable[..., None]) -> Callable[..., None]:
        @pytest.mark.parametrize("examples", [few, pytest.param(many, marks=pytest.mark.nightly)], ids=["few", "many"])
        def test(examples: int) -> None:
            slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
            settings(max_examples=examples, suppress_health_check=slow)(given(**drawn)(body))()

        test.__name__, test.__doc__, test.__module__ = body.__name__, body.__doc__, body.__module__
        return test

    return decorate

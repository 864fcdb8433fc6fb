"""Errors of the disk at each k-th call: nothing half-done is ever seen, and the command run again ends well."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.support.storage_script import MAP, make, run
from tests.support.stored_events import arrays_of

from resa.runtime import verify
from resa.storage import Store

CALLS = ("fsync", "replace", "rename", "link")


class Injector:
    """Fails the n-th call that reaches the disk, and all that follow when the disk stays full."""

    def __init__(self, at: int, error: int, *, lasting: bool) -> None:
        self.left = at
        self.error = error
        self.lasting = lasting

    @contextmanager
    def active(self) -> Iterator[None]:
        original = {name: getattr(os, name) for name in CALLS}
        for name, function in original.items():
            setattr(os, name, self._failing(function))
        try:
            yield
        finally:
            for name, function in original.items():
                setattr(os, name, function)

    def _failing(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            self.left -= 1
            if self.left == 0 or (self.lasting and self.left < 0):
                raise OSError(self.error, os.strerror(self.error))
            return function(*arguments, **named)

        return call


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("expected")
    make(folder)
    run(folder)
    return _outcome(folder)


def _outcome(folder: Path) -> dict[str, bytes]:
    with Store.open(folder) as store:
        index = store.index()
        return arrays_of(index, rows=False) | {"touchpoints": index.column("told").touchpoints.tobytes()}


@pytest.mark.parametrize("step", [520, pytest.param(1, marks=pytest.mark.nightly)])
@pytest.mark.parametrize(("error", "lasting"), [(errno.EIO, False), (errno.ENOSPC, True)], ids=["EIO", "ENOSPC"])
def test_errors_of_the_disk(step: int, error: int, lasting: bool, expected: dict[str, bytes], tmp_path: Path) -> None:
    at = 1 + step // 2
    while True:
        folder = tmp_path / str(at)
        make(folder)
        injector = Injector(at, error, lasting=lasting)
        try:
            with injector.active():
                run(folder)
        except OSError as raised:
            assert raised.errno == error  # noqa: PT017 - a link that fails is made up for by a copy: it need not raise
        if injector.left > 0:
            break
        with Store.open(folder) as store:
            assert verify(store, [MAP]) == []
        run(folder)
        with Store.open(folder) as store:
            assert verify(store, [MAP]) == []
        assert _outcome(folder) == expected
        at += step
    assert at > 150  # the work is not trivial

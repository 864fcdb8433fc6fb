"""An erasure killed anywhere has not happened, or goes on with the next command; asked for again, it is whole."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.crash_server import Server
from tests.support.erasing_script import HER, OTHERS, make

import resa


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    found = Server("tests.support.erasing_script", statements=True)
    yield found
    found.process.communicate()


def whole(folder: Path) -> None:
    """All is well after the kill; erased again, nothing of her is left, and all of others."""
    with resa.open(folder) as shop:
        shop.refresh()
        assert shop.verify() == []
        assert shop.store.index().events in {OTHERS, 2 * OTHERS}  # as collected or erased, or drained, too
        shop.erase(HER)
        assert shop.store.index().events == OTHERS
        assert shop.store.rejected().num_rows == 0
        assert shop.verify() == []
        for load in shop.loads():
            assert load.rows_read == load.rows_in == load.good + load.rejected + load.duplicate
    for path in (folder / ".resa").rglob("*"):
        assert not path.is_file() or b"quillwort" not in path.read_bytes(), path


@pytest.mark.parametrize("step", [280, pytest.param(1, marks=pytest.mark.nightly)], ids=["few", "all"])
def test_killed_anywhere(step: int, server: Server, tmp_path: Path) -> None:
    """Before each statement of SQL, fsync, rename, link and removal; nightly before every one of them."""
    make(tmp_path / "made")
    call = 1 + step // 2
    while True:
        folder = tmp_path / "shop"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(tmp_path / "made", folder, copy_function=shutil.copy2)
        if server.work(folder, call=call) == 0:
            break
        whole(folder)
        call += step
    whole(folder)
    assert call > 300  # the work is not trivial

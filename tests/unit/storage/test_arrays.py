"""Arrays on the disk: what cannot be written is an error, never a shorter file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from resa.storage.arrays import append_array, write_array


@pytest.mark.parametrize("shape", [(0,), (3,), (0, 2), (5, 2)])
def test_what_is_written_is_read(shape: tuple[int, ...], tmp_path: Path) -> None:
    array = np.arange(np.prod(shape), dtype=np.uint64).reshape(shape)
    with (tmp_path / "numbers").open("wb") as stream:
        append_array(stream, array)
    assert (tmp_path / "numbers").read_bytes() == array.tobytes()
    if len(shape) == 1:
        write_array(tmp_path / "array.npy", "<u8", array)
        assert np.array_equal(np.load(tmp_path / "array.npy"), array)


@pytest.mark.parametrize("numbers", [3, 100_000])
def test_a_full_disk_is_told(numbers: int) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("a device that is always full is Linux's")

    def write() -> None:
        with Path("/dev/full").open("wb") as stream:
            append_array(stream, np.zeros(numbers))

    with pytest.raises(OSError, match="No space left"):
        write()

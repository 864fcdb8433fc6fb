from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from resa.base.files import durable_file, make_private_folder, write_text_durably


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_text_durably(path, "old\r\n")
    with pytest.raises(OSError, match="full"):
        write_half_and_fail(path)
    assert path.read_bytes() == b"old\r\n"
    assert list(tmp_path.iterdir()) == [path]


def write_half_and_fail(path: Path) -> None:
    with durable_file(path) as temporary:
        temporary.write_text("half")
        raise OSError("the disk is full")


def test_a_private_folder_is_the_owner_s_alone(tmp_path: Path) -> None:
    make_private_folder(tmp_path / "x" / "y")
    if sys.platform != "win32":
        assert stat.S_IMODE((tmp_path / "x" / "y").stat().st_mode) == 0o700


def test_a_link_stays_a_link_and_a_secret_stays_one(tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("Windows has neither these modes nor, for everybody, links")
    shared = tmp_path / "shared.yaml"
    shared.write_text("old")
    shared.chmod(0o600)
    link = tmp_path / "journey.yaml"
    link.symlink_to(shared)
    write_text_durably(link, "new")
    assert link.is_symlink()
    assert (shared.read_text(), shared.stat().st_mode & 0o777) == ("new", 0o600)

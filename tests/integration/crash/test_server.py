"""`resa serve` under load, killed or on a bad disk or clock: what was acknowledged is there, once."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.support.clocks import by_clock
from tests.support.disks import small_disk
from tests.support.properties import by_night
from tests.support.senders import Sender, all_is_well, sending
from tests.support.served import NotStarted, Served, new_shop

import resa

MEGA = 1 << 20


def statuses(senders: Sequence[Sender]) -> Counter[int]:
    return sum((sender.answers for sender in senders), Counter[int]())


def wait_for(status: int, senders: Sequence[Sender], *, more: int = 3) -> None:
    """Wait until so many more answers were of this status."""
    began, before = time.monotonic(), statuses(senders)[status]
    while statuses(senders)[status] < before + more:
        assert time.monotonic() - began < 60, statuses(senders)
        time.sleep(0.02)


def give(senders: Sequence[Sender], served: Served) -> None:
    for sender in senders:
        sender.served = served


@pytest.mark.parametrize("kills", [2, pytest.param(200, marks=pytest.mark.nightly)])
def test_killed_at_any_moment(kills: int, tmp_path: Path) -> None:
    chance = random.Random(kills)  # noqa: S311 - moments to kill at, no secret
    senders = sending(new_shop(tmp_path))
    for number in range(kills):
        with Served(tmp_path) as served:
            give(senders, served)
            time.sleep(chance.uniform(0.0, 2.5))
            served.kill(only=None if number % 3 == 0 else number % 3 - 1)
    assert all_is_well(tmp_path, senders) > 50 * kills
    assert statuses(senders)[0] >= kills // 2


ANSWERS = {0: 503, 8 * MEGA: 429}
"""To events when so many bytes are free."""


@pytest.mark.parametrize("spare", by_night(ANSWERS, beyond=1))
@pytest.mark.parametrize("times", [1, pytest.param(10, marks=pytest.mark.nightly)])
def test_on_a_full_disk(times: int, spare: int, tmp_path: Path) -> None:
    """It says so with when to come again, lives on, and comes back by itself once there is room."""
    with small_disk(tmp_path / "disk", 96 * MEGA) as disk:
        folder = disk.path / "shop"
        key = new_shop(folder)
        (folder / "resa.toml").write_text(f"spare_bytes = {spare}\n")
        senders = sending(key)
        with Served(folder) as served:
            give(senders, served)
            for number in range(times):
                wait_for(200, senders)
                disk.fill(spare=spare // 2 if number % 2 == 0 else 0)
                wait_for(ANSWERS[spare], senders)
                time.sleep(1.0)
                assert served.process.poll() is None
                disk.make_room()
                wait_for(200, senders)
        assert "Traceback" not in served.output
        assert all_is_well(folder, senders) > 100
        assert set(statuses(senders)) <= {200, 429, 503, 0}


def started(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "resa.cli", "serve", "-w", str(folder), "--port", "0"]
    return subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)


def test_a_disk_that_is_full_or_read_only_at_the_start(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 96 * MEGA) as disk:
        folder = disk.path / "shop"
        senders = sending(new_shop(folder))
        (folder / "resa.toml").write_text("spare_bytes = 0\n")
        with Served(folder) as served:
            give(senders, served)
            wait_for(200, senders)
            served.kill()
        disk.remount("ro")
        refused = started(folder)
        disk.remount("rw")
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "may be written to" in refused.stderr
        assert "Traceback" not in refused.stderr
        disk.fill()
        refused = started(folder)
        disk.make_room()
        assert (refused.returncode, refused.stdout) == (1, ""), refused.stderr
        assert "has room" in refused.stderr
        assert "Traceback" not in refused.stderr
        assert all_is_well(folder, senders) > 10


REASONS = {
    "EIO": ("Input/output error", "disk I/O error"),
    "ENOSPC": ("No space left on device", "database or disk is full"),
    "EROFS": ("Read-only file system", "disk I/O error"),
}
"""How a failure that ends the server is told: in the system's words, or SQLite's."""


@pytest.mark.parametrize(
    ("calls", "error", "often", "times"),
    [
        ("fsync,fdatasync", "EIO", "40+11", 1),
        pytest.param("fsync,fdatasync", "EIO", "60+3", 5, marks=pytest.mark.nightly),
        pytest.param("fsync,fdatasync", "EIO", "7+5", 5, marks=pytest.mark.nightly),
        pytest.param("pwrite64", "ENOSPC", "301+53", 5, marks=pytest.mark.nightly),
        pytest.param("pwrite64", "EROFS", "101+29", 5, marks=pytest.mark.nightly),
        pytest.param("rename,renameat2,link", "EIO", "5+3", 5, marks=pytest.mark.nightly),
    ],
)
def test_with_errors_of_the_disk(calls: str, error: str, often: str, times: int, tmp_path: Path) -> None:
    """Each thread's n-th call fails, and many after it. Where it cannot start or end well, it says so."""
    if shutil.which("strace") is None:
        pytest.skip("strace, which makes calls fail, is not installed")
    folder, log = tmp_path / "shop", tmp_path / "strace.log"
    senders = sending(new_shop(folder))
    inject = f"inject={calls}:error={error}:when={often}"
    under = ["strace", "-D", "-f", "--seccomp-bpf", "-A", "-o", str(log), "-e", f"trace={calls}", "-e", inject]
    began = 0
    for _ in range(times):
        served = Served(folder, under=under)
        try:
            with served:
                began += 1
                give(senders, served)
                wait_for(200, senders)
                time.sleep(5.0)
                assert served.process.poll() is None
        except NotStarted:
            served.output += served.process.communicate(timeout=90)[1]
        assert "Traceback" not in served.output
        assert "panicked" not in served.output
        assert served.process.returncode == (1 if "error:" in served.output else 0)
        assert served.process.returncode == 0 or any(words in served.output for words in REASONS[error]), served.output
    with Served(folder) as served:
        give(senders, served)
        wait_for(200, senders)
    assert log.read_text().count("(INJECTED)") > 5
    assert all_is_well(folder, senders) > 100
    assert not began or calls.startswith("rename") or statuses(senders)[503]  # arrivals need no new names


HOUR = 3_600
JUMPS = (HOUR, -HOUR, -48 * HOUR, 0, 40 * 24 * HOUR, -10, 72 * HOUR, -10_000 * HOUR, 0)
"""Seconds by which the clock is wrong, one after the other."""


@pytest.mark.parametrize("jumps", [JUMPS[:4], pytest.param(JUMPS * 3, marks=pytest.mark.nightly)], ids=["few", "many"])
def test_while_the_clock_jumps(jumps: Sequence[int], tmp_path: Path) -> None:
    folder, clock = tmp_path / "shop", tmp_path / "clock"
    senders = sending(new_shop(folder))
    clock.write_text("0")
    with Served(folder, environment=by_clock(clock)) as served:
        give(senders, served)
        for jump in jumps:
            clock.write_text(str(jump))
            wait_for(200, senders, more=10)
            time.sleep(0.7)
    assert "Traceback" not in served.output
    assert all_is_well(folder, senders) > 100
    assert set(statuses(senders)) <= {200, 0}
    with resa.open(folder) as shop:
        times = shop.store.rows("events", ["occurred_at"]).column("occurred_at").to_pylist()
    assert (max(times) - min(times)).total_seconds() > 0.99 * (max(jumps) - min(jumps))

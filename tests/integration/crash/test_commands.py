"""The real commands, killed at any moment or disturbed at the k-th write: nothing is lost, doubled or half-done."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.support.crash_commands import STEPS, finish, outcome, prepare, start, workspace_in


class Undisturbed:
    """What each step gives when nothing disturbs it, and where it begins; each is run when it is first asked for."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.after: list[Mapping[str, object]] = []
        self.seconds: list[float] = []
        workspace_in(root / "shop")

    def upto(self, number: int) -> None:
        """Run the steps up to this one."""
        folder = self.root / "shop"
        for place in range(len(self.after), number + 1):
            prepare(STEPS[place], folder)
            shutil.copytree(folder, self.root / str(place), copy_function=shutil.copy2)
            began = time.monotonic()
            process = start(STEPS[place], folder)
            said, _ = process.communicate()
            assert process.returncode == 0, said
            self.seconds.append(time.monotonic() - began)
            self.after.append(outcome(folder))

    def begin(self, number: int, folder: Path) -> None:
        """Copy the workspace as it is before a step."""
        self.upto(number)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.root / str(number), folder, copy_function=shutil.copy2)

    def recover(self, number: int, folder: Path) -> None:
        """All is well at once; and run again, the command gives what it should."""
        outcome(folder)
        finish(STEPS[number], folder)
        found, expected = outcome(folder), self.after[number]
        assert {name for name in expected if found.get(name) != expected[name]} == set()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    return Undisturbed(tmp_path_factory.mktemp("undisturbed"))


@pytest.mark.nightly
def test_the_steps_do_what_they_should(undisturbed: Undisturbed) -> None:
    undisturbed.upto(len(STEPS) - 1)
    first, second, compacted, replayed, rebuilt = undisturbed.after
    files = [Counter(STEPS[number].text.splitlines()[1:]) for number in (0, 1)]
    both = files[0] | files[1]  # a row of both files is stored once
    good = [sum(count for line, count in rows.items() if "01.02.2026" not in line) for rows in (files[0], both)]
    stored = [len(after["ids"]) for after in undisturbed.after]  # type: ignore[arg-type]  # a list, by its name
    assert stored == [*good, good[1], both.total(), both.total()]
    assert first["seconds"] != second["seconds"]
    assert second == compacted
    assert rebuilt == replayed
    assert replayed["rejected"] == []


@pytest.mark.parametrize(
    ("kills", "steps"), [(1, 1), pytest.param(100, len(STEPS), marks=pytest.mark.nightly)], ids=["few", "many"]
)
def test_commands_killed_at_random_moments(kills: int, steps: int, undisturbed: Undisturbed, tmp_path: Path) -> None:
    chance = random.Random(kills)  # noqa: S311 - moments to kill at, no secret
    undisturbed.upto(steps - 1)
    seconds = list(undisturbed.seconds)
    killed, place = 0, 0
    while killed < kills:
        number, place = place % steps, place + 1
        assert place < 3 * kills + 10, "nearly all commands ended before they were killed"
        undisturbed.begin(number, tmp_path / "shop")
        process = start(STEPS[number], tmp_path / "shop")
        began = time.monotonic()
        try:
            process.communicate(timeout=chance.uniform(0.5 * min(seconds), seconds[number]))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.communicate()
        else:  # the machine is less busy than it was when the time was taken
            seconds[number] = min(seconds[number], time.monotonic() - began)
        killed += process.returncode == -signal.SIGKILL
        undisturbed.recover(number, tmp_path / "shop")


@pytest.mark.nightly
@pytest.mark.parametrize(("calls", "error", "step"), [("fsync,fdatasync", "EIO", 11), ("write,pwrite64", "ENOSPC", 61)])
def test_commands_with_errors_at_each_kth_call(
    calls: str, error: str, step: int, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    if shutil.which("strace") is None:
        pytest.skip("strace, which makes calls fail, is not installed")
    reached = 0
    for number in range(len(STEPS)):
        call = 1 + number * step // len(STEPS)
        while True:
            undisturbed.begin(number, tmp_path / "shop")
            log = tmp_path / "strace.log"
            inject = f"inject={calls}:error={error}:when={call}"
            strace = ["strace", "-f", "--seccomp-bpf", "-o", str(log), "-e", f"trace={calls}", "-e", inject]
            said, _ = start(STEPS[number], tmp_path / "shop", strace).communicate()
            assert "Traceback" not in said, said
            undisturbed.recover(number, tmp_path / "shop")
            if "(INJECTED)" not in log.read_text():
                break
            reached += 1
            call += step
    assert reached > 20

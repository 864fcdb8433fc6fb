"""The whole product, as `make demo` runs it, on fewer customers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from resa.workspace import Workspace


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("acceptance") / "demo"
    command = [sys.executable, "-m", "resa.cli", "demo", str(folder), "--customers", "10000", "--no-serve"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return folder, result.stdout


def test_it_ends_with_something_to_look_at(demo: tuple[Path, str]) -> None:
    folder, printed = demo
    assert str(folder / "report.html") in printed
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "<script" not in page


def test_the_worst_place_is_the_planted_one(demo: tuple[Path, str]) -> None:
    folder, printed = demo
    planted = json.loads((folder / "incoming" / "truths.json").read_text(encoding="utf-8"))["planted"]
    assert [truth["shows_in"] for truth in planted] == ["checkout.purchase"]
    worst = next(line for line in printed.splitlines() if line.startswith("Worst place:"))
    assert "Checkout" in worst
    assert "mobile" in worst


def test_what_is_stored_agrees_with_a_recount(demo: tuple[Path, str]) -> None:
    with Workspace(demo[0]) as shop:
        assert shop.verify() == []


def test_the_command_line_and_python_say_the_same(demo: tuple[Path, str]) -> None:
    command = [sys.executable, "-m", "resa.cli", "measure", "funnel", "product_page", "cart", "purchase"]
    command += ["--within", "7 days", "--by", "persona", "--format", "json", "-w", str(demo[0])]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    with Workspace(demo[0]) as shop:
        answer = shop.measure.funnel(["product_page", "cart", "purchase"], within="7 days", by="persona")
    assert json.loads(result.stdout) | {"computed_at": None} == json.loads(answer.json()) | {"computed_at": None}

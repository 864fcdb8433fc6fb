"""The table of ASVS has every item of level 2, and each test that it names is there."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

PROJECT = Path(__file__).resolve().parents[2]
PAGE = PROJECT / "docs" / "explanation" / "asvs.md"
ITEMS = (PROJECT / "tests" / "support" / "asvs_level_2.txt").read_text(encoding="utf-8").split()
"""Numbers of the standard's items of levels 1 and 2, from its 5.0.0 in CSV."""


class Row(NamedTuple):
    item: str
    level: str
    asks: str
    state: str
    by: str


def rows() -> list[Row]:
    found = re.findall(
        r"^\| (\d[^|]*) \| ([^|]*) \| ([^|]*) \| ([^|]*) \| (.*) \|$", PAGE.read_text("utf-8"), re.MULTILINE
    )
    return [Row(*cells) for cells in found]


def test_every_item_is_answered_once() -> None:
    assert [row.item for row in rows()] == ITEMS
    assert len(ITEMS) == 253
    assert {row.level for row in rows()} == {"1", "2"}
    assert all(row.asks and row.by for row in rows())


def test_what_passed_has_its_test_and_each_is_there() -> None:
    for row in rows():
        tests = re.findall(r"`([^`]+/test_\w+\.py)`", row.by)
        assert [name for name in tests if not (PROJECT / "tests" / name).exists()] == []
        if row.state == "passed":
            assert tests or "](" in row.by, row.item


def test_the_numbers_in_its_beginning() -> None:
    states = Counter(row.state for row in rows())
    assert set(states) == {"passed", "not applicable", "open"}
    beginning = PAGE.read_text(encoding="utf-8").partition("\n## ")[0]
    told = [int(number) for number in re.findall(r"(\d+) (?:passed|not applicable|open)", beginning)]
    assert told == [states["passed"], states["not applicable"], states["open"]]

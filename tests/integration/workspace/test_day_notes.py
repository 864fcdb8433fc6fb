"""Notes on days: kept, changed, and with every answer over calendar time, wherever it is shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.known_customers import made_shop

import resa
from resa.base.errors import QuestionError
from resa.cli.app import run
from resa.model.people import Person
from resa.workspace.day_notes import DayNotes


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_shop(tmp_path_factory.mktemp("shops") / "shop")


def anna(shop: resa.Workspace) -> Person:
    found = shop.people.called("marketer@shop.se")
    assert found is not None
    return found


def test_trends_know_what_happened_in_their_days(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with resa.open(folder) as shop:
        notes = DayNotes(shop)
        before = shop.measure.trend("cart", every="day")
        notes.add(anna(shop), "Campaign started", first="2026-05-05")
        notes.add(anna(shop), "Spring sale", first="2026-04-20", last="2026-05-04", map_key="journey")
        notes.add(anna(shop), "Long ago", first="2020-01-01")
        trend = shop.measure.trend("cart", every="day")
        assert [one.text for one in trend.day_notes] == ["Spring sale", "Campaign started"]
        assert trend.table.equals(before.table)
        assert "Campaign started" in trend.picture()
        assert "Campaign started" not in before.picture()
        assert trend.document["day_notes"][0] == {"first": "2026-04-20", "last": "2026-05-04", "text": "Spring sale"}
        assert "day_notes" not in shop.measure.funnel(["cart", "purchase"]).document
        weeks = shop.measure.stages(every="week")
        assert "Spring sale" in weeks.picture("over_time")
        assert [one.text for one in shop.measure.trend("cart", every="month").day_notes] == [
            "Spring sale",
            "Campaign started",
        ]
        assert "Campaign started" in shop.report().html
    assert run(["measure", "trend", "cart", "--every", "day", "-w", str(folder)]) == 0
    assert "on 20 Apr – 4 May 2026: Spring sale" in capsys.readouterr().out
    drawn = folder / "trend.svg"
    assert run(["measure", "trend", "cart", "--every", "day", "-o", str(drawn), "-w", str(folder)]) == 0
    assert "Campaign started" in drawn.read_text(encoding="utf-8")


def test_a_note_is_changed_and_taken_away(folder: Path) -> None:
    with resa.open(folder) as shop:
        notes = DayNotes(shop)
        number = notes.add(anna(shop), "  Site   down ", first="2026-03-03")
        notes.change(anna(shop), number, "Site slow", first="2026-03-03", last="2026-03-04")
        (note,) = (one for one in notes.all() if one.id == number)
        assert (note.text, str(note.last), note.changed_by and note.changed_by.called) == (
            "Site slow",
            "2026-03-04",
            "Marketer",
        )
        notes.remove(number)
        assert number not in {one.id for one in notes.all()}
        with pytest.raises(QuestionError, match="taken away meanwhile"):
            notes.change(anna(shop), number, "x", first="2026-03-03")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"first": "2026-02-30"}, "'2026-02-30' is no day"),
        ({"first": "0001-01-01"}, "is no day"),
        ({"first": "2026-03-02", "last": "2026-03-01"}, "before the first"),
        ({"first": "2026-03-02", "text": "x" * 201}, "201 letters; write at most 200"),
        ({"first": "2026-03-02", "map_key": "other"}, "other"),
    ],
)
def test_what_is_wrong_is_said(folder: Path, said: dict[str, str], why: str) -> None:
    with resa.open(folder) as shop, pytest.raises(QuestionError, match=why):
        DayNotes(shop).add(anna(shop), **{"text": "x", **said})

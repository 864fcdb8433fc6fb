"""What a Python prompt shows: short, and nobody's name."""

from __future__ import annotations

from pathlib import Path

from tests.support.by_hand import happened, measure_of
from tests.support.small_store import expect, small_map

import resa
from resa.model.journey import Persona

MAP = "title: A shop\nowner: Karin\nstages: {buy: [cart, purchase]}\ntouchpoints: {cart: {owner: Ali}}\n"


def test_a_workspace_and_its_map_are_a_line_each(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "journey.yaml").write_text(MAP)
    with resa.open(folder) as shop:
        assert repr(shop) == "<workspace shop: journey>"
        assert repr(shop.map()) == "<map journey: 'A shop', stages: 1, touchpoints: 2, arrows: 0>"
        assert repr(shop.measure).startswith("<measure of journey: funnel, expectations, ")
    (folder / "journey.yaml").write_text("title: [")
    with resa.open(folder) as shop:
        assert repr(shop) == "<workspace shop: no valid map>"


def test_an_answer_shows_its_first_rows() -> None:
    measure = measure_of([*happened(0, (0, "a"), (5, "b")), *happened(1, (150 * 86_400, "a"))])
    short = measure.funnel(["a", "b"])
    assert repr(short) == short.text()
    long = measure.trend("a", every="day")
    assert long.table.num_rows == 151
    lines = repr(long).splitlines()
    assert len(lines) == 1 + 100 + 1 + 1
    assert lines[-2:] == ["and 51 more rows", long.text().splitlines()[-1]]
    shown = long._repr_mimebundle_()
    assert shown["text/plain"] == repr(long)
    assert "<p>and 51 more rows</p>" in shown["text/html"]


def test_the_line_of_a_map_names_no_owner() -> None:
    assert "Karin" not in repr(small_map(expect("a", "b", "1 day"), personas=[Persona(key="karin", name="Karin")]))

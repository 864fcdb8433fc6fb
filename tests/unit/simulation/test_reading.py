"""A specification's mistakes are all reported, with their places."""

from __future__ import annotations

from pathlib import Path

import pytest

from resa.base.errors import InputError
from resa.simulation import read_specification, specification_from

GOOD = """\
entry: {home: 1}
states:
  home:
    outlet: web
    fields: {event: page}
    next:
      cart: {chance: 30 %, wait: 2 minutes}
  cart: {outlet: web, fields: {event: cart}}
outlets:
  web: {path: web.csv, form: csv, columns: {time: time, who: customer, event: event}}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "simulation.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_shares_and_durations_are_read_as_people_write_them(tmp_path: Path) -> None:
    step = read_specification(write(tmp_path, GOOD)).states["home"].next["cart"]
    assert (step.chance, step.wait.median) == (0.3, 120)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("cart: {chance", "crat: {chance", "state 'crat' is not defined; did you mean 'cart'?"),
        ("chance: 30 %", "chance: 130 %", "less than or equal to 1"),
        ("2 minutes", "2 m", "could mean minutes or months"),
        ("fields: {event: page}", "fields: {event: '{product.name}'}", "placeholder 'product.name' is not defined"),
        ("entry: {home: 1}", "entry: {hme: 1}", "state 'hme' is not defined; did you mean 'home'?"),
        ("outlet: web\n    fields", "outlet: wbe\n    fields", "outlet 'wbe' is not defined; did you mean 'web'?"),
        ("form: csv", "form: xls", "'csv', 'json_lines' or 'parquet'"),
        ("entry:", "colour: red\nentry:", "Unexpected keyword argument"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, old: str, new: str, words: str) -> None:
    with pytest.raises(InputError, match=r"simulation\.yaml:") as caught:
        read_specification(write(tmp_path, GOOD.replace(old, new)))
    assert words in str(caught.value)
    assert all(problem.line for problem in caught.value.problems)


def test_chances_that_add_up_to_too_much() -> None:
    data = {
        "entry": {"a": 1},
        "states": {"a": {"outlet": None, "next": {"a": {"chance": 0.7}, "b": {"chance": 0.4}}}, "b": {"outlet": None}},
        "outlets": {},
    }
    with pytest.raises(InputError, match="add up to 110%"):
        specification_from(data)


def test_no_mistake_hides_another(tmp_path: Path) -> None:
    text = GOOD.replace("cart: {chance: 30 %", "crat: {chance: 300 %").replace("form: csv", "form: xls")
    text = text.replace("entry: {home: 1}", "entry: {hme: 1}\npersonas: {gift: {devices: {watch: 1}, value: much}}")
    with pytest.raises(InputError) as caught:
        read_specification(write(tmp_path, text))
    said = str(caught.value)
    for words in ("'crat' is not defined", "'hme' is not defined", "less than or equal to 1", "'json_lines'", "number"):
        assert words in said, (words, said)
    assert "'web'" not in said  # its outlet is wrong, and reported; it is there all the same

"""The same number for the same question on screen, by command, in Python and over the API, for every kind."""

from __future__ import annotations

import html
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from tests.support.explored import ASKED_FOR, explored_shop
from tests.support.programs import Program, asking
from tests.support.screens import Visitor, visiting

import resa
from resa.analytics import question_from
from resa.cli.app import run
from resa.drawing import format_seconds
from resa.screens.asking import ASKED, asked_of
from resa.screens.copying import as_command, as_python
from resa.workspace import Workspace

KINDS = tuple(dict.fromkeys(text.partition("&")[0].removeprefix("kind=") for text in ASKED_FOR))
PLAIN = tuple(f"kind={kind}" for kind in ASKED)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return explored_shop(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="module")
def shop(folder: Path) -> Iterator[Workspace]:
    with resa.open(folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def marketer(folder: Path) -> Iterator[Visitor]:
    with visiting(folder, "marketer") as visitor:
        yield visitor


@pytest.fixture(scope="module")
def program(folder: Path) -> Iterator[Program]:
    with asking(folder, "read:numbers", "read:names") as found:
        yield found


def timeless(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in {"computed_at", "truncated", "columns"}}


def commanded(words: list[str], folder: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    capsys.readouterr()
    assert run([*words[1:], "--format", "json", "-w", str(folder)]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def shown_tables(page: str) -> list[list[list[str]]]:
    """The cells of the tables of an answer, row by row, as a browser shows them."""
    tables = re.findall(r'<table class="answer">.*?</table>', page, re.DOTALL)
    return [
        [
            [html.unescape(re.sub(r"<[^>]+>", "", cell)).strip() for cell in re.findall(r"<t[hd][ >].*?</t[hd]>", row)]
            for row in re.findall(r"<tr>(.*?)</tr>", re.split("<tbody>", table)[1], re.DOTALL)
        ]
        for table in tables
    ]


def says(cell: str, value: float) -> bool:
    """Whether a cell says a number, as exactly as it says one."""
    if cell == format_seconds(value, "en"):
        return True
    text = cell.replace(",", "").replace("\N{MINUS SIGN}", "-")
    number, share = text.removesuffix("%").strip(), text.endswith("%")
    digits = len(number.partition(".")[2]) + (2 if share else 0)
    try:
        return bool(abs(float(number) / (100 if share else 1) - value) <= 0.500001 * 10**-digits)
    except ValueError:
        return False


def test_there_is_a_question_of_every_kind() -> None:
    assert set(KINDS) == set(ASKED)


@pytest.mark.parametrize("text", [*ASKED_FOR, *PLAIN])
def test_four_ways_to_ask_give_one_number(
    folder: Path,
    shop: Workspace,
    marketer: Visitor,
    program: Program,
    capsys: pytest.CaptureFixture[str],
    text: str,
) -> None:
    (_, kind), *pairs = parse_qsl(text)
    query = urlencode(pairs)
    question = asked_of(kind, pairs, shop.map()).question
    assert question is not None
    answer = program.get(f"/measure/{kind}?{query}")
    assert answer.status_code == 200, answer.text
    api = answer.json()
    assert api["rows"], "an answer without rows holds no numbers to compare"
    assert question_from(api["question"]) == question
    assert timeless(api) == timeless(commanded(shlex.split(as_command(question)), folder, capsys))
    result = eval(as_python(question), {"shop": shop})  # noqa: S307 - of our own making
    assert timeless(api) == timeless(json.loads(result.json()))

    page = marketer.get(f"/explore/{kind}?{query}")
    if page.status_code == 303:
        page = marketer.get(page.headers["location"])
    tables = shown_tables(page.text)
    assert len(tables) == len(api["columns"])
    numbers = 0
    for (name, columns), cells in zip(api["columns"].items(), tables, strict=True):
        rows = api["rows"] if name == next(iter(api["columns"])) else api["parts"][name]
        assert len(cells) == min(len(rows), 200), name
        for row, shown in zip(rows, cells, strict=False):
            for column, cell in zip(columns, shown, strict=False):
                value = row[column["name"]]
                if isinstance(value, int | float) and not isinstance(value, bool):
                    numbers += 1
                    assert says(cell, value), (name, column["name"], value, cell)
    assert numbers
    file = marketer.get(f"/explore/{kind}/files/{kind}.csv?{query}")
    assert program.get(f"/measure/{kind}?{query}", accept="text/csv").content == file.content


def test_the_map_s_numbers_are_those_of_the_questions(shop: Workspace, program: Program) -> None:
    api = program.get("/maps/journey/numbers").json()
    for row in shop.measure.expectations().table.to_pylist():
        told = api["expectations"][row["expectation"]]
        assert (told["openings"], told["missed"], told["still_open"]) == (
            row["mature"],
            row["missed"],
            row["young_open"],
        )
        assert told["share"] in {None, row["share"]}
    for row in shop.measure.touchpoints().table.to_pylist():
        told = api["touchpoints"][row["touchpoint"]]
        assert (told["visits"], told["customers"]) == (row["visits"], row["customers"])
    days = "from=2026-05-04&until=2026-05-10"
    some = program.get(f"/maps/journey/numbers?{days}").json()
    rows = program.get(f"/measure/expectations?{days}").json()["rows"]
    assert {row["expectation"]: row["mature"] for row in rows} == {
        name: one["openings"] for name, one in some["expectations"].items()
    }
    assert 0 < sum(row["mature"] for row in rows) < sum(one["openings"] for one in api["expectations"].values())
    assert api["generation"] == shop.store.index().generation
    assert api["as_of"] == program.get("/measure/touchpoints").json()["as_of"]

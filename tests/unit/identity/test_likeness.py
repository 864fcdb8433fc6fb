"""People of whom little is known: told apart, or said, and never a program's own words."""

from __future__ import annotations

import pyarrow as pa
import pytest

from resa.base.errors import InputError
from resa.identity import LIKENESS, groups_of, likely_pairs

IDS = [f"p{number:02}" for number in range(12)]


def people(**columns: list[str] | list[None]) -> pa.Table:
    return pa.table({"id": IDS, **columns})


def test_those_who_agree_in_nothing_are_nobody_alike() -> None:
    names = [f"n{number}" for number in range(12)]
    found = likely_pairs(people(given_name=names, surname=names[::-1], email=[f"{name}@shop.se" for name in names]))
    assert found.equals(LIKENESS.empty_table())


@pytest.mark.parametrize(
    "columns",
    [
        {"given_name": ["a"] * 12, "surname": ["b"] * 12},
        {"given_name": ["a", "b"] * 6, "surname": ["b"] * 12, "postcode": ["1"] * 11 + [""]},
        {"city": ["lund"] * 12, "state": ["x"] * 12},
    ],
)
def test_a_name_or_a_town_alone_makes_nobody_alike(columns: dict[str, list[str]]) -> None:
    assert likely_pairs(people(**columns)).equals(LIKENESS.empty_table())


@pytest.mark.parametrize(
    "columns",
    [
        {"given_name": ["a"] * 12, "surname": ["b"] * 12, "birth_date": ["2000-01-01"] * 12},
        {"email": ["a@shop.se"] * 12, "phone": ["+46701740605"] * 12},
    ],
)
def test_where_nothing_differs_it_is_said(columns: dict[str, list[str]]) -> None:
    with pytest.raises(InputError, match="to learn who is alike"):
        likely_pairs(people(**columns))


def test_too_little_is_said() -> None:
    with pytest.raises(InputError, match="at least two of given_name"):
        likely_pairs(people(given_name=["a"] * 12, surname=[None] * 12))
    with pytest.raises(InputError, match="at least two of given_name"):
        likely_pairs(people(given_name=["a"] * 12, surname=["b"] * 12).slice(0, 9))


def test_groups_follow_pairs() -> None:
    told = {"probability": 0.99, "agree": [], "differ": []}
    pairs = [{"one": "p03", "other": "p01", **told}, {"one": "p01", "other": "p07", **told}]
    table = pa.Table.from_pylist(pairs, schema=LIKENESS)
    assert groups_of(IDS, table) == [["p01", "p03", "p07"]]

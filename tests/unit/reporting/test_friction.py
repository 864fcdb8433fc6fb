"""What rose beyond chance, in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pyarrow as pa
from tests.support.by_hand import happened, measure_of
from tests.support.small_store import small_map

from resa.analytics import Part, Result
from resa.reporting.friction import friction_heat, friction_told
from resa.reporting.telling import Teller

MAP = small_map(costs={"store": 1.0})


def answer(*places: dict[str, Any]) -> Result:
    """An answer about friction that lists just these places."""
    result = measure_of(happened(0, (0, "a"), (5, "b"), (99, "x")), MAP).friction(within="10 seconds")
    rows = [
        {column.name: None for column in result.main.columns}
        | {"reason": "unusual", "visits": 1200, "share": 0.31, "reference": 0.154, "since": date(2026, 3, 2)}
        | place
        for place in places
    ]
    table = pa.Table.from_pylist(rows, schema=result.table.schema)
    return replace(result, parts={**result.parts, "places": Part(columns=result.main.columns, table=table, sql="")})


def test_each_sign_is_told_with_its_group_its_time_and_where_it_leads() -> None:
    signs = {
        "drop-off": "a: 31% of 1,200 visits were the last since 2 Mar 2026; 15% was to be expected.",
        "wait": "a: 31% of 1,200 waits were long since 2 Mar 2026, most often to b; 15% was to be expected.",
        "loop": "a: 31% of 1,200 visits turned back since 2 Mar 2026, most often to b; 15% was to be expected.",
        "repeat": "a: 31% of 1,200 visits came again at once since 2 Mar 2026; 15% was to be expected.",
        "switch": "a: 31% of 1,200 visits led to staff since 2 Mar 2026, most often to b; 15% was to be expected.",
    }
    for sign, said in signs.items():
        to = None if sign == "drop-off" else "b"
        assert friction_told(answer({"touchpoint": "a", "sign": sign, "to": to}), Teller(MAP)) == (said,)
    grouped = {"touchpoint": "a", "sign": "drop-off", "attribute": "device", "value": "mobile"}
    (told,) = friction_told(answer(grouped | {"until": date(2026, 3, 8)}), Teller(MAP))
    assert told == "a, mobile: 31% of 1,200 visits were the last from 2 Mar 2026 to 8 Mar 2026; 15% was to be expected."


def test_only_what_is_unusual_is_told_and_only_the_first_three() -> None:
    usual = {"touchpoint": "a", "sign": "loop", "reason": "above comparable"}
    assert friction_told(answer(usual), Teller(MAP)) == ("Nowhere did any of this rise beyond chance.",)
    many = [{"touchpoint": key, "sign": "repeat"} for key in "abcd"]
    assert [line[0] for line in friction_told(answer(*many), Teller(MAP))] == ["a", "b", "c"]


def test_without_visits_that_are_old_enough_there_is_no_picture() -> None:
    assert friction_heat(measure_of(happened(0, (0, "a")), MAP).friction()) is None
    heat = friction_heat(answer())
    assert heat is not None
    assert heat.tables[0].rows[0][:2] == ("a", "1")

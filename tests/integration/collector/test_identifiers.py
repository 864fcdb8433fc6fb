"""Who a row is about: one person is one text, and what is no number is nobody."""

from __future__ import annotations

import json
import math

import pyarrow as pa
import pyarrow.parquet as pq
from tests.support.sources import COLUMNS, Shop, figures


def test_an_identifier_is_trimmed_and_composed(shop: Shop) -> None:
    shop.file("a.csv", "when,what,who\n2026-01-01,a,  Zoe\u0308 \n2026-01-02,b,Zo\u00eb\n2026-01-03,c,   \n")
    assert figures(shop.collect("path: a.csv" + COLUMNS)) == (2, 1, 0)
    assert {event["identifiers"][0]["value"] for event in shop.events()} == {"Zo\u00eb"}
    assert shop.reasons() == {3: "no-customer"}


def test_a_number_that_is_none_is_no_customer(shop: Shop) -> None:
    who = pa.array([7.0, math.inf, -math.inf, math.nan])
    table = pa.table({"when": ["2026-01-01"] * 4, "what": ["a"] * 4, "who": who})
    pq.write_table(table, shop.folder / "a.parquet")
    assert figures(shop.collect("path: a.parquet" + COLUMNS)) == (1, 3, 0)
    assert shop.events()[0]["identifiers"][0]["value"] == "7"
    assert shop.reasons() == {2: "wrong-type", 3: "wrong-type", 4: "no-customer"}


def test_a_nested_value_that_json_cannot_say_is_refused(shop: Shop) -> None:
    about = [{"x": 1.5, "t": "NaN"}, {"x": math.nan, "t": 'a"b'}, {"x": math.inf, "t": ""}, None]
    table = pa.table({"when": ["2026-01-01"] * 4, "what": ["a"] * 4, "who": ["k"] * 4, "about": about})
    pq.write_table(table, shop.folder / "a.parquet")
    assert figures(shop.collect("path: a.parquet" + COLUMNS + "  properties: {about: about}\n")) == (2, 2, 0)
    assert shop.reasons() == {2: "wrong-type", 3: "wrong-type"}
    assert json.loads(shop.events()[0]["properties"]) == {"about": {"x": 1.5, "t": "NaN"}}

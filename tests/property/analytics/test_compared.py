"""Two groups compared: against a recount in plain Python, and against its own SQL."""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import NormalDist
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.questions import COMMON, assert_sound, stores
from tests.support.small_store import SmallStore

from resa.analytics import Measure, Result

ASKED: dict[str, dict[str, Any]] = {
    "funnel": {"steps": ["a", "b", "c"], "within": "1 hour"},
    "expectations": {},
    "trend": {"of": "a.b", "every": "day"},
    "retention": {"every": "week", "periods": 2},
    "planned": {},
    "conformance": {},
    "transitions": {},
    "process": {"arrows": 0.5},
    "paths": {"steps": 3, "top": 4},
    "variants": {"top": 3},
    "stages": {},
    "channels": {},
    "touchpoints": {},
}
SHARES = {"funnel": "share_of_first"} | dict.fromkeys(
    ("expectations", "trend", "retention", "planned", "conformance"), "share"
)
BY = st.sampled_from(["channel", "device", "traits.orders", "persona", "day"])


def limits(share: float, size: float, z: float) -> tuple[float, float]:
    middle = (share + z * z / (2 * size)) / (1 + z * z / size)
    half = z / (1 + z * z / size) * math.sqrt(share * (1 - share) / size + z * z / (4 * size * size))
    return max(0.0, middle - half), min(1.0, middle + half)


def assert_intervals(rows: list[dict[str, Any]]) -> None:
    """Newcombe's intervals at a confidence that all together hold with 95 %, written down once more."""
    told = [row for row in rows if row["size"] and row["other_size"]]
    z = NormalDist().inv_cdf(1 - 0.05 / max(len(told), 1) / 2)
    for row in rows:
        if row not in told:
            assert row["difference"] is row["low"] is row["high"] is row["verdict"] is None
            continue
        one, other = row["share"], row["other_share"]
        low, high = limits(one, row["size"], z)
        other_low, other_high = limits(other, row["other_size"], z)
        wanted = (
            one - other,
            *(
                one - other + sign * math.hypot(*parts)
                for sign, parts in ((-1, (one - low, other_high - other)), (1, (high - one, other - other_low)))
            ),
        )
        assert (row["difference"], row["low"], row["high"]) == pytest.approx(wanted, abs=1e-7)
        few = min(row["size"], row["other_size"]) < 10
        apart = "higher" if row["low"] > 0 else "lower" if row["high"] < 0 else "not told apart"
        assert row["verdict"] == ("too few to say" if few else apart)


def assert_sides(kind: str, plain: Result, rows: list[dict[str, Any]], labels: list[str], keys: list[str]) -> None:
    """Every number of a side is that of the answer without a comparison, and none is left out."""
    table = [{**row, "row": number} for number, row in enumerate(plain.table.to_pylist())]
    for label, before in zip(labels, ("", "other_"), strict=True):
        own = [row for row in table if row["group"] == label]
        listed = {str([row[key] for key in keys]): row for row in own}
        if kind not in SHARES:
            everybody = {c for row in own for c in plain.customers("customers", row=row["row"])["customer"].to_pylist()}
        for row in rows:
            there = listed.get(str([row[key] for key in keys]))
            if kind in SHARES:
                assert row[f"{before}share"] == (there and there[SHARES[kind]])
            elif there is not None:
                assert row[f"{before}counted"] == there["customers"]
                assert row[f"{before}size"] == len(everybody)
            elif row[f"{before}counted"] is None:
                assert any(other[keys[0]] is None for other in own)  # it may be among the others
            else:
                assert (row[f"{before}counted"], row[f"{before}size"]) == (0, len(everybody))
        shown = {str([row[key] for key in keys]) for row in rows}
        first = {str([row[key] for key in keys]) for row in own if row.get("step") == 1}
        rest = {str([None])} if kind in {"paths", "variants"} else set()
        assert set(listed) - first - rest <= shown


def check(kind: str, store: SmallStore, common: dict[str, Any], by: str, data: st.DataObject) -> None:
    measure = Measure(store, store.maps)
    if kind in {"trend", "retention"} and by == "day":
        by = "device"
    question = {"kind": kind, "map": "shop", **ASKED[kind], **common, "by": by}
    question["from"] = question.pop("since", None)
    plain = measure.ask(question)
    labels = list(dict.fromkeys(plain.table.column("group").to_pylist()))
    if len(labels) < 2:
        return
    chosen = data.draw(st.permutations(labels))[:2]
    result = measure.ask({**question, "compare": chosen})
    assert list(result.parts)[1:] == list(plain.parts)
    rows = result.table.to_pylist()
    keys = result.table.column_names[: result.table.column_names.index("counted")]
    assert_intervals(rows)
    assert_sides(kind, plain, rows, chosen, keys)
    assert_sound(measure, replace(result, parts={"compared": result.main}))  # the others are tested without it


@pytest.mark.parametrize("kind", ASKED)
@settings(max_examples=4)
@given(store=stores(customers=8), common=COMMON, by=BY, data=st.data())
def test_two_groups(kind: str, store: SmallStore, common: dict[str, Any], by: str, data: st.DataObject) -> None:
    check(kind, store, common, by, data)


@pytest.mark.nightly
@pytest.mark.parametrize("kind", ASKED)
@settings(max_examples=150)
@given(store=stores(customers=8), common=COMMON, by=BY, data=st.data())
def test_two_groups_long(kind: str, store: SmallStore, common: dict[str, Any], by: str, data: st.DataObject) -> None:
    check(kind, store, common, by, data)

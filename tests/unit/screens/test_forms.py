"""A form that others changed something under, put over what is said now."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from resa.journey_map import edited, said_of, write_touchpoint
from resa.screens.forms import asked_of_form, in_form, over_theirs

FILE = "journey.yaml"
FIRST = "{next: b, within: 1 day, unless: d}"
SECOND = "{next: d, within: 2 days, per: properties.order}"
THIRD = "{next: b, within: 9 days, name: third}"


def text_of(rows: Sequence[str]) -> str:
    lines = "".join(f"    - {row}\n" for row in rows)
    return f"title: A\nstages: {{s: [a, b, d]}}\ntouchpoints:\n  a:\n    expect:\n{lines}"


def form_of(rows: Sequence[dict[str, object]]) -> dict[str, str]:
    """What a browser sends of these rows."""
    said = {"has.expect": "1"}
    for number, row in enumerate(rows):
        for name, value in row.items():
            ends = {f"next.{place}": end for place, end in enumerate(value)} if isinstance(value, list) else {}
            said |= {f"expect.{number}.{field}": str(one) for field, one in (ends or {name: value}).items()}
    return said


@pytest.mark.parametrize(
    ("now", "kept"),
    [
        ([SECOND, THIRD], [{"within": "5 days"}, {"per": "properties.order"}, {"name": "third"}]),
        ([THIRD, FIRST, SECOND], [{"unless": ["d"]}, {"per": "properties.order"}, {"name": "third"}]),
        ([SECOND, FIRST], [{"unless": ["d"]}, {"per": "properties.order"}]),
        ([SECOND], [{"within": "5 days"}, {"per": "properties.order"}]),
        ([THIRD, SECOND], [{"name": "third"}, {"per": "properties.order"}]),
    ],
)
def test_rows_keep_what_is_theirs_and_none_of_others_is_lost(
    now: Sequence[str], kept: Sequence[dict[str, object]]
) -> None:
    before, after = (said_of(FILE, text_of(rows))["a"] for rows in ([FIRST, SECOND], now))
    rows = in_form(before)["expect"]
    form, others = over_theirs(before, in_form(after), form_of([{**rows[0], "within": "5 days"}, rows[1]]))
    assert others == ["expect"]
    assert form["expect"][0]["within"] == "5 days"
    words = asked_of_form(after, form_of(form["expect"]))
    written = said_of(FILE, edited(FILE, text_of(now), write_touchpoint("a", words, seen=after)))["a"]["expect"]
    own = {"unless", "per", "name"}
    assert [{name: one[name] for name in own & one.keys()} for one in written] == [
        {name: value for name, value in one.items() if name in own} for one in kept
    ]

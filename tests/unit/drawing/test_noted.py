"""What happened on days, on the axis of a trend: each a number there and words below, and nothing lies on another."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.drawing_maps import FULL, faults, words
from tests.support.legible import dim_words

from resa.drawing import Curve, CurveNote, CurvePoint, MapOptions, draw_curve, draw_map, format_days, sparkline
from resa.drawing.scene import Circle, Path, Rect, walk
from resa.model.writing import Author, DayNote

WEEKS = [date(2026, 7, 6) + timedelta(weeks=n) for n in range(20)]
TREND = Curve(name="all", points=tuple(CurvePoint(at=day, value=0.4, low=0.3, high=0.5) for day in WEEKS))
ANNA = Author(id=1, called="Anna")
NOW = datetime(2026, 11, 1, tzinfo=UTC)


def note(number: int, first: date, days: int = 1, text: str = "Site down") -> DayNote:
    last = first + timedelta(days=days - 1)
    return DayNote(id=number, map_key="", first=first, last=last, text=text, by=ANNA, at=NOW)


def test_a_day_and_a_span_are_marked_by_numbers_and_told_below() -> None:
    notes = [note(1, WEEKS[10], 14, "Autumn sale"), note(2, WEEKS[2], text="Campaign started")]
    svg = draw_curve([TREND], title="Cart to purchase", days=notes, target=0.45)
    said = words(svg.scene)
    assert "20 Jul 2026: Campaign started" in said
    assert "14 – 27 Sept 2026: Autumn sale" in said
    assert {"1", "2"} <= {line for item, _, _ in walk(svg.scene.items) for line in getattr(item, "lines", ())}
    assert "1: 20 Jul 2026, Campaign started" in svg.scene.description
    assert svg.tables[1].rows[0] == ("14 – 27 Sept 2026", "Autumn sale")
    bands = [item for item, _, _ in walk(svg.scene.items) if isinstance(item, Rect) and item.fill == "neutral"]
    assert len(bands) == 1
    assert not faults(svg.scene)
    assert dim_words(svg.scene) == []


def test_a_trend_without_notes_is_drawn_as_before() -> None:
    assert draw_curve([TREND], title="t").text == draw_curve([TREND], title="t", days=()).text
    assert len(draw_curve([TREND], title="t").tables) == 1


def test_what_began_before_or_goes_on_afterwards_stays_within_the_axis() -> None:
    notes = [note(1, WEEKS[0] - timedelta(days=90), 100), note(2, WEEKS[-1] + timedelta(days=3), 400)]
    svg = draw_curve([TREND], title="t", days=notes)
    inside = [box for item, box in boxes(svg.scene.items) if isinstance(item, Circle | Rect)]
    assert min(box[0] for box in inside) >= 0
    assert max(box[1] for box in inside) <= svg.width
    assert not faults(svg.scene)


def boxes(items: object) -> list[tuple[object, tuple[float, float]]]:
    found = walk(items)  # type: ignore[arg-type]  # the items of a scene
    return [(item, (item.box.left + x, item.box.right + x)) for item, x, _ in found if hasattr(item, "box")]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-10, 150), st.integers(1, 40), st.integers(1, 60)), max_size=30),
    st.floats(340, 900),
)
def test_notes_anywhere(drawn: Sequence[tuple[int, int, int]], wide: float) -> None:
    notes = [note(n, WEEKS[0] + timedelta(days=day), span, "ab " * size) for n, (day, span, size) in enumerate(drawn)]
    svg = draw_curve([TREND], title="t", days=notes, notes=[CurveNote(at=WEEKS[3], text="New shop")], width=wide)
    assert not faults(svg.scene)
    assert dim_words(svg.scene) == []
    said = words(svg.scene)
    assert ("more" in said) == (len(notes) > 24)


def test_texts_of_people_do_not_become_markup() -> None:
    svg = draw_curve([TREND], title="t", days=[note(1, WEEKS[3], text="<script>alert('x')</script> & \u202eevil")])
    assert "<script" not in svg.text
    assert "&lt;script&gt;" in svg.text
    assert svg.pdf().startswith(b"%PDF")


def test_spans_are_said_as_each_language_does() -> None:
    said = {
        language: format_days(date(2026, 9, 28), date(2026, 10, 2), language) for language in ("en", "sv", "nb", "hu")
    }
    assert said == {
        "en": "28 Sept – 2 Oct 2026",
        "sv": "28 sep.–2 okt. 2026",
        "nb": "28. sep.–2. okt. 2026",
        "hu": "2026. szept. 28. – okt. 2.",
    }


def test_a_sparkline_marks_where_something_happened() -> None:
    plain, marked = (sparkline([0.1, 0.2, 0.3], title="t", marks=marks) for marks in ((), (0.5, 7.0)))
    assert len(list(walk(marked.scene.items))) - len(list(walk(plain.scene.items))) == 4
    right = [item.box.right for item, _, _ in walk(marked.scene.items) if isinstance(item, Path)]
    assert max(right) <= marked.width


def test_open_comments_stand_at_their_touchpoint() -> None:
    key = FULL.touchpoints[0].key
    svg = draw_map(FULL, options=MapOptions(comments={key: 3}, links={key: f"/map/x/{key}"}))
    assert "3 open comments" in words(svg.scene)
    assert not faults(svg.scene)
    assert re.search(r"1 open comment\b", words(draw_map(FULL, options=MapOptions(comments={key: 1})).scene))
    assert "comment" not in words(draw_map(FULL).scene)

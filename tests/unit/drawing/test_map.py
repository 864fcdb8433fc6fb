"""The journey map shows what people wrote and what was measured, and nothing where there is nothing."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from tests.support.drawing_maps import BARE, FULL, NUMBERS, crossed_words, faults, groups, words

from resa.drawing import LANES, PRESETS, ExpectationNumbers, Figure, MapNumbers, MapOptions, draw_map
from resa.drawing.scene import Circle, Group, Image, placed_texts, walk
from resa.model.journey import JourneyMap, PainPoint, Stage, Touchpoint

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20


def lanes(options: MapOptions | None = None, *, measured: bool = True) -> list[str]:
    scene = draw_map(FULL, NUMBERS if measured else None, options=options).scene
    return [group.key for group in groups(scene, "lane")]


def test_six_lines_make_a_poster() -> None:
    scene = draw_map(BARE).scene
    assert words(scene) == "Customer journey map Library card Awareness Consideration Conversion Loyalty"
    assert not faults(scene)


def test_stages_without_touchpoints_stand_beside_those_with() -> None:
    young = replace(
        BARE,
        stages=(Stage(key="a", name="Hears", touchpoints=("poster",)), Stage(key="b", name="Borrows")),
        touchpoints=(Touchpoint(key="poster", name="Poster", stage="a"),),
    )
    scene = draw_map(young).scene
    assert "Poster" in words(scene)
    rings = [item for item, _, _ in walk(scene.items) if isinstance(item, Circle) and item.stroke]
    assert len(rings) == 1


def test_lanes_come_in_the_order_asked_for_and_empty_ones_vanish() -> None:
    assert lanes() == [lane for lane in LANES if lane in lanes()]
    assert set(lanes()) == set(LANES)
    assert lanes(MapOptions(lanes=("emotion", "actions"))) == ["emotion", "actions"]
    assert "visits" not in lanes(measured=False)
    assert "expectations" in lanes(measured=False)


def test_a_service_blueprint_has_its_three_lines_in_their_places() -> None:
    drawn = draw_map(FULL, options=MapOptions(lanes=PRESETS["blueprint"]))
    said = words(drawn.scene)
    order = [
        *("Actions", "Line of interaction", "Frontstage", "Line of visibility", "Backstage"),
        *("Line of internal interaction", "Support", "The bank confirms the card."),
    ]
    assert [said.index(word) for word in order] == sorted(said.index(word) for word in order)
    assert set(lanes(MapOptions(lanes=PRESETS["blueprint"]))) == set(PRESETS["blueprint"])
    assert "Line of" not in words(draw_map(FULL, options=MapOptions(lanes=PRESETS["customer"])).scene)
    assert not faults(drawn.scene)


def test_an_arrow_says_share_size_time_and_its_place_against_the_target() -> None:
    said = words(draw_map(FULL, NUMBERS).scene)
    assert "23% of 12,044 within 1 day below target 30%" in said
    assert "44% of 3,209 within 4 h about on target 45%" in said
    assert "96% of 1,180 within 3 working days on target 95%" in said
    assert "too few to say within 60 days" in said


def test_without_numbers_an_arrow_says_what_is_meant() -> None:
    said = words(draw_map(FULL).scene)
    assert "within 4 h target 45%" in said
    assert "Measured: 77%" not in said


def test_an_arrow_says_its_verdict_in_words() -> None:
    wide = ExpectationNumbers(share=0.8, low=0.43, high=0.96, openings=10)
    close = ExpectationNumbers(share=0.45, low=0.44, high=0.46, openings=9000)
    said = words(draw_map(FULL, MapNumbers(expectations={"page.cart": wide, "cart.purchase": close})).scene)
    assert "on target 30%" in said
    assert "about on target 45%" in said
    unsure = ExpectationNumbers(share=0.5, low=0.2, high=0.8, openings=12)
    assert "target 45%: too few to say" in words(
        draw_map(FULL, MapNumbers(expectations={"cart.purchase": unsure})).scene
    )


def test_evidence_is_said_in_words_with_what_was_measured() -> None:
    said = words(draw_map(FULL, NUMBERS).scene)
    assert "Measured: 76% miss it · 14 interviews" in said.replace("- ", "")  # 9,154 of 12,044; 1 % were cancelled
    assert "Researched · Test" in said
    assert "Assumed" in said


@pytest.mark.parametrize("numbers", [None, MapNumbers(expectations={"page.cart": ExpectationNumbers(openings=3)})])
def test_a_pain_point_is_called_measured_only_where_its_arrow_has_a_share(numbers: MapNumbers | None) -> None:
    drawing = draw_map(FULL, numbers)
    said = words(drawing.scene).replace("- ", "")
    cells = " ".join(cell for row in drawing.tables[0].rows for cell in row)
    assert "Measured" not in said + cells
    assert "Researched · not measured yet · 14 interviews" in said
    assert "The date is shown late. (Researched · not measured yet)" in cells


def test_improvements_stand_where_they_help_and_the_others_beside() -> None:
    said = words(draw_map(FULL).scene)
    assert "Show the date. Done since 14 Sept 2026 · Ali" in said
    assert "Also: One inbox (Idea)" in said


def test_where_reality_leaves_the_planned_path() -> None:
    said = words(draw_map(FULL, NUMBERS).scene)
    assert "41% walk it of 1,604" in said
    assert "312 to Store visit 230 stop 30 to Delivery 20 otherwise" in said


def test_numbers_without_customers_and_touchpoints_without_data_say_so() -> None:
    said = words(draw_map(FULL, NUMBERS).scene)
    assert "not measured: no counter at the door" in said
    assert "counted by day, without customers" in said


def test_the_legend_explains_only_what_is_drawn() -> None:
    measured, written = words(draw_map(FULL, NUMBERS).scene), words(draw_map(FULL).scene)
    assert "below target the thicker" in measured.replace("about on target ", "")
    assert "the thicker" not in written
    assert "Planned" not in written.split("Arrows")[1]
    assert "Arrows" not in words(draw_map(BARE).scene)
    assert "Arrows" not in words(draw_map(FULL, options=MapOptions(legend=False)).scene)


def test_a_persona_s_map_shows_her_feelings_and_hides_the_others() -> None:
    hers, all_ = (draw_map(FULL, options=MapOptions(persona=key)).scene for key in ("gift", None))
    assert "Tea lover" not in words(hers)
    assert "now, Gift buyer" in words(all_)
    assert "−2" in words(hers).split("Emotion")[1]


def test_pictures_are_embedded_when_they_are_pictures_and_named_when_not() -> None:
    for data, embedded in ((PNG, True), (b"<svg onload='alert(1)'/>", False), (b"", False)):
        scene = draw_map(FULL, options=MapOptions(pictures={"pictures/page.png": data})).scene
        assert any(isinstance(item, Image) for item, _, _ in walk(scene.items)) == embedded
        assert ("page.png" in words(scene)) != embedded


def test_wide_maps_wrap_and_arrows_say_where_they_lead() -> None:
    scene = draw_map(FULL, NUMBERS, options=MapOptions(columns=3)).scene
    said = words(scene)
    assert "to Product page" in said
    assert "from Delivery" in said
    assert said.count("Owner") > 1
    assert not faults(scene)
    assert not crossed_words(scene)


def test_thirty_touchpoints() -> None:
    keys = [f"t{number}" for number in range(30)]
    many = JourneyMap(
        key="many",
        title="Many",
        stages=tuple(
            Stage(key=f"s{n}", name=f"Stage {n}", touchpoints=tuple(keys[n * 6 : n * 6 + 6])) for n in range(5)
        ),
        touchpoints=tuple(
            Touchpoint(key=key, name=f"Touchpoint {key}", stage=f"s{n // 6}", actions=("Does it.",))
            for n, key in enumerate(keys)
        ),
    )
    scene = draw_map(many).scene
    assert not faults(scene)
    assert scene.width < 2200
    assert all(f"Touchpoint {key}" in words(scene) for key in keys)
    # Stages of six fill rows of twelve, twelve and six: no stage is torn.
    assert "continued" not in words(scene)


def test_the_same_as_tables() -> None:
    touchpoints, arrows = draw_map(FULL, NUMBERS).tables
    assert len(touchpoints.rows) == 5
    assert "Assumed" in " ".join(touchpoints.rows[0])
    row = dict(zip(arrows.head, arrows.rows[1], strict=True))
    assert row["Share"] == "44%"
    assert row["95 % interval"] == "42% – 46%"
    assert row["Verdict"] == "about on target"
    assert draw_map(BARE).tables == ()


def test_numbers_lead_where_they_are_said_to_and_are_called_what_they_are() -> None:
    figures: dict[tuple[Figure, str], str] = {("customers", "cart"): "/cart", ("persona", FULL.personas[0].key): "/who"}
    scene = draw_map(FULL, NUMBERS, options=MapOptions(figures=figures)).scene
    linked = {item.link: item.title for item, _, _ in walk(scene.items) if isinstance(item, Group) and item.link}
    assert set(linked) == {"/cart", "/who"}
    assert re.fullmatch(r"Cart: [\d,]+ customers, [\d,]+ visits", linked["/cart"])
    assert re.fullmatch(f"{FULL.personas[0].name}: [\\d,]+ customers", linked["/who"])
    untold = draw_map(FULL, NUMBERS).scene
    assert not [item for item, _, _ in walk(untold.items) if isinstance(item, Group) and item.link]


def test_shapes_are_tied_to_what_they_stand_for() -> None:
    scene = draw_map(FULL, NUMBERS, options=MapOptions(links={"cart.purchase": "#cart"})).scene
    arrow = next(group for group in groups(scene, "expectation") if group.key == "cart.purchase")
    assert arrow.link == "#cart"
    assert arrow.title == (
        "After Cart we expect Purchase within 4 h; unless Store visit; target 45%; "
        "measured 44% (42% – 46%); about on target"
    )
    assert [group.key for group in groups(scene, "promise")] == ["purchase.delivery"]


def test_numbers_of_things_that_the_map_does_not_have_change_nothing() -> None:
    strange = MapNumbers(expectations={"gone": ExpectationNumbers(share=1.0)}, personas={"nobody": 3})
    assert not faults(draw_map(FULL, strange).scene)


@pytest.mark.parametrize("width", [320, 420, 640, 700, 1000, 1600, None])
@pytest.mark.parametrize("numbers", [None, NUMBERS])
def test_nothing_is_cut_and_nothing_overlaps(width: float | None, numbers: MapNumbers | None) -> None:
    svg = draw_map(FULL, numbers, options=MapOptions(width=width))
    assert not faults(svg.scene)
    assert not crossed_words(svg.scene)
    assert width is None or svg.width == pytest.approx(width)


@pytest.mark.parametrize("paper", ["A4", "A3", "A1"])
def test_paper_keeps_six_and_a_half_points(paper: str) -> None:
    from resa.drawing.printing import MARGIN, PAPERS

    svg = draw_map(FULL, NUMBERS)
    assert svg.sheets is not None
    wide, high = PAPERS[paper]  # type: ignore[index]  # the parameter is one of its keys
    for scene in svg.sheets(paper):  # type: ignore[arg-type]  # likewise
        scale = min((wide - 2 * MARGIN) / scene.width, (high - 2 * MARGIN) / scene.height)
        smallest = min(text.setting.size for text, _, _ in placed_texts(scene))
        assert scale * smallest >= 6.49
        assert not faults(scene)


def test_paper_is_filled_and_a_row_follows_on_the_same_page() -> None:
    columns = tuple(
        replace(FULL.touchpoints[0], key=f"t{number}", stage=f"s{number // 4}", expectations=(), differences=())
        for number in range(24)
    )
    stages = tuple(
        Stage(key=f"s{part}", name=f"Stage {part}", touchpoints=tuple(f"t{4 * part + n}" for n in range(4)))
        for part in range(6)
    )
    wide = replace(FULL, stages=stages, touchpoints=columns, personas=(), goal=None, improvements=())
    svg = draw_map(wide, options=MapOptions(lanes=("pictures", "actions", "questions", "emotion", "channels")))
    assert svg.sheets is not None
    pages = svg.sheets("A3")
    assert len(pages) == 1  # two rows of twelve, below each other
    assert faults(pages[0]) == []
    lowest = max(box.bottom for _, box, _ in placed_texts(pages[0]))
    assert lowest > 0.5 * pages[0].height


def test_the_name_of_a_narrow_stage_is_set_smaller_rather_than_broken() -> None:
    keys = {"awareness": ("tells",), "consideration": ("a", "b"), "conversion": ("c", "d"), "loyalty": ("e", "f")}
    young = replace(
        BARE,
        stages=tuple(Stage(key=key, name=key.title(), touchpoints=inside) for key, inside in keys.items()),
        touchpoints=tuple(Touchpoint(key=key, name=key, stage=stage) for stage, some in keys.items() for key in some),
    )
    svg = draw_map(young)
    assert svg.sheets is not None
    (sheet,) = svg.sheets("A3")
    assert "Awareness" in words(sheet)


def test_the_legend_takes_no_sheet_of_its_own_where_another_has_room() -> None:
    """The first row leaves some room on its sheet; the second fills its own."""
    long = ("Something that takes its room on paper. " * 3,) * 14
    keys = [(stage, f"{stage}{number}") for stage in "ab" for number in range(12)]
    journey = replace(
        BARE,
        stages=tuple(Stage(key=name, name=name, touchpoints=tuple(f"{name}{n}" for n in range(12))) for name in "ab"),
        touchpoints=tuple(
            Touchpoint(key=key, name=key, stage=stage, actions=("One.",), pain_points=(PainPoint(text="Slow."),))
            if stage == "a"
            else Touchpoint(key=key, name=key, stage=stage, actions=long if key == "b0" else ())
            for stage, key in keys
        ),
    )
    svg = draw_map(journey)
    assert svg.sheets is not None
    sheets = svg.sheets("A3")
    assert len(sheets) == 2
    assert all("Actions" in words(sheet) for sheet in sheets)


def test_a_daily_number_is_shown_with_the_days_that_it_is_the_sum_of() -> None:
    assert "88 from 1 May 2026 to 20 Nov 2026 counted by day, without customers" in words(draw_map(FULL, NUMBERS).scene)

"""Slides: native shapes that can be edited, found by name, and heard."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image as Raster
from pptx import Presentation
from pptx.enum.shapes import MSO_SHAPE_TYPE
from tests.support.drawing_maps import FULL, NUMBERS

from resa.base.errors import InputError
from resa.drawing import draw_map
from resa.drawing.arial import arial_width
from resa.drawing.scene import Circle, Group, Image, Path, Rect, Scene, Text, placed_texts, walk
from resa.drawing.svg import Svg

PICTURE = draw_map(FULL, NUMBERS)


def _shapes(shapes: Any) -> Iterator[Any]:
    for shape in shapes:
        yield shape
        if shape.shape_type == MSO_SHAPE_TYPE.GROUP:
            yield from _shapes(shape.shapes)


def _slides(picture: Svg, paper: Any = None) -> Any:
    return Presentation(io.BytesIO(picture.pptx(paper)))


def _scene(*items: Any) -> Svg:
    return Svg(scene=Scene(width=400, height=200, title="T <&> t", description="D", language="sv", items=items))


def test_every_text_is_a_text_box_where_the_picture_has_it() -> None:
    presentation = _slides(PICTURE)
    (slide,) = presentation.slides
    assert presentation.slide_width == round(PICTURE.width * 9_525)
    written = [shape for shape in _shapes(slide.shapes) if shape.has_text_frame and shape.text_frame.text]
    expected = [(text, box) for text, box, _ in placed_texts(PICTURE.scene) if text.lines]
    assert len(written) == len(expected)
    for shape, (text, box) in zip(written, expected, strict=True):
        assert shape.text_frame.text.replace("\v", "\n") == "\n".join(text.lines)
        assert shape.left == pytest.approx(box.left * 9_525, abs=2)
        run = shape.text_frame.paragraphs[0].runs[0]
        assert run.font.name == "Arial"
        assert 0.75 <= run.font.size.pt / (text.setting.size * 0.75) <= 0.9
        for line in text.lines:
            wide = arial_width(line, run.font.size.pt, bold=text.setting.face == "semibold")
            assert wide <= (text.width + 2) * 0.75
        assert shape.text_frame.word_wrap is False


def test_lanes_and_columns_are_groups_with_names() -> None:
    names = {shape.name for shape in _shapes(_slides(PICTURE).slides[0].shapes)}
    assert {
        "Lane: pain points",
        "Lane: emotion",
        "Touchpoint: cart",
        "Cell: page",
        "Expectation: cart.purchase",
    } <= names


def test_arrows_are_heard_and_the_title_is_the_title() -> None:
    slide = _slides(PICTURE).slides[0]
    described = [shape._element.xpath("./*/p:cNvPr/@descr") for shape in _shapes(slide.shapes)]
    assert any("After Cart we expect" in text for texts in described for text in texts)
    assert slide.shapes.title.text_frame.text == FULL.title


def test_the_speaker_hears_where_the_data_come_from_and_of_when_they_are() -> None:
    text = _slides(PICTURE).slides[0].notes_slide.notes_text_frame.text
    assert text.startswith(FULL.title)
    assert "Data: complete to 20 Nov 2026, 06:00" in text
    assert "Data: not measured" in _slides(draw_map(FULL)).slides[0].notes_slide.notes_text_frame.text


def test_the_emotion_curve_is_a_freeform() -> None:
    (lane,) = [s for s in _shapes(_slides(PICTURE).slides[0].shapes) if s.name == "Lane: emotion"]
    curves = [shape for shape in _shapes(lane.shapes) if shape.name == "Curve"]
    assert curves
    assert all(shape.shape_type == MSO_SHAPE_TYPE.FREEFORM for shape in curves)


def test_sheets_are_slides_of_the_paper() -> None:
    presentation = _slides(PICTURE, "16:9")
    assert (presentation.slide_width, presentation.slide_height) == (12_192_000, 6_858_000)
    assert PICTURE.sheets is not None
    assert len(presentation.slides) == len(PICTURE.sheets("16:9"))


def test_shapes_keep_their_places_and_looks() -> None:
    items = (
        Rect(x=10, y=20, width=100, height=40, radius=10, fill="accent", opacity=0.5),
        Circle(x=200, y=100, radius=30, stroke="below", stroke_width=2),
        Path(commands=(("M", 10, 150), ("L", 110, 100)), stroke="ink", dash=(4, 2)),
        Path(commands=(("M", 0, 0), ("C", 10, 0, 20, 10, 30, 10), ("Z",)), fill="ink"),
        Group(x=5, y=5, kind="lane", key="a_b", title="Say <this>", items=(Text(x=0, y=20, lines=("å & <b>",)),)),
    )
    rectangle, circle, line, form, group = _slides(_scene(*items)).slides[0].shapes
    assert (rectangle.left, rectangle.top, rectangle.width) == (95_250, 190_500, 952_500)
    assert rectangle.adjustments[0] == pytest.approx(0.25)
    assert rectangle._element.xpath(".//a:solidFill//a:alpha/@val") == ["50000"]
    assert str(circle.line.color.rgb) == "AD4408"
    assert (line.begin_x, line.begin_y, line.end_x, line.end_y) == (95_250, 1_428_750, 1_047_750, 952_500)
    assert form.shape_type == MSO_SHAPE_TYPE.FREEFORM
    assert (group.name, group.shapes[0].text_frame.text) == ("Lane: a b", "å & <b>")
    assert group._element.xpath("./p:nvGrpSpPr/p:cNvPr/@descr") == ["Say <this>"]


def _raster(form: str) -> bytes:
    target = io.BytesIO()
    Raster.new("RGB", (40, 10), "red").save(target, form)
    return target.getvalue()


@pytest.mark.parametrize("form", ["png", "jpeg", "gif", "webp"])
def test_pictures_are_cut_to_their_place(form: str) -> None:
    image = Image(x=0, y=0, width=20, height=10, media_type=f"image/{form}", data=_raster(form), title="Page")
    (shape,) = _slides(_scene(image)).slides[0].shapes
    assert shape.shape_type == MSO_SHAPE_TYPE.PICTURE
    assert (shape.crop_left, shape.crop_right, shape.crop_top) == (0.25, 0.25, 0)


def test_a_broken_picture_is_said() -> None:
    image = Image(x=0, y=0, width=20, height=10, media_type="image/png", data=b"\x89PNG....", title="Page")
    with pytest.raises(InputError, match="save it anew"):
        _scene(image).pptx()


def test_a_picture_larger_than_any_slide_is_made_smaller() -> None:
    scene = Scene(width=9_000, height=100, title="T", description="", language="en", items=())
    presentation = _slides(Svg(scene=scene))
    assert presentation.slide_width == 51_206_400


def test_a_form_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match=r"\.svg, \.png, \.pdf or \.pptx"):
        PICTURE.file("gif")
    assert PICTURE.file("svg") == PICTURE.text.encode()
    assert sum(1 for item, _, _ in walk(PICTURE.scene.items) if isinstance(item, Group) and item.kind == "cell") == 9

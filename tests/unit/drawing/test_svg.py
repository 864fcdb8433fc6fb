"""What is written is XML that no words can break out of, the same each time, complete for those who do not see it."""

from __future__ import annotations

import re

import pytest
from tests.support.drawing_maps import parsed

from resa.drawing.scene import Circle, Group, Image, Path, Rect, Scene, Text
from resa.drawing.svg import Svg, serialise

SPACE = "{http://www.w3.org/2000/svg}"
HOSTILE = [
    "<script>alert(1)</script>",
    "]]> & < > \" '",
    '" onload="alert(1)',
    "</title><script>x</script>",
    "</svg>",
    "<!-- -->",
    "&#x3c;script&#x3e;",
    "\x00\x01\x0b\ufffe\ud800",
    "<![CDATA[x",
    "<?xml?>",
    "</style><script>",
]


def scene(words: str, link: str = "") -> Scene:
    text = Text(x=10, y=20, lines=(words, words))
    return Scene(
        width=200,
        height=100,
        title=words,
        description=words,
        language=words,
        items=(
            Group(items=(text,), title=words, kind=words, key=words, link=link),
            Image(x=0, y=0, width=5, height=5, media_type=words, data=b"abc", title=words),
        ),
    )


@pytest.mark.parametrize("words", HOSTILE)
@pytest.mark.parametrize("standalone", [True, False])
def test_hostile_words_stay_words(words: str, standalone: bool) -> None:
    markup = serialise(scene(words), standalone=standalone, fonts=False, identifier=words)
    root = parsed(markup)
    allowed = {"svg", "title", "desc", "style", "rect", "g", "text", "tspan", "image"}
    assert {element.tag.removeprefix(SPACE) for element in root.iter()} <= allowed
    assert not any(name.startswith("on") for element in root.iter() for name in element.attrib)
    assert "<script" not in markup


@pytest.mark.parametrize(
    "link",
    ["javascript:alert(1)", "data:text/html,x", "//evil", "#a b", 'https://x"onclick="y', "/x?a=<b>", '/x?a="b', ""],
)
def test_only_fragments_and_web_addresses_are_links(link: str) -> None:
    assert "<a " not in serialise(scene("x", link), fonts=False)


@pytest.mark.parametrize("link", ["#cart.purchase", "https://example.com/?a=1&b=2", "/explore/x?a=%C3%A5&b=2+3#c"])
def test_links_are_kept(link: str) -> None:
    root = parsed(serialise(scene("x", link), fonts=False))
    assert [element.attrib["href"] for element in root.iter(f"{SPACE}a")] == [link]
    assert [element.attrib["aria-label"] for element in root.iter(f"{SPACE}a")] == ["x"]
    assert root.attrib["role"] == "group"


def test_the_picture_has_a_name_and_a_description() -> None:
    markup = serialise(scene("Map & all"), identifier="first")
    root = parsed(markup)
    assert root.attrib["role"] == "img"
    assert root.attrib["aria-labelledby"] == "first-title first-description"
    assert {element.attrib["id"]: element.text for element in root if "id" in element.attrib} == {
        "first-title": "Map & all",
        "first-description": "Map & all",
    }


def test_a_file_of_its_own_has_font_and_colours_inside_and_a_part_of_a_page_has_not() -> None:
    svg = Svg(scene=scene("Hello"))
    assert "@font-face" in svg.text
    assert "prefers-color-scheme:dark" in svg.text
    assert "<style" not in svg.inline("x")
    assert "http" not in re.sub(r'xmlns="[^"]+"', "", svg.text)
    assert svg._repr_mimebundle_()["image/svg+xml"] == svg.text


def test_a_theme_written_out_has_no_variables_left() -> None:
    shapes = (
        Rect(x=1, y=1, width=5, height=5, fill="ground", stroke="line", dash=(1, 2), opacity=0.5),
        Circle(x=1, y=1, radius=2, fill="accent", stroke="ink"),
        Path(commands=(("M", 0, 0), ("C", 1, 1, 2, 2, 3, 3.456)), stroke="below", stroke_width=2, round_ends=True),
    )
    drawn = Scene(width=9, height=9, title="t", description="d", language="en", items=shapes)
    dark = serialise(drawn, theme="dark")
    assert "var(" not in dark
    assert "#14171b" in dark
    assert 'd="M0 0C1 1 2 2 3 3.46"' in dark
    both = serialise(drawn)
    assert 'style="fill:var(--resa-ground,#f6f5f1);stroke:var(--resa-line,#868d95)"' in both
    parsed(both)


def test_the_same_scene_gives_the_same_bytes() -> None:
    assert serialise(scene("Ő")) == serialise(scene("Ő"))


def test_what_our_font_lacks_is_held_to_its_room() -> None:
    drawn = Scene(
        width=99,
        height=9,
        title="t",
        description="d",
        language="en",
        items=(Text(x=50, y=5, lines=("a 🎉 b",), anchor="end"),),
    )
    root = parsed(serialise(drawn))
    spans = list(root.iter(f"{SPACE}tspan"))
    assert [span.text for span in spans] == ["a ", "🎉", " b"]
    assert spans[1].attrib["lengthAdjust"] == "spacingAndGlyphs"
    assert float(spans[1].attrib["textLength"]) == pytest.approx(1.3 * 11, abs=0.01)
    assert Svg(scene=drawn).missing == "🎉"
    assert "🎉" not in serialise(drawn, theme="light", foreign=False)

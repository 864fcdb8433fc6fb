"""Every picture of every template in four languages: nothing is cut, nothing overlaps, every word can be read.

All are measured by the font that they are drawn with; that a browser draws them as wide is looked at apart. Colours are
held against each other in the light and in the dark.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import pytest
from tests.support.chromium import browser
from tests.support.drawing_maps import faults
from tests.support.every_picture import PARTS, every_answer, every_map, whole_answers
from tests.support.legible import cut_words, dim_words

from resa import workspace
from resa.analytics.results.pictures import picture_of
from resa.base.language import LANGUAGES
from resa.drawing import Svg, font_css, tokens_css
from resa.drawing.fonts import segments
from resa.drawing.scene import Scene, placed_texts
from resa.workspace import Workspace

QUICK = ("webshop", "hu")
EVERYWHERE = [
    each if each == QUICK else pytest.param(*each, marks=pytest.mark.nightly)
    for each in product(workspace.templates(), LANGUAGES)
]
PAGE = """<!doctype html><meta charset="utf-8"><style>{css}</style>{body}
<script>document.fonts.ready.then(() => {{
  const widths = [...document.querySelectorAll('svg text')].map(text => {{
    const parts = text.querySelectorAll('tspan').length ? [...text.querySelectorAll('tspan')] : [text];
    return Math.max(...parts.map(part => part.getComputedTextLength()));
  }});
  document.title = JSON.stringify(widths);
}});</script>"""

Opener = Callable[[str, str], Workspace]


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opener]:
    """Small workspaces by template and language, each made once."""
    made: dict[tuple[str, str], Workspace] = {}

    def shop(template: str, language: str) -> Workspace:
        if (template, language) not in made:
            folder = tmp_path_factory.mktemp("pictures") / f"{template}-{language}"
            workspace.create(folder, template=template, language=language)
            made[template, language] = opened = workspace.open(folder)
            opened.simulate(customers=600, seed=4)
            opened.collect()
        return made[template, language]

    yield shop
    for opened in made.values():
        opened.close()


def illegible(name: str, svg: Svg) -> list[str]:
    """What is wrong with a picture, on a screen and, where it is laid out for it, on A3."""
    sheets = [svg.scene, *(svg.sheets("A3") if svg.sheets else ())]
    return [f"{name}: {fault}" for scene in sheets for fault in _illegible(scene)]


def _illegible(scene: Scene) -> Iterator[str]:
    yield from faults(scene)
    yield from (f"cut: {words}" for words in cut_words(scene))
    yield from dim_words(scene)


def test_each_kind_of_answer_is_drawn_and_can_be_read(shops: Opener) -> None:
    shop = shops("retail", "hu")
    drawn = set()
    found = []
    for name, result, part in whole_answers(shop):
        drawn.add((result.kind, part))
        found += illegible(name, picture_of(result, part))
    assert drawn == set(PARTS)
    assert found == []


@pytest.mark.nightly
@pytest.mark.parametrize(("template", "language"), list(product(workspace.templates(), LANGUAGES)))
def test_every_answer_can_be_read(shops: Opener, template: str, language: str) -> None:
    answers = every_answer(shops(template, language))
    assert [fault for name, result, part in answers for fault in illegible(name, picture_of(result, part))] == []


@pytest.mark.parametrize(("template", "language"), EVERYWHERE)
def test_every_map_can_be_read(shops: Opener, template: str, language: str) -> None:
    assert [fault for name, svg in every_map(shops(template, language)) for fault in illegible(name, svg)] == []


@pytest.mark.nightly
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_browser_draws_the_words_as_wide_as_they_were_measured(shops: Opener, language: str, tmp_path: Path) -> None:
    pictures = [picture_of(result, part) for _, result, part in every_answer(shops("retail", language))]
    body = "".join(picture.inline(f"p{number}") for number, picture in enumerate(pictures))
    file = tmp_path / "page.html"
    file.write_text(PAGE.format(css=font_css() + tokens_css(), body=body), encoding="utf-8")
    command = [browser(), "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=20000", "--dump-dom"]
    done = subprocess.run([*command, file.as_uri()], capture_output=True, text=True, check=True, timeout=300)
    widths = json.loads(done.stdout.split("<title>", 1)[1].split("</title>", 1)[0])
    texts = [text for picture in pictures for text, _, _ in placed_texts(picture.scene)]
    assert len(texts) == len(widths)
    for text, wide in zip(texts, widths, strict=True):
        if all(by == text.setting.face for line in text.lines for _, by in segments(line, text.setting.face)):
            assert wide == pytest.approx(text.width, rel=0.004, abs=0.2), text.lines

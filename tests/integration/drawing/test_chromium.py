"""A real browser draws texts as wide as we measured them, and shows the dark theme, without a font of its own."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from tests.support.chromium import browser
from tests.support.drawing_maps import FULL, NUMBERS

from resa.drawing import MapOptions, draw_map
from resa.drawing.fonts import segments
from resa.drawing.scene import placed_texts

MEASURE = """
<script>
document.fonts.ready.then(() => {
  const all = [...document.querySelectorAll('svg text')].map(text => {
    const parts = text.querySelectorAll('tspan').length ? [...text.querySelectorAll('tspan')] : [text];
    return parts.map(part => part.getComputedTextLength());
  });
  const paper = getComputedStyle(document.querySelector('svg > rect')).fill;
  document.title = JSON.stringify([all, paper]);
});
</script>
"""


def shown(page: str, folder: Path, *flags: str) -> tuple[list[list[float]], str]:
    """Text lengths as the browser computes them, and the colour of the paper."""
    file = folder / "page.html"
    file.write_text(page, encoding="utf-8")
    command = [browser(), "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=8000", *flags]
    done = subprocess.run(
        [*command, "--dump-dom", file.as_uri()], capture_output=True, text=True, check=True, timeout=60
    )
    title = re.search(r"<title>(\[\[.*?\])</title>", done.stdout)
    assert title, done.stdout[:300]
    lengths, paper = json.loads(title[1].replace("&quot;", '"'))
    return lengths, paper


def test_texts_are_as_wide_as_measured(tmp_path: Path) -> None:
    svg = draw_map(FULL, NUMBERS, options=MapOptions(width=700))
    lengths, paper = shown(f"<!doctype html><title></title>{svg.text}{MEASURE}", tmp_path)
    texts = [text for text, _, _ in placed_texts(svg.scene)]
    assert len(texts) == len(lengths)
    for text, measured in zip(texts, lengths, strict=True):
        if any(by != text.setting.face for line in text.lines for _, by in segments(line, text.setting.face)):
            continue
        assert max(measured) == pytest.approx(text.width, rel=0.004, abs=0.2), text.lines
    assert paper == "rgb(255, 255, 255)"


def test_the_dark_theme_follows_the_reader(tmp_path: Path) -> None:
    svg = draw_map(FULL)
    page = f"<!doctype html><title></title>{svg.text}{MEASURE}"
    assert shown(page, tmp_path, "--force-dark-mode", "--blink-settings=preferredColorScheme=0")[1] == "rgb(20, 23, 27)"
    switched = page.replace("<svg ", '<svg data-theme="dark" ', 1)
    assert shown(switched, tmp_path)[1] == "rgb(20, 23, 27)"

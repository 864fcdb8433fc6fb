"""PNG and PDF are made by the real printer with our own font: real text, right sizes, the same bytes each time."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from tests.support.drawing_maps import BARE, FULL, NUMBERS

from resa.drawing import FunnelStep, draw_funnel, draw_map

PICTURE = draw_map(FULL, NUMBERS)


def poppler(tool: str, pdf: bytes, folder: Path, *arguments: str) -> str:
    """What one of poppler's tools says about a PDF."""
    if shutil.which(tool) is None:
        pytest.skip(f"{tool} (poppler) is not installed")
    file = folder / "map.pdf"
    file.write_bytes(pdf)
    command = [tool, *arguments, str(file)] + (["-"] if tool == "pdftotext" else [])
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_png_has_the_pixels_asked_for() -> None:
    for scale in (1.0, 2.0):
        wide, high = struct.unpack(">II", PICTURE.png(scale)[16:24])
        assert wide == pytest.approx(PICTURE.width * scale, abs=1)
        assert high == pytest.approx(PICTURE.height * scale, abs=1)


def test_dark_and_light_png_differ() -> None:
    svg = draw_map(BARE)
    assert svg.png(1, theme="dark") != svg.png(1)


def test_pdf_holds_real_text_in_our_font_only(tmp_path: Path) -> None:
    pdf = PICTURE.pdf("A3")
    text = poppler("pdftotext", pdf, tmp_path)
    for said in ("Nordic Tea, from first sip to friend", "Product page", "below target 30%", "Blends look alike."):
        assert said in text
    fonts = poppler("pdffonts", pdf, tmp_path).splitlines()[2:]
    assert fonts
    assert all("SourceSansPro" in line for line in fonts)
    assert all(re.search(r"\byes yes yes\b", line) for line in fonts)  # embedded, subset, mapped to Unicode


@pytest.mark.parametrize(("paper", "size"), [("A3", "1190.55 x 841.89"), ("A4", "841.89 x 595.28")])
def test_pdf_has_the_paper_s_size_and_a_title(paper: str, size: str, tmp_path: Path) -> None:
    told = poppler("pdfinfo", PICTURE.pdf(paper), tmp_path)  # type: ignore[arg-type]  # one of the papers
    assert size in told
    assert "Nordic Tea" in told


def test_a_large_map_takes_pages_and_no_text_is_lost(tmp_path: Path) -> None:
    told = poppler("pdfinfo", PICTURE.pdf("A4"), tmp_path)
    pages = int(re.findall(r"Pages:\s+(\d+)", told)[0])
    assert pages > 1
    text = poppler("pdftotext", PICTURE.pdf("A4"), tmp_path)
    assert f"Sheet {pages} of {pages}" in text
    assert "Stock is read" in text


def test_without_a_paper_the_page_is_as_large_as_the_picture(tmp_path: Path) -> None:
    svg = draw_funnel([FunnelStep(name="a", customers=2), FunnelStep(name="b", customers=1)])
    told = poppler("pdfinfo", svg.pdf(), tmp_path)
    wide, high = (float(number) for number in re.findall(r"Page size:\s+([\d.]+) x ([\d.]+)", told)[0])
    assert (wide, high) == pytest.approx((svg.width * 0.75, svg.height * 0.75), abs=0.1)


def test_the_same_picture_gives_the_same_bytes() -> None:
    assert draw_map(FULL, NUMBERS).pdf("A3") == PICTURE.pdf("A3")
    assert draw_map(FULL, NUMBERS).png(1) == PICTURE.png(1)
    assert draw_map(FULL, NUMBERS).text == PICTURE.text

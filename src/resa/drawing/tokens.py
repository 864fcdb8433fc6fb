"""The one table of colours and sizes that every picture is drawn with.

Quiet paper and ink, one accent, and one warm colour kept for what is below its target, so that the eye finds it. Blue
and orange stay apart for colour-blind readers, and neither ever speaks alone: a shape and a word stand beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

__all__ = [
    "COLOURS",
    "FONT_FAMILY",
    "STYLES",
    "TEXT_PAIRS",
    "Colour",
    "Face",
    "Style",
    "StyleName",
    "Theme",
    "tokens_css",
]

Theme = Literal["light", "dark"]
Face = Literal["regular", "semibold", "italic"]
Colour = Literal[
    "paper",
    "ground",
    "ink",
    "muted",
    "line",
    "hairline",
    "accent",
    "accent_soft",
    "below",
    "below_soft",
    "neutral",
    "neutral_soft",
]
StyleName = Literal[
    "title",
    "headline",
    "quote",
    "stage",
    "touchpoint",
    "figure",
    "large",
    "body",
    "strong",
    "emphasis",
    "label",
    "note",
    "note_strong",
]

FONT_FAMILY = "Source Sans Pro"
"""The font that widths are measured with; it comes as a package and is embedded in what we draw."""

COLOURS: Mapping[Colour, tuple[str, str]] = MappingProxyType(
    {
        # name: (light, dark)
        "paper": ("#ffffff", "#14171b"),
        "ground": ("#f6f5f1", "#1c2026"),
        "ink": ("#1e2329", "#eceef0"),
        "muted": ("#5a626c", "#a3acb6"),
        "line": ("#868d95", "#757f8a"),
        "hairline": ("#dedcd5", "#333a43"),
        "accent": ("#175c9e", "#77b6f2"),
        "accent_soft": ("#e6eff8", "#182a3d"),
        "below": ("#ad4408", "#f39b62"),
        "below_soft": ("#fbe9dc", "#43291a"),
        "neutral": ("#5a626c", "#a3acb6"),
        "neutral_soft": ("#e9e8e3", "#2a3037"),
    }
)
"""Colours by name, light and dark, `#rrggbb`."""

TEXT_PAIRS: tuple[tuple[Colour, Colour], ...] = tuple(
    (text, back)
    for text in ("ink", "muted", "accent", "below", "neutral")
    for back in ("paper", "ground", "accent_soft", "below_soft", "neutral_soft")
)
"""Which text colours may stand on which grounds; each pair reaches 4.5 to 1 in both themes."""


@dataclass(frozen=True, slots=True)
class Style:
    """How a text is set.

    Attributes:
        size: In units of the drawing (CSS pixels on a screen).
        face: Which of the faces.
        leading: Distance from one baseline to the next, in units.
    """

    size: float
    face: Face
    leading: float


STYLES: Mapping[StyleName, Style] = MappingProxyType(
    {
        "title": Style(30, "semibold", 36),
        "quote": Style(13, "italic", 17.5),
        "headline": Style(20, "semibold", 25),
        "stage": Style(15, "semibold", 19),
        "touchpoint": Style(12.5, "semibold", 15.5),
        "figure": Style(17, "semibold", 20),
        "large": Style(13, "regular", 17.5),
        "body": Style(11, "regular", 14.5),
        "strong": Style(11, "semibold", 14.5),
        "emphasis": Style(11, "italic", 14.5),
        "label": Style(10.5, "semibold", 13.5),
        "note": Style(10, "regular", 13),
        "note_strong": Style(10, "semibold", 13),
    }
)
"""Every text style; none is smaller than 10, so that 0.65 points a unit keep 6.5 points on paper."""


def _declarations(theme: Theme) -> str:
    column = 0 if theme == "light" else 1
    return "".join(f"--resa-{name.replace('_', '-')}:{pair[column]};" for name, pair in COLOURS.items())


def tokens_css(scope: str = ":root") -> str:
    """The colours as CSS custom properties: light, dark where the reader's system is, and light again on paper.

    `data-theme="light"` or `"dark"` on the scope's element overrules the system, for a page with a switch. Under forced
    colours the reader's own palette takes over.

    Args:
        scope: The selector that carries the properties.
    """
    light, dark = _declarations("light"), _declarations("dark")
    forced = (
        "--resa-paper:Canvas;--resa-ground:Canvas;--resa-ink:CanvasText;--resa-muted:CanvasText;--resa-line:CanvasText;"
        "--resa-hairline:GrayText;--resa-accent:CanvasText;--resa-accent-soft:Canvas;--resa-below:CanvasText;"
        "--resa-below-soft:Canvas;--resa-neutral:CanvasText;--resa-neutral-soft:Canvas;"
    )
    # `forced-color-adjust: none` lets the system colours named here through to SVG, which browsers else leave as drawn.
    return (
        f"{scope}{{color-scheme:light;{light}}}"
        f"@media (prefers-color-scheme:dark){{{scope}:not([data-theme=light]){{color-scheme:dark;{dark}}}}}"
        f"{scope}[data-theme=dark]{{color-scheme:dark;{dark}}}"
        f"@media print{{{scope},{scope}[data-theme],{scope}:not([data-theme=light]){{color-scheme:light;{light}}}}}"
        f"@media (forced-colors:active){{{scope},{scope}[data-theme],{scope}:not([data-theme=light]){{{forced}}}}}"
    )

"""Data in, pictures out: the journey map, funnels, paths, curves, as SVG, PNG and PDF."""

from resa.drawing.fonts import font_css
from resa.drawing.map import draw_map
from resa.drawing.map_frame import LANES, Lane, MapOptions
from resa.drawing.measured import Detour, ExpectationNumbers, MapNumbers, PathNumbers, Point, TouchpointNumbers
from resa.drawing.scene import Table
from resa.drawing.svg import Svg
from resa.drawing.tokens import tokens_css

__all__ = [
    "LANES",
    "Detour",
    "ExpectationNumbers",
    "Lane",
    "MapNumbers",
    "MapOptions",
    "PathNumbers",
    "Point",
    "Svg",
    "Table",
    "TouchpointNumbers",
    "draw_map",
    "font_css",
    "tokens_css",
]

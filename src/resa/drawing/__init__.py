"""Data in, pictures out: the journey map, funnels, paths, curves, as SVG, PNG, PDF and slides."""

from resa.drawing.bars import Bar, draw_bars, draw_transitions
from resa.drawing.cohorts import Cohort, CohortShare, draw_cohorts
from resa.drawing.curve import MOST_CURVES, Curve, CurveNote, CurvePoint, draw_curve
from resa.drawing.differences import Difference, Direction, draw_differences
from resa.drawing.documents import DocumentPart, document_pdf
from resa.drawing.fonts import LATIN, font_css
from resa.drawing.formats import any_of as format_any_of
from resa.drawing.formats import count as format_count
from resa.drawing.formats import day as format_day
from resa.drawing.formats import days as format_days
from resa.drawing.formats import decimal as format_decimal
from resa.drawing.formats import duration as format_duration
from resa.drawing.formats import money as format_money
from resa.drawing.formats import percent as format_percent
from resa.drawing.formats import period as format_period
from resa.drawing.formats import seconds as format_seconds
from resa.drawing.formats import signed as format_signed
from resa.drawing.formats import within as format_within
from resa.drawing.friction import FrictionRow, FrictionShare, draw_friction
from resa.drawing.funnel import FunnelStep, draw_funnel
from resa.drawing.map import draw_map
from resa.drawing.map_frame import LANES, PRESETS, Figure, Lane, MapOptions
from resa.drawing.measured import Detour, ExpectationNumbers, MapNumbers, PathNumbers, Point, TouchpointNumbers, Verdict
from resa.drawing.multiples import Panel, draw_multiples
from resa.drawing.overlaps import Overlapping, draw_overlaps
from resa.drawing.paths import PathFlow, draw_paths
from resa.drawing.personas import MOST_PERSONAS
from resa.drawing.pictures import read_pictures
from resa.drawing.plan import PlanStep, PlanWay, draw_plan
from resa.drawing.printing import PAPERS, Paper
from resa.drawing.process import PROCESS_NUMBERS, ProcessArrow, ProcessTouchpoint, draw_process
from resa.drawing.scene import Table
from resa.drawing.sparklines import sparkline
from resa.drawing.svg import PICTURE_FILES, Svg
from resa.drawing.tokens import Theme, tokens_css
from resa.drawing.words import said_in, say, say_count

__all__ = [
    "LANES",
    "LATIN",
    "MOST_CURVES",
    "MOST_PERSONAS",
    "PAPERS",
    "PICTURE_FILES",
    "PRESETS",
    "PROCESS_NUMBERS",
    "Bar",
    "Cohort",
    "CohortShare",
    "Curve",
    "CurveNote",
    "CurvePoint",
    "Detour",
    "Difference",
    "Direction",
    "DocumentPart",
    "ExpectationNumbers",
    "Figure",
    "FrictionRow",
    "FrictionShare",
    "FunnelStep",
    "Lane",
    "MapNumbers",
    "MapOptions",
    "Overlapping",
    "Panel",
    "Paper",
    "PathFlow",
    "PathNumbers",
    "PlanStep",
    "PlanWay",
    "Point",
    "ProcessArrow",
    "ProcessTouchpoint",
    "Svg",
    "Table",
    "Theme",
    "TouchpointNumbers",
    "Verdict",
    "document_pdf",
    "draw_bars",
    "draw_cohorts",
    "draw_curve",
    "draw_differences",
    "draw_friction",
    "draw_funnel",
    "draw_map",
    "draw_multiples",
    "draw_overlaps",
    "draw_paths",
    "draw_plan",
    "draw_process",
    "draw_transitions",
    "font_css",
    "format_any_of",
    "format_count",
    "format_day",
    "format_days",
    "format_decimal",
    "format_duration",
    "format_money",
    "format_percent",
    "format_period",
    "format_seconds",
    "format_signed",
    "format_within",
    "read_pictures",
    "said_in",
    "say",
    "say_count",
    "sparkline",
    "tokens_css",
]

"""The report: one page that says what was planned, what happens, and where to look first."""

from resa.reporting.building import HtmlReport, build_report
from resa.reporting.mapping import map_numbers

__all__ = ["HtmlReport", "build_report", "map_numbers"]

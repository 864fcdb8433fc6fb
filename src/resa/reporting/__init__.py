"""The report: one page that says what was planned, what happens, and where to look first."""

from resa.reporting.building import HtmlReport, build_report, report_content
from resa.reporting.content import FindingText, Report
from resa.reporting.customer import Section, customer_page
from resa.reporting.mapping import map_numbers
from resa.reporting.ways import Way, main_way

__all__ = [
    "FindingText",
    "HtmlReport",
    "Report",
    "Section",
    "Way",
    "build_report",
    "customer_page",
    "main_way",
    "map_numbers",
    "report_content",
]

"""The report: one page that says what was planned, what happens, and where to look first."""

from resa.reporting.building import HtmlReport, build_report, report_content
from resa.reporting.changes import changes_between, days_before
from resa.reporting.composed import Composed, ComposedPart, composed_page, composed_pdf, table_from
from resa.reporting.content import Arrow, FindingText, Report, Table
from resa.reporting.customer import Section, customer_page
from resa.reporting.gathering import Days, Numbers, gather, gather_numbers
from resa.reporting.mapping import drawn, map_numbers
from resa.reporting.page import page as report_page
from resa.reporting.provenance import Silence, silences
from resa.reporting.ways import Way, main_way

__all__ = [
    "Arrow",
    "Composed",
    "ComposedPart",
    "Days",
    "FindingText",
    "HtmlReport",
    "Numbers",
    "Report",
    "Section",
    "Silence",
    "Table",
    "Way",
    "build_report",
    "changes_between",
    "composed_page",
    "composed_pdf",
    "customer_page",
    "days_before",
    "drawn",
    "gather",
    "gather_numbers",
    "main_way",
    "map_numbers",
    "report_content",
    "report_page",
    "silences",
    "table_from",
]

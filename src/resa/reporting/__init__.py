"""The report: one page that says what was planned, what happens, and where to look first."""

from resa.reporting.building import HtmlReport, build_report, report_content
from resa.reporting.content import Report
from resa.reporting.customer import Section, customer_page
from resa.reporting.mapping import map_numbers

__all__ = ["HtmlReport", "Report", "Section", "build_report", "customer_page", "map_numbers", "report_content"]

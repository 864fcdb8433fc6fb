"""Segment's HTTP calls, as its public clients make them: what a request must be, and the rows that it becomes."""

from resa.collector.segment.items import ItemProblem, Row, preferences_of
from resa.collector.segment.requests import CALLS, COUNTED, Request, read_request, with_address
from resa.collector.segment.rows import Rows, problems_of, rows_of

__all__ = [
    "CALLS",
    "COUNTED",
    "ItemProblem",
    "Request",
    "Row",
    "Rows",
    "preferences_of",
    "problems_of",
    "read_request",
    "rows_of",
    "with_address",
]

"""MEASURE: what customers did, against what the map expects.

measure = Measure(store, {"shop": journey_map}) measure.funnel(["product_page", "cart", "purchase"], within="7 days",
by="persona").table measure.expectations().customers("missed", expectation="cart.purchase") measure.findings().places
"""

from resa.analytics.answers.compared import COMPARED_COLUMNS
from resa.analytics.catalogue import COLUMNS
from resa.analytics.explaining import Reason, Why, why
from resa.analytics.exporting import ABOUT, Exported
from resa.analytics.findings.alarms import FALSE_ALARM_DAYS, Watched, watched
from resa.analytics.findings.effects import Effect, effects
from resa.analytics.findings.found import Finding, Findings, Segment
from resa.analytics.findings.lately import Change, lately
from resa.analytics.groups import Membership
from resa.analytics.measure import Measure
from resa.analytics.membership import condition_flags, membership_hash, segment_flags
from resa.analytics.one_customer import Place, SeenCustomer, SeenEvent, SeenOpening, seen_customer
from resa.analytics.questions.kinds import (
    KINDS,
    ChannelsQuestion,
    ConformanceQuestion,
    CoverageQuestion,
    ExpectationsQuestion,
    FrictionQuestion,
    FunnelQuestion,
    ImprovementsQuestion,
    MetricsQuestion,
    PathsQuestion,
    PlannedQuestion,
    ProcessQuestion,
    RetentionQuestion,
    StagesQuestion,
    TouchpointsQuestion,
    TrackingQuestion,
    TransitionsQuestion,
    TrendQuestion,
    VariantsQuestion,
    question_from,
)
from resa.analytics.questions.question import Question
from resa.analytics.results.files import TABLE_FILES, csv_bytes
from resa.analytics.results.heat_pictures import friction_rows
from resa.analytics.results.names import arrow_name, group_name, touchpoint_name
from resa.analytics.results.noted import days_of
from resa.analytics.results.pictures import picture_of
from resa.analytics.results.plain_text import heading, table_text, time_name, told_cell
from resa.analytics.results.result import Column, Part, Result, arrow_html
from resa.analytics.results.rows import described_row
from resa.analytics.scope.snapshot import Snapshot
from resa.analytics.some_customers import SeenBriefly, seen_briefly
from resa.analytics.views import VIEWS, VIEWS_VERSION, View

__all__ = [
    "ABOUT",
    "COLUMNS",
    "COMPARED_COLUMNS",
    "FALSE_ALARM_DAYS",
    "KINDS",
    "TABLE_FILES",
    "VIEWS",
    "VIEWS_VERSION",
    "Change",
    "ChannelsQuestion",
    "Column",
    "ConformanceQuestion",
    "CoverageQuestion",
    "Effect",
    "ExpectationsQuestion",
    "Exported",
    "Finding",
    "Findings",
    "FrictionQuestion",
    "FunnelQuestion",
    "ImprovementsQuestion",
    "Measure",
    "Membership",
    "MetricsQuestion",
    "Part",
    "PathsQuestion",
    "Place",
    "PlannedQuestion",
    "ProcessQuestion",
    "Question",
    "Reason",
    "Result",
    "RetentionQuestion",
    "SeenBriefly",
    "SeenCustomer",
    "SeenEvent",
    "SeenOpening",
    "Segment",
    "Snapshot",
    "StagesQuestion",
    "TouchpointsQuestion",
    "TrackingQuestion",
    "TransitionsQuestion",
    "TrendQuestion",
    "VariantsQuestion",
    "View",
    "Watched",
    "Why",
    "arrow_html",
    "arrow_name",
    "condition_flags",
    "csv_bytes",
    "days_of",
    "described_row",
    "effects",
    "friction_rows",
    "group_name",
    "heading",
    "lately",
    "membership_hash",
    "picture_of",
    "question_from",
    "seen_briefly",
    "seen_customer",
    "segment_flags",
    "table_text",
    "time_name",
    "told_cell",
    "touchpoint_name",
    "watched",
    "why",
]

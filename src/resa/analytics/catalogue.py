"""The columns of every answer as data, so that the reference is made from them and a test holds the tables to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from resa.analytics.answers.channels import CHANNEL_COLUMNS, COST_COLUMNS, SWITCH_COLUMNS, TOGETHER_COLUMNS
from resa.analytics.answers.conformance import ADDED_COLUMNS, CONFORMANCE_COLUMNS, MOVE_COLUMNS, STEP_COLUMNS
from resa.analytics.answers.coverage import COVERAGE_COLUMNS, KNOWN_COLUMNS
from resa.analytics.answers.expectations import CURVE_COLUMNS, EXPECTATION_COLUMNS, INSTEAD_COLUMNS
from resa.analytics.answers.funnel import FUNNEL_COLUMNS
from resa.analytics.answers.improvements import IMPROVEMENT_COLUMNS
from resa.analytics.answers.metrics import METRIC_COLUMNS
from resa.analytics.answers.paths import FLOW_COLUMNS, PATH_COLUMNS, VARIANT_COLUMNS
from resa.analytics.answers.planned import DETOUR_COLUMNS, PLANNED_COLUMNS
from resa.analytics.answers.process import ARROW_COLUMNS, PROCESS_TOUCHPOINT_COLUMNS
from resa.analytics.answers.retention import OVERALL_COLUMNS, RETENTION_COLUMNS
from resa.analytics.answers.stages import MOVEMENT_COLUMNS, OVER_TIME_COLUMNS, STAGE_COLUMNS
from resa.analytics.answers.touchpoints import PERSONA_COLUMNS, TOUCHPOINT_COLUMNS
from resa.analytics.answers.tracking import (
    PROPERTY_COLUMNS,
    TRACKING_COLUMNS,
    UNUSED_COLUMNS,
    UNUSED_PROPERTY_COLUMNS,
)
from resa.analytics.answers.transitions import TRANSITION_COLUMNS
from resa.analytics.answers.trend import EXPECTATION_TREND_COLUMNS, VISIT_TREND_COLUMNS
from resa.analytics.findings.friction import PLACE_COLUMNS, RATE_COLUMNS
from resa.analytics.results.result import Column

__all__ = ["COLUMNS"]

COLUMNS: Final[Mapping[str, Mapping[str, tuple[Column, ...]]]] = {
    "funnel": {"steps": FUNNEL_COLUMNS},
    "expectations": {
        "expectations": EXPECTATION_COLUMNS,
        "instead": INSTEAD_COLUMNS,
        "curve": CURVE_COLUMNS,
    },
    "transitions": {"transitions": TRANSITION_COLUMNS},
    "process": {
        "arrows": ARROW_COLUMNS,
        "touchpoints": PROCESS_TOUCHPOINT_COLUMNS,
        "left_out": ARROW_COLUMNS,
    },
    "paths": {"paths": PATH_COLUMNS, "flow": FLOW_COLUMNS},
    "variants": {"variants": VARIANT_COLUMNS},
    "trend": {"trend of an expectation": EXPECTATION_TREND_COLUMNS, "trend of a touchpoint": VISIT_TREND_COLUMNS},
    "retention": {"retention": RETENTION_COLUMNS, "overall": OVERALL_COLUMNS},
    "stages": {"stages": STAGE_COLUMNS, "movements": MOVEMENT_COLUMNS, "over_time": OVER_TIME_COLUMNS},
    "improvements": {"improvements": IMPROVEMENT_COLUMNS},
    "channels": {
        "channels": CHANNEL_COLUMNS,
        "together": TOGETHER_COLUMNS,
        "switches": SWITCH_COLUMNS,
        "cost": COST_COLUMNS,
    },
    "coverage": {"coverage": COVERAGE_COLUMNS, "customers": KNOWN_COLUMNS},
    "tracking": {
        "tracking": TRACKING_COLUMNS,
        "properties": PROPERTY_COLUMNS,
        "unused": UNUSED_COLUMNS,
        "unused_properties": UNUSED_PROPERTY_COLUMNS,
    },
    "metrics": {"metrics": METRIC_COLUMNS},
    "friction": {"places": PLACE_COLUMNS, "rates": RATE_COLUMNS},
    "planned": {"planned": PLANNED_COLUMNS, "detours": DETOUR_COLUMNS},
    "conformance": {
        "conformance": CONFORMANCE_COLUMNS,
        "steps": STEP_COLUMNS,
        "added": ADDED_COLUMNS,
        "variants": MOVE_COLUMNS,
    },
    "touchpoints": {"touchpoints": TOUCHPOINT_COLUMNS, "personas": PERSONA_COLUMNS},
}
"""For each kind of question, the columns of each table of its answer. A group-by adds its own column in front."""

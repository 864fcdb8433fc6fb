"""MEASURE: what customers did, against what the map expects."""

from resa.analytics.measure import Measure
from resa.analytics.result import Result

__all__ = ["Measure", "Result"]

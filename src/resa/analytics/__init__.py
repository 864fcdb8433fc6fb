"""MEASURE: what customers did, against what the map expects."""

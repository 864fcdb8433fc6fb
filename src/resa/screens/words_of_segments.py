"""The words of the screens on which segments are made and compared, in English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["OF_SEGMENTS"]

OF_SEGMENTS: Final[Mapping[str, str]] = {
    "segment_new": "Make a segment",
    "segment_edit": "Change {name}",
    "segment_change_it": "Change it",
    "segment_name": "Name",
    "segment_about": "What it is for",
    "segment_map": "About the map",
    "segment_size_now": "Its size now",
    "segment_size_of": "{customers} of {all} customers",
    "segment_size_share": "That is {share}.",
    "segment_size_was": "As it is saved, there are {customers}.",
    "segment_size_later": "Counting takes a while. It goes on; count again to see it.",
    "segment_size_wait": "Say a condition, and here stands how many customers fulfil it.",
    "segment_size_failed": "This could not be counted.",
    "segment_yaml": "The same in {file}",
    "segment_yaml_same": "Nothing would change in the file.",
    "segment_save": "Save into {file}",
    "segment_take": "Take the segment away",
    "segment_take_sure": "Take it away: {name}",
    "segment_take_about": "It goes from the file, and is counted no more. Who entered and left until now stays known.",
    "segment_conflict": "Somebody else changed this segment meanwhile. Nothing is saved yet, and nothing of either is "
    "lost: here is what the file says now. Save again to put yours in its place, or take the file's.",
    "segment_conflict_gone": "Somebody else took this segment away meanwhile. Save again to put it back.",
    "segment_few_left_out": "Days, causes and groups of fewer than {n} customers are not shown to your role.",
    "segment_theirs": "What the file says now",
    "segment_take_theirs": "Take the file's",
    "fields_traits": "What is known of them",
    "fields_touchpoints": "Touchpoints reached",
    "fields_expectations": "Expectations and promises",
    "fields_personas": "Personas",
    "fields_segments": "Other segments",
    "choice_count": "how often: {name}",
    "choice_days_since": "days since: {name}",
    "choice_met": "how often met: {name}",
    "choice_missed": "how often missed: {name}",
    "choice_opened": "how often expected: {name}",
    "choice_has_open": "open now: {name}",
    "choice_any_open": "anything is open now",
    "choice_persona": "is {name}",
    "choice_segment": "is in {name}",
    # A segment's page
    "segment_ages": "For how long they are in",
    "segment_ages_about": "Since when somebody is in is known from the moment at which the segment was first counted.",
    "age_day": "up to a day",
    "age_week": "up to a week",
    "age_month": "up to 30 days",
    "age_quarter": "up to 90 days",
    "age_longer": "longer",
    "age_unknown": "not known",
    "segment_days": "Who entered and left, day by day",
    "segment_entered_count": "Entered",
    "segment_left_count": "Left",
    "segment_day_of": "{name}: {day}",
    "segment_aged_of": "{name}: {age}",
    "segment_compare": "Lay it over others",
    "segment_overlaps": "How segments overlap",
    "segment_overlaps_about": "Each bar is of customers who are in exactly the segments with a dot under it.",
    "segment_overlaps_choose": "Choose two to six segments.",
    "segment_in_these": "In these, and in no other one of them",
    "segment_overlaps_show": "Show",
    "segment_overlaps_none": "Nobody is in any of them.",
    "segment_people_first": "The first {shown} of {count}.",
    "segment_people_none": "There is nobody.",
}
"""By key."""

"""Every word that a picture says, in one place; other languages are further catalogues beside the English one."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from resa.model.verdicts import VERDICTS

__all__ = ["CATALOGUES", "said_in", "say", "say_count"]

_ENGLISH: Mapping[str, str] = MappingProxyType(
    {
        "journey_map": "Customer journey map",
        "map_description": "{stages}, {touchpoints}. {arrows}",
        "stages.one": "{n} stage",
        "stages.other": "{n} stages",
        "touchpoints.one": "{n} touchpoint",
        "touchpoints.other": "{n} touchpoints",
        "arrows.one": "{n} expectation or promise is drawn as an arrow.",
        "arrows.other": "{n} expectations and promises are drawn as arrows.",
        "no_arrows": "Nothing is expected yet.",
        "goal": "Goal",
        "goal_reach": "Reach {what}",
        "goal_from": "From {start}, reach {what}",
        "owner": "Owner",
        "goal_measured": "measured {share}",
        "data": "Data",
        "review": "Reviewed",
        "emotion_now": "now",
        "emotion_aim": "aim",
        "continued": "{title}, continued",
        "sheet": "Sheet {n} of {of}",
        "within": "within {time}",
        "target": "target {share}",
        "goal_target": "target {share}",
        "target.met": "on target {share}",
        "target.near": "about on target {share}",
        "target.below": "below target {share}",
        "target.few": "target {share}: too few to say",
        "of_openings": "of {n}",
        "goes_to": "to {what}",
        "sentence.expectation": "After {after} we expect {next} within {time}",
        "sentence.measured": "measured {share}",
        "sentence.promise": "After {after} we promise {next} within {time}",
        "customers.one": "{n} customer",
        "customers.other": "{n} customers",
        "visits.one": "{n} visit",
        "visits.other": "{n} visits",
        "working_days.one": "{n} working day",
        "working_days.other": "{n} working days",
        "to": "to {what}",
        "or": "or",
        "from": "from {what}",
        "unless": "unless {what}",
        "not_measured": "not measured",
        "from_to": "from {since} to {until}",
        "by_day": "counted by day, without customers",
        # lanes
        "lane.visits": "Customers",
        "lane.expectations": "We expect",
        "lane.promises": "We promise",
        "lane.pictures": "Pictures",
        "lane.actions": "Actions",
        "lane.motivation": "Motivation",
        "lane.questions": "Questions",
        "lane.pain_points": "Pain points",
        "lane.emotion": "Emotion",
        "lane.channels": "Channels",
        "lane.owners": "Owner",
        "lane.backstage": "Backstage",
        "lane.improvements": "Improvements",
        "lane.paths": "Planned path",
        "lane.touchpoints": "Touchpoint",
        "lane.stages": "Stage",
        "lane.moments": "Moment of truth",
        "lane.visits.note": "and visits",
        "lane.expectations.note": "the customer does next",
        "lane.promises.note": "we do next",
        "lane.actions.note": "what customers do",
        "lane.motivation.note": "what they want",
        "lane.questions.note": "what they ask",
        "lane.pain_points.note": "what they suffer",
        "lane.emotion.note": "how it feels",
        "lane.channels.note": "where it happens",
        "lane.owners.note": "who answers for it",
        "lane.backstage.note": "behind the line of visibility",
        "lane.improvements.note": "what we change",
        "lane.paths.note": "and who leaves it",
        "lane.pictures.note": "what they see",
        "more.one": "and {n} more",
        "more.other": "and {n} more",
        "elsewhere": "Also: {what}",
        "picture_of": "Picture: {name}",
        # evidence, states, verdicts
        "assumed": "Assumed",
        "researched": "Researched",
        "measured": "Measured",
        "measured_missed": "Measured: {share} miss it",
        "unmeasured_yet": "not measured yet",
        "state.idea": "Idea",
        "state.planned": "Planned",
        "state.doing": "Doing",
        "state.done": "Done",
        "state.dropped": "Dropped",
        "since": "{state} since {day}",
        **{f"verdict.{verdict}": words for verdict, words in VERDICTS.items()},
        "kind.external": "our channel, no staff",
        "kind.internal": "with our staff",
        "kind.peripheral": "indirect",
        "moment_of_truth": "Moment of truth",
        "measured_score": "measured score",
        "for_persona": "now, {persona}",
        "leave_to": "{n} to {what}",
        "leave": "{n} stop",
        "leave_otherwise": "{n} otherwise",
        "walk_it": "{share} walk it",
        "began": "of {n}",
        # legend
        "legend.arrows": "Arrows",
        "legend.emotion": "Emotion",
        "legend.pain_points": "Pain points",
        "legend.improvements": "Improvements",
        "legend.channels": "Channels",
        "legend.arrow": "We expect",
        "legend.promise": "We promise",
        "legend.thickness": "the thicker, the more meet it",
        # tables
        "table.arrows": "Expectations and promises",
        "table.touchpoints": "Touchpoints",
        "column.arrow": "Arrow",
        "column.kind": "Kind",
        "column.after": "After",
        "column.next": "Next",
        "column.within": "Within",
        "column.share": "Share",
        "column.interval": "95 % interval",
        "column.openings": "Openings",
        "column.target": "Target",
        "column.verdict": "Verdict",
        "column.customers": "Customers",
        "column.visits": "Visits",
        "column.step": "Step",
        "column.of_first": "Of the first",
        "column.of_previous": "Of the step before",
        "column.time": "Median time",
        "column.from": "From",
        "column.to": "To",
        "column.day": "Day",
        "column.count": "Count",
        "column.name": "Name",
        # other pictures
        "funnel": "Funnel",
        "funnel_description.one": "{n} step.",
        "funnel_description.other": "{n} steps; {share} of those who take the first reach the last.",
        "go_on": "{share} go on",
        "lost": "{n} do not",
        "median": "median {time}",
        "paths": "Paths",
        "paths_description": "What customers do next, step by step; {n} begin.",
        "others": "Others",
        "ends": "End here",
        "end_here": "{n} end",
        "step": "Step {n}",
        "start": "Start",
        "transitions": "Transitions",
        "variants": "Whole journeys",
        "transitions_description": "How often one touchpoint follows another; rows lead to columns.",
        "entry": "Begin",
        "exit": "End",
        "curve_description": "{title}: {first} to {last}.",
        "no_data": "No data yet",
        "bars_description.one": "{n} bar.",
        "bars_description.other": "{n} bars.",
    }
)

CATALOGUES: Mapping[str, Mapping[str, str]] = MappingProxyType({"en": _ENGLISH})
"""Words by language and key; a language or key that is not there is said in English."""


def said_in(language: str) -> str:
    """The language of a picture's words and so of its numbers and dates: English where there is no catalogue."""
    return language if language in CATALOGUES else "en"


def say(key: str, language: str, **values: object) -> str:
    """The words for `key` in `language`, with `values` put in."""
    words = CATALOGUES.get(language, _ENGLISH).get(key) or _ENGLISH[key]
    return words.format(**values)


def say_count(key: str, language: str, n: int, shown: str, **values: object) -> str:
    """The words for `n` things, in singular or plural; `shown` is the number as people read it."""
    return say(f"{key}.{'one' if n == 1 else 'other'}", language, n=shown, **values)

"""Every word of the report's frame, in English; it is said in other languages by their catalogues."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from resa.base.language import said, said_count

__all__ = ["ENGLISH", "say", "say_count"]

ENGLISH: Final[Mapping[str, str]] = {
    "contents": "Contents",
    "table": "Table",
    "as_table": "The same as a table",
    "map": "The journey",
    "map_about": "The map as planned, with what was measured drawn over it. An arrow is as thick as the share that "
    "meets it; its label says what share, within what time, against what target.",
    "map_planned": "The map as planned. Once there are events, what was measured is drawn over it.",
    "findings": "Where to look first",
    "findings_about": "The places that changed beyond chance, for better or worse, and those furthest below "
    "their target or their own history. “At most” is what could be won if the place came up to its target or to its "
    "usual share, never to 100%; it is no forecast.",
    "promises": "What we promised",
    "promises_about": "A promise is ours to keep. Only those whose deadline has passed are counted.",
    "expectations": "What we expect of customers",
    "expectations_about": "After one touchpoint another is expected in time. Only those whose deadline has passed are "
    "counted; met and open ones among the younger stand beside.",
    "day_notes": "Notes on days",
    "day_notes_about": "What happened in these days, as people wrote it down; each is marked on the small trends "
    "above.",
    "we_promise": "We promise",
    "we_expect": "We expect",
    "funnel": "The main way",
    "funnel_about": "Customers who go through these steps in this order; each bar is the share of those who began.",
    "friction": "Where it is hard going",
    "friction_about": "What customers do after each touchpoint, within a week: leave, turn back, come again at once, "
    "need "
    "our staff; and how long they usually take to go on. What the map expects to follow is not counted. Framed: it "
    "rose beyond chance, for all or for some.",
    "friction_none": "Nowhere did any of this rise beyond chance.",
    "friction_to": ", most often to {touchpoint}",
    "friction_sign.drop-off": "{place}: {share} of {visits} visits were the last{when}; {reference} was to be "
    "expected.",
    "friction_sign.wait": "{place}: {share} of {visits} waits were long{when}{to}; {reference} was to be expected.",
    "friction_sign.loop": "{place}: {share} of {visits} visits turned back{when}{to}; {reference} was to be expected.",
    "friction_sign.repeat": "{place}: {share} of {visits} visits came again at once{when}; {reference} was to be "
    "expected.",
    "friction_sign.switch": "{place}: {share} of {visits} visits led to staff{when}{to}; {reference} was to be "
    "expected.",
    "touchpoint_of": "{touchpoint}, {group}",
    "paths": "The ways people take",
    "paths_about": "The commonest first steps of journeys. “Others” holds every path that is not drawn, so that each "
    "column adds up.",
    "plans": "Planned and actual",
    "plans_about": "How many of those who begin the way planned for a persona walk all of it, and where the others "
    "leave it.",
    "voices": "What people said",
    "voices_about": "Scores and words from surveys and reviews, by touchpoint. Words are shown as written; addresses "
    "and "
    "long numbers are left out.",
    "who": "Who",
    "who_about": "Customers behind the first place above. These are personal data: handle this page accordingly.",
    "data": "The data behind this page",
    "data_about": "Where the numbers come from, what was refused, and up to when each source is complete. A miss is "
    "declared only when every source that could have shown the contrary is complete beyond the deadline.",
    "owner": "Owner",
    "share_met": "Met",
    "against_target": "Against target",
    "time_to_meet": "Time to meet it",
    "instead": "What the others did instead",
    "trend": "Over time",
    "source": "Source",
    "rows": "Rows",
    "rejected": "Refused",
    "duplicate": "Seen before",
    "complete_to": "Complete to",
    "gaps": "Gaps",
    "warnings": "Before you rely on a number",
    "reading": "How to read this page",
    "reading.share": "Share",
    "reading.share.about": "Of the openings whose deadline has passed, how many met the expectation. Younger ones "
    "never "
    "count in it.",
    "reading.interval": "Interval",
    "reading.interval.about": "Under a share: the range in which the true share lies with 95% confidence, by customer.",
    "reading.at_most": "At most",
    "reading.at_most.about": "What was missed beyond what the target or the usual share allows. Not more can be won "
    "here, "
    "likely less.",
    "reading.history": "Below its own history",
    "reading.history.about": "The share fell from what the same group did before, by more than chance explains.",
    "reading.others": "Others",
    "reading.others.about": "Everything that is not listed, added up, so that totals are complete.",
    "subtitle": "{since} to {until}",
    "owner_is": "Owner: {owner}",
    "complete_to_day": "data complete to {day}",
    "no_events": "no events yet",
    "made": "Made with Resa {version} on {day}, from version {map} of the map and generation {generation} of the data.",
    "customers.one": "{n} customer",
    "customers.other": "{n} customers",
    "visits.one": "{n} visit",
    "visits.other": "{n} visits",
    "scores.one": "{n} score",
    "scores.other": "{n} scores",
    "comments.one": "{n} comment",
    "comments.other": "{n} comments",
    "answers.one": "{n} answer",
    "answers.other": "{n} answers",
    "sentence_expectation": "After {after} we expect {next} {within}",
    "sentence_promise": "After {after} we promise {next} {within}",
    "unless": "unless {what}",
    "place": "{after} to {next}",
    "place_of": "{after} to {next}, {group}",
    "of_attribute": "{name} {value}",
    "lead_unusual": "{place}:{when} only {share} made it in time; {reference} was to be expected.",
    "lead_rise": "{place}:{when} {share} made it in time; only {reference} was to be expected.",
    "lead_target": "{place}: {share} make it in time; the target is {reference}.",
    "lead_history": "{place}: since {since} {share} make it in time; before, it was {reference}.",
    "lead_promises_kept": "Every promise is kept as often as we said.",
    "lead_promises_below": "Promises kept less often than we said: {n} of {of}.",
    "no_finding_few": "There are too few openings yet to say how any expectation or promise fares.",
    "no_finding_none": "The map names no expectation and no promise yet, so that nothing is held against a target.",
    "no_finding": "No place on this map is below its target or its own history by more than chance explains.",
    "no_more": "No other place is below its target or its own history by more than chance explains.",
    "statement_unusual": "{share} of {openings} made it in time{when}; {reference} was to be expected.",
    "statement_rise": "{share} of {openings} made it in time{when}; only {reference} was to be expected.",
    "since": " since {since}",
    "between": " from {since} to {until}",
    "statement_target": "{share} of {openings} made it in time; the target is {reference}.",
    "statement_history": "{share} of {openings} since {since} made it in time; before, it was {reference}.",
    "reach": "At most {customers} could be won here.",
    "reach_value": "At most {customers} and {value} could be won here.",
    "segment": "{group}: {share} of {openings}",
    "others_then": "Everybody else in that time: {share} of {openings}",
    "everybody_else": "others",
    "before": "before",
    "counts_met.one": "{n} met",
    "counts_met.other": "{n} met",
    "counts_missed.one": "{n} missed",
    "counts_missed.other": "{n} missed",
    "counts_open.one": "{n} still open",
    "counts_open.other": "{n} still open",
    "counts_cancelled.one": "{n} cancelled",
    "counts_cancelled.other": "{n} cancelled",
    "interval": "{low} to {high}",
    "time": "median {median}",
    "time_slow": "{share} within {slow}",
    "nothing_else": "nothing",
    "instead_item": "{what} {share}",
    "target": "target {share}",
    "on_target_of": "{n} of {of}",
    "figure_customers": "Customers",
    "figure_goal": "Reach the goal",
    "figure_promises": "Promises on target",
    "figure_expectations": "Expectations on target",
    "tally": "{n} {verdict}",
    "figure_score": "Mean score",
    "trend_of": "{what}: {first} in the first period, {last} in the last",
    "funnel_goal": "The shortest chain of expectations from where the goal starts to where it is reached.",
    "funnel_persona": "The way planned for {persona}.",
    "funnel_arrows": "The chain of expectations from the first touchpoint that has one.",
    "funnel_share": "{share} of {customers} come to the end of it.",
    "paths_note": "{n} journeys, from their first touchpoint; repeats of a touchpoint are drawn once.",
    "others": "Others",
    "plan_share": "of {customers} who begin it walk all of it",
    "plan_not_seen": "Nobody can be followed through it: the data do not show {what}.",
    "plan_nobody": "Nobody has begun it yet.",
    "plan_stop.one": "{n} stops after {after}",
    "plan_stop.other": "{n} stop after {after}",
    "plan_leave.one": "{n} goes from {after} to {to} instead",
    "plan_leave.other": "{n} go from {after} to {to} instead",
    "score_of": "{mean} of {high}",
    "score_between": "{mean} on a scale from {low} to {high}",
    "redacted": "[left out]",
    "gap": "nothing from {since} to {until}; about {n} rows would be usual",
    "gap_day": "nothing on {since}; about {n} rows would be usual",
    "running_load": "A load of {source} was not finished; run resa collect again.",
    "not_served": "{source} is collected live, and no server takes what it sends now; start it: resa serve.",
    "no_data": "There are no events yet, so this is the journey as planned.",
    "steps": "What to do next",
    "first_step.1": "Collect a file of events: resa collect FILE --as occurred_at=… event=… customer=…",
    "first_step.2": "Say in signals.yaml which events show which touchpoint; resa map check names those that are "
    "missing.",
    "first_step.3": "Make this page again: resa report",
    "never_seen": "No event was ever matched to {what}: say in signals.yaml which events show it, or not_seen: why.",
    "too_few": "Too few openings to say: {what}. More weeks of data would tell.",
    "no_target": "No target is set for {what}: write target: in the map to have it judged.",
    "feedback_elsewhere": "Left out, because they are about something that is not on the map: {answers}.",
    "refused_share": "{source}: {share} of the rows were refused; resa rejected list --source {source} shows why.",
    "days_between": "{since} to {until}",
    "summary_measured": "Measured: {customers} and {visits}, {days}",
    "summary_rise": "Biggest change: {title}. {statement}",
    "summary_worst": "Worst place: {title}. {statement} {reach}",
    "summary_nothing": "Worst place: none. {why}",
    "summary_goal": "Goal: {share} reach it, {verdict}",
    "summary_promises": "Promises",
    "summary_expectations": "Expectations",
    "summary_on_target": "{n} of {of} on target",
    "summary_vague": "Where the page is vague: {what}",
    "summary_clear": "Where the page is vague: nowhere in particular",
    "identifier": "Identifier",
    "customer": "Customer",
}
"""Words by where they stand; the two forms of what is counted end in `.one` and `.other`."""


def say(key: str, language: str, **values: object) -> str:
    """The words for `key` in `language`, with `values` put in."""
    return said(language, f"report.{key}", ENGLISH[key], **values)


def say_count(key: str, language: str, n: int, shown: str, **values: object) -> str:
    """The words for `n` things, in singular or plural; `shown` is the number as people read it."""
    return said_count(language, f"report.{key}", ENGLISH[f"{key}.one"], ENGLISH[f"{key}.other"], n, n=shown, **values)

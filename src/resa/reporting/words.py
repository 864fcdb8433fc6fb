"""Every word of the report's frame, in one place; other languages are further catalogues beside the English one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from resa.model.verdicts import VERDICTS, Verdict

__all__ = ["Words", "words_in"]


@dataclass(frozen=True, kw_only=True)
class Words:
    """The words of the page, each named after where it stands."""

    contents: str
    table: str
    as_table: str
    map: str
    map_about: str
    map_planned: str
    findings: str
    findings_about: str
    promises: str
    promises_about: str
    expectations: str
    expectations_about: str
    we_promise: str
    we_expect: str
    funnel: str
    funnel_about: str
    friction: str
    friction_about: str
    friction_none: str
    friction_to: str
    friction_signs: Mapping[str, str]
    touchpoint_of: str
    paths: str
    paths_about: str
    plans: str
    plans_about: str
    voices: str
    voices_about: str
    customers: str
    customers_about: str
    data: str
    data_about: str
    owner: str
    share_met: str
    against_target: str
    time_to_meet: str
    instead: str
    trend: str
    source: str
    rows: str
    rejected: str
    duplicate: str
    complete_to: str
    gaps: str
    warnings: str
    reading: str
    reading_terms: tuple[tuple[str, str], ...]
    language: str
    subtitle: str
    owner_is: str
    complete_to_day: str
    no_events: str
    made: str
    any_of: str
    customers_one: str
    customers_other: str
    visits_one: str
    visits_other: str
    scores_one: str
    scores_other: str
    comments_one: str
    comments_other: str
    sentence_expectation: str
    sentence_promise: str
    unless: str
    place: str
    place_of: str
    of_persona: str
    of_channel: str
    of_device: str
    of_attribute: str
    lead_unusual: str
    lead_rise: str
    lead_target: str
    lead_history: str
    lead_promises_kept: str
    lead_promises_below: str
    no_finding: str
    no_finding_few: str
    no_finding_none: str
    no_more: str
    statement_unusual: str
    statement_rise: str
    since: str
    between: str
    statement_target: str
    statement_history: str
    reach: str
    reach_value: str
    segment: str
    others_then: str
    everybody_else: str
    before: str
    counts_met: str
    counts_missed: str
    counts_open: str
    counts_cancelled: str
    interval: str
    time: str
    time_slow: str
    nothing_else: str
    instead_item: str
    target: str
    verdicts: Mapping[Verdict, str]
    on_target_of: str
    figure_customers: str
    figure_goal: str
    figure_promises: str
    figure_expectations: str
    tally: str
    figure_score: str
    trend_of: str
    trend_none: str
    funnel_goal: str
    funnel_persona: str
    funnel_arrows: str
    funnel_share: str
    paths_note: str
    others: str
    plan_share: str
    plan_not_seen: str
    plan_nobody: str
    plan_stop: str
    plan_leave: str
    score_of: str
    score_between: str
    redacted: str
    gap: str
    gap_day: str
    running_load: str
    no_data: str
    steps: str
    first_steps: tuple[str, ...]
    never_seen: str
    too_few: str
    no_target: str
    feedback_elsewhere: str
    answers_one: str
    answers_other: str
    refused_share: str
    days_between: str
    summary_measured: str
    summary_worst: str
    summary_rise: str
    summary_nothing: str
    summary_goal: str
    summary_promises: str
    summary_expectations: str
    summary_on_target: str
    summary_vague: str
    summary_clear: str
    identifier: str
    customer: str


_ENGLISH = Words(
    contents="Contents",
    table="Table",
    as_table="The same as a table",
    map="The journey",
    map_about="The map as planned, with what was measured drawn over it. An arrow is as thick as the share that "
    "meets it; its label says what share, within what time, against what target.",
    map_planned="The map as planned. Once there are events, what was measured is drawn over it.",
    findings="Where to look first",
    findings_about="The places that changed beyond chance, for better or worse, and those furthest below "
    "their target or their own history. “At most” is what could be won if the place came up to its target or to its "
    "usual share, never to 100%; it is no forecast.",
    promises="What we promised",
    promises_about="A promise is ours to keep. Only those whose deadline has passed are counted.",
    expectations="What we expect of customers",
    expectations_about="After one touchpoint another is expected in time. Only those whose deadline has passed are "
    "counted; met and open ones among the younger stand beside.",
    we_promise="We promise",
    we_expect="We expect",
    funnel="The main way",
    funnel_about="Customers who go through these steps in this order; each bar is the share of those who began.",
    friction="Where it is hard going",
    friction_about="What customers do after each touchpoint, within a week: leave, turn back, come again at once, need "
    "our staff; and how long they usually take to go on. What the map expects to follow is not counted. Framed: it "
    "rose beyond chance, for all or for some.",
    friction_none="Nowhere did any of this rise beyond chance.",
    friction_to=", most often to {touchpoint}",
    friction_signs=MappingProxyType(
        {
            "drop-off": "{place}: {share} of {visits} visits were the last{when}; {reference} was to be expected.",
            "wait": "{place}: {share} of {visits} waits were long{when}{to}; {reference} was to be expected.",
            "loop": "{place}: {share} of {visits} visits turned back{when}{to}; {reference} was to be expected.",
            "repeat": "{place}: {share} of {visits} visits came again at once{when}; {reference} was to be expected.",
            "switch": "{place}: {share} of {visits} visits led to staff{when}{to}; {reference} was to be expected.",
        }
    ),
    touchpoint_of="{touchpoint}, {group}",
    paths="The ways people take",
    paths_about="The commonest first steps of journeys. “Others” holds every path that is not drawn, so that each "
    "column adds up.",
    plans="Planned and actual",
    plans_about="How many of those who begin the way planned for a persona walk all of it, and where the others "
    "leave it.",
    voices="What people said",
    voices_about="Scores and words from surveys and reviews, by touchpoint. Words are shown as written; addresses and "
    "long numbers are left out.",
    customers="Who",
    customers_about="Customers behind the first place above. These are personal data: handle this page accordingly.",
    data="The data behind this page",
    data_about="Where the numbers come from, what was refused, and up to when each source is complete. A miss is "
    "declared only when every source that could have shown the contrary is complete beyond the deadline.",
    owner="Owner",
    share_met="Met",
    against_target="Against target",
    time_to_meet="Time to meet it",
    instead="What the others did instead",
    trend="Over time",
    source="Source",
    rows="Rows",
    rejected="Refused",
    duplicate="Seen before",
    complete_to="Complete to",
    gaps="Gaps",
    warnings="Before you rely on a number",
    reading="How to read this page",
    reading_terms=(
        (
            "Share",
            "Of the openings whose deadline has passed, how many met the expectation. Younger ones never count in it.",
        ),
        (
            "Interval",
            "Under a share: the range in which the true share lies with 95% confidence, by customer.",
        ),
        (
            "At most",
            "What was missed beyond what the target or the usual share allows. Not more can be won here, likely less.",
        ),
        ("Below its own history", "The share fell from what the same group did before, by more than chance explains."),
        ("Others", "Everything that is not listed, added up, so that totals are complete."),
    ),
    language="en",
    subtitle="{since} to {until}",
    owner_is="Owner: {owner}",
    complete_to_day="data complete to {day}",
    no_events="no events yet",
    made="Made with Resa {version} on {day}, from version {map} of the map and generation {generation} of the data.",
    any_of="{first} or {last}",
    customers_one="{n} customer",
    customers_other="{n} customers",
    visits_one="{n} visit",
    visits_other="{n} visits",
    scores_one="{n} score",
    scores_other="{n} scores",
    comments_one="{n} comment",
    comments_other="{n} comments",
    answers_one="{n} answer",
    answers_other="{n} answers",
    sentence_expectation="After {after} we expect {next} within {time}",
    sentence_promise="After {after} we promise {next} within {time}",
    unless="unless {what}",
    place="{after} to {next}",
    place_of="{after} to {next}, {group}",
    of_persona="{value}",
    of_channel="{value}",
    of_device="{value}",
    of_attribute="{name} {value}",
    lead_unusual="{place}:{when} only {share} made it in time; {reference} was to be expected.",
    lead_rise="{place}:{when} {share} made it in time; only {reference} was to be expected.",
    lead_target="{place}: {share} make it in time; the target is {reference}.",
    lead_history="{place}: since {since} {share} make it in time; before, it was {reference}.",
    lead_promises_kept="Every promise is kept as often as we said.",
    lead_promises_below="Promises kept less often than we said: {n} of {of}.",
    no_finding_few="There are too few openings yet to say how any expectation or promise fares.",
    no_finding_none="The map names no expectation and no promise yet, so that nothing is held against a target.",
    no_finding="No place on this map is below its target or its own history by more than chance explains.",
    no_more="No other place is below its target or its own history by more than chance explains.",
    statement_unusual="{share} of {openings} made it in time{when}; {reference} was to be expected.",
    statement_rise="{share} of {openings} made it in time{when}; only {reference} was to be expected.",
    since=" since {since}",
    between=" from {since} to {until}",
    statement_target="{share} of {openings} made it in time; the target is {reference}.",
    statement_history="{share} of {openings} since {since} made it in time; before, it was {reference}.",
    reach="At most {customers} could be won here.",
    reach_value="At most {customers} and {value} could be won here.",
    segment="{group}: {share} of {openings}",
    others_then="Everybody else in that time: {share} of {openings}",
    everybody_else="others",
    before="before",
    counts_met="{n} met",
    counts_missed="{n} missed",
    counts_open="{n} still open",
    counts_cancelled="{n} cancelled",
    interval="{low} to {high}",
    time="median {median}",
    time_slow="{share} within {slow}",
    nothing_else="nothing",
    instead_item="{what} {share}",
    target="target {share}",
    verdicts=VERDICTS,
    on_target_of="{n} of {of}",
    figure_customers="Customers",
    figure_goal="Reach the goal",
    figure_promises="Promises on target",
    figure_expectations="Expectations on target",
    tally="{n} {verdict}",
    figure_score="Mean score",
    trend_of="{what}: {first} in the first period, {last} in the last",
    trend_none="{what}: too few to draw",
    funnel_goal="The shortest chain of expectations from where the goal starts to where it is reached.",
    funnel_persona="The way planned for {persona}.",
    funnel_arrows="The chain of expectations from the first touchpoint that has one.",
    funnel_share="{share} of {customers} come to the end of it.",
    paths_note="{n} journeys, from their first touchpoint; repeats of a touchpoint are drawn once.",
    others="Others",
    plan_share="of {customers} who begin it walk all of it",
    plan_not_seen="Nobody can be followed through it: the data do not show {what}.",
    plan_nobody="Nobody has begun it yet.",
    plan_stop="{n} stop after {after}",
    plan_leave="{n} go from {after} to {to} instead",
    score_of="{mean} of {high}",
    score_between="{mean} on a scale from {low} to {high}",
    redacted="[left out]",
    gap="nothing from {since} to {until}; about {n} rows would be usual",
    gap_day="nothing on {since}; about {n} rows would be usual",
    running_load="A load of {source} was not finished; run resa collect again.",
    no_data="There are no events yet, so this is the journey as planned.",
    steps="What to do next",
    first_steps=(
        "Collect a file of events: resa collect FILE --as occurred_at=… event=… customer=…",
        "Say in signals.yaml which events show which touchpoint; resa map check names those that are missing.",
        "Make this page again: resa report",
    ),
    never_seen="No event was ever matched to {what}: say in signals.yaml which events show it, or not_seen: why.",
    too_few="Too few openings to say: {what}. More weeks of data would tell.",
    no_target="No target is set for {what}: write target: in the map to have it judged.",
    feedback_elsewhere="Left out, because they are about something that is not on the map: {answers}.",
    refused_share="{source}: {share} of the rows were refused; resa rejected list --source {source} shows why.",
    days_between="{since} to {until}",
    summary_measured="Measured: {customers} and {visits}, {days}",
    summary_rise="Biggest change: {title}. {statement}",
    summary_worst="Worst place: {title}. {statement} {reach}",
    summary_nothing="Worst place: none. {why}",
    summary_goal="Goal: {share} reach it, {verdict}",
    summary_promises="Promises",
    summary_expectations="Expectations",
    summary_on_target="{n} of {of} on target",
    summary_vague="Where the page is vague: {what}",
    summary_clear="Where the page is vague: nowhere in particular",
    identifier="Identifier",
    customer="Customer",
)

_CATALOGUES = {"en": _ENGLISH}


def words_in(language: str) -> Words:
    """The words in a language; English where there is no catalogue yet."""
    return _CATALOGUES.get(language, _ENGLISH)

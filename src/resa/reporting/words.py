"""Every word of the report's frame, in one place; other languages are further catalogues beside the English one."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Words", "words_in"]


@dataclass(frozen=True, kw_only=True)
class Words:
    """The words of the page, each named after where it stands."""

    contents: str
    table: str
    as_table: str
    map: str
    map_about: str
    weaknesses: str
    weaknesses_about: str
    promises: str
    promises_about: str
    expectations: str
    expectations_about: str
    we_promise: str
    we_expect: str
    funnel: str
    funnel_about: str
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


_ENGLISH = Words(
    contents="Contents",
    table="Table",
    as_table="The same as a table",
    map="The journey",
    map_about="The map as planned, with what was measured drawn over it. An arrow is as thick as the share that meets it; "
    "its label says what share, within what time, against what target.",
    weaknesses="Where to look first",
    weaknesses_about="The places furthest below their target or below their own history. “At most” is what could be won "
    "if the place came up to its target, not to 100 %; it is no forecast.",
    promises="What we promised",
    promises_about="A promise is ours to keep. Only those whose deadline has passed are counted.",
    expectations="What we expect of customers",
    expectations_about="After one touchpoint another is expected in time. Only those whose deadline has passed are counted; "
    "met and open ones among the younger stand beside.",
    we_promise="We promise",
    we_expect="We expect",
    funnel="The main way",
    funnel_about="Customers who go through these steps in this order; each bar is the share of those who began.",
    paths="The ways people take",
    paths_about="The commonest first steps of journeys. “Others” holds every path that is not drawn, so that each column "
    "adds up.",
    plans="Planned and actual",
    plans_about="How many of those who begin the way planned for a persona walk all of it, and where the others leave it.",
    voices="What people said",
    voices_about="Scores and words from surveys and reviews, by touchpoint. Words are shown as written, without names.",
    customers="Who",
    customers_about="Customers behind the first place above. These are personal data: handle this page accordingly.",
    data="The data behind this page",
    data_about="Where the numbers come from, what was refused, and up to when each source is complete. A miss is declared "
    "only when every source that could have shown the contrary is complete beyond the deadline.",
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
            "Behind a share, in brackets: the range in which the true share lies with 95 % confidence, by customer.",
        ),
        ("At most", "Customers who missed it beyond what the target allows. More cannot be won here; less is likely."),
        ("Below its own history", "The share fell from what the same group did before, by more than chance explains."),
        ("Others", "Everything that is not listed, added up, so that totals are complete."),
    ),
)

_CATALOGUES = {"en": _ENGLISH}


def words_in(language: str) -> Words:
    """The words in a language; English where there is no catalogue yet."""
    return _CATALOGUES.get(language, _ENGLISH)

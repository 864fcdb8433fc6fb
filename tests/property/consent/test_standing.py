"""Where a customer stands: against a naive reading of the rules, in whatever order the words came."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from resa.consent import consent_rules_of, standing_of
from resa.storage import ConsentRecord

RULES, _ = consent_rules_of(
    """
purposes: {marketing: {default: opt_in, countries: {US: opt_out}}, analytics: {default: opt_out}}
topics: {letter: {purpose: marketing}, offers: {purpose: marketing, double_opt_in: true, default: opt_out}}
"""
)
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
WORDS: Any = ("asked", "given", "confirmed", "withdrawn")


@st.composite
def histories(draw: st.DrawFn) -> list[ConsentRecord]:
    said = st.tuples(st.sampled_from(list(RULES.all)), st.sampled_from(WORDS), st.integers(0, 3))
    found = draw(st.lists(said, max_size=8))
    return [
        ConsentRecord(
            kind="email", value="a@b.se", about=about, what=what, at=BEGIN + timedelta(days=day), number=place
        )
        for place, (about, what, day) in enumerate(found, start=1)
    ]


def naive(about: str, records: list[ConsentRecord], default: str) -> bool:
    """Allowed: of all words that count, the last is a yes; there is none, and the default is yes."""
    double = about == "offers"
    above = "marketing" if about in {"letter", "offers"} else None
    no = [one.at for one in records if one.what == "withdrawn" and one.about in {about, above}]
    yes_words = {"confirmed"} if double else {"given", "confirmed"}
    yes = [one.at for one in records if one.about == about and one.what in yes_words]
    if not no and not yes:
        return default == "opt_out"
    return bool(yes) and (not no or max(yes) > max(no))


@settings(max_examples=400, deadline=None)
@given(histories(), st.integers(), st.sampled_from([None, "US", "SE"]), st.booleans())
def test_the_last_word_counts_and_of_one_moment_the_strictest(
    records: list[ConsentRecord], seed: int, country: str | None, erased: bool
) -> None:
    shuffled = records[:]
    Random(seed).shuffle(shuffled)  # noqa: S311 - no secrets
    for about, subject in RULES.all.items():
        found = standing_of(RULES, about, records, country=country, erased=erased)
        assert found == standing_of(RULES, about, shuffled, country=country, erased=erased)
        default = "opt_in" if erased else subject.default_in(country)
        assert found.allowed == naive(about, records, default)
        assert (found.status == "nothing") == (found.record is None)


@settings(max_examples=200, deadline=None)
@given(histories(), histories())
def test_joining_two_customers_never_allows_what_the_later_no_forbade(
    one: list[ConsentRecord], other: list[ConsentRecord]
) -> None:
    together = [*one, *other]
    for about in RULES.all:
        newest = max((word.at for word in together if word.about == about), default=None)
        said_no = any(word.about == about and word.what == "withdrawn" and word.at == newest for word in together)
        assert not (said_no and standing_of(RULES, about, together).allowed)

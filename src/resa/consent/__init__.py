"""CONSENT: what customers were asked for and said, and what therefore may be done.

    rules, problems = rules_of(text)                        # consent.yaml
    standing_of(rules, "newsletter", records, country="SE") # may she be sent it, and why
    said, refused = read_consents(path, rules, ...)         # existing consents from a CSV

Nothing here stores: the records lie in `storage`, by identifier; whose an identifier is, `identity` says.
"""

from resa.consent.confirming import confirmation_token, confirmed_number
from resa.consent.files import RefusedRow, SaidBy, read_consents
from resa.consent.rules import FILE, consent_rules_of, consent_schema, read_consent_rules, unknown_sources
from resa.consent.saying import Saying, checked_moment, checked_saying
from resa.consent.standing import Standing, standing_of, standings_of

__all__ = [
    "FILE",
    "RefusedRow",
    "SaidBy",
    "Saying",
    "Standing",
    "checked_moment",
    "checked_saying",
    "confirmation_token",
    "confirmed_number",
    "consent_rules_of",
    "consent_schema",
    "read_consent_rules",
    "read_consents",
    "standing_of",
    "standings_of",
    "unknown_sources",
]

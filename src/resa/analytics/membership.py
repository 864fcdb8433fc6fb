"""Who is in which segment: by now, or as of another moment."""

from __future__ import annotations

import hashlib

from resa.analytics.scope.customers import CustomerExpressions
from resa.analytics.scope.snapshot import Flags, Snapshot
from resa.model.journey import JourneyMap
from resa.storage import column_hash

__all__ = ["condition_flags", "membership_hash", "segment_flags"]


def segment_flags(snapshot: Snapshot, *, now: int | None = None, as_of: int | None = None) -> dict[str, Flags]:
    """For each segment of the map, which customers are in it.

    Args:
        snapshot: The events.
        now: From which moment to look: what is known to have happened until then counts. Microseconds since 1970;
            `None`: up to when the data are complete.
        as_of: Another moment to look from, up to which the data then count as complete.
    """
    expressions = CustomerExpressions(snapshot, as_of, now=now)
    segments = snapshot.journey_map.segments
    expressions.prepare(segment.who for segment in segments)
    return {segment.key: expressions.segment(segment.key) for segment in segments}


def condition_flags(snapshot: Snapshot, who: str, *, now: int | None = None) -> Flags:
    """Which customers a condition selects that is no segment's yet.

    Args:
        snapshot: The events.
        who: The condition.
        now: From which moment to look, as for `segment_flags`.

    Raises:
        ExpressionError: The condition is wrong.
    """
    return CustomerExpressions(snapshot, now=now).tried(who)


def membership_hash(journey_map: JourneyMap, segment: str) -> str:
    """A hash of all that decides who is in a segment, but for the data; other edits of the files leave it as it is."""
    said = [
        column_hash(journey_map),
        journey_map.holidays,
        journey_map.segment[segment].who,
        [(other.key, other.who) for other in journey_map.segments if "segment" in journey_map.segment[segment].who],
        [(persona.key, persona.who) for persona in journey_map.personas],
        [
            (arrow.name, arrow.after, arrow.next, arrow.within, arrow.unless, arrow.renews, arrow.per)
            for arrow in journey_map.expectations
        ],
        [(trait.key, trait.of, trait.when, trait.way, trait.value, trait.in_last) for trait in journey_map.traits],
        sorted(journey_map.trait_sources.items()),
    ]
    return hashlib.blake2b(repr(said).encode(), digest_size=16).hexdigest()

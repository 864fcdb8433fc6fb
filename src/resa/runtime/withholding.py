"""Consent of live events: what they say of it is kept, and where it is missing they are counted, and nothing more.

An event that says itself whether she consents is taken by its word. Of sources that `consent.yaml` names (`events:
from:`), one that does not is taken by what she said before, under any identifier of hers, else by the default.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal

import pyarrow as pa

from resa.base.clock import from_microseconds, to_microseconds
from resa.collector import SegmentRow, SegmentRows
from resa.consent import checked_saying, standing_of
from resa.identity import Known, NoIdentifier, Rules, canonical
from resa.model.consents import ConsentRules
from resa.model.journey import JourneyMap
from resa.model.tables import IDENTIFIERS
from resa.storage import (
    ConsentRecord,
    KeptOut,
    Kind,
    Store,
    consents_known,
    consents_seal,
    count_erasures,
    touchpoints_without_history,
)

__all__ = ["Withholding"]

_PREFERENCES: Final = frozenset({"Segment Consent Preference Updated", "Segment Consent Preference"})
"""The events by which Segment's clients tell that somebody chose."""

_LOOK_SECONDS: Final = 2.0
"""So long may pass before it is seen that customers were joined or parted."""

_LOOK_SHARE: Final = 0.1
"""So much of the time may go into that, where very many have said something."""

_Pair = tuple[str, str]


class Withholding:
    """Decides what of live events may be kept with the person.

    Args:
        store: The workspace's.
        rules: What there is to consent to.
        identity: Which identifiers may join.
        maps: Whose touchpoints are counted.
    """

    def __init__(self, store: Store, rules: ConsentRules, identity: Rules, maps: Sequence[JourneyMap]) -> None:
        self._store = store
        self._rules = rules
        self._identity = identity
        self._maps = maps
        self._need = None if rules.events_need is None else rules.purposes[rules.events_need]
        self._known: Known | None = None
        self._generation = self._erasures = -1
        self._seen = 0
        self._due = 0.0
        self._records: list[ConsentRecord] = []
        self._words: dict[bytes, list[ConsentRecord]] = {}

    def sift(self, source_id: str, rows: SegmentRows) -> list[ConsentRecord]:
        """Withhold what is not consented to; what the rows say of consent, to be kept with them."""
        said = [record for row, name in rows.placed() for record in self._said(source_id, row, name)]
        if self._need is not None:
            asked = self.asks(source_id)
            if asked:
                self._look(said)

            def withheld(some: Sequence[SegmentRow]) -> list[bool]:
                return self._withheld([one.preferences for one in some], [one.identifiers for one in some], asked=asked)

            rows.withhold(withheld, lambda said: self._refused(said, asked=asked))
            if rows.nameless:
                rows.count_withheld(touchpoints_without_history(rows.withheld, self._maps))
        return said

    def asks(self, source_id: str) -> bool:
        """Whether of the events of a source it must be known that she consents."""
        return self._need is not None and source_id in self._rules.events_from

    def withheld(
        self, source_id: str, said: Sequence[Mapping[str, bool]], people: Sequence[Sequence[_Pair]]
    ) -> list[bool]:
        """Of each row, whether nothing of the person may be kept.

        Args:
            source_id: Where the rows come from.
            said: What each says that she consents to, by category.
            people: Kind and value of the identifiers that each names.
        """
        asked = self.asks(source_id)
        if asked:
            self._look(())
        return self._withheld(said, people, asked=asked)

    def touchpoints(self, kind: Kind, rows: pa.Table) -> list[Mapping[str, str]]:
        """The touchpoint of each row that is withheld, in each map that has one; columns of the kind."""
        if kind == "events":
            return touchpoints_without_history(rows, self._maps)
        names = rows.column("touchpoint").to_pylist() if kind == "feedback" else [None] * rows.num_rows
        known = {one.key: {touchpoint.key for touchpoint in one.touchpoints} for one in self._maps}
        return [{key: name for key, mine in known.items() if name in mine} for name in names]

    def _said(self, source_id: str, row: SegmentRow, name: str) -> Iterator[ConsentRecord]:
        """What an event of preferences says, of each purpose and for each identifier that it names."""
        if row.event not in _PREFERENCES or not row.preferences:
            return
        now = self._store.clock()
        for purpose in self._rules.purposes.values():
            words = purpose.said_in(row.preferences)
            if not words:
                continue
            what: Literal["given", "withdrawn"] = "given" if all(words) else "withdrawn"
            for kind, value in row.identifiers:
                form = self._identity.normalised(kind, value)
                if isinstance(form, NoIdentifier):
                    continue
                saying = checked_saying(
                    self._rules,
                    purpose.key,
                    what,
                    at=min(from_microseconds(row.happened_at), now),
                    now=now,
                    source=source_id,
                    page=row.page,
                    message=f"{name[:400]} {purpose.key[:40]} {kind[:40]}",
                )
                yield ConsentRecord(kind=canonical(kind), value=form, **vars(saying))

    def _withheld(
        self, said: Sequence[Mapping[str, bool]], people: Sequence[Sequence[_Pair]], *, asked: bool
    ) -> list[bool]:
        if self._need is None:
            return [False] * len(said)
        flags = [self._refused(one, asked=False) for one in said]
        if asked:
            unsaid = [place for place, one in enumerate(said) if not self._need_said(one)]
            allowed = self._allowed([people[place] for place in unsaid])
            for place, yes in zip(unsaid, allowed, strict=True):
                flags[place] = not yes
        return flags

    def _need_said(self, preferences: Mapping[str, bool]) -> list[bool]:
        """What is said of the purpose that is needed."""
        return [] if self._need is None else self._need.said_in(preferences)

    def _refused(self, preferences: Mapping[str, bool], *, asked: bool) -> bool:
        """Whether what is said is a no; where nothing is, it is one if it is asked for."""
        said = self._need_said(preferences)
        return not all(said) if said else asked

    def _allowed(self, people: Sequence[Sequence[_Pair]]) -> list[bool]:
        """Whether those of whom rows name some identifiers consent, by what they said before."""
        if self._need is None or not people:
            return []
        flat = sorted({pair for pairs in people for pair in pairs})
        keys = self._keys(flat) if self._words else {}
        erased = self._erased(flat)
        found: dict[tuple[_Pair, ...], bool] = {}
        for pairs in {tuple(pairs) for pairs in people}:
            mine = {keys[pair] for pair in pairs if pair in keys}
            words = [word for key in mine for word in self._words.get(key, ())]
            gone = any(pair in erased for pair in pairs)
            found[pairs] = standing_of(self._rules, self._need.key, words, erased=gone).allowed
        return [found[tuple(pairs)] for pairs in people]

    def _look(self, said: Sequence[ConsentRecord]) -> None:
        """Bring up to date what was said before, and by whom; with what is said in this batch."""
        if self._need is None:
            return
        began, generation, erasures = time.monotonic(), self._store.generation, count_erasures(self._store)
        if erasures != self._erasures:  # what those said who were erased is not to be known any more
            self._erasures, self._generation, self._seen, self._due, self._records = erasures, -1, 0, 0.0, []
        newest = consents_seal(self._store)[0]
        new = [] if newest == self._seen else consents_known(self._store, self._need.key, after=self._seen)
        self._seen = newest
        new += self._unless_erased([one for one in said if one.about == self._need.key])
        self._records += new
        if generation == self._generation or began < self._due:
            self._sort(new)
            return
        index = self._store.index()  # customers were joined, or parted
        self._known = Known.of(self._identity, index)
        self._generation, self._words = generation, {}
        self._sort(self._records)
        self._due = began + max(_LOOK_SECONDS, (time.monotonic() - began) / _LOOK_SHARE)

    def _sort(self, records: Sequence[ConsentRecord]) -> None:
        """Put words to their customers."""
        keys = self._keys([(one.kind, one.value) for one in records])
        for one in records:
            self._words.setdefault(keys[one.kind, one.value], []).append(one)

    def _keys(self, pairs: Sequence[_Pair]) -> Mapping[_Pair, bytes]:
        """What tells the customers of some identifiers apart; of an identifier that names nobody, nothing."""
        if self._known is None or not pairs:
            return {}
        lists = pa.array([[{"kind": kind, "value": value}] for kind, value in pairs], IDENTIFIERS)
        owners = self._known.owners(lists)
        told = zip(pairs, owners.who, owners.somebody.tolist(), strict=True)
        return {pair: key.tobytes() for pair, key, somebody in told if somebody}

    def _unless_erased(self, records: Sequence[ConsentRecord]) -> list[ConsentRecord]:
        """Those that are kept: what was said before an erasure, and comes late, is not."""
        pairs = [(one.kind, one.value) for one in records]
        ends = self._erased(pairs)
        return [one for one, pair in zip(records, pairs, strict=True) if to_microseconds(one.at) > ends.get(pair, -1)]

    def _erased(self, pairs: Sequence[_Pair]) -> Mapping[_Pair, int]:
        """When those were erased, microseconds since 1970, who were."""
        kept_out = KeptOut(self._store)
        if not kept_out:
            return {}
        kinds, values = (pa.array([pair[place] for pair in pairs], pa.string()) for place in (0, 1))
        ends = kept_out.until(kinds, values).tolist()
        return {pair: until for pair, until in zip(pairs, ends, strict=True) if until >= 0}

"""What customers consented to: recorded with its proof, withdrawn at any time, and asked before anything is done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from resa.base.errors import InputError, Problem
from resa.base.language import sentence
from resa.base.showing import Listing
from resa.collector import read_sources, target_of
from resa.consent import (
    FILE,
    RefusedRow,
    Saying,
    Standing,
    checked_saying,
    confirmation_token,
    confirmed_number,
    read_consent_rules,
    read_consents,
    standing_of,
    standings_of,
    unknown_sources,
)
from resa.identity import Identifier, NoIdentifier, canonical, customers_named, identifiers_of
from resa.model.consents import ConsentRules
from resa.runtime import ConsentingWriter, Withholding
from resa.storage import (
    ConsentRecord,
    JourneyIndex,
    Kept,
    KeptOut,
    Writer,
    consent_is_answered,
    consents_known,
    consents_of,
    consents_seal,
    identifiers_known,
    keep_consents,
    link_secret,
    made_link_secret,
)
from resa.workspace.folders import user
from resa.workspace.freshness import brought_up_to_date

if TYPE_CHECKING:
    from resa.workspace.workspace import Workspace

__all__ = [
    "Consented",
    "Consents",
    "Counted",
    "Imported",
    "consenting",
    "topics_of",
    "unheard_sources",
    "withholding_of",
]

VALID: Final = timedelta(days=28)
"""So long does a link hold by which a customer confirms, unless it is said otherwise."""

Named = tuple[str, str]
"""Kind and value of an identifier, as a source writes it."""


@dataclass(frozen=True, kw_only=True)
class Consented:
    """What a customer consented to. All of it is personal data.

    Attributes:
        standings: Where she stands on every purpose and topic of `consent.yaml`.
        records: Every word of hers, in the order in which they were kept; those on former topics, too.
    """

    standings: tuple[Standing, ...]
    records: tuple[ConsentRecord, ...]


@dataclass(frozen=True, kw_only=True)
class Counted:
    """How many customers stand where on a topic or purpose.

    Attributes:
        about: Its key.
        given: So many gave it.
        asked: So many were asked, and have not confirmed it.
        withdrawn: So many withdrew it.
    """

    about: str
    given: int
    asked: int
    withdrawn: int


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What became of a file of consents: rows = stored + duplicate + refused.

    Attributes:
        rows: Of the file.
        stored: Kept now.
        duplicate: Kept before, or of somebody who was erased since.
        refused: The others, with their reasons.
    """

    rows: int
    stored: int
    duplicate: int
    refused: tuple[RefusedRow, ...]


class Consents:
    """The consents of a workspace, on what `consent.yaml` declares.

    They are kept by identifier, and follow the customer when identifiers are joined or split.

    Args:
        shop: The workspace.
    """

    def __init__(self, shop: Workspace) -> None:
        self._shop = shop

    @cached_property
    def rules(self) -> ConsentRules:
        """What there is to consent to.

        Raises:
            InputError: `consent.yaml` is wrong; holds every problem.
        """
        return read_consent_rules(self._shop.folder)

    def give(
        self,
        who: Named,
        about: str,
        *,
        at: datetime | None = None,
        wording: str | None = None,
        source: str = "",
        page: str | None = None,
    ) -> ConsentRecord:
        """Record that a customer gave her consent. It is on the disk when this returns.

        Args:
            who: Kind and value of an identifier of hers.
            about: Topic or purpose.
            at: When she said so; `None`: now.
            wording: Version of what she was shown; `None`: the newest.
            source: Where she said so, such as web or store.
            page: On which page.

        Raises:
            InputError: The identifier names nobody.
            QuestionError: There is no such topic, purpose or wording.
        """
        return self._recorded(who, "given", about, at=at, wording=wording, source=source, page=page)

    def withdraw(
        self, who: Named, about: str, *, at: datetime | None = None, source: str = "", page: str | None = None
    ) -> ConsentRecord:
        """Record that a customer withdrew her consent, or objected; see `give`."""
        return self._recorded(who, "withdrawn", about, at=at, source=source, page=page)

    def ask(
        self,
        who: Named,
        about: str,
        *,
        wording: str | None = None,
        source: str = "",
        page: str | None = None,
        valid: timedelta = VALID,
        server: str = "http://127.0.0.1:8787",
    ) -> str:
        """Record that a customer is asked, and make the link by which she confirms it; sending it is yours to do.

        Args:
            who: Kind and value of an identifier of hers; the link belongs to an address that only she reads.
            about: Topic or purpose.
            wording: Version of what she is shown; `None`: the newest.
            source: Where she signed up.
            page: On which page.
            valid: So long does the link hold; it holds once.
            server: Where `resa serve` is reached.

        Raises:
            InputError: The identifier names nobody.
            QuestionError: There is no such topic, purpose or wording.
        """
        begin = target_of(server).rstrip("/")
        _, kept = self.record(who, "asked", about, wording=wording, source=source, page=page)
        return f"{begin}/c/{self.token(kept.number, valid)}"

    def token(self, number: int, valid: timedelta = VALID) -> str:
        """What stands in the link by which somebody confirms what a record asked."""
        until = int((self._shop.clock() + valid).timestamp())
        return confirmation_token(number, until, self._seal_of(number), made_link_secret(self._shop.store.layout))

    def asked(self, token: str) -> ConsentRecord | None:
        """What a link asks; `None`: we did not make it, it holds no more, it was used, or she was erased."""
        secret = link_secret(self._shop.store.layout)
        now = int(self._shop.clock().timestamp())
        number = None if secret is None else confirmed_number(token, now, self._seal_of, secret)
        found = [] if number is None else consents_known(self._shop.store, number=number)
        return next((one for one in found if not consent_is_answered(self._shop.store, one.number)), None)

    def confirm(self, token: str, *, address: str | None = None) -> ConsentRecord | None:
        """Record that she confirmed what a link asks; of several who use it at once, one does.

        Args:
            token: Of the link.
            address: IP address from which she does, as far as it is kept.

        Returns:
            What she confirmed; `None`: as for `asked`.
        """
        found = self.asked(token)
        if found is None:
            return None
        made = replace(
            found, what="confirmed", at=self._shop.clock(), address=address or "", who="", answers=found.number
        )
        also = self._shop.audit.also("consent.confirmed", of=(made.kind, made.value), who="", about=made.about)
        return made if keep_consents(self._shop.store, [made], also)[0].outcome == "stored" else None

    def of(self, who: Named) -> Consented:
        """What a customer consented to, by any identifier of hers.

        Raises:
            InputError: The identifier names nobody.
        """
        hers = self.identifiers(who)
        found = self.of_all(hers)
        (customer,) = customers_named(self._shop.store.index(), self._shop.identity.rules, hers[:1])
        known = bool(found.records) or customer is not None  # of a stranger, nothing is written down
        self._shop.audit.note("consent.show", of=hers[0] if known else None)
        return found

    def allows(self, who: Named, about: str) -> bool:
        """Whether a topic or purpose is allowed for a customer now.

        Raises:
            InputError: The identifier names nobody.
            QuestionError: There is no such topic or purpose.
        """
        now = self._shop.clock()
        key = checked_saying(self.rules, about, "given", at=now, now=now).about
        hers = self.identifiers(who)
        records = consents_of(self._shop.store, hers)
        country, erased = self._country(hers), self._was_erased(hers)
        return standing_of(self.rules, key, records, country=country, erased=erased).allowed

    def of_all(self, hers: Sequence[Identifier], *, country: str | None = None) -> Consented:
        """The same of a customer whose identifiers are known, in their one form.

        Args:
            hers: The identifiers.
            country: Of the customer, two letters; `None`: as the traits say, if they do.
        """
        records = consents_of(self._shop.store, hers)
        country = country or self._country(hers)
        standings = standings_of(self.rules, records, country=country, erased=self._was_erased(hers))
        return Consented(standings=standings, records=tuple(records))

    def count(self) -> Listing[Counted]:
        """How many customers stand where, by topic and purpose; who said nothing is in none of the numbers."""
        index = self._index()
        records = consents_known(self._shop.store)
        customers = self._customers(index, [(one.kind, one.value) for one in records])
        mine: dict[object, list[ConsentRecord]] = {}
        for customer, record in zip(customers, records, strict=True):
            mine.setdefault(customer, []).append(record)
        found = Counter(
            (standing.about, standing.status) for words in mine.values() for standing in standings_of(self.rules, words)
        )
        return Listing(
            Counted(
                about=about,
                given=found[about, "given"],
                asked=found[about, "asked"],
                withdrawn=found[about, "withdrawn"],
            )
            for about in self.rules.all
        )

    def import_file(self, path: Path | str, *, about: str | None = None, zone: tzinfo | None = None) -> Imported:
        """Record existing consents from a CSV; a row that was recorded before is known, and left out.

        Args:
            path: From where the person stands; see `resa.consent.files`.
            about: Topic or purpose of rows that name none.
            zone: Of moments that do not name theirs; `None`: those rows are refused.

        Raises:
            InputError: The file is no CSV of consents at all.
        """
        rules, now = self._shop.identity.rules, self._shop.clock()
        records: list[ConsentRecord] = []
        refused: list[RefusedRow] = []

        def is_kind(name: str) -> bool:
            return canonical(name) in rules.kinds

        for row in read_consents(Path(path), self.rules, is_kind=is_kind, now=now, who=user(), about=about, zone=zone):
            if isinstance(row, RefusedRow):
                refused.append(row)
                continue
            value = rules.normalised(row.kind, row.value)
            if isinstance(value, NoIdentifier):
                refused.append(RefusedRow(row=row.row, reason=value.sentence))
            else:
                records.append(_record(Identifier(canonical(row.kind), value), row.saying))
        also = self._shop.audit.also("consent.import", rows=len(records))
        kept = keep_consents(self._shop.store, records, also)
        stored = sum(one.outcome == "stored" for one in kept)
        rows = len(records) + len(refused)
        return Imported(rows=rows, stored=stored, duplicate=len(records) - stored, refused=tuple(refused))

    def only_named(self, value: str, kind: str | None) -> list[Identifier]:
        """The identifiers of this value whom consents or the audit log know, and no event."""
        rules, index = self._shop.identity.rules, self._shop.store.index()
        kinds = rules.kinds if kind is None else [canonical(kind)]
        forms = [(name, rules.normalised(name, value)) for name in kinds]
        named = [Identifier(name, form) for name, form in forms if isinstance(form, str)]
        known = identifiers_known(self._shop.store, named)
        numbers = customers_named(index, rules, named)
        return [one for one, number in zip(named, numbers, strict=True) if number is None and one in known]

    def _seal_of(self, number: int) -> str:
        return consents_seal(self._shop.store, number)[1]

    def seal(self, number: int | None = None) -> tuple[int, str]:
        """Number and hash of a record, by default the newest. Kept elsewhere, they show if the log was made anew."""
        return consents_seal(self._shop.store, number)

    def record(
        self,
        who: Named,
        what: str,
        about: str,
        *,
        at: datetime | None = None,
        by: str | None = None,
        **proof: str | None,
    ) -> tuple[ConsentRecord, Kept]:
        """Record what a customer said, and tell what became of it.

        Args:
            who: Kind and value of an identifier of hers.
            what: asked, given, confirmed or withdrawn.
            about: Topic or purpose.
            at: When she said so; `None`: now.
            by: Who records it; `None`: who works here.
            **proof: `wording`, `source`, `page`, `address`, `message`; see `resa.consent.Saying`.

        Raises:
            InputError: The identifier names nobody.
            QuestionError: There is no such topic, purpose or wording, or a text is too long.
        """
        now = self._shop.clock()
        by = user() if by is None else by
        saying = checked_saying(self.rules, about, what, at=at or now, now=now, who=by, **proof)
        record = _record(self._identifier(who), saying)
        also = self._shop.audit.also(f"consent.{what}", of=(record.kind, record.value), who=by, about=record.about)
        return record, keep_consents(self._shop.store, [record], also)[0]

    def _recorded(
        self, who: Named, what: str, about: str, *, at: datetime | None, **proof: str | None
    ) -> ConsentRecord:
        record, kept = self.record(who, what, about, at=at, **proof)
        if kept.outcome == "erased":
            raise InputError(sentence("this customer was erased since then; nothing of before is kept"))
        return record

    def _identifier(self, who: Named) -> Identifier:
        kind, value = who
        found = self._shop.identity.rules.normalised(kind, value)
        if isinstance(found, NoIdentifier):
            raise InputError(
                sentence(
                    "the value given as {kind} names nobody: {reason}", kind=canonical(kind), reason=found.sentence
                )
            )
        return Identifier(canonical(kind), found)

    def _index(self) -> JourneyIndex:
        brought_up_to_date(self._shop)
        return self._shop.store.index()

    def identifiers(self, who: Named) -> list[Identifier]:
        """All identifiers of the customer; of one whom no event names, the one that is given."""
        given = self._identifier(who)
        index = self._index()
        (customer,) = customers_named(index, self._shop.identity.rules, [given])
        others = [] if customer is None else identifiers_of(index, customer)
        return [given, *(one for one in others if one != given)]

    def _customers(self, index: JourneyIndex, named: Sequence[Named]) -> list[object]:
        """What tells customers apart: the number, or the identifier of one whom no event names."""
        if not named:
            return []
        numbers = customers_named(index, self._shop.identity.rules, named)
        return [one if number is None else number for one, number in zip(named, numbers, strict=True)]

    def _country(self, hers: Iterable[Identifier]) -> str | None:
        """The customer's country, if a source said it in two letters."""
        trait = self.rules.country_trait
        if trait is None:
            return None
        index = self._shop.store.index()
        numbers = customers_named(index, self._shop.identity.rules, list(hers))
        for customer in sorted({number for number in numbers if number is not None}):
            for row in self._shop.store.told_traits(index, customer).to_pylist():
                code = str(row["value"]).strip('"').upper()
                if row["trait"] == trait and len(code) == 2:
                    return code
        return None

    def _was_erased(self, hers: Sequence[Identifier]) -> bool:
        kept_out = KeptOut(self._shop.store)
        if not kept_out:
            return False
        kinds, values = (pa.array([one[place] for one in hers], pa.string()) for place in (0, 1))
        return bool((kept_out.until(kinds, values) >= 0).any())


def topics_of(shop: Workspace) -> Collection[str] | None:
    """The topics that customers are asked for; `None`: there is no `consent.yaml`, or it is wrong."""
    try:
        return shop.consents.rules.topics if (shop.folder / FILE).exists() else None
    except InputError:
        return None


def unheard_sources(shop: Workspace) -> list[Problem]:
    """Warnings of sources that `consent.yaml` names and nobody knows: no file, key or load is called so."""
    if topics_of(shop) is None:
        return []
    known = {source.name for source in read_sources(shop.folder)[0]}
    if (shop.folder / ".resa").is_dir():
        known |= {load.source_id for load in shop.store.loads()}
        known |= {key.source_id for key in shop.keys.all() if key.source_id is not None}
    return unknown_sources(shop.folder, known)


def _record(who: Identifier, saying: Saying) -> ConsentRecord:
    return ConsentRecord(kind=who.kind, value=who.value, **vars(saying))


def withholding_of(shop: Workspace) -> Withholding | None:
    """What decides which events may be kept with the person; `None`: `consent.yaml` says nothing of them."""
    rules = shop.consents.rules
    if not rules.purposes:
        return None
    return Withholding(shop.store, rules, shop.identity.rules, list(shop.maps.values()))


def consenting(shop: Workspace, writer: Writer) -> Writer:
    """The writer by which files, databases and rejected rows are stored: one that asks for consent, if any is needed.

    Raises:
        InputError: `consent.yaml` is wrong.
    """
    withholding = withholding_of(shop)
    if withholding is None or shop.consents.rules.events_need is None:
        return writer
    return ConsentingWriter(writer, withholding)

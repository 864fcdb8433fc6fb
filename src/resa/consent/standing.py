"""What a customer's words amount to: whether a topic or purpose is allowed now, and by what.

The latest word counts. Of several of one moment, the strictest: withdrawn, then confirmed, given, asked. The order in
which they came is no matter. Who withdraws a purpose withdraws its topics, until one of them is given again. To be
asked changes nothing; without a confirmation, a topic of double opt-in is not given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from resa.model.consents import ConsentRules, Default, Topic
from resa.storage import ConsentRecord

__all__ = ["Standing", "standing_of", "standings_of"]

Status = Literal["given", "withdrawn", "asked", "nothing"]

_RANK: Final[Mapping[str, int]] = {"asked": 0, "given": 1, "confirmed": 2, "withdrawn": 3}


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where a customer stands on a topic or purpose.

    Attributes:
        about: Its key.
        status: Given, withdrawn, asked (she has not confirmed it), or nothing: nobody knows of a word.
        allowed: Whether it may be done.
        default: What holds where she said nothing, in her country.
        record: The word that decides; `None`: the default does.
    """

    about: str
    status: Status
    allowed: bool
    default: Default
    record: ConsentRecord | None = None


def standing_of(
    rules: ConsentRules,
    about: str,
    records: Iterable[ConsentRecord],
    *,
    country: str | None = None,
    erased: bool = False,
) -> Standing:
    """Where a customer stands on a topic or purpose.

    Args:
        rules: What there is to consent to.
        about: Key of a topic or purpose.
        records: All words of the customer.
        country: Of the customer, two letters; `None`: it is not known.
        erased: She was erased once, with any objection of hers: nothing is allowed before she says so.
    """
    subject = rules.all[about]
    purpose = subject.purpose if isinstance(subject, Topic) else None
    confirmed_alone = isinstance(subject, Topic) and subject.double_opt_in
    status: Status = "nothing"
    objected = False
    deciding: ConsentRecord | None = None
    mine = (one for one in records if one.about == about or (one.about == purpose and one.what == "withdrawn"))
    for one in sorted(mine, key=lambda one: (one.at, _RANK[one.what], one.number)):
        if one.what == "asked" or (one.what == "given" and confirmed_alone):
            if status != "given":  # else it is in force, and was proved
                status, deciding = "asked", one
            continue
        objected = one.what == "withdrawn"
        status, deciding = ("withdrawn" if objected else "given"), one
    default: Default = "opt_in" if erased else subject.default_in(country or rules.country)
    allowed = status == "given" or (not objected and default == "opt_out")
    return Standing(about=about, status=status, allowed=allowed, default=default, record=deciding)


def standings_of(
    rules: ConsentRules, records: Sequence[ConsentRecord], *, country: str | None = None, erased: bool = False
) -> tuple[Standing, ...]:
    """Where a customer stands on every purpose and topic, in the order of the file; see `standing_of`."""
    return tuple(standing_of(rules, about, records, country=country, erased=erased) for about in rules.all)

"""Erasing a customer: who she is, what goes, and the proof that nothing of her is left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from resa.base.errors import QuestionError, WorkspaceDamaged
from resa.base.language import sentence
from resa.collector import Hooks
from resa.identity import Identifier, Known, hashes_in_one_form, identifiers_of, in_one_form, national_number
from resa.model.tables import IDENTIFIERS
from resa.runtime import Drainer
from resa.storage import (
    KINDS,
    JourneyIndex,
    Needles,
    Person,
    Store,
    erase_rows,
    erased_with,
    is_distinctive,
    keep_out,
    named_in_payload,
    search_everything,
)
from resa.workspace.auditing import who_acts
from resa.workspace.consents import withholding_of
from resa.workspace.customers import called_so, found_customer

if TYPE_CHECKING:
    from resa.workspace.workspace import Workspace

__all__ = ["Erased", "erase_customer", "found_person", "needles_of", "owned_by", "person_of", "store_of"]

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class Erased:
    """What an erasure took away, or would take.

    Attributes:
        rows: How many rows, by table; `mentions` are rows of others that lost what named her.
    """

    rows: Mapping[str, int]


def erase_customer(shop: Workspace, value: str, *, kind: str | None = None, dry: bool = False) -> Erased:
    """Erase the customer who is called so from everything that is stored, and prove it.

    What happened before now and names her is not stored again, wherever it comes from. Other copies (backups, the
    files of the sources) are not Resa's to change.

    Args:
        shop: The workspace.
        value: Of one of her identifiers, as its source spells it.
        kind: Of the identifier, such as user_id; `None`: any.
        dry: Only count.

    Raises:
        QuestionError: Nobody is called so, or several are.
        WorkspaceBusy: Another process writes. A server is asked for a turn: what arrives meanwhile waits.
        WorkspaceError: The disk does not take it.
        WorkspaceDamaged: Something of her was found after the erasure; says where, without values.
    """
    with shop.store.writing(asks=True) as writer, shop.store.arrivals() as arrivals:
        drainer = Drainer(writer, arrivals, Hooks(shop.folder), shop.settings.ip, withholding_of(shop))
        try:
            return Erased(rows=_erase(shop, drainer, value, kind, dry=dry))
        finally:
            drainer.leave()


def _erase(shop: Workspace, drainer: Drainer, value: str, kind: str | None, *, dry: bool) -> Mapping[str, int]:
    """Erase her from all that arrived until she is in no row any more: a server goes on taking what comes meanwhile."""
    store, writer = shop.store, drainer.writer
    drainer.drain_up_to_now()
    shop.refresh(writer)
    person = _asked_for(shop, value, kind)
    shop.audit.note("customer.count" if dry else "customer.erase", of=min(person.called))
    rows = Counter(erase_rows(writer, person, dry=dry))
    if dry:
        return rows
    newest = store.newest_file
    keep_out(writer, person)
    last = drainer.drain_up_to_now()
    rows.update(erase_rows(writer, person, after=newest))
    shop.refresh(writer)
    if left := search_everything(store.layout, person.needles, arrived=last):
        raise WorkspaceDamaged(
            sentence(
                "the customer was erased, and yet something that names her was found in: {places}; her rows "
                "are gone, what is left must be looked at",
                places=", ".join(left),
            )
        )
    keep_out(writer, person)
    return rows


def _asked_for(shop: Workspace, value: str, kind: str | None) -> Person:
    """Who is to go; of somebody who is erased already: what others say, as an erasure may have been cut short."""
    index = shop.store.index()
    if not called_so(shop, index, value, kind) and (erased := erased_with(shop.store, value, kind)):
        return _erased_before(shop, value, erased)
    return found_person(shop, index, value, kind)[1]


def _erased_before(shop: Workspace, value: str, erased: Mapping[bytes, str]) -> Person:
    """Somebody of whom there are hashes, and the one identifier that is given again."""
    rules, hasher, known = shop.identity.rules, shop.store.hasher, sorted(set(erased.values()))

    def is_called(kinds: pa.Array, values: pa.Array) -> Flags:
        hashes = hashes_in_one_form(kinds, values, rules, hasher), hasher.identifiers(kinds, values)
        return np.logical_or(*(np.array([row.tobytes() in erased for row in one], np.bool_) for one in hashes))

    def names_her(payload: str) -> bool:
        pairs = sorted(set(named_in_payload(payload, known)))
        kinds, values = (pa.array([pair[place] for pair in pairs], pa.string()) for place in (0, 1))
        return bool(pairs) and bool(is_called(kinds, values).any())

    kinds, values = pa.array(known, pa.string()), pa.array([value] * len(known), pa.string())
    hers = frozenset(one for one in in_one_form(kinds, values, rules) if one is not None)
    written = {(kind, value) for kind in known} | {(one.kind, one.value) for one in hers}
    return Person(
        called=frozenset((one.kind, one.value) for one in hers) or frozenset(written),
        owns=_owns_nothing,
        is_called=is_called,
        names_her=names_her,
        needles=needles_of(shop, hers, frozenset(written)),
        hashes=[(kind, key) for key, kind in erased.items()],
        who=who_acts(),
    )


def store_of(shop: Workspace, folder: Path) -> Store:
    """The workspace's data, which keep out who was erased by the workspace's rules of identity."""
    store = Store.open(folder, clock=shop.clock)
    store.hashes_of = lambda kinds, values: hashes_in_one_form(kinds, values, shop.identity.rules, store.hasher)
    return store


def found_person(shop: Workspace, index: JourneyIndex, value: str, kind: str | None) -> tuple[int | None, Person]:
    """The number of who is called so, and how storage knows her; of one whom consents alone name, no number.

    Raises:
        QuestionError: Nobody is called so, or several are.
    """
    try:
        customer = found_customer(shop, index, value, kind)
    except QuestionError:
        hers = shop.consents.only_named(value, kind)
        if not hers:
            raise
        return None, person_of(shop, index, None, frozenset(hers))
    return customer, person_of(shop, index, customer, frozenset(identifiers_of(index, customer)))


def person_of(shop: Workspace, index: JourneyIndex, customer: int | None, hers: frozenset[Identifier]) -> Person:
    """Who is to go, as storage asks for it."""
    written = _written(shop, hers)
    kinds, values = (pa.array([pair[place] for pair in sorted(written)], pa.string()) for place in (0, 1))
    hasher = shop.store.hasher
    keys = [hasher.identifiers(kinds, values), hashes_in_one_form(kinds, values, shop.identity.rules, hasher)]
    kinds_of_hers = sorted({one.kind for one in hers})

    def is_called(kinds: pa.Array, values: pa.Array) -> Flags:
        pairs = zip(kinds.to_pylist(), values.to_pylist(), strict=True)
        return np.fromiter((pair in written for pair in pairs), np.bool_, len(kinds))

    def names_her(payload: str) -> bool:
        pairs = sorted(set(named_in_payload(payload, kinds_of_hers)))
        if not pairs:
            return False
        kinds, values = (pa.array([pair[place] for pair in pairs], pa.string()) for place in (0, 1))
        return any(one in hers for one in in_one_form(kinds, values, shop.identity.rules))

    return Person(
        called=hers,
        owns=_owns_nothing if customer is None else owned_by(shop, index, customer),
        is_called=is_called,
        names_her=names_her,
        needles=needles_of(shop, hers, written),
        hashes=[(kind, row.tobytes()) for key in keys for kind, row in zip(kinds.to_pylist(), key, strict=True)],
        who=who_acts(),
    )


def _owns_nothing(lists: pa.ChunkedArray) -> Flags:
    return np.zeros(len(lists), np.bool_)


def owned_by(shop: Workspace, index: JourneyIndex, customer: int) -> Callable[[pa.ChunkedArray], Flags]:
    """Which lists of identifiers are rows of a customer, as the index has it."""
    known = Known.of(shop.identity.rules, index)
    key = index.who[customer].copy()

    def owns(lists: pa.ChunkedArray) -> Flags:
        owners = known.owners(lists.cast(IDENTIFIERS).combine_chunks())
        mine: Flags = owners.somebody & (owners.who == key).all(axis=1)
        return mine

    return owns


def needles_of(shop: Workspace, hers: frozenset[Identifier], written: frozenset[tuple[str, str]]) -> Needles:
    """What of her is to be sought in texts: what nobody else is called by chance."""
    rules = shop.identity.rules
    values = {value for _, value in written if is_distinctive(value)}
    phones = {national_number(one.value) for one in hers if rules.kind(one.kind).form == "phone"}
    return Needles(frozenset(values), frozenset(phone for phone in phones if is_distinctive("".join(phone))))


def _written(shop: Workspace, hers: frozenset[Identifier]) -> frozenset[tuple[str, str]]:
    """Her identifiers in every way in which the files hold them, and in the one form."""
    found = {tuple(one) for one in hers}
    for kind, schema in KINDS.items():
        if "identifiers" not in schema.names:
            continue
        lists = shop.store.rows(kind, ["identifiers"]).column("identifiers")
        for chunk in lists.chunks:
            flat = pc.list_flatten(chunk)
            pairs = pa.table({name: pc.struct_field(flat, name) for name in ("kind", "value")})
            pairs = pairs.group_by(["kind", "value"]).aggregate([]).combine_chunks()
            kinds, values = (pairs.column(name).combine_chunks() for name in ("kind", "value"))
            if not len(kinds):
                continue
            forms = in_one_form(kinds, values, shop.identity.rules)
            told = zip(kinds.to_pylist(), values.to_pylist(), forms, strict=True)
            found |= {(kind, value) for kind, value, form in told if form in hers}
    return frozenset((kind, value) for kind, value in found)

"""How long data are kept, and taking away what is older."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

from resa.base.calendars import read_span
from resa.base.showing import Listing
from resa.identity import customers_named
from resa.storage import expire_rows, forget_pseudonyms, idle_pseudonyms

if TYPE_CHECKING:
    from resa.storage import Writer
    from resa.workspace.workspace import Workspace

__all__ = ["Expired", "expire", "expired_by"]


@dataclass(frozen=True, kw_only=True)
class Expired:
    """What was too old of one kind of data, or is.

    Attributes:
        kind: Such as events.
        keep: How long it is kept, as the settings say it; empty: for ever.
        before: The first day that is kept, UTC; `None`: all are.
        rows: How many were older.
    """

    kind: str
    keep: str
    before: date | None
    rows: int


def expire(shop: Workspace, *, dry: bool = False) -> Listing[Expired]:
    """Take away what is older than the settings say; the index follows.

    Args:
        shop: The workspace.
        dry: Only count.

    Raises:
        WorkspaceBusy: Another process writes, such as a server, which does this itself once a day.
    """
    with shop.store.writing() as writer:
        found = expired_by(shop, writer, dry=dry)
        if any(one.rows for one in found if one.kind != "audit") and not dry:
            shop.refresh(writer)
    return found


def _forget_strangers(shop: Workspace, writer: Writer) -> None:
    """Forget whom the audit log was about, where neither events nor consents name them any more."""
    idle = idle_pseudonyms(shop.store)
    if not idle:
        return
    numbers = customers_named(shop.store.index(), shop.identity.rules, list(idle.values()))
    gone = [name for name, number in zip(idle, numbers, strict=True) if number is None]
    with writer.lease.writing() as connection:
        forget_pseudonyms(connection, gone)


def expired_by(shop: Workspace, writer: Writer, *, dry: bool = False) -> Listing[Expired]:
    """The same by who writes already; the index is to be refreshed by the caller."""
    today = shop.clock().astimezone(UTC).date()
    settings = shop.settings
    spans = {
        "events": settings.keep_events,
        "customers": settings.keep_customers,
        "feedback": settings.keep_feedback,
        "daily_numbers": settings.keep_daily_numbers,
        "rejected": settings.keep_rejected,
        "segment_changes": settings.keep_segment_changes,
        "audit": settings.keep_audit,
    }
    before = {kind: span.before(today) for kind, text in spans.items() if (span := read_span(text)) is not None}
    if before and not dry:
        _forget_strangers(shop, writer)
    kinds = {kind: day for kind, day in before.items() if kind != "audit"}
    rows = dict(expire_rows(writer, kinds, dry=dry)) if kinds else {}
    if not dry and (taken := sum(rows.values())):
        shop.audit.note("data.expire", rows=taken)
    if "audit" in before:
        rows["audit"] = shop.audit.expire(datetime.combine(before["audit"], time(), UTC), dry=dry)
    return Listing(
        Expired(kind=kind, keep=text, before=before.get(kind), rows=rows.get(kind, 0)) for kind, text in spans.items()
    )

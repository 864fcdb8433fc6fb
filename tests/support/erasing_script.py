"""An erasure to be killed: of a customer whom files, requests that wait, refused rows and others name."""

from __future__ import annotations

import json
from pathlib import Path

import resa
from resa.base.clock import to_microseconds
from resa.storage import Arrival

__all__ = ["HER", "OTHERS", "make", "run"]

MAP = "title: T\nstages: {s: [a]}\nsignals: {a: {event: a}}\n"
SOURCE = """
path: '*.csv'
columns: {occurred_at: at, event: what, identifiers: {user_id: who, email: mail}, properties: [note]}
"""
HER = "quillwort@shop.se"
EVENTS = f"""at,what,who,mail,note
2026-05-01T10:00:00Z,a,1,{HER},
2026-05-02T10:00:00Z,a,2,wexford@shop.se,told by {HER}
never,a,1,{HER},
"""
OTHERS = 2
"""Events that are left once she is erased."""


def make(folder: Path) -> None:
    """Collect one event of hers, one of somebody who names her; let the same arrive, and a refused one of hers."""
    (folder / "sources").mkdir(parents=True)
    for name, text in (("journey.yaml", MAP), ("sources/web.yaml", SOURCE), ("web.csv", EVENTS)):
        (folder / name).write_text(text)
    with resa.open(folder) as shop:
        shop.collect()
        at = to_microseconds(shop.clock())
        with shop.store.arrivals() as arrivals:
            for call in (
                {"event": "a", "userId": "1", "anonymousId": HER, "messageId": "x1"},
                {"event": "a", "userId": "3", "properties": {"to": HER}, "messageId": "x2"},
                {"userId": "1", "properties": {"to": HER}, "messageId": "x3"},
            ):
                arrivals.append(Arrival("app", at, "track", json.dumps(call).encode())).result()


def run(folder: Path) -> None:
    """Erase her."""
    with resa.open(folder) as shop:
        shop.erase(HER)

"""Live events by what their customers consent to: kept with the person, or counted by touchpoint and day alone."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from tests.support.served import new_shop

import resa
from resa.base.clock import to_microseconds
from resa.model.consents import WITHHELD
from resa.runtime import Drained, Drainer, Withholding
from resa.storage import Arrival

CONSENT = """
purposes:
  analytics: {categories: [Analytics, C0002], default: opt_in}
  marketing: {categories: [Marketing]}
events: {need: analytics, from: web}
"""
PREFERENCES = "Segment Consent Preference Updated"


class Shop:
    """A shop whose arrivals are drained as `resa serve` does."""

    def __init__(self, folder: Path, consent: str = CONSENT) -> None:
        new_shop(folder)
        (folder / "consent.yaml").write_text(consent)
        self.folder = folder
        self.opened = resa.open(folder)

    def send(self, *calls: dict[str, Any], source: str = "web") -> Drained:
        shop = self.opened
        with shop.store.writing() as writer, shop.store.arrivals() as arrivals:
            for call in calls:
                content = json.dumps({"type": "track", **call}).encode()
                arrivals.append(Arrival(source, to_microseconds(shop.clock()), "batch", _batch(content))).result()
            rules, maps = shop.consents.rules, list(shop.maps.values())
            drainer = Drainer(writer, arrivals, withholding=Withholding(shop.store, rules, shop.identity.rules, maps))
            done = drainer.drain()
            drainer.close()
            shop.refresh(writer)
        assert shop.verify() == []
        return done

    def kept(self) -> list[str]:
        return sorted(self.opened.store.rows("events", ["event"]).column("event").to_pylist())

    def counted(self) -> Counter[str]:
        rows = self.opened.store.rows("daily_numbers").to_pylist()
        assert all(row["number"] == WITHHELD and row["received_at"].time() == datetime.min.time() for row in rows)
        return Counter(json.loads(row["properties"] or "{}").get("journey", "") for row in rows)


def _batch(content: bytes) -> bytes:
    return b'{"batch":[' + content + b"]}"


def said(**categories: bool) -> dict[str, Any]:
    return {"context": {"consent": {"categoryPreferences": categories}}}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_without_consent_events_are_counted_by_touchpoint_and_day(shop: Shop) -> None:
    page = {"type": "page", "properties": {"path": "/p/secret-wish", "title": "for quillwort@shop.se"}}
    done = shop.send(
        {"userId": "quillwort", "event": "product_added", "messageId": "quillwort-1"},
        {"anonymousId": "quillwort-cookie", **page},
        {"userId": "quillwort", "type": "identify", "traits": {"email": "quillwort@shop.se"}},
        {"userId": "quillwort", "event": "product_added", **said(Analytics=True, C0002=True, Marketing=False)},
        {"userId": "quillwort", "event": "order_completed", **said(Analytics=True, C0002=False)},
        {"userId": "quillwort", "event": "quillwort_waved", **said(Marketing=True)},
    )
    assert (done.good, done.rejected, done.duplicate) == (6, 0, 0)
    assert shop.kept() == ["product_added"]
    assert shop.opened.store.rows("customers").num_rows == 0
    assert shop.counted() == {"cart": 1, "product_page": 1, "purchase": 1, "": 2}
    coverage = {row["touchpoint"]: row for row in shop.opened.measure.coverage().table.to_pylist()}
    assert {key: row["without_customer"] for key, row in coverage.items()} == {
        "product_page": 1,
        "cart": 1,
        "purchase": 1,
    }
    assert coverage["cart"]["visits"] == 1
    for path in (shop.folder / ".resa").rglob("*"):
        if path.is_file() and path.parent.name in {"daily_numbers", "rejected", "customers"}:
            assert b"quillwort" not in path.read_bytes()
            assert b"secret-wish" not in path.read_bytes()


def test_what_comes_again_is_counted_once(shop: Shop) -> None:
    event = {"userId": "u", "event": "product_added", "messageId": "m1", "timestamp": "2026-11-01T10:00:00Z"}
    assert shop.send(event, event).duplicate == 1
    assert shop.send(event).duplicate == 1
    assert shop.send({**event, **said(Analytics=True)}).duplicate == 1
    assert shop.counted() == {"cart": 1}
    days = {row["day"] for row in shop.opened.store.rows("daily_numbers").to_pylist()}
    assert days == {datetime(2026, 11, 1, tzinfo=UTC).date()}
    ids = shop.opened.store.rows("daily_numbers").column("message_id").to_pylist()
    assert not any("m1" in one for one in ids)
    load = shop.opened.loads("web")[0]
    shop.opened.remove_loads([load.id])
    assert shop.counted() == {}
    assert shop.opened.verify() == []


def test_of_other_sources_a_no_is_heeded(shop: Shop) -> None:
    shop.send({"userId": "u", "event": "order_completed"}, source="backend")
    shop.send({"userId": "u", "event": "product_added", **said(Analytics=False)}, source="backend")
    assert shop.kept() == ["order_completed"]
    assert shop.counted() == {"cart": 1}


def test_rows_that_cannot_be_read_keep_nothing_of_her_either(shop: Shop) -> None:
    shop.send({"userId": "quillwort"}, {"userId": "quillwort", **said(Analytics=True)})
    payloads = shop.opened.rejected().column("payload").to_pylist()
    assert payloads[0] == "{}"
    assert "quillwort" in payloads[1]


def test_what_she_chose_is_kept_with_its_proof_and_holds_for_what_comes_next(shop: Shop) -> None:
    chosen = {"event": PREFERENCES, "messageId": "c1", "anonymousId": "cookie-1", "userId": "u1"}
    context = {**said(Analytics=True, Marketing=False)["context"], "page": {"url": "https://shop.se/a?b=c"}}
    shop.send({**chosen, "context": context}, {"anonymousId": "cookie-1", "event": "product_added"})
    assert shop.kept() == [PREFERENCES, "product_added"]
    records = shop.opened.consents.of(("user_id", "u1")).records
    assert {(one.kind, one.about, one.what, one.source, one.page) for one in records} == {
        (kind, about, what, "web", "https://shop.se/a")
        for kind in ("user_id", "anonymous_id")
        for about, what in (("analytics", "given"), ("marketing", "withdrawn"))
    }
    shop.send({**chosen, "context": context})  # again
    assert len(shop.opened.consents.of(("user_id", "u1")).records) == 4
    shop.opened.consents.withdraw(("user_id", "u1"), "analytics")
    shop.send({"anonymousId": "cookie-1", "event": "order_completed"})  # hers, by identity
    assert "order_completed" not in shop.kept()
    shop.send({**chosen, "messageId": "c2", **said(Analytics=True)})
    shop.send({"anonymousId": "cookie-1", "event": "order_completed"})
    assert "order_completed" in shop.kept()


def test_by_default_yes_until_she_objects(tmp_path: Path) -> None:
    shop = Shop(tmp_path, CONSENT.replace("default: opt_in", "default: opt_out"))
    shop.send({"userId": "u", "event": "product_added"})
    shop.opened.consents.withdraw(("user_id", "u"), "analytics")
    shop.send({"userId": "u", "event": "order_completed"}, {"userId": "v", "event": "order_completed"})
    assert shop.kept() == ["order_completed", "product_added"]
    assert shop.counted() == {"purchase": 1}
    shop.opened.erase("v")
    shop.send({"userId": "v", "event": "order_completed"})
    assert shop.counted() == {"purchase": 2}  # whoever was erased is asked first


def test_a_server_that_runs_on_forgets_what_the_erased_said(shop: Shop) -> None:
    opened = shop.opened
    opened.consents.give(("user_id", "u"), "analytics")
    withholding = Withholding(opened.store, opened.consents.rules, opened.identity.rules, [])
    withholding._look([])
    assert withholding._allowed([[("user_id", "u")], [("user_id", "v")]]) == [True, False]
    opened.consents.give(("user_id", "v"), "analytics")
    withholding._look([])
    assert withholding._allowed([[("user_id", "u")], [("user_id", "v")]]) == [True, True]
    opened.erase("u")
    withholding._look([])
    assert withholding._allowed([[("user_id", "u")], [("user_id", "v")]]) == [False, True]


def test_a_yes_of_before_an_erasure_that_comes_late_allows_nothing(shop: Shop) -> None:
    shop.send({"userId": "u", "event": "product_added", **said(Analytics=True)})
    before = shop.opened.clock().isoformat()
    shop.opened.erase("u")
    late = {"userId": "u", "event": PREFERENCES, "timestamp": before, **said(Analytics=True)}
    shop.send(late, {"userId": "u", "event": "order_completed"})
    assert not shop.opened.consents.of(("user_id", "u")).records
    assert shop.kept() == []
    shop.send({**late, "timestamp": shop.opened.clock().isoformat()}, {"userId": "u", "event": "order_completed"})
    assert shop.kept() == sorted([PREFERENCES, "order_completed"])


def test_a_shop_without_such_rules_keeps_all(tmp_path: Path) -> None:
    shop = Shop(tmp_path, "purposes: {analytics: {categories: [Analytics]}}\n")
    shop.send({"userId": "u", "event": "product_added", **said(Analytics=False)})
    assert shop.kept() == ["product_added"]


def test_as_a_naive_reading_of_the_rules_says(shop: Shop) -> None:
    chance = Random(3)  # noqa: S311 - no secrets
    people = [f"p{number}" for number in range(6)]
    chose: dict[str, bool] = {}
    kept = 0
    for _ in range(12):
        calls: list[dict[str, Any]] = []
        batch: dict[str, bool] = {}
        for person in people:
            call: dict[str, Any] = {"userId": person, "event": chance.choice(["product_added", PREFERENCES])}
            word = chance.choice([True, False, None])
            if word is not None:
                call |= said(C0002=word)
                if call["event"] == PREFERENCES:
                    batch[person] = word
            calls.append(call)
            kept += word if word is not None else {**chose, **batch}.get(person, False)
        shop.send(*calls)
        chose |= batch
    assert len(shop.kept()) == kept
    assert shop.counted().total() == 12 * len(people) - kept

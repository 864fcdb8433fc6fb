"""Webhooks become rows by their source's own mapping: each once, none lost, whatever lies beside it."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from concurrent.futures import wait
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.arriving import NOW, Clock, opened
from tests.support.sources import source_of
from tests.support.webhooks import SOURCES, github_issue, hook_shop, order, payment

from resa import workspace
from resa.base.clock import to_microseconds
from resa.base.errors import EngineError, InputError, SourceError, TimeExceeded
from resa.base.language import as_it_is, sentence
from resa.collector import HOOK, Hooks, hook_line, hooks, replay
from resa.collector.hooks import _LOOK_SECONDS
from resa.collector.judging import Judge
from resa.runtime import Drained, Drainer, verify
from resa.storage import Arrival, Arrivals, Store


class Desk:
    """A workspace to which webhooks come, without a network."""

    def __init__(self, folder: Path, store: Store, arrivals: Arrivals, drainer: Drainer) -> None:
        self.folder, self.store, self.arrivals, self.drainer = folder, store, arrivals, drainer

    def take(self, source: str, *bodies: bytes | object, seconds: int = 0, **head: Any) -> None:
        """Take requests, as `resa serve` would."""
        at = to_microseconds(NOW + timedelta(seconds=seconds))
        lines = [
            hook_line(body if isinstance(body, bytes) else json.dumps(body).encode(), at, **head) for body in bodies
        ]
        wait([self.arrivals.append(Arrival(source, at, HOOK, line)) for line in lines])

    def drain(self) -> tuple[int, int, int]:
        """Good, rejected, duplicate."""
        total = Drained()
        while (done := self.drainer.drain()).arrivals:
            total.add(done)
        return total.good, total.rejected, total.duplicate

    def events(self, source: str) -> list[dict[str, Any]]:
        found = [row for row in self.store.rows("events").to_pylist() if row["source_id"] == source]
        return sorted(found, key=lambda row: str(row["message_id"]))

    def reasons(self) -> list[tuple[str, str]]:
        return [(row["source_id"], row["reason"]) for row in self.store.rejected().to_pylist()]

    def write(self, source: str, text: str) -> None:
        """Change a source file; it is seen at the next batch."""
        path = self.folder / "sources" / f"{source}.yaml"
        path.write_text(text, encoding="utf-8")
        os.utime(path, ns=(0, path.stat().st_mtime_ns + 1_000_000_000))
        self.look_again()

    def look_again(self) -> None:
        hooks = self.drainer._maker._hooks
        assert hooks is not None
        hooks._looked = -_LOOK_SECONDS

    def replay(self, source: str) -> tuple[int, int, int]:
        text = (self.folder / "sources" / f"{source}.yaml").read_text(encoding="utf-8")
        report = replay(self.drainer.writer, source_of(text, self.folder, name=source))
        return report.good, report.duplicate, report.still_rejected


@contextmanager
def desk_of(folder: Path, **sources: str) -> Iterator[Desk]:
    hook_shop(folder, **sources)
    with opened(folder / ".resa", Clock()) as (store, arrivals):
        with store.writing() as writer:
            drainer = Drainer(writer, arrivals, Hooks(folder))
            yield Desk(folder, store, arrivals, drainer)
            drainer.close()
        assert verify(store, []) == []


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with desk_of(tmp_path) as found:
        yield found


def test_a_shops_order_a_payment_and_an_issue_become_events(desk: Desk) -> None:
    desk.take("shop_orders", order(3), called="msg_3")
    desk.take("payments", payment(1), payment(2, kind="invoice.paid"))
    desk.take("issues", github_issue(7), called="d7", event="issues")
    desk.take("tickets", {"status": "solved", "requester": "u1", "subject": "Trasig kopp", "webhook": "shadowed"})
    assert desk.drain() == (4, 0, 0)
    (bought,) = desk.events("shop_orders")
    assert (bought["message_id"], bought["event"], bought["value"], bought["channel"]) == (
        "msg_3",
        "order_placed",
        103.5,
        "web",
    )
    assert bought["occurred_at"].isoformat() == "2026-11-28T02:58:33+00:00"
    assert bought["identifiers"] == [
        {"kind": "user_id", "value": "7003"},
        {"kind": "email", "value": "kund3@example.com"},
    ]
    assert [item["name"] for item in json.loads(bought["properties"])["items"]] == ["Kaffe, mörkrost", "Te 🍵"]
    (paid,) = desk.events("payments")
    assert (paid["message_id"], paid["value"], json.loads(paid["properties"])) == (
        "evt_1",
        100.51,
        {"currency": "SEK"},
    )
    (issue,) = desk.events("issues")
    assert (issue["message_id"], issue["event"], json.loads(issue["properties"])) == (
        "d7",
        "issues_opened",
        {"repository": "acme/shop", "number": 7},
    )
    (ticket,) = desk.events("tickets")
    assert (ticket["occurred_at"], json.loads(ticket["properties"])) == (NOW, {"subject": "Trasig kopp"})


def test_what_comes_again_in_another_order_is_there_already(desk: Desk) -> None:
    numbers = list(range(20))
    for number in numbers:
        desk.take("shop_orders", order(number), called=f"m{number}")
        desk.take("payments", payment(number))
        desk.take("tickets", {"status": "new", "requester": f"u{number}"})
    assert desk.drain() == (60, 0, 0)
    for number in reversed(numbers):
        desk.take("tickets", {"status": "new", "requester": f"u{number}"}, seconds=60)  # the same body, byte for byte
        desk.take("payments", payment(number))
        desk.take("shop_orders", order(number), called=f"m{number}")
    assert desk.drain() == (0, 0, 60)
    assert len(desk.events("tickets")) == 20


def test_a_member_that_is_missing_is_nothing_and_one_of_another_kind_is_refused(tmp_path: Path) -> None:
    deep = """
hook: {signature: none}
columns:
  occurred_at: at
  event: {expression: "coalesce(a.b.c, 'none')"}
  customer: who.id
  value: {expression: "items[1].price * 2"}
  properties: [extra, who]
"""
    with desk_of(tmp_path, deep=deep) as desk:
        good = {"at": "2026-11-28", "who": {"id": 1}}
        desk.take("deep", {**good, "n": 1}, {**good, "a": None}, {**good, "a": {"b": {"c": "deep"}}, "items": []})
        desk.take("deep", {**good, "items": [{"price": "4.5"}, {"price": None}], "extra": {"x": [1]}})
        desk.take("deep", {**good, "a": "text"}, {**good, "a": {"b": [1]}}, {**good, "items": {"price": 1}})
        desk.take("deep", {**good, "who": {"id": {"x": 1}}}, {"at": "2026-11-28"}, [1, 2], b"3", b'"text"', b"null")
        assert desk.drain() == (4, 9, 0)
        found = sorted((row["event"], row["value"], row["properties"]) for row in desk.events("deep") if row["value"])
        assert found == [("none", 9.0, '{"extra":{"x":[1]},"who":{"id":1}}')]
        assert sorted(row["event"] for row in desk.events("deep")) == ["deep", "none", "none", "none"]
        reasons = [reason for _, reason in desk.reasons()]
        assert reasons[:3] == ["other-shape"] * 3
        assert reasons[3:] == ["wrong-type", "no-customer", *["no-time"] * 4]


def test_a_list_gives_a_row_for_each_of_its_items(tmp_path: Path) -> None:
    lists = """
hook: {signature: none}
select: |
  select item.id as message_id, item.at as occurred_at, 'seen' as event, item.who as customer, tag.name as tag
  from row, unnest(row.body) as item, unnest(item.tags) as tag
  where item.at is not null
"""
    with desk_of(tmp_path, lists=lists) as desk:
        item = {"at": "2026-11-28", "who": "u", "tags": [{"name": "a"}]}
        desk.take(
            "lists", [{**item, "id": 1}, {**item, "id": 2}, {"id": 3, "tags": [{}]}], [{**item, "id": "", "who": 4}]
        )
        desk.take("lists", [], {"body": "text"}, {"else": 1})
        assert desk.drain() == (2, 2, 0)
        assert [row["message_id"] for row in desk.events("lists")] == ["1", "2"]
        assert sorted(desk.reasons()) == [("lists", "no-id"), ("lists", "other-shape")]


def test_a_hook_that_fails_holds_up_no_other_and_loses_nothing(desk: Desk) -> None:
    """It is gone while its requests wait: they are kept whole, and go in once it is there again."""
    text = SOURCES["payments"]
    (desk.folder / "sources" / "payments.yaml").unlink()
    desk.look_again()
    for number in range(10):
        desk.take("payments", payment(number))
        desk.take("shop_orders", order(number), called=f"m{number}")
    assert desk.drain() == (10, 10, 0)
    assert desk.reasons() == [("payments", "no-source")] * 10
    desk.write("payments", text)
    assert desk.replay("payments") == (10, 0, 0)
    assert desk.events("payments")[0]["message_id"] == "evt_0"
    desk.take("payments", payment(1), payment(11))
    assert desk.drain() == (1, 0, 1)


def test_what_a_select_refused_is_read_again_by_another_select(desk: Desk) -> None:
    wrong = SOURCES["payments"].replace("row.created as occurred_at", "row.made as occurred_at")
    desk.write("payments", wrong)
    desk.take("payments", payment(1), payment(2))
    assert desk.drain() == (0, 2, 0)
    assert desk.reasons() == [("payments", "no-time")] * 2
    assert desk.replay("payments") == (0, 0, 2)
    desk.write("payments", SOURCES["payments"])
    assert desk.replay("payments") == (2, 0, 0)
    assert [row["value"] for row in desk.events("payments")] == [100.51, 100.52]
    assert desk.reasons() == []


def test_rows_of_one_request_wait_together(tmp_path: Path) -> None:
    text = """
hook: {signature: none}
select: |
  select item.id as message_id, item.at as occurred_at, 'seen' as event, row.who as customer
  from row, unnest(row.items) as item
"""
    with desk_of(tmp_path, lists=text) as desk:
        items = [{"id": 1, "at": "2026-11-28"}, {"id": 2, "day": "2026-11-28"}, {"id": 3, "day": "2026-11-29"}]
        desk.take("lists", {"who": "u", "items": items})
        assert desk.drain() == (1, 2, 0)
        desk.write("lists", text.replace("item.at", "coalesce(item.at, item.day)"))
        assert desk.replay("lists") == (2, 4, 0)
        assert [row["message_id"] for row in desk.events("lists")] == ["1", "2", "3"]
        assert desk.reasons() == []


def test_an_edit_counts_from_the_next_batch_and_a_wrong_one_does_not(desk: Desk) -> None:
    desk.take("tickets", {"status": "new", "requester": "u", "n": 1})
    assert desk.drain() == (1, 0, 0)
    desk.write("tickets", SOURCES["tickets"].replace("event: status", "event: {always: ticket}"))
    desk.take("tickets", {"status": "new", "requester": "u", "n": 2})
    assert desk.drain() == (1, 0, 0)
    desk.write("tickets", SOURCES["tickets"].replace("event: status", "event: {expression: nope(}"))
    desk.take("tickets", {"status": "new", "requester": "u", "n": 3})
    assert desk.drain() == (1, 0, 0)
    assert sorted(row["event"] for row in desk.events("tickets")) == ["new", "ticket", "ticket"]
    desk.write("tickets", "path: tickets.csv\ncolumns: {occurred_at: a, event: b, customer: c}\n")
    desk.take("tickets", {"status": "new", "requester": "u", "n": 4})
    assert desk.drain() == (0, 1, 0)


def test_calls_and_webhooks_of_one_source_go_in_by_their_order(desk: Desk) -> None:
    call = Arrival("tickets", to_microseconds(NOW), "track", b'{"event": "seen", "userId": "u", "messageId": "c"}')
    desk.take("tickets", {"status": "new", "requester": "u"})
    wait([desk.arrivals.append(call)])
    desk.take("tickets", {"status": "solved", "requester": "u"}, seconds=5)
    assert desk.drain() == (3, 0, 0)
    found = sorted(desk.store.rows("events").to_pylist(), key=lambda row: int(row["sequence"]))
    assert {row["event"] for row in found} == {"new", "seen", "solved"}
    received = {row["event"]: row["received_at"] for row in found}
    assert received["solved"] - received["new"] == timedelta(seconds=5)
    assert desk.store.consumed()["tickets"] == 3


def test_one_that_cannot_be_read_costs_none_beside_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    judge = Judge.judge

    def failing(self: Judge, piece: Any) -> Any:
        if any("poison" in line for line in piece.table.column(0).to_pylist()):
            raise EngineError(sentence("out of luck"), sql="")
        return judge(self, piece)

    monkeypatch.setattr(Judge, "judge", failing)
    for number in range(30):
        desk.take("tickets", {"status": "poison" if number == 17 else "new", "requester": "u", "n": number})
    assert desk.drain() == (29, 1, 0)
    assert desk.reasons() == [("tickets", "no-source")]


SLOW = """
hook: {signature: none}
columns:
  occurred_at: webhook.received_at
  event: {expression: "case when regexp_matches(text, '(x|w)*x.{500}[yz]') then 'seen' else 'not seen' end"}
  customer: who
"""


def test_what_did_not_get_its_time_is_not_slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped: list[int] = []
    judge = Judge.judge

    def hindered(self: Judge, piece: Any) -> Any:
        if len(stopped) < 3:  # as on a machine that is busy with others
            stopped.append(piece.table.num_rows)
            raise TimeExceeded(as_it_is("stopped"))
        return judge(self, piece)

    monkeypatch.setattr(Judge, "judge", hindered)
    tickets = "hook: {signature: none}\ncolumns: {occurred_at: webhook.received_at, event: status, customer: who}\n"
    with desk_of(tmp_path, tickets=tickets) as desk:
        desk.take("tickets", {"status": "new", "who": "u"})
        assert desk.drain() == (1, 0, 0)
    assert stopped == [1, 1, 1]


def test_slow_sql_keeps_nobody_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is stopped, rests, and is tried again; what it was to read is refused meanwhile, and can be replayed."""
    clock = [0.0]
    for name, value in {"_MOST_SECONDS": 0.5, "_FEW": 10, "monotonic": lambda: clock[0]}.items():
        monkeypatch.setattr(hooks, name, value)
    text = "".join(random.Random(1).choices("xw", k=100_000))  # noqa: S311 - no secret; of no pattern that could be kept
    few, many = {"who": "u", "text": "x"}, {"who": "u", "text": text}
    tickets = "hook: {signature: none}\ncolumns: {occurred_at: webhook.received_at, event: status, customer: who}\n"
    asked: list[int] = []
    judge = Judge.judge

    def counting(self: Judge, piece: Any) -> Any:
        asked.append(piece.table.num_rows)
        clock[0] += 0.1
        return judge(self, piece)

    monkeypatch.setattr(Judge, "judge", counting)
    with desk_of(tmp_path, slow=SLOW, tickets=tickets) as desk:
        for number in range(30):
            desk.take("slow", {**many, "number": number})
            desk.take("tickets", {"status": "new", "who": "u", "number": number})
        assert desk.drain() == (30, 30, 0)
        assert desk.reasons() == [("slow", "too-slow")] * 30
        # Slow, slow with fewer (again on a busy machine), tickets; the others of slow were refused while it rested
        assert (asked[0], set(asked[1:-1]), asked[-1]) == (30, {10}, 30)
        desk.take("slow", {**few, "number": 30})
        assert desk.drain() == (0, 1, 0)
        clock[0] += 60
        desk.take("slow", {**few, "number": 31})
        assert desk.drain() == (1, 0, 0)
        desk.write("slow", SLOW.replace(".{500}", ""))
        assert desk.replay("slow") == (31, 0, 0)


def test_other_kinds_of_rows(tmp_path: Path) -> None:
    people = "kind: customers\nhook: {signature: none}\ncolumns: {customer: id, traits: [plan]}\n"
    scores = "kind: feedback\nhook: {signature: none}\nlateness: 2 hours\n"
    scores += "columns: {occurred_at: at, touchpoint: where, score: n}\n"
    nobody = (
        "hook: {signature: none}\nwithout_customer: count\ncolumns: {occurred_at: at, event: what, customer: who}\n"
    )
    with desk_of(tmp_path, people=people, scores=scores, nobody=nobody) as desk:
        desk.take("people", {"id": 1, "plan": "gold"})
        desk.take("scores", {"at": "2026-11-28", "where": "cart", "n": 5})
        desk.take("nobody", {"at": "2026-11-28", "what": "footfall"}, {"at": "2026-11-28", "what": "buy", "who": 2})
        assert desk.drain() == (4, 0, 0)
        (person,) = desk.store.rows("customers").to_pylist()
        assert (person["recorded_at"], person["traits"]) == (NOW, '{"plan":"gold"}')
        assert desk.store.rows("feedback").num_rows == 1
        assert desk.store.rows("daily_numbers").column("number").to_pylist() == ["footfall"]
        desk.drainer.state_complete()
        until = {load.source_id: load.complete_until for load in desk.store.loads()}
        assert until == {
            "people": NOW - timedelta(minutes=5),
            "scores": NOW - timedelta(hours=2),
            "nobody": NOW - timedelta(minutes=5),
        }


def test_collecting_files_leaves_hooks_alone(tmp_path: Path) -> None:
    hook_shop(tmp_path)
    with workspace.open(tmp_path) as shop:
        assert shop.collect() == []
        with pytest.raises(SourceError, match="come over HTTP"):
            shop.collect("payments")


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
_fields = ("status", "requester", "webhook", "body", "id", "object", "a")
_bodies = st.dictionaries(st.sampled_from(_fields), _json, max_size=5).map(lambda body: json.dumps(body).encode()) | (
    st.binary(max_size=30)
)


@given(st.lists(_bodies, max_size=12))
@settings(max_examples=8)
def test_whatever_comes_is_counted(tmp_path_factory: pytest.TempPathFactory, bodies: list[bytes]) -> None:
    deep = SOURCES["tickets"].replace("event: status", 'event: {expression: "concat(status, a.b, a.c[1])"}')
    with desk_of(tmp_path_factory.mktemp("fuzz"), tickets=SOURCES["tickets"], deep=deep) as desk:
        taken = 0
        for body in bodies:
            for source in ("tickets", "deep"):
                try:
                    desk.take(source, body)
                except InputError:
                    continue
                taken += 1
        assert sum(desk.drain()) == taken
        for load in desk.store.loads():
            assert load.rows_read == load.rows_in == load.good + load.rejected + load.duplicate

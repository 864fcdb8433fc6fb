"""Segment's calls: what a request must be, and the rows that calls become."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from resa.base.clock import to_microseconds
from resa.base.errors import InputError
from resa.collector import COUNTED, Request, read_segment, segment_problems, segment_rows
from resa.storage import Arrival

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
RECEIVED = to_microseconds(NOW)


def arrival(body: object, kind: str = "batch", *, number: int = 7) -> Arrival:
    return Arrival("web", RECEIVED, kind, json.dumps(body).encode(), number)


def event(kind: str = "track", **call: Any) -> dict[str, Any]:
    """The one event that a call becomes."""
    rows = segment_rows([arrival({"userId": "u1", "event": "seen", **call}, kind)])
    assert rows.rejected.num_rows == 0, rows.rejected.to_pylist()
    (found,) = rows.events.to_pylist()
    return dict(found)


def properties(kind: str = "track", **call: Any) -> Any:
    return json.loads(event(kind, **call)["properties"] or "{}")


def refused(kind: str = "track", **call: Any) -> tuple[str, str]:
    (row,) = segment_rows([arrival({"userId": "u1", "event": "seen", **call}, kind)]).rejected.to_pylist()
    return row["reason"], row["detail"]


def test_a_track_call_is_an_event_of_its_name() -> None:
    found = event(anonymousId="a1", properties={"total": 12.5}, timestamp="2026-11-28T11:00:00.123Z", messageId="m1")
    assert found["event"] == "seen"
    assert found["occurred_at"] == datetime(2026, 11, 28, 11, 0, 0, 123_000, UTC)
    assert found["received_at"] == NOW
    assert found["identifiers"] == [{"kind": "user_id", "value": "u1"}, {"kind": "anonymous_id", "value": "a1"}]
    assert json.loads(found["properties"]) == {"total": 12.5}
    assert segment_rows([arrival({"userId": "u", "event": "x", "messageId": "m1"}, "track")]).message_ids[
        0
    ].as_py() == ("m1")


def test_a_page_has_what_the_context_says_of_it() -> None:
    context = {"page": {"path": "/p/tea", "title": "Tea"}}
    found = properties("page", name="Home", category="shop", context=context, properties={"title": "Own"})
    assert found == {"path": "/p/tea", "title": "Own", "name": "Home", "category": "shop"}
    assert event("page")["event"] == "page"
    assert event("page")["channel"] == "web"
    assert event("screen", name="Cart")["event"] == "screen"
    assert event("screen", name="Cart")["channel"] == "app"


def test_an_identify_call_says_what_a_customer_is() -> None:
    traits = {"email": "ann@example.com", "phone": 46701234567, "plan": "gold"}
    rows = segment_rows([arrival({"userId": "u1", "traits": traits, "messageId": "m"}, "identify")])
    assert rows.events.num_rows == 0
    ((kind, table),) = rows.others
    (found,) = table.to_pylist()
    assert kind == "customers"
    assert json.loads(found["traits"]) == traits
    assert [(one["kind"], one["value"]) for one in found["identifiers"]] == [
        ("user_id", "u1"),
        ("email", "ann@example.com"),
        ("phone", "46701234567"),
    ]


def test_group_and_alias_are_events() -> None:
    assert properties("group", groupId="g1", traits={"name": "Acme"}) == {"group_id": "g1", "traits": {"name": "Acme"}}
    assert properties("alias", previousId="a1") == {"previous_id": "a1"}
    assert refused("group") == ("no-id", "groupId is empty")
    assert refused("alias") == ("no-id", "previousId is empty")


def test_what_is_not_kept_of_a_context() -> None:
    agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"
    context = {"ip": "192.0.2.1", "userAgent": agent, "traits": {"email": "a@b.se"}, "campaign": {"name": "spring"}}
    found = event(context=context)
    assert json.loads(found["properties"]) == {"context": {"campaign": {"name": "spring"}}}
    assert found["device"] == "mobile"
    assert event(context={"device": {"type": "ios"}})["device"] == "mobile"
    assert event(context={"device": {"type": "Tablet"}})["device"] == "tablet"
    assert event()["device"] is None


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ({"userId": None}, "no-customer"),
        ({"userId": "  "}, "no-customer"),
        ({"userId": True}, "wrong-type"),
        ({"userId": {"id": 1}}, "wrong-type"),
        ({"userId": "x" * 513}, "overlong"),
        ({"userId": "a\0b"}, "nul-byte"),
        ({"event": None}, "no-event"),
        ({"event": 5}, "wrong-type"),
        ({"event": "x" * 513}, "overlong"),
        ({"properties": [1]}, "wrong-type"),
        ({"properties": {"text": "a\0b"}}, "nul-byte"),
        ({"properties": {"text": "x" * 32_760}}, "overlong"),
        ({"context": "web"}, "wrong-type"),
        ({"timestamp": "yesterday"}, "unreadable-time"),
        ({"timestamp": True}, "unreadable-time"),
        ({"timestamp": "1970-01-01T00:00:00Z"}, "too-old"),
        ({"timestamp": "2026-11-29T12:00:01Z"}, "future"),
        ({"timestamp": "9999-12-31T23:59:59-23:00"}, "future"),
        ({"messageId": ["m"]}, "wrong-type"),
    ],
)
def test_why_a_call_is_refused(call: dict[str, Any], reason: str) -> None:
    assert refused(**call)[0] == reason


@pytest.mark.parametrize(
    ("timestamp", "expected"),
    [
        ("2026-11-28T11:00:00Z", "11:00:00"),
        ("2026-11-28T12:00:00+01:00", "11:00:00"),
        ("2026-11-28 11:00:00", "11:00:00"),
        ("20261128T110000Z", "11:00:00"),
        (1_795_863_600, "11:00:00"),
        (1_795_863_600_000, "11:00:00"),
        (1_795_863_600.5, "11:00:00.500000"),
        ("2026-11-29T12:00:00Z", "12:00:00"),  # 24 hours ahead: the last that is taken
    ],
)
def test_forms_of_times(timestamp: object, expected: str) -> None:
    assert str(event(timestamp=timestamp)["occurred_at"].time()) == expected


@pytest.mark.parametrize(
    ("behind", "moved"),
    [(timedelta(minutes=5), False), (timedelta(minutes=5, microseconds=1), True), (timedelta(hours=-48), True)],
)
def test_a_clock_is_corrected_beyond_minutes(behind: timedelta, moved: bool) -> None:
    """It shows `behind` less than ours; the event was ten minutes before the request left."""
    sent = NOW - behind
    happened = sent - timedelta(minutes=10)
    found = event(timestamp=happened.isoformat(), sentAt=sent.isoformat())
    assert found["occurred_at"] == (NOW - timedelta(minutes=10) if moved else happened)
    assert found["sent_at"] == sent


def test_a_batch_says_for_all_what_is_common() -> None:
    calls = [
        {"type": "track", "event": "a", "userId": "1"},
        {"type": "nothing", "userId": "1"},
        {"type": "track", "event": "b", "userId": 2, "context": {"locale": "sv"}},
        "text",
        {"type": "identify", "userId": "1", "traits": {}},
    ]
    rows = segment_rows([arrival({"batch": calls, "context": {"locale": "nb", "app": {"name": "x"}}})], first_row=11)
    assert rows.items == 5
    assert [json.loads(text)["context"]["locale"] for text in rows.events.column("properties").to_pylist()] == [
        "nb",
        "sv",
    ]
    assert [(row["row"], row["reason"]) for row in rows.rejected.to_pylist()] == [
        (12, "unknown-call"),
        (14, "bad-json"),
    ]
    assert rows.message_ids.to_pylist() == ["7-0", "7-2", "7-4"]
    assert json.loads(rows.rejected.column("payload")[0].as_py()) == calls[1]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "not the JSON of a call"),
        (b"[]", "not the JSON of a call"),
        (b"nonsense", "not the JSON of a call"),
        (b'{"batch": [{"a": 1}', "not the JSON of a call"),
        (b"\xff\xfe", "not the JSON of a call"),
        (b'{"batch": 5}', "not the JSON of a call"),
        (b"{}", "no list 'batch'"),
        (b'{"batch": [' + b"1," * 2_500 + b"1]}", "holds 2,501 calls; send at most 2,500"),
        (b'{"batch": [], "context": ' + b"[" * 5_000 + b"]" * 5_000 + b"}", "not the JSON of a call"),
    ],
)
def test_a_body_that_is_no_request(body: bytes, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read_segment(body, "batch")
    assert message in str(caught.value)


def test_problems_are_told_before_a_request_is_taken() -> None:
    request = Request(None, [b'{"type": "track", "event": "a", "userId": "1"}', b'{"type": "track"}'])
    ((place, problem),) = segment_problems(request, "batch", RECEIVED)
    assert (place, problem.reason, problem.path) == (1, "no-event", "event")


@pytest.mark.parametrize("sent_at", [1e300, -1e300, 1e17, -1e17])
def test_a_moment_that_no_calendar_holds_says_nothing(sent_at: float) -> None:
    assert event(sentAt=sent_at)["sent_at"] is None
    rows = segment_rows([arrival({"batch": [{"type": "track", "event": "x", "userId": "u"}], "sentAt": sent_at})])
    assert rows.events.num_rows == 1
    assert refused(timestamp=sent_at, sentAt=sent_at)[0] == "unreadable-time"


def test_half_a_letter_costs_neither_its_call_nor_others() -> None:
    """Browsers cut texts within an emoji, and write the half that is left as an escape."""
    body = rb'{"batch": [{"type": "track", "event": "cut \ud83d", "userId": "u",'
    body += rb' "properties": {"a": "\\ud83d \ud83d\ude00"}}, {"type": "track", "event": "whole", "userId": "u"}]}'
    rows = segment_rows([Arrival("web", RECEIVED, "batch", body, 7)])
    assert rows.events.column("event").to_pylist() == ["cut \ufffd", "whole"]
    assert json.loads(rows.events.column("properties")[0].as_py()) == {"a": "\\ud83d \U0001f600"}


def test_what_looks_like_a_zero_byte_is_none() -> None:
    assert properties(properties={"pattern": r"\u0000"}) == {"pattern": r"\u0000"}
    assert refused(properties={"a": "\\\0"})[0] == "nul-byte"


def test_a_call_of_too_many_levels_is_refused_by_itself() -> None:
    deep: Any = 1
    for _ in range(200):
        deep = {"a": deep}
    calls = [{"type": "track", "event": "x", "userId": "u", "properties": one} for one in ({"a": deep}, {"a": 1})]
    rows = segment_rows([arrival({"batch": calls})])
    assert rows.reasons == {"too-deep": 1}
    assert rows.events.num_rows == 1
    wide = {"a": [{"b": "{[" * 50} for _ in range(200)]}
    assert properties(properties=wide) == wide


def test_what_is_said_of_a_wrong_call_tells_nothing_of_the_customer() -> None:
    name = "ann@example.com"
    whole = {"type": "track", "event": "x", "userId": name, "messageId": name}
    members = ("type", "event", "userId", "messageId", "timestamp", "properties", "context", "groupId")
    wrong = [
        {**whole, member: value} for member in members for value in ([name], {name: name}, name * 100, f"{name}\0")
    ]
    rows = segment_rows([arrival({"batch": wrong})])
    assert rows.rejected.num_rows > len(members)
    assert not any("ann" in detail for detail in rows.rejected.column("detail").to_pylist())
    for body in (f'{{"batch": "{name}"}}', f'{{"writeKey": ["{name}"]}}', f'{{"{name}": {name}}}', name):
        with pytest.raises(InputError) as raised:
            read_segment(body.encode(), "batch")
        assert "ann" not in str(raised.value)


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "bot"),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/140.0 Safari/537.36",
            "bot",
        ),
        (
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
            "bot",
        ),
        ("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", "bot"),
        ("facebookexternalhit/1.1", "bot"),
        ("python-requests/2.32", "bot"),
        ("Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)", "desktop"),
        ("Mozilla/5.0 (Linux; Android 14; CUBOT X70) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "mobile"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Instagram",
            "mobile",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "desktop"),
    ],
)
def test_bots_are_told_by_the_name_that_they_give(agent: str, device: str) -> None:
    assert event(context={"userAgent": agent})["device"] == device
    if device == "bot":
        assert event(context={"userAgent": agent, "device": {"type": "mobile"}})["device"] == "bot"
    assert event(context={"device": {"type": "bot"}})["device"] == "bot"


def test_what_names_nobody_is_a_daily_number() -> None:
    call = {"event": "link_clicked", "messageId": "m", "properties": {"to": "https://shop.example"}}
    bot = {**call, "messageId": "b", "context": {"userAgent": "Slackbot-LinkExpanding 1.0"}}
    person = {"userId": "u1", "traits": {}, "messageId": "p"}
    rows = segment_rows(
        [arrival(call, COUNTED), arrival(person, "identify"), arrival(bot, COUNTED), arrival(call, "track")]
    )
    assert rows.events.num_rows == 0
    (_, people), (kind, numbers) = rows.others
    assert rows.message_ids.to_pylist() == ["p", "m", "b"]
    assert people.num_rows == 1
    assert kind == "daily_numbers"
    assert [(row["day"], row["number"], row["value"]) for row in numbers.to_pylist()] == [
        (NOW.date(), "link_clicked", 1.0),
        (NOW.date(), "link_clicked_by_bots", 1.0),
    ]
    assert json.loads(numbers.to_pylist()[0]["properties"]) == {"to": "https://shop.example"}
    assert rows.reasons == {"no-customer": 1}  # a call of whoever has a key must name somebody

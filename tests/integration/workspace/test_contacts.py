"""How a customer can be reached, from events and from the link that she alone got."""

from __future__ import annotations

from pathlib import Path

import resa
from resa.identity import ContactPoint

MAP = "title: T\nstages: {s: [order]}\nsignals: {order: {event: order}}\n"
EVENTS = """time,user,mail,phone,event,to
2026-05-01T10:00:00Z,7,anna@shop.se,+46701740605,order,
2026-05-02T10:00:00Z,7,old@shop.se,,order,
2026-05-03T10:00:00Z,7,,,Email Bounced,OLD@shop.se
2026-05-04T10:00:00Z,7,,,Email Bounced,
2026-05-05T10:00:00Z,8,bo@shop.se,,order,
2026-05-06T10:00:00Z,8,,,Unsubscribed,
2026-05-07T10:00:00Z,9,,,Email Bounced,
"""
SOURCE = """path: events.csv
columns:
  occurred_at: time
  identifiers: {user_id: user, email: mail, phone: phone}
  event: event
  properties: [to]
"""
CONSENT = "country: SE\ntopics: {news: {double_opt_in: true, wordings: {'1': May we write to you?}}}\n"


def test_events_and_confirmations_tell(tmp_path: Path) -> None:
    (tmp_path / "sources").mkdir()
    for name, text in (
        ("journey.yaml", MAP),
        ("events.csv", EVENTS),
        ("sources/mail.yaml", SOURCE),
        ("consent.yaml", CONSENT),
    ):
        (tmp_path / name).write_text(text)
    with resa.open(tmp_path) as shop:
        shop.collect()

        def contacts(user: str) -> dict[str, ContactPoint]:
            return {one.value: one for one in shop.customer(user).contacts}

        hers = contacts("7")
        assert {value: one.state for value, one in hers.items()} == {
            "anna@shop.se": "unknown",  # of the second bounce nobody knows whose address it was
            "old@shop.se": "bounced",
            "+46701740605": "unknown",
        }
        assert (hers["old@shop.se"].source, str(hers["old@shop.se"].since)) == ("mail", "2026-05-03 10:00:00+00:00")
        assert contacts("8")["bo@shop.se"].state == "unsubscribed"  # it is his only one
        assert contacts("9") == {}
        link = shop.consents.ask(("email", "bo@shop.se"), "news", source="page")
        assert contacts("8")["bo@shop.se"].state == "unsubscribed"
        assert shop.consents.confirm(link.rpartition("/")[2]) is not None
        confirmed = contacts("8")["bo@shop.se"]
        assert (confirmed.state, confirmed.source) == ("confirmed", "page")
        assert shop.customer("8").document["contacts"][0]["state"] == "confirmed"

"""A small shop whose customers have all that a page can show of one, and the screens of it, by role."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from litestar.testing import TestClient
from tests.support.screens import PASSWORD, SECRET

import resa
from resa.screens.application import application
from resa.workspace.segments import following

if TYPE_CHECKING:
    from httpx import Response
    from litestar import Litestar

    from resa.workspace.people import Role

__all__ = ["EVIL", "Browser", "made_shop", "screens_of"]

EVIL = "<script>alert(1)</script>"

_FILES = {
    "journey.yaml": """
title: A shop
timezone: Europe/Stockholm
stages: {consideration: [cart], conversion: [purchase], loyalty: [letter]}
personas: {fan: {about: Buys much., who: traits.orders >= 2}}
touchpoints:
  cart: {name: Cart, expect: [{next: purchase, within: 3 days}]}
  purchase: {promise: [{next: letter, within: 1 day}]}
signals:
  cart: {event: cart}
  purchase: {event: order, value: properties.total}
  letter: {event: letter}
""",
    "segments.yaml": """
regulars:
  name: Regulars
  owner: Karin
  about: Buys often.
  who: traits.orders >= 2 and traits.town in ('Lund', 'Malmö')
southern:
  name: In the south
  who: traits.town in ('Lund', 'Malmö')
""",
    "traits.yaml": "orders: {of: purchase, count: events}\nlast_order: {of: purchase, last: occurred_at}\n",
    "consent.yaml": """
country: SE
topics: {news: {name: Newsletter, wordings: {v1: May we write to you?}}, offers: {}}
""",
    "sources/events.yaml": """
path: events*.csv
columns:
  occurred_at: time
  identifiers: {user_id: user, email: mail, phone: phone}
  event: event
  channel: channel
  properties: {total: {column: total, type: number}, note: note, group_id: group_id, type: type, name: name, role: role}
""",
    "sources/members.yaml": """
path: members.csv
kind: customers
columns: {recorded_at: recorded, identifiers: {user_id: user}, traits: [town, note]}
""",
    "members.csv": f"""user,town,note,recorded
anna,Uppsala,,2026-05-01T00:00:00Z
anna,Lund,{EVIL},2026-05-05T00:00:00Z
bo,Malmö,,2026-05-01T00:00:00Z
twin,Kalmar,,2026-05-01T00:00:00Z
""",
}
_HEADING = "time,user,mail,phone,event,channel,total,note,group_id,type,name,role\n"
_EVENTS = f"""2026-05-04T10:00:00Z,anna,anna@shop.se,+46701740605,cart,web,,{EVIL},,,,
2026-05-04T10:20:00Z,anna,,,order,web,12.5,,,,,
2026-05-06T09:00:00Z,anna,,,cart,app,,,,,,
2026-05-06T10:00:00Z,anna,,,group,,,,nord,account,Nord AB,buyer
2026-05-06T10:00:01Z,,anna@shop.se,,Email Bounced,,,,,,,
2026-05-05T09:00:00Z,bo,,,order,store,5,,,,,
2026-05-05T09:00:00Z,,twin@shop.se,,cart,web,,,,,,
2026-05-05T09:00:00Z,leaver,leaver@shop.se,,cart,web,,,,,,
2026-05-05T09:00:00Z,{EVIL},,,cart,web,,,,,,
2026-05-07T09:00:00Z,{EVIL},,,letter,web,,,,,,
2026-05-04T10:00:00Z,7,,,cart,web,,,,,,
2026-05-04T10:00:00Z,,7@shop.se,,cart,web,,,,,,
"""


def made_shop(folder: Path) -> Path:
    """The shop, with somebody of every role who may sign in."""
    (folder / "sources").mkdir(parents=True)
    for name, text in _FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    many = [f"2026-04-{1 + n // 12:02}T{8 + n % 12:02}:00:00Z,busy,,,letter,mail,,n{n},,,,\n" for n in range(120)]
    same = ["2026-03-01T08:00:00Z,busy,,,letter,mail,,s,,,,\n"] * 60
    same = [line.replace(",s,", f",s{n},") for n, line in enumerate(same)]
    (folder / "events.csv").write_text(_HEADING + _EVENTS + "".join(many + same), encoding="utf-8")
    with resa.open(folder) as shop:
        shop.collect()
        with shop.store.writing() as writer:
            following(shop, writer)()
        later = "2026-05-08T09:00:00Z,anna,,,order,web,20,,,,,\n"
        (folder / "events_later.csv").write_text(_HEADING + later, encoding="utf-8")
        shop.collect()
        with shop.store.writing() as writer:
            following(shop, writer)()
        shop.consents.give(("email", "anna@shop.se"), "news", wording="v1", source="checkout")
        for role in ("viewer", "analyst", "marketer", "service", "privacy_officer", "admin"):
            shop.people.accept(shop.people.invite(f"{role}@shop.se", role.title(), role), PASSWORD)
    return folder


@dataclass
class Browser:
    """Somebody who is signed in, and looks at screens."""

    client: TestClient[Litestar]
    token: str

    def get(self, path: str) -> Response:
        """Open a page."""
        return self.client.get(path)

    def send(self, path: str, **values: str) -> Response:
        """Send a form, and follow where it leads."""
        return self.client.post(path, data={**values, "_csrf_token": self.token})


@contextmanager
def screens_of(folder: Path, language: str = "en") -> Iterator[Callable[[Role], Browser]]:
    """The screens of a shop; called with a role, somebody of it who is signed in.

    Args:
        folder: The shop.
        language: That the browsers like.
    """
    known: dict[Role, Browser] = {}
    with ExitStack() as stack:

        def of(role: Role) -> Browser:
            if role not in known:
                client = stack.enter_context(TestClient(application(folder, SECRET)))
                client.headers.update({"x-resa-secret": SECRET, "accept-language": language})
                token = re.findall(r'name="_csrf_token" value="([^"]+)"', client.get("/sign-in").text)[0]
                form = {"email": f"{role}@shop.se", "password": PASSWORD, "to": "/segments", "_csrf_token": token}
                assert client.post("/sign-in", data=form).status_code == 200
                known[role] = Browser(client, token)
            return known[role]

        yield of

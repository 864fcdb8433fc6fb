"""Owners are told what concerns them, once, by mail and webhook; and what was stopped is told no more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from tests.support.mail_server import MailServer, Receiver, closed_port, mail_server, receiver

import resa
from resa.storage import list_tellings
from resa.workspace import Workspace
from resa.workspace.telling import Recipients, stopped_by, tell

MAP = """
title: A shop
owner: Karin
review: every 3 months
reviewed: 2026-01-15
stages: {consideration: [page], conversion: [cart, purchase]}
touchpoints:
  page: {owner: "Ali, e-commerce", expect: [{next: cart, within: 1 day, target: 20 %}]}
  cart:
    expect: [{next: purchase, within: 1 day, target: 75 %, owner: "Ali, e-commerce"}]
  purchase: {promise: [{next: delivery, within: 2 days, owner: Store}]}
improvements:
  one_page: {name: Checkout on one page, owner: Karin, state: done, since: 2026-06-13, should_move: cart.purchase}
metrics:
  pages: {count: visits, of: page}
signals: {page: {event: page}, cart: {event: cart}, purchase: {event: order}, delivery: {event: parcel}}
""".replace("conversion: [cart, purchase]}", "conversion: [cart, purchase], loyalty: [delivery]}")
SOURCE = "path: {name}*.csv\ncolumns: {{occurred_at: time, identifiers: {{user_id: user}}, event: event}}\n"
BEGIN = datetime(2026, 4, 1, 8, tzinfo=UTC)
DAY = timedelta(days=1)
DAYS = 110
FELL = 90
MONDAY = datetime(2026, 7, 20, 10, tzinfo=UTC)
FRIDAY = datetime(2026, 7, 24, 10, tzinfo=UTC)


def rows(first: int, last: int, bought: int) -> Iterator[str]:
    """A file of some days: each day twenty put something into the cart; so many of them buy it, and get it."""
    yield "time,user,event"
    for day in range(first, last):
        for number in range(20):
            at = BEGIN + day * DAY + timedelta(minutes=number)
            who = f"u{day}_{number}"
            yield f"{at:%Y-%m-%dT%H:%M:%SZ},{who},page"
            yield f"{at + timedelta(minutes=5):%Y-%m-%dT%H:%M:%SZ},{who},cart"
            if number < bought:
                yield f"{at + timedelta(minutes=9):%Y-%m-%dT%H:%M:%SZ},{who},order"
                if day < FELL or number < 3:
                    yield f"{at + DAY:%Y-%m-%dT%H:%M:%SZ},{who},parcel"


def made(folder: Path, settings: str = "") -> Path:
    (folder / "sources").mkdir()
    (folder / "journey.yaml").write_text(MAP, encoding="utf-8")
    (folder / "resa.toml").write_text(settings, encoding="utf-8")
    (folder / "sources" / "web.yaml").write_text(SOURCE.format(name="web"), encoding="utf-8")
    for number, (first, last, bought) in enumerate(((0, FELL, 17), (FELL, DAYS, 9))):
        text = "\n".join(rows(first, last, bought)) + "\n"
        (folder / f"web_{number}.csv").write_text(text, encoding="utf-8")
    with resa.open(folder) as shop:
        shop.collect()
        for name in ("anna", "bo"):
            shop.people.invite(f"{name}@shop.se", name.title(), "admin")
    return folder


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with receiver() as found:
        monkeypatch.setenv("TEAM_HOOK", f"http://127.0.0.1:{found.port}/secret/path")
        yield found


@pytest.fixture
def folder(tmp_path: Path, mail: MailServer) -> Path:
    return made(
        tmp_path,
        f'smtp_host = "127.0.0.1"\nsmtp_port = {mail.port}\nsmtp_security = "none"\nsmtp_from = "resa@shop.se"\n'
        'public_address = "https://resa.shop.se"\nwebhooks = ["team slack TEAM_HOOK"]\n'
        'webhook_networks = ["127.0.0.0/8"]\n',
    )


class Clock:
    """What time it is, as a test says."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def bound(folder: Path, now: datetime = FRIDAY) -> tuple[Workspace, Clock]:
    clock = Clock(now)
    shop = Workspace(folder, clock=clock)
    recipients = Recipients(shop)
    anna, bo = (key for key, one in recipients.people.items() if one.email in {"anna@shop.se", "bo@shop.se"})
    recipients.bind("Ali, e-commerce", [anna], by="bo@shop.se")
    recipients.bind("Karin", [bo], by="bo@shop.se")
    recipients.bind("Store", ["hook:team"], by="bo@shop.se")
    return shop, clock


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def test_each_owner_is_told_once_what_is_theirs(folder: Path, mail: MailServer, hook: Receiver) -> None:
    shop, clock = bound(folder)
    with shop:
        outcome = tell(shop)
        assert (outcome.unsent, outcome.failed) == (0, [])
        for one in mail.mails:
            print(one["To"], one["Subject"])
            print(text_of(one))
        print(hook.got)
        from resa.workspace.telling.watching import look_at
        for j in look_at(shop).judged: print(j)
        print(Recipients(shop).of("Karin"), shop.maps.keys(), outcome)

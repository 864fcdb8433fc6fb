"""Owners are told what concerns them, once, by mail and webhook; and what was stopped is told no more."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from tests.support.mail_server import MailServer, Receiver, closed_port, mail_server, receiver
from tests.support.served import Served

import resa
from resa.analytics import effects
from resa.base.errors import QuestionError
from resa.cli.app import run
from resa.model.telling import KINDS
from resa.storage import list_tellings
from resa.workspace import Workspace
from resa.workspace.telling import Recipients, stopped_by, tell, tell_test
from resa.workspace.telling.sending import Sender

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
                if day < FELL or day >= DAYS or number < 3:
                    yield f"{at + DAY:%Y-%m-%dT%H:%M:%SZ},{who},parcel"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "shop"
    (folder / "sources").mkdir(parents=True)
    (folder / "journey.yaml").write_text(MAP, encoding="utf-8")
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
def folder(made: Path, tmp_path: Path, mail: MailServer) -> Path:
    """A shop of its own, with ways to tell."""
    folder = Path(shutil.copytree(made, tmp_path / "shop"))
    settings = (
        f'smtp_host = "127.0.0.1"\nsmtp_port = {mail.port}\nsmtp_security = "none"\nsmtp_from = "resa@shop.se"\n'
        'public_address = "https://resa.shop.se"\nwebhooks = ["team slack TEAM_HOOK"]\n'
        'webhook_networks = ["127.0.0.0/8"]\n'
    )
    (folder / "resa.toml").write_text(settings, encoding="utf-8")
    return folder


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


def subjects(server: MailServer) -> list[tuple[str, str]]:
    return sorted((str(one["To"]), str(one["Subject"])) for one in server.mails)


def recover(folder: Path) -> None:
    """From the day on which it fell, all is as before; and the map was reviewed."""
    text = "\n".join(rows(DAYS, DAYS + 60, 17)) + "\n"
    (folder / "web_2.csv").write_text(text, encoding="utf-8")
    (folder / "journey.yaml").write_text(MAP.replace("reviewed: 2026-01-15", "reviewed: 2026-09-14"), encoding="utf-8")


def test_each_owner_is_told_once_what_is_theirs_and_once_that_it_is_over(
    folder: Path, mail: MailServer, hook: Receiver
) -> None:
    shop, clock = bound(folder)
    with shop:
        outcome = tell(shop, dry=True)
        assert (len(outcome.messages), mail.mails, hook.got, list_tellings(shop.store)) == (4, [], [], [])
        outcome = tell(shop)
        assert (outcome.sent, outcome.unsent, outcome.failed) == (4, 0, [])
        assert subjects(mail) == [
            ("Anna <anna@shop.se>", "Below target: Cart → Purchase"),
            ("Bo <bo@shop.se>", "A review is due: A shop"),
            ("Bo <bo@shop.se>", "An improvement shows: Checkout on one page"),
        ]
        below = next(one for one in mail.mails if one["To"] == "Anna <anna@shop.se>")
        assert "45% of 380 since 30 Jun 2026; the target is 75%." in text_of(below)
        link = "https://resa.shop.se/explore/expectations?map=journey&names=cart.purchase"
        assert f"Data up to 18 Jul 2026: {link}" in text_of(below)
        html = below.get_body(("html",))
        assert html is not None
        assert "&amp;names=cart.purchase" in html.get_content()
        (posted,) = hook.got
        assert (posted.path, posted.headers["content-type"]) == ("/secret/path", "application/json; charset=utf-8")
        block = json.loads(posted.body)["blocks"][1]["text"]["text"]
        assert "Kept in 33% of 162 cases since 30 Jun 2026; before, in 100%." in block
        clock.now += DAY
        assert tell(shop).messages == []
        assert (len(mail.mails), len(hook.got)) == (3, 1)
    recover(folder)
    with resa.open(folder) as new:
        new.collect()
    clock.now = BEGIN + (DAYS + 62) * DAY
    with Workspace(folder, clock=clock) as shop:
        assert tell(shop).sent == 3
        assert subjects(mail)[1:3] == [
            ("Anna <anna@shop.se>", "It is over: Cart → Purchase"),
            ("Bo <bo@shop.se>", "A review is due: A shop"),
        ]
        assert {one["Subject"] for one in mail.mails[3:]} == {"It is over: Cart → Purchase", "It is over: A shop"}
        assert (
            "Kept as often as before again: in 100% of 476 cases"
            in json.loads(hook.got[1].body)["blocks"][1]["text"]["text"]
        )
        assert tell(shop).messages == []


def test_an_improvement_is_told_at_one_of_its_looks(folder: Path, mail: MailServer, hook: Receiver) -> None:
    del hook
    shop, _ = bound(folder)
    with shop:
        tell(shop)
        told = next(text_of(one) for one in mail.mails if "improvement" in one["Subject"])
        assert "Cart → Purchase: 69% in 28 days since 13 Jun 2026, 85% in as many before" in told
        assert [(one.days, one.high < 0) for one in effects(shop.measure, "journey")] == [(28, True)]


def app_rows(first: int, last: int) -> str:
    """A file of a source that gives six rows a day."""
    days = (f"{BEGIN + day * DAY:%Y-%m-%dT%H:%M}" for day in range(first, last))
    return "\n".join(["time,user,event", *(f"{day}:{n:02}Z,a{n},opened" for day in days for n in range(6))]) + "\n"


def test_data_that_stop_are_told_once_for_all_maps_and_that_they_come_again(
    folder: Path, mail: MailServer, hook: Receiver
) -> None:
    del hook
    (folder / "sources" / "app.yaml").write_text(SOURCE.format(name="app"), encoding="utf-8")
    (folder / "journeys").mkdir()
    (folder / "journey.yaml").rename(folder / "journeys" / "one.yaml")
    other = MAP.partition("improvements:")[0] + MAP[MAP.index("signals:") :]
    (folder / "journeys" / "two.yaml").write_text(other.replace("A shop", "Another"), encoding="utf-8")
    (folder / "app_0.csv").write_text(app_rows(0, 80), encoding="utf-8")
    shop, clock = bound(folder)
    with shop:
        shop.collect("app")
        tell(shop)
        (stopped,) = (one for one in mail.mails if "Data" in one["Subject"])
        assert (stopped["To"], stopped["Subject"]) == ("Bo <bo@shop.se>", "Data stop or lag: app")
        assert text_of(stopped).count("'app' has brought nothing since 20 Jun 2026") == 1
        assert tell(shop).messages == []
    (folder / "app_1.csv").write_text(app_rows(80, DAYS), encoding="utf-8")
    with Workspace(folder, clock=clock) as shop:
        shop.collect("app")
        assert [one.lines[0].text for _, one in tell(shop).messages] == ["'app' brings data again."]


def test_a_server_tells_by_itself_and_one_click_through_its_door_stops(folder: Path, mail: MailServer) -> None:
    shop, _ = bound(folder)
    Recipients(shop).bind("Store", [], by="bo@shop.se")
    shop.close()
    settings = (folder / "resa.toml").read_text() + "tell_seconds = 1\n"
    (folder / "resa.toml").write_text(settings, encoding="utf-8")
    with Served(folder) as server:
        began = time.monotonic()
        while len(_not_of_mondays(mail)) < 3:
            assert time.monotonic() - began < 60, server.output
            time.sleep(0.1)
        review = next(one for one in mail.mails if "review" in one["Subject"])
        path = review["List-Unsubscribe"].strip("<>").removeprefix("https://resa.shop.se")
        kind = {"content-type": "application/x-www-form-urlencoded"}
        status = server.answer(path, b"List-Unsubscribe=One-Click", **kind)[0]
        while status == 503:  # the screens are starting
            time.sleep(0.2)
            status = server.answer(path, b"List-Unsubscribe=One-Click", **kind)[0]
        assert status in {200, 201}
    with resa.open(folder) as shop:
        assert Recipients(shop).stopped == {("person:2", "review")}
        assert {one.state for one in list_tellings(shop.store)} == {"sent"}
    assert len(_not_of_mondays(mail)) == 3


def _not_of_mondays(mail: MailServer) -> list[EmailMessage]:
    """What is sent on any day."""
    return [one for one in mail.mails if "How it went" not in one["Subject"]]


def test_who_is_bound_later_hears_what_lasts_and_who_is_bound_to_nobody_hears_nothing(
    folder: Path, mail: MailServer, hook: Receiver
) -> None:
    shop, _ = bound(folder)
    with shop:
        recipients = Recipients(shop)
        for owner in ("Ali, e-commerce", "Karin", "Store"):
            recipients.bind(owner, [], by="bo@shop.se")
        assert tell(shop).messages == []
        recipients.bind("Store", ["person:2"], by="bo@shop.se")
        assert [to for to, _ in tell(shop).messages] == ["person:2"]
        with pytest.raises(resa.QuestionError, match="neither a person"):
            recipients.bind("Store", ["person:77"], by="bo@shop.se")
    assert ([one["To"] for one in mail.mails], hook.got) == (["Bo <bo@shop.se>"], [])


def test_an_owner_that_names_an_address_stands_for_that_person(folder: Path) -> None:
    text = MAP.replace("owner: Karin\n", "owner: Anna <Anna@shop.se>\n")
    (folder / "journey.yaml").write_text(text, encoding="utf-8")
    with resa.open(folder) as shop:
        recipients = Recipients(shop)
        assert [recipients.people[one].email for one in recipients.of("Anna <Anna@shop.se>")] == ["anna@shop.se"]
        recipients.bind("Anna <Anna@shop.se>", [], by="bo@shop.se")
        assert Recipients(shop).of("Anna <Anna@shop.se>") == ()


def test_what_is_stopped_is_told_no_more_and_told_again_when_it_is_wanted(
    folder: Path, mail: MailServer, hook: Receiver
) -> None:
    del hook
    shop, _ = bound(folder)
    with shop:
        tell(shop)
        review = next(one for one in mail.mails if "review" in one["Subject"])
        assert review["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        stop = review["List-Unsubscribe"].strip("<>")
        assert stop in text_of(review)
        found = stopped_by(shop, stop.rpartition("/")[2])
        assert found == ("person:2", "review")
        for wrong in (stop[:-1], stop[:-1] + ("A" if stop[-1] != "A" else "B"), "x.y", "x", "é.é", "." * 500):
            assert stopped_by(shop, wrong.rpartition("/")[2]) is None
        recipients = Recipients(shop)
        recipients.stop(*found)
        assert ("person:2", "review") in Recipients(shop).stopped
        assert [kind for _, kind in Recipients(shop).stopped] == ["review"]
        recipients.choose("person:2", ["review", "data"], "sv", by="bo@shop.se")
        again = Recipients(shop)
        assert ("person:2", "review") not in again.stopped
        assert ("person:2", "improvement") in again.stopped
        assert again.language("person:2") == "sv"


def test_on_mondays_each_hears_how_it_went_once(folder: Path, mail: MailServer, hook: Receiver) -> None:
    shop, clock = bound(folder, MONDAY - timedelta(hours=5))
    with shop:
        assert not any("How it went" in one.subject for _, one in tell(shop).messages)
        clock.now = MONDAY
        digests = [(to, one) for to, one in tell(shop).messages if one.kind == "digest"]
        assert [to for to, _ in digests] == ["person:1", "person:2", "hook:team"]
        texts = [line.text for line in digests[0][1].lines]
        assert texts == [
            "Shares that you answer for here: 2, of which low: 1. What lasts: 1.",
            "45% of 380 since 30 Jun 2026; the target is 75%.",
            "100% of 560 in the last four weeks; the target is 20%.",
        ]
        clock.now = MONDAY + timedelta(hours=20)
        assert tell(shop).messages == []
        clock.now = MONDAY + 7 * DAY
        assert len([one for _, one in tell(shop).messages if one.kind == "digest"]) == 3
    assert sum(one["Subject"] == "How it went: A shop" for one in mail.mails) == 4
    assert len(hook.got) == 3


def test_what_cannot_be_delivered_is_tried_later_and_later_and_seen(folder: Path, mail: MailServer) -> None:
    shop, clock = bound(folder)
    with shop:
        Recipients(shop).bind("Store", [], by="bo@shop.se")
        mail.refuses = "451 later"
        assert (tell(shop).sent, mail.mails) == (0, [])
        waiting = list_tellings(shop.store)
        assert {(one.state, one.tries, one.error) for one in waiting} == {
            ("waiting", 1, "the mail server refuses the address (451)")
        }
        assert tell(shop).unsent == 0  # not yet
        clock.now += timedelta(minutes=2)
        assert tell(shop).unsent == 3
        assert {one.next_at - clock.now for one in list_tellings(shop.store)} == {timedelta(minutes=2)}
        mail.refuses = ""
        clock.now += timedelta(minutes=2)
        assert tell(shop).sent == 3
        assert {one.state for one in list_tellings(shop.store)} == {"sent"}
    assert len(mail.mails) == 3


def test_an_address_that_is_refused_for_good_is_not_tried_again_and_after_days_nothing_is(
    folder: Path, mail: MailServer
) -> None:
    shop, clock = bound(folder)
    with shop:
        Recipients(shop).bind("Store", [], by="bo@shop.se")
        mail.refuses = "550 nobody of this name"
        tell(shop)
        assert {one.state for one in list_tellings(shop.store)} == {"failed"}
    (folder / "resa.toml").write_text(
        f'smtp_host = "127.0.0.1"\nsmtp_port = {closed_port()}\nsmtp_security = "none"\nsmtp_from = "resa@shop.se"\n',
        encoding="utf-8",
    )
    with Workspace(folder, clock=clock) as shop:
        Recipients(shop).bind("Store", ["person:1"], by="bo@shop.se")
        assert tell(shop).unsent == 1
        newest = next(one for one in list_tellings(shop.store) if one.state == "waiting")
        assert newest.error == "the mail server cannot be reached (Connection refused)"
        clock.now += 4 * DAY
        tell(shop, measuring=False)
        assert {one.state for one in list_tellings(shop.store)} == {"failed"}


def test_what_no_mail_can_say_or_bear_keeps_nobody_else_from_being_told(folder: Path, mail: MailServer) -> None:
    text = (folder / "journey.yaml").read_text(encoding="utf-8")
    (folder / "journey.yaml").write_text(text.replace("title: A shop", 'title: "A \\uD800 shop"'), encoding="utf-8")
    with resa.open(folder) as shop:
        shop.people.invite("å@shop.se", "Åsa", "admin")
        shop.people.invite("k..l@shop.se", "Kalle", "admin")
    shop, _ = bound(folder)
    with shop:
        recipients = Recipients(shop)
        odd = [key for key, one in recipients.people.items() if one.email in {"å@shop.se", "k..l@shop.se"}]
        for owner, key in zip(("Ali, e-commerce", "Store"), odd, strict=True):
            recipients.bind(owner, [key], by="bo@shop.se")
        assert tell(shop).unsent == 2
        states = {(one.recipient in odd, one.state, bool(one.error)) for one in list_tellings(shop.store)}
        assert states == {(True, "failed", True), (False, "sent", False)}
        with pytest.raises(QuestionError, match="no mail can be written to this address"):
            tell_test(shop, "å@shop.se")
    assert {str(one["To"]) for one in mail.mails} == {"Bo <bo@shop.se>"}


def test_whose_access_ends_while_messages_are_sent_gets_none(
    folder: Path, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = Sender.mail

    def slowly(self: Sender, one: EmailMessage) -> None:
        send(self, one)
        with resa.open(folder) as other:
            for name in ("anna@shop.se", "bo@shop.se"):
                other.people.end(name)

    shop, _ = bound(folder)
    with shop:
        shop.people.invite("last@shop.se", "Last", "admin")
        Recipients(shop).bind("Store", [], by="")
        monkeypatch.setattr(Sender, "mail", slowly)
        outcome = tell(shop)
        assert (outcome.sent, outcome.unsent) == (1, 2)
    assert len(mail.mails) == 1


def test_a_process_that_is_killed_between_sending_and_noting_says_it_again_and_loses_nothing(
    folder: Path, mail: MailServer, hook: Receiver
) -> None:
    del hook
    shop, _ = bound(folder)
    shop.close()
    command = [sys.executable, "-m", "resa.cli", "tell", "-w", str(folder)]
    killed: list[int] = []

    def kill() -> None:
        if not killed:
            killed.append(process.pid)
            process.kill()

    mail.after = kill
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    assert process.wait(60) == -9
    assert len(mail.mails) == 1
    with resa.open(folder) as shop:
        assert tell(shop).unsent == 0
    first = mail.mails[0]
    again = [one for one in mail.mails[1:] if one["Message-ID"] == first["Message-ID"]]
    assert [text_of(one) for one in again] == [text_of(first)]
    numbers = [one["Message-ID"] for one in mail.mails]
    assert len(numbers) == len(set(numbers)) + 1
    with resa.open(folder) as shop:
        assert {one.state for one in list_tellings(shop.store)} == {"sent"}


def test_two_who_tell_at_once_do_not_tell_twice(folder: Path, mail: MailServer, hook: Receiver) -> None:
    del hook
    shop, clock = bound(folder)
    with shop, Workspace(folder, clock=clock) as other:
        busy: list[bool] = []
        mail.after = lambda: busy.append(tell(other).busy)
        assert tell(shop).sent == 4
    assert busy == [True] * 3
    assert len(mail.mails) == 3


@pytest.mark.parametrize("language", ["sv", "nb", "hu"])
def test_mails_speak_the_language_of_who_reads_them(
    folder: Path, mail: MailServer, hook: Receiver, language: str
) -> None:
    del hook
    shop, _ = bound(folder, MONDAY)
    with shop:
        english = {one.subject for _, one in tell(shop, dry=True).messages}
        for recipient in ("person:1", "person:2", "hook:team"):
            Recipients(shop).choose(recipient, KINDS, language, by="bo@shop.se")
        tell(shop)
    assert {one["Content-Language"] for one in mail.mails} == {language}
    for one in mail.mails:
        for said in ("since", "Stop mails", "You get this", "Data up to", "As of"):
            assert said not in text_of(one), text_of(one)
    assert not english & {one["Subject"] for one in mail.mails}


def test_the_command_says_what_it_does(folder: Path, capsys: pytest.CaptureFixture[str], mail: MailServer) -> None:
    shop, _ = bound(folder)
    Recipients(shop).bind("Store", [], by="bo@shop.se")
    shop.close()
    assert run(["tell", "--dry", "-w", str(folder)]) == 0
    assert "Bo · bo@shop.se: A review is due: A shop" in capsys.readouterr().out
    assert mail.mails == []
    assert run(["tell", "--test", "anna@shop.se", "-w", str(folder)]) == 0
    assert [one["Subject"] for one in mail.mails] == ["A test of Resa"]
    assert run(["tell", "--test", "eve@elsewhere.se", "-w", str(folder)]) == 1
    assert "neither a person" in capsys.readouterr().err
    mail.refuses = "550 no"
    assert run(["tell", "-w", str(folder)]) == 1
    assert "could not be sent" in capsys.readouterr().err
    (folder / "resa.toml").write_text("", encoding="utf-8")
    assert run(["tell", "-w", str(folder)]) == 1
    assert "there is no way to tell anybody" in capsys.readouterr().err

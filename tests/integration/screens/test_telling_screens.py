"""What one is told, whom owners stand for, stopping by one click, and reviews, on screen."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from tests.support.mail_server import MailServer, mail_server
from tests.support.screens import SECRET, visiting

import resa
from resa.storage import list_tellings
from resa.workspace.reviewing import finish_reviews, standing_of
from resa.workspace.telling import Recipients, tell

MAP = """# The map of a shop
title: A shop
owner: "Karin, experience"      # asks
review: every 3 months
reviewed: 2026-01-15   # with the team
stages: {consideration: [page], conversion: [cart, purchase]}
touchpoints:
  page: {pain_points: [It is slow., {text: It is blue., improvement: green}]}
  cart:
    owner: Ali
    expect: [{next: purchase, within: 1 day, target: 75 %}]
  purchase: {}
improvements: {green: {name: Green pages, state: doing, owner: Ali}}
signals: {page: {event: page}, cart: {event: cart}, purchase: {event: order}}
"""
SOURCE = "path: web.csv\ncolumns: {occurred_at: time, identifiers: {user_id: user}, event: event}\n"


@pytest.fixture(scope="module")
def mail() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "shop"
    (folder / "sources").mkdir(parents=True)
    (folder / "journey.yaml").write_text(MAP, encoding="utf-8")
    (folder / "sources" / "web.yaml").write_text(SOURCE, encoding="utf-8")
    begin, lines = datetime(2026, 5, 4, 8, tzinfo=UTC), ["time,user,event"]
    for number in range(400):
        at = begin + timedelta(hours=number)
        lines.append(f"{at:%Y-%m-%dT%H:%M:%SZ},u{number},cart")
        if number % 2:
            lines.append(f"{at + timedelta(minutes=5):%Y-%m-%dT%H:%M:%SZ},u{number},order")
    (folder / "web.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with resa.open(folder) as shop:
        shop.collect()
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path, mail: MailServer) -> Path:
    """A shop of its own, with ways to tell."""
    mail.mails.clear()
    folder = Path(shutil.copytree(made, tmp_path / "shop"))
    settings = (
        f'smtp_host = "127.0.0.1"\nsmtp_port = {mail.port}\nsmtp_security = "none"\nsmtp_from = "resa@shop.se"\n'
        'webhooks = ["team teams TEAM_HOOK"]\n'
    )
    (folder / "resa.toml").write_text(settings, encoding="utf-8")
    return folder


def words(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


def test_owners_are_bound_and_the_first_page_says_what_needs_whom(folder: Path, mail: MailServer) -> None:
    with visiting(folder, "admin") as visitor, resa.open(folder) as shop:
        page = words(visitor.get("/settings/owners").text)
        assert page.count("Told to nobody") == 2
        assert "A shop is to be reviewed" in words(visitor.get("/").text)
        assert "What needs you" not in words(visitor.get("/").text)
        assert tell(shop).messages == []
        me = next(iter(Recipients(shop).people))
        for owner in ("Karin, experience", "Ali"):
            visitor.get("/settings/owners")
            answer = visitor.post("/settings/owners", do="bind", owner=owner, person=me, hook="")
            assert answer.status_code == 303
        assert "Told to nobody" not in words(visitor.get("/settings/owners").text)
        mine = words(visitor.get("/").text).partition("What needs you")[2]
        assert mine.startswith(" A shop is to be reviewed · Reviewed last on 15 Jan 2026. Due since 16 Apr 2026.")
        assert "Below target: After Cart we expect Purchase within 1 day · 50% (target 75%)" in mine
        assert "Green pages · under way" in mine
        told = words(visitor.get("/settings/told").text)
        assert "Karin, experience Map: A shop" in told
        assert "Ali Touchpoint: Cart , Expectation: Cart → Purchase , Improvement: Green pages" in told
        assert [one.kind for _, one in tell(shop).messages if one.kind != "digest"] == ["review", "below_target"], (
            "any day"
        )
        visitor.post("/settings/owners", do="test", recipient="me")
        assert [one["Subject"] for one in mail.mails][-1] == "A test of Resa"
        wrong = visitor.post("/settings/owners", do="bind", owner="Ali", person="person:99", hook="")
        assert wrong.status_code == 422
        assert "neither a person who may sign in" in words(wrong.text)
        visitor.post("/settings/owners", do="bind", owner="Ali", person="", hook="hook:team")
        assert Recipients(shop).of("Ali") == ("hook:team",)


def test_what_could_not_be_delivered_is_seen_and_tried_again(folder: Path, mail: MailServer) -> None:
    with visiting(folder, "admin") as visitor, resa.open(folder) as shop:
        Recipients(shop).bind("Karin, experience", [me := next(iter(Recipients(shop).people))], by="")
        Recipients(shop).stop(me, "digest")  # it would come on some days alone
        mail.refuses = "550 nobody"
        tell(shop)
        mail.refuses = ""
        page = words(visitor.get("/settings/owners").text)
        assert "not delivered the mail server refuses the address (550)" in page
        assert "1 message to an owner could not be delivered yet" in words(visitor.get("/").text)
        (failed,) = list_tellings(shop.store)
        visitor.post("/settings/owners", do="again", message=str(failed.id))
        assert tell(shop).sent == 1
        assert re.search(r"sent \d+ \w+ 20\d\d", words(visitor.get("/settings/told").text))


def test_one_click_stops_and_looking_stops_nothing(folder: Path, mail: MailServer) -> None:
    with visiting(folder, "admin") as visitor, resa.open(folder) as shop:
        me = next(iter(Recipients(shop).people))
        Recipients(shop).bind("Karin, experience", [me], by="")
        tell(shop)
        path = "/" + str(mail.mails[0]["List-Unsubscribe"]).strip("<>").split("/", 3)[3]
        with visiting(folder) as stranger:
            page = stranger.get(path)
            assert (page.status_code, Recipients(shop).stopped) == (200, frozenset())
            assert "A review of the map is due" in words(page.text)
            client = stranger.client
            sent = client.post(path, content=b"List-Unsubscribe=One-Click", headers={"x-resa-secret": SECRET})
            assert sent.status_code in {200, 201}, sent.text
            assert Recipients(shop).stopped == {(me, "review")}
            for _ in range(3):  # who has the link, such as a room that reads along, fills no log with it
                assert client.post(path, headers={"x-resa-secret": SECRET}).status_code in {200, 201}
            assert len([one for one in shop.audit.entries() if one.what == "told.stop"]) == 1
            other = client.post(path[:-2] + "xx", headers={"x-resa-secret": SECRET})
            assert other.status_code == 404
            body = b'--b\r\ncontent-disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'
            kind = "multipart/form-data; boundary=b"
            sent = client.post(path, content=body, headers={"x-resa-secret": SECRET, "content-type": kind})
            assert sent.status_code in {200, 201}
        log = words(visitor.get("/settings/audit").text)
        name = Recipients(shop).name(me)
        assert f"kind A review of the map is due, recipient {name}" in log
        assert f"recipients {name}" in log
        assert me not in log
        chosen = visitor.get("/settings/told").text
        assert 'name="review" value="yes">' in chosen
        assert 'name="data" value="yes" checked>' in chosen
        visitor.post("/settings/told", review="yes", digest="yes", language="hu")
        again = Recipients(shop)
        assert again.language(me) == "hu"
        assert {kind for _, kind in again.stopped} == {
            "below_target",
            "below_history",
            "broken_promise",
            "data",
            "improvement",
        }


def test_a_review_is_walked_through_kept_and_written_into_the_file_alone(folder: Path) -> None:
    with visiting(folder, "analyst") as visitor, resa.open(folder) as shop:
        page = words(visitor.get("/reviews/journey").text)
        assert "Reviewed last on 15 Jan 2026. Due since 16 Apr 2026." in page
        assert (
            "Conversion Cart · Purchase Below target After Cart we expect Purchase within 1 day 50% target 75%" in page
        )
        assert "It is slow. · Page Act on it" in page
        assert "It is blue." not in page
        assert "Green pages · under way · Ali" in page
        answer = visitor.post("/reviews/journey", notes="Carts are <slow>.\r\nCall Ali.")
        assert answer.headers["location"] == "/reviews/journey"
        today = f"{shop.clock():%Y-%m-%d}"
        assert (folder / "journey.yaml").read_text() == MAP.replace("2026-01-15", today)
        page = visitor.get("/reviews/journey").text
        assert "Carts are &lt;slow&gt;.\nCall Ali." in page
        assert "analyst@shop.se" in page
        assert "Nothing changed since the last review." in words(page)
        with resa.open(folder) as later:
            assert not standing_of(later, "journey").overdue
        (folder / "journey.yaml").write_text(MAP.replace("It is slow.", "It is late."), encoding="utf-8")
        assert "It is late." in words(visitor.get("/reviews/journey").text)
        with resa.open(folder) as later:
            assert not standing_of(later, "journey").overdue  # it was kept, whatever the file says
            finish_reviews(later)
        assert f"reviewed: {today}   # with the team" in (folder / "journey.yaml").read_text()
        visitor.client.cookies.clear()
    with visiting(folder, "viewer") as viewer:
        assert "Keep the review" not in words(viewer.get("/reviews/journey").text)
        assert viewer.post("/reviews/journey", notes="x").status_code == 403


def test_a_review_saves_nobodys_draft(folder: Path) -> None:
    with visiting(folder, "admin") as visitor:
        visitor.get("/edit/journey")
        draft = {"do": "write_map", "name": "Another shop", "was.name": "A shop"}
        assert visitor.post("/edit/journey", **draft).status_code == 303
        visitor.get("/reviews/journey")
        visitor.post("/reviews/journey", notes="")
        text = (folder / "journey.yaml").read_text()
        assert "title: A shop\n" in text
        assert "2026-01-15" not in text
        assert "Somebody else changed the file meanwhile" in words(visitor.get("/edit/journey/changes").text)

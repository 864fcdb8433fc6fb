"""Comments, notes on days, saved views and composed reports on screen, and what a link shows to a stranger."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient
from tests.support.known_customers import EVIL, Browser, made_shop, screens_of
from tests.support.screens import SECRET, visiting

import resa
from resa.screens.application import application
from resa.storage import add_view, remove_view
from resa.workspace.composed_reports import ComposedReports
from resa.workspace.people import Role

Screens = Callable[[Role], Browser]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_shop(tmp_path_factory.mktemp("shops") / "shop")


@pytest.fixture(scope="module")
def screens(folder: Path) -> Iterator[Screens]:
    with screens_of(folder) as screens:
        yield screens


@pytest.fixture(scope="module")
def stranger(folder: Path) -> Iterator[TestClient[Any]]:
    with TestClient(application(folder, SECRET)) as client:
        client.headers.update({"x-resa-secret": SECRET, "accept-language": "en"})
        yield client


def words(html: str) -> str:
    html = re.sub(r"<style.*?</style>", " ", html, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def test_a_viewer_comments_and_who_else_looks_answers(screens: Screens) -> None:
    here = "/map/journey/cart#comments"
    asked = {"do": "write", "map": "journey", "place": "touchpoint:cart", "to": here}
    html = screens("viewer").send("/comments", **asked, text=f"Why so few? {EVIL}").text
    assert EVIL not in html
    assert f"Viewer {EVIL}" not in words(html)
    assert f"Why so few? {EVIL}" in words(html)
    number = re.search(r'id="comment-(\d+)"', html)
    assert number is not None
    page = screens("service").get("/map/journey/cart").text
    assert "comment_remove" not in page
    assert "Take away" not in page  # it is somebody else's
    assert "Take away" in screens("admin").get("/map/journey/cart").text
    html = screens("service").send("/comments", do="answer", comment=number[1], text="Freight.", to=here).text
    assert "Service" in words(html)
    assert "Freight." in words(html)
    assert "1 open comment" in words(screens("analyst").get("/map/journey").text)
    screens("service").send("/comments", do="resolve", comment=number[1], to=here)
    assert "open comment" not in words(screens("analyst").get("/map/journey").text)
    refused = screens("viewer").send("/comments", **{**asked, "place": "touchpoint:gone"}, text="Hello")
    assert refused.status_code == 422
    assert "no longer there" in words(refused.text)
    assert "Hello" in refused.text  # what was typed stays


def test_a_note_is_seen_on_every_trend_by_everyone(screens: Screens) -> None:
    to = "/explore/trend?of=cart&every=day#notes"
    asked = {"do": "add", "first": "2026-05-04", "last": "2026-05-05", "text": f"Sale {EVIL}", "to": to}
    assert (
        screens("viewer").client.post("/notes", data={"_csrf_token": screens("viewer").token, **asked}).status_code
        == 403
    )
    html = screens("marketer").send("/notes", **asked).text
    assert EVIL not in html
    assert words(html).count(f"Sale {EVIL}") >= 3  # in the picture, its legend and the list
    shown = screens("viewer").get("/explore/trend?of=cart&every=day").text
    assert "4 – 5 May 2026" in words(shown)
    assert "Add a note" not in shown
    assert "Sale" in words(screens("viewer").get("/map/journey").text)
    assert "Sale" in words(screens("viewer").get("/map/journey/cart").text)
    assert "Sale" in words(screens("viewer").get("/segments").text)
    assert "Sale" in words(screens("viewer").get("/reports/journey").text)
    slides = [words(screens("viewer").get(f"/map/journey/present?slide={n}").text) for n in range(1, 5)]
    assert any("Sale" in one for one in slides)
    assert "Sale" not in words(screens("viewer").get("/explore/funnel").text)
    wrong = screens("marketer").send("/notes", **{**asked, "last": "2026-05-01"})
    assert wrong.status_code == 422
    assert "before the first" in words(wrong.text)
    number = re.search(r'name="note" value="(\d+)"', screens("admin").get("/notes").text)
    assert number is not None
    changed = screens("admin").send(
        "/notes", **{**asked, "do": "change", "text": "Fair", "to": "/notes"}, note=number[1]
    )
    assert "Fair" in words(changed.text)
    assert "changed by Admin" in words(changed.text)
    assert "Fair" in words(screens("viewer").get("/map/journey").text)
    screens("admin").send("/notes", do="remove", note=number[1])
    assert "Fair" not in words(screens("viewer").get("/explore/trend?of=cart&every=day").text)


def test_a_view_is_saved_shared_and_says_when_it_is_broken(screens: Screens) -> None:
    address = "/explore/funnel?steps=cart&steps=purchase"
    html = (
        screens("marketer").send("/views", do="save", name="Our funnel", address=address, shared="1", to=address).text
    )
    number = re.search(r'href="/views/(\d+)"[^>]*><bdi>Our funnel', html)
    assert number is not None
    seen = screens("viewer").get(f"/views/{number[1]}")
    assert str(seen.url).endswith(address)
    assert "Our funnel" in screens("viewer").get("/explore").text
    refused = screens("viewer").send("/views", do="change", name="Mine", view=number[1])
    assert (refused.status_code, "only who saved" in words(refused.text)) == (422, True)
    private = screens("viewer").send("/views", do="save", name="Just mine", address="/map/journey", shared="1")
    assert "Just mine" in private.text
    assert "Just mine" not in screens("analyst").get("/views").text  # a viewer saves for themselves alone
    broken = "/explore/funnel?steps=cart&steps=gone"
    screens("marketer").send("/views", do="save", name="Old", address=broken)
    listed = words(screens("marketer").get("/views").text)
    assert "Old Cannot be shown any more; no longer in the map: gone" in listed
    assert listed.count("Cannot be shown") == 1
    old = re.search(r'href="/views/(\d+)"[^>]*><bdi>Old', screens("marketer").get("/views").text)
    assert old is not None
    shown = screens("marketer").get(f"/views/{old[1]}")
    assert shown.status_code == 404
    assert "cannot be shown any more" in words(shown.text)
    assert "gone" in words(shown.text)
    assert screens("viewer").get(f"/views/{old[1]}").status_code == 404
    assert "cannot be saved" in words(screens("viewer").send("/views", do="save", name="x", address="/settings").text)


def test_a_view_that_cannot_be_read_hides_no_others(screens: Screens, folder: Path) -> None:
    long = "/explore/funnel?steps=cart" + "&x=" * 400
    assert "cannot be saved" in words(screens("analyst").send("/views", do="save", name="x", address=long).text)
    with resa.open(folder) as shop:  # as it was kept before that was looked at
        analyst = shop.people.called("analyst@shop.se")
        assert analyst is not None
        number = add_view(shop.store, analyst, "Too much", long, shared=True, most=9)
        assert number is not None
        try:
            listed = screens("viewer").get("/views")
            assert (listed.status_code, "Too much" in listed.text) == (200, True)
            assert screens("viewer").get(f"/views/{number}").status_code == 404
        finally:
            remove_view(shop.store, number)


def test_owners_lead_to_all_that_they_own(screens: Screens) -> None:
    assert 'href="/owners?owner=Karin"' in screens("viewer").get("/owners").text
    html = screens("viewer").get("/owners?owner=Karin").text
    assert "What Karin owns" in words(html)
    assert 'href="/segments/regulars"' in html
    assert "names this owner" in words(screens("viewer").get("/owners?owner=<script>").text)


@pytest.fixture(scope="module")
def report(screens: Screens) -> str:
    """The address of a report with a view of everyone's, one with what is personal, a list of customers and a text."""
    marketer = screens("marketer")
    parts = {
        "The trend": "/explore/trend?of=cart&every=day",
        "By town": "/explore/funnel?steps=cart&steps=purchase&by=traits.town",
        "Who": "/explore/funnel/people?steps=cart&steps=purchase&part=funnel&column=customers&row=0",
        "The map": "/map/journey?lanes=numbers",
        "Regulars": "/segments/regulars",
        "Cart": "/map/journey/cart",
        "Gone": "/explore/trend?of=gone",
        "Away": "/map/away",
    }
    begun = marketer.send("/reports/composed", heading="The trend", address=parts.pop("The trend"))
    place = str(begun.url).partition("/edit")[0].partition("/reports")[2]
    number = place.rpartition("/")[2]
    for heading, address in parts.items():
        marketer.send("/reports/composed", report=number, heading=heading, address=address)
    marketer.send(f"/reports{place}/edit", do="title", title="The spring")
    marketer.send(f"/reports{place}/edit", do="add_text", heading="What we did", text=f"One.\n\n{EVIL}")
    return f"/reports{place}"


def test_a_report_is_shown_as_each_role_may_see_it(screens: Screens, report: str) -> None:
    html = screens("marketer").get(report).text
    assert EVIL not in html
    said = words(html)
    assert ("Lund" in said, "no part of a report" in said, "What we did One." in said) == (True, True, True)
    assert re.search(r"Gone .* cannot be shown: [^.]*gone", said)
    assert "Lund" not in words(screens("viewer").get(report).text)
    assert "your role does not allow" in words(screens("viewer").get(report).text)
    assert screens("viewer").get(f"{report}/edit").status_code == 403
    assert "only who composed" in words(screens("analyst").send(f"{report}/edit", do="title", title="x").text)
    page = screens("marketer").get(f"{report}/files/report.html")
    assert 'content="noindex' in page.text
    assert "attachment" in page.headers["content-disposition"]
    pdf = screens("viewer").get(f"{report}/files/report.pdf")
    assert pdf.content.startswith(b"%PDF")
    assert screens("viewer").get(f"{report}/files/report.exe").status_code == 404


def test_a_part_of_some_days_says_which(screens: Screens) -> None:
    marketer = screens("marketer")
    days = "from=2026-05-04&until=2026-05-05"
    begun = marketer.send("/reports/composed", heading="All days", address="/map/journey")
    place = str(begun.url).partition("/edit")[0].partition("/reports")[2]
    assert "Here are shown" not in words(marketer.get(f"/reports{place}").text)
    number = place.rpartition("/")[2]
    for address in (f"/map/journey?{days}", f"/explore/touchpoints?{days}", "/explore/touchpoints?from=2026-05-04"):
        marketer.send("/reports/composed", report=number, heading="Some days", address=address)
    said = words(marketer.get(f"/reports{place}").text)
    assert said.count("Here are shown 4 – 5 May 2026, in the days of") == 2
    assert said.count("From: 4 May 2026") == 1


def test_a_stranger_with_the_link_sees_the_report_and_nothing_else(
    screens: Screens, stranger: TestClient[Any], report: str, folder: Path
) -> None:
    with resa.open(folder) as shop:
        until = shop.clock().date().isoformat()
    assert (
        screens("service").client.post(f"{report}/links", data={"_csrf_token": screens("service").token}).status_code
        == 403
    )
    late = screens("marketer").send(f"{report}/links", do="make", until="2099-12-31").text
    assert 'name="until" value="2099-12-31"' in late
    assert "is no day" in words(screens("marketer").send(f"{report}/links", do="make", until="soon").text)
    html = screens("marketer").send(f"{report}/links", do="make", until=until).text
    link = re.search(r"<pre>https?://[^/]+(/shared/[\w-]{43})</pre>", html)
    assert link is not None
    assert link[1] not in screens("marketer").get(f"{report}/edit").text  # it is shown once
    seen = stranger.get(link[1])
    assert seen.status_code == 200
    said = words(seen.text)
    assert "The spring" in said
    assert "What we did" in said
    assert EVIL not in seen.text
    for name in ("anna", "Lund", "twin", "leaver", "marketer", "Marketer"):
        assert name not in said, name
    assert re.search(r"Gone .* cannot be shown: what it names is gone", said)
    assert not re.search("[Dd]id you mean|there are:|your role", said)  # what else there is
    assert "href=" not in seen.text
    assert "<script" not in seen.text
    assert "noindex" in seen.headers["x-robots-tag"]
    assert seen.headers["referrer-policy"] == "no-referrer"
    assert seen.headers["cache-control"] == "no-store"
    assert "set-cookie" not in seen.headers or "resa-session" not in seen.headers["set-cookie"]
    assert stranger.get(report, follow_redirects=False).status_code == 303
    as_admin = screens("admin").get(link[1]).text  # who is signed in sees no more by it
    assert "Lund" not in words(as_admin)

    number = re.search(r'name="link" value="(\d+)"', screens("admin").get(f"{report}/edit").text)
    assert number is not None
    screens("admin").send(f"{report}/links", do="end", link=number[1])
    over = stranger.get(link[1])
    assert over.status_code == 404
    assert "shows nothing any more" in words(over.text)
    assert "noindex" in over.headers["x-robots-tag"]
    assert "ended the link of a report" in screens("admin").get("/settings/audit").text


def test_a_stranger_is_not_told_who_of_the_staff_answers_for_what(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "journey.yaml").write_text(
        "title: A shop\nowner: Karin Berg\nstages: {all: [page, cart]}\n"
        "touchpoints: {page: {owner: ali@shop.se, pain_points: [{text: Slow., improvement: early}]}}\n"
        "improvements: {early: {name: Earlier, owner: Sven Ek, state: doing}}\n",
        encoding="utf-8",
    )
    with visiting(folder, "marketer") as visitor, visiting(folder) as stranger, resa.open(folder) as shop:
        person, reports = shop.people.called("marketer@shop.se"), ComposedReports(shop)
        assert person is not None
        number = reports.begin(person, "The map")
        for lanes in ("all", "customer"):
            reports.add(person, number, address=f"/map/journey?lanes={lanes}&plain=1")
        inside = visitor.get(f"/reports/composed/{number}").text
        assert "ali@shop.se" in inside
        secret = reports.share(person, number, shop.clock().date().isoformat())
        seen = stranger.get(f"/shared/{secret}").text
        assert "Page" in seen
        for name in ("Karin Berg", "ali@shop.se", "Sven Ek"):
            assert name not in seen, name
        (folder / "journey.yaml").write_text("title: A shop\nstages: {all: [page]}\nlaunch_of_secret: 1\n")
        assert "launch_of_secret" in visitor.get(f"/reports/composed/{number}").text
        broken = stranger.get(f"/shared/{secret}")
        assert (broken.status_code, "launch_of_secret" in broken.text) == (200, False)  # nor what is wrong in files


def test_a_link_ends_with_the_right_to_share(
    screens: Screens, stranger: TestClient[Any], report: str, folder: Path
) -> None:
    with resa.open(folder) as shop:
        until = shop.clock().date().isoformat()
    html = screens("analyst").send(f"{report}/links", do="make", until=until).text
    link = re.search(r"(/shared/[\w-]{43})", html)
    assert link is not None
    assert stranger.get(link[1]).status_code == 200
    with resa.open(folder) as shop:
        shop.people.change_role("analyst@shop.se", "viewer")
    assert stranger.get(link[1]).status_code == 404

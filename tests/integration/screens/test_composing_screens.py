"""Conditions put together on a page: rows and text that follow each other, live matches, and the draft they go into."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import pytest
from httpx import Response
from tests.support.known_customers import Browser, made_shop, screens_of

import resa
from resa.base.errors import TimeExceeded
from resa.base.language import as_it_is
from resa.workspace.people import Role
from resa.workspace.recent_events import RecentEvents

Screens = Callable[[Role], Browser]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_shop(tmp_path_factory.mktemp("shops") / "shop")


@pytest.fixture(scope="module")
def screens(folder: Path) -> Iterator[Screens]:
    with screens_of(folder) as screens:
        yield screens


def asked(browser: Browser, path: str, **query: str) -> Response:
    return browser.get(f"{path}?{urlencode(query)}")


def sent(browser: Browser, path: str, **form: str) -> Response:
    return browser.client.post(path, data={**form, "_csrf_token": browser.token}, follow_redirects=False)


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def form_of(html: str) -> dict[str, str]:
    """What the form of a page would send, its buttons left out."""
    form = html[html.index("data-compose") :]
    form = form[: form.index("</form>")]
    found = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name:
            found[name[1]] = unescape(value[1]) if value else ""
    for name, text in re.findall(r'<textarea name="([^"]+)"[^>]*>\n(.*?)</textarea>', form, re.DOTALL):
        found[name] = unescape(text)
    for name, options in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)"[^>]* selected>', options)
        first = re.search(r'<option value="([^"]*)"', options)
        found[name] = unescape((chosen or first)[1])  # type: ignore[index]  # a list has an entry
    return found


WHEN = "/edit/journey/when/purchase"


def test_a_condition_is_shown_as_rows_and_text_with_what_it_meets(screens: Screens) -> None:
    html = screens("marketer").get(WHEN).text
    form = form_of(html)
    assert form["text"] == form["shown"] == "event = 'order'"
    assert [form[f"0.0.{name}"] for name in ("field", "sign", "value")] == ["event", "=", "order"]
    assert form["0.1.field"] == ""
    said = words(html)
    assert "4 of the last 193 events match" in said
    assert "order 4 4" in said
    assert "user_id anna" in said
    for choice in ("properties.total", "properties.note"):
        assert f'<option value="{choice}"' in html
    assert re.search(r"<datalist[^>]*>.*<option value=\"letter\">", html)


def test_rows_change_the_text_and_the_text_changes_the_rows(screens: Screens) -> None:
    browser = screens("marketer")
    form = form_of(browser.get(WHEN).text)
    rows = {**form, "0.1.field": "properties.total", "0.1.sign": ">=", "0.1.value": "12"}
    html = asked(browser, WHEN, **rows).text
    assert form_of(html)["text"] == "event = 'order' and properties.total >= 12"
    assert "2 of the last 193 events match" in words(html)
    text = {**form_of(html), "text": "channel in ('web', 'app') or not event like 'c%'"}
    found = form_of(asked(browser, WHEN, **text).text)
    assert [found[f"0.0.{name}"] for name in ("field", "sign", "value")] == ["channel", "in", "web, app"]
    assert [found[f"0.1.{name}"] for name in ("field", "sign", "value")] == ["event", "not like", "c%"]
    assert found["0.join"] == "any"
    assert found["text"] == text["text"]
    gone = form_of(asked(browser, WHEN, **found, do="take.0.0").text)
    assert gone["text"] == "event not like 'c%'"


def test_what_rows_cannot_say_stays_the_text_that_it_is(screens: Screens) -> None:
    browser = screens("marketer")
    typed = "event  =  'order' and (channel = 'web' or (value > 3 and value < properties.total))"
    html = asked(browser, WHEN, **{**form_of(browser.get(WHEN).text), "text": typed}).text
    assert "Rows cannot say this" in html
    form = form_of(html)
    assert form["text"] == typed
    assert "0.join" not in form
    assert form_of(asked(browser, WHEN, **form).text)["text"] == typed


def test_what_is_wrong_is_said_at_its_place(screens: Screens) -> None:
    browser = screens("marketer")
    form = form_of(browser.get(WHEN).text)
    html = asked(browser, WHEN, **{**form, "text": "event = 'order' and chanel = 'web'"}).text
    assert "<mark>chanel</mark>" in html
    assert "did you mean &#39;channel&#39;" in html
    assert "must be mended before" in html
    html = asked(browser, WHEN, **{**form, "0.1.field": "value", "0.1.sign": ">", "0.1.value": "much"}).text
    assert "is no number" in html
    assert form_of(html)["0.1.value"] == "much"
    assert form_of(html)["text"] == "event = 'order'"
    answer = sent(browser, WHEN, **{**form, "0.1.field": "value", "0.1.sign": ">", "0.1.value": "much"})
    assert answer.status_code == 422
    assert form_of(answer.text)["0.1.value"] == "much"


def test_what_is_kept_goes_into_the_draft_and_nothing_else(screens: Screens, folder: Path) -> None:
    browser = screens("admin")
    before = (folder / "journey.yaml").read_text(encoding="utf-8")
    form = form_of(browser.get(WHEN).text)
    assert sent(browser, WHEN, **form).status_code == 303
    assert "Nothing is changed yet" in browser.get("/edit/journey").text
    answer = sent(browser, WHEN, **{**form, "0.1.field": "value", "0.1.sign": ">", "0.1.value": "3"})
    assert answer.headers["location"] == "/edit/journey?touchpoint=purchase#opened"
    draft = unescape(browser.get("/edit/journey/text").text)
    assert "  purchase: {when: \"event = 'order' and value > 3\", value: properties.total}" in draft
    assert "event = 'order' and value > 3" in unescape(browser.get(WHEN).text)
    assert (folder / "journey.yaml").read_text(encoding="utf-8") == before

    # A form that was opened before does not write over it
    late = sent(browser, WHEN, **{**form, "text": "event = 'letter'"})
    assert late.status_code == 409
    assert "changed elsewhere meanwhile" in late.text
    assert form_of(late.text)["text"] == "event = 'letter'"


def test_the_tracking_plan_is_told_in_names_percent_and_days(screens: Screens) -> None:
    browser = screens("marketer")
    plan = browser.get("/live/tracking/journey").text
    cells = " ".join(re.findall(r"<t[hd][^>]*>([^<]+)</t[hd]>", plan))
    assert "Cart event = &#39;cart&#39; comes – 6 4 May 2026 6 May 2026" in cells
    assert "Purchase properties.total comes – 4 3 75% 8 May 2026" in cells
    assert "note letter 180 10 Apr 2026" in cells


def test_an_unknown_event_becomes_a_touchpoint_of_the_draft(screens: Screens) -> None:
    browser = screens("marketer")
    html = browser.get("/live/tracking/journey").text
    link = re.search(r'href="(/edit/journey/new\?event=group)"', html)
    assert link is not None
    html = browser.get(link[1]).text
    form = form_of(html)
    assert (form["name"], form["text"]) == ("Group", "event = 'group'")
    assert "1 of the last" in words(html)
    lacking = sent(browser, "/edit/journey/new", **form)
    assert lacking.status_code == 422
    assert "no stage" in lacking.text
    answer = sent(browser, "/edit/journey/new", **{**form, "name": "Joins a firm", "stage": "loyalty"})
    assert answer.headers["location"] == "/edit/journey?touchpoint=joins_a_firm#opened"
    draft = unescape(browser.get("/edit/journey/text").text)
    assert "loyalty: [letter, joins_a_firm]" in draft
    assert re.search(r"  joins_a_firm:\n    when: \"?event = 'group'", draft)


def test_who_may_not_know_names_sees_none(screens: Screens) -> None:
    browser = screens("analyst")
    html = browser.get(WHEN).text
    assert "anna" not in html
    assert "events of fewer than 5 customers" in words(html)
    assert not re.search(r'<option value="n\d+"', html)
    html = asked(browser, WHEN, shown="", text="properties.note = 'n1'").text
    assert "events of fewer than 5 customers" in words(html)
    assert not re.search(r"<datalist[^>]*>(<option value=\"[ns]\d+\">)", html)


def test_who_may_not_know_names_learns_nothing_of_one_customer_with_many_events(screens: Screens) -> None:
    about_one = {"shown": "", "text": "event = 'letter' and channel = 'mail'"}  # 180 events, all of them busy's
    assert "180 of the last 193 events match" in words(asked(screens("marketer"), WHEN, **about_one).text)
    html = asked(screens("analyst"), WHEN, **about_one).text
    assert "events of fewer than 5 customers" in words(html)
    assert "180" not in words(html)
    # Whom somebody has in mind stands among others: her single events are not told, nor when they happened.
    among = {"shown": "", "text": "event = 'cart' or event = 'letter'"}
    html = asked(screens("analyst"), WHEN, **among).text
    assert "of the last 193 events match" in words(html)
    assert "Your role does not see" in html
    assert "When" in asked(screens("marketer"), WHEN, **among).text
    assert "10:00" not in words(html[html.index('data-part="answer"') :])


def test_who_looked_at_names_is_written_down(screens: Screens, folder: Path) -> None:
    screens("marketer").get(WHEN)
    with resa.open(folder) as shop:
        noted = [
            one for one in shop.audit.entries() if one.what == "people.show" and one.detail.get("place") == "conditions"
        ]
    assert noted
    assert {one.who for one in noted} <= {"marketer@shop.se", "admin@shop.se"}


def test_counting_that_takes_too_long_is_given_up(screens: Screens, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: object, **__: object) -> None:
        raise TimeExceeded(as_it_is("it took too long"))

    monkeypatch.setattr(RecentEvents, "matches", slow)
    html = screens("marketer").get(WHEN).text
    assert "took longer than it may" in html


def test_a_touchpoint_that_nothing_shows_is_told_to_be_so(screens: Screens) -> None:
    assert screens("marketer").get("/edit/journey/when/none").status_code == 404
    html = asked(screens("marketer"), "/edit/journey/when/letter", shown="", text="event like '%r'").text
    assert "are Cart first" not in html
    assert "4 of these are Purchase first" in words(html)

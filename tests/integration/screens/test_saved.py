"""What was done is said once on the next page, by a word of ours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.screens import SECRET, Visitor, visiting
from tests.support.served import new_shop

from resa import screens
from resa.screens.words_of_saved import OF_SAVED, SAVED


@pytest.fixture
def admin(tmp_path: Path) -> Iterator[Visitor]:
    new_shop(tmp_path)
    with visiting(tmp_path, "admin") as visitor:
        visitor.get("/")
        yield visitor


def said(html: str) -> str:
    """The line of the page that says what was done, or what the draft's bar says of it."""
    found = re.search(r'<(p|strong) class="saved"[^>]*>([^<]*)</\1>', html)
    return found[2] if found else ""


def after(visitor: Visitor, path: str, **fields: str) -> str:
    """What the page says that a form leads to."""
    answer = visitor.post(path, **fields)
    assert answer.status_code == 303
    return said(visitor.get(answer.headers["location"]).text)


def test_it_is_said_once(admin: Visitor) -> None:
    form = {"do": "write", "map": "journey", "place": "touchpoint:cart", "to": "/map/journey/cart"}
    assert after(admin, "/comments", text="Slow.", **form) == "Saved: your comment"
    assert said(admin.get("/map/journey/cart").text) == ""
    answer = admin.post("/comments", text="Slower.", **form)
    html = admin.get(answer.headers["location"]).text
    assert '<p class="saved" role="status">Saved: your comment</p>' in html
    refused = admin.post("/comments", **{**form, "text": ""})
    assert (refused.status_code, said(refused.text)) == (422, "")


@pytest.mark.parametrize("forged", ["<b>call us</b>", "Call us", "no_map_how", ""])
def test_a_browser_makes_no_page_say_anything_else(admin: Visitor, forged: str) -> None:
    admin.client.cookies.set("resa-saved", forged)
    html = admin.get("/").text
    assert said(html) == ""
    assert "call us" not in html.casefold()


def test_the_wall_says_what_is_in_the_draft_and_takes_it_back(admin: Visitor) -> None:
    def seen() -> str:
        found = re.search(r'name="seen" value="(\w+)"', admin.get("/edit/journey?touchpoint=cart").text)
        assert found is not None
        return found[1]

    form = {"do": "write_touchpoint", "touchpoint": "cart", "at": "cart.actions"}
    kept = admin.post("/edit/journey", seen=seen(), actions="Waits.", **form)
    html = admin.get(kept.headers["location"]).text
    assert said(html) == "Kept in your draft: Cart: actions"
    bar = html[html.index('<div class="draft" role="status">') :].partition("</form>")[0]
    assert said(bar)
    assert 'value="undo"' in bar  # beside it
    assert "One change is not saved yet" in bar
    assert after(admin, "/edit/journey", seen=seen(), actions="Waits.", **form) == ""  # nothing was changed
    assert after(admin, "/edit/journey/step", do="undo") == "Taken back: Cart: actions"
    assert after(admin, "/edit/journey/step", do="redo") == "Kept in your draft: Cart: actions"
    state = re.search(r'name="seen" value="(\w+)"', admin.get("/edit/journey/changes").text)
    assert state is not None
    said_of_map = after(admin, "/edit/journey/changes", do="save", seen=state[1])
    assert said_of_map == "Saved: the map. Everybody sees it as it is now."


def test_settings_and_reports_say_it_too(admin: Visitor) -> None:
    assert after(admin, "/settings/told", language="en") == "It is saved."
    report = admin.post("/reports/composed", title="The spring").headers["location"]
    assert said(admin.get(report).text) == "Saved: the report"
    assert after(admin, report, do="remove") == "Taken away: the report"


def test_by_tls_the_browser_keeps_it_for_tls(admin: Visitor) -> None:
    headers = {"x-resa-secret": SECRET, "sec-fetch-site": "same-origin", "x-resa-scheme": "https"}
    admin.client.cookies.set("__Host-resa-session", admin.client.cookies["resa-session"])
    form = {"_csrf_token": admin.forms, "_by": admin.by, "language": "en"}
    answer = admin.client.post("/settings/told", data=form, headers=headers, follow_redirects=False)
    kept = next(one for one in answer.headers.get_list("set-cookie") if one.startswith("resa-saved="))
    assert {"Secure", "HttpOnly", "Max-Age=60"} <= {part.strip() for part in kept.split(";")}


def test_every_word_that_a_form_says_is_known_and_none_is_said_by_no_form() -> None:
    sources = Path(screens.__file__).parent.glob("*.py")
    code = "".join(one.read_text(encoding="utf-8") for one in sources if one.name != "words_of_saved.py")
    asked = set(re.findall(r'saved="(\w+)"', code))
    assert asked
    assert asked <= SAVED
    assert {word for word in OF_SAVED if f'"{word}"' not in code} == set()


@pytest.mark.parametrize(
    ("onward", "to"),
    [
        ("?touchpoint=page&text=1#opened", "/edit/journey?touchpoint=page&text=1#opened"),
        ("//evil.example", "/edit/journey?touchpoint=cart#opened"),
        ("?x=1\r\nset-cookie: a=b", "/edit/journey?touchpoint=cart#opened"),
        ("", "/edit/journey?touchpoint=cart#opened"),
    ],
)
def test_who_goes_on_from_a_form_stays_on_the_wall(admin: Visitor, onward: str, to: str) -> None:
    seen = re.search(r'name="seen" value="(\w+)"', admin.get("/edit/journey?touchpoint=cart").text)
    assert seen is not None
    form = {"do": "write_touchpoint", "touchpoint": "cart", "actions": "Waits.", "seen": seen[1]}
    answer = admin.post("/edit/journey", next=onward, **form)
    assert (answer.status_code, answer.headers["location"]) == (303, to)

"""What was typed by who was signed out meanwhile is shown to them again, and to nobody else; never done by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from importlib.resources import files
from pathlib import Path

import pytest
from tests.support.screens import PASSWORD, Visitor, visiting
from tests.support.served import new_shop

import resa
from resa.screens.typed import NEVER, Typed
from resa.workspace.day_notes import DayNotes
from resa.workspace.people import Role

TEXT = 'Sold out </textarea><script>alert(1)</script>\r\n"until" May'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("shop")
    new_shop(place)
    return place


@pytest.fixture
def anna(folder: Path) -> Iterator[Visitor]:
    with visiting(folder) as visitor:
        enter(visitor, folder, "anna@shop.se", "analyst")
        visitor.get("/notes")
        yield visitor


def enter(visitor: Visitor, folder: Path, email: str, role: Role = "analyst") -> None:
    """Be signed in, without a password, which takes its time."""
    with resa.open(folder) as shop:
        token = shop.people.enter(shop.people.invite(email, email.partition("@")[0].title(), role))
    assert token
    visitor.client.cookies.set("resa-session", token)


def note(visitor: Visitor, text: str = TEXT) -> str:
    """Send a note on a day; where that leads."""
    said = {"do": "add", "text": text, "first": "2026-05-01", "last": "", "map": ""}
    return visitor.post("/notes", **said).headers["location"]


def sign_out(folder: Path, email: str) -> None:
    with resa.open(folder) as shop:
        person = shop.people.named(email)
        for session in shop.people.sessions(person.id):
            shop.people.end_session(session.id)


def back(visitor: Visitor, folder: Path, email: str) -> str:
    """Be signed in again, and look at what was typed."""
    visitor.client.cookies.delete("resa-session")
    enter(visitor, folder, email)
    return visitor.get("/typed").text


def notes(folder: Path) -> list[str]:
    with resa.open(folder) as shop:
        return [one.text for one in DayNotes(shop).all()]


def test_who_was_signed_out_finds_what_they_typed_and_sends_it_once_more(folder: Path, anna: Visitor) -> None:
    with resa.open(folder) as shop:
        shop.people.accept(shop.people.invite("anna@shop.se"), PASSWORD)
    sign_out(folder, "anna@shop.se")
    before = notes(folder)
    to = note(anna)
    assert to == "/sign-in?to=%2Ftyped&typed=kept"
    assert "kept for an hour" in anna.get(to).text
    answer = anna.post("/sign-in", email="anna@shop.se", password=PASSWORD, to="/typed")
    assert answer.headers["location"] == "/typed"
    page = anna.get("/typed").text
    assert notes(folder) == before  # nothing is done by itself
    assert "<script>alert" not in page
    again = form_of(page)
    assert again["text"] == TEXT
    assert (again["first"], again["do"]) == ("2026-05-01", "add")
    assert 'action="/notes"' in page
    assert anna.post("/notes", **again).status_code == 303
    assert [" ".join(text.split()) for text in notes(folder)] == [*before, " ".join(TEXT.split())]
    anna.get("/typed")
    assert anna.post("/typed").headers["location"] == "/"
    assert "Nothing is kept" in anna.get("/typed").text


def form_of(page: str) -> dict[str, str]:
    """The fields of the form that sends what was typed once more, as a browser reads them."""
    found = re.findall(r'<textarea hidden name="([^"]+)">\n(.*?)</textarea>', page, re.DOTALL)
    return {unescape(name): unescape(value) for name, value in found}


def test_a_condition_that_was_put_together_is_kept_as_well(folder: Path, anna: Visitor) -> None:
    action = re.search(r'<button formmethod="post" formaction="([^"]+)"', anna.get("/edit/journey/when/cart").text)
    assert action
    sign_out(folder, "anna@shop.se")
    anna.by = ""  # the form is one that asks, and says so in the address of its button
    sent = anna.post(action[1], text="event = 'basket'", shown="", seen="0" * 32)
    assert sent.headers["location"] == "/sign-in?to=%2Ftyped&typed=kept"
    page = back(anna, folder, "anna@shop.se")
    assert form_of(page)["text"] == "event = 'basket'"
    assert 'action="/edit/journey/when/cart"' in page


def test_nobody_else_at_the_same_browser_sees_it(folder: Path, anna: Visitor) -> None:
    sign_out(folder, "anna@shop.se")
    note(anna, "of Anna")
    assert "of Anna" not in back(anna, folder, "bo@shop.se")
    assert "of Anna" in back(anna, folder, "anna@shop.se")


def test_nobody_else_at_the_same_browser_throws_it_away(folder: Path, anna: Visitor) -> None:
    sign_out(folder, "anna@shop.se")
    note(anna, "of Anna")
    back(anna, folder, "bo@shop.se")
    sign_out(folder, "bo@shop.se")
    note(anna, "of Bo")
    assert "of Bo" in back(anna, folder, "bo@shop.se")
    anna.post("/typed")
    assert "of Bo" not in anna.get("/typed").text
    assert "of Anna" in back(anna, folder, "anna@shop.se")


def test_strangers_cannot_have_it_forgotten(folder: Path, anna: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resa.screens.typed._ALL_LETTERS", 5_000)
    sign_out(folder, "anna@shop.se")
    note(anna, "of Anna")
    with visiting(folder) as stranger:
        stranger.get("/sign-in")
        stranger.by = "0" * 32
        for _ in range(6):
            assert "typed=lost" in note(stranger, "x" * 1_000)
            stranger.client.cookies.delete("resa-typed")
    assert "of Anna" in back(anna, folder, "anna@shop.se")


def test_the_same_person_elsewhere_does_not_find_it(folder: Path, anna: Visitor) -> None:
    sign_out(folder, "anna@shop.se")
    note(anna, "typed at home")
    with visiting(folder) as elsewhere:
        assert "typed at home" not in back(elsewhere, folder, "anna@shop.se")


def test_a_page_that_says_not_whose_it_is_keeps_nothing(folder: Path, anna: Visitor) -> None:
    sign_out(folder, "anna@shop.se")
    for by in ("", "0" * 32):
        anna.by = by
        assert "typed=lost" in note(anna, "planted")
        assert "planted" not in back(anna, folder, "anna@shop.se")
        sign_out(folder, "anna@shop.se")


def test_a_form_of_another_site_is_turned_away_and_not_kept(folder: Path, anna: Visitor) -> None:
    sign_out(folder, "anna@shop.se")
    assert anna.post("/notes", text="planted", forms="0" * 128).status_code == 403
    assert anna.post("/notes", text="planted", origin="cross-site").status_code == 403
    assert "planted" not in back(anna, folder, "anna@shop.se")


def test_what_is_too_long_is_said_to_be_lost(folder: Path, anna: Visitor) -> None:
    sign_out(folder, "anna@shop.se")
    to = note(anna, "x" * 2_000_001)
    assert to == "/sign-in?to=%2Fnotes&typed=lost"
    assert "could not be kept" in anna.get(to).text


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/settings/account", {"old": PASSWORD, "password": "another sentence of tests"}),
        ("/settings/people", {"do": "invite", "email": "eve@shop.se", "role": "admin"}),
        ("/edit/journey/step", {"do": "undo"}),
    ],
)
def test_passwords_and_what_manages_and_mere_buttons_are_not_kept(
    folder: Path, path: str, fields: dict[str, str]
) -> None:
    with visiting(folder) as visitor:
        enter(visitor, folder, "cecilia@shop.se", "admin")
        visitor.get("/settings/account")
        sign_out(folder, "cecilia@shop.se")
        answer = visitor.post(path, **fields)
        assert answer.headers["location"].startswith("/sign-in?to=%2F")
        assert "typed" not in answer.headers["location"]
        assert "resa-typed" not in visitor.client.cookies


def test_whoever_must_set_up_a_second_factor_first_keeps_what_they_typed(tmp_path: Path) -> None:
    new_shop(tmp_path)
    with visiting(tmp_path) as visitor:
        enter(visitor, tmp_path, "anna@shop.se")
        visitor.get("/notes")
        (tmp_path / "resa.toml").write_text('second_factor_for = ["analyst"]\n', "utf-8")
        with visiting(tmp_path) as anew:  # the settings hold
            anew.client.cookies.update(visitor.client.cookies)
            anew.forms, anew.by = visitor.forms, visitor.by
            assert note(anew, "before the factor") == "/typed"
            page = anew.get("/typed").text
            assert "before the factor" in page
            assert "/settings/account" in page


def test_fields_of_passwords_and_codes_are_never_kept() -> None:
    """Of every form of ours."""
    typed = [one.read_text("utf-8") for one in (files("resa.screens") / "templates").iterdir()]
    inputs = [found for text in typed for found in re.findall(r"<input [^>]*>", text)]
    secrets = [one for one in inputs if re.search('type="password"|one-time-code|new-password|current-password', one)]
    assert len(secrets) >= 6
    assert {re.search('name="([^"]+)"', one)[1] for one in secrets} <= NEVER  # type: ignore[index]


def test_it_is_forgotten_after_an_hour_and_kept_within_bounds() -> None:
    now = 0.0
    typed = Typed(lambda: now)
    first = typed.keep("", "/notes", "anna", {"text": "one", "password": "x"})
    assert first
    assert [one.fields for one in typed.of(first, "anna")] == [{"text": "one"}]
    assert typed.of(first, "bo") == typed.of("", "anna") == typed.of(first, "") == []
    for number in range(5):
        assert typed.keep(first, "/notes", "anna", {"text": str(number)}) == first
    assert [one.fields["text"] for one in typed.of(first, "anna")] == ["4", "3", "2"]
    other = [typed.keep("made up", "/notes", "bo", {"text": "x" * 1_999_000}) for _ in range(30)]
    assert len({*other, "made up"}) == 31
    assert typed.of(first, "anna") == []  # the oldest went first
    assert sum(bool(typed.of(one or "", "bo")) for one in other) == 20
    now = 3601
    assert typed.of(other[-1] or "", "bo") == []


def test_what_was_sent_again_and_kept_is_listed_no_longer(folder: Path, anna: Visitor) -> None:
    sign_out(folder, "anna@shop.se")
    note(anna, "Snow in March")
    note(anna, "Rain in May\r\nand June")
    assert "Snow in March" in back(anna, folder, "anna@shop.se")
    wrong = {"do": "add", "text": "Rain in May\nand June", "first": "2026-05-01", "last": "", "map": "none"}
    anna.post("/notes", **wrong)  # another form, whatever becomes of it
    assert "Rain in May" in anna.get("/typed").text
    assert note(anna, "Rain in May\r\nand June").startswith("/notes")
    listed = anna.get("/typed").text
    assert "Rain in May" not in listed
    assert "Snow in March" in listed  # which was not sent again
    assert "Rain in May and June" in notes(folder)

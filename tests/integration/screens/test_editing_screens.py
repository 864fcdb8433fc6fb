"""The screens on which a map is edited, without a browser: forms, what they refuse, and what they keep."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from tests.support.screens import Visitor, visiting

from resa import workspace
from resa.journey_map import said_of


@pytest.fixture
def visitor(tmp_path: Path) -> Iterator[tuple[Visitor, Path]]:
    folder = tmp_path / "shop"
    workspace.create(folder, template="retail", language="en")
    with visiting(folder, "marketer") as found:
        yield found, folder / "journey.yaml"


def seen(visitor: Visitor, path: str) -> str:
    found = re.search(r'name="seen" value="(\w+)"', visitor.get(path).text)
    assert found is not None
    return found[1]


def change(visitor: Visitor, do: str, **fields: str) -> int:
    fields.setdefault("seen", seen(visitor, "/edit/journey"))
    return visitor.post("/edit/journey", do=do, **fields).status_code


def fields_of(page: str) -> dict[str, str]:
    """What the form of a touchpoint would send if nobody touched it."""
    form = page[page.index('class="fields"') :]
    form = form[: form.index("</form>")]
    fields: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and ("checkbox" not in tag or " checked" in tag):
            fields[name[1]] = unescape(value[1]) if value else ""
    for name, text in re.findall(r'<textarea name="([^"]+)"[^>]*>(.*?)</textarea>', form, re.DOTALL):
        fields[name] = unescape(text)
    for name, options in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected>', options)
        fields[name] = chosen[1] if chosen else ""
    del fields["_csrf_token"]
    return fields


@pytest.mark.parametrize("language", ["en", "sv"])
def test_a_form_that_nobody_touched_changes_nothing(visitor: tuple[Visitor, Path], language: str) -> None:
    visits, file = visitor
    for key in said_of("journey.yaml", file.read_text(encoding="utf-8")):
        fields = fields_of(visits.get(f"/edit/journey?touchpoint={key}", **{"accept-language": language}).text)
        assert visits.post("/edit/journey", **fields).status_code == 303
    assert "Nothing is changed yet" in visits.get("/edit/journey").text


def test_everything_of_a_touchpoint_can_be_said_in_its_form(visitor: tuple[Visitor, Path]) -> None:
    visits, file = visitor
    fields = fields_of(visits.get("/edit/journey?touchpoint=cart").text)
    fields |= {
        "name": "Basket",
        "emotion.now": "-2",
        "moment_of_truth": "1",
        "channel.phone": "1",
        "backstage": "One.\n\n  Two: three.  ",
        "pain_points.1.text": "Slow <b>on phones</b>",
        "pain_points.1.source": "",
        "expect.0.target": "61 %",
        "expect.0.next.1": "help_page",
        "promise.0.next.0": "help_page",
        "promise.0.within": "2 working days",
    }
    assert visits.post("/edit/journey", **fields).status_code == 303
    page = visits.get("/edit/journey?touchpoint=cart").text
    assert "Slow &lt;b&gt;on phones" in page
    assert "Basket" in page
    assert visits.post("/edit/journey/changes", seen="0" * 32).status_code == 409, "not what was looked at"
    saved = visits.post("/edit/journey/changes", seen=seen(visits, "/edit/journey/changes"))
    assert saved.headers["location"] == "/map/journey"
    said = said_of("journey.yaml", file.read_text(encoding="utf-8"))["cart"]
    assert (said["name"], said["moment_of_truth"], said["emotion"]["now"]) == ("Basket", True, -2)
    assert said["channel"] == ["web", "app", "phone"]
    assert said["backstage"] == ["One.", "Two: three."]
    assert said["pain_points"][1] == {"at": 1, "text": "Slow <b>on phones</b>"}
    assert (said["expect"][0]["next"], said["expect"][0]["target"]) == (["checkout", "help_page"], "61 %")
    assert said["expect"][0]["if_missed"] == "cart_reminder", "what the form does not show stays"
    assert said["promise"] == [{"at": 0, "next": ["help_page"], "within": "2 working days"}]


def test_two_windows_of_one_person_undo_nothing_of_each_other(visitor: tuple[Visitor, Path]) -> None:
    visits, _ = visitor
    first = fields_of(visits.get("/edit/journey?touchpoint=cart").text)
    second = dict(first)
    assert visits.post("/edit/journey", **first | {"owner": "Nora"}).status_code == 303
    assert visits.post("/edit/journey", **second | {"actions": "Waits."}).status_code == 303
    page = fields_of(visits.get("/edit/journey?touchpoint=cart").text)
    assert (page["owner"], page["actions"]) == ("Nora", "Waits.")


def test_what_cannot_be_is_said_and_what_was_typed_stays(visitor: tuple[Visitor, Path]) -> None:
    visits, _ = visitor
    fields = fields_of(visits.get("/edit/journey?touchpoint=cart").text)
    answer = visits.post("/edit/journey", **fields | {"expect.0.within": "soon", "owner": "Typed by me"})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "Typed by me" in answer.text
    assert 'value="soon"' in answer.text
    for wrong in (
        {"do": "nothing"},
        {**fields, "emotion.now": "1.5"},
        {**fields, "promise.0.within": "2 days"},
        {**fields, "pain_points.1.source": "an interview"},
        {**fields, "expect.0.at": "9" * 5_000, "expect.0.within": "soon"},
        {"do": "write_touchpoint", "touchpoint": "nowhere"},
        {"do": "write_touchpoint", "touchpoint": "cart", "seen": "0" * 32},
        {"do": "move_touchpoint", "touchpoint": "friend_tells", "to": "left"},
        {"do": "add_touchpoint", "stage": "nowhere", "name": "X"},
        {"do": "add_touchpoint", "stage": "service", "name": "…"},
        {"do": "remove_stage", "stage": "service"},
        {"do": "write_stage", "stage": "nowhere", "name": "x"},
    ):
        assert change(visits, **wrong) == 422, wrong
    assert "Nothing is changed yet" in visits.get("/edit/journey").text


def test_stages_and_touchpoints_are_put_in_moved_and_taken_away(visitor: tuple[Visitor, Path]) -> None:
    visits, _ = visitor
    for do, fields in [
        ("add_stage", {"name": "Farewell"}),
        ("add_touchpoint", {"stage": "farewell", "name": "Says goodbye"}),
        ("move_touchpoint", {"touchpoint": "says_goodbye", "to": "left"}),
        ("move_touchpoint", {"touchpoint": "says_goodbye", "to": "right"}),
        ("write_stage", {"stage": "farewell", "name": "Leaving"}),
        ("move_stage", {"stage": "farewell", "to": "left"}),
        ("write_map", {"name": "Our map", "owner": "Me"}),
    ]:
        assert change(visits, do, **fields) == 303, do
    page = visits.get("/edit/journey").text
    assert "7 changes are not saved yet" in page
    assert page.index("Leaving") < page.index(">Loyalty<")
    assert change(visits, "remove_touchpoint", touchpoint="says_goodbye") == 303
    assert change(visits, "remove_stage", stage="farewell") == 303
    assert 'href="?stage=farewell' not in visits.get("/edit/journey").text


def test_a_text_from_an_older_window_is_shown_again_and_not_taken(visitor: tuple[Visitor, Path]) -> None:
    visits, _ = visitor
    old = seen(visits, "/edit/journey/text")
    assert change(visits, "write_map", name="Newer", owner="") == 303
    answer = visits.post("/edit/journey/text", seen=old, text="title: <mine>")
    assert answer.status_code == 409
    assert "title: &lt;mine&gt;" in answer.text
    assert "Newer" in answer.text
    now = re.search(r'name="seen" value="(\w+)"', answer.text)
    assert now is not None
    assert visits.post("/edit/journey/text", seen=now[1], text="title: <mine>").status_code == 303
    assert visits.get("/edit/journey").headers["location"] == "/edit/journey/text", "a wrong map has no wall"


def test_a_version_of_another_map_or_none_is_none(visitor: tuple[Visitor, Path]) -> None:
    visits, _ = visitor
    assert visits.get("/edit/journey/history/99").status_code == 404
    assert visits.get(f"/edit/journey/history/{'9' * 30}").status_code == 404
    assert visits.get("/edit/nowhere").status_code == 404
    assert visits.get("/edit/..%2Fresa.toml").status_code == 404


def entry_fields(page: str, entry: str) -> dict[str, str]:
    """What the form of an improvement, persona or channel would send if nobody touched it."""
    found = [part.partition("</form>")[0] for part in page.split("<form ")[1:]]
    form = next(one for one in found if f'name="entry" value="{entry}"' in one)
    return fields_of('class="fields"' + form + "</form>")


def test_improvements_personas_and_channels_are_written_by_forms(visitor: tuple[Visitor, Path]) -> None:
    visits, file = visitor
    page = visits.get("/edit/journey/entries").text
    for entry in ("early_date", "gear_lover", "web"):  # a form that nobody touched changes nothing
        assert visits.post("/edit/journey/entries", **entry_fields(page, entry)).status_code == 303
    assert "Nothing is changed yet" in visits.get("/edit/journey").text
    new = {"section": "improvements", "entry": "", "name": "Fitting room at home", "about": "Two sizes <b>for one</b>."}
    new |= {"owner": "Ali", "state": "planned", "since": "2026-10-01", "should_move": "cart.checkout"}
    asked = visits.post("/edit/journey/entries", **new, **{"was.state": "idea"})
    assert asked.headers["location"] == "/edit/journey/entries#improvements"
    pain = fields_of(visits.get("/edit/journey?touchpoint=cart").text)
    assert (
        visits.post("/edit/journey", **pain | {"pain_points.0.improvement": "fitting_room_at_home"}).status_code == 303
    )
    fields = entry_fields(visits.get("/edit/journey/entries").text, "gear_lover")
    assert visits.post("/edit/journey/entries", **fields | {"quote": "How many grams?"}).status_code == 303
    changes = visits.get("/edit/journey/changes").text
    assert "fitting_room_at_home:" in changes
    saved = visits.post("/edit/journey/changes", do="save", seen=seen(visits, "/edit/journey/changes"))
    assert saved.status_code == 303
    with workspace.open(file.parent) as shop:
        found = next(one for one in shop.map().improvements if one.key == "fitting_room_at_home")
        assert (found.name, found.state, found.should_move) == ("Fitting room at home", "planned", "cart.checkout")
        assert str(found.since) == "2026-10-01"
        assert shop.map().persona["gear_lover"].quote == "How many grams?"
    fields = entry_fields(visits.get("/edit/journey/entries").text, "fitting_room_at_home")
    assert visits.post("/edit/journey/entries", **fields, do="remove").status_code == 303
    assert "fitting_room_at_home" not in visits.get("/edit/journey?touchpoint=cart").text


def test_what_is_wrong_with_an_entry_is_said_and_what_was_typed_stays(visitor: tuple[Visitor, Path]) -> None:
    visits, _ = visitor
    fields = entry_fields(visits.get("/edit/journey/entries").text, "early_date")

    def refused(**typed: str) -> str:
        answer = visits.post("/edit/journey/entries", **fields | typed)
        assert answer.status_code == 422
        return unescape(answer.text)

    assert "it needs a name" in refused(name=" ", about="Typed <i>so far</i>")
    assert "Typed <i>so far</i>" in refused(name=" ", about="Typed <i>so far</i>")
    assert "'yesterday' is no day" in refused(since="yesterday")
    assert "known here" in refused(state="asleep")
    assert "known here" in refused(section="touchpoints")
    assert "no 'gone' any more" in refused(entry="gone")
    assert visits.post("/edit/journey/entries", **fields | {"about": "By another window"}).status_code == 303
    assert "'about' was changed elsewhere meanwhile" in refused(about="By this one")
    assert "Nothing is changed yet" not in visits.get("/edit/journey").text


def test_who_saw_what_others_wrote_meanwhile_may_write_over_it_and_over_nothing_else(
    visitor: tuple[Visitor, Path],
) -> None:
    visits, _ = visitor
    mine = fields_of(visits.get("/edit/journey?touchpoint=cart").text)
    theirs = mine | {"owner": "Nora", "actions": "Waits.", "emotion.aim": "2", "pain_points.0.source": "12 interviews"}
    assert visits.post("/edit/journey", **theirs).status_code == 303
    mine |= {"owner": "Bo", "emotion.now": "-2", "pain_points.0.text": "Freight is shown late"}
    refused = visits.post("/edit/journey", **mine)
    assert refused.status_code == 422
    assert "'owner', 'pain points' was changed elsewhere" in unescape(refused.text)
    assert re.search(r"What stands there now.*Nora.*12 interviews", refused.text, re.DOTALL)
    shown = fields_of(refused.text)
    assert (shown["owner"], shown["actions"], shown["emotion.now"], shown["emotion.aim"]) == ("Bo", "Waits.", "-2", "2")
    assert visits.post("/edit/journey", **shown).status_code == 303
    kept = fields_of(visits.get("/edit/journey?touchpoint=cart").text)
    assert (kept["owner"], kept["actions"], kept["emotion.now"], kept["emotion.aim"]) == ("Bo", "Waits.", "-2", "2")
    assert kept["pain_points.0.text"] == "Freight is shown late"
    once_more = shown | {"owner": "Cai"}  # and once that is kept, an older window is refused again
    assert visits.post("/edit/journey", **{**kept, "owner": "Dag"}).status_code == 303
    assert visits.post("/edit/journey", **once_more).status_code == 422


def test_a_form_of_a_draft_that_was_thrown_away_can_be_kept_once_it_was_seen(visitor: tuple[Visitor, Path]) -> None:
    visits, _ = visitor
    mine = fields_of(visits.get("/edit/journey?touchpoint=cart").text) | {"owner": "Bo", "seen": "0" * 32}
    refused = visits.post("/edit/journey", **mine)
    assert refused.status_code == 422
    assert visits.post("/edit/journey", **fields_of(refused.text)).status_code == 303
    assert fields_of(visits.get("/edit/journey?touchpoint=cart").text)["owner"] == "Bo"


@pytest.mark.parametrize("opened", ["?stage=conversion", ""])
def test_the_name_of_a_stage_or_map_is_not_written_over_unseen(visitor: tuple[Visitor, Path], opened: str) -> None:
    visits, _ = visitor
    mine = fields_of(visits.get(f"/edit/journey{opened}").text)
    assert visits.post("/edit/journey", **mine | {"name": "By another window"}).status_code == 303
    refused = visits.post("/edit/journey", **mine | {"name": "By this one"})
    assert refused.status_code == 422
    assert re.search("What stands there now.*By another window", refused.text, re.DOTALL)
    shown = fields_of(refused.text)
    assert shown["name"] == "By this one"
    assert visits.post("/edit/journey", **shown).status_code == 303
    assert fields_of(visits.get(f"/edit/journey{opened}").text)["name"] == "By this one"


def test_an_entry_that_others_changed_can_be_kept_once_that_was_seen(visitor: tuple[Visitor, Path]) -> None:
    visits, _ = visitor
    mine = entry_fields(visits.get("/edit/journey/entries").text, "early_date")
    assert visits.post("/edit/journey/entries", **mine | {"about": "Theirs", "owner": "Nora"}).status_code == 303
    refused = visits.post("/edit/journey/entries", **mine | {"about": "Mine"})
    assert refused.status_code == 422
    assert re.search("What stands there now.*Theirs", refused.text, re.DOTALL)
    shown = entry_fields(refused.text, "early_date")
    assert (shown["about"], shown["owner"]) == ("Mine", "Nora")
    assert visits.post("/edit/journey/entries", **shown).status_code == 303
    kept = entry_fields(visits.get("/edit/journey/entries").text, "early_date")
    assert (kept["about"], kept["owner"]) == ("Mine", "Nora")


def test_a_condition_that_others_changed_can_be_kept_once_that_was_seen(visitor: tuple[Visitor, Path]) -> None:
    visits, _ = visitor
    mine = {"seen": seen(visits, "/edit/journey/when/cart"), "shown": ""}
    assert visits.post("/edit/journey/when/cart", **mine, text="event = 'theirs'").status_code == 303
    refused = visits.post("/edit/journey/when/cart", **mine, text="event = 'mine'")
    assert refused.status_code == 409
    assert re.search("What stands there now.*event = 'theirs'.*event = 'mine'", unescape(refused.text), re.DOTALL)
    found = re.search(r'name="seen" value="(\w+)"', refused.text)
    assert found
    kept = visits.post("/edit/journey/when/cart", seen=found[1], shown="", text="event = 'mine'")
    assert kept.status_code == 303
    assert "event = 'mine'" in unescape(visits.get("/edit/journey?touchpoint=cart").text)


def test_a_touchpoint_that_signals_name_is_taken_away_and_comes_back_with_its_signal(
    visitor: tuple[Visitor, Path],
) -> None:
    visits, file = visitor
    assert change(visits, "remove_touchpoint", touchpoint="chat") == 303
    assert visits.post("/edit/journey/changes", seen=seen(visits, "/edit/journey/changes")).status_code == 303
    with workspace.open(file.parent) as shop:
        assert "chat" not in shop.map().touchpoint
        assert "no map has a touchpoint 'chat'" in " ".join(str(one.message) for one in shop.loaded.problems)
    oldest = re.findall(r'href="(/edit/journey/history/[0-9]+)"', visits.get("/edit/journey/history").text)[-1]
    assert visits.post(oldest).status_code == 303
    assert visits.post("/edit/journey/changes", seen=seen(visits, "/edit/journey/changes")).status_code == 303
    with workspace.open(file.parent) as shop:
        assert shop.map().signal["chat"].when == "event = 'chat_started'"


def test_a_touchpoint_that_others_need_says_where(visitor: tuple[Visitor, Path]) -> None:
    visits, _ = visitor
    fields = {"do": "remove_touchpoint", "touchpoint": "cart", "seen": seen(visits, "/edit/journey")}
    refused = visits.post("/edit/journey", **fields)
    assert refused.status_code == 422
    assert re.search("“Cart” is named in other places still.*Segments: ", refused.text, re.DOTALL)
    assert "segments.yaml:" not in refused.text


def test_a_form_names_what_is_wrong_and_the_text_its_line(visitor: tuple[Visitor, Path]) -> None:
    visits, file = visitor
    path = "/edit/journey/text"
    wrong = file.read_text().replace("within: 30 minutes", "within: soon", 1)
    assert visits.post(path, text=wrong, seen=seen(visits, path)).status_code == 303
    line = wrong[: wrong.index("within: soon")].count("\n") + 1
    assert f"journey.yaml:{line}:" in visits.get(path).text
    page = visits.get("/edit/journey/changes").text
    assert re.search(r"<b>[A-Z][\w ]+, expectations</b>:\s+&#39;soon&#39; is not a duration", page)
    assert "journey.yaml:" not in page

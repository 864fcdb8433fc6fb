"""The wall without a script: arrows drawn by links and forms, and the map's text beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from tests.support.screens import Visitor, visiting

from resa import workspace
from resa.base.language import LANGUAGES
from resa.journey_map import arrows_said, load_texts, said_of
from resa.screens.wall_arrows import tracks_of

WALL = "/edit/journey"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Visitor, Path]]:
    folder = tmp_path_factory.mktemp("walls") / "shop"
    workspace.create(folder, template="retail", language="en")
    with visiting(folder, "marketer") as found:
        yield found, folder / "journey.yaml"


@pytest.fixture
def visits(shop: tuple[Visitor, Path]) -> Iterator[Visitor]:
    """Somebody who has no draft yet, and whose draft is thrown away."""
    visitor, _ = shop
    yield visitor
    visitor.get(WALL)
    visitor.post(f"{WALL}/step", do="drop")


def draft(visits: Visitor) -> str:
    """The text of the draft."""
    found = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", visits.get(f"{WALL}/text").text, re.DOTALL)
    assert found is not None
    return unescape(found[1])


def seen(visits: Visitor, path: str = WALL) -> str:
    found = re.search(r'name="seen" value="(\w+)"', visits.get(path).text)
    assert found is not None
    return found[1]


def arrow_fields(page: str) -> dict[str, str]:
    """What the form of an arrow would send if nobody touched it."""
    form = page[page.index('class="fields"') :]
    form = form[: form.index("</form>")]
    fields: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and (not re.search("checkbox|radio", tag) or " checked" in tag):
            fields[name[1]] = unescape(value[1]) if value else ""
    for name, options in re.findall(r'<select name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option(?: value="([^"]*)")? selected>([^<]*)', options)
        fields[name] = (chosen[2] if chosen[1] is None else chosen[1]) if chosen else ""
    del fields["_csrf_token"]
    return fields


def test_an_arrow_is_drawn_changed_and_taken_away_by_links_and_forms(visits: Visitor) -> None:
    assert 'href="?draw=1"' in visits.get(WALL).text
    assert 'href="?from=product_page"' in visits.get(f"{WALL}?draw=1").text
    page = visits.get(f"{WALL}?from=product_page").text
    assert 'href="?from=product_page&amp;to=service#opened"' in page, "a stage"
    assert 'name="do" value="add_arrow"' not in page, "the form comes once its end is chosen"
    assert 'href="?from=product_page&amp;to=chat#opened"' in page
    fields = arrow_fields(visits.get(f"{WALL}?from=product_page&to=chat").text)
    assert (fields["do"], fields["arrow.0.next.0"], fields["kind"]) == ("add_arrow", "chat", "expect")
    new = {"arrow.0.within": "2 hours", "arrow.0.target": "12", "arrow.0.owner": "Nora <b>", "unless.cart": "1"}
    answer = visits.post(WALL, **fields | new)
    assert answer.headers["location"] == "/edit/journey?arrow=product_page.chat#opened"
    page = visits.get(answer.headers["location"]).text
    assert re.search(r'product_page.chat#opened" class="expectation" data-arrow aria-current="true"', page)
    assert "Product page → Chat, drawn" in page or "Product page → Chat: drawn" in page

    fields = arrow_fields(page)
    assert fields["unless.cart"] == "1"
    changed = {"kind": "promise", "arrow.0.next.0": "phone_call", "arrow.0.per": "properties.order_id"}
    answer = visits.post(WALL, **fields | changed)
    assert answer.headers["location"] == "/edit/journey?arrow=product_page.phone_call#opened"
    said = arrows_said("journey.yaml", draft(visits))["product_page.phone_call"]
    assert (said["kind"], said["per"], said["owner"]) == ("promise", "properties.order_id", "Nora <b>")
    visits.get(WALL)
    answer = visits.post(WALL, do="remove_arrow", arrow="product_page.phone_call", seen=seen(visits))
    assert answer.headers["location"] == WALL
    assert "product_page.phone_call" not in arrows_said("journey.yaml", draft(visits))


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_arrow_s_form_that_nobody_touched_changes_nothing(visits: Visitor, language: str) -> None:
    for name in ("product_page.cart", "checkout.purchase", "purchase.parcel_notice", "reorder.delivery"):
        fields = arrow_fields(visits.get(f"{WALL}?arrow={name}", **{"accept-language": language}).text)
        answer = visits.post(WALL, **fields)
        assert answer.headers["location"] == f"/edit/journey?arrow={name}#opened"
    assert "Nothing is changed yet" in visits.get(WALL).text


def test_what_shows_a_pain_point_is_chosen_by_the_names_of_touchpoints(visits: Visitor) -> None:
    assert (
        '<option value="cart.checkout" selected>Cart → Checkout</option>' in visits.get(f"{WALL}?touchpoint=cart").text
    )
    assert ">how often met: Cart → Checkout<" in unescape(visits.get("/segment-builder").text)


def test_durations_are_read_and_written_in_the_language_of_the_page_and_stand_in_the_file_in_english(
    visits: Visitor,
) -> None:
    swedish = {"accept-language": "sv"}
    fields = arrow_fields(visits.get(f"{WALL}?arrow=cart.checkout", **swedish).text)
    assert fields["arrow.0.within"] == "4 timmar"
    visits.client.cookies.set("resa-language", "sv")
    refused = unescape(visits.post(WALL, **fields | {"arrow.0.within": ""}).text)
    assert "”inom” saknas" in refused
    assert "använd sekunder, minuter" in visits.post(WALL, **fields | {"arrow.0.within": "3 timar"}).text
    visits.client.cookies.delete("resa-language")
    visits.post(WALL, **fields | {"arrow.0.within": "3 arbetsdagar"})
    assert arrows_said("journey.yaml", draft(visits))["cart.checkout"]["within"] == "3 working days"
    assert "3 arbetsdagar · 70 %" in visits.get(WALL, **swedish).text
    assert "3 virkedager · 70 %" in visits.get(WALL, **{"accept-language": "nb"}).text


def test_what_cannot_be_drawn_is_said_and_what_was_typed_stays(visits: Visitor) -> None:
    fields = arrow_fields(visits.get(f"{WALL}?from=cart&to=purchase").text)
    typed = {"arrow.0.owner": "Typed by me", "arrow.0.within": "soon"}

    def refused(**more: str) -> str:
        answer = visits.post(WALL, **fields | typed | more)
        assert answer.status_code == 422
        return unescape(answer.text)

    page = refused()
    assert 'role="alert"' in page
    assert 'value="Typed by me"' in page
    assert 'value="soon"' in page
    assert "needs what comes next" in refused(**{"arrow.0.next.0": ""})
    assert "names an arrow already" in refused(**{"arrow.0.next.0": "checkout", "arrow.0.within": "1 day"})
    assert "no touchpoint" in refused(**{"from": "nowhere", "arrow.0.within": "1 day"})
    assert "no 'gone.away' any more" in refused(do="write_arrow", arrow="gone.away")
    assert "no 'gone.away' any more" in refused(do="remove_arrow", arrow="gone.away")
    assert "Nothing is changed yet" in visits.get(WALL).text
    for nothing in ("arrow=gone.away", "from=gone", "from=cart&to=gone", "touchpoint=gone", "stage=gone"):
        assert visits.get(f"{WALL}?{nothing}").status_code == 200


def test_two_windows_change_different_things_of_one_arrow_but_not_the_same(visits: Visitor) -> None:
    first = arrow_fields(visits.get(f"{WALL}?arrow=cart.checkout").text)
    second = dict(first)
    assert visits.post(WALL, **first | {"arrow.0.target": "61 %"}).status_code == 303
    assert visits.post(WALL, **second | {"arrow.0.owner": "Nora"}).status_code == 303
    said = arrows_said("journey.yaml", draft(visits))["cart.checkout"]
    assert (said["target"], said["owner"], said["if_missed"]) == ("61 %", "Nora", "cart_reminder")
    visits.get(WALL)
    answer = visits.post(WALL, **second | {"arrow.0.target": "50 %"})
    assert answer.status_code == 422
    assert "&#39;target&#39; was changed elsewhere meanwhile" in answer.text


def test_the_text_beside_the_wall_is_the_same_draft(visits: Visitor) -> None:
    page = visits.get(f"{WALL}?touchpoint=cart&text=1").text
    text = draft(visits)
    first = text.splitlines().index("  cart:") + 1
    assert f"Cart: lines {first} to" in page
    assert f'href="/edit/journey/text#line-{first}"' in page
    assert 'href="?touchpoint=chat&amp;text=1#actions"' in page, "links keep the text"
    assert 'href="?touchpoint=cart"' in page, "and one closes it"
    visits.post(WALL, do="write_map", name="Named by the wall", owner="", text="1", seen=seen(visits))
    page = visits.get(f"{WALL}?text=1").text
    assert "title: Named by the wall" in unescape(page)
    typed = unescape(draft(visits)).replace("Named by the wall", "Named by the text")
    fields = {"do": "write_text", "seen": seen(visits), "touchpoint": "cart", "text": typed, "caret": "5-7"}
    answer = visits.post(WALL, **fields)
    assert answer.headers["location"] == "/edit/journey?touchpoint=cart&text=1#caret-5-7"
    assert "Edit: Named by the text" in visits.get(WALL).text
    assert visits.post(WALL, **fields | {"caret": "5-7\r\nx"}).status_code == 409, "an older window"
    answer = visits.post(f"{WALL}/step", do="undo", back="", text="1", touchpoint="cart")
    assert answer.headers["location"] == "/edit/journey?touchpoint=cart&text=1"
    assert "Edit: Named by the wall" in visits.get(WALL).text


def test_a_text_with_mistakes_keeps_the_wall_as_it_was_and_marks_them_where_they_belong(visits: Visitor) -> None:
    good = draft(visits)
    text = good.replace("- next: checkout", "- next: chekout", 1).replace("name: Cart", "name: Basket", 1)
    text = text.replace("conversion: {", "conversion: {colour: red, ", 1)
    line = text.splitlines().index("      - next: chekout") + 1
    assert visits.post(WALL, do="write_text", seen=seen(visits), text=text).status_code == 303
    page = unescape(visits.get(f"{WALL}?text=1&touchpoint=cart").text)
    assert "the wall shows the map as it was" in page
    cell = re.search(r'<a id="cart.expect".*?</a>', page, re.DOTALL)
    assert cell is not None
    assert f"See line {line}</small>" in cell[0]
    stage = re.search(r'<a href="\?stage=conversion[^>]*>.*?</a>', page, re.DOTALL)
    assert stage is not None
    assert "See line" in stage[0]
    assert f'data-line="{line}"><code>journey.yaml:{line}:' in page, "listed with line and column"
    assert "Mend the text" in page
    assert 'class="fields"' not in page, "no form that could not be kept"
    assert "name: Basket" in page
    assert ">Basket<" not in page
    refused = visits.post(WALL, do="write_map", name="Newer", owner="", text="1", seen=seen(visits, f"{WALL}?text=1"))
    assert refused.status_code == 422
    assert visits.get(WALL).headers["location"] == "/edit/journey/text", "without its text a wrong map has no wall"
    visits.get(f"{WALL}/text")
    visits.post(f"{WALL}/step", do="undo", back="", text="1")
    assert "the wall shows the map as it was" not in visits.get(f"{WALL}?text=1").text


def test_a_text_of_an_older_window_is_shown_beside_the_wall_and_not_taken(visits: Visitor) -> None:
    old = seen(visits)
    visits.post(WALL, do="write_map", name="Newer", owner="", seen=old)
    answer = visits.post(WALL, do="write_text", seen=old, text="title: <mine>", touchpoint="cart")
    assert answer.status_code == 409
    assert 'role="alert"' in answer.text
    assert "title: &lt;mine&gt;</textarea>" in answer.text
    assert "<pre># A journey map" in answer.text, "what stands there now"
    assert "data-at" not in answer.text, "lines of another text"
    now = re.search(r'value="write_text"><input type="hidden" name="seen" value="(\w+)"', answer.text)
    assert now is not None
    assert visits.post(WALL, do="write_text", seen=now[1], text="title: <mine>").status_code == 303


def test_arrows_of_a_row_do_not_lie_on_each_other(shop: tuple[Visitor, Path]) -> None:
    text = shop[1].read_text(encoding="utf-8").replace("  service: {", "  nothing: {touchpoints: []}\n  service: {")
    text = text.replace(
        "  recommends:\n", "  recommends:\n    expect: {next: [recommends, loyalty], within: 1 day}\n", 1
    )
    text = text.replace("  chat:\n    name", "  chat:\n    promise: {next: chat, within: 1 day}\n    name", 1)
    found = load_texts({"journey.yaml": text}).maps["journey"]
    tracks = tracks_of(found, arrows_said("journey.yaml", text))
    columns = 2 * (len(said_of("journey.yaml", text)) + 1)
    assert {sum(halves for halves, _ in track) for track in tracks} == {columns}
    drawn = {one.name: (one, at) for track in tracks for one, at in places(track)}
    assert set(drawn) == set(found.expectation)
    cart, at = drawn["cart.checkout"]
    assert (at, cart.halves, cart.start, cart.heads) == (2 * 5 + 1, 2, 0, ((100, True),))
    back, at = drawn["reorder.delivery"]
    assert (at, back.start, back.heads) == (2 * 11 + 1, 100, ((0, False),)), "the empty stage has a column"
    own, at = drawn["chat.chat"]
    assert (at, own.halves, own.heads) == (2 * 13, 2, ())
    some, _ = drawn["recommends.recommends"]
    assert [head for head, _ in some.heads] == [0, 33.33, 66.67]
    both, _ = drawn["checkout.purchase"]
    assert len(both.heads) == 2


def places(track: list[tuple[int, Any]]) -> Iterator[tuple[Any, int]]:
    at = 0
    for halves, one in track:
        if one is not None:
            yield one, at
        at += halves


def test_an_arrow_that_others_changed_is_looked_at_and_kept(visits: Visitor) -> None:
    visits.post(
        WALL, **arrow_fields(visits.get(f"{WALL}?from=product_page&to=chat").text) | {"arrow.0.within": "2 days"}
    )
    address = f"{WALL}?arrow=product_page.chat"
    mine, theirs = arrow_fields(visits.get(address).text), arrow_fields(visits.get(address).text)
    assert visits.post(WALL, **theirs | {"arrow.0.within": "3 days", "arrow.0.owner": "Ola"}).status_code == 303
    answer = visits.post(WALL, **mine | {"arrow.0.within": "4 days", "arrow.0.target": "30 %"})
    assert answer.status_code == 422
    assert "'within' was changed elsewhere meanwhile" in unescape(answer.text)
    assert '<dt>Within</dt><dd class="kept">3 days</dd>' in answer.text
    again = arrow_fields(answer.text)
    assert [again[f"arrow.0.{field}"] for field in ("within", "target", "owner")] == ["4 days", "30 %", "Ola"]
    assert visits.post(WALL, **again).status_code == 303
    kept = arrow_fields(visits.get(address).text)
    assert [kept[f"arrow.0.{field}"] for field in ("within", "target", "owner")] == ["4 days", "30 %", "Ola"]


@pytest.mark.parametrize("text", ["", "stages: [", "title: A", "stages: {a: [cart]}\ntouchpoints: {cart: {expect: 3}}"])
def test_an_arrow_of_a_text_that_cannot_be_read_is_refused_in_words(visits: Visitor, text: str) -> None:
    assert visits.post(WALL, do="write_text", seen=seen(visits), text=text).status_code == 303
    fields = {"do": "write_arrow", "arrow": "cart.checkout", "arrow.0.next.0": "checkout", "arrow.0.within": "1 day"}
    broken = seen(visits, f"{WALL}?text=1")
    assert visits.post(WALL, **fields, text="1", seen=broken).status_code == 422
    visits.post(f"{WALL}/step", do="undo", back="")
    visits.get(WALL)
    assert visits.post(WALL, **fields, seen=broken).status_code == 422

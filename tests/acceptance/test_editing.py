"""A map edited in a real browser, by keyboard: on the wall, in the text, saved, taken back, and beside an editor."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import ndiff
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright
from tests.support.chromium import browser
from tests.support.screens import PASSWORD
from tests.support.served import Served

from resa import workspace


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("editing") / "shop"
    workspace.create(folder, template="retail", language="en")
    return folder


@pytest.fixture(scope="module")
def page(folder: Path) -> Iterator[Page]:
    """A page of somebody who is signed in and may edit."""
    with workspace.open(folder) as shop:
        token = shop.people.accept(shop.people.invite("anna@shop.se", "Anna Berg", "marketer"), PASSWORD)
    with Served(folder) as server, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser(), args=["--no-sandbox"])
        context = chromium.new_context(base_url=server.address, locale="en-GB")
        context.add_cookies([{"name": "resa-session", "value": token, "url": server.address}])
        found = context.new_page()
        found.set_default_timeout(20_000)
        yield found
        chromium.close()


def cell(page: Page, name: str) -> str:
    return " / ".join(page.locator(f'[id="{name}"] span').all_inner_texts())


def test_a_map_is_edited_by_keyboard_alone(page: Page, folder: Path) -> None:
    file = folder / "journey.yaml"
    before = file.read_text(encoding="utf-8")
    page.goto("/map/journey")
    page.get_by_role("link", name="Edit").click()
    page.wait_for_url("**/edit/journey")  # and its script has run

    # Along the wall, from the stages down, to what customers do at the cart, and one thought more
    page.locator("thead tr:last-child a").first.focus()
    for key in ("ArrowUp", "ArrowLeft"):
        page.keyboard.press(key)
    expect(page.get_by_role("link", name="The map", exact=True)).to_be_focused()
    for key in ("ArrowRight", "ArrowDown", "Home"):
        page.keyboard.press(key)
    expect(page.locator("thead tr:last-child a").first).to_be_focused()
    for key in ["ArrowRight"] * 5 + ["ArrowDown"] * 2:
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement.id") == "cart.actions"
    page.keyboard.press("Enter")
    page.keyboard.press("Control+End")
    page.keyboard.type("\nAsks a friend: is it good?")
    page.keyboard.press("Control+Enter")
    expect(page.locator('[id="cart.actions"]')).to_be_focused()
    assert cell(page, "cart.actions").endswith("Asks a friend: is it good?")
    assert "One change is not saved yet" in page.inner_text("main")

    # A feeling by arrow keys, and another that is given up
    page.keyboard.press("ArrowUp")
    page.keyboard.press("F2")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator('[id="cart.emotion"]')).to_be_focused()
    assert cell(page, "cart.emotion") == "−1 → +1"
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    assert cell(page, "cart.emotion") == "−1 → +1"

    # Taken back and done again
    page.keyboard.press("Control+z")
    expect(page.locator('[id="cart.emotion"]')).to_have_text("0 → +1")
    page.keyboard.press("Control+y")
    expect(page.locator('[id="cart.emotion"]')).to_have_text("−1 → +1")
    assert file.read_text(encoding="utf-8") == before

    # Looked at and saved
    page.get_by_role("link", name="Look at it and save").press("Enter")
    assert "Asks a friend: is it good?" in page.inner_text("tr.added >> nth=0") + page.inner_text("main")
    page.get_by_role("button", name="Save into journey.yaml").press("Enter")
    page.wait_for_url("**/map/journey")
    after = file.read_text(encoding="utf-8")
    assert [line for line in ndiff(before.splitlines(), after.splitlines()) if line[0] in "+-"] == [
        '+       - "Asks a friend: is it good?"',
        "-     emotion: {now: 0, aim: +1}",
        "+     emotion: {now: -1, aim: +1}",
    ]


def test_what_is_wrong_in_the_text_is_shown_at_its_line(page: Page) -> None:
    page.goto("/edit/journey/text")
    area = page.locator("textarea")
    text = area.input_value()
    line = next(number for number, one in enumerate(text.splitlines(), 1) if one.strip() == "- next: checkout")
    area.fill(text.replace("- next: checkout", "- next: checkuot", 1))
    page.get_by_role("button", name="Keep in the draft").click()
    problem = page.locator(f'[data-line="{line}"]')
    expect(problem).to_be_visible()
    assert str(line) in [one.strip() for one in page.locator(".gutter .wrong").all_inner_texts()]
    problem.click()
    start, end = page.evaluate("[document.activeElement.selectionStart, document.activeElement.selectionEnd]")
    assert "checkuot" in area.input_value()[start:end]
    page.goto("/edit/journey/changes")
    assert page.get_by_role("button", name="Save into journey.yaml").count() == 0
    assert "must be mended" in page.inner_text("main")
    page.get_by_role("button", name="Throw the draft away").click()
    expect(page.get_by_text("The draft says what the file says.")).to_be_visible()


def marked_lines(page: Page) -> tuple[int, int]:
    """The first and the last line that are marked in the text."""
    top, height, size = page.evaluate(
        """() => { const { top, height } = document.querySelector(".band > div").style;
        return [top, height, getComputedStyle(document.querySelector("#text")).lineHeight].map(parseFloat) }"""
    )
    first = round((top - 6) / size) + 1
    return first, first + round(height / size) - 1


def marked_cells(page: Page) -> list[str | None]:
    """What is marked on the wall: of heads nothing, of cells their lanes, of arrows an empty text."""
    return page.locator(".wall .here a:not(.draws)").evaluate_all(  # type: ignore[no-any-return]
        "all => all.map(one => one.dataset.lane ?? one.dataset.arrow)"
    )


def line_of(page: Page, words: str) -> int:
    lines: list[str] = page.locator("#text").input_value().split("\n")
    return next(number for number, line in enumerate(lines, 1) if words in line)


def test_wall_and_text_show_each_other_where_they_are(page: Page) -> None:
    page.goto("/edit/journey")
    page.get_by_role("link", name="Show the text beside").click()
    page.wait_for_url("**text=1")  # and its script has run
    page.locator('[id="cart.questions"]').focus()
    target = line_of(page, "- Is freight included?")
    assert (marked_lines(page), marked_cells(page)) == ((target - 1, target), [])

    # The cursor in the text marks the cell, also where lines were put in before it
    go = """([line, typed]) => { const area = document.querySelector("#text");
    area.focus(); area.selectionStart = area.selectionEnd = area.value.split("\\n").slice(0, line).join("\\n").length;
    if (typed) document.execCommand("insertText", false, typed) }"""
    page.evaluate(go, [target - 12, "\n# one\n# two"])
    page.evaluate(go, [target + 2, ""])
    page.keyboard.press("End")
    assert marked_cells(page) == [None, "questions"]
    expect(page.locator("[data-here]")).to_have_text("What the customer asks of Cart")

    # Taken over by keyboard: the cursor stays, and the wall says what the text says
    page.keyboard.type(" And returns?")
    page.keyboard.press("Control+Enter")
    expect(page.locator('[id="cart.questions"]')).to_have_text("Is freight included? And returns?")
    expect(page.locator("#text")).to_be_focused()
    assert marked_cells(page) == [None, "questions"]

    # A mistake is marked in the margin and at its cell; the wall stays as it was
    page.evaluate(go, [line_of(page, "- next: checkout"), "x"])
    page.get_by_role("button", name="Take over into the draft").click()
    wrong = line_of(page, "- next: checkoutx")
    expect(page.locator('[id="cart.expect"] .amiss')).to_have_text(f"See line {wrong}")
    expect(page.locator(".gutter .wrong", has_text=str(wrong))).to_have_count(1)
    page.locator(f'[data-line="{wrong}"]').click()
    page.keyboard.press("End")
    assert marked_cells(page) == [None, "", "expect"]
    page.locator("h1").click()
    page.keyboard.press("Control+z")
    expect(page.locator(".amiss")).to_have_count(0)
    expect(page.locator(".gutter")).to_be_visible()
    page.keyboard.press("Control+z")
    expect(page.get_by_text("Nothing is changed yet")).to_be_visible()
    assert "text=1" in page.url


def test_an_arrow_is_drawn_by_keyboard_and_by_mouse(page: Page) -> None:
    page.goto("/edit/journey")
    page.locator("thead tr:last-child a").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("a")
    expect(page.locator("thead [data-touchpoint=product_page]")).to_be_focused()
    assert "from=product_page" in page.url
    page.keyboard.press("Escape")
    page.wait_for_url("**#arrows")
    page.locator('[id="product_page.actions"]').focus()
    page.keyboard.press("a")
    expect(page.locator("thead [data-touchpoint=product_page]")).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.get_by_label("Within").fill("2 days")
    page.get_by_label("Target").fill("30 %")
    page.get_by_label("Owner").fill("Nora Lund")
    page.keyboard.press("Enter")
    drawn = page.locator("a[data-arrow][aria-current]")
    expect(drawn).to_contain_text("Expectation, Product page → Size guide: 2 days · 30 %")
    assert (
        page.evaluate("""() => { const line = document.querySelector("a[data-arrow][aria-current] line");
    const [from, to] = ["product_page", "size_guide"].map(key => {
        const box = document.querySelector(`thead [data-touchpoint=${key}]`).closest("th").getBoundingClientRect();
        return box.left + box.width / 2 });
    const box = line.getBoundingClientRect();
    return Math.max(Math.abs(box.left - from), Math.abs(box.right - to)) }""")
        < 12
    )

    # By mouse, from the head of one to the head of the other
    page.locator("[data-draws=chat]").click()
    page.locator("thead [data-touchpoint=delivery]").click()
    page.get_by_label("We: a promise").check()
    page.get_by_label("Within").fill("3 days")
    page.get_by_role("button", name="Keep in the draft").click()
    expect(page.locator("a[data-arrow][aria-current]")).to_contain_text("Promise, Chat → Delivery: 3 days")
    page.get_by_role("button", name="Take away: Chat → Delivery").click()
    expect(page.locator("#arrows + ul")).not_to_contain_text("Chat → Delivery")
    page.goto("/edit/journey/changes")
    expect(page.locator("tr.added").first).to_contain_text("- next: size_guide")
    page.get_by_role("button", name="Throw the draft away").click()
    expect(page.get_by_text("The draft says what the file says.")).to_be_visible()


def middle(page: Page, of: str) -> tuple[float, float]:
    box = page.locator(of).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_an_arrow_is_drawn_by_dragging_and_given_up_by_escape(page: Page) -> None:
    page.goto("/edit/journey?touchpoint=cart")
    handle, end = middle(page, "[data-draws=cart]"), middle(page, "thead [data-touchpoint=store_visit]")
    page.mouse.move(*handle)
    page.mouse.down()
    page.mouse.move(*end, steps=4)
    expect(page.locator(".dragged")).to_have_count(1)
    expect(page.locator(".wall .here")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator(".dragged, .wall .here")).to_have_count(0)
    page.mouse.up()
    assert "from=" not in page.url
    page.mouse.move(*handle)
    page.mouse.down()
    page.mouse.move(*end, steps=4)
    page.mouse.up()
    page.wait_for_url("**from=cart&to=store_visit#opened")
    page.get_by_label("Within").fill("2 hours")
    page.get_by_role("button", name="Keep in the draft").click()
    expect(page.locator("a[data-arrow][aria-current]")).to_contain_text("Expectation, Cart → Visit to a store: 2 hours")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".draft .saved")).to_contain_text("Taken back:")


def test_what_is_typed_goes_along_to_another_place_of_the_wall(page: Page) -> None:
    page.goto("/edit/journey?touchpoint=cart")
    page.locator("#opened").get_by_label("Owner").first.fill("Nora Lund")
    page.get_by_role("link", name="Show the text beside").click()
    page.wait_for_url("**text=1*")
    expect(page.locator(".draft .saved")).to_have_text("Kept in your draft: Cart: owner")
    expect(page.locator("#text")).to_have_value(re.compile("owner: Nora Lund"))
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#text")).not_to_have_value(re.compile("owner: Nora Lund"))
    page.locator("#opened").get_by_label("Name", exact=True).fill("")
    page.locator("thead [data-touchpoint=checkout]").click()  # what is not right stays here
    assert "touchpoint=cart" in page.url
    page.locator("#opened").get_by_label("Name", exact=True).fill("Cart")


def test_an_editor_on_the_disk_and_a_draft_are_put_together(page: Page, folder: Path) -> None:
    file = folder / "journey.yaml"
    page.goto("/edit/journey?touchpoint=cart")
    page.get_by_label("Owner").first.fill("Nora Lund")
    page.get_by_role("button", name="Keep in the draft").click()
    expect(page.get_by_text("One change is not saved yet")).to_be_visible()
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("title:", "# looked at on Monday\ntitle:", 1), encoding="utf-8")
    page.goto("/edit/journey/changes")
    page.get_by_role("button", name="Take it in").click()
    page.get_by_role("button", name="Save into journey.yaml").click()
    page.wait_for_url("**/map/journey")
    after = file.read_text(encoding="utf-8")
    assert "# looked at on Monday" in after
    assert "Nora Lund" in after
    page.goto("/edit/journey/history")
    assert page.locator("tbody tr").count() >= 2


def test_a_map_is_shown_to_a_room_by_the_keys_of_a_lectern(page: Page) -> None:
    page.goto("/map/journey")
    page.get_by_role("link", name="Present").click()
    page.wait_for_url("**/present")
    for key, slide in (("PageDown", "2"), ("ArrowRight", "3"), ("PageUp", "2"), (" ", "3"), ("Shift+ ", "2")):
        page.keyboard.press(key)
        expect(page).to_have_url(re.compile(rf"/map/journey/present\?slide={slide}$"))
    assert page.locator("article svg").count() == 1
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile("/map/journey$"))

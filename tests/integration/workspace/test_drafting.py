"""Two who edit one map, and an editor on the disk, lose nothing; what was saved can be brought back."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

import resa
from resa import workspace
from resa.base.errors import MapError, QuestionError
from resa.journey_map import add_touchpoint, said_of, write_touchpoint
from resa.storage import save_text
from resa.storage.schema import saved_texts
from resa.workspace.drafting import Drafts, difference, fingerprint

FILE = "journey.yaml"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[resa.Workspace]:
    folder = tmp_path / "shop"
    workspace.create(folder, template="retail", language="en")
    with workspace.open(folder) as shop:
        for name in ("anna", "bo"):
            shop.people.invite(f"{name}@shop.se", name, "marketer")
        yield shop


def text_of(shop: resa.Workspace) -> str:
    return (shop.folder / FILE).read_bytes().decode()


def owner(shop: resa.Workspace, person: int, name: str, touchpoint: str = "cart") -> None:
    Drafts(shop).change(person, "journey", f"owner {name}", write_touchpoint(touchpoint, {"owner": name}))


def test_a_draft_is_ones_own_until_it_is_saved(shop: resa.Workspace) -> None:
    before, drafts = text_of(shop), Drafts(shop)
    owner(shop, 1, "Nora Lund")
    assert said_of(FILE, drafts.of(1, "journey").text)["cart"]["owner"] == "Nora Lund"
    assert drafts.of(2, "journey").text == text_of(shop) == before
    drafts.save(1, "journey", "anna@shop.se")
    assert said_of(FILE, text_of(shop))["cart"]["owner"] == "Nora Lund"
    assert not drafts.of(1, "journey").steps
    newest, oldest = drafts.history("journey")
    assert (newest.text, newest.who, oldest.text, oldest.who) == (text_of(shop), "anna@shop.se", before, "")
    assert [one.who for one in shop.audit.entries() if one.what == "map.save"] == ["anna@shop.se"]
    drafts.write(1, "journey", "back", drafts.saved("journey", oldest.id).text)
    drafts.save(1, "journey", "anna@shop.se")
    assert text_of(shop) == before


def test_the_newest_two_hundred_versions_of_each_file_are_kept(shop: resa.Workspace) -> None:
    drafts = Drafts(shop)
    owner(shop, 1, "Nora Lund")
    drafts.save(1, "journey", "anna@shop.se")
    for number in range(205):
        save_text(shop.store, FILE, f"version {number}", who="anna@shop.se")
        save_text(shop.store, "segments.yaml", f"version {number % 2}", who="anna@shop.se")
    history = drafts.history("journey")
    assert [one.text for one in history] == [f"version {number}" for number in range(204, 4, -1)]
    with shop.store.database.reading() as connection:
        kept = connection.execute(select(saved_texts.c.file)).scalars().all()
    assert {name: kept.count(name) for name in set(kept)} == {FILE: 200, "segments.yaml": 200}
    assert drafts.saved("journey", history[-1].id).text == "version 5"
    with pytest.raises(QuestionError, match="no such version"):
        drafts.saved("journey", 1)


def test_steps_are_undone_and_done_again_until_something_else_is_changed(shop: resa.Workspace) -> None:
    drafts, before = Drafts(shop), text_of(shop)
    for name in ("One", "Two", "Three"):
        owner(shop, 1, name)
    drafts.undo(1, "journey")
    drafts.undo(1, "journey")
    assert said_of(FILE, drafts.of(1, "journey").text)["cart"]["owner"] == "One"
    assert drafts.of(1, "journey").redoable is not None
    drafts.redo(1, "journey")
    assert said_of(FILE, drafts.of(1, "journey").text)["cart"]["owner"] == "Two"
    owner(shop, 1, "Four")
    assert [step.about for step in drafts.of(1, "journey").steps] == ["owner One", "owner Two", "owner Four"]
    drafts.redo(1, "journey")
    for _ in range(5):
        drafts.undo(1, "journey")
    assert drafts.of(1, "journey").text == before
    owner(shop, 1, "Five")
    drafts.drop(1, "journey")
    assert not drafts.of(1, "journey").done
    drafts.redo(1, "journey")
    assert said_of(FILE, drafts.of(1, "journey").text)["cart"]["owner"] == "Five"


def test_what_is_wrong_is_refused_on_the_wall_and_not_saved_from_the_text(shop: resa.Workspace) -> None:
    drafts, before = Drafts(shop), text_of(shop)
    row = {"next": ["nowhere"], "within": "1 day"}
    with pytest.raises(MapError):
        drafts.change(1, "journey", "wrong", write_touchpoint("cart", {"expect": [row]}))
    assert not drafts.of(1, "journey").steps
    drafts.write(1, "journey", "text", before.replace("stages:", "stages: [", 1))
    assert drafts.of(1, "journey").problems
    with pytest.raises(MapError):
        drafts.save(1, "journey", "anna@shop.se")
    assert text_of(shop) == before
    with pytest.raises(MapError):
        owner(shop, 1, "Somebody")
    with pytest.raises(QuestionError):
        drafts.of(1, "nowhere")


def test_who_saves_second_takes_in_what_the_first_changed(shop: resa.Workspace) -> None:
    drafts = Drafts(shop)
    owner(shop, 1, "Nora Lund")
    owner(shop, 2, "Bo Ek", "checkout")
    drafts.save(1, "journey", "anna@shop.se")
    with pytest.raises(QuestionError):
        drafts.save(2, "journey", "bo@shop.se")
    draft = drafts.of(2, "journey")
    assert draft.overtaken
    assert ("+", "    owner: Nora Lund") in difference(draft.base, draft.found)
    drafts.take_in(2, "journey", "taken in", seen=fingerprint(draft.found))
    drafts.save(2, "journey", "bo@shop.se")
    said = said_of(FILE, text_of(shop))
    assert (said["cart"]["owner"], said["checkout"]["owner"]) == ("Nora Lund", "Bo Ek")


@pytest.mark.parametrize(("choice", "held"), [("mine", "Bo Ek"), ("theirs", "Nora Lund")])
def test_where_both_changed_the_same_a_person_chooses(shop: resa.Workspace, choice: str, held: str) -> None:
    drafts = Drafts(shop)
    owner(shop, 1, "Nora Lund")
    owner(shop, 2, "Bo Ek")
    drafts.save(1, "journey", "anna@shop.se")
    seen = fingerprint(drafts.of(2, "journey").found)
    with pytest.raises(QuestionError):
        drafts.take_in(2, "journey", "taken in", seen=seen)
    with pytest.raises(QuestionError):
        drafts.take_in(2, "journey", "taken in", [choice], seen="another file")  # type: ignore[list-item]
    drafts.take_in(2, "journey", "taken in", [choice], seen=seen)  # type: ignore[list-item]
    drafts.save(2, "journey", "bo@shop.se")
    assert said_of(FILE, text_of(shop))["cart"]["owner"] == held
    assert "Nora Lund" in "".join(one.text for one in drafts.history("journey"))


def test_a_file_keeps_its_line_ends_and_its_mark(shop: resa.Workspace) -> None:
    windows = "\ufeff" + text_of(shop).replace("\n", "\r\n")
    (shop.folder / FILE).write_bytes(windows.encode())
    drafts = Drafts(shop)
    as_browsers_send_it = windows.lstrip("\ufeff").replace("Cart", "Basket")
    drafts.write(1, "journey", "text", as_browsers_send_it)
    drafts.save(1, "journey", "anna@shop.se")
    assert text_of(shop) == windows.replace("Cart", "Basket")


def test_many_who_save_at_once_come_one_after_the_other(shop: resa.Workspace) -> None:
    people = list(range(1, 3))
    touchpoints = ("cart", "checkout")

    def work(person: int) -> None:
        with workspace.open(shop.folder) as mine:
            drafts = Drafts(mine)
            for number in range(3):
                owner(mine, person, f"Person {person} at {number}", touchpoints[person - 1])
                while drafts.of(person, "journey").changed:
                    try:
                        drafts.save(person, "journey", f"{person}@shop.se")
                    except QuestionError:
                        draft = drafts.of(person, "journey")
                        if draft.overtaken:
                            drafts.take_in(person, "journey", "in", seen=fingerprint(draft.found))

    with ThreadPoolExecutor(len(people)) as pool:
        list(pool.map(work, people))
    said = said_of(FILE, text_of(shop))
    assert [said[one]["owner"] for one in touchpoints] == ["Person 1 at 2", "Person 2 at 2"]
    kept = "".join(one.text for one in Drafts(shop).history("journey"))
    assert all(f"Person {person} at {number}" in kept for person in people for number in range(3))


@pytest.mark.parametrize("examples", [3, pytest.param(300, marks=pytest.mark.nightly)])
def test_in_any_order_everything_that_was_saved_was_in_the_file(
    tmp_path_factory: pytest.TempPathFactory, examples: int
) -> None:
    turns = st.tuples(st.sampled_from(["anna", "bo", "disk"]), st.integers(0, 5), st.booleans())
    settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))(
        given(st.lists(turns, min_size=2, max_size=6))(lambda steps: _nothing_is_lost(tmp_path_factory, steps))
    )()


def _nothing_is_lost(tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, bool]]) -> None:
    folder = tmp_path_factory.mktemp("shop") / "shop"
    workspace.create(folder, template="retail", language="en")
    wanted: dict[str, str] = {}
    with workspace.open(folder) as shop:
        drafts, order = Drafts(shop), list(said_of(FILE, text_of(shop)))
        numbers = {"anna": 1, "bo": 2}
        for name in numbers:
            shop.people.invite(f"{name}@shop.se")
        notes = 0
        for turn, (who, place, saves) in enumerate(steps):
            if who == "disk":
                text = text_of(shop)
                notes += 1
                (folder / FILE).write_text(f"# note {turn}\n{text}", encoding="utf-8")
                continue
            touchpoint = order[place * 2 + numbers[who] - 1]  # each their own, so that nobody must choose
            name = f"{who} in turn {turn}"
            owner(shop, numbers[who], name, touchpoint)
            if saves:
                draft = drafts.of(numbers[who], "journey")
                if draft.overtaken:
                    drafts.take_in(numbers[who], "journey", "in", seen=fingerprint(draft.found))
                drafts.save(numbers[who], "journey", f"{who}@shop.se")
            wanted[touchpoint] = name
        for number in numbers.values():
            draft = drafts.of(number, "journey")
            if draft.overtaken:
                drafts.take_in(number, "journey", "in", seen=fingerprint(draft.found))
            drafts.save(number, "journey", "x@shop.se")
        said = said_of(FILE, text_of(shop))
        assert {one: said[one]["owner"] for one in wanted} == wanted
        assert text_of(shop).count("# note ") == notes


KILLED = """
import sys
from resa import workspace
from resa.journey_map import write_touchpoint
from resa.workspace.drafting import Drafts
with workspace.open(sys.argv[1]) as shop:
    drafts = Drafts(shop)
    for number in range(10_000):
        drafts.change(1, "journey", str(number), write_touchpoint("cart", {"owner": f"Owner {number}"}))
        print("kept", number, flush=True)
        drafts.save(1, "journey", "anna@shop.se")
        print("saved", number, flush=True)
"""


@pytest.mark.parametrize("kills", [2, pytest.param(60, marks=pytest.mark.nightly)])
def test_what_was_said_to_be_kept_or_saved_survives_a_kill(shop: resa.Workspace, kills: int) -> None:
    drafts = Drafts(shop)
    for kill in range(kills):
        command = [sys.executable, "-c", KILLED, str(shop.folder)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            first = process.stdout.readline()
            time.sleep(kill * 0.37 % 1.2)
            process.kill()
            *_, said = [line for line in (first, *process.stdout) if line.endswith("\n")]
        draft = drafts.of(1, "journey")
        assert draft.map is not None, "the file is whole"
        number = int(said.split()[1])
        assert said_of(FILE, draft.text)["cart"]["owner"] in {f"Owner {number}", f"Owner {number + 1}"}
        drafts.drop(1, "journey")


def test_a_new_touchpoint_without_a_signal_is_saved(shop: resa.Workspace) -> None:
    drafts = Drafts(shop)
    drafts.change(1, "journey", "added", add_touchpoint("Unboxing", stage="service", after="delivery"))
    drafts.save(1, "journey", "anna@shop.se")
    with workspace.open(shop.folder) as again:
        assert again.map().touchpoint["unboxing"].name == "Unboxing"

"""What was typed, kept or saved is there, however files are written and whoever works at the same time."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import resa
from resa import workspace
from resa.base.errors import MapError, QuestionError
from resa.base.files import write_text_durably
from resa.documents import merge
from resa.journey_map import edited, load_texts, remove_touchpoint, said_of, write_touchpoint
from resa.screens.forms import asked_of_form, in_form
from resa.workspace import drafting
from resa.workspace.drafting import Drafts, fingerprint

FILE = "journey.yaml"
HEAD = (
    "resa: 1\ntitle: T\nlanguage: en\ntimezone: Europe/Stockholm\nstages:\n  one: [cart, checkout]\n  two: [done]\n"
    "touchpoints:\n"
)
TWO_ARROWS = HEAD + (
    "  cart:\n    expect:\n      - next: checkout\n        within: 1 day\n      - next: done\n        within: 9 days\n"
    "  checkout:\n    actions:\n      - Pays.\n"
)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[resa.Workspace]:
    folder = tmp_path / "shop"
    workspace.create(folder, template="retail", language="en")
    with workspace.open(folder) as shop:
        for name in ("anna", "bo"):
            shop.people.invite(f"{name}@shop.se", name, "marketer")
        yield shop


def only(shop: resa.Workspace, text: str) -> None:
    """A workspace with one map and nothing else."""
    for one in shop.folder.glob("*.yaml"):
        one.unlink()
    (shop.folder / FILE).write_text(text, encoding="utf-8")


def sent(words: dict[str, object]) -> dict[str, str]:
    """What a form with these words sends that nobody touched; a select sends nothing where its value is no option."""
    data = {"has.pain_points": "1", "has.expect": "1"}
    for field in ("pain_points", "expect"):
        for number, row in enumerate(words[field]):  # type: ignore[arg-type,var-annotated]
            for name, value in row.items():
                if name == "next":
                    data |= {f"{field}.{number}.next.{at}": end for at, end in enumerate(value)}
                else:
                    data[f"{field}.{number}.{name}"] = str(value)
    return data


@pytest.mark.parametrize("example", ["completejourney", "ga360", "online_retail", "traffic_fines"])
def test_improvements_are_options_of_the_form_however_they_are_spelled(example: str) -> None:
    text = (Path("examples") / example / FILE).read_text(encoding="utf-8")
    known = {one.key for one in load_texts({FILE: text}).maps["journey"].improvements}
    for words in said_of(FILE, text).values():
        for row in in_form(words)["pain_points"]:
            assert not row["improvement"] or row["improvement"] in known


@pytest.mark.parametrize(
    "line", ["    Emotion: -1\n", "    Emotion: {Now: -1, Aim: 2}\n", "    emotion: +1\n"]
)  # fmt: skip
def test_another_word_changes_no_feeling(line: str) -> None:
    text = f"{HEAD}  cart:\n{line}    owner: A\n"
    assert edited(FILE, text, write_touchpoint("cart", {"owner": "B"})) == text.replace("owner: A", "owner: B")


def test_an_arrow_with_capitals_stays() -> None:
    text = f"{HEAD}  cart:\n    expect:\n      - Next: checkout\n        within: 1 day\n"
    words = said_of(FILE, text)["cart"]
    assert asked_of_form(words, sent(in_form(words))) == {}


def test_taking_away_an_end_of_an_arrow_with_capitals() -> None:
    text = f"{HEAD}  cart:\n    expect:\n      Next: checkout\n      within: 1 day\n"
    assert "expect" not in edited(FILE, text, remove_touchpoint("checkout"))


def test_lines_and_spaces_inside_a_thought_are_no_change() -> None:
    text = f"{HEAD}  cart:\n    actions:\n      - Two  spaces\n      - |\n        one\n        two\n"
    words = said_of(FILE, text)["cart"]
    assert asked_of_form(words, {"actions": "\n".join(words["actions"])}) == {}


def test_what_one_took_away_and_another_wrote_into_is_a_matter_of_choice(shop: resa.Workspace) -> None:
    only(shop, TWO_ARROWS)
    drafts = Drafts(shop)
    first = {"at": 0, "next": ["checkout"], "within": "1 day"}
    second = {"at": 1, "next": ["done"], "within": "9 days", "owner": "Bo"}
    drafts.change(1, "journey", "away", write_touchpoint("cart", {"expect": [first]}))
    drafts.change(2, "journey", "owner", write_touchpoint("cart", {"expect": [first, second]}))
    drafts.save(2, "journey", "bo@shop.se")
    draft = drafts.of(1, "journey")
    with pytest.raises(QuestionError):
        drafts.take_in(1, "journey", "in", seen=fingerprint(draft.found))


def test_old_row_numbers_mix_no_arrows(shop: resa.Workspace) -> None:
    only(shop, TWO_ARROWS.replace("1 day\n", "1 day\n        unless: done\n"))
    drafts = Drafts(shop)
    words = said_of(FILE, drafts.of(1, "journey").text)["cart"]
    second = {"at": 1, "next": ["done"], "within": "9 days"}
    drafts.change(1, "journey", "first window", write_touchpoint("cart", {"expect": [second]}))
    late = asked_of_form(words, sent(in_form(words)) | {"expect.1.within": "8 days"})
    with pytest.raises(QuestionError):
        drafts.change(1, "journey", "second window", write_touchpoint("cart", late, seen=words))
    assert "unless: done" not in drafts.of(1, "journey").text


def test_what_is_kept_while_another_window_saves_stays(shop: resa.Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    drafts = Drafts(shop)
    drafts.change(1, "journey", "one", write_touchpoint("cart", {"owner": "First"}))
    write = write_text_durably

    def meanwhile(path: Path, text: str) -> None:
        write(path, text)
        drafts.change(1, "journey", "two", write_touchpoint("checkout", {"owner": "Second"}))

    monkeypatch.setattr("resa.workspace.drafting.write_text_durably", meanwhile)
    drafts.save(1, "journey", "anna@shop.se")
    assert "owner: Second" in drafts.of(1, "journey").text


def test_two_changes_at_once_lose_none(shop: resa.Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    drafts, of = Drafts(shop), Drafts.of
    turns = iter([True])

    def slow(self: Drafts, person: int, key: str) -> drafting.Draft:
        draft = of(self, person, key)
        if next(turns, False):
            drafts.change(1, "journey", "other browser", write_touchpoint("checkout", {"owner": "Second"}))
        return draft

    monkeypatch.setattr(Drafts, "of", slow)
    drafts.change(1, "journey", "this browser", write_touchpoint("cart", {"owner": "First"}))
    text = drafts.of(1, "journey").text
    assert "owner: First" in text
    assert "owner: Second" in text


def test_no_text_is_saved_that_breaks_other_files(shop: resa.Workspace) -> None:
    drafts = Drafts(shop)
    text = edited(FILE, drafts.of(1, "journey").text, remove_touchpoint("reorder"))
    drafts.write(1, "journey", "text", text)
    with pytest.raises(MapError):
        drafts.save(1, "journey", "anna@shop.se")


@pytest.mark.parametrize("name", ["web-shop", "Web shop", "B2B"])
def test_maps_are_edited_whatever_their_file_is_called(shop: resa.Workspace, name: str) -> None:
    only(shop, TWO_ARROWS)
    (shop.folder / "journeys").mkdir()
    shutil.copy(shop.folder / FILE, shop.folder / "journeys" / f"{name}.yaml")
    with workspace.open(shop.folder) as again:
        for key in again.maps:
            assert Drafts(again).of(1, key).map is not None


def test_equal_lines_are_put_together_in_time() -> None:
    lines = ["a: 1\n"] * 600
    mine = [one if at % 7 else "m: 2\n" for at, one in enumerate(lines)]
    theirs = [one if at % 11 else "t: 3\n" for at, one in enumerate(lines)]
    start = time.process_time()
    merge("".join(lines), "".join(mine), "".join(theirs))
    assert time.process_time() - start < 0.5

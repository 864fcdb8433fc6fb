"""Comments: whose they are, where they stand once the map has changed, and who may take them away."""

from __future__ import annotations

from pathlib import Path

import pytest

import resa
from resa.base.errors import QuestionError
from resa.model.people import Person, Role
from resa.workspace.comments import MOST_LETTERS, Comments

MAP = """title: A shop
stages: {consideration: [page], conversion: [basket, purchase]}
touchpoints: {basket: {owner: Ali}}
"""
RENAMED = """title: A shop
stages: {consideration: [page, cart], conversion: [purchase]}
touchpoints: {cart: {was: basket}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "journey.yaml").write_text(MAP)
    return tmp_path


def somebody(shop: resa.Workspace, email: str, role: Role = "viewer") -> Person:
    shop.people.invite(email, email.partition("@")[0].title(), role)
    found = shop.people.called(email)
    assert found is not None
    return found


def test_a_comment_is_answered_resolved_and_opened_again(folder: Path) -> None:
    with resa.open(folder) as shop:
        anna, bo, said = somebody(shop, "anna@shop.se"), somebody(shop, "bo@shop.se"), Comments(shop)
        number = said.write(anna, "journey", "touchpoint", "basket", "Árvíztűrő åäö 🙂\r\nשלום\0")
        said.answer(bo, number, "Yes.")
        answer = said.threads()[0].answers[0].id
        said.answer(anna, answer, "So be it.")
        (thread,) = said.of("journey", "touchpoint", "basket")
        assert thread.first.text == "Árvíztűrő åäö 🙂\nשלום"
        assert [(one.by.called, one.text) for one in thread.answers] == [("Bo", "Yes."), ("Anna", "So be it.")]
        assert said.count_open("journey") == {"basket": 1}
        said.resolve(bo, number)
        (thread,) = said.threads("journey")
        assert (thread.open, thread.first.resolved_by and thread.first.resolved_by.called) == (False, "Bo")
        assert said.count_open("journey") == {}
        said.resolve(anna, number, resolved=False)
        assert said.threads()[0].open


def test_comments_follow_what_is_renamed_or_moved_and_outlive_what_goes(folder: Path) -> None:
    with resa.open(folder) as shop:
        anna, said = somebody(shop, "anna@shop.se"), Comments(shop)
        for kind, key in (("touchpoint", "basket"), ("stage", "conversion"), ("map", "")):
            said.write(anna, "journey", kind, key, f"of the {kind}")
    (folder / "journey.yaml").write_text(RENAMED)
    with resa.open(folder) as shop:
        (moved,) = Comments(shop).of("journey", "touchpoint", "cart")
        assert moved.first.text == "of the touchpoint"
        assert Comments(shop).count_open("journey") == {"cart": 1}
    (folder / "journey.yaml").write_text("stages: {buying: {was: conversion, touchpoints: [purchase]}}\n")
    with resa.open(folder) as shop:
        assert [one.first.text for one in Comments(shop).of("journey", "stage", "buying")] == ["of the stage"]
        assert shop.measure.funnel(["conversion"]).table.num_rows == 1
    (folder / "journey.yaml").write_text("title: A shop\nstages: {loyalty: [page]}\n")
    with resa.open(folder) as shop:
        there = {one.first.text: one.place and one.place.name for one in Comments(shop).threads()}
        assert there == {"of the map": "A shop", "of the stage": None, "of the touchpoint": None}
        assert {one.first.called for one in Comments(shop).threads() if one.place is None} == {"Basket", "Conversion"}
        with pytest.raises(QuestionError, match="no longer there"):
            Comments(shop).write(anna, "journey", "touchpoint", "basket", "x")


def test_only_who_wrote_it_or_an_admin_takes_it_away(folder: Path) -> None:
    with resa.open(folder) as shop:
        said, anna, bo = Comments(shop), somebody(shop, "anna@shop.se"), somebody(shop, "bo@shop.se")
        chief = somebody(shop, "chief@shop.se", "admin")
        number = said.write(anna, "journey", "map", "", "one")
        said.answer(bo, number, "two")
        with pytest.raises(QuestionError, match="only who wrote this"):
            said.remove(bo, number)
        said.remove(anna, number)
        (thread,) = said.threads()
        assert (thread.first.text, [one.text for one in thread.answers]) == ("", ["two"])
        said.remove(chief, thread.answers[0].id)
        assert said.threads() == []
        logged = [(one.what, one.who, one.detail) for one in shop.audit.entries() if one.what == "comment.remove"]
        assert logged == [("comment.remove", "chief@shop.se", {"comment": number + 1, "person": bo.id})]
        said.remove(anna, number)  # it is gone already


@pytest.mark.parametrize(
    ("text", "why"), [("  \n", "nothing written yet"), ("x" * (MOST_LETTERS + 3), "4,003 letters; write at most 4,000")]
)
def test_texts_are_refused_in_words(folder: Path, text: str, why: str) -> None:
    with resa.open(folder) as shop, pytest.raises(QuestionError, match=why):
        Comments(shop).write(somebody(shop, "anna@shop.se"), "journey", "map", "", text)


def test_an_answer_to_what_is_gone_is_refused(folder: Path) -> None:
    with resa.open(folder) as shop:
        said, anna = Comments(shop), somebody(shop, "anna@shop.se")
        number = said.write(anna, "journey", "map", "", "one")
        said.remove(anna, number)
        with pytest.raises(QuestionError, match="taken away meanwhile"):
            said.answer(anna, number, "two")
        with pytest.raises(QuestionError, match="taken away meanwhile"):
            said.resolve(anna, number)

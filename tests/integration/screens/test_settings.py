"""Settings: sessions, people, keys and the audit log on screen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.screens import PASSWORD, Visitor, visiting
from tests.support.served import new_shop

import resa


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    new_shop(tmp_path / "shop")
    return tmp_path / "shop"


@pytest.fixture
def admin(folder: Path) -> Iterator[Visitor]:
    with visiting(folder, "admin") as visitor:
        yield visitor


def test_one_sees_and_ends_ones_own_sessions(folder: Path, admin: Visitor) -> None:
    with resa.open(folder) as shop:
        other = shop.people.sign_in("admin@shop.se", PASSWORD, agent="A phone")
        strangers = shop.people.invite("bo@shop.se", role="viewer")
        shop.people.accept(strangers, PASSWORD, agent="A stranger")
        sessions = {one.agent: one.id for one in shop.people.sessions()}
        text = admin.get("/settings").text
        assert "A phone" in text
        assert "A stranger" not in text
        admin.post("/settings/sessions", session=sessions["A phone"])
        admin.post("/settings/sessions", session=sessions["A stranger"])
        assert other is not None
        assert shop.people.signed_in(other) is None
        assert "A stranger" in {one.agent for one in shop.people.sessions()}
        ended = [one.who for one in shop.audit.entries() if one.what == "person.end_session"]
        assert ended == ["admin@shop.se"]


def test_people_are_invited_given_roles_and_ended(folder: Path, admin: Visitor) -> None:
    admin.get("/settings/people")
    answer = admin.post("/settings/people", do="invite", email="bo@shop.se", name="Bo", role="viewer")
    link = re.search(r"http://\S+/welcome/([\w-]+)", answer.text)
    assert link is not None
    with resa.open(folder) as shop:
        invited = shop.people.invited(link.group(1))
        assert invited is not None
        assert (invited.email, invited.role) == ("bo@shop.se", "viewer")
        assert admin.post("/settings/people", do="role", email="bo@shop.se", role="service").status_code == 303
        assert admin.post("/settings/people", do="role", email="bo@shop.se", role="emperor").status_code == 422
        assert admin.post("/settings/people", do="invite", email="nobody", role="viewer").status_code == 422
        last = admin.post("/settings/people", do="end", email="admin@shop.se")
        assert last.status_code == 422
        assert admin.post("/settings/people", do="end", email="bo@shop.se").status_code == 303
        ended = next(one for one in shop.people.all() if one.email == "bo@shop.se")
        assert (ended.role, ended.ended_at is None) == ("service", False)
    assert "bo@shop.se" not in admin.get("/settings/people").text


def test_keys_are_made_shown_once_and_revoked(folder: Path, admin: Visitor) -> None:
    admin.get("/settings/keys")
    answer = admin.post("/settings/keys", do="make", name="site", scope="collect", source="web")
    found = re.search(r"<pre>(resa_\w+)</pre>", answer.text)
    assert found is not None
    assert found.group(1) not in admin.get("/settings/keys").text
    assert admin.post("/settings/keys", do="make", name="site", scope="collect").status_code == 422
    assert admin.post("/settings/keys", do="make", name="watch", scope="metrics").status_code == 200
    assert admin.post("/settings/keys", do="make", name="odd", scope="everything").status_code == 422
    ticked = {"read:numbers": "yes", "read:names": "yes"}
    assert admin.post("/settings/keys", do="make", name="both", scope="metrics", **ticked).status_code == 422
    answer = admin.post("/settings/keys", do="make", name="board", scope="collect", **ticked)
    assert "Maps and numbers, What customers are called" in answer.text
    assert admin.post("/settings/keys", do="revoke", name="site").status_code == 303
    with resa.open(folder) as shop:
        assert {one.name for one in shop.keys.all() if one.revoked_at is None} == {"board", "watch", "web"}
        made = next(one for one in shop.audit.entries() if one.what == "key.make" and one.detail["key"] == "site")
        assert (made.who, made.way) == ("admin@shop.se", "http")
    log = admin.get("/settings/audit").text
    assert "key.make" in log
    assert "admin@shop.se" in log

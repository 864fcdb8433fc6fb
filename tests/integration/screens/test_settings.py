"""Settings: sessions, people, keys and the audit log on screen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from tests.support.screens import PASSWORD, Visitor, visiting
from tests.support.served import new_shop

import resa
from resa.workspace.health import health_of


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
    assert "known already" not in answer.text
    again = admin.post("/settings/people", do="invite", email="bo@shop.se", name="Bo", role="admin")
    assert "This address is known already: the link sets a new password" in again.text
    link = re.search(r"http://\S+/welcome/([\w-]+)", again.text)
    assert link is not None
    with resa.open(folder) as shop:
        invited = shop.people.invited(link.group(1))
        assert invited is not None
        assert (invited.email, invited.role) == ("bo@shop.se", "viewer")
        assert admin.post("/settings/people", do="role", email="bo@shop.se", role="service").status_code == 303
        assert admin.post("/settings/people", do="role", email="bo@shop.se", role="emperor").status_code == 422
        refused = admin.post("/settings/people", do="invite", email="nobody", name="No Body", role="analyst")
        assert refused.status_code == 422
        assert 'value="nobody"' in refused.text
        assert 'value="No Body"' in refused.text
        assert '<option value="analyst" selected>' in refused.text.split('value="invite"')[1]
        last = admin.post("/settings/people", do="end", email="admin@shop.se")
        assert last.status_code == 422
        assert admin.post("/settings/people", do="end", email="bo@shop.se").status_code == 303
        ended = next(one for one in shop.people.all() if one.email == "bo@shop.se")
        assert (ended.role, ended.ended_at is None) == ("service", False)
    assert "bo@shop.se" not in admin.get("/settings/people").text
    back = admin.post("/settings/people", do="invite", email="bo@shop.se", name="Bo", role="analyst")
    assert "/welcome/" in back.text
    assert "known already" not in back.text
    assert admin.post("/settings/people", do="end", email="bo@shop.se").status_code == 303


def test_keys_are_made_shown_once_and_revoked(folder: Path, admin: Visitor) -> None:
    admin.get("/settings/keys")
    answer = admin.post("/settings/keys", do="make", name="site", scope="collect", source="web")
    found = re.search(r"<pre>(resa_\w+)</pre>", answer.text)
    assert found is not None
    assert found.group(1) not in admin.get("/settings/keys").text
    assert admin.post("/settings/keys", do="make", name="site", scope="collect").status_code == 422
    assert admin.post("/settings/keys", do="make", name="watch", scope="metrics").status_code == 200
    assert admin.post("/settings/keys", do="make", name="odd", scope="everything").status_code == 422
    taken = admin.post("/settings/keys", do="make", name="site", scope="consent", source="my shop").text
    assert [f'value="{one}"' in taken.split('value="make"')[1] for one in ("site", "my shop")] == [True, True]
    assert '<option value="consent" selected>' in taken
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
    assert "made a key" in log
    assert "scope Maps and numbers, What customers are called" in log
    assert "admin@shop.se" in log


@pytest.mark.parametrize("written", ["", "\n", "second_factor_for = [", "no_such_setting = 1", None])
def test_a_file_that_is_empty_or_broken_while_serving_changes_nothing(folder: Path, written: str | None) -> None:
    file = folder / "resa.toml"
    good = 'second_factor_for = ["admin"]\n'
    file.write_text(good)
    with visiting(folder, "admin") as admin:
        assert admin.get("/settings/people").headers.get("location") == "/settings/account"
        if written is None:
            file.unlink()
        else:
            file.write_text(written)
        assert admin.get("/settings/people").headers.get("location") == "/settings/account"
        with resa.open(folder) if written in {"", "\n", None} else nullcontext() as shop:
            if shop is not None:
                shop.settings = shop.settings.model_copy(update={"second_factor_for": ("admin",)})
                told = [one.message for one in health_of(shop).concerns if one.about == "file"]
                assert told == ["resa.toml: it is empty or gone; what it said before holds until the next start"]
        file.write_text(good.replace('["admin"]', "[]"))
        assert admin.get("/settings/people").status_code == 200


def test_the_page_of_the_file_says_that_it_is_empty(folder: Path) -> None:
    file = folder / "resa.toml"
    file.write_text("port = 8123\n")
    with visiting(folder, "admin") as admin:
        file.write_text("")
        page = admin.get("/settings/file").text
        assert "it is empty or gone; what it said before holds until the next start" in page
        assert "8123" in page

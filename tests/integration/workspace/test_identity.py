"""Who is who, from the files to the screen: joined, parted, and explained."""

from __future__ import annotations

from pathlib import Path

import pytest

import resa
from resa.base.errors import InputError, QuestionError
from resa.cli.app import run

MAP = """
title: A shop
stages: {conversion: [cart, purchase]}
touchpoints:
  cart: {expect: {next: purchase, within: 1 day}}
signals: {cart: {event: cart}, purchase: {event: purchase}}
"""
EVENTS = """time,cookie,user,mail,event
2026-05-01T10:00:00Z,c1,,,cart
2026-05-01T11:00:00Z,c1,7,Anna@Shop.se,purchase
2026-05-02T10:00:00Z,c2,,,cart
2026-05-02T12:00:00Z,c2,8,,cart
2026-05-03T12:00:00Z,c3,7,,cart
2026-05-03T12:30:00Z,c3,8,,cart
2026-05-03T13:30:00Z,c3,,,cart
2026-05-03T13:40:00Z,,guest,,cart
"""
MEMBERS = """mail,town,recorded
anna@shop.se,Uppsala,2026-05-01T00:00:00Z
bo@shop.se,Lund,2026-05-01T00:00:00Z
"""
SOURCES = {
    "web": """
path: web.csv
columns: {occurred_at: time, identifiers: {user_id: user, email: mail, cookie: cookie}, event: event}
""",
    "members": """
path: members.csv
kind: customers
columns: {identifiers: {email: mail}, recorded_at: recorded, traits: [town]}
""",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "journey.yaml").write_text(MAP)
    (tmp_path / "web.csv").write_text(EVENTS)
    (tmp_path / "members.csv").write_text(MEMBERS)
    (tmp_path / "sources").mkdir()
    for name, text in SOURCES.items():
        (tmp_path / "sources" / f"{name}.yaml").write_text(text)
    assert run(["collect", "-w", str(tmp_path)]) == 0
    return tmp_path


def called(shop: resa.Workspace, value: str) -> list[str]:
    return [f"{one.kind}={one.value}" for one in shop.customer(value).identifiers]


def test_what_was_done_before_signing_in_counts_and_traits_follow_an_address(folder: Path) -> None:
    with resa.open(folder) as shop:
        profile = shop.customer("ANNA@shop.se")
        assert called(shop, "c1") == ["user_id=7", "cookie=c1", "email=anna@shop.se"]
        assert [trait.value for trait in profile.traits] == ["Uppsala"]
        assert profile.seen.events == 3
        (met,) = [opening for opening in profile.seen.openings if opening.outcome == "met"]
        assert met.opened_at.hour == 10
        assert called(shop, "c3") == ["cookie=c3"]
        assert shop.store.index().events == 7  # who is called guest is nobody


def test_a_split_gives_each_their_own_and_a_join_takes_it_back(folder: Path) -> None:
    with resa.open(folder) as shop:
        before = shop.customer("7").document
        shop.identity.split(("user_id", "7"), ("email", "anna@shop.se"), why="her sister's")
        assert called(shop, "7") == ["user_id=7", "cookie=c1"]
        assert shop.customer("7").traits == ()
        assert [trait.value for trait in shop.customer("anna@shop.se").traits] == ["Uppsala"]
        assert not shop.identity.why(("user_id", "7"), ("email", "anna@shop.se")).together
        shop.identity.join(("email", "anna@shop.se"), ("user_id", "7"))
        after = shop.customer("7").document
        assert {name: after[name] for name in after if name != "identifiers"} == {
            name: before[name] for name in before if name != "identifiers"
        }
        assert [decision.what for decision in shop.identity.decisions()] == ["split", "join"]
        assert shop.verify() == []


def test_other_rules_count_at_the_next_question(folder: Path) -> None:
    (folder / "identity.yaml").write_text("kinds:\n  cookie: {joins: false}\n")
    with resa.open(folder) as shop:
        assert called(shop, "7") == ["user_id=7", "email=anna@shop.se"]
        assert shop.verify() == []
    (folder / "identity.yaml").write_text("kinds:\n  cookie: {join: false}\n")
    with resa.open(folder) as shop, pytest.raises(InputError, match=r"identity\.yaml:2:12"):
        shop.customer("7")


def test_review_lists_what_was_refused_and_not_what_is_one(folder: Path) -> None:
    with (folder / "web.csv").open("a") as file:
        file.write("2026-05-04T09:00:00Z,,20,carl@shop.se,cart\n")
        file.writelines(f"2026-05-04T1{hour}:00:00Z,,21,carl@shop.se,cart\n" for hour in range(3))
    with resa.open(folder) as shop:
        shop.collect("web")
        found = [({one.one.value, one.other.value if one.other else ""}, one.count) for one in shop.identity.review()]
        assert found == [({"carl@shop.se", "20"}, 1), ({"c3", ""}, 0)]
        assert called(shop, "21") == ["user_id=21", "email=carl@shop.se"]  # she was seen with it more often


def test_why_and_review_explain(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def said(*words: str, code: int = 0) -> str:
        capsys.readouterr()
        assert run(["identity", *words, "-w", str(folder)]) == code
        out, err = capsys.readouterr()
        return out + err

    assert "seen together in 1 row of web" in said("why", "cookie=c1", "email=anna@shop.se")
    assert "this cookie is shared" in said("why", "cookie=c3", "user_id=7")
    assert "nothing was ever seen that names both" in said("why", "user_id=7", "user_id=8")
    assert "cookie=c3" in said("review")
    assert "nobody was ever seen with this user_id" in said("why", "user_id=9", "user_id=8", code=1)
    assert "names nobody" in said("join", "user_id=guest", "user_id=8", code=1)
    assert "both are the same" in said("join", "user_id=8", "user_id= 8", code=1)
    assert "write kind and value" in said("join", "8", "user_id=8", code=2)
    assert said("decisions").startswith("nobody has decided anything yet")
    assert "one customer" in said("join", "cookie=c3", "user_id=8", "--why", "her tablet")
    assert "her tablet" in said("decisions")
    with resa.open(folder) as shop, pytest.raises(QuestionError, match="no customer is called so"):
        shop.customer("guest")


def test_the_check_of_maps_reads_the_rules_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "identity.yaml").write_text("country: SE\n")
    assert run(["map", "check", "--quiet", "-w", str(folder)]) == 0
    (folder / "identity.yaml").write_text("kinds:\n  cookie: {join: false}\ncountry: XX\n")
    capsys.readouterr()
    assert run(["map", "check", "--quiet", "-w", str(folder)]) == 1
    said = "".join(capsys.readouterr())
    assert "identity.yaml:2:12 'join' is not a key that is known here; did you mean 'joins'?" in said
    assert "identity.yaml:3:10 'XX' is no country" in said
    assert "2 errors in 2 files" in said
    assert run(["map", "schema", "identity"]) == 0
    assert '"title": "Resa identity rules"' in capsys.readouterr().out

"""Who saw and changed what stands in a log without personal data, which shows if anybody changed it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

import resa
from resa.base.errors import QuestionError
from resa.cli.app import run
from resa.workspace.auditing import acting
from resa.workspace.folders import user

MAP = "title: T\nstages: {s: [a]}\nsignals: {a: {event: a}}\n"
SOURCE = "path: web.csv\ncolumns: {occurred_at: at, event: what, identifiers: {user_id: who, email: mail}}\n"
EVENTS = """at,what,who,mail
2026-05-01T10:00:00Z,a,quillwort,Quillwort@shop.se
2026-05-02T10:00:00Z,a,wexford,wexford@shop.se
"""
SHE, HE = ("user_id", "quillwort"), ("email", "wexford@shop.se")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sources").mkdir()
    for name, text in (
        ("journey.yaml", MAP),
        ("sources/web.yaml", SOURCE),
        ("web.csv", EVENTS),
        ("consent.yaml", "topics: {letter: {}}\n"),
        ("segments.yaml", "buyers: count(a) >= 1\n"),
    ):
        (tmp_path / name).write_text(text)
    run(["collect", "-w", str(tmp_path)])
    return tmp_path


def test_who_is_signed_in_does_what_is_done_meanwhile_and_no_more(folder: Path) -> None:
    with resa.open(folder) as shop:
        with acting("karin@shop.se"):
            shop.customer("quillwort")
            shop.audit.note("of nobody", who="")
            (folder / "journey.yaml").write_text(MAP.replace("title: T", "title: U"), encoding="utf-8")
        with resa.open(folder) as again, acting("karin@shop.se"):
            again.customer("quillwort")  # keeps the map's new version, which she did not write
            again.identity.join(SHE, HE)
        shop.audit.note("after")
        told = {one.what: one.who for one in shop.audit.entries()}
        assert shop.identity.decisions()[-1].who == "karin@shop.se"
    assert told["customer.show"] == told["identity.join"] == "karin@shop.se"
    assert told["of nobody"] == ""
    assert told["after"] == told["map.change"] == user()


def test_what_is_seen_and_changed_is_written_down_without_personal_data(folder: Path) -> None:
    with resa.open(folder) as shop:
        shop.customer("quillwort")
        shop.segments.why("buyers", "quillwort")
        shop.segments.export("buyers", folder / "buyers.csv")
        shop.export_customer("quillwort", folder / "out")
        shop.consents.give(SHE, "letter")
        shop.consents.withdraw(HE, "letter")
        shop.consents.of(SHE)
        token = shop.consents.ask(HE, "letter").rpartition("/")[2]
        assert shop.consents.confirm(token)
        shop.keys.make("web")
        shop.keys.make_for("consent", "backend")
        shop.keys.revoke("web")
        shop.identity.join(SHE, HE, why="she said so")
        shop.identity.split(SHE, HE)
        shop.erase("quillwort", dry=True)
        with pytest.raises(QuestionError):
            shop.customer("nobody-here")
        entries = shop.audit.entries()
        done = [one.what for one in reversed(entries)]
        assert done == [
            "map.change",
            "customer.show",
            "customer.why",
            "segment.export",
            "customer.export",
            "consent.given",
            "consent.withdrawn",
            "consent.show",
            "consent.asked",
            "consent.confirmed",
            "key.make",
            "key.make",
            "key.revoke",
            *["identity.join"] * 2,
            *["identity.split"] * 2,
            "customer.count",
        ]
        assert {one.who for one in entries} == {user(), ""}  # she confirms by herself
        assert [one.number for one in entries] == list(range(len(entries), 0, -1))
        assert entries[0].way == "program"
        hers = [one.what for one in shop.audit.entries(("email", "quillwort@shop.se"))]
        assert hers.count("customer.show") == 1
        assert "consent.withdrawn" not in hers
        assert len(shop.audit.entries(newest=3)) == 3
        assert shop.verify() == []
        written = json.dumps([[str(part) for part in vars(one).values()] for one in entries])
        assert "quillwort" not in written
        assert "wexford" not in written


def test_after_an_erasure_nobody_can_tell_whose_an_entry_was(folder: Path) -> None:
    with resa.open(folder) as shop:
        shop.customer("quillwort")
        before = len(shop.audit.entries())
        shop.erase("quillwort")
        assert len(shop.audit.entries()) == before + 1
        assert shop.audit.entries(SHE) == []
        assert shop.verify() == []
        with closing(sqlite3.connect(shop.store.layout.database)) as connection:
            assert connection.execute("SELECT count(*) FROM pseudonyms").fetchone() == (0,)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit SET who = 'somebody' WHERE id = 2",
        "UPDATE audit SET pseudonym = NULL WHERE id = 2",
        "DELETE FROM audit WHERE id = 2",
        "DELETE FROM audit WHERE id = (SELECT max(id) FROM audit)",
        "DELETE FROM audit",
    ],
)
def test_any_change_of_the_log_is_noticed(folder: Path, change: str) -> None:
    with resa.open(folder) as shop:
        shop.customer("quillwort")
        shop.customer("wexford")
        with closing(sqlite3.connect(shop.store.layout.database)) as connection, connection:
            connection.execute(change)
        assert {finding.code for finding in shop.verify()} == {"audit"}


def test_a_seal_that_is_kept_elsewhere_shows_that_the_end_was_cut(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with resa.open(folder) as shop:
        assert shop.audit.seal(7) == (0, "")
        shop.customer("quillwort")
        first = shop.audit.seal()
        shop.customer("wexford")
        assert run(["audit", "--seal", "-w", str(folder)]) == 0
        number, digest = capsys.readouterr().out.split()
        assert shop.audit.seal(int(number)) == (int(number), digest) != first
        with closing(sqlite3.connect(shop.store.layout.database)) as connection, connection:
            connection.execute("DELETE FROM audit WHERE id = (SELECT max(id) FROM audit)")
            connection.execute("UPDATE sqlite_sequence SET seq = seq - 1 WHERE name = 'audit'")
        assert shop.verify() == []  # the chain itself is whole
        assert shop.audit.seal(first[0]) == first
        assert shop.audit.seal(int(number)) == (0, "")


def test_the_command(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    there = ["-w", str(folder)]
    run(["customer", "show", "quillwort", *there])
    run(["consent", "give", "user_id=quillwort", "letter", *there])
    capsys.readouterr()
    assert run(["audit", *there]) == 0
    said = capsys.readouterr().out
    assert "customer.show" in said
    assert "command" in said
    assert "quillwort" not in said
    assert run(["audit", "--customer", "email=quillwort@shop.se", "--format", "json", *there]) == 0
    assert [one["what"] for one in json.loads(capsys.readouterr().out)] == ["consent.given", "customer.show"]
    with resa.open(folder) as shop:
        assert all(len(one.pseudonym) == 32 for one in shop.audit.entries(SHE))

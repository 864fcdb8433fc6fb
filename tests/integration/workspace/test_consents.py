"""Consents are kept with their proof, follow the customer, and go with her; the log shows if anybody changed it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import resa
from resa.base.errors import InputError, QuestionError
from resa.cli.app import run
from resa.storage import Kept, consents
from resa.storage.rewriting import Rewriting

MAP = "title: T\nstages: {s: [a]}\nsignals: {a: {event: a}}\n"
SOURCE = "path: web.csv\ncolumns: {occurred_at: at, event: what, identifiers: {user_id: who, email: mail, cookie: c}}\n"
EVENTS = """at,what,who,mail,c
2026-05-01T10:00:00Z,a,1,Quillwort@shop.se,cookie-q-1234
2026-05-02T10:00:00Z,a,2,wexford@shop.se,
2026-05-02T10:00:00Z,a,,,cookie-w-5678
"""
CONSENT = """
country: SE
country_trait: country
purposes:
  marketing: {countries: {US: opt_out}}
topics:
  letter:
    purpose: marketing
    wordings: {v1: Send me the letter., v2: 'Send me the letter, once a week.'}
  offers: {purpose: marketing, double_opt_in: true, default: opt_out}
"""
DAY = timedelta(days=1)
BEGIN = datetime(2026, 5, 1, 12, tzinfo=UTC)
ANNA, BO = ("email", "quillwort@shop.se"), ("user_id", "2")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sources").mkdir()
    for name, text in (
        ("journey.yaml", MAP),
        ("sources/web.yaml", SOURCE),
        ("web.csv", EVENTS),
        ("consent.yaml", CONSENT),
    ):
        (tmp_path / name).write_text(text)
    run(["collect", "-w", str(tmp_path)])
    return tmp_path


def test_a_consent_follows_the_customer_and_the_last_word_counts(folder: Path) -> None:
    with resa.open(folder) as shop:
        assert not shop.consents.allows(ANNA, "letter")
        assert shop.consents.allows(ANNA, "offers")
        made = shop.consents.give(ANNA, "Letter", at=BEGIN, source="store", page="https://shop.se/x?mail=a@b.se#y")
        assert (made.wording, made.page) == ("v2", "https://shop.se/x")
        assert shop.consents.allows(("user_id", "1"), "letter")
        assert not shop.consents.allows(BO, "letter")
        shop.consents.withdraw(("user_id", "1"), "letter", at=BEGIN - DAY)  # came late: it was said before
        assert shop.consents.allows(ANNA, "letter")
        shop.consents.withdraw(("cookie", "cookie-q-1234"), "marketing", at=BEGIN + DAY)
        assert not shop.consents.allows(ANNA, "letter")
        assert not shop.consents.allows(ANNA, "offers")
        shop.consents.give(ANNA, "letter", at=BEGIN + 2 * DAY, wording="v1")
        assert shop.consents.allows(ANNA, "letter")
        shop.consents.give(ANNA, "offers", at=BEGIN + 2 * DAY)
        assert not shop.consents.allows(ANNA, "offers")  # she has not confirmed it
        assert [one.given for one in shop.consents.count()] == [0, 1, 0]
        seen = shop.customer("1").consents
        assert [(one.about, one.status, one.allowed) for one in seen] == [
            ("marketing", "withdrawn", False),
            ("letter", "given", True),
            ("offers", "asked", False),
        ]
        assert shop.verify() == []


def test_joined_the_stricter_holds_and_split_each_has_their_own(folder: Path) -> None:
    with resa.open(folder) as shop:
        shop.consents.give(ANNA, "letter", at=BEGIN)
        shop.consents.withdraw(BO, "letter", at=BEGIN)
        shop.identity.join(ANNA, BO)
        assert not shop.consents.allows(ANNA, "letter")
        assert not shop.consents.allows(BO, "letter")
        shop.identity.split(ANNA, BO)
        assert shop.consents.allows(ANNA, "letter")
        assert not shop.consents.allows(BO, "letter")


def test_what_cannot_be_kept_is_refused(folder: Path) -> None:
    with resa.open(folder) as shop:
        refusals: list[tuple[Callable[[], object], str]] = [
            (lambda: shop.consents.give(ANNA, "leter"), "did you mean 'letter'"),
            (lambda: shop.consents.give(ANNA, "letter", wording="v3"), "has no wording"),
            (lambda: shop.consents.give(("email", "nobody"), "letter"), "names nobody"),
            (lambda: shop.consents.give(ANNA, "letter", at=shop.clock() + 2 * DAY), "ahead"),
            (lambda: shop.consents.give(ANNA, "letter", page="x" * 600), "at most"),
        ]
        for refuse, words in refusals:
            with pytest.raises((QuestionError, InputError), match=words):
                refuse()
        ahead = shop.consents.give(ANNA, "letter", at=shop.clock() + timedelta(hours=20))
        assert ahead.at <= shop.clock()  # a withdrawal in an hour must not count as earlier
        shop.consents.withdraw(ANNA, "letter")
        assert not shop.consents.allows(ANNA, "letter")


def test_existing_consents_are_imported_the_bad_rows_told_and_each_once(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "old.csv").write_text(
        "E-Mail;topic;what;at;wording\n"
        "Wexford@shop.se;letter;yes;2025-01-01T10:00:00Z;v1\n"
        "new@shop.se;letter;;2025-01-01T10:00:00;\n"
        "new@shop.se;letter;perhaps;2025-01-01T10:00:00Z;\n"
        "nobody;letter;yes;2025-01-01T10:00:00Z;\n"
        ";letter;yes;2025-01-01T10:00:00Z;\n"
        "c@shop.se;lettre;yes;2025-01-01T10:00:00Z;\n"
        "c@shop.se;letter;yes;soon;\n"
        "c@shop.se;letter;no;2025-01-01T10:00:00Z;v1;more\n"
        "d@shop.se;offers;confirmed;2025-01-01T10:00:00Z;\n"
    )
    there = ["-w", str(folder)]
    assert run(["consent", "import", str(folder / "old.csv"), *there]) == 0
    said = capsys.readouterr()
    assert "9 rows: 2 recorded, 0 known before, 7 refused" in said.err
    assert "--timezone" in said.out
    assert "shop.se" not in said.out
    assert run(["consent", "import", str(folder / "old.csv"), "--timezone", "Europe/Oslo", *there]) == 0
    assert "9 rows: 1 recorded, 2 known before, 6 refused" in capsys.readouterr().err
    with resa.open(folder) as shop:
        assert shop.consents.allows(BO, "letter")
        new = shop.consents.of(("email", "new@shop.se"))
        assert [one.at for one in new.records] == [datetime(2025, 1, 1, 9, tzinfo=UTC)]
        assert shop.consents.allows(("email", "d@shop.se"), "offers")
        assert shop.verify() == []
    (folder / "empty.csv").write_text("a,b\n1,2\n")
    assert run(["consent", "import", str(folder / "empty.csv"), *there]) == 1
    assert "names nobody" in capsys.readouterr().err


def test_an_import_that_is_cut_short_stands_in_the_audit_log(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [f"{name}@shop.se,letter,2026-05-01T10:00:00Z" for name in ("anna", "bo", "eve")]
    (folder / "old.csv").write_text("\n".join(["email,about,at", *rows]))
    put, calls = consents.put_consents, iter([True])

    def cut(*told: Any) -> list[Kept]:
        if not next(calls, False):
            raise OSError("the disk is full")
        return put(*told)

    monkeypatch.setattr(consents, "_AT_ONCE", 1)
    monkeypatch.setattr(consents, "put_consents", cut)
    with resa.open(folder) as shop:
        with pytest.raises(OSError, match="full"):
            shop.consents.import_file(folder / "old.csv")
        assert [one.value for one in consents.consents_known(shop.store)] == ["anna@shop.se"]
        assert "consent.import" in [one.what for one in shop.audit.entries()]


def test_erasure_takes_all_of_it_and_the_chain_holds(folder: Path) -> None:
    with resa.open(folder) as shop:
        shop.consents.give(ANNA, "letter", source="store")
        shop.consents.give(BO, "letter", page="https://shop.se/friends/of/Quillwort%40shop.se/list")
        shop.consents.withdraw(("user_id", "1"), "marketing")
        shop.consents.give(("email", "subscriber@shop.se"), "letter")
        seal = shop.consents.seal(1)
        out = shop.export_customer("1", folder / "out")
        document = json.loads((out / "customer.json").read_text())
        assert [(one["about"], one["what"], one["source"]) for one in document["consents"]] == [
            ("letter", "given", "store"),
            ("marketing", "withdrawn", ""),
        ]
        rows = shop.erase("1").rows
        assert (rows["consents"], rows["mentions"]) == (2, 1)
        assert shop.verify() == []
        assert shop.consents.seal(1) == seal
        assert shop.consents.of(BO).records[0].page == "https://shop.se/friends/of/[erased]/list"
        assert shop.consents.of(ANNA).records == ()
        assert not shop.consents.allows(ANNA, "offers")  # whoever was erased is asked before anything
        with pytest.raises(InputError, match="was erased"):
            shop.consents.give(ANNA, "letter", at=BEGIN)
        with closing(sqlite3.connect(shop.store.layout.database)) as connection:  # asking and refusing stored nothing
            assert connection.execute("SELECT value FROM pseudonyms ORDER BY 1").fetchall() == [
                ("2",),
                ("subscriber@shop.se",),
            ]
        shop.consents.give(ANNA, "letter")  # a new relation
        assert shop.consents.allows(ANNA, "letter")
        only = shop.erase("subscriber@shop.se").rows  # whom no event ever named
        assert only == {"consents": 1}
        assert shop.verify() == []
    everything = b"".join(path.read_bytes() for path in (folder / ".resa").rglob("*") if path.is_file())
    assert b"subscriber" not in everything


def test_what_she_says_while_she_is_erased_goes_too_and_the_chain_holds(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare = Rewriting.prepare
    said = iter(["letter"])

    def prepared(plan: Rewriting) -> None:
        prepare(plan)
        for about in said:
            with resa.open(folder) as other:  # a server beside
                other.consents.withdraw(ANNA, about)

    with resa.open(folder) as shop:
        shop.consents.give(ANNA, "letter", at=BEGIN)
        monkeypatch.setattr(Rewriting, "prepare", prepared)
        assert shop.erase("quillwort@shop.se").rows["consents"] == 2
        assert not shop.consents.of(ANNA).records
        assert shop.verify() == []


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE consents SET what = 'given' WHERE id = 2",
        "UPDATE consents SET at = at - 1 WHERE id = 1",
        "UPDATE consents SET page = 'https://shop.se/b' WHERE id = 1",
        "DELETE FROM consents WHERE id = 2",
        "DELETE FROM consents WHERE id = 3",
        "UPDATE consents SET id = 9 WHERE id = 3",
        "UPDATE consents SET pseudonym = NULL, what = NULL WHERE id = 2",
        "DELETE FROM pseudonyms",
        "UPDATE consents SET commitment = (SELECT commitment FROM consents WHERE id = 1) WHERE id = 2",
    ],
)
def test_any_change_of_the_log_is_noticed(folder: Path, change: str) -> None:
    with resa.open(folder) as shop:
        shop.consents.give(ANNA, "letter", page="https://shop.se/a")
        shop.consents.withdraw(ANNA, "letter")
        shop.consents.give(BO, "letter")
        assert shop.verify() == []
        with closing(sqlite3.connect(shop.store.layout.database)) as connection, connection:
            connection.execute(change)
        assert {finding.code for finding in shop.verify()} == {"consents"}


def test_the_commands(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    there = ["-w", str(folder)]
    assert run(["consent", "give", "email=quillwort@shop.se", "letter", "--source", "store", *there]) == 0
    assert run(["consent", "withdraw", "user_id=1", "letter", *there]) == 0
    assert run(["consent", "give", "quillwort@shop.se", "letter", *there]) == 2
    assert run(["consent", "give", "user_id=1", "letter", "--at", "2026-05-01", *there]) == 2
    capsys.readouterr()
    assert run(["consent", "show", "cookie=cookie-q-1234", *there]) == 0
    said = capsys.readouterr().out
    assert "withdrawn" in said
    assert "store" in said
    assert run(["consent", "show", "user_id=1", "--format", "json", *there]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [one["what"] for one in document["records"]] == ["given", "withdrawn"]
    assert run(["consent", "list", *there]) == 0
    assert run(["consent", "seal", *there]) == 0
    assert run(["consent", "seal", "99", *there]) == 1
    assert run(["customer", "show", "1", *there]) == 0
    assert "What she consented to" in capsys.readouterr().out

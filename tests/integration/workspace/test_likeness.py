"""Customers who are alike become one, unless somebody said otherwise or each has an id of their own."""

from __future__ import annotations

import csv
import random
import re
from dataclasses import replace
from pathlib import Path

import pytest

import resa
from resa.base.showing import Listing
from resa.cli.app import run
from resa.storage import kept_pairs
from resa.workspace.matching import Likely

MAP = """
title: A shop
stages: {conversion: [cart]}
signals: {cart: {event: cart}}
"""
SOURCE = """
path: members.csv
kind: customers
columns:
  identifiers: {crm_id: crm, loyalty_card: card}
  recorded_at: recorded
  traits: [first_name, surname, date_of_birth, street, postnummer, town]
"""
FIRST = ("Anna", "Bo", "Cecilia", "David", "Elin", "Fredrik", "Gun", "Hans", "Ida", "Johan", "Karin", "Lars", "Mia")
LAST = ("Andersson", "Berg", "Carlsson", "Dahl", "Ek", "Fors", "Gran", "Holm", "Isaksson", "Jonsson", "Krantz", "Lind")
TOWNS = ("Uppsala", "Lund", "Malmö", "Kalmar", "Visby", "Falun", "Umeå", "Luleå")


def write_members(path: Path) -> None:
    drawn = random.Random(3)  # noqa: S311 - made-up people
    rows = []
    for number in range(300):
        person = [drawn.choice(FIRST), drawn.choice(LAST), f"{drawn.randrange(1940, 2006)}-0{drawn.randrange(1, 10)}-1"]
        person += [f"Storgatan {drawn.randrange(1, 400)}", f"{drawn.randrange(10_000, 99_999)}", drawn.choice(TOWNS)]
        rows.append([f"crm-{number}" if number % 2 else "", f"card-{number}", *person])
        if number < 60:
            again = list(person)
            again[0] = again[0][:-1] + "h" if number % 3 == 0 else again[0]
            crm = f"crm-again-{number}" if number in {1, 3} else ""
            rows.append([crm, f"card-again-{number}", *again])
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        heading = ("crm", "card", "first_name", "surname", "date_of_birth", "street", "postnummer", "town", "recorded")
        writer.writerow(heading)
        writer.writerows([*row, "2026-05-01T00:00:00Z"] for row in rows)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "journey.yaml").write_text(MAP)
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "members.yaml").write_text(SOURCE)
    write_members(tmp_path / "members.csv")
    assert run(["collect", "-w", str(tmp_path)]) == 0
    return tmp_path


def test_those_who_are_alike_are_joined_and_a_split_holds(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with resa.open(folder) as shop:
        shop.identity.split(("loyalty_card", "card-8"), ("loyalty_card", "card-again-8"))
        before = shop.store.index().customers
        told = shop.identity.match(keep=False)
        assert shop.store.index().customers == before
        found = shop.identity.match()
        assert found == told
        pairs = {frozenset((pair.one.value, pair.other.value)) for pair in found.joined}
        assert frozenset(("CARD4", "CARDAGAIN4")) in pairs
        assert frozenset(("CARD8", "CARDAGAIN8")) not in pairs
        numbers = [{re.sub(r"\D", "", name) for name in pair} for pair in pairs]
        assert len(numbers) > 40
        assert all(len(pair) == 1 for pair in numbers)
        apart = {frozenset((pair.one.value, pair.other.value)) for pair in found.undecided if pair.apart == "unique"}
        assert {frozenset(("crm-1", "crm-again-1")), frozenset(("crm-3", "crm-again-3"))} <= apart
        shop.refresh()
        assert shop.store.index().customers == before - len(found.joined)
        assert shop.identity.match(keep=False).joined == ()
        shop.identity.split(("loyalty_card", "card-4"), ("loyalty_card", "card-again-4"))
        assert shop.identity.match().joined == ()
        assert {one.value for one in shop.customer("card-4").identifiers} == {"CARD4"}
        assert shop.verify() == []
    capsys.readouterr()
    assert run(["identity", "match", "--dry-run", "-w", str(folder)]) == 0
    said = "".join(capsys.readouterr())
    assert "crm_id=crm-1" in said
    assert "for a person to decide" in said
    assert run(["identity", "decisions", "-w", str(folder)]) == 0
    assert "likeness" in capsys.readouterr().out


def one_pair(found: Listing[Likely], *cards: str) -> Likely | None:
    return next((pair for pair in found if {pair.one.value, pair.other.value} == set(cards)), None)


def test_who_may_be_one_is_kept_until_a_person_decides(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    there = ["-w", str(folder)]
    (folder / "identity.yaml").write_text("likeness: {join: never}\n")
    with resa.open(folder) as shop:
        told = shop.identity.match(keep=False)
        assert len(told.undecided) > 40
        assert shop.identity.undecided() == []
        shop.identity.match()
        noted = len(shop.audit.entries())
        assert shop.identity.count_undecided() == len(told.undecided)
        assert len(shop.audit.entries()) == noted  # a number tells of nobody
        kept = shop.identity.undecided()
        assert {replace(one, found_at=None) for one in kept} == set(told.undecided)
        assert [one.probability for one in kept] == sorted((one.probability for one in kept), reverse=True)
        pair = one_pair(kept, "CARD6", "CARDAGAIN6")
        assert pair is not None
        fields = {part.field: part for part in pair.compared}
        first = fields["given_name"]
        assert first.one != first.other
        assert (first.level, fields["surname"].level, fields["birth_date"].level) == ("similar", "same", "same")
        bits = pair.prior + sum(part.weight for part in pair.compared)
        assert pair.probability == pytest.approx(2**bits / (1 + 2**bits))
    capsys.readouterr()
    assert run(["identity", "review", "--most", "1000", *there]) == 0
    said = capsys.readouterr().out
    both = f"loyalty_card={pair.one.value} loyalty_card={pair.other.value}"
    assert f"  resa identity join {both}\n  resa identity split {both}" in said
    line = next(one for one in said.splitlines() if re.search(r"birth_date .*the same", one))
    assert re.search(r"\d{4}-\d\d-1 +\d{4}-\d\d-1 +the same +\+\d", line)
    assert run(["identity", "split", "loyalty_card=card-6", "loyalty_card=card-again-6", *there]) == 0
    assert run(["identity", "join", "loyalty_card=card-8", "loyalty_card=card-again-8", *there]) == 0
    with resa.open(folder) as shop:
        waiting = shop.identity.count_undecided()
        left = shop.identity.undecided()
        assert len(left) == len(kept) - 2 == waiting
        assert one_pair(left, "CARD6", "CARDAGAIN6") is None
        assert one_pair(left, "CARD8", "CARDAGAIN8") is None
        shop.identity.match()
        assert len(shop.identity.undecided()) == len(left)
        assert shop.verify() == []


def test_what_is_kept_of_a_pair_goes_with_either_of_the_two(folder: Path) -> None:
    (folder / "identity.yaml").write_text("likeness: {join: never}\n")
    with resa.open(folder) as shop:
        shop.identity.match()
        kept = shop.identity.undecided()
        rows = shop.erase("card-10").rows
        assert rows["likely_pairs"] >= 1
        left = shop.identity.undecided()
        assert len(left) == len(kept) - rows["likely_pairs"]
        assert shop.identity.rules.likeness.review == 0.5
        assert len(kept_pairs(shop.store)) == len(left)
        lines = (folder / "members.csv").read_text().splitlines()
        (folder / "members.csv").write_text("\n".join(line for line in lines if ",card-again-12," not in line) + "\n")
        shop.collect("members", replace=True)
        assert one_pair(left, "CARD12", "CARDAGAIN12") is not None
        assert one_pair(shop.identity.undecided(), "CARD12", "CARDAGAIN12") is None  # who is there no more
        assert len(shop.identity.undecided()) >= len(left) - 3


def test_a_pair_says_that_what_is_known_has_changed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "identity.yaml").write_text("likeness: {join: never}\n")
    with resa.open(folder) as shop:
        shop.identity.match()
        assert not any(pair.changed for pair in shop.identity.undecided())
        text = (folder / "members.csv").read_text()
        lines = [line for line in text.splitlines() if ",card-again-6," in line]
        moved = re.sub(r"Storgatan \d+", "Nygatan 1", lines[0]).replace("2026-05-01", "2026-06-01")
        (folder / "members.csv").write_text(f"{text}{moved}\n")
        shop.collect("members")
        changed = [pair for pair in shop.identity.undecided() if pair.changed]
        assert all("CARDAGAIN6" in {pair.one.value, pair.other.value} for pair in changed)
        assert {part.field: {part.one, part.other} for part in changed[0].compared}["street"] > {"Nygatan 1"}
    capsys.readouterr()
    assert run(["identity", "review", "--most", "1000", "-w", str(folder)]) == 0
    assert "what is known has changed since" in capsys.readouterr().out


def test_too_little_is_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "members.csv").write_text("crm,card,first_name,surname,date_of_birth,street,postnummer,town,recorded\n")
    assert run(["collect", "--replace", "-w", str(folder)]) == 0
    assert run(["identity", "match", "-w", str(folder)]) == 1
    assert "customers are compared by at least two of given_name" in capsys.readouterr().err


def test_members_who_have_nothing_in_common_are_no_error(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [f",card-{n},Name{n},Surname{n},1990-01-{n:02},Street {n},{10000 + n},Town{n}" for n in range(1, 21)]
    heading = "crm,card,first_name,surname,date_of_birth,street,postnummer,town,recorded"
    text = "\n".join([heading, *(f"{line},2026-05-01T00:00:00Z" for line in lines)])
    (folder / "members.csv").write_text(text + "\n")
    assert run(["collect", "--replace", "-w", str(folder)]) == 0
    capsys.readouterr()
    assert run(["identity", "match", "-w", str(folder)]) == 0
    assert "0 pairs are alike enough to be one" in capsys.readouterr().err

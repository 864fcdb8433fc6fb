"""Passwords cannot be guessed by trying, and nobody is shut out for long, nor by others."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from resa.screens.attempts import Attempts
from resa.storage import Store
from resa.storage.schema import failed_attempts

BEGAN = datetime(2026, 5, 4, 10, tzinfo=UTC)


class Clock:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> datetime:
        return BEGAN + timedelta(seconds=self.seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    found = Store.open(tmp_path / "data", clock=clock)
    yield found
    found.close()


def test_ten_in_a_quarter_of_an_hour_may_fail(store: Store, clock: Clock) -> None:
    attempts = Attempts("passwords")
    for second in range(10):
        clock.seconds = second
        assert attempts.wait(store, "anna", "1") == 0
        attempts.fail(store, "anna", "1")
    assert attempts.wait(store, "anna", "1") == 900 - 9
    assert attempts.wait(store, "anna", "2") == 0
    assert attempts.wait(store, "bo", "1") == 0
    assert Attempts("codes").wait(store, "anna", "1") == 0
    clock.seconds = 900
    assert attempts.wait(store, "anna", "1") == 0
    attempts.fail(store, "anna", "1")
    assert attempts.wait(store, "anna", "1") == 1
    clock.seconds = -10_000  # it was set back
    assert attempts.wait(store, "anna", "1") == 900


def test_an_address_that_tries_many_accounts_is_shut(store: Store) -> None:
    attempts = Attempts("passwords")
    for number in range(50):
        assert attempts.wait(store, "anna", "1") == 0
        attempts.fail(store, f"account {number}", "1")
    assert attempts.wait(store, "anna", "1") == 900
    assert attempts.wait(store, "anna", "2") == 0


def test_an_account_that_many_addresses_try_is_shut(store: Store) -> None:
    attempts = Attempts("passwords")
    for number in range(100):
        assert attempts.wait(store, "anna", "1") == 0
        attempts.fail(store, "anna", f"address {number}")
    assert attempts.wait(store, "anna", "1") == 900
    assert attempts.wait(store, "bo", "1") == 0


def test_a_server_that_starts_anew_knows_who_failed_and_nobody_else_does(
    tmp_path: Path, store: Store, clock: Clock
) -> None:
    for _ in range(10):
        Attempts("codes").fail(store, "anna@shop.se", "192.0.2.7")
    store.close()
    assert not [one for one in tmp_path.rglob("*") if one.is_file() and b"192.0.2.7" in one.read_bytes()]
    anew = Store.open(tmp_path / "data", clock=clock)
    assert Attempts("codes").wait(anew, "anna@shop.se", "elsewhere") == 900
    clock.seconds = 901
    Attempts("codes").fail(anew, "bo@shop.se", "1")
    with anew.database.reading() as connection:
        assert len(connection.execute(select(failed_attempts)).all()) == 3  # what is old is gone
    anew.close()


def test_what_is_remembered_has_a_bound(store: Store) -> None:
    attempts = Attempts("passwords", remembered=30)
    for number in range(20):
        attempts.fail(store, f"account {number}", f"\ud800 {number}")
    with store.database.reading() as connection:
        assert len(connection.execute(select(failed_attempts)).all()) == 30


def test_many_failures_of_one_kind_push_out_none_of_another(store: Store) -> None:
    passwords, company = Attempts("passwords", remembered=30), Attempts("company", remembered=30)
    for _ in range(10):
        passwords.fail(store, "anna@shop.se", "1")
    for number in range(40):
        company.fail(store, f"account {number}", f"{number}")
    assert passwords.wait(store, "anna@shop.se", "1") > 0

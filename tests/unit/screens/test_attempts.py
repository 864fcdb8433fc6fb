"""Passwords cannot be guessed by trying, and nobody is shut out for long, nor by others."""

from __future__ import annotations

from resa.screens.attempts import Attempts


def test_ten_in_a_quarter_of_an_hour_may_fail() -> None:
    now = [0.0]
    attempts = Attempts(lambda: now[0])
    for second in range(10):
        now[0] = float(second)
        assert attempts.wait("anna", "1") == 0
        attempts.fail("anna", "1")
    assert attempts.wait("anna", "1") == 900 - 9
    assert attempts.wait("anna", "2") == 0
    assert attempts.wait("bo", "1") == 0
    now[0] = 900.0
    assert attempts.wait("anna", "1") == 0
    attempts.fail("anna", "1")
    assert attempts.wait("anna", "1") == 1


def test_an_address_that_tries_many_accounts_is_shut() -> None:
    attempts = Attempts(lambda: 0.0)
    for number in range(50):
        assert attempts.wait("anna", "1") == 0
        attempts.fail(f"account {number}", "1")
    assert attempts.wait("anna", "1") == 900
    assert attempts.wait("anna", "2") == 0


def test_an_account_that_many_addresses_try_is_shut() -> None:
    attempts = Attempts(lambda: 0.0)
    for number in range(100):
        assert attempts.wait("anna", "1") == 0
        attempts.fail("anna", f"address {number}")
    assert attempts.wait("anna", "1") == 900
    assert attempts.wait("bo", "1") == 0


def test_what_is_remembered_has_a_bound() -> None:
    attempts = Attempts(lambda: 0.0)
    for number in range(30_000):
        attempts.fail(f"account {number}", "1")
    assert len(attempts._failed) == 20_000

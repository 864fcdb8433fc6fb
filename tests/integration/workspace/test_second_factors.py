"""A second factor: begun, confirmed, asked for, lost and turned off; a code holds once."""

from __future__ import annotations

import re
import sqlite3
from base64 import b32decode
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import get_args
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from argon2 import PasswordHasher

from resa.base.errors import QuestionError, SettingsError, WorkspaceDamaged
from resa.base.settings import Demanded, read_settings
from resa.workspace import Workspace, passwords
from resa.workspace.backing_up import back_up, restore
from resa.workspace.people import ROLES, Person
from resa.workspace.second_factors import read_code

BEGIN = datetime(2026, 5, 1, 12, tzinfo=UTC)
STEP = timedelta(seconds=30)
PASSWORD, OTHER = "nine herons in a row", "a lamp over the quay"
ANNA = "anna@shop.se"


class Clock:
    """A clock that is set."""

    def __init__(self) -> None:
        self.now = BEGIN

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """How costly passwords are is tested elsewhere."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    nobodys = cheap.hash("nobody's")
    monkeypatch.setattr(passwords, "_hasher", lambda: cheap)
    monkeypatch.setattr(passwords, "_nobodys", lambda: nobodys)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shop(tmp_path: Path, clock: Clock) -> Workspace:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "resa.toml").write_text("")
    return Workspace(tmp_path / "shop", clock=clock)


def anna(shop: Workspace) -> Person:
    found = shop.people.called(ANNA)
    assert found is not None
    return found


def confirmed(shop: Workspace, clock: Clock) -> tuple[str, list[str]]:
    """Anna with a second factor, a minute ago: its secret, and her recovery codes."""
    here = shop.people.accept(shop.people.invite(ANNA, role="admin"), PASSWORD)
    secret = shop.people.propose_factor(anna(shop)).secret
    codes = shop.people.confirm_factor(anna(shop), pyotp.TOTP(secret).at(clock.now), staying=here)
    assert codes is not None
    clock.now += 2 * STEP
    return secret, codes


def half_way(shop: Workspace) -> str:
    token = shop.people.sign_in(ANNA, PASSWORD, "Firefox")
    assert token is not None
    assert shop.people.signed_in(token) is None
    return token


def test_codes_are_those_of_rfc_6238() -> None:
    for seconds, code in ((59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")):
        now = datetime.fromtimestamp(seconds, UTC)
        assert read_code(b"12345678901234567890", code, now).step == seconds // 30
        assert read_code(b"12345678901234567890", code, now + timedelta(minutes=2)).step is None
        assert read_code(None, code, now).step is None


def test_it_is_asked_for_once_a_code_confirmed_it(shop: Workspace, clock: Clock) -> None:
    here, there = shop.people.accept(shop.people.invite(ANNA), PASSWORD), shop.people.sign_in(ANNA, PASSWORD)
    assert shop.people.proposed_factor(anna(shop)) is None
    first = shop.people.propose_factor(anna(shop))
    proposed = shop.people.propose_factor(anna(shop))
    assert proposed != first
    assert shop.people.proposed_factor(anna(shop)) == proposed
    address = urlsplit(proposed.uri)
    assert (address.scheme, address.netloc, address.path) == ("otpauth", "totp", "/Resa:anna%40shop.se")
    assert parse_qs(address.query) == {"secret": [proposed.secret], "issuer": ["Resa"]}
    assert len(b32decode(proposed.secret)) == 20
    assert not anna(shop).has_factor
    assert shop.people.signed_in(shop.people.sign_in(ANNA, PASSWORD) or "") is not None
    assert shop.people.confirm_factor(anna(shop), "000000", staying=here) is None
    assert shop.people.confirm_factor(anna(shop), pyotp.TOTP(first.secret).at(clock.now), staying=here) is None
    codes = shop.people.confirm_factor(anna(shop), pyotp.TOTP(proposed.secret).at(clock.now), staying=here)
    assert codes is not None
    assert len(set(codes)) == 10
    assert all(re.fullmatch(r"([a-z2-7]{4}-){5}[a-z2-7]{4}", code) for code in codes)
    assert anna(shop).has_factor
    assert shop.people.signed_in(here) is not None
    assert shop.people.signed_in(there or "") is None
    assert shop.people.proposed_factor(anna(shop)) is None
    with pytest.raises(QuestionError, match="already"):
        shop.people.propose_factor(anna(shop))


def test_who_has_one_is_signed_in_by_password_and_code(shop: Workspace, clock: Clock) -> None:
    secret, _ = confirmed(shop, clock)
    token = half_way(shop)
    assert shop.people.code_due(token) == anna(shop)
    assert {one.id for one in shop.people.sessions()} == {shop.people.sessions()[0].id}  # that of before
    assert shop.people.finish(token, "000000") is None
    assert shop.people.finish("nothing", pyotp.TOTP(secret).at(clock.now)) is None
    began = shop.people.finish(token, pyotp.TOTP(secret).at(clock.now)[:3] + " " + pyotp.TOTP(secret).at(clock.now)[3:])
    assert began is not None
    assert began != token
    session = shop.people.signed_in(began)
    assert session is not None
    assert session.agent == "Firefox"
    assert shop.people.signed_in(token) is None
    assert shop.people.code_due(token) is None
    said = [one.what for one in reversed(shop.audit.entries())]
    assert said == [
        *(
            "person.invite",
            "person.accept",
            "person.factor",
            "person.code_asked",
            "person.code_failed",
            "person.sign_in",
        )
    ]


@pytest.mark.parametrize(("steps", "holds"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_clocks_may_differ_by_one_step(shop: Workspace, clock: Clock, steps: int, holds: bool) -> None:
    secret, _ = confirmed(shop, clock)
    clock.now += 10 * STEP
    code = pyotp.TOTP(secret).at(clock.now + steps * STEP)
    assert (shop.people.finish(half_way(shop), code) is not None) is holds


def test_a_code_holds_once_and_none_of_before_it_does(shop: Workspace, clock: Clock) -> None:
    secret, _ = confirmed(shop, clock)
    clock.now += 10 * STEP
    code, older = pyotp.TOTP(secret).at(clock.now), pyotp.TOTP(secret).at(clock.now - STEP)
    assert shop.people.finish(half_way(shop), code)
    assert shop.people.finish(half_way(shop), code) is None
    assert shop.people.finish(half_way(shop), older) is None
    assert not shop.people.end_factor(anna(shop), code)
    assert shop.people.new_recovery_codes(anna(shop), code) is None
    assert shop.people.finish(half_way(shop), pyotp.TOTP(secret).at(clock.now + STEP))


def test_of_many_with_one_code_at_once_one_comes_in(shop: Workspace, clock: Clock) -> None:
    secret, codes = confirmed(shop, clock)
    for code in (pyotp.TOTP(secret).at(clock.now), codes[0]):
        tokens = [half_way(shop) for _ in range(6)]
        with ThreadPoolExecutor(6) as many:
            began = list(many.map(lambda token, code=code: shop.people.finish(token, code), tokens))
        assert len([one for one in began if one]) == 1


def test_a_code_comes_within_ten_minutes(shop: Workspace, clock: Clock) -> None:
    secret, _ = confirmed(shop, clock)
    token = half_way(shop)
    clock.now += timedelta(minutes=10)
    assert shop.people.code_due(token) is None
    assert shop.people.finish(token, pyotp.TOTP(secret).at(clock.now)) is None


def test_a_recovery_code_stands_in_once(shop: Workspace, clock: Clock) -> None:
    _, codes = confirmed(shop, clock)
    assert shop.people.recovery_codes_left(anna(shop)) == 10
    assert shop.people.finish(half_way(shop), codes[0].upper().replace("-", " "))
    assert shop.people.finish(half_way(shop), codes[0]) is None
    assert shop.people.recovery_codes_left(anna(shop)) == 9
    others = shop.people.new_recovery_codes(anna(shop), codes[1])
    assert others is not None
    assert shop.people.finish(half_way(shop), codes[2]) is None
    assert shop.people.finish(half_way(shop), others[2])


def test_a_recovery_code_is_of_one_person(shop: Workspace, clock: Clock) -> None:
    _, codes = confirmed(shop, clock)
    here = shop.people.accept(shop.people.invite("bo@shop.se"), PASSWORD)
    bo = shop.people.called("bo@shop.se")
    assert bo is not None
    code = pyotp.TOTP(shop.people.propose_factor(bo).secret).at(clock.now)
    assert shop.people.confirm_factor(bo, code, staying=here)
    token = shop.people.sign_in("bo@shop.se", PASSWORD)
    assert shop.people.finish(token or "", codes[0]) is None
    assert shop.people.recovery_codes_left(anna(shop)) == 10


def test_it_is_turned_off_by_a_code_and_reset_by_an_admin(shop: Workspace, clock: Clock) -> None:
    secret, codes = confirmed(shop, clock)
    assert not shop.people.end_factor(anna(shop), "000000")
    assert shop.people.end_factor(anna(shop), pyotp.TOTP(secret).at(clock.now))
    assert not anna(shop).has_factor
    assert shop.people.recovery_codes_left(anna(shop)) == 0
    here = shop.people.sign_in(ANNA, PASSWORD)
    assert shop.people.signed_in(here or "")
    with pytest.raises(QuestionError, match="no second factor"):
        shop.people.reset_factor(ANNA)
    again = shop.people.propose_factor(anna(shop)).secret
    assert again != secret
    assert shop.people.confirm_factor(anna(shop), pyotp.TOTP(again).at(clock.now), staying=here or "")
    shop.people.reset_factor(ANNA, by="bo@shop.se")
    assert shop.people.signed_in(here or "") is None
    assert shop.people.signed_in(shop.people.sign_in(ANNA, PASSWORD) or "")
    assert [(one.what, one.who) for one in shop.audit.entries(newest=2)][1] == ("person.reset_factor", "bo@shop.se")
    assert shop.people.finish("", codes[3]) is None


def test_an_invitation_does_not_go_around_it(shop: Workspace, clock: Clock) -> None:
    secret, _ = confirmed(shop, clock)
    token = shop.people.accept(shop.people.invite(ANNA), OTHER)
    assert shop.people.signed_in(token) is None
    assert shop.people.sessions() == []
    assert shop.people.finish(token, pyotp.TOTP(secret).at(clock.now))


def test_who_was_ended_comes_back_without_it(shop: Workspace, clock: Clock) -> None:
    confirmed(shop, clock)
    shop.people.accept(shop.people.invite("bo@shop.se", role="admin"), PASSWORD)
    token = half_way(shop)
    shop.people.end(ANNA)
    assert shop.people.code_due(token) is None
    assert not anna(shop).has_factor
    assert shop.people.signed_in(shop.people.accept(shop.people.invite(ANNA), PASSWORD)) is not None


def test_who_changes_the_password_stays_and_ends_all_else(shop: Workspace) -> None:
    here = shop.people.accept(shop.people.invite(ANNA), PASSWORD)
    there, link = shop.people.sign_in(ANNA, PASSWORD), shop.people.invite(ANNA)
    assert not shop.people.change_password(anna(shop), OTHER, OTHER, staying=here)
    with pytest.raises(QuestionError, match="at least 12"):
        shop.people.change_password(anna(shop), PASSWORD, "short", staying=here)
    assert shop.people.signed_in(there or "")
    assert shop.people.change_password(anna(shop), PASSWORD, OTHER, staying=here)
    assert shop.people.signed_in(here) is not None
    assert shop.people.signed_in(there or "") is None
    assert shop.people.invited(link) is None
    assert shop.people.sign_in(ANNA, PASSWORD) is None
    assert shop.people.sign_in(ANNA, OTHER)


def test_who_reads_the_database_has_no_code(shop: Workspace, clock: Clock, tmp_path: Path) -> None:
    secret, codes = confirmed(shop, clock)
    key = shop.store.layout.factor_secret
    assert key.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(shop.store.layout.database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        text = "\n".join(connection.iterdump()).lower()
    raw = b32decode(secret)
    content = shop.store.layout.database.read_bytes()
    assert raw not in content
    assert raw.hex() not in text
    assert secret.lower() not in text
    assert not [code for code in codes if code in text or code.replace("-", "") in text]
    back_up(shop, tmp_path / "backup")
    restore(tmp_path / "backup", tmp_path / "again")
    with Workspace(tmp_path / "again", clock=clock) as again:
        assert again.people.finish(half_way(again), pyotp.TOTP(secret).at(clock.now))
    key.unlink()
    assert shop.people.finish(half_way(shop), pyotp.TOTP(secret).at(clock.now)) is None
    assert shop.people.finish(half_way(shop), codes[5])
    key.write_bytes(b"something else")
    with pytest.raises(WorkspaceDamaged, match="reset-factor"):
        shop.people.finish(half_way(shop), codes[6])


def test_of_whom_it_is_asked_is_a_setting(tmp_path: Path) -> None:
    assert get_args(Demanded) == ("all", *ROLES)
    file = tmp_path / "resa.toml"
    for text, asked in (("", ()), ('["all"]', ("all",)), ('"admin, privacy_officer"', ("admin", "privacy_officer"))):
        file.write_text(f"second_factor_for = {text}" if text else "")
        assert read_settings(file).second_factor_for == asked
    file.write_text('\nsecond_factor_for = ["admin", "emperor"]')
    with pytest.raises(SettingsError, match=r"resa.toml:2 second_factor_for: input should be 'all', 'viewer'"):
        read_settings(file)

"""People are invited, set a password, sign in and out, and lose the right to; who reads the folder cannot."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest
from argon2 import PasswordHasher

from resa.base.errors import QuestionError
from resa.workspace import Workspace, passwords
from resa.workspace.people import ROLES, Person, Role, Session

BEGIN = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
PASSWORD, OTHER = "nine herons in a row", "a lamp over the quay"
ANNA, BO = "anna@shop.se", "bo@shop.se"


class Clock:
    """A clock that is set."""

    def __init__(self) -> None:
        self.now = BEGIN

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "resa.toml").write_text("")
    return tmp_path


@pytest.fixture
def shop(folder: Path, clock: Clock) -> Workspace:
    return Workspace(folder, clock=clock)


def joined(shop: Workspace, email: str = ANNA, role: Role = "viewer", password: str = PASSWORD) -> str:
    """Somebody who accepted; the token of their session."""
    return shop.people.accept(shop.people.invite(email, role=role), password)


def living(shop: Workspace, token: str) -> Session:
    found = shop.people.signed_in(token)
    assert found is not None
    return found


def done(shop: Workspace) -> list[tuple[str, str]]:
    """What the log says, the oldest first, and who did it."""
    return [(one.what, one.who) for one in reversed(shop.audit.entries())]


def test_from_an_invitation_to_a_session_and_out_of_it(shop: Workspace) -> None:
    token = shop.people.invite(" Anna@Shop.SE ", " Anna \n Lind ", "analyst")
    invited = Person(
        id=1, email=ANNA, name="Anna Lind", role="analyst", made_at=BEGIN, ended_at=None, has_password=False
    )
    assert shop.people.all() == [invited]
    assert shop.people.invited(token) == invited
    assert shop.people.invited(token + "x") is None
    assert shop.people.sign_in(ANNA, PASSWORD) is None
    first = shop.people.accept(token, PASSWORD, "Firefox")
    assert shop.people.all()[0].has_password
    session = living(shop, first)
    assert (session.person, session.began_at, session.agent) == (shop.people.all()[0], BEGIN, "Firefox")
    assert len(session.id) == 12
    assert int(session.id, 16) >= 0
    second = shop.people.sign_in("ANNA@shop.se", PASSWORD, "Safari" * 100)
    assert second not in {None, first}
    assert second is not None
    assert len(living(shop, second).agent) == 200
    assert {one.id for one in shop.people.sessions()} == {session.id, living(shop, second).id}
    shop.people.sign_out(first)
    shop.people.sign_out(first)
    shop.people.sign_out("nothing")
    assert shop.people.signed_in(first) is None
    assert [one.id for one in shop.people.sessions(1)] == [living(shop, second).id]
    assert shop.people.sessions(2) == []


def test_an_invitation_holds_once_and_for_seven_days(shop: Workspace, clock: Clock) -> None:
    token = shop.people.invite(ANNA)
    clock.now = BEGIN + 7 * DAY
    assert shop.people.invited(token) is None
    with pytest.raises(QuestionError, match="holds no more"):
        shop.people.accept(token, PASSWORD)
    token = shop.people.invite(ANNA)
    clock.now += 7 * DAY - timedelta(microseconds=1)
    shop.people.accept(token, PASSWORD)
    assert shop.people.invited(token) is None
    with pytest.raises(QuestionError, match="holds no more"):
        shop.people.accept(token, OTHER)
    assert shop.people.sign_in(ANNA, PASSWORD)


def test_a_new_link_sets_a_password_anew_and_ends_everything_before(shop: Workspace) -> None:
    before = joined(shop, role="marketer")
    stale = shop.people.invite(ANNA, role="admin")
    token = shop.people.invite(ANNA, "Anna", role="admin")
    assert shop.people.invited(stale) is None
    assert shop.people.sign_in(ANNA, PASSWORD)  # until it is set
    assert shop.people.signed_in(before)
    now = shop.people.accept(token, OTHER)
    assert shop.people.signed_in(before) is None
    assert [one.id for one in shop.people.sessions()] == [living(shop, now).id]
    assert shop.people.sign_in(ANNA, PASSWORD) is None
    assert shop.people.sign_in(ANNA, OTHER)
    (anna,) = shop.people.all()
    assert (anna.role, anna.name) == ("marketer", "Anna")


@pytest.mark.parametrize("email", ["", "anna", "anna@", "@shop.se", "anna@shop", "a b@shop.se", "a@shop.se, b@shop.se"])
def test_what_is_no_address_is_not_invited(shop: Workspace, email: str) -> None:
    with pytest.raises(QuestionError, match="no e-mail address"):
        shop.people.invite(email)
    assert shop.people.all() == []


def test_a_role_that_does_not_exist_is_refused(shop: Workspace) -> None:
    with pytest.raises(QuestionError, match="not 'owner'"):
        shop.people.invite(ANNA, role="owner")  # type: ignore[arg-type]
    joined(shop)
    with pytest.raises(QuestionError, match="not 'owner'"):
        shop.people.change_role(ANNA, "owner")  # type: ignore[arg-type]
    assert ROLES == ("viewer", "analyst", "marketer", "service", "privacy_officer", "admin")


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("", "at least 12"),
        ("elevenchars", "at least 12"),
        ("x" * 257, "at most 256"),
        ("anna.lind@shop.se", "says little"),
        ("ANNA.LIND@shop.se!", "says little"),
        ("Anna Karin Lind", "says little"),
        ("karinlindanna", "says little"),
        ("resaresaresa", "says little"),
        ("Resa-Anna-Lind-26", "says little"),
    ],
)
def test_a_password_that_is_guessed_first_is_refused_and_the_link_still_holds(
    shop: Workspace, password: str, said: str
) -> None:
    token = shop.people.invite("anna.lind@shop.se", "Anna Karin Lind")
    with pytest.raises(QuestionError, match=said) as refused:
        shop.people.accept(token, password)
    assert not password or password not in str(refused.value)
    assert shop.people.invited(token)
    assert not shop.people.all()[0].has_password


@pytest.mark.parametrize(
    "password",
    [
        "twelve chars",
        "            ",
        "å" * 256,
        "🙂" * 12,
        "aaaaaaaaaaaa",
        "\x00" * 12,
        "\ud800" * 12,
        "Ünïcödé  two  spaces ",
    ],
)
def test_a_password_may_be_of_any_letters_and_is_taken_as_typed(shop: Workspace, password: str) -> None:
    token = shop.people.invite("quillwort@firm.se")
    shop.people.accept(token, password)
    assert shop.people.sign_in("quillwort@firm.se", password)
    others = {password[:-1], password + " ", password.swapcase(), password.strip(), password.replace("  ", " ")}
    for other in others - {password}:
        assert shop.people.sign_in("quillwort@firm.se", other) is None


def test_a_wrong_word_signs_nobody_in_and_costs_as_much_as_a_right_one(
    shop: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    joined(shop)
    shop.people.invite(BO)
    asked: list[str] = []
    hasher = PasswordHasher()

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 - as its parent calls it
            asked.append(str(hash)[:30])
            return hasher.verify(hash, password)

    monkeypatch.setattr(passwords, "_hasher", Counting)
    tried = [(ANNA, "not the password"), (BO, PASSWORD), ("cecilia@shop.se", PASSWORD), ("no address", "x" * 100_000)]
    for email, password in tried:
        assert shop.people.sign_in(email, password) is None
    assert len(asked) == len(tried)
    assert len(set(asked)) == 1  # the same costs
    failed = [one for one in shop.audit.entries() if one.what == "person.sign_in_failed"]
    assert len(failed) == len(tried)
    assert {(one.who, str(one.detail)) for one in failed} == {("", "{}")}


def test_a_session_ends_by_itself(shop: Workspace, clock: Clock) -> None:
    token = joined(shop)
    clock.now = BEGIN + 7 * DAY - MINUTE
    assert shop.people.signed_in(token)
    clock.now += 7 * DAY - MINUTE
    assert living(shop, token).seen_at == clock.now
    clock.now += 7 * DAY
    assert shop.people.signed_in(token) is None
    assert shop.people.sessions() == []

    clock.now = BEGIN + 100 * DAY
    token = joined(shop, BO)
    for day in range(1, 30):
        clock.now = BEGIN + (100 + day) * DAY
        assert shop.people.signed_in(token)
    clock.now = BEGIN + 130 * DAY
    assert shop.people.signed_in(token) is None
    with pytest.raises(QuestionError, match="no session"):
        shop.people.end_session("0" * 12)


def test_that_it_was_seen_is_written_once_in_five_minutes(shop: Workspace, clock: Clock) -> None:
    token = joined(shop)
    seen, before = [], shop.store.database.version()
    for minute in (1, 4, 6, 8, 11):
        clock.now = BEGIN + minute * MINUTE
        seen.append((living(shop, token).seen_at - BEGIN) // MINUTE)
    assert seen == [0, 0, 6, 6, 11]
    assert shop.store.database.version() != before
    with closing(sqlite3.connect(shop.store.layout.database)) as connection:
        before = connection.execute("PRAGMA data_version").fetchone()
        clock.now += 4 * MINUTE
        living(shop, token)
        assert connection.execute("PRAGMA data_version").fetchone() == before


def test_sessions_that_cannot_live_any_more_are_forgotten(shop: Workspace, clock: Clock) -> None:
    joined(shop)
    clock.now += 30 * DAY
    shop.people.sign_in(ANNA, PASSWORD)
    with closing(sqlite3.connect(shop.store.layout.database)) as connection:
        assert connection.execute("SELECT count(*) FROM sessions").fetchone() == (1,)
    clock.now += 1000 * DAY
    assert shop.people.sign_in(ANNA, PASSWORD)  # a password grows not old


def test_another_ends_a_session(shop: Workspace) -> None:
    one, other = joined(shop), shop.people.sign_in(ANNA, PASSWORD)
    assert other is not None
    shop.people.end_session(living(shop, one).id, by=BO)
    assert shop.people.signed_in(one) is None
    assert shop.people.signed_in(other)
    assert done(shop)[-1] == ("person.end_session", BO)


def test_a_role_changes_and_no_session_goes_on_with_the_old_one(shop: Workspace) -> None:
    token = joined(shop)
    joined(shop, BO, "admin", OTHER)
    shop.people.change_role("Anna@shop.se", "privacy_officer", by=BO)
    assert shop.people.signed_in(token) is None
    again = shop.people.sign_in(ANNA, PASSWORD)
    assert again is not None
    assert living(shop, again).person.role == "privacy_officer"
    assert len(shop.people.sessions(2)) == 1
    for email in ("nobody@shop.se", "no address"):
        with pytest.raises(QuestionError, match="nobody with this address"):
            shop.people.change_role(email, "admin")


def test_who_is_ended_is_out_at_once_and_stays_out(shop: Workspace, clock: Clock) -> None:
    token = joined(shop, role="marketer")
    link = shop.people.invite(ANNA)
    clock.now += DAY
    shop.people.end(ANNA, by=BO)
    assert shop.people.signed_in(token) is None
    assert shop.people.sessions() == []
    assert shop.people.sign_in(ANNA, PASSWORD) is None
    assert shop.people.invited(link) is None
    with pytest.raises(QuestionError, match="holds no more"):
        shop.people.accept(link, PASSWORD)
    with pytest.raises(QuestionError, match="nobody with this address"):
        shop.people.end(ANNA)
    assert shop.people.all()[0].ended_at == clock.now
    shop.people.accept(shop.people.invite(ANNA, role="viewer"), OTHER)  # they come back, with what is given now
    (anna,) = shop.people.all()
    assert (anna.id, anna.role, anna.ended_at) == (1, "viewer", None)
    assert shop.people.sign_in(ANNA, PASSWORD) is None
    assert shop.people.signed_in(token) is None


def test_the_last_admin_stays(shop: Workspace) -> None:
    shop.people.invite(ANNA, role="admin")
    for change in (shop.people.end, lambda email: shop.people.change_role(email, "viewer")):
        with pytest.raises(QuestionError, match="last admin"):
            change(ANNA)
    token = joined(shop)
    assert living(shop, token).person.role == "admin"
    shop.people.invite(BO, role="admin")  # who has no password yet is no help
    for change in (shop.people.end, lambda email: shop.people.change_role(email, "viewer")):
        with pytest.raises(QuestionError, match="last admin"):
            change(ANNA)
    assert shop.people.signed_in(token)
    shop.people.change_role(ANNA, "admin")
    shop.people.end(BO)
    joined(shop, BO, "admin")
    shop.people.change_role(ANNA, "viewer")
    with pytest.raises(QuestionError, match="last admin"):
        shop.people.end(BO)


def test_no_secret_is_in_the_folder(shop: Workspace, folder: Path) -> None:
    link = shop.people.invite(ANNA)
    secrets = [PASSWORD, link, shop.people.accept(link, PASSWORD), shop.people.invite(BO)]
    again = shop.people.sign_in(ANNA, PASSWORD)
    assert again is not None
    assert shop.people.sign_in(ANNA, "a wrong word here") is None
    everything = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert not [secret for secret in [*secrets, again, "a wrong word here"] if secret.encode() in everything]
    assert all(len(token) >= 43 for token in [*secrets[1:], again])  # 256 bits
    assert b"$argon2id$v=19$m=65536,t=3,p=4$" in everything


def test_a_password_that_was_hashed_at_less_cost_is_hashed_anew(shop: Workspace) -> None:
    joined(shop)
    cheap = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)

    def kept() -> str:
        with closing(sqlite3.connect(shop.store.layout.database)) as connection:
            return str(connection.execute("SELECT password_hash FROM people").fetchone()[0])

    with closing(sqlite3.connect(shop.store.layout.database)) as connection, connection:
        connection.execute("UPDATE people SET password_hash = ?", (cheap,))
    assert shop.people.sign_in(ANNA, OTHER) is None
    assert kept() == cheap
    assert shop.people.sign_in(ANNA, PASSWORD)
    assert kept() != cheap
    assert PasswordHasher().verify(kept(), PASSWORD)
    for damaged in ("", "$argon2id$nothing"):
        with closing(sqlite3.connect(shop.store.layout.database)) as connection, connection:
            connection.execute("UPDATE people SET password_hash = ?", (damaged,))
        assert shop.people.sign_in(ANNA, PASSWORD) is None


def test_everything_is_in_the_log_and_customers_are_not(shop: Workspace) -> None:
    link = shop.people.invite(ANNA, "Anna Quillwort", "admin", by=BO)
    token = shop.people.accept(link, PASSWORD)
    again = shop.people.sign_in(ANNA, PASSWORD)
    shop.people.sign_in(ANNA, "anna's other password")
    shop.people.sign_out(token)
    shop.people.invite("cecilia@shop.se", by=ANNA)
    shop.people.change_role("cecilia@shop.se", "service", by=ANNA)
    shop.people.end("cecilia@shop.se", by=ANNA)
    assert again is not None
    assert done(shop) == [
        ("person.invite", BO),
        ("person.accept", ANNA),
        ("person.sign_in", ANNA),
        ("person.sign_in_failed", ""),
        ("person.sign_out", ANNA),
        ("person.invite", ANNA),
        ("person.role", ANNA),
        ("person.end", ANNA),
    ]
    details = [dict(one.detail) for one in reversed(shop.audit.entries())]
    assert details[0] == {"person": 1, "role": "admin"}
    assert details[6] == {"person": 2, "role": "service"}
    written = json.dumps([[str(part) for part in vars(one).values()] for one in shop.audit.entries()])
    assert "Quillwort" not in written
    assert "cecilia" not in written
    assert shop.verify() == []


def at_once(acts: list[Callable[[], object]]) -> list[object]:
    """What each gave, or the error that it raised, all begun at the same moment."""
    start = threading.Barrier(len(acts))

    def go(act: Callable[[], object]) -> object:
        start.wait(20)
        try:
            return act()
        except QuestionError as error:
            return error

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(go, acts))


def test_of_two_who_accept_at_once_one_wins(shop: Workspace, folder: Path) -> None:
    with Workspace(folder) as other:
        for number in range(5):
            email = f"person{number}@shop.se"
            link = other.people.invite(email)
            first, second = at_once(
                [
                    lambda link=link: other.people.accept(link, PASSWORD),  # type: ignore[misc]
                    lambda link=link: other.people.accept(link, OTHER),  # type: ignore[misc]
                ]
            )
            assert isinstance(first, str) != isinstance(second, str)
            lost = OTHER if isinstance(first, str) else PASSWORD
            assert other.people.sign_in(email, lost) is None
            assert other.people.sign_in(email, PASSWORD if lost == OTHER else OTHER)
    assert len(shop.people.all()) == 5


def test_of_two_admins_who_end_each_other_at_once_one_stays(shop: Workspace) -> None:
    joined(shop, ANNA, "admin")
    joined(shop, BO, "admin")
    one, other = at_once([lambda: shop.people.end(ANNA), lambda: shop.people.end(BO)])
    assert isinstance(one, QuestionError) != isinstance(other, QuestionError)
    assert sum(person.ended_at is None for person in shop.people.all()) == 1


def test_who_is_ended_while_the_password_is_held_against_its_hash_is_not_let_in(
    shop: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    joined(shop)

    def proves(password: str, kept: str | None) -> bool:
        shop.people.end(ANNA)
        return passwords.proves(password, kept)

    monkeypatch.setattr("resa.workspace.people.proves", proves)
    assert shop.people.sign_in(ANNA, PASSWORD) is None
    assert shop.people.sessions() == []
    assert done(shop)[-1] == ("person.sign_in_failed", "")

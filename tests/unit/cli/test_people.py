"""`resa people`: who may sign in."""

from __future__ import annotations

import re
from pathlib import Path

import pyotp
import pytest

import resa
from resa.cli.app import run

WORDS = "nine herons in a row"


@pytest.fixture
def there(tmp_path: Path) -> list[str]:
    (tmp_path / "resa.toml").write_text("")
    return ["-w", str(tmp_path)]


@pytest.mark.parametrize(
    ("settings", "begins"),
    [
        ("", "http://127.0.0.1:8787/welcome/"),
        ('host = "0.0.0.0"\nport = 9001\n', "http://127.0.0.1:9001/welcome/"),
        ('host = "::"\n', "http://[::1]:8787/welcome/"),
        ('host = "10.0.0.7"\n', "http://10.0.0.7:8787/welcome/"),
        ("port = 0\n", "http://127.0.0.1:PORT/welcome/"),
    ],
)
def test_a_link_leads_to_the_server_and_holds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], settings: str, begins: str
) -> None:
    (tmp_path / "resa.toml").write_text(settings)
    assert run(["people", "invite", "anna@shop.se", "--name", "Anna", "--role", "admin", "-w", str(tmp_path)]) == 0
    out, err = capsys.readouterr()
    link = out.strip()
    assert link.startswith(begins)
    assert "once, for 7 days" in " ".join(err.split())
    assert ("in the place of PORT" in " ".join(err.split())) == ("PORT" in begins)
    with resa.open(tmp_path) as shop:
        invited = shop.people.invited(link.removeprefix(begins))
        assert invited is not None
        assert (invited.name, invited.role) == ("Anna", "admin")
        assert [(one.what, one.way) for one in shop.audit.entries()] == [("person.invite", "command")]


def test_a_wrong_address_or_role_is_said(there: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["people", "invite", "anna", *there]) == 1
    assert "no e-mail address" in capsys.readouterr().err
    assert run(["people", "invite", "anna@shop.se", "--role", "owner", *there]) == 2
    assert run(["people", "list", *there]) == 0
    assert "nobody may sign in yet" in capsys.readouterr().err


def test_people_are_listed_changed_and_ended(
    tmp_path: Path, there: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    for email, role in (("anna@shop.se", "admin"), ("bo@shop.se", "viewer")):
        assert run(["people", "invite", email, "--role", role, *there]) == 0
    with resa.open(tmp_path) as shop:
        shop.people.accept(shop.people.invite("bo@shop.se"), WORDS, "Firefox \x1b[2J")
        shop.people.sign_in("bo@shop.se", WORDS, "Safari")
    capsys.readouterr()
    assert run(["people", "list", "--format", "csv", *there]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith('1,"anna@shop.se","","admin","no",')
    assert lines[2].startswith('2,"bo@shop.se","","viewer","yes",')
    assert run(["people", "sessions", "bo@shop.se", *there]) == 0
    shown = capsys.readouterr().out
    assert "Firefox" in shown
    assert "\x1b" not in shown
    first = re.findall(r"^[0-9a-f]{12}", shown, re.MULTILINE)[0]
    assert run(["people", "sessions", "--end", first, *there]) == 0
    assert run(["people", "sessions", "--end", first, *there]) == 1
    assert run(["people", "sessions", "cecilia@shop.se", *there]) == 1
    assert "nobody has this address" in " ".join(capsys.readouterr().err.split())
    assert run(["people", "sessions", "--format", "csv", *there]) == 0
    assert capsys.readouterr().out.count("bo@shop.se") == 1
    assert run(["people", "role", "bo@shop.se", "analyst", *there]) == 0
    assert run(["people", "sessions", *there]) == 0
    assert "nobody is signed in" in capsys.readouterr().err
    assert run(["people", "end", "anna@shop.se", *there]) == 1
    assert "last admin" in capsys.readouterr().err
    assert run(["people", "end", "bo@shop.se", *there]) == 0
    assert run(["people", "list", "--format", "csv", *there]) == 0
    ended = capsys.readouterr().out.splitlines()[2]
    assert re.fullmatch(r'2,"bo@shop.se","","analyst","no","no","no","no","[^"]+","\d[^"]+"', ended)


def test_a_lost_second_factor_is_taken_away(
    tmp_path: Path, there: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with resa.open(tmp_path) as shop:
        here = shop.people.accept(shop.people.invite("anna@shop.se"), WORDS)
        anna = shop.people.all()[0]
        code = pyotp.TOTP(shop.people.propose_factor(anna).secret).now()
        assert shop.people.confirm_factor(anna, code, staying=here)
    assert run(["people", "list", "--format", "csv", *there]) == 0
    assert '"viewer","yes","yes"' in capsys.readouterr().out
    assert run(["people", "reset-factor", "Anna@shop.se", *there]) == 0
    assert "signed out everywhere" in " ".join(capsys.readouterr().err.split())
    assert run(["people", "list", "--format", "csv", *there]) == 0
    assert '"viewer","yes","no"' in capsys.readouterr().out
    assert run(["people", "reset-factor", "anna@shop.se", *there]) == 1
    assert "no second factor" in capsys.readouterr().err
    assert run(["people", "reset-factor", "bo@shop.se", *there]) == 1
    assert "nobody with this address" in " ".join(capsys.readouterr().err.split())

from __future__ import annotations

import re
from pathlib import Path

import pytest

from resa.base.errors import SettingsError
from resa.base.settings import Settings, read_settings, settings_said

OTHER = {
    "chunk_rows": ("7", 7),
    "language": ("sv", "sv"),
    "host": ("0.0.0.0", "0.0.0.0"),  # noqa: S104 - a value, nothing listens
    "port": ("0", 0),
    "trusted_proxies": ("10.0.0.0/8, ::1", ("10.0.0.0/8", "::1")),
    "proxy_header": ("forwarded", "forwarded"),
    "ip": ("shortened", "shortened"),
    "requests_per_minute": ("0", 0),
    "body_bytes": ("2048", 2048),
    "body_seconds": ("3", 3),
    "head_seconds": ("3", 3),
    "connections": ("100", 100),
    "waiting_requests": ("9", 9),
    "spare_bytes": ("0", 0),
    "ready_seconds": ("9", 9),
    "source_seconds": ("9", 9),
    "sources_at_once": ("5", 5),
    "log_format": ("json", "json"),
    "second_factor_for": ("admin, privacy_officer", ("admin", "privacy_officer")),
    "public_address": ("https://resa.shop.se/", "https://resa.shop.se"),
    "smtp_host": ("mail.shop.se", "mail.shop.se"),
    "smtp_port": ("465", 465),
    "smtp_security": ("tls", "tls"),
    "smtp_user": ("resa", "resa"),
    "smtp_from": ("resa@shop.se", "resa@shop.se"),
    "webhooks": ("team slack TEAM_HOOK, ops json OPS_HOOK", ("team slack TEAM_HOOK", "ops json OPS_HOOK")),
    "webhook_networks": ("10.0.0.0/8", ("10.0.0.0/8",)),
    "tell_seconds": ("60", 60),
    "oidc_client_id": ("resa", "resa"),
    "oidc_issuer": ("https://login.shop.se", "https://login.shop.se"),
    "oidc_secret_env": ("OTHER", "OTHER"),
    "oidc_secret_file": ("/run/secret", "/run/secret"),
    "oidc_name": ("Shop", "Shop"),
    "oidc_scopes": ("openid, email", ("openid", "email")),
    "oidc_email": ("trusted", "trusted"),
    "oidc_require": ("hd = shop.se, amr = mfa", ("hd = shop.se", "amr = mfa")),
    "oidc_domains": ("shop.se, Shop.no", ("shop.se", "shop.no")),
    "oidc_role": ("analyst", "analyst"),
    "oidc_claim": ("groups", "groups"),
    "oidc_roles": ("a = admin, b=viewer", ("a = admin", "b=viewer")),
    "oidc_only": ("true", True),
    "keep_events": ("25 months", "25 months"),
    "keep_customers": ("5 years", "5 years"),
    "keep_feedback": ("1 year", "1 year"),
    "keep_daily_numbers": ("10 years", "10 years"),
    "keep_rejected": ("30 days", "30 days"),
    "keep_segment_changes": ("8 weeks", "8 weeks"),
    "keep_audit": ("5 years", "5 years"),
}
"""Another value for each setting, as an environment variable says it and as it is read."""


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert read_settings(tmp_path / "resa.toml").chunk_rows == 1_000_000


def test_the_environment_overrules_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "resa.toml"
    file.write_text("chunk_rows = 2\n")
    monkeypatch.setenv("RESA_CHUNK_ROWS", "3")
    assert read_settings(file).chunk_rows == 3


def test_every_problem_is_told_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "resa.toml"
    file.write_text("chunk_row = 2\nthreads = 1\n")
    monkeypatch.setenv("RESA_CHUNK_ROWS", "lots")
    with pytest.raises(SettingsError) as caught:
        read_settings(file)
    text = str(caught.value)
    assert "did you mean 'chunk_rows'" in text
    assert "there is no setting 'threads'" in text
    assert "environment variable RESA_CHUNK_ROWS" in text
    assert len(caught.value.problems) == 3
    assert {problem.place for problem in caught.value.problems if problem.line} == {"resa.toml:1", "resa.toml:2"}


@pytest.mark.parametrize(("content", "says"), [(b"= 3", "no TOML"), (b"a = '\xff'", "not UTF-8")])
def test_what_cannot_be_read_says_so(tmp_path: Path, content: bytes, says: str) -> None:
    file = tmp_path / "resa.toml"
    file.write_bytes(content)
    with pytest.raises(SettingsError, match=says):
        read_settings(file)


def test_each_setting_can_be_said_by_the_environment_and_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert list(OTHER) == list(Settings.names())
    sources = Path(__file__).parents[3] / "src" / "resa"
    code = "".join(path.read_text(encoding="utf-8") for path in sources.rglob("*.py"))
    for one in Settings.table():
        text, value = OTHER[one.name]
        assert one.default != value
        monkeypatch.setenv(one.variable, text)
        assert getattr(read_settings(tmp_path / "resa.toml"), one.name) == value
        assert one.variable in code or re.search(rf"settings\.{one.name}\b", code), "nothing looks at it"
    assert settings_said(tmp_path / "resa.toml") == {one.name: one.variable for one in Settings.table()}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('trusted_proxies = ["10.0.0.0/8", "proxy"]', "'proxy' is neither an address nor a network"),
        ("trusted_proxies = 3", "input should be a list"),
        ('ip = "hashed"', "'dropped', 'shortened' or 'whole'"),
        ('second_factor_for = ["admin", "emperor"]', "second_factor_for: input should be 'all', 'viewer'"),
        ("port = 70000", "less than or equal to 65"),
        ("body_bytes = 1", "greater than or equal to 1"),
        ('host = ""', "at least 1 character"),
        ('webhooks = ["team slack https://hooks.slack.com/x"]', "is no webhook of a name of its own"),
        ('webhooks = ["team slack A", "team json B"]', "is no webhook of a name of its own"),
        ('public_address = "resa.shop.se"', "is no address such as https://resa.shop.se"),
        ('smtp_from = "Resa <resa@shop.se>"', "is no address alone such as resa@shop.se"),
        ('smtp_from = "re..sa@shop.se"', "is no address alone"),
        ('webhook_networks = ["inside"]', "'inside' is neither an address nor a network"),
        ('keep_events = "25 moons"', "write it as 25 months"),
        ('oidc_issuer = "http://login.shop.se"\noidc_client_id = "r"\npublic_address = "https://r.se"', "is no issuer"),
        (
            'oidc_issuer = "https://l.se"\noidc_client_id = "r"\npublic_address = "https://r.se/x"',
            "say in public_address",
        ),
        ('oidc_issuer = "https://l.se"\noidc_client_id = "r"\npublic_address = "http://r.se"', "say in public_address"),
        ('oidc_domains = ["@shop.se"]', "is no domain"),
        ('oidc_require = ["hd"]', "requires nothing"),
        ('oidc_role = "emperor"', "'viewer', 'analyst'"),
        ('oidc_roles = ["staff = emperor"]', "gives no role"),
        ('oidc_only = "perhaps"', "true or false"),
    ],
)
def test_wrong_values_say_what_would_be_right(tmp_path: Path, line: str, says: str) -> None:
    file = tmp_path / "resa.toml"
    file.write_text("\n" + line + "\n")
    with pytest.raises(SettingsError, match=says) as caught:
        read_settings(file)
    assert [problem.place for problem in caught.value.problems] == ["resa.toml:2"]


def test_what_a_provider_needs_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "resa.toml"
    file.write_text('oidc_issuer = "https://login.shop.se"\noidc_claim = ""\noidc_roles = ["a = admin"]\n')
    with pytest.raises(SettingsError) as caught:
        read_settings(file)
    said = {problem.field: str(problem.message) for problem in caught.value.problems}
    assert set(said) == {"oidc_issuer", "oidc_roles"}
    assert "say oidc_client_id, too" in said["oidc_issuer"]
    assert "oidc_claim" in said["oidc_roles"]


def test_where_a_setting_was_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "resa.toml"
    file.write_text('ip = "whole"\nport = 1\n')
    monkeypatch.setenv("RESA_PORT", "2")
    monkeypatch.delenv("RESA_LANGUAGE", raising=False)
    assert settings_said(file) == {"ip": "resa.toml", "port": "RESA_PORT"}

"""Who comes in by the company's provider, in which role, and what becomes of passwords."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.company_provider import CLIENT, SECRET, CompanyProvider
from tests.support.company_visits import come_back, is_in, settings, sign_in, turned_away
from tests.support.screens import PASSWORD, Visitor, visiting

import resa
from resa.workspace import providers

pytestmark = pytest.mark.usefixtures("anew")

WRONG = "another secret"


def test_an_address_that_is_not_verified_is_none(
    visitor: Visitor, company: CompanyProvider, with_company: Path
) -> None:
    for said in (False, None, "false", 1, "yes"):
        company.as_new(sub="bo-1", email="bo@shop.se", email_verified=said)
        turned_away(visitor, with_company, sign_in(visitor, company), "unverified")
    settings(with_company, company, 'oidc_email = "trusted"\n')
    with visiting(with_company) as other:
        company.as_new(sub="bo-1", email="bo@shop.se", email_verified=False)
        turned_away(other, with_company, sign_in(other, company), "unverified")
        company.claims = {"email_verified": None}
        assert sign_in(other, company).status_code == 303


def test_an_address_and_that_it_is_verified_come_from_one_place(
    visitor: Visitor, company: CompanyProvider, with_company: Path
) -> None:
    with resa.open(with_company) as shop:
        shop.people.invite("stina@shop.se")
    company.as_new(sub="mallory", email=None, email_verified=True)
    company.userinfo = {"sub": "mallory", "email": "stina@shop.se"}
    turned_away(visitor, with_company, sign_in(visitor, company), "unverified")
    company.userinfo |= {"email_verified": False}
    turned_away(visitor, with_company, sign_in(visitor, company), "unverified")
    company.claims = {"email": "mallory@evil.example", "email_verified": None}
    company.userinfo |= {"email_verified": True}
    turned_away(visitor, with_company, sign_in(visitor, company), "unverified")
    company.claims = {}
    company.as_new(sub="stina", email=None)
    company.userinfo = {"sub": "stina", "email": "stina@shop.se", "email_verified": True}
    assert sign_in(visitor, company).status_code == 303


def test_an_address_opens_nothing_for_another_subject(
    visitor: Visitor, company: CompanyProvider, with_company: Path
) -> None:
    company.as_new(sub="cecilia-1", email="cecilia@shop.se")
    assert sign_in(visitor, company).status_code == 303
    visitor.client.cookies.clear()
    company.as_new(sub="somebody-new", email="cecilia@shop.se")  # the address was given to somebody else
    turned_away(visitor, with_company, sign_in(visitor, company), "other_subject")
    company.as_new(sub="cecilia-1", email="cecilia.lind@shop.se")  # she has another one now
    assert sign_in(visitor, company).status_code == 303
    assert "cecilia@shop.se" in visitor.get("/settings").text
    visitor.client.cookies.clear()
    with resa.open(with_company) as shop:
        shop.people.unbind("cecilia@shop.se")
    company.as_new(sub="cecilia-2", email="cecilia@shop.se")
    assert sign_in(visitor, company).status_code == 303


def test_who_is_not_invited_stays_outside(visitor: Visitor, company: CompanyProvider, with_company: Path) -> None:
    company.as_new(sub="x", email="stranger@shop.se")
    answer = sign_in(visitor, company)
    turned_away(visitor, with_company, answer, "unknown")
    assert "not invited" in answer.text
    company.as_new(sub="x", email=None)
    turned_away(visitor, with_company, sign_in(visitor, company), "no_email")


def test_a_domain_lets_everybody_in(company: CompanyProvider, with_company: Path) -> None:
    settings(with_company, company, 'oidc_domains = ["firm.se"]\noidc_role = "marketer"\n')
    with visiting(with_company) as visitor, resa.open(with_company) as shop:
        company.as_new(sub="dora-1", email="Dora@Firm.se", name="Dora  D")
        assert sign_in(visitor, company).status_code == 303
        dora = shop.people.called("dora@firm.se")
        assert dora is not None
        assert (dora.role, dora.name, dora.has_company) == ("marketer", "Dora D", True)
        visitor.client.cookies.clear()
        for address in ("eve@firm.se.evil.example", "eve@evil.example", "firm.se"):
            company.as_new(sub="eve-1", email=address)
            assert sign_in(visitor, company).status_code == 403
        company.as_new(sub="eve-1", email="eve@firm.se", email_verified=False)
        turned_away(visitor, with_company, sign_in(visitor, company), "unverified")
        assert shop.people.called("eve@firm.se") is None
        company.as_new(sub="dora-1", email="dora@firm.se")
        sign_in(visitor, company)
        shop.people.end("dora@firm.se")
        assert not is_in(visitor)
        turned_away(visitor, with_company, sign_in(visitor, company), "ended")
        company.as_new(sub="dora-2", email="dora@firm.se")  # as somebody new
        turned_away(visitor, with_company, sign_in(visitor, company), "ended")
        company.as_new(sub="dora-1", email="dora.d@firm.se")  # by another address
        turned_away(visitor, with_company, sign_in(visitor, company), "ended")


def test_what_is_required_must_be_so(company: CompanyProvider, with_company: Path) -> None:
    settings(with_company, company, 'oidc_require = ["hd = shop.se", "amr=mfa", "staff = true"]\n')
    with visiting(with_company) as visitor:
        for lacking in ({"hd": "evil.example"}, {"hd": None}, {"amr": ["pwd"]}, {"amr": "pwd"}, {"staff": False}):
            company.as_new(**{"hd": "shop.se", "amr": ["pwd", "mfa"], "staff": True, **lacking})
            turned_away(visitor, with_company, sign_in(visitor, company), "required")
        company.as_new(hd="shop.se", amr=["pwd", "mfa"], staff=True)
        assert sign_in(visitor, company).status_code == 303


def role_of(shop: resa.Workspace, email: str) -> str:
    person = shop.people.called(email)
    assert person is not None
    return person.role


def test_groups_say_the_role(company: CompanyProvider, with_company: Path) -> None:
    mapped = 'oidc_claim = "realm.roles"\noidc_roles = ["CN=boss, DC=se = privacy_officer", "staff = service"]\n'
    settings(with_company, company, 'oidc_domains = ["groups.se"]\n' + mapped)
    with visiting(with_company) as visitor, resa.open(with_company) as shop:
        company.as_new(sub="fia", email="fia@groups.se", realm={"roles": ["staff", 7]})
        assert sign_in(visitor, company).status_code == 303
        assert role_of(shop, "fia@groups.se") == "service"
        before = visitor.client.cookies["resa-session"]
        visitor.client.cookies.clear()
        company.as_new(sub="fia", email="fia@groups.se")
        company.userinfo = {"sub": "fia", "realm": {"roles": ["staff", "CN=boss, DC=se"]}}
        assert sign_in(visitor, company).status_code == 303
        assert role_of(shop, "fia@groups.se") == "privacy_officer"
        assert shop.people.signed_in(before) is None, "no session goes on in the role of before"
        visitor.client.cookies.clear()
        company.userinfo = {"sub": "somebody else", "realm": {"roles": ["staff"]}}
        turned_away(visitor, with_company, sign_in(visitor, company), "other_userinfo")
        company.userinfo = {}
        company.as_new(sub="fia", email="fia@groups.se", realm={"roles": ["guests"]})
        turned_away(visitor, with_company, sign_in(visitor, company), "no_group")


# Passwords beside it, or not


def test_a_provider_that_is_down_leaves_passwords(
    visitor: Visitor, company: CompanyProvider, with_company: Path
) -> None:
    with resa.open(with_company) as shop:
        email = visitor.sign_in(shop, "viewer", "gun@shop.se")
    visitor.post("/sign-out")
    company.down = True
    answer = visitor.get("/sign-in/company")
    assert answer.status_code == 503
    assert "Shop Login does not answer" in answer.text
    asked = company.asked["/.well-known/openid-configuration"]
    visitor.get("/sign-in/company")
    assert company.asked["/.well-known/openid-configuration"] == asked, "it is left alone for a moment"
    assert visitor.post("/sign-in", email=email, password=PASSWORD).status_code == 303


def test_passwords_open_nothing_where_only_the_provider_does(company: CompanyProvider, with_company: Path) -> None:
    with visiting(with_company) as before, resa.open(with_company) as shop:
        boss, other = before.sign_in(shop, "admin", "boss@shop.se"), before.sign_in(shop, "admin", "hal@shop.se")
        assert is_in(before)
        shop.people.set_emergency(boss)
        invited = shop.people.invite("ines@shop.se")
        held = before.client.cookies["resa-session"]
    settings(with_company, company, "oidc_only = true\n")
    with visiting(with_company) as visitor, resa.open(with_company) as shop:
        assert shop.people.signed_in(held) is None, "what a password began is over"
        page = visitor.get("/sign-in").text
        assert 'name="password"' not in page
        assert "/sign-in?by=password" in page
        assert 'name="password"' not in visitor.get(f"/welcome/{invited}").text
        assert visitor.post(f"/welcome/{invited}", password=PASSWORD).status_code == 422
        assert 'name="password"' in visitor.get("/sign-in?by=password").text
        assert visitor.post("/sign-in", email=other, password=PASSWORD).status_code == 401
        assert visitor.post("/sign-in", email=boss, password=PASSWORD).status_code == 303
        assert is_in(visitor)
        shop.people.set_emergency(boss, on=False)
        assert not is_in(visitor)
        company.as_new(sub="ines", email="ines@shop.se")
        assert sign_in(visitor, company).status_code == 303
        assert 'name="old"' not in visitor.get("/settings/account").text
        assert shop.people.invited(invited) is None, "the invitation is used up"


def test_the_provider_answers_for_the_second_factor(company: CompanyProvider, with_company: Path) -> None:
    settings(with_company, company, 'second_factor_for = ["all"]\n')
    with visiting(with_company) as visitor:
        assert sign_in(visitor, company).headers["location"] == "/"
        assert is_in(visitor)


def test_sessions_of_a_provider_that_is_named_no_more_end(company: CompanyProvider, with_company: Path) -> None:
    with visiting(with_company) as visitor:
        sign_in(visitor, company)
        held = visitor.client.cookies["resa-session"]
    (with_company / "resa.toml").write_text("")
    with visiting(with_company) as visitor, resa.open(with_company) as shop:
        assert shop.people.signed_in(held) is None
        assert visitor.get("/sign-in/company").headers["location"] == "/sign-in?to=%2F"
        assert come_back(visitor, code="x", state="y").headers["location"] == "/sign-in"
        assert "/sign-in/company" not in visitor.get("/sign-in").text


def test_signing_out_offers_to_leave_the_provider_too(visitor: Visitor, company: CompanyProvider) -> None:
    sign_in(visitor, company)
    visitor.get("/settings")
    out = visitor.post("/sign-out")
    assert out.headers["location"] == "/sign-in?out=company"
    page = visitor.get(out.headers["location"]).text
    assert f'href="{company.issuer}/leave?client_id={CLIENT}"' in page
    assert not is_in(visitor)
    company.said = {"end_session_endpoint": None}
    providers.provider_of.cache_clear()
    assert "you are still signed in" not in visitor.get("/sign-in?out=company").text


def test_a_wrong_or_missing_secret_is_told(
    visitor: Visitor, company: CompanyProvider, with_company: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RESA_OIDC_SECRET", WRONG)
    turned_away(visitor, with_company, sign_in(visitor, company), "code_refused")
    monkeypatch.delenv("RESA_OIDC_SECRET")
    turned_away(visitor, with_company, sign_in(visitor, company), "no_secret")


def test_a_secret_may_lie_in_a_file_or_be_none(company: CompanyProvider, with_company: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(SECRET + "\n")
    settings(with_company, company, f'oidc_secret_file = "{tmp_path / "secret"}"\noidc_secret_env = ""\n')
    with visiting(with_company) as visitor:
        assert sign_in(visitor, company).status_code == 303
    settings(with_company, company, 'oidc_secret_env = ""\n')
    company.secret = ""
    with visiting(with_company) as visitor:
        assert sign_in(visitor, company).status_code == 303


def test_people_are_shown_with_how_they_sign_in(company: CompanyProvider, with_company: Path) -> None:
    with visiting(with_company, "admin") as admin:
        sign_in(admin, company)  # somebody comes by it
    with visiting(with_company) as visitor, resa.open(with_company) as shop:
        visitor.sign_in(shop, "admin", "karin@shop.se")
        page = visitor.get("/settings/people").text
        assert "signs in by Shop Login" in page
        assert "You can also sign in by Shop Login" in visitor.get("/settings/account").text
        visitor.get("/settings/people")
        assert visitor.post("/settings/people", do="unbind", email="anna@shop.se").status_code == 303
        anna = shop.people.called("anna@shop.se")
        assert anna is not None
        assert not anna.has_company

"""What each way of writing an identifier comes to. Case by case, for that is how these rules are argued about."""

from __future__ import annotations

from dataclasses import replace

import pytest

from resa.identity import KINDS, NoIdentifier, normalised

UUID = "6f1c2d9a-0b7e-4c55-9f3e-1a2b3c4d5e6f"

SAME = [
    # ids: nothing is changed but what no reader sees
    ("user_id", "1234", "1234"),
    ("user_id", "  1234\t", "1234"),
    ("user_id", "12\u200b34\ufeff", "1234"),
    ("user_id", "\u202a1234\u202c", "1234"),
    ("user_id", "12\x0034", "1234"),
    ("user_id", "12\u00ad34", "1234"),
    ("user_id", "a\u00a0 b", "a b"),
    ("user_id", "a\n\tb", "a b"),
    ("user_id", "000123", "000123"),
    ("user_id", "AbCd", "AbCd"),
    ("user_id", "abc1", "abc1"),
    ("user_id", "1", "1"),
    ("user_id", "Bjo\u0308rn", "Bj\u00f6rn"),
    ("user_id", "ﬁ1", "ﬁ1"),  # NFC, not NFKC: a system that tells them apart is believed
    ("user_id", "1234.0", "1234"),
    ("user_id", "1234.000", "1234"),
    ("user_id", "0012.0", "0012"),
    ("user_id", "1234.5", "1234.5"),
    ("user_id", "v1.0.0", "v1.0.0"),
    ("user_id", "12e5", "12e5"),
    ("user_id", "user_1", "user_1"),
    ("user_id", "testament", "testament"),
    ("user_id", "auth0|5f7c8ec7c33c6c004bbafe82", "auth0|5f7c8ec7c33c6c004bbafe82"),
    ("user_id", UUID.upper(), UUID),
    ("crm_id", "{" + UUID.upper() + "}", UUID),
    ("crm_id", f"urn:uuid:{UUID}", UUID),
    ("crm_id", "0031t00000AbCdEAAV", "0031t00000AbCdEAAV"),
    ("anonymous_id", UUID.upper(), UUID),
    ("cookie", "GA1.2.1234.5678", "GA1.2.1234.5678"),
    ("device_id", "aBcD", "aBcD"),
    # cards: read off plastic
    ("loyalty_card", "1234 5678 9012", "123456789012"),
    ("loyalty_card", "1234-5678\u20119012", "123456789012"),
    ("loyalty_card", "sas-12 ab", "SAS12AB"),
    ("loyalty_card", "１２３４５", "12345"),
    ("loyalty_card", "0012340", "0012340"),
    ("loyalty_card", "77123.0", "77123"),
    # e-mail addresses
    ("email", "Anna.Berg@Shop.SE", "anna.berg@shop.se"),
    ("email", " anna@shop.se ", "anna@shop.se"),
    ("email", "mailto:anna@shop.se?subject=Hej", "anna@shop.se"),
    ("email", "MAILTO:anna%2Bnews@shop.se", "anna+news@shop.se"),
    ("email", "anna%40shop.se", "anna@shop.se"),
    ("email", "Anna Berg <anna@shop.se>", "anna@shop.se"),
    ("email", '"Berg, Anna" <anna@shop.se>', "anna@shop.se"),
    ("email", "<anna@shop.se>", "anna@shop.se"),
    ("email", '"anna"@shop.se', "anna@shop.se"),
    ("email", "'anna@shop.se'", "anna@shop.se"),
    ("email", "anna@shop.se.", "anna@shop.se"),
    ("email", "anna@shop.se;", "anna@shop.se"),
    ("email", "anna\u200b@shop.se", "anna@shop.se"),
    ("email", "ａｎｎａ＠ｓｈｏｐ．ｓｅ", "anna@shop.se"),
    ("email", "anna@räksmörgås.se", "anna@xn--rksmrgs-5wao1o.se"),
    ("email", "anna@RÄKSMÖRGÅS.SE", "anna@xn--rksmrgs-5wao1o.se"),
    ("email", "anna@xn--rksmrgs-5wao1o.se", "anna@xn--rksmrgs-5wao1o.se"),
    ("email", "anna@straße.de", "anna@xn--strae-oqa.de"),  # IDNA 2008: not strasse.de, which is another's
    ("email", "Åsa@shop.se", "åsa@shop.se"),
    ("email", "a\u030asa@shop.se", "åsa@shop.se"),
    ("email", "anna+news@shop.se", "anna+news@shop.se"),
    ("email", "an.na@gmail.com", "an.na@gmail.com"),
    ("email", "o'brien@shop.ie", "o'brien@shop.ie"),
    ("email", "anna@sub.shop.co.uk", "anna@sub.shop.co.uk"),
    ("email", "0@shop.se", "0@shop.se"),
    ("email", "noreen@shop.se", "noreen@shop.se"),
    ("email", "nobel@shop.se", "nobel@shop.se"),
    ("email", "testa.rossi@shop.se", "testa.rossi@shop.se"),
    ("email", "anna@example.com", "anna@example.com"),
    ("email", "nan@shop.se", "nan@shop.se"),  # a name
    ("email", "a@mail.ru", "a@mail.ru"),
    ("email", "info@shop.se", "info@shop.se"),  # shared it may be: that the evidence shows
]

NOBODY = [
    *(("user_id", value, "empty") for value in ["", " ", "\t\n", "\u200b", "\ufeff\u00a0"]),
    *(
        ("user_id", value, "placeholder")
        for value in [
            "undefined", "UNDEFINED", "null", "NULL", "(null)", "None", "nil", "NaN", "n/a", "N/A", "#N/A", "(not set)",
            "not_set", "[object Object]", "[object object]", "{}", "[]", '""', "0", "00", "000000", "0.0", "-1", "-",
            "--", "...", "?", "@", "anonymous", "Anonymous", "anonymous_user", "guest", "Guest User", "unknown", "test",
            "TEST", "test_user", "true", "false", "{{user.id}}", "${userId}", "{user_id}", "%%id%%", "<user_id>",
            "[email]", "*|ID|*", "\\N", "ｎｕｌｌ", "nu\u200bll", "okänd", "gäst", "ukjent", "ismeretlen",
            "00000000-0000-0000-0000-000000000000",
        ]
    ),
    ("device_id", "00000000-0000-0000-0000-000000000000", "placeholder"),
    ("device_id", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", "placeholder"),
    ("device_id", "9774d56d682e549c", "placeholder"),
    ("device_id", "02:00:00:00:00:00", "placeholder"),
    ("loyalty_card", "0000 0000 0000", "placeholder"),
    ("loyalty_card", "1111-1111", "placeholder"),
    *(
        ("email", value, "placeholder")
        for value in [
            "test@test.com", "Test@Test.se", "test@example.com", "user@example.org", "asdf@asdf.com", "a@a.com",
            "none@none.com", "noreply@shop.se", "no-reply@shop.se", "do_not_reply@shop.se", "noemail@shop.se",
            "no.email@shop.se", "unknown@shop.se", "undefined@shop.se", "postmaster@shop.se", "anna@shop.invalid",
            "undefined", "n/a", "-", "your.email@example.com",
        ]
    ),
    *(
        ("email", value, "not-an-address")
        for value in [
            "anna", "anna@", "@shop.se", "anna@shop", "anna@localhost", "anna@127.0.0.1", "anna@[127.0.0.1]",
            "anna berg@shop.se", "anna@shop..se", "anna@-shop.se", "anna@shop.1", "anna@@shop.se", "<anna@shop.se",
            f"{'a' * 250}@shop.se", f"anna@{'a' * 64}.se", "anna@exa mple.se", "...@shop.se",
        ]
    ),
    ("email", "anna@shop.se; bo@shop.se", "several"),
    ("email", "anna@shop.se,bo@shop.se", "several"),
    ("user_id", "1.23457E+11", "digits-lost"),
    ("user_id", "1,23457E+11", "digits-lost"),
    ("user_id", "12345678901234567.0", "digits-lost"),
    ("user_id", "x" * 501, "too-long"),
    ("user_id", "a\ud800b", "not-text"),
    ("user_id", "Bj\ufffdrn", "not-text"),
]  # fmt: skip

PHONES = [
    ("SE", "070-174 06 05", "+46701740605"),
    ("SE", "0701740605", "+46701740605"),
    ("SE", "+46 (0)70-174 06 05", "+46701740605"),
    ("SE", "0046 70 174 06 05", "+46701740605"),
    ("SE", "tel:+46701740605", "+46701740605"),
    ("SE", "701740605", "+46701740605"),
    ("SE", "701740605.0", "+46701740605"),  # libphonenumber alone would dial the nought
    ("SE", "0701740605.0", "+46701740605"),
    ("SE", "４６70\u2011174 06 05", "+46701740605"),
    ("SE", "08-465 004 00", "+46846500400"),
    ("SE", "08-465 004 00 anknytning 12", "+46846500400;ext=12"),
    ("SE", "+46846500400;ext=12", "+46846500400;ext=12"),
    ("SE", "+4791234568", "+4791234568"),
    ("NO", "912 34 568", "+4791234568"),
    ("HU", "06 30 123 4568", "+36301234568"),
    ("HU", "+36 30 123 4568", "+36301234568"),
    ("GB", "020 7946 0018", "+442079460018"),
    ("US", "(212) 736-5000", "+12127365000"),
    ("US", "212.736.5000 x45", "+12127365000;ext=45"),
    ("DE", "030/23125 000", "+493023125000"),
    ("IT", "06 6982 0001", "+390669820001"),  # the nought belongs to the number in Italy
    (None, "+46701740605", "+46701740605"),
    (None, "070-174 06 05", "country-unknown"),
    (None, "0046701740605", "country-unknown"),
    (None, "000-0000", "placeholder"),
    ("SE", "0000000000", "placeholder"),
    ("SE", "0700000000", "placeholder"),
    ("SE", "+46700000000", "placeholder"),
    ("SE", "1234567890", "placeholder"),
    ("SE", "070-123 45 67", "placeholder"),
    ("SE", "999999999", "placeholder"),
    ("SE", "n/a", "placeholder"),
    ("SE", "112", "not-a-number"),
    ("SE", "070-174", "not-a-number"),
    ("SE", "070174060512345", "not-a-number"),
    ("SE", "ring mig 0701740605", "not-a-number"),
    ("SE", "anna@shop.se", "not-a-number"),
    ("SE", "7.01741E+08", "digits-lost"),
    ("SE", "0701740605, 084650040", "several"),
    ("SE", "0701740605/084650040", "several"),
    ("SE", "+46701740605 +46846500400", "several"),
    ("US", "1-800-FLOWERS", "not-a-number"),
]


def came_to(kind: str, value: str, **changes: object) -> str:
    found = normalised(replace(KINDS[kind], **changes), value)  # type: ignore[arg-type]
    return found.value if isinstance(found, NoIdentifier) else found


@pytest.mark.parametrize(("kind", "value", "expected"), SAME)
def test_one_form(kind: str, value: str, expected: str) -> None:
    assert came_to(kind, value) == expected
    assert came_to(kind, expected) == expected


@pytest.mark.parametrize(("kind", "value", "reason"), NOBODY)
def test_values_that_name_nobody(kind: str, value: str, reason: str) -> None:
    found = normalised(KINDS[kind], value)
    assert isinstance(found, NoIdentifier)
    assert found.value == reason
    assert str(found.sentence)


@pytest.mark.parametrize(("country", "value", "expected"), PHONES)
def test_phone_numbers(country: str | None, value: str, expected: str) -> None:
    assert came_to("phone", value, country=country) == expected


@pytest.mark.parametrize(
    ("value", "fold", "expected"),
    [
        ("anna+news@shop.se", {"plus_tags"}, "anna@shop.se"),
        ("+anna@shop.se", {"plus_tags"}, "+anna@shop.se"),
        ("an.na@gmail.com", {"gmail_dots"}, "anna@gmail.com"),
        ("anna@googlemail.com", {"gmail_dots"}, "anna@gmail.com"),
        ("an.na@shop.se", {"gmail_dots"}, "an.na@shop.se"),
        ("an.na+x@gmail.com", {"gmail_dots", "plus_tags"}, "anna@gmail.com"),
    ],
)
def test_what_addresses_lose_if_the_rules_say_so(value: str, fold: set[str], expected: str) -> None:
    assert came_to("email", value, fold=frozenset(fold)) == expected
    assert came_to("email", value) != expected or "+anna" in value or "shop" in expected

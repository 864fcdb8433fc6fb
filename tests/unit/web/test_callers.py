"""Who calls: a head is believed only where a proxy that the settings name wrote it."""

from __future__ import annotations

import pytest

from resa.base.addresses import address_of, kept_address
from resa.base.settings import Settings
from resa.web.callers import Caller, Callers

PROXY, STRANGER = "10.0.0.7", "203.0.113.9"


def caller(peer: str | None, *heads: tuple[str, str], proxies: str = "", header: str = "x-forwarded-for") -> Caller:
    settings = Settings.model_validate({"trusted_proxies": proxies, "proxy_header": header})
    raw = [(name.encode(), value.encode()) for name, value in heads]
    return Callers(settings).of({"client": None if peer is None else (peer, 1), "scheme": "http", "headers": raw})


def told(found: Caller) -> tuple[str, str]:
    return str(found.address), found.scheme


def test_without_a_named_proxy_no_head_is_believed() -> None:
    heads = (("x-forwarded-for", "1.2.3.4"), ("x-forwarded-proto", "https"), ("forwarded", "for=1.2.3.4;proto=https"))
    assert told(caller(STRANGER, *heads)) == (STRANGER, "http")
    assert told(caller(STRANGER, *heads, proxies="10.0.0.0/8")) == (STRANGER, "http")


@pytest.mark.parametrize(
    ("said", "address"),
    [
        ("198.51.100.1", "198.51.100.1"),
        ("198.51.100.1, 10.1.2.3", "198.51.100.1"),  # through two proxies of ours
        ("127.0.0.1, 198.51.100.1", "198.51.100.1"),  # what a stranger wrote stands before what the proxy wrote
        ("10.9.9.9, 198.51.100.1, 10.1.2.3", "198.51.100.1"),
        ("198.51.100.1:4711", "198.51.100.1"),
        ('"[2001:db8::1]:4711"', "2001:db8::1"),
        ("::ffff:198.51.100.1", "198.51.100.1"),
        ("unknown", "None"),
        ("10.1.2.3", "10.1.2.3"),
    ],
)
def test_what_a_proxy_of_ours_says(said: str, address: str) -> None:
    found = caller(PROXY, ("x-forwarded-for", said), ("x-forwarded-proto", "https"), proxies="10.0.0.0/8")
    assert told(found) == (address, "https")


def test_heads_that_come_twice_are_one_list() -> None:
    heads = (("x-forwarded-for", "198.51.100.1"), ("x-forwarded-for", "198.51.100.2"))
    assert told(caller(PROXY, *heads, proxies=PROXY))[0] == "198.51.100.2"


def test_the_header_of_the_standard() -> None:
    said = 'for=192.0.2.1, for="[2001:db8:cafe::17]:4711";proto=https;by=10.0.0.1, for=10.0.0.3;proto=http'
    found = caller(PROXY, ("forwarded", said), proxies="10.0.0.0/8", header="forwarded")
    assert told(found) == ("2001:db8:cafe::17", "https")
    other = caller(PROXY, ("x-forwarded-for", "198.51.100.1"), proxies="10.0.0.0/8", header="forwarded")
    assert other.address != address_of("198.51.100.1")  # a stranger may have written that one


@pytest.mark.parametrize(
    ("peer", "heads", "here"),
    [
        ("127.0.0.1", (("host", "127.0.0.1:8787"),), True),
        ("::1", (("host", "[::1]:8787"),), True),
        ("127.0.0.1", (("host", "localhost"),), True),
        (None, (("host", "localhost"),), False),
        (STRANGER, (("host", "localhost"),), False),
        ("127.0.0.1", (("host", "events.example.com"),), False),  # a proxy of this machine, or a name that leads here
        ("127.0.0.1", (), False),
        ("127.0.0.1", (("host", "localhost"), ("x-forwarded-for", "127.0.0.1")), False),
        ("127.0.0.1", (("host", "localhost"), ("x-forwarded-host", "a")), False),
        ("127.0.0.1", (("host", "localhost"), ("via", "1.1 a")), False),
    ],
)
def test_who_is_on_this_machine(peer: str | None, heads: tuple[tuple[str, str], ...], here: bool) -> None:
    assert caller(peer, *heads, proxies="127.0.0.1").here is here


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("203.0.113.97", "203.0.113.0"),
        ("2001:db8:85a3:8d3::7", "2001:db8:85a3::"),
        ("::ffff:203.0.113.97", "203.0.113.0"),
        ("fe80::1%eth0", "fe80::"),
        ("not an address", None),
        ("1" * 100, None),
        (7, None),
        (None, None),
    ],
)
def test_a_shortened_address_is_that_of_many(text: object, short: str | None) -> None:
    assert kept_address(text, "shortened") == short
    assert kept_address(text, "dropped") is None

"""Where links may lead, and tokens that nobody else can make."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resa.base.errors import QuestionError
from resa.collector import Link, link_token, read_link, target_of

SECRET = bytes(range(32))


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("https://shop.example", "https://shop.example"),
        ("HTTPS://shop.example:8443/a?b=c&d=%20#e", "https://shop.example:8443/a?b=c&d=%20#e"),
        ("http://[::1]:8080/", "http://[::1]:8080/"),
        ("https://räksmörgås.se/å?ä=ö", "https://xn--rksmrgs-5wao1o.se/%C3%A5?%C3%A4=%C3%B6"),
        ("https://shop.example/<script>\"'", "https://shop.example/%3Cscript%3E%22'"),
        ("https://shop.example/?to=https://other.example/", "https://shop.example/?to=https://other.example/"),
    ],
)
def test_addresses_as_a_header_holds_them(address: str, found: str) -> None:
    assert target_of(address) == found


@pytest.mark.parametrize(
    "address",
    [
        "",
        "shop.example",
        "//shop.example/a",
        "/a",
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "ftp://shop.example/",
        "https:///a",
        "https://",
        "https://shop.example\r\nSet-Cookie: a=b",
        "https://shop.example/\n",
        "https://shop.example/\0",
        "https://shop.example/a b",
        "https://shop.example\\@evil.example/",
        "https:\\\\evil.example",
        "https://shop.example@evil.example/",
        "https://user:password@shop.example/",
        "https://shop.example:port/",
        "https://[::1/",
        "https://shop.example\u2029/",
        "https://shop\uff0fexample/",
        "https://shop.example/" + "a" * 3_000,
    ],
)
def test_addresses_that_no_link_leads_to(address: str) -> None:
    with pytest.raises(QuestionError, match="a link cannot lead to"):
        target_of(address)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
LINKS = st.builds(
    Link,
    source=TEXTS,
    event=TEXTS,
    to=st.none() | TEXTS,
    user_id=st.none() | TEXTS,
    channel=st.none() | TEXTS,
    properties=st.dictionaries(TEXTS, TEXTS, max_size=3),
)


@given(LINKS, LINKS, st.binary(min_size=32, max_size=32))
def test_a_token_says_what_was_signed_and_nothing_else(link: Link, other: Link, secret: bytes) -> None:
    token = link_token(link, SECRET)
    assert read_link(token, SECRET) == link
    assert read_link(token, secret) is None or secret == SECRET
    body, _, signature = token.partition(".")
    mixed = f"{link_token(other, SECRET).partition('.')[0]}.{signature}"
    assert read_link(mixed, SECRET) is None or other == link
    assert read_link(body, SECRET) is None


def test_a_link_that_would_be_too_long_is_refused() -> None:
    with pytest.raises(QuestionError, match="characters"):
        link_token(Link(source="mail", event="e", properties={"a": "x" * 4_000}), SECRET)

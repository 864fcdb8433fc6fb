"""Signatures of webhooks against the published libraries and examples, and against whoever forges them."""

from __future__ import annotations

import base64
import time
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from tests.oracles.webhooks import GITHUB_EXAMPLE, StripeRefused, stripe_verify
from tests.support.webhooks import SECRETS, github, order, shopify, standard, stripe

from resa.base.errors import WorkspaceError
from resa.web.signatures import SignatureRefused, Signed, secrets_of, verified

BODIES = [order(1), b"", b"{}", "åäö – 🍵 \u2028\n".encode(), b"x" * 100_000]


def check(scheme: str, headers: Mapping[str, str], body: bytes, *, by: str = "", now: float | None = None) -> Signed:
    secrets = secrets_of(scheme, by or SECRETS[scheme])
    return verified(scheme, secrets, headers, body, time.time() if now is None else now)


def signed(scheme: str, body: bytes) -> dict[str, str]:
    match scheme:
        case "standard":
            return standard(body, "msg_1")
        case "stripe":
            return stripe(body)
        case "github":
            return github(body, "d1")
    return shopify(body, "w1")


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("scheme", ["standard", "stripe", "github", "shopify"])
def test_what_the_sender_signed_comes_in(scheme: str, body: bytes) -> None:
    found = check(scheme, signed(scheme, body), body)
    assert (found.id, found.event) == {
        "standard": ("msg_1", None),
        "stripe": (None, None),
        "github": ("d1", "issues"),
        "shopify": ("w1", "orders/create"),
    }[scheme]
    assert (found.sent_at is not None) == (scheme in {"standard", "stripe"})


@pytest.mark.parametrize("scheme", ["standard", "stripe", "github", "shopify"])
def test_no_byte_may_differ(scheme: str) -> None:
    body = b'{"total": 12.50}'
    head = signed(scheme, body)
    for place in range(len(body)):
        for other in (body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :], body[:place] + body[place + 1 :]):
            with pytest.raises(SignatureRefused, match="is that of the body"):
                check(scheme, head, other)
    with pytest.raises(SignatureRefused):
        check(scheme, head, body + b"\n")
    for name, value in head.items():
        if name in {"x-github-event", "x-github-delivery", "x-shopify-topic", "x-shopify-webhook-id"}:
            continue  # these are not signed
        for place in range(len(value)):
            forged = value[:place] + ("A" if value[place] != "A" else "B") + value[place + 1 :]
            if name == "stripe-signature" and place > value.index(",v0="):
                continue
            with pytest.raises(SignatureRefused):
                check(scheme, {**head, name: forged}, body)


@pytest.mark.parametrize("scheme", ["standard", "stripe", "github", "shopify"])
def test_a_missing_header_is_named_and_nothing_is_given_away(scheme: str) -> None:
    head = signed(scheme, b"{}")
    for name in set(head) - {"x-github-event", "x-github-delivery", "x-shopify-topic", "x-shopify-webhook-id"}:
        with pytest.raises(SignatureRefused, match=f"the header {name} is missing"):
            check(scheme, {key: value for key, value in head.items() if key != name}, b"{}")
    other = "whsec_" + base64.b64encode(b"another").decode() if scheme == "standard" else "another"
    with pytest.raises(SignatureRefused) as refused:
        check(scheme, head, b"{}", by=other)
    for value in (*head.values(), other, SECRETS[scheme]):
        assert value not in refused.value.detail


@pytest.mark.parametrize("off", [-301, -300, -299, 0, 299, 300, 301])
def test_five_minutes_both_ways(off: int) -> None:
    now = 1_800_000_000.0
    for scheme, head in (("standard", standard(b"{}", "m", at=now + off)), ("stripe", stripe(b"{}", at=now + off))):
        if abs(off) <= 300:
            assert check(scheme, head, b"{}", now=now).sent_at == now + off
        else:
            with pytest.raises(SignatureRefused, match="more than 5 minutes from now"):
                check(scheme, head, b"{}", now=now)


@pytest.mark.parametrize("moment", ["", "soon", "1e9", "-5", "１８".encode().decode("latin-1"), "9" * 13, "0x10", "1 "])
def test_a_time_that_is_none(moment: str) -> None:
    head = {**standard(b"{}", "m"), "webhook-timestamp": moment}
    with pytest.raises(SignatureRefused):
        check("standard", head, b"{}")
    with pytest.raises(SignatureRefused):
        check("stripe", {"stripe-signature": f"t={moment},v1=00"}, b"{}")


def test_several_signatures_and_several_secrets() -> None:
    old, new = "whsec_" + base64.b64encode(b"old secret").decode(), "whsec_" + base64.b64encode(b"new secret").decode()
    by_old, by_new = standard(b"{}", "m", by=old), standard(b"{}", "m", by=new)
    both = {**by_new, "webhook-signature": f"v1a,xxxx v2,yy v1,AAAA {by_old['webhook-signature']}"}
    assert check("standard", both, b"{}", by=old).id == "m"
    for text in (f"{old},{new}", f"{new} {old}", f" {old} ,\n{new} "):
        assert check("standard", by_old, b"{}", by=text).id == "m"
        assert check("standard", by_new, b"{}", by=text).id == "m"
    at = time.time()
    one, two = stripe(b"{}", by="one", at=at), stripe(b"{}", by="two", at=at)
    head = {"stripe-signature": one["stripe-signature"] + "," + two["stripe-signature"].split(",")[1]}
    assert check("stripe", head, b"{}", by="two").sent_at == int(at)
    assert check("stripe", head, b"{}", by="three,one").sent_at == int(at)
    with pytest.raises(SignatureRefused):
        check("stripe", head, b"{}", by="three")
    assert check("github", github(b"{}", "d", by="two"), b"{}", by="one,two").id == "d"


def test_githubs_published_example() -> None:
    secret, body = GITHUB_EXAMPLE["secret"].encode(), GITHUB_EXAMPLE["payload"].encode()
    head = {"x-hub-signature-256": GITHUB_EXAMPLE["signature"], "x-github-delivery": "72d3162e"}
    assert verified("github", (secret,), head, body, 0.0).id == "72d3162e"
    with pytest.raises(SignatureRefused):
        verified(
            "github", (secret,), {"x-hub-signature-256": GITHUB_EXAMPLE["signature"].removeprefix("sha256=")}, body, 0
        )


def test_no_secret_lets_nobody_in() -> None:
    for scheme in ("standard", "stripe", "github", "shopify"):
        for text in ("", " ", ",", " , "):
            with pytest.raises(WorkspaceError, match="no secret"):
                secrets_of(scheme, text)
    for text in ("whsec_", "whsec_%%%", "whsec_åäö"):
        with pytest.raises(WorkspaceError) as refused:
            secrets_of("standard", text)
        assert text.removeprefix("whsec_") == "" or text not in str(refused.value)


_texts = st.text(st.characters(codec="utf-8"), max_size=40)


@given(
    body=_texts,
    number=st.from_regex(r"[a-zA-Z0-9_.]{1,20}", fullmatch=True),
    off=st.integers(-400, 400),
    flip=st.booleans(),
)
@settings(max_examples=60)
def test_as_the_library_of_standard_webhooks_judges(body: str, number: str, off: int, flip: bool) -> None:
    now = time.time()
    head = standard(body.encode(), number, at=now + off)
    sent = body + "!" if flip else body
    try:
        Webhook(SECRETS["standard"]).verify(sent, head, json_parse=False)
        right = True
    except WebhookVerificationError:
        right = False
    if abs(abs(off) - 300) < 3:
        return  # a second passes between the two
    try:
        check("standard", head, sent.encode(), now=now)
        ours = True
    except SignatureRefused:
        ours = False
    assert ours == right == (not flip and abs(off) < 300)


@given(body=_texts, off=st.integers(-400, 200), flip=st.booleans(), order_of=st.permutations(["t", "v1", "v0", "v1x"]))
@settings(max_examples=60)
def test_as_stripes_library_judges(body: str, off: int, flip: bool, order_of: list[str]) -> None:
    now = time.time()
    parts = dict(part.split("=", 1) for part in stripe(body.encode(), at=now + off)["stripe-signature"].split(","))
    parts["v1x"] = "00"
    header = ",".join(f"{name}={parts[name]}" for name in order_of)
    sent = body + "!" if flip else body
    try:
        stripe_verify(sent.encode(), header, SECRETS["stripe"])
        right = True
    except StripeRefused:
        right = False
    if abs(off + 300) < 3:
        return
    try:
        check("stripe", {"stripe-signature": header}, sent.encode(), now=now)
        ours = True
    except SignatureRefused:
        ours = False
    assert ours == right == (not flip and off > -300)


@given(
    st.dictionaries(
        st.sampled_from(sorted({*standard(b"", "m"), *stripe(b""), *github(b"", "d"), *shopify(b"", "w")})), _texts
    )
)
@settings(max_examples=100)
def test_no_head_is_too_strange(head: dict[str, str]) -> None:
    latin = {name: value.encode("utf-8").decode("latin-1") for name, value in head.items()}
    for scheme in ("standard", "stripe", "github", "shopify"):
        with pytest.raises(SignatureRefused):
            check(scheme, latin, b"{}")

"""How webhooks are signed, after what their senders publish: what Stripe's library does, and GitHub's documentation."""

from __future__ import annotations

import hmac
import time
from hashlib import sha256

__all__ = ["GITHUB_EXAMPLE", "StripeRefused", "stripe_verify"]

GITHUB_EXAMPLE = {
    "secret": "It's a Secret to Everybody",
    "payload": "Hello, World!",
    "signature": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
}
"""docs.github.com, "Validating webhook deliveries", "Testing the webhook payload validation"."""


class StripeRefused(Exception):
    """The header does not fit the body."""


def stripe_verify(payload: bytes, header: str, secret: str, *, tolerance: int = 300) -> None:
    """As `WebhookSignature.verify_header` of stripe-python does: times in the future are let in."""
    items = [item.split("=", 2) for item in header.split(",")]
    try:
        moment = int(next(item[1] for item in items if item[0] == "t"))
        given = [item[1] for item in items if item[0] == "v1"]
    except (StopIteration, IndexError, ValueError):
        raise StripeRefused from None
    wanted = hmac.new(secret.encode(), f"{moment}.{payload.decode()}".encode(), sha256).hexdigest()
    if wanted not in given or moment < time.time() - tolerance:
        raise StripeRefused

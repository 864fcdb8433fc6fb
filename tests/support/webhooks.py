"""Webhooks as a shop, a payment service and a code host send them, signed, and a workspace that takes them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from standardwebhooks.webhooks import Webhook

from resa import workspace
from resa.storage import make_key

__all__ = [
    "ENVIRONMENT",
    "SECRETS",
    "SOURCES",
    "github",
    "github_issue",
    "hook_shop",
    "order",
    "payment",
    "shopify",
    "standard",
    "stripe",
]

SECRETS = {
    "standard": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "stripe": "whsec_of_stripe_is_plain_text",
    "github": "everybodys-secret",
    "shopify": "shpss_hush",
}

ENVIRONMENT = {f"{scheme.upper()}_SECRET": secret for scheme, secret in SECRETS.items()}

SOURCES = {
    "shop_orders": """
hook: {signature: standard, secret_env: STANDARD_SECRET}
currency: SEK
columns:
  occurred_at: created_at
  event: {always: order_placed}
  identifiers: {user_id: customer.id, email: customer.email}
  channel: source_name
  value: total_price
  properties: {order: order_number, items: line_items}
""",
    "payments": """
hook: {signature: stripe, secret_env: STRIPE_SECRET}
timezone: UTC
time_format: epoch seconds
select: |
  select row.webhook.id as message_id, row.created as occurred_at, row.type as event,
    row.data.object.customer_details.email as identifier_email,
    row.data.object.amount_total / 100 as value, upper(row.data.object.currency) as currency
  from row
  where row.type = 'checkout.session.completed'
""",
    "issues": """
hook: {signature: github, secret_env: GITHUB_SECRET}
columns:
  occurred_at: issue.updated_at
  event: {expression: "concat(webhook.event, '_', action)"}
  customer: sender.login
  properties: {repository: repository.full_name, number: issue.number}
""",
    "tickets": """
hook: {signature: none}
columns:
  occurred_at: webhook.received_at
  event: status
  customer: requester
  properties: rest
""",
}


def hook_shop(folder: Path, **sources: str) -> str:
    """Make a workspace whose hooks are `SOURCES`, or others; the key of `tickets`."""
    (folder / "sources").mkdir(parents=True, exist_ok=True)
    journey = "resa: 1\ntitle: A shop\nstages: {conversion: [purchase]}\nsignals: {purchase: {event: order_placed}}\n"
    (folder / "journey.yaml").write_text(journey, encoding="utf-8")
    for name, text in (sources or SOURCES).items():
        (folder / "sources" / f"{name}.yaml").write_text(text, encoding="utf-8")
    with workspace.open(folder) as shop:
        return make_key(shop.store, "tickets", source_id="tickets")


def order(number: int) -> bytes:
    """An order of a shop, as its webhook of new orders gives it."""
    body: dict[str, Any] = {
        "id": 820982911946154508 + number,
        "order_number": number,
        "created_at": f"2026-11-28T{number % 24:02}:58:33+01:00",
        "currency": "SEK",
        "total_price": f"{100 + number}.50",
        "source_name": "web",
        "customer": {"id": 7_000 + number % 5, "email": f"kund{number % 5}@example.com", "tags": "vip, nyhetsbrev"},
        "line_items": [
            {"sku": "KLF-1", "name": "Kaffe, mörkrost", "price": "89.00", "quantity": 1},
            {"sku": "TE-2", "name": "Te 🍵", "price": "45.00", "quantity": 2},
        ],
        "note": None,
    }
    return json.dumps(body, ensure_ascii=False, indent=1).encode()


def payment(number: int, *, kind: str = "checkout.session.completed") -> bytes:
    """A finished checkout, as Stripe tells it."""
    session: dict[str, Any] = {
        "id": f"cs_test_{number}",
        "object": "checkout.session",
        "amount_total": 10_050 + number,
        "currency": "sek",
        "customer": None,
        "customer_details": {"email": f"kund{number % 5}@example.com", "phone": None, "tax_ids": []},
        "metadata": {"order": str(number)},
        "payment_status": "paid",
    }
    body = {
        "id": f"evt_{number}",
        "object": "event",
        "api_version": "2026-08-27.basil",
        "created": 1_764_400_000 + number,
        "type": kind,
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "data": {"object": session},
    }
    return json.dumps(body).encode()


def github_issue(number: int) -> bytes:
    """An issue that was opened, as GitHub tells it."""
    body = {
        "action": "opened",
        "issue": {
            "url": f"https://api.github.com/repos/acme/shop/issues/{number}",
            "number": number,
            "title": 'Checkout says "null"',
            "user": {"login": f"dev{number}", "id": number},
            "labels": [],
            "updated_at": "2026-11-28T12:00:00Z",
        },
        "repository": {"id": 1, "full_name": "acme/shop", "private": True},
        "sender": {"login": f"dev{number}", "id": number},
    }
    return json.dumps(body).encode()


def standard(body: bytes, number: str, *, at: float | None = None, by: str = SECRETS["standard"]) -> dict[str, str]:
    """The head of Standard Webhooks, as their own library signs."""
    moment = datetime.fromtimestamp(int(time.time() if at is None else at), UTC)
    signature = Webhook(by).sign(number, moment, body.decode())
    return {
        "webhook-id": number,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": signature,
    }


def stripe(body: bytes, *, at: float | None = None, by: str = SECRETS["stripe"]) -> dict[str, str]:
    """The head of Stripe."""
    moment = int(time.time() if at is None else at)
    signature = hmac.new(by.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return {"stripe-signature": f"t={moment},v1={signature},v0={'0' * 64}"}


def github(body: bytes, number: str, *, event: str = "issues", by: str = SECRETS["github"]) -> dict[str, str]:
    """The head of GitHub."""
    signature = hmac.new(by.encode(), body, hashlib.sha256).hexdigest()
    return {"x-hub-signature-256": f"sha256={signature}", "x-github-delivery": number, "x-github-event": event}


def shopify(body: bytes, number: str, *, by: str = SECRETS["shopify"]) -> dict[str, str]:
    """The head of Shopify."""
    signature = base64.b64encode(hmac.new(by.encode(), body, hashlib.sha256).digest()).decode()
    return {"x-shopify-hmac-sha256": signature, "x-shopify-webhook-id": number, "x-shopify-topic": "orders/create"}

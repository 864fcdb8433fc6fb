"""A message as a mail: plain text and HTML, with a link by which such mails are stopped (RFC 8058)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape
from typing import Final

from resa.base.language import in_language, sentence
from resa.model.people import Person
from resa.workspace.telling.wording import KIND_NAMES, Message

__all__ = ["Envelope", "mail_of"]

_STYLES: Final = {
    "body": "margin:0;padding:24px;font-family:system-ui,-apple-system,Segoe UI,Helvetica,Arial,sans-serif;"
    "font-size:16px;line-height:1.5;color:#1c1f23;background:#ffffff",
    "box": "max-width:640px;margin:0 auto",
    "h1": "font-size:20px;line-height:1.3;margin:0 0 16px",
    "line": "margin:0 0 16px;padding:0 0 16px;border-bottom:1px solid #d9dde2",
    "note": "color:#56606b;font-size:14px",
}


@dataclass(frozen=True)
class Envelope:
    """What goes around a message.

    Attributes:
        to: Who gets it.
        sender: The address that it comes from.
        number: By which a mail that comes twice is known as one.
        server: Where pages are.
        stop: Where such mails are stopped, by one click.
        at: When there was something to tell, UTC.
    """

    to: Person
    sender: str
    number: str
    server: str
    stop: str
    at: datetime


def mail_of(message: Message, envelope: Envelope) -> EmailMessage:
    """The mail."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = Address("Resa", addr_spec=envelope.sender)
    mail["To"] = Address(_plain(envelope.to.name), addr_spec=envelope.to.email)
    mail["Subject"] = _plain(message.subject)
    mail["Date"] = format_datetime(envelope.at)
    mail["Message-ID"] = f"<{envelope.number}@{envelope.sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["List-Unsubscribe"] = f"<{envelope.stop}>"
    mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(_text(message, envelope))
    mail.add_alternative(_html(message, envelope), subtype="html")
    mail["Content-Language"] = message.language
    return mail


def _plain(text: str) -> str:
    """A text as a header may hold it: one line."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())[:200]


def _foot(message: Message) -> tuple[str, str, str]:
    """Why it came, and what the links at its end say."""
    kind = in_language(sentence(KIND_NAMES[message.kind]), message.language)
    words = (
        sentence("You get this because a map names you as an owner: {kind}.", kind=kind),
        sentence("Stop mails of this kind"),
        sentence("What you are told"),
    )
    why, stop, choose = (in_language(one, message.language) for one in words)
    return why, stop, choose


def _text(message: Message, envelope: Envelope) -> str:
    why, stop, choose = _foot(message)
    parts = [message.subject, ""]
    for line in message.lines:
        parts += [line.title, line.text, f"{line.fresh}: {envelope.server}{line.path}", ""]
    parts += ["-- ", why, f"{stop}: {envelope.stop}", f"{choose}: {envelope.server}/settings/told", ""]
    return "\n".join(parts)


def _html(message: Message, envelope: Envelope) -> str:
    why, stop, choose = _foot(message)

    def link(path: str, text: str) -> str:
        return f'<a href="{escape(path)}">{escape(text)}</a>'

    lines = (
        f'<div style="{_STYLES["line"]}"><strong>{link(envelope.server + line.path, line.title)}</strong><br>'
        f'{escape(line.text)}<br><span style="{_STYLES["note"]}">{escape(line.fresh)}</span></div>'
        for line in message.lines
    )
    foot = f"{escape(why)}<br>{link(envelope.stop, stop)} · {link(envelope.server + '/settings/told', choose)}"
    return _page(message, [*lines, f'<p style="{_STYLES["note"]}">{foot}</p>'])


def _page(message: Message, parts: Iterable[str]) -> str:
    title = escape(message.subject)
    return (
        f'<!doctype html><html lang="{message.language}"><head><meta charset="utf-8"><title>{title}</title></head>'
        f'<body style="{_STYLES["body"]}"><div style="{_STYLES["box"]}"><h1 style="{_STYLES["h1"]}">{title}</h1>'
        f"{''.join(parts)}</div></body></html>"
    )

"""Telling owners what concerns them: look, enter what is new for whom, send, note.

Nothing is told twice: what somebody is told stands under its occasion, and a message is entered with its occasions
before it is sent. A process that is killed between sending and noting sends once more, under the same number; so it may
be said twice, and is never lost. What could not be sent is tried again, later and later, for three days.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.errors import MessageError
from typing import TYPE_CHECKING, Final

from resa.base.errors import QuestionError
from resa.base.language import in_language, sentence
from resa.model.telling import Kind, Telling
from resa.storage import (
    due_tellings,
    enter_telling,
    keep_news,
    known_news,
    settle_telling,
    telling_alone,
    told_occasions,
)
from resa.workspace.telling.choosing import Planned, as_if_kept, digests, planned
from resa.workspace.telling.mails import Envelope, mail_of
from resa.workspace.telling.posting import Posted, Unsent, body_of
from resa.workspace.telling.recipients import Recipients
from resa.workspace.telling.sending import Sender
from resa.workspace.telling.stopping import read_stop, stop_token
from resa.workspace.telling.watching import look_at
from resa.workspace.telling.wording import Line, Message, message_of

if TYPE_CHECKING:
    from resa.workspace.workspace import Workspace

__all__ = ["Outcome", "can_mail", "can_tell", "stopped_by", "tell", "tell_test"]

_FIRST_PAUSE: Final = timedelta(minutes=1)
_LONGEST_PAUSE: Final = timedelta(hours=3)
_PATIENCE: Final = timedelta(days=3)

_WITH_SOURCES: Final = frozenset({"analyst", "marketer", "admin"})
"""Roles that may open the pages about sources."""


@dataclass(frozen=True)
class Outcome:
    """What telling came to.

    Attributes:
        messages: What was new, each with its recipient; it was sent, or would be.
        sent: Messages that were sent.
        unsent: Messages that could not be sent, now or for good.
        failed: Maps that could not be looked at now.
        busy: Another process tells just now, and nothing was done.
    """

    messages: Sequence[tuple[str, Message]] = ()
    sent: int = 0
    unsent: int = 0
    failed: Sequence[str] = ()
    busy: bool = False


def can_mail(shop: Workspace) -> bool:
    """Whether the settings say how mail is sent."""
    return bool(shop.settings.smtp_host and shop.settings.smtp_from)


def can_tell(shop: Workspace) -> bool:
    """Whether the settings name a way to tell anything: nothing is sent that nobody asked for."""
    return can_mail(shop) or bool(shop.settings.webhooks)


def tell(shop: Workspace, *, dry: bool = False, measuring: bool = True) -> Outcome:
    """Tell everybody what is new to them, and send what waits.

    Args:
        shop: The workspace.
        dry: Only say what would be told: nothing is kept and nothing sent.
        measuring: Also look at what must be measured, which takes a moment.
    """
    with telling_alone(shop.store) as alone:
        if not alone:
            return Outcome(busy=True)
        look, recipients = look_at(shop, measuring=measuring), Recipients(shop)
        if dry:
            news = as_if_kept(shop, look)
        else:
            keep_news(shop.store, look.judged, look.looked)
            news = known_news(shop.store)
        told = {one: told_occasions(shop.store, one) for one in _reached(shop, recipients)}
        new = [*planned(news, recipients, told), *digests(shop, look, news, recipients, told)]
        messages = [(one.recipient, _message(recipients, one)) for one in new]
        if dry:
            return Outcome(messages=messages, failed=look.failed)
        for one in new:
            enter_telling(shop.store, one.recipient, one.kind, one.content)
        sent, unsent = _send_due(shop)
    return Outcome(messages=messages, sent=sent, unsent=unsent, failed=look.failed)


def _reached(shop: Workspace, recipients: Recipients) -> list[str]:
    """Whom there is a way to reach: people by mail alone."""
    return [*(recipients.people if can_mail(shop) else ()), *recipients.hooks]


def _message(recipients: Recipients, one: Planned) -> Message:
    entries = [said for _, said in one.content if said]
    return message_of(one.kind, entries, recipients.language(one.recipient), sources=_sees(recipients, one.recipient))


def _sees(recipients: Recipients, recipient: str) -> bool:
    person = recipients.people.get(recipient)
    return person is None or person.role in _WITH_SOURCES


def _send_due(shop: Workspace) -> tuple[int, int]:
    """Send what waits; how many were sent, and how many were not."""
    sent = unsent = 0
    with Sender(shop.settings) as sender:
        for telling in due_tellings(shop.store):
            try:
                _send(shop, Recipients(shop), sender, telling)  # as it is now: a slow server may take many minutes
            except Unsent as error:
                unsent += 1
                settle_telling(shop.store, telling.id, error=str(error.why), next_at=_next(shop, telling, error))
            else:
                sent += 1
                settle_telling(shop.store, telling.id)
    return sent, unsent


def _next(shop: Workspace, telling: Telling, error: Unsent) -> datetime | None:
    now = shop.clock()
    if error.for_good or now - telling.made_at > _PATIENCE:
        return None
    return now + min(_FIRST_PAUSE * (1 << min(telling.tries, 10)), _LONGEST_PAUSE)


def _send(shop: Workspace, recipients: Recipients, sender: Sender, telling: Telling) -> None:
    if (telling.recipient, telling.kind) in recipients.stopped:
        raise Unsent(sentence("it was stopped meanwhile"), for_good=True)
    entries = [one for one in telling.content if one]
    message = message_of(
        telling.kind,
        entries,
        recipients.language(telling.recipient),
        sources=_sees(recipients, telling.recipient),
    )
    _dispatch(shop, recipients, sender, telling.recipient, message, f"{telling.id}", telling)


def _dispatch(
    shop: Workspace,
    recipients: Recipients,
    sender: Sender,
    recipient: str,
    message: Message,
    name: str,
    telling: Telling | None = None,
) -> None:
    """Send one message."""
    server, at = server_of(shop), shop.clock() if telling is None else telling.made_at
    number = f"resa.{hashlib.sha256(shop.store.database.key).hexdigest()[:12]}.{name}"
    stop = f"{server}/stop/{stop_token(recipient, message.kind, shop.store.database.key)}"
    if (person := recipients.people.get(recipient)) is not None:
        envelope = Envelope(to=person, sender=shop.settings.smtp_from, number=number, server=server, stop=stop, at=at)
        try:
            mail = mail_of(message, envelope)
        except (ValueError, MessageError):  # an address that the standard of mails does not know
            raise Unsent(sentence("no mail can be written to this address, or from smtp_from"), for_good=True) from None
        sender.mail(mail)
    elif (hook := recipients.hooks.get(recipient)) is not None:
        posted = Posted(shape=hook.shape, number=number, server=server, stop=stop, at=at)
        sender.hook(hook, body_of(message, posted), number)
    else:
        raise Unsent(sentence("its recipient may sign in no more, or stands in the settings no more"), for_good=True)


def server_of(shop: Workspace) -> str:
    """Where people reach the pages."""
    return shop.settings.public_address or f"http://127.0.0.1:{shop.settings.port}"


def tell_test(shop: Workspace, to: str) -> None:
    """Send a message that says nothing, to see whether it comes.

    Args:
        shop: The workspace.
        to: The address of a person who may sign in, or the name of a webhook.

    Raises:
        QuestionError: There is none such, no way to reach it, or the message was not taken.
    """
    recipients = Recipients(shop)
    person = shop.people.called(to)
    recipient = f"hook:{to}" if person is None else f"person:{person.id}"
    if recipient not in recipients.people and recipient not in recipients.hooks:
        raise QuestionError(sentence("'{to}' is neither a person who may sign in nor a webhook of the settings", to=to))
    if recipient in recipients.people and not can_mail(shop):
        raise QuestionError(sentence("nobody is told by mail yet: smtp_host and smtp_from say how mail is sent"))
    language = recipients.language(recipient)
    words = (sentence("A test of Resa"), sentence("This message says that messages come."))
    subject, text = (in_language(one, language) for one in words)
    now = shop.clock()
    day, time = now.strftime("%Y-%m-%d"), now.strftime("%H:%M")
    fresh = in_language(sentence("As of {day}, {time} UTC", day=day, time=time), language)
    message = Message(language, "digest", subject, [Line("Resa", text, fresh, "/")])
    with Sender(shop.settings) as sender:
        try:
            _dispatch(shop, recipients, sender, recipient, message, f"test.{now:%Y%m%d%H%M%S%f}")
        except Unsent as error:
            raise QuestionError(sentence("the message could not be sent: {why}", why=error.why)) from None


def stopped_by(shop: Workspace, token: str) -> tuple[str, Kind] | None:
    """The recipient and the kind that a link stops; `None`: we did not make it."""
    return read_stop(token, shop.store.database.key)

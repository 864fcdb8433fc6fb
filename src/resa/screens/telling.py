"""Being told: what I am told, whom owners stand for and what could not be delivered, and stopping by one click."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from litestar import Request, get, post
from litestar.params import FromPath

from resa.base.errors import QuestionError, ResaError
from resa.base.language import LANGUAGES, as_it_is, in_language, said_by, sentence
from resa.model.telling import KINDS, Telling
from resa.screens.frame import NAMES, Html, Visiting, page, redirect
from resa.screens.owners import called, place_of
from resa.screens.signing_in import Form
from resa.screens.visits import Refused, Visit
from resa.storage import list_tellings, try_again
from resa.workspace.owning import Owned, owned_things
from resa.workspace.telling import (
    KIND_NAMES,
    Recipients,
    can_mail,
    message_of,
    stopped_by,
    tell_test,
)

__all__ = ["ROUTES", "STOP"]

STOP: Final = "/stop"
"""So begin the addresses that mails name; they carry their own proof, and mail programs send them without a form."""

_SHOWN: Final = 5


@get("/settings/told", opt={"needs": "see"}, sync_to_thread=True)
def told(visit: Visiting) -> Html:
    """What I am told, in which language, for what I answer, and what I was told lately."""
    recipient, recipients = _me(visit), Recipients(visit.shop)
    owned = recipients.owned_by(recipient)
    return page(
        visit,
        "told",
        visit.say("told"),
        mails=can_mail(visit.shop),
        kinds=_kinds(visit, recipients, recipient),
        language=recipients.language(recipient),
        names={key: NAMES[key] for key in LANGUAGES},
        owned=[(owner, [_owned(visit, one) for one in things]) for owner, things in owned.items()],
        messages=[_message(visit, recipients, one) for one in list_tellings(visit.shop.store, recipient, limit=20)],
    )


@post("/settings/told", opt={"needs": "see"}, sync_to_thread=True)
def choose(visit: Visiting, data: Form) -> Html:
    """Say what I am told, and in which language."""
    language = data.get("language", "")
    wanted = [kind for kind in KINDS if data.get(kind)]
    Recipients(visit.shop).choose(_me(visit), wanted, language if language in LANGUAGES else None, by=visit.who)
    return redirect("/settings/told", saved="told_saved")


@get("/settings/owners", opt={"needs": "manage"}, sync_to_thread=True)
def owners(visit: Visiting) -> Html:
    """Whom each owner of a map stands for, by which ways messages go, and what could not be delivered."""
    return _owners(visit)


_SAVED: Final = {"bind": "saved_owners", "choose": "saved_owners", "again": "saved_again"}


@post("/settings/owners", opt={"needs": "manage"}, sync_to_thread=True)
def change_owners(visit: Visiting, data: Form) -> Html:
    """Bind an owner, say what a webhook is told, try a message again, or send a test."""
    recipients, recipient = Recipients(visit.shop), data.get("recipient", "")
    try:
        match data.get("do"):
            case "bind":
                recipients.bind(data.get("owner", ""), [data.get("person", ""), data.get("hook", "")], by=visit.who)
            case "choose" if recipient in recipients.hooks:
                language = data.get("language", "")
                wanted = [kind for kind in KINDS if data.get(kind)]
                recipients.choose(recipient, wanted, language if language in LANGUAGES else None, by=visit.who)
            case "again" if data.get("message", "").isdecimal():
                try_again(visit.shop.store, int(data["message"][:15]))
            case "test":
                tell_test(visit.shop, visit.who if recipient == "me" else recipient.removeprefix("hook:"))
                return redirect("/settings/owners", saved="way_tried")
            case _:
                pass
    except ResaError as error:
        return _owners(visit, status=422, why=in_language(said_by(error), visit.language))
    return redirect("/settings/owners", saved=_SAVED.get(data.get("do", ""), ""))


def _owners(visit: Visit, *, status: int = 200, why: str = "") -> Html:
    shop, recipients = visit.shop, Recipients(visit.shop)
    everything = dict(owned_things(shop.maps.values()))
    unowned = len(everything.pop("", ()))
    rows = [
        {
            "owner": owner,
            "things": [_owned(visit, one) for one in things[:_SHOWN]],
            "more": max(0, len(things) - _SHOWN),
            "to": recipients.of(owner),
            "said": recipients.is_said(owner),
        }
        for owner, things in everything.items()
    ]
    return page(
        visit,
        "told_owners",
        visit.say("owners"),
        status=status,
        why=why,
        owners=rows,
        unowned=unowned,
        people={key: recipients.name(key) for key in recipients.people},
        hooks=[
            (key, hook, recipients.language(key), _kinds(visit, recipients, key))
            for key, hook in recipients.hooks.items()
        ],
        names={key: NAMES[key] for key in LANGUAGES},
        mails=can_mail(shop),
        messages=[_message(visit, recipients, one) for one in list_tellings(shop.store)],
    )


def _me(visit: Visit) -> str:
    if visit.person is None:  # the guard of the route lets nobody else in
        raise Refused(None)
    return f"person:{visit.person.id}"


def _kinds(visit: Visit, recipients: Recipients, recipient: str) -> list[tuple[str, str, bool]]:
    """Each kind, what it is called, and whether it is told."""
    return [
        (kind, in_language(sentence(name), visit.language), (recipient, kind) not in recipients.stopped)
        for kind, name in KIND_NAMES.items()
    ]


def _owned(visit: Visit, one: Owned) -> tuple[str, str]:
    """Where something is that an owner answers for, and what it is."""
    return place_of(one), f"{visit.say(f'owned_{one.kind}')}: {called(one)}"


def _message(visit: Visit, recipients: Recipients, one: Telling) -> Mapping[str, Any]:
    """A message as a row of a table."""
    entries = [entry for entry in one.content if entry]
    message = message_of(one.kind, entries, visit.language, sources=visit.may("sources"))
    state = visit.say("message_failed")
    if one.state == "waiting":
        state = visit.say("message_waiting", n=one.tries, moment=visit.when_there(one.next_at))
    elif one.sent_at is not None:
        state = visit.say("message_sent", moment=visit.when_there(one.sent_at))
    return {
        "id": one.id,
        "to": recipients.name(one.recipient),
        "subject": message.subject,
        "path": message.lines[0].path,
        "state": state,
        "unsent": one.state != "sent" and bool(one.error),
        "why": in_language(as_it_is(one.error), visit.language) if one.state != "sent" else "",
    }


@get(STOP + "/{token:str}", opt={"open": True}, sync_to_thread=True)
def stop_page(visit: Visiting, token: FromPath[str]) -> Html:
    """The page with the one button; to open it, or to fetch it ahead, stops nothing."""
    return _stop(visit, token)


@post(STOP + "/{token:str}", opt={"open": True}, sync_to_thread=True)
def stop(visit: Visiting, request: Request[Any, Any, Any], token: FromPath[str]) -> Html:
    """Stop what the link says: by the button, or by the one click of a mail program (RFC 8058)."""
    del request  # what is sent along says nothing that the link does not
    if (found := stopped_by(visit.shop, token)) is not None:
        Recipients(visit.shop).stop(*found)
    return _stop(visit, token, done=True)


def _stop(visit: Visit, token: str, *, done: bool = False) -> Html:
    found = stopped_by(visit.shop, token)
    if found is None:
        raise QuestionError(sentence("this link is not ours, or it was altered"))
    recipient, kind = found
    called = Recipients(visit.shop).name(recipient)
    about = visit.say("stop_about", recipient=called, kind=in_language(sentence(KIND_NAMES[kind]), visit.language))
    return page(visit, "stop", visit.say("stop_kind"), about=about, done=done)


ROUTES: Final = (told, choose, owners, change_owners, stop_page, stop)

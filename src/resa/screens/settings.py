"""Settings: one's own sessions; people and keys; who saw and changed what; and what `resa.toml` says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final, cast

from litestar import Request, get, post

from resa.base.errors import Problem, ResaError, SettingsError
from resa.base.language import in_language, said_by, sentence
from resa.base.program import installed_program
from resa.base.settings import Settings, read_settings
from resa.drawing import format_day
from resa.screens.frame import Html, Visiting, page, redirect
from resa.screens.rights import RIGHTS, SCOPE_RIGHTS
from resa.screens.signing_in import Form
from resa.screens.tables import shown_rows
from resa.screens.visits import Visit
from resa.screens.words import ENGLISH
from resa.storage import SCOPES, Scope
from resa.workspace.auditing import acting
from resa.workspace.company import Company
from resa.workspace.people import ROLES, Role
from resa.workspace.telling import KIND_NAMES, Recipients

__all__ = ["ROUTES"]

_NEWEST: Final = 200

_HOST: Final = re.compile(r"[A-Za-z0-9.-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?")
_SECRET: Final = ("https://", "http://localhost", "http://127.0.0.1", "http://[::1]")
"""So begin the addresses that nobody on the way can listen to."""

_MARKS: Final = re.compile("[`*]")
"""How Markdown sets what stands in `docs/reference/settings.md`."""

_EVENT: Final = '{"event": "order_completed", "userId": "u1", "properties": {"total": 12.5}}'


@get("/settings", opt={"needs": "see"}, sync_to_thread=True)
def settings(visit: Visiting) -> Html:
    """Where one is signed in, and the ways to the other settings."""
    person = visit.person
    sessions = visit.shop.people.sessions(person.id) if person else []
    return page(
        visit,
        "settings",
        visit.say("settings"),
        sessions=sessions,
        rights=sorted(RIGHTS[person.role]) if person else [],
    )


@post("/settings/sessions", opt={"needs": "see"}, sync_to_thread=True)
def end_session(visit: Visiting, data: Form) -> Html:
    """End one of one's own sessions."""
    people, person = visit.shop.people, visit.person
    if person and data.get("session") in {one.id for one in people.sessions(person.id)}:
        people.end_session(data["session"], by=visit.who)
        return redirect("/settings", saved="ended_session")
    return redirect("/settings")


@get("/settings/people", opt={"needs": "manage"}, sync_to_thread=True)
def people(visit: Visiting) -> Html:
    """Everybody who may sign in."""
    return _people(visit)


_SAVED: Final = {
    "role": "saved_role",
    "reset_factor": "saved_factor_reset",
    "unbind": "saved_unbound",
    "end": "ended_person",
}


@post("/settings/people", opt={"needs": "manage"}, sync_to_thread=True)
def change_people(request: Request[Any, Any, Any], visit: Visiting, data: Form) -> Html:
    """Invite somebody, give a role, take a lost factor or another account away, or end somebody's right to sign in."""
    shop, email = visit.shop, data.get("email", "")
    try:
        match data.get("do"):
            case "invite":
                role, found = _role(data), shop.people.called(email)
                known = found is not None and found.ended_at is None  # who was ended comes back with the role given
                token = shop.people.invite(email, data.get("name", ""), role, by=visit.who)
                here = f"{'https' if visit.secure else 'http'}://{request.headers.get('host', 'localhost')}"
                return _people(visit, link=f"{here}/welcome/{token}", known=known)
            case "role":
                shop.people.change_role(email, _role(data), by=visit.who)
            case "reset_factor":
                shop.people.reset_factor(email, by=visit.who)
            case "unbind":
                shop.people.unbind(email, by=visit.who)
            case "end":
                shop.people.end(email, by=visit.who)
            case _:
                pass
    except ResaError as error:
        typed = data if data.get("do") == "invite" else None
        return _people(visit, status=422, why=in_language(said_by(error), visit.language), typed=typed)
    return redirect("/settings/people", saved=_SAVED.get(data.get("do", ""), ""))


def _role(data: dict[str, str]) -> Role:
    """The role that a form names; that it is one is checked where it is given."""
    return cast("Role", data.get("role", ""))


def _scopes(data: dict[str, str]) -> list[Scope]:
    """The same of what a key may allow: one for itself, or instead of the first those of the API that are ticked."""
    chosen, ticked = cast("Scope", data.get("scope", "")), [scope for scope in SCOPES if data.get(scope)]
    return ticked if chosen == "collect" and ticked else [chosen, *ticked]


def _people(
    visit: Visit,
    *,
    status: int = 200,
    link: str = "",
    known: bool = False,
    why: str = "",
    typed: Mapping[str, str] | None = None,
) -> Html:
    everybody = [one for one in visit.shop.people.all() if one.ended_at is None]
    title = visit.say("people")
    return page(
        visit,
        "people",
        title,
        status=status,
        people=everybody,
        roles=ROLES,
        link=link,
        known=known,
        why=why,
        company=Company(visit.shop),
        typed=typed or {},
    )


@get("/settings/keys", opt={"needs": "manage"}, sync_to_thread=True)
def keys(visit: Visiting) -> Html:
    """The keys of those who send events over HTTP, or watch how that goes."""
    return _keys(visit)


@post("/settings/keys", opt={"needs": "manage"}, sync_to_thread=True)
def change_keys(request: Request[Any, Any, Any], visit: Visiting, data: Form) -> Html:
    """Make a key, which is shown this once, or revoke one."""
    shop, name = visit.shop, data.get("name", "").strip()
    try:
        with acting(visit.who):
            match data.get("do"):
                case "make" if (scopes := _scopes(data)) == ["collect"]:
                    key = shop.keys.make(name, data.get("source", "").strip() or None)
                    return _keys(visit, key=key, lines=_lines(visit, key, request.headers.get("host", "")))
                case "make":
                    return _keys(visit, key=shop.keys.make_for(scopes, name, person=visit.person))
                case "revoke":
                    shop.keys.revoke(name)
                case _:
                    pass
    except ResaError as error:
        typed = data if data.get("do") == "make" else None
        return _keys(visit, status=422, why=in_language(said_by(error), visit.language), typed=typed)
    return redirect("/settings/keys", saved="ended_key" if data.get("do") == "revoke" else "")


def _keys(
    visit: Visit,
    *,
    status: int = 200,
    key: str = "",
    lines: Iterable[tuple[str, str]] = (),
    why: str = "",
    typed: Mapping[str, str] | None = None,
) -> Html:
    found = [one for one in visit.shop.keys.all() if one.revoked_at is None]
    of_api = [scope for scope in SCOPES if SCOPE_RIGHTS[scope]]
    return page(
        visit,
        "keys",
        visit.say("keys"),
        status=status,
        keys=found,
        key=key,
        lines=lines,
        why=why,
        of_api=of_api,
        typed=typed or {},
    )


def _lines(visit: Visit, key: str, host: str) -> Iterator[tuple[str, str]]:
    """What to paste where, so that events come by a new key: the word that says it, and the line."""
    address = f"{'https' if visit.secure else 'http'}://{host if _HOST.fullmatch(host) else 'localhost'}"
    if not address.startswith(_SECRET):
        yield "key_no_tls", ""
    yield "key_page", f'<script async src="{address}/resa.js" data-key="{key}"></script>'
    yield "key_call", f"curl -u {key}: {address}/v1/track -d '{_EVENT}'"
    yield "key_look", f"{installed_program()} tail"


@get("/settings/audit", opt={"needs": "audit"}, sync_to_thread=True)
def audit(visit: Visiting) -> Html:
    """Who saw and changed what, the newest first; customers stand in it by pseudonyms alone."""
    recipients = Recipients(visit.shop)
    rows = [
        (
            str(visit.when(one.at)),
            one.who,
            _word(visit, f"did_{one.what.replace('.', '_')}", one.what),
            one.pseudonym[:8],
            ", ".join(_detail(visit, recipients, name, str(value)) for name, value in one.detail.items()),
        )
        for one in visit.shop.audit.entries(newest=_NEWEST)
    ]
    words = ("when", "who", "what", "customer_pseudonym", "detail")
    return page(visit, "audit", visit.say("audit"), entries=shown_rows([visit.say(word) for word in words], rows))


_VALUES: Final = {"role": "role_", "kind": "explore_", "question": "explore_", "place": "", "scope": "scope_"}
"""Of which details the values are words, and what stands before them in the table of words."""


def _detail(visit: Visit, recipients: Recipients, name: str, value: str) -> str:
    """`map journey`, in the reader's language as far as it is not what people called something."""
    return f"{_word(visit, f'of_{name}', name)} {_value(visit, recipients, name, value)}"


def _value(visit: Visit, recipients: Recipients, name: str, value: str) -> str:
    match name:
        case "recipient" | "recipients":
            chosen = value.split(", ")
            return ", ".join(visit.say("owner_nobody") if one == "nobody" else recipients.name(one) for one in chosen)
        case "kind" if told := {str(kind): words for kind, words in KIND_NAMES.items()}.get(value):
            return in_language(sentence(told), visit.language)
        case "until":
            return format_day(date.fromisoformat(value), visit.language)
    before = _VALUES.get(name)
    parts = [] if before is None else [one.replace(":", "_") for one in value.split()]
    return ", ".join(_word(visit, f"{before}{one}", one).partition(":")[0] for one in parts) or value


def _word(visit: Visit, key: str, otherwise: str) -> str:
    return visit.say(key) if key in ENGLISH else otherwise


@get("/settings/file", opt={"needs": "manage"}, sync_to_thread=True)
def settings_file(visit: Visiting) -> Html:
    """What `resa.toml` and the environment say."""
    held = visit.shop.settings
    rows = [
        (one.name, _as_written(getattr(held, one.name)), _MARKS.sub("", in_language(one.about, visit.language)))
        for one in Settings.table()
    ]
    words = ("setting", "value", "about")
    entries = shown_rows([visit.say(word) for word in words], rows)
    wrong, later = _file_now(visit)
    return page(visit, "settings_file", "resa.toml", entries=entries, wrong=wrong, later=later)


def _as_written(value: object) -> str:
    """A setting as one would write it; of secrets, that there is one."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ", ".join(map(_as_written, value)) or "–"
    return "–" if value is None or value == "" else str(value)


def _file_now(visit: Visit) -> tuple[Sequence[Problem], list[str]]:
    """What is wrong with the file as it is now, and which of its settings hold from the next start only."""
    try:
        found = read_settings(visit.shop.folder / "resa.toml", visit.shop.settings)
    except SettingsError as error:
        return error.problems, []
    return (), [name for name in Settings.names() if getattr(found, name) != getattr(visit.shop.settings, name)]


ROUTES: Final = (
    settings,
    end_session,
    people,
    change_people,
    keys,
    change_keys,
    audit,
    settings_file,
)

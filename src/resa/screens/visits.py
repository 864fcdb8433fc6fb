"""A visit: one request, who makes it, and how they like to read; the same for every page."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from threading import Lock
from typing import Any, Final, Literal

from resa.base.language import LANGUAGES
from resa.model.people import Person, Session
from resa.screens.moments import Moment, When, when_in, zone_of
from resa.screens.rights import Right, may, rights_of
from resa.screens.sharing import Kept, Shared
from resa.screens.words import say, say_count
from resa.screens.words_of_saved import SAVED
from resa.storage import ApiKey
from resa.workspace import Workspace
from resa.workspace.auditing import acting
from resa.workspace.edits import Edits, SettingsEdits

__all__ = ["BY", "COOKIES", "Desk", "FactorDue", "Refused", "Visit", "cookie_name"]

COOKIES: Final[
    Mapping[Literal["session", "code", "company", "typed", "language", "theme", "csrf", "tour", "saved"], str]
] = {
    "session": "resa-session",
    "code": "resa-code",
    "company": "resa-company",
    "typed": "resa-typed",
    "language": "resa-language",
    "theme": "resa-theme",
    "csrf": "resa-csrf",
    "tour": "resa-tour",
    "saved": "resa-saved",
}
"""What a browser keeps for us: who is signed in, or about to, what they typed in vain, how they read, that a form came
from our pages, where on the tour a reader is, and what the next page says of what was just done."""

BY: Final = "_by"
"""The field in which a form says on whose page it was typed."""

_OURS_ALONE: Final = "__Host-"
"""Begins the names of cookies that browsers take by TLS from this very host alone, and only for all of its paths."""

_THEMES: Final = ("light", "dark")
_TOUR: Final = ("1", "2", "3", "4", "5")


class FactorDue(Exception):
    """Somebody's role asks for a second factor, and they have none yet."""


class Refused(Exception):
    """Somebody asked for a page that is not for them.

    Attributes:
        right: What they would need; `None`: to be signed in.
    """

    def __init__(self, right: Right | None) -> None:
        super().__init__(right or "nobody is signed in")
        self.right = right


@dataclass(frozen=True)
class Visit:
    """One request.

    Attributes:
        shop: The workspace.
        shared: What takes a moment to say of it, worked out once for all.
        path: The address that was asked for, with its query.
        session: Who is signed in; `None`: nobody.
        language: In which the page speaks.
        theme: `light` or `dark`; empty: as the reader's system is.
        secure: Whether nobody on the way can read along.
        csrf: What a form must bring along; empty: this request gets no page with a form.
        token: What the browser knows its session by; empty: it has none.
        key: By which a program asks; `None`: a browser does.
        tour: The step of the tour at which the reader is; 0: they take none.
        saved: The word for what was just done; empty: nothing was, or a page has said so.
    """

    shop: Workspace = field(repr=False)
    shared: Shared = field(repr=False)
    path: str
    session: Session | None
    language: str
    theme: str
    secure: bool
    csrf: str = ""
    token: str = field(default="", repr=False)
    key: ApiKey | None = None
    tour: int = 0
    saved: str = ""

    @property
    def person(self) -> Person | None:
        """Who is signed in."""
        return None if self.session is None else self.session.person

    @cached_property
    def by(self) -> str:
        """Whose page this is, as forms carry it, which opens nothing; empty: nobody is signed in."""
        return "" if self.person is None else self._page_of(self.person.id)

    def is_page_of_somebody(self, by: str) -> bool:
        """Whether a page, by what its forms say, was of somebody who may sign in: nobody else can write that."""
        people = (one for one in self.shop.people.all() if one.ended_at is None)
        return any(hmac.compare_digest(self._page_of(one.id).encode(), by.encode("utf-8", "replace")) for one in people)

    def _page_of(self, person: int) -> str:
        said = f"typed by {person}".encode()
        return hmac.new(self.shop.store.database.key, said, hashlib.sha256).hexdigest()[:32]

    @property
    def factor_asked(self) -> bool:
        """Whether the settings ask who is signed in for a second factor; for who came by it, the provider answers."""
        asked = self.shop.settings.second_factor_for
        by_company = self.session is not None and self.session.issuer
        return self.person is not None and not by_company and ("all" in asked or self.person.role in asked)

    @property
    def who(self) -> str:
        """The address of who is signed in, or the name of the key, as the audit log has it; empty: nobody is."""
        if self.key is not None:
            return self.key.name
        return "" if self.person is None else self.person.email

    @cached_property
    def author(self) -> Person | None:
        """In whose name something is written: who is signed in, or whom a key is for and who may write still."""
        if self.key is None:
            return self.person
        found = None if self.key.person is None else self.shop.people.of_number(self.key.person)
        return found if found is not None and may(found.role, "write") else None

    @contextmanager
    def acting(self) -> Iterator[None]:
        """What is done in the block is done by who is signed in, as the audit log has it."""
        with acting(self.who):
            yield

    def may(self, right: Right) -> bool:
        """Whether who is signed in, or the key, has a right."""
        if self.key is not None:
            return right in rights_of(self.key.scopes)
        return self.person is not None and may(self.person.role, right)

    @cached_property
    def zone(self) -> str:
        """The time zone of what is of no one map, as people read it."""
        return zone_of(one.timezone for one in self.shop.maps.values())

    @cached_property
    def when(self) -> When:
        """Says a moment of what is of no one map, where it stands beside which zone that is."""
        return when_in(self.zone, self.language)

    def when_there(self, moment: datetime, zone: str = "") -> Moment:
        """A moment with its time zone, where nothing beside says which that is.

        Args:
            moment: Which one.
            zone: A map's; empty: it is of no one map.
        """
        said = when_in(zone or self.zone, self.language)(moment)
        return Moment(f"{said.words} ({zone or self.zone})", said.stamp)

    @cached_property
    def say(self) -> Any:
        """Says a word of the screens' in the page's language: `say(key, **values)`."""
        return partial(say, language=self.language)

    @cached_property
    def say_count(self) -> Any:
        """The same about a number of things: `say_count(key, n, **values)`."""
        return partial(say_count, language=self.language)


class Desk:
    """Knows the workspace as its files are now, and who visits.

    Args:
        folder: The workspace.
    """

    def __init__(self, folder: Path) -> None:
        self._lock = Lock()
        self._shop = Workspace(folder)
        self._shop.audit.way = "http"
        self._kept = Kept(self._shop)
        self._edits, self._settings = Edits(self._shop), SettingsEdits(self._shop)

    def now(self) -> tuple[Workspace, Shared]:
        """The workspace, and what is said of it; once somebody has edited its files, as they are now."""
        with self._lock:
            self._settings.take_up()
            if self._edits.seen():
                self._edits.take_up()
                self._kept = Kept(self._shop)
            return self._shop, Shared(self._kept)

    @property
    def secret(self) -> str:
        """By which forms are signed; it stays while the workspace does."""
        return hmac.new(self._shop.store.database.key, b"forms of screens", hashlib.sha256).hexdigest()

    @property
    def forms_cookie(self) -> str:
        """The cookie of forms: each workspace's own, as browsers know one after the other at the same address."""
        return f"{COOKIES['csrf']}-{hashlib.sha256(self.secret.encode()).hexdigest()[:8]}"

    def visit(
        self,
        path: str,
        cookies: Mapping[str, str],
        accepts: str,
        scheme: str,
        csrf: str = "",
        key: str | None = None,
    ) -> Visit:
        """Who makes a request, and how they like to read.

        Args:
            path: What was asked for, with its query.
            cookies: As the browser sends them.
            accepts: The header `Accept-Language`.
            scheme: `http` or `https`, as the visitor sees it.
            csrf: What a form must bring along.
            key: With which a program asks, which is then nobody's browser, good or not; `None`: with none.
        """
        shop, shared = self.now()
        token = "" if key is not None else cookies.get(cookie_name("session", secure=scheme == "https"), "")
        language, theme = cookies.get(COOKIES["language"], ""), cookies.get(COOKIES["theme"], "")
        return Visit(
            shop=shop,
            shared=shared,
            path=path,
            session=shop.people.signed_in(token) if token else None,
            language=language if language in LANGUAGES else _preferred(accepts),
            theme=theme if theme in _THEMES else "",
            secure=scheme == "https",
            csrf=csrf,
            token=token,
            key=None if key is None else shop.keys.known(key),
            tour=_step(cookies.get(COOKIES["tour"], "")),
            saved=said if (said := cookies.get(COOKIES["saved"], "")) in SAVED else "",
        )

    @contextmanager
    def open(self) -> Iterator[None]:
        """Hold the data for as long as the block runs."""
        try:
            yield
        finally:
            self._shop.close()


def _step(said: str) -> int:
    """A step of the tour; 0: it is none."""
    return int(said) if said in _TOUR else 0


def cookie_name(what: Literal["session", "code", "company", "typed"], *, secure: bool) -> str:
    """What a cookie is called that says who somebody is.

    Args:
        what: Which one.
        secure: Whether the visitor comes by TLS.
    """
    return f"{_OURS_ALONE if secure else ''}{COOKIES[what]}"


def _preferred(accepts: str) -> str:
    """The first language of a header `Accept-Language` that we speak; English where there is none."""
    said: list[tuple[float, str]] = []
    for place, part in enumerate(accepts.split(",")[:20]):
        name, _, weight = part.strip().partition(";q=")
        language = {"no": "nb", "nn": "nb"}.get(name[:2].lower(), name[:2].lower())
        if language in LANGUAGES:
            try:
                said.append((-float(weight or 1) + place * 1e-6, language))
            except ValueError:
                continue
    return min(said)[1] if said else "en"

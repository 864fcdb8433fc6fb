"""People who may sign in: invited by a link, known by a password, each in a role."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from resa.base.errors import QuestionError
from resa.base.language import one_of, sentence
from resa.base.settings import Settings
from resa.base.showing import Listing
from resa.identity import Kind, normalised
from resa.model.people import ROLES, Person, Role, Session
from resa.storage import (
    Also,
    LastVisit,
    Store,
    accept_invitation,
    begin_session,
    change_password,
    change_role,
    confirm_factor,
    count_recovery_codes,
    end_factor,
    end_person,
    end_session,
    end_session_of,
    factor_of,
    finish_session,
    has_people,
    invite_person,
    invited_person,
    keep_visit,
    list_people,
    list_sessions,
    living_session,
    make_first_person,
    password_of,
    propose_factor,
    replace_recovery_codes,
    reset_factor,
    set_emergency,
    unbind_person,
    waiting_for_code,
)
from resa.workspace.auditing import Audit
from resa.workspace.passwords import check_password, hash_password, is_outdated, proves
from resa.workspace.second_factors import Proposal, new_recovery_codes, proposal_of, read_code, shown_code

__all__ = ["ROLES", "LastVisit", "People", "Person", "Role", "Session", "email_of", "provider_name"]

_EMAIL = Kind(name="email", form="email")  # of staff, whose addresses may well be info@
_LONGEST_NAME = 200


@dataclass(frozen=True)
class People:
    """The people of a workspace, changed beside a running server too.

    In the audit log they stand by their numbers; who did something, by their address.
    """

    store: Store
    audit: Audit
    settings: Settings

    def all(self) -> Listing[Person]:
        """Everybody, those among them who may sign in no more."""
        return Listing(list_people(self.store))

    def called(self, email: str) -> Person | None:
        """Who has this address; `None`: nobody."""
        address = email_of(email)
        return next((person for person in self.all() if person.email == address), None)

    def named(self, email: str) -> Person:
        """Who has this address and may sign in.

        Raises:
            QuestionError: Nobody.
        """
        found = self.called(email)
        if found is None or found.ended_at is not None:
            raise QuestionError(sentence("nobody who may sign in has this address; `resa people list` shows them"))
        return found

    def of_number(self, number: int | None) -> Person | None:
        """Who has this number and may sign in; `None`: nobody."""
        return next((one for one in self.all() if one.id == number and one.ended_at is None), None)

    def anybody(self) -> bool:
        """Whether there is somebody who may sign in by a password."""
        return has_people(self.store)

    def begin(self, email: str, name: str, password: str, agent: str = "") -> str:
        """Make the first person, an admin, as long as nobody may sign in.

        Args:
            email: Their address.
            name: What people call them.
            password: 12 to 256 characters, exactly as it is to be typed.
            agent: What the browser calls itself.

        Returns:
            The token of their session.

        Raises:
            QuestionError: Somebody may sign in already, it is no address, or the password cannot be taken.
        """
        address, called = _named(email, name)
        check_password(password, _admin_to_be(address, called, self.store.clock()))
        hashed = hash_password(password)
        told = self._by_themselves("person.first")
        began = make_first_person(self.store, address, hashed, name=called, agent=agent, told=told)
        if began is None:
            raise _no_more()
        return began

    def invite(
        self,
        email: str,
        name: str = "",
        role: Role = "viewer",
        *,
        by: str | None = None,
        holds: timedelta | None = None,
    ) -> str:
        """Invite a person, or somebody who is known to set a password anew; then the role is left as it is.

        Args:
            email: Their address.
            name: What people call them.
            role: What they may.
            by: Who invites, by their address; `None`: who works here.
            holds: So long does the invitation hold; `None`: seven days.

        Returns:
            A token that holds once, and is kept nowhere. What was given before holds no more.

        Raises:
            QuestionError: It is no address, or there is no such role.
        """
        address, called = _named(email, name)
        _check_role(role)
        told = self._told("person.invite", by, with_role=True)
        return invite_person(self.store, address, name=called, role=role, told=told, holds=holds)

    def invited(self, token: str) -> Person | None:
        """Whom an invitation is for; `None`: it holds no more."""
        return invited_person(self.store, token)

    def accept(self, token: str, password: str, agent: str = "", *, instead_of: str = "") -> str:
        """Set a password by an invitation, which is used up; every session of before ends.

        Args:
            token: Of the invitation.
            password: 12 to 256 characters, exactly as it is to be typed.
            agent: What the browser calls itself.
            instead_of: The token of the session that the browser had, which ends.

        Returns:
            The token of a new session; who has a second factor gives a code first, see `finish`.

        Raises:
            QuestionError: The invitation holds no more, or the password cannot be taken.
        """
        person = self.invited(token)
        if person is None:
            raise _no_more()
        if not self.may_use_password(person):
            raise QuestionError(
                sentence("people sign in here by {name}, not by passwords", name=provider_name(self.settings))
            )
        check_password(password, person)
        hashed = hash_password(password)
        told = self._by_themselves("person.accept")
        began = accept_invitation(self.store, token, hashed, agent=agent, told=told, instead_of=instead_of)
        if began is None:
            raise _no_more()
        return began

    def enter(self, token: str, agent: str = "") -> str | None:
        """Sign in who was invited, without a password: only for who just started the server on their own machine.

        Returns:
            The token of a session; `None`: the invitation holds no more.
        """
        return accept_invitation(self.store, token, None, agent=agent, told=self._by_themselves("person.accept"))

    def sign_in(self, email: str, password: str, agent: str = "", *, instead_of: str = "") -> str | None:
        """Sign in; the token of a session, or `None` if address and password are not those of one who may.

        It takes as long for who is unknown. How often somebody may try, who asks must say. Who has a second factor is
        not signed in by this token: it is what `finish` takes, within ten minutes, together with a code.

        Args:
            email: Their address.
            password: As it was typed.
            agent: What the browser calls itself.
            instead_of: The token of the session that the browser had, which ends.
        """
        address = email_of(email)
        known = None if address is None else password_of(self.store, address)
        kept = None if known is None else known[1]
        if proves(password, kept) and known is not None and self.may_use_password(known[0]):
            anew = hash_password(password) if is_outdated(known[1]) else None
            told = self._by_themselves("person.code_asked" if known[0].has_factor else "person.sign_in")
            began = begin_session(
                self.store, known[0], proved=known[1], agent=agent, told=told, anew=anew, instead_of=instead_of
            )
            if began:
                return began
        self.audit.note("person.sign_in_failed", who="")  # what was typed may be anything, a password for instance
        return None

    def code_due(self, token: str) -> Person | None:
        """Whose sign-in waits for a code by this token; `None`: nobody's, or it waited longer than ten minutes."""
        return waiting_for_code(self.store, token)

    def finish(self, token: str, code: str, *, instead_of: str = "") -> str | None:
        """Sign in who knew the password, by a code of their app or a recovery code; each holds once.

        Args:
            token: What `sign_in` or `accept` gave.
            code: As it was typed.
            instead_of: The token of the session that the browser had, which ends.

        Returns:
            The token of a session; `None`: the code does not hold, or it came too late.
        """
        person = self.code_due(token)
        secret = None if person is None else factor_of(self.store, person)
        read = read_code(secret, code, self.store.clock())
        told = self._by_themselves("person.sign_in")
        began = finish_session(self.store, token, read, told=told, instead_of=instead_of)
        if began is None and person is not None:
            self.audit.note("person.code_failed", who="", person=person.id)
        return began

    def signed_in(self, token: str) -> Session | None:
        """The session of a token; `None`: it has ended, 30 days after it began, or 7 after it was seen last.

        It counts while its way in is one: a provider that is named no more, or passwords where they open nothing, hold
        up nobody's session.
        """
        found = living_session(self.store, token)
        if found is None:
            return None
        by_company = found.issuer != "" and found.issuer == self.settings.oidc_issuer
        return found if by_company or (not found.issuer and self.may_use_password(found.person)) else None

    def may_use_password(self, person: Person) -> bool:
        """Whether a person's password opens anything: not where only the company's provider does."""
        only = self.settings.oidc_only and bool(self.settings.oidc_issuer)
        return person.is_emergency or not only

    def sign_out(self, token: str) -> None:
        """End the session of a token; one that has ended already stays so."""
        end_session_of(self.store, token, told=self._by_themselves("person.sign_out"))

    def sessions(self, person_id: int | None = None) -> Listing[Session]:
        """Where people are signed in now; one of them, if their number is given."""
        return Listing(list_sessions(self.store, person_id))

    def end_session(self, id: str, *, by: str | None = None) -> None:  # noqa: A002 - what a session calls it
        """End a session, for instance one of a machine that was lost.

        Raises:
            QuestionError: None that lives is called so.
        """
        end_session(self.store, id, told=self._told("person.end_session", by))

    def change_password(self, person: Person, old: str, new: str, *, staying: str) -> bool:
        """Give oneself another password; every other session ends.

        Args:
            person: Who.
            old: The password until now.
            new: The one from now on.
            staying: The token of the session that goes on.

        Returns:
            Whether the old one was right.

        Raises:
            QuestionError: The new one cannot be taken.
        """
        proved = self._proved(person, old)
        if proved is None or not self.may_use_password(person):
            return False
        check_password(new, person)
        told = self._by_themselves("person.password")
        return change_password(
            self.store, person, proved=proved, password_hash=hash_password(new), staying=staying, told=told
        )

    def proves(self, person: Person, password: str) -> bool:
        """Whether it is a person's password, asked again before something that matters."""
        return self._proved(person, password) is not None

    def propose_factor(self, person: Person) -> Proposal:
        """Begin a second factor, which is asked for once a code confirmed it.

        Raises:
            QuestionError: There is one.
        """
        return proposal_of(propose_factor(self.store, person), person.email)

    def proposed_factor(self, person: Person) -> Proposal | None:
        """What was begun and not confirmed yet."""
        secret = None if person.has_factor else factor_of(self.store, person)
        return None if secret is None else proposal_of(secret, person.email)

    def confirm_factor(self, person: Person, code: str, *, staying: str) -> list[str] | None:
        """Confirm a second factor by a code of the app; every other session ends.

        Args:
            person: Whose.
            code: As it was typed.
            staying: The token of the session that goes on.

        Returns:
            Ten recovery codes, which are kept nowhere as they are; `None`: the code does not hold.
        """
        secret = factor_of(self.store, person)
        read = read_code(secret, code, self.store.clock())
        if secret is None or read.step is None:
            return None
        codes, told = new_recovery_codes(), self._by_themselves("person.factor")
        done = confirm_factor(self.store, person, secret, step=read.step, codes=codes, staying=staying, told=told)
        return [shown_code(one) for one in codes] if done else None

    def new_recovery_codes(self, person: Person, code: str) -> list[str] | None:
        """Ten other recovery codes; those of before hold no more. `None`: the code that was given does not hold."""
        codes, told = new_recovery_codes(), self._by_themselves("person.recovery_codes")
        read = read_code(factor_of(self.store, person), code, self.store.clock())
        done = replace_recovery_codes(self.store, person, read, codes=codes, told=told)
        return [shown_code(one) for one in codes] if done else None

    def recovery_codes_left(self, person: Person) -> int:
        """How many recovery codes somebody has not used."""
        return count_recovery_codes(self.store, person)

    def end_factor(self, person: Person, code: str) -> bool:
        """Turn one's second factor off; whether the code that was given held."""
        read = read_code(factor_of(self.store, person), code, self.store.clock())
        return end_factor(self.store, person, read, told=self._by_themselves("person.factor_off"))

    def reset_factor(self, email: str, *, by: str | None = None) -> None:
        """Take away the second factor of somebody who lost it; they are signed out, and sign in by their password.

        Raises:
            QuestionError: Nobody who may sign in has this address, or they have none.
        """
        reset_factor(self.store, email_of(email) or "", told=self._told("person.reset_factor", by))

    def change_role(self, email: str, role: Role, *, by: str | None = None) -> None:
        """Give a person another role; they sign in anew.

        Raises:
            QuestionError: Nobody who may sign in has this address, there is no such role, or this is the last admin.
        """
        _check_role(role)
        told = self._told("person.role", by, with_role=True)
        change_role(self.store, email_of(email) or "", role, told=told)

    def set_emergency(self, email: str, *, on: bool = True, by: str | None = None) -> None:
        """Let an admin's password open where passwords open nothing else, for the day on which the provider is down.

        Raises:
            QuestionError: Nobody who may sign in has this address, or they are no admin.
        """
        told = self._told("person.emergency" if on else "person.emergency_off", by)
        set_emergency(self.store, email_of(email) or "", on=on, told=told)

    def unbind(self, email: str, *, by: str | None = None) -> None:
        """Forget what the company's provider calls a person, whose account there was made anew; they are signed out.

        Raises:
            QuestionError: Nobody who may sign in has this address, or they never came by a provider.
        """
        unbind_person(self.store, email_of(email) or "", told=self._told("person.unbind", by))

    def end(self, email: str, *, by: str | None = None) -> None:
        """Take from a person the right to sign in, at once.

        Raises:
            QuestionError: Nobody who may sign in has this address, or this is the last admin.
        """
        end_person(self.store, email_of(email) or "", told=self._told("person.end", by))

    def visited(self, person: Person, seen: Mapping[str, Any]) -> LastVisit | None:
        """Keep what somebody sees on the first page; what they saw when they were there before, if they ever were."""
        return keep_visit(self.store, person, seen)

    def _proved(self, person: Person, password: str) -> str | None:
        """The hash that a password was held against and is right by."""
        known = password_of(self.store, person.email)
        return known[1] if proves(password, None if known is None else known[1]) and known is not None else None

    def _told(self, what: str, by: str | None, *, with_role: bool = False) -> Callable[[Person], Also]:
        """What the log says of what is done to a person."""

        def told(person: Person) -> Also:
            if with_role:
                return self.audit.also(what, who=by, person=person.id, role=person.role)
            return self.audit.also(what, who=by, person=person.id)

        return told

    def _by_themselves(self, what: str) -> Callable[[Person], Also]:
        """What the log says of what a person does."""
        return lambda person: self.audit.also(what, who=person.email, person=person.id)


def provider_name(settings: Settings) -> str:
    """What people call the company's provider."""
    return settings.oidc_name or urlsplit(settings.oidc_issuer).hostname or ""


def email_of(email: str) -> str | None:
    """An address in its one form, in lower case; `None`: it is none."""
    found = normalised(_EMAIL, email)
    return found if isinstance(found, str) else None


def _named(email: str, name: str) -> tuple[str, str]:
    """Address and name as they are kept."""
    address = email_of(email)
    if address is None:
        raise QuestionError(sentence("this is no e-mail address; write one such as anna@shop.se"))
    return address, " ".join(name.split())[:_LONGEST_NAME]


def _admin_to_be(email: str, name: str, now: datetime) -> Person:
    return Person(id=0, email=email, name=name, role="admin", made_at=now, ended_at=None, has_password=False)


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise QuestionError(sentence("a role is {roles}, not '{role}'", roles=one_of(ROLES), role=role))


def _no_more() -> QuestionError:
    return QuestionError(sentence("this link holds no more; ask for a new one"))

"""`resa people`: who may sign in."""

from __future__ import annotations

from typing import Annotated, Final

import pyarrow as pa
import typer

from resa.base.errors import QuestionError
from resa.base.language import sentence
from resa.base.settings import Settings
from resa.base.showing import harmless
from resa.cli.console import OUT, say
from resa.cli.measure import HowToWrite, chosen_format, write_table
from resa.cli.options import HERE, Folder, Output, opened
from resa.workspace.people import Role

__all__ = ["app"]

app = typer.Typer(help="People who may sign in, each in a role.", no_args_is_help=True, add_completion=False)

_Email = Annotated[str, typer.Argument(help="Their e-mail address.")]

_EVERY_NETWORK: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what the settings may say
_ANY_PORT: Final = "PORT"


@app.command("list")
def list_people(show_format: HowToWrite = None, output: Output = None, folder: Folder = HERE) -> None:
    """Show everybody with their roles, those among them who may sign in no more."""
    how = chosen_format(show_format, output)
    with opened(folder) as shop:
        rows = [
            {
                "number": one.id,
                "address": harmless(one.email),
                "name": harmless(one.name),
                "role": one.role,
                "password": "yes" if one.has_password else "no",
                "second factor": "yes" if one.has_factor else "no",
                "company": "yes" if one.has_company else "no",
                "emergency": "yes" if one.is_emergency else "no",
                "invited (UTC)": f"{one.made_at:%Y-%m-%d %H:%M}",
                "ended (UTC)": "" if one.ended_at is None else f"{one.ended_at:%Y-%m-%d %H:%M}",
            }
            for one in shop.people.all()
        ]
    if rows:
        write_table(pa.Table.from_pylist(rows), how, output, ours=True)
    else:
        say(sentence("nobody may sign in yet; invite the first: resa people invite ADDRESS --role admin"))


@app.command("invite")
def invite(
    email: _Email,
    name: Annotated[str, typer.Option(help="What people call them.")] = "",
    role: Annotated[Role, typer.Option(help="What they may; who is known keeps theirs.")] = "viewer",
    folder: Folder = HERE,
) -> None:
    """Make a link by which a person sets a password, or another one, and signs in. It is shown this once."""
    with opened(folder) as shop:
        token = shop.people.invite(email, name, role)
        address = _address(shop.settings)
    OUT.print(f"{address}/welcome/{token}", markup=False, highlight=False, soft_wrap=True)
    say(sentence("give it to nobody else: it holds once, for 7 days; a new one ends it"))
    if address.endswith(_ANY_PORT):
        say(sentence("write the port that `resa serve` names in the place of PORT"))


@app.command("role")
def change_role(
    email: _Email,
    role: Annotated[Role, typer.Argument(help="What they may from now on.")],
    folder: Folder = HERE,
) -> None:
    """Give a person another role; they are signed out, and sign in anew."""
    with opened(folder) as shop:
        shop.people.change_role(email, role)
    say(sentence("the role is now {role}; they are signed out everywhere", role=role))


@app.command("end")
def end(email: _Email, folder: Folder = HERE) -> None:
    """Take from a person the right to sign in, at once, beside a running server too."""
    with opened(folder) as shop:
        shop.people.end(email)
    say(sentence("they may sign in no more, and are signed out everywhere"))


@app.command("reset-factor")
def reset_factor(email: _Email, folder: Folder = HERE) -> None:
    """Take away the second factor of somebody who lost it and has no recovery code; be sure that it is they who ask."""
    with opened(folder) as shop:
        shop.people.reset_factor(email)
    say(sentence("the second factor is gone; they are signed out everywhere, and sign in by their password"))


@app.command("emergency")
def emergency(
    email: _Email,
    off: Annotated[bool, typer.Option("--off", help="No longer.")] = False,
    folder: Folder = HERE,
) -> None:
    """Let an admin's password open where `oidc_only` shuts those of others, for when the company's provider is down."""
    with opened(folder) as shop:
        shop.people.set_emergency(email, on=not off)
        person = shop.people.called(email)
    if off:
        say(sentence("their password opens no more than those of others"))
        return
    say(sentence("their password opens whatever oidc_only says"))
    if person is not None and not person.has_password:
        say(sentence("they have none yet: resa people invite {email}", email=person.email))


@app.command("unbind")
def unbind(email: _Email, folder: Folder = HERE) -> None:
    """Forget somebody's account at the company's provider, because it was made anew there; be sure that it is they."""
    with opened(folder) as shop:
        shop.people.unbind(email)
    say(sentence("they are signed out; whoever signs in with this verified address next is bound to it"))


@app.command("check-provider")
def check_provider(folder: Folder = HERE) -> None:
    """Ask the company's OpenID provider what it can do, and say what is well and what is wrong."""
    from resa.workspace.company import Company  # noqa: PLC0415 - only here

    with opened(folder) as shop:
        wrong = 0
        for one in Company(shop).look():
            wrong += not one.good
            say(one.words if one.good else sentence("wrong: {what}", what=one.words))
    if wrong:
        raise typer.Exit(1)
    say(sentence("people can sign in by it"))


@app.command("sessions")
def sessions(
    email: Annotated[str | None, typer.Argument(help="Only of this person, by their e-mail address.")] = None,
    end_one: Annotated[
        str | None, typer.Option("--end", metavar="ID", help="End this session instead of showing all.")
    ] = None,
    show_format: HowToWrite = None,
    output: Output = None,
    folder: Folder = HERE,
) -> None:
    """Show where people are signed in, or end one of these sessions."""
    how = chosen_format(show_format, output)
    with opened(folder) as shop:
        if end_one is not None:
            shop.people.end_session(end_one)
            say(sentence("the session has ended"))
            return
        person = None if email is None else shop.people.called(email)
        if email is not None and person is None:
            raise QuestionError(sentence("nobody has this address; `resa people list` shows everybody"))
        rows = [
            {
                "session": one.id,
                "address": harmless(one.person.email),
                "began (UTC)": f"{one.began_at:%Y-%m-%d %H:%M}",
                "seen (UTC)": f"{one.seen_at:%Y-%m-%d %H:%M}",
                "by": "company" if one.issuer else "password",
                "browser": harmless(one.agent),
            }
            for one in shop.people.sessions(None if person is None else person.id)
        ]
    if rows:
        write_table(pa.Table.from_pylist(rows), how, output, ours=True)
    else:
        say(sentence("nobody is signed in"))


def _address(settings: Settings) -> str:
    """Where this machine reaches the server; every network is none that a browser can open."""
    host = _EVERY_NETWORK.get(settings.host, settings.host)
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port or _ANY_PORT}"

"""`resa keys`: who may send events, or ask the HTTP API."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import pyarrow as pa
import typer

from resa.base.language import sentence
from resa.cli.console import OUT, say
from resa.cli.measure import HowToWrite, chosen_format, write_table
from resa.cli.options import HERE, Folder, Output, opened
from resa.storage import SCOPES, Scope

__all__ = ["app"]

app = typer.Typer(
    help="Keys of those who send events over HTTP, or ask its API.", no_args_is_help=True, add_completion=False
)

Allows = StrEnum("Allows", {scope: scope for scope in SCOPES})  # type: ignore[misc]  # made from data, as kinds are

_Name = Annotated[str, typer.Argument(help="What the key is called, such as web.")]


@app.command("list")
def list_keys(show_format: HowToWrite = None, output: Output = None, folder: Folder = HERE) -> None:
    """Show all keys by their beginnings; the keys themselves are nowhere."""
    how = chosen_format(show_format, output)
    with opened(folder) as shop:
        rows = [
            {
                "name": key.name,
                "begins": key.beginning,
                "scope": key.scope,
                "source": key.source_id or "",
                "made (UTC)": f"{key.made_at:%Y-%m-%d %H:%M}",
                "revoked (UTC)": "" if key.revoked_at is None else f"{key.revoked_at:%Y-%m-%d %H:%M}",
            }
            for key in shop.keys.all()
        ]
    if rows:
        write_table(pa.Table.from_pylist(rows), how, output, ours=True)
    else:
        say(sentence("there is no key yet; make one: resa keys make web"))


@app.command("make")
def make(
    name: _Name,
    source: Annotated[
        str | None, typer.Option(help="The source whose events it sends; default: called like the key.")
    ] = None,
    scope: Annotated[
        list[Allows] | None,
        typer.Option(
            help="What it may: collect (the default) sends events and reads nothing, metrics reads /metrics alone, "
            "consent records what customers consent to (for your server, never in a page). The others are for the "
            "HTTP API, and may be repeated: read:numbers, read:customers, read:names (what customers are called), "
            "read:sources, read:audit, write:identity, write:maps (maps and segments), write:notes (comments, notes on "
            "days, views and reports) and share:reports, both in the name of a person (--for), erase:customers, and "
            "manage (people, sessions, keys: whoever has it can get all else)."
        ),
    ] = None,
    writes_for: Annotated[
        str | None, typer.Option("--for", help="The address of the person in whose name it writes.")
    ] = None,
    folder: Folder = HERE,
) -> None:
    """Make a key that sends events, reads metrics, records consents, or asks the HTTP API. It is shown this once."""
    scopes: list[Scope] = [known for known in SCOPES if known in (scope or ())]
    collects = scopes in ([], ["collect"])
    if not collects and source is not None:
        raise typer.BadParameter(
            sentence("a key for {scope} sends no events; leave --source out", scope=", ".join(scopes))
        )
    with opened(folder) as shop:
        person = None if writes_for is None else shop.people.named(writes_for)
        key = shop.keys.make(name, source) if collects else shop.keys.make_for(scopes, name, person=person)
    OUT.print(key, markup=False, highlight=False)
    say(sentence("keep it: it is shown this once, and only its hash is stored"))


@app.command("revoke")
def revoke(name: _Name, folder: Folder = HERE) -> None:
    """Refuse a key from now on, beside a running server too."""
    with opened(folder) as shop:
        key = shop.keys.revoke(name)
    say(sentence("revoked the key '{name}' ({beginning}…)", name=key.name, beginning=key.beginning))

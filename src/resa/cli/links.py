"""`resa links`: links and pixels for mails and posts."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from resa.base.language import sentence
from resa.cli.console import OUT
from resa.cli.options import HERE, Folder, opened

__all__ = ["app"]

app = typer.Typer(
    help="Links and pixels for mails and posts: signed, so that nobody else can make one.",
    no_args_is_help=True,
    add_completion=False,
)

_SERVER: Final = "http://127.0.0.1:8787"


@app.command("make")
def make(
    *,
    source: Annotated[str, typer.Option(help="The source whose events they are, such as mail.")],
    to: Annotated[str | None, typer.Option(help="Where the link leads, http or https.")] = None,
    pixel: Annotated[bool, typer.Option("--pixel", help="Make a pixel instead: a picture that nobody sees.")] = False,
    event: Annotated[
        str | None, typer.Option(help="What happened; default: link_clicked, of a pixel email_opened.")
    ] = None,
    properties: Annotated[
        list[str] | None, typer.Option("--property", help="Of the event, as name=value; may be repeated.")
    ] = None,
    user_id: Annotated[str | None, typer.Option(help="Who is sent it; without: it is counted by day.")] = None,
    channel: Annotated[str | None, typer.Option(help="Where it stands, as the map calls it, such as email.")] = None,
    server: Annotated[str, typer.Option(help="Where `resa serve` is reached.")] = _SERVER,
    folder: Folder = HERE,
) -> None:
    """Make a link that says that it was followed, or a pixel that says that it was seen. Nothing in it is secret."""
    if pixel == (to is not None):
        raise typer.BadParameter(sentence("give --to URL for a link, or --pixel"))
    named = {}
    for text in properties or ():
        name, sign, value = text.partition("=")
        if not sign or not name:
            raise typer.BadParameter(sentence("write --property name=value, not '{text}'", text=text))
        named[name] = value
    with opened(folder) as shop:
        address = shop.links.make(
            source, to, event=event, user_id=user_id, channel=channel, properties=named, server=server
        )
    OUT.print(address, markup=False, highlight=False, soft_wrap=True)


@app.command("show")
def show(
    address: Annotated[str, typer.Argument(help="The link or pixel.")],
    folder: Folder = HERE,
) -> None:
    """Show what a link or pixel says, and that this workspace made it."""
    with opened(folder) as shop:
        link = shop.links.read(address)
    said = {"source": link.source, "event": link.event, "to": link.to, "user_id": link.user_id, "channel": link.channel}
    for name, value in {**said, **{f"properties.{name}": value for name, value in link.properties.items()}}.items():
        if value is not None:
            OUT.print(f"{name}: {value}", markup=False, highlight=False, soft_wrap=True)

"""`resa tell`: tell owners what concerns them."""

from __future__ import annotations

from typing import Annotated

import typer

from resa.base.errors import WorkspaceError
from resa.base.language import sentence, sentences
from resa.base.showing import harmless
from resa.cli.console import OUT, say
from resa.cli.options import HERE, Folder, opened

__all__ = ["tell"]


def tell(
    *,
    dry: Annotated[
        bool, typer.Option("--dry", help="Show what would be told; nothing is sent, and nothing kept.")
    ] = False,
    test: Annotated[
        str | None,
        typer.Option(
            metavar="WHO", help="Send one message to a person, by their address, or to a webhook, by its name."
        ),
    ] = None,
    folder: Folder = HERE,
) -> None:
    """Tell owners what concerns them, by mail and webhook: what happened and was not told yet; on Mondays, how it went.

    `resa serve` does it by itself.
    """
    from resa.workspace.telling import Recipients, can_tell, tell, tell_test  # noqa: PLC0415 - heavy

    with opened(folder) as shop:
        if test is not None:
            tell_test(shop, test)
            say(sentence("the message is sent"))
            return
        if not can_tell(shop) and not dry:
            raise WorkspaceError(
                sentence("there is no way to tell anybody: set smtp_host and smtp_from, or webhooks, in resa.toml")
            )
        outcome, recipients = tell(shop, dry=dry), Recipients(shop)
        if outcome.busy:
            raise WorkspaceError(sentence("another process tells just now; try again"))
        for recipient, message in outcome.messages:
            OUT.print(harmless(f"{recipients.name(recipient)}: {message.subject}"), markup=False, highlight=False)
            for line in message.lines:
                text = f"  {line.title}: {line.text} ({line.fresh})"
                OUT.print(harmless(text), markup=False, highlight=False, soft_wrap=True)
    for key in outcome.failed:
        say(sentence("the numbers of '{map}' could not be looked at now", map=key))
    if not outcome.messages:
        say(sentence("there is nothing new to tell anybody"))
    if dry:
        return
    if outcome.sent:
        say(sentences("{n} message is sent", "{n} messages are sent", outcome.sent))
    if outcome.unsent:
        words = sentences("{n} message could not be sent", "{n} messages could not be sent", outcome.unsent)
        raise WorkspaceError(sentence("{said}; the page of owners in the settings says why", said=words))

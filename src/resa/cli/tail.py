"""`resa tail`: what comes in, as it comes in."""

from __future__ import annotations

import time
from datetime import datetime
from itertools import islice
from typing import Annotated, Final

import typer

from resa.base.language import sentence
from resa.base.showing import harmless
from resa.cli.console import OUT, say
from resa.cli.options import HERE, Folder, check_source, opened
from resa.cli.speaking import told
from resa.collector import WORDS, said_again

__all__ = ["tail"]

_EACH_SECONDS: Final = 0.5
_MOST_LINES: Final = 40
_WORDS: Final = {"good": sentence("good"), "rejected": sentence("rejected"), "bot": sentence("bot")}


def tail(
    *,
    source: Annotated[str | None, typer.Option(help="Only this source.")] = None,
    rejected: Annotated[bool, typer.Option("--rejected", help="Only what was refused.")] = False,
    seconds: Annotated[float | None, typer.Option(min=0, help="Stop after so long; default: at Ctrl+C.")] = None,
    folder: Folder = HERE,
) -> None:
    """Show what comes in as it comes in, and what is refused and why, until Ctrl+C. Lines name customers."""
    from resa.workspace.tailing import Tail  # noqa: PLC0415 - heavy; most commands do without it

    with opened(folder) as shop:
        if source is not None:
            check_source(shop, source)
        following = Tail(shop.store)
        say(sentence("showing what comes in; stop with Ctrl+C"))
        began = time.monotonic()
        while seconds is None or time.monotonic() - began < seconds:
            chosen = (
                seen
                for seen in following.look()
                if source in {None, seen.source} and (seen.outcome == "rejected" or not rejected)
            )
            for seen in islice(chosen, _MOST_LINES):
                good = seen.outcome != "rejected"
                word = told(_WORDS[seen.outcome])
                what = harmless(seen.what) if good else told(WORDS[seen.what])
                more = harmless(seen.more) if good else told(said_again(seen.more))
                now = f"{datetime.now().astimezone():%H:%M:%S}"
                OUT.print(f"{now}  {seen.source:<12}  {word:<8}  {what:<24}  {more}", markup=False)
            if left := sum(1 for _ in chosen):
                say(sentence("… and {n} more", n=left))
            time.sleep(_EACH_SECONDS)

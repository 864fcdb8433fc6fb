"""`resa serve`: take events over HTTP, and keep every number current."""

from __future__ import annotations

from typing import Annotated

import typer

from resa.base.language import sentence
from resa.cli.console import say
from resa.cli.options import HERE, Folder, opened

__all__ = ["serve"]


def serve(
    *,
    host: Annotated[
        str, typer.Option(help="Address to listen at; 127.0.0.1: only this machine, 0.0.0.0: every network.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port to listen at.")] = 8787,
    folder: Folder = HERE,
) -> None:
    """Take events over HTTP, as Segment's clients send them, and keep the map's numbers current, until Ctrl+C."""
    from resa.web import Collector, serve  # noqa: PLC0415 - heavy; most commands serve nothing
    from resa.workspace.living import Live  # noqa: PLC0415 - see above

    with opened(folder) as shop:
        if not any(key.revoked_at is None for key in shop.list_keys()):
            say(sentence("nobody has a key to send events with yet; make one: resa keys make web"))
        with Live(shop) as live:
            collector = Collector(live.arrivals, live.source_of, live.now, live.hindered)

            def started() -> None:
                say(sentence("listening at {address}; stop with Ctrl+C", address=f"http://{host}:{port}"))

            serve(collector, host=host, port=port, started=started, stopped=lambda: live.ended is not None)
        total = live.total
        say(
            sentence(
                "took {requests} requests: {good} rows good, {rejected} rejected, {duplicate} there already",
                requests=total.arrivals,
                good=total.good,
                rejected=total.rejected,
                duplicate=total.duplicate,
            )
        )
        if live.ended is not None:
            raise live.ended

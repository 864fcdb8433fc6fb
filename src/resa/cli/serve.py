"""`resa serve`: take events over HTTP, and keep every number current."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer

from resa.base.errors import WorkspaceError
from resa.base.language import sentence
from resa.cli.console import say
from resa.cli.options import HERE, Folder, opened

if TYPE_CHECKING:
    from resa.runtime import Drained
    from resa.workspace import Workspace

__all__ = ["serve", "serve_until"]


def serve(
    *,
    host: Annotated[
        str | None, typer.Option(help="Address to listen at; 0.0.0.0: every network. Default: as `resa settings` says.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="Port to listen at. Default: as `resa settings` says.")
    ] = None,
    folder: Folder = HERE,
) -> None:
    """Take events over HTTP, from Segment's clients and webhooks; keep the map's numbers current, until Ctrl+C."""
    from resa.collector import Hooks  # noqa: PLC0415 - heavy; most commands serve nothing
    from resa.web import unready  # noqa: PLC0415 - see above

    with opened(folder) as shop:
        host = shop.settings.host if host is None else host
        port = shop.settings.port if port is None else port
        hooks = Hooks(shop.folder).all()
        if not hooks and not any(key.revoked_at is None for key in shop.keys.all()):
            say(sentence("nobody has a key to send events with yet; make one: resa keys make web"))

        def started(address: str) -> None:
            say(sentence("listening at {address}; stop with Ctrl+C", address=address))
            for source in hooks:
                why = unready(source, os.environ, shop.keys.all())
                at = f"{address}/hooks/{source.name}"
                say(
                    sentence("takes webhooks at {address}", address=at)
                    if why is None
                    else sentence("takes no webhooks at {address} yet: {why}", address=at, why=why)
                )

        total = serve_until(shop, host, port, started=started, ended=lambda: False)
    say(
        sentence(
            "took {requests} requests: {good} rows good, {rejected} rejected, {duplicate} there already",
            requests=total.arrivals,
            good=total.good,
            rejected=total.rejected,
            duplicate=total.duplicate,
        )
    )


def serve_until(
    shop: Workspace, host: str, port: int, *, started: Callable[[str], None], ended: Callable[[], bool]
) -> Drained:
    """Serve a workspace until Ctrl+C, SIGTERM, or `ended` says so; what its arrivals became.

    Args:
        shop: The workspace.
        host: Address to listen at.
        port: Port to listen at; 0: one that is free.
        started: Called with the address for browsers and libraries, once requests are taken.
        ended: Asked several times a second.

    Raises:
        WorkspaceError: It cannot listen there, or the server ended by itself.
    """
    from resa.web import Server  # noqa: PLC0415 - heavy; most commands serve nothing
    from resa.workspace.living import Live  # noqa: PLC0415 - see above

    stopped = Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stopped.set())
    live = Live(shop, say)
    with Server(shop.folder, shop.store.layout.root, host, port) as server:

        def ready() -> None:
            server.start()
            started(server.address)

        def over() -> bool:
            if ended():
                stopped.set()
            if stopped.is_set() or not server.lives:
                server.stop()
                return True
            return False

        live.run(ready=ready, stopped=over)
    if not stopped.is_set():
        raise WorkspaceError(sentence("the server ended by itself; start it again"))
    return live.total

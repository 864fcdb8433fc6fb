"""`resa serve`: take events over HTTP, and keep every number current."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer

from resa.base.errors import ResaError, WorkspaceError
from resa.base.language import sentence
from resa.cli.log import Form, Tell, teller
from resa.cli.options import HERE, Folder, opened
from resa.workspace.create import make_empty
from resa.workspace.first_links import NO_LINK, FirstLink

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
    log_format: Annotated[
        Form | None, typer.Option(help="Lines for people, or JSON, an object a line. Default: as `resa settings` says.")
    ] = None,
    new: Annotated[
        bool,
        typer.Option("--new", help="Make the folder a workspace first, if it is none; the browser takes files."),
    ] = False,
    folder: Folder = HERE,
) -> None:
    """Take events over HTTP, from Segment's clients and webhooks; keep the map's numbers current, until Ctrl+C.

    What has begun is answered first. Another Ctrl+C, or a second signal, ends it at once; nothing accepted is lost.
    """
    if new:
        make_empty(folder)
    with opened(folder) as shop:
        tell = teller(log_format or shop.settings.log_format)
        host = shop.settings.host if host is None else host
        port = shop.settings.port if port is None else port
        try:
            total = _serve(shop, host, port, tell)
        except ResaError as error:
            if (log_format or shop.settings.log_format) == "text":
                raise
            tell("failed", "error", sentence("error: {message}", message=error.message))
            raise typer.Exit(1) from None
    tell(
        "stopped",
        "info",
        sentence(
            "took {requests} requests: {good} rows good, {rejected} rejected, {duplicate} there already",
            requests=total.arrivals,
            good=total.good,
            rejected=total.rejected,
            duplicate=total.duplicate,
        ),
    )


def _serve(shop: Workspace, host: str, port: int, tell: Tell) -> Drained:
    from resa.collector import Hooks  # noqa: PLC0415 - heavy; most commands serve nothing
    from resa.web import unready  # noqa: PLC0415 - see above

    hooks = Hooks(shop.folder).all()
    secret, first = ("", NO_LINK) if shop.people.anybody() else FirstLink.new(shop.clock())

    keyless = not hooks and not any(key.scope == "collect" and key.revoked_at is None for key in shop.keys.all())

    def started(address: str) -> None:
        here = sentence("listening at {address}; stop with Ctrl+C", address=address)
        key = sentence(
            "nobody can send events yet; make a key at {place}, or by: resa keys make web",
            place=f"{_for_a_browser(address)}/settings/keys",
        )
        if secret:  # one thing is to be done first; what comes later stands below it
            link = f"{_for_a_browser(address)}/setup/{secret}"
            words = sentence("open this link in a browser to be the first; once, within an hour: {link}", link=link)
            tell("setup", "warning", words)
            here = sentence("  listening at {address}, where you come in later; stop with Ctrl+C", address=address)
            key = sentence("  for a site or an app to send events, later, make a key at {place}", **key.values)
        tell("listening", "info", here)
        if keyless:
            tell("keys", "warning", key)
        for source in hooks:
            why = unready(source, os.environ, shop.keys.all())
            at = f"{address}/hooks/{source.name}"
            if why is None:
                tell("hook", "info", sentence("takes webhooks at {address}", address=at))
            else:
                words = sentence("takes no webhooks at {address} yet: {why}", address=at, why=why)
                tell("hook-unready", "warning", words)

    return serve_until(shop, host, port, started=started, ended=lambda: False, tell=tell, first=first)


def _for_a_browser(address: str) -> str:
    """An address that leads here from this machine: every network is none that a browser can open."""
    for every, here in (("//0.0.0.0:", "//127.0.0.1:"), ("//[::]:", "//[::1]:")):
        address = address.replace(every, here)
    return address


def _teller_of_refused(tell: Tell) -> Callable[[Mapping[str, int]], None]:
    """What tells, once a minute, how many requests were refused for which reasons."""

    def refused(reasons: Mapping[str, int]) -> None:
        each = ", ".join(f"{name} {n}" for name, n in sorted(reasons.items()))
        total = sum(reasons.values())
        tell("refused", "warning", sentence("requests refused in a minute: {n} ({each})", n=total, each=each))

    return refused


def serve_until(
    shop: Workspace,
    host: str,
    port: int,
    *,
    started: Callable[[str], None],
    ended: Callable[[], bool],
    tell: Tell = teller("text"),  # noqa: B008 - a function, the same for all
    first: FirstLink = NO_LINK,
) -> Drained:
    """Serve a workspace until Ctrl+C, SIGTERM, or `ended` says so; what its arrivals became.

    Args:
        shop: The workspace.
        host: Address to listen at.
        port: Port to listen at; 0: one that is free.
        started: Called with the address for browsers and libraries, once requests are taken.
        ended: Asked several times a second.
        tell: Writes what the one who runs it should know.
        first: The link by which the first person comes in, or who runs a demo.

    Raises:
        WorkspaceError: It cannot listen there, or the server ended by itself.
    """
    from resa.web import Server  # noqa: PLC0415 - heavy; most commands serve nothing
    from resa.workspace.living import Live  # noqa: PLC0415 - see above

    stopped = Event()
    live = Live(
        shop,
        lambda text: tell("trouble" if live.trouble is None else "recovered", "warning", text),
        lambda text: tell("source", "warning", text),
    )
    with Server(shop.folder, shop.store.layout.root, host, port, _teller_of_refused(tell), first) as server:

        def stop(number: int, _frame: object) -> None:
            if stopped.is_set():  # what was accepted is on the disk, and nobody waits for more
                server.kill()
                os._exit(128 + number)
            stopped.set()

        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, stop)

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

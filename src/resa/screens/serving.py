"""Running the screens until the process that started this one says so or is gone.

The first line of its input is a secret that both share: requests without it are nobody's business here. The second
says what is known of the link of this start. It says on its output at which port of this machine it listens, and ends
with its input.
"""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Final

from resa.base.errors import ResaError
from resa.screens.application import application
from resa.screens.frame import style_sheet
from resa.screens.reports import told_of
from resa.screens.visits import Desk
from resa.workspace.first_links import FirstLink

if TYPE_CHECKING:
    from litestar import Litestar

__all__ = ["run", "warm_up"]

_HOST: Final = "127.0.0.1"
_LAST_SECONDS: Final = 3.0
_LOOK_SECONDS: Final = 0.02
_READY_SECONDS: Final = 3.0


def run(folder: Path) -> None:
    """The process: shows screens until its input ends, by whatever became of its parent."""
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)  # its parent hears them, and ends it
    secret, first = (sys.stdin.readline().strip() for _ in range(2))
    try:
        app = application(folder, secret, FirstLink.read(first))
    except ResaError as error:  # its files are just being changed, for instance; it is started again
        sys.exit(str(error.message))
    asyncio.run(_serve(app))


async def _serve(app: Litestar) -> None:
    with _held_port() as port:
        await _serve_at(app, port)


async def _serve_at(app: Litestar, port: int) -> None:
    from granian.constants import HTTPModes, Interfaces  # noqa: PLC0415 - heavy; only the process needs it
    from granian.server.embed import Server as Granian  # noqa: PLC0415 - see above

    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), ended.set)  # nothing more is said: it can only be closed
    server = Granian(
        app,
        address=_HOST,
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        websockets=False,
        log_enabled=False,
    )
    serving = asyncio.create_task(server.serve())
    if not await _listens(serving, port):
        serving.exception()  # taken, so that nobody is shown where in the library it was raised
        sys.exit("the screens could not listen")  # they are started again, at another port
    loop, shown = asyncio.get_running_loop(), asyncio.Event()

    def warming() -> None:
        _warm_first_page(app.state.desk)
        with suppress(RuntimeError):  # it has ended meanwhile
            loop.call_soon_threadsafe(shown.set)
        _warm_the_rest(app.state.desk)

    Thread(target=warming, name="warming", daemon=True).start()
    with suppress(TimeoutError):  # who looks meanwhile would only hold it up
        await asyncio.wait_for(shown.wait(), _READY_SECONDS)
    sys.stdout.write(f"listening at port {port}\n")
    sys.stdout.flush()
    await asyncio.wait([serving, asyncio.create_task(ended.wait())], return_when=asyncio.FIRST_COMPLETED)
    server.stop()  # type: ignore[no-untyped-call]  # the library says nothing of it
    await asyncio.wait([serving], timeout=_LAST_SECONDS)
    serving.cancel()
    with suppress(asyncio.CancelledError):
        await serving


async def _listens(serving: asyncio.Task[None], port: int) -> bool:
    """Wait until somebody answers at a port; `False`: the server ended, and whoever answers there is not ours."""
    while not serving.done():
        with suppress(OSError):
            _, writer = await asyncio.open_connection(_HOST, port)
            writer.close()
            await asyncio.sleep(0)  # let it say that it could not bind
            return not serving.done()
        await asyncio.sleep(_LOOK_SECONDS)
    return False


@contextmanager
def _held_port() -> Iterator[int]:
    """A port that is free; as long as the block runs no other user's process gets it.

    The server binds it by itself. On Linux it does so beside our socket, which listens to nobody, as two sockets of one
    user may that both say SO_REUSEPORT; elsewhere ours is let go first.
    """
    with socket.socket() as held:
        if sys.platform == "linux":
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        held.bind((_HOST, 0))
        port: int = held.getsockname()[1]
        if sys.platform != "linux":
            held.close()
        yield port


def warm_up(desk: Desk) -> None:
    """Have ready what pages say, how they look and what measures, before somebody clicks."""
    _warm_first_page(desk)
    _warm_the_rest(desk)


def _warm_first_page(desk: Desk) -> None:
    style_sheet()
    with suppress(ResaError):  # there are no events yet, for instance; whoever asks is told
        shop, shared = desk.now()
        for journey_map in shop.maps.values():
            told_of(shop, shared, journey_map)


def _warm_the_rest(desk: Desk) -> None:
    from resa.workspace import warm  # noqa: PLC0415 - it takes seconds the first time

    with suppress(ResaError):
        shop, shared = desk.now()
        for journey_map in shop.maps.values():
            if journey_map.metrics:  # what they say of events is asked of every event file
                shared.measure.metrics(map=journey_map.key)
    warm()
    gc.collect()
    gc.freeze()  # what is there by now stays; to look through it again held all readers up for 0.2 s, time and again

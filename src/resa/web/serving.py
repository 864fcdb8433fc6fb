"""Running the collector, in a process of its own, until the one that started it says so or is gone."""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
import socket
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final, Self

from resa.base.errors import WorkspaceError
from resa.base.language import Sentence, as_it_is, sentence
from resa.runtime import Intake
from resa.storage import Arrivals, Store
from resa.web.collecting import Collector

__all__ = ["Server"]

_START_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 30.0


class Server:
    """The process that takes requests; a context manager.

    Args:
        data: The workspace's data folder.
        host: Address to listen at; 127.0.0.1: only this machine reaches it.
        port: TCP port.
    """

    def __init__(self, data: Path, host: str, port: int) -> None:
        spawning = multiprocessing.get_context("spawn")
        self._control, theirs = spawning.Pipe()
        self._process = spawning.Process(target=_run, args=(data, host, port, theirs), name="collector", daemon=True)

    def start(self) -> None:
        """Start it; returns once it listens.

        Raises:
            WorkspaceError: It cannot listen there, or did not start.
        """
        self._process.start()
        said = self._control.recv() if self._control.poll(_START_SECONDS) else _SILENT
        if said is not None:
            raise WorkspaceError(said)

    @property
    def lives(self) -> bool:
        """Whether it is still there."""
        return self._process.is_alive()

    def stop(self) -> None:
        """Tell it to answer what it has begun, and to end."""
        self._control.close()
        if self._process.pid is not None:
            self._process.join(_STOP_SECONDS)
            self._process.kill()

    def __enter__(self) -> Self:
        """The server itself, not started yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        self.stop()


_SILENT: Final = sentence("the server did not start within a minute; run the command again")


def _run(data: Path, host: str, port: int, control: Connection) -> None:
    """The process: serves until the pipe is closed, by whatever became of its parent."""
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)  # its parent hears them, and tells it to end
    with Store.open(data) as store, Arrivals(store.layout.arrivals) as arrivals:
        intake = Intake(store, arrivals)
        asyncio.run(_serve(Collector(intake), host, port, control))


async def _serve(collector: Collector, host: str, port: int, control: Connection) -> None:
    from granian.constants import Interfaces  # noqa: PLC0415 - heavy; only the process needs it
    from granian.server.embed import Server as Granian  # noqa: PLC0415 - see above

    if (why := _taken(host, port)) is not None:
        control.send(why)
        return
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(control.fileno(), ended.set)  # nothing is ever said: it can only be closed
    server = Granian(collector, address=host, port=port, interface=Interfaces.ASGI, log_enabled=False)
    serving = asyncio.create_task(server.serve())
    await _answers(host, port)
    control.send(None)
    looking = asyncio.create_task(_look(collector.intake))
    await asyncio.wait([serving, asyncio.create_task(ended.wait())], return_when=asyncio.FIRST_COMPLETED)
    looking.cancel()
    server.stop()  # type: ignore[no-untyped-call]  # the library says nothing of it
    await serving


async def _look(intake: Intake) -> None:
    """See to what is consumed, while nobody sends anything too."""
    while True:
        intake.look()
        await asyncio.sleep(1.0)


def _taken(host: str, port: int) -> Sentence | None:
    """Why nothing can listen there; `None`: it can."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
    except OSError as error:
        return sentence(
            "cannot listen at {host}:{port} ({reason}); give another --host or --port",
            host=host,
            port=str(port),
            reason=as_it_is(error.strerror or str(error)),
        )
    return None


async def _answers(host: str, port: int) -> None:
    """Wait until a connection is taken."""
    place = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not listened at
    while True:
        with suppress(OSError):
            _, writer = await asyncio.open_connection(place, port)
            writer.close()
            return
        await asyncio.sleep(0.02)

"""Running the collector, in a process of its own, until the one that started it says so or is gone.

The two share pipes: the process says on its output that it listens, or why it cannot; and ends with its input.
"""

from __future__ import annotations

import asyncio
import selectors
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO, Final, Self

from resa.base.errors import WorkspaceError
from resa.base.language import as_it_is, sentence
from resa.runtime import Intake
from resa.storage import Arrivals, Store
from resa.web.collecting import Collector

__all__ = ["Server", "run"]

_START_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 30.0
_LISTENING: Final = "listening"


class Server:
    """The process that takes requests; a context manager that stops it.

    Args:
        data: The workspace's data folder.
        host: Address to listen at; 127.0.0.1: only this machine reaches it.
        port: TCP port.
    """

    def __init__(self, data: Path, host: str, port: int) -> None:
        self._place = (host, port)
        self._command = [sys.executable, "-m", "resa.web", str(data), host, str(port)]
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it; returns once it listens.

        Raises:
            WorkspaceError: It cannot listen there, or did not start.
        """
        self._process = subprocess.Popen(  # noqa: S603 - Python itself, and what was checked
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        said = _line(self._process.stdout)
        if said == _LISTENING:
            return
        host, port = self._place
        raise WorkspaceError(
            sentence(
                "cannot listen at {host}:{port} ({reason}); give another --host or --port",
                host=host,
                port=str(port),
                reason=as_it_is(said) if said else sentence("the server did not start"),
            )
        )

    @property
    def lives(self) -> bool:
        """Whether it is there."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Let it answer what it has begun, and end."""
        if self._process is None:
            return
        with suppress(subprocess.TimeoutExpired):
            self._process.communicate(timeout=_STOP_SECONDS)
        self._process.kill()
        self._process.wait()
        self._process = None

    def __enter__(self) -> Self:
        """The server itself, not started yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        self.stop()


def _line(stream: IO[str] | None) -> str:
    """The first line that the process says; empty: it says nothing in time, or is gone."""
    if stream is None:
        return ""
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        return stream.readline().strip() if selector.select(_START_SECONDS) else ""


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def run(data: Path, host: str, port: int) -> None:
    """The process: serves until its input ends, by whatever became of its parent."""
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)  # its parent hears them, and ends it
    with Store.open(data) as store, Arrivals(store.layout.arrivals) as arrivals:
        asyncio.run(_serve(Collector(Intake(store, arrivals)), host, port))


async def _serve(collector: Collector, host: str, port: int) -> None:
    from granian.constants import Interfaces  # noqa: PLC0415 - heavy; only the process needs it
    from granian.server.embed import Server as Granian  # noqa: PLC0415 - see above

    if (why := _taken(host, port)) is not None:
        _say(why)
        return
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), ended.set)  # nothing is ever said: it can only be closed
    server = Granian(collector, address=host, port=port, interface=Interfaces.ASGI, log_enabled=False)
    serving = asyncio.create_task(server.serve())
    await _answers(host, port)
    _say(_LISTENING)
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


def _taken(host: str, port: int) -> str | None:
    """Why nothing can listen there; `None`: it can."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
    except OSError as error:
        return error.strerror or str(error)
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

"""Running the collector, in a process of its own, until the one that started it says so or is gone.

The two share pipes: the process says on its output that it listens, or why it cannot; and ends with its input.
"""

from __future__ import annotations

import asyncio
import json
import selectors
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from threading import Thread
from typing import IO, Final, Self

from resa.base.errors import ResaError, WorkspaceError
from resa.base.language import as_it_is, sentence
from resa.base.settings import Settings, read_settings
from resa.collector import Hooks
from resa.runtime import Intake
from resa.storage import Store
from resa.web.collecting import Collector
from resa.web.metrics import Metrics
from resa.web.screens import Screens
from resa.workspace import Workspace
from resa.workspace.first_links import NO_LINK, FirstLink

__all__ = ["Server", "run"]

_START_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 30.0
_LAST_SECONDS: Final = 3.0
"""So long may requests that have begun take to come to their end once the server is to stop."""
_LOOK_SECONDS: Final = 1.0
_TELL_SECONDS: Final = 60.0
_LISTENING: Final = "listening at port "

_SESSIONS: Final = ("resa-session", "__Host-resa-session")
"""What screens call the cookies of who is signed in: without TLS, and by it."""

_OWN_FILES: Final = 256

_HEAD_BYTES: Final = 64 * 1024


class Server:
    """The process that takes requests; a context manager that stops it.

    Args:
        folder: The workspace.
        data: Its data folder.
        host: Address to listen at; 127.0.0.1: only this machine reaches it.
        port: TCP port; 0: one that is free.
        refused: Called, by another thread, with how many requests were refused in a minute, by reason.
        first: The link by which the first person comes in, or who runs a demo.

    Attributes:
        address: Where it listens, for browsers and libraries.
    """

    def __init__(
        self,
        folder: Path,
        data: Path,
        host: str,
        port: int,
        refused: Callable[[Mapping[str, int]], None],
        first: FirstLink = NO_LINK,
    ) -> None:
        self._refused = refused
        self._host = f"[{host}]" if ":" in host else host
        self.address = f"http://{self._host}:{port}"
        self._command = [sys.executable, "-m", "resa.web", str(folder), str(data), host, str(port), str(first)]
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it; returns once it listens.

        Raises:
            WorkspaceError: It cannot listen there, or did not start.
        """
        self._process = subprocess.Popen(  # noqa: S603 - Python itself, and what was checked
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            process_group=0,  # Ctrl+C reaches its parent alone, while it starts, too
        )
        said = _line(self._process.stdout)
        if said.startswith(_LISTENING):
            self.address = f"http://{self._host}:{said.removeprefix(_LISTENING)}"
            Thread(target=self._listen, args=(self._process.stdout,), name="refused", daemon=True).start()
            return
        raise WorkspaceError(
            sentence(
                "cannot listen at {address} ({reason}); give another --host or --port",
                address=self.address,
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
        if self._process.stdin is not None:
            self._process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_STOP_SECONDS)
        self.kill()
        self._process.wait()
        self._process = None

    def kill(self) -> None:
        """End it at once."""
        if self._process is not None:
            self._process.kill()

    def _listen(self, stream: IO[str]) -> None:
        """Hear what it says, to its end."""
        for line in stream:
            with suppress(ValueError):
                self._refused(json.loads(line))
        stream.close()

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


def run(folder: Path, data: Path, host: str, port: int, first: str) -> None:
    """The process: serves until its input ends, by whatever became of its parent."""
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)  # its parent hears them, and ends it
    settings = read_settings(folder / "resa.toml")
    with Store.open(data) as store, store.arrivals() as arrivals, Workspace(folder) as shop:
        screens = Screens(folder, wanted=bool(shop.people.all()), first=first, signed_in=partial(_signed_in, shop))
        collector = Collector(Intake(store, arrivals, settings), Hooks(folder), settings, shop, screens)
        asyncio.run(_serve(collector, screens, settings, host, port))


def _signed_in(shop: Workspace, cookies: str) -> bool:
    """Whether a browser's cookies are those of somebody who is signed in."""
    with suppress(ResaError, CookieError):
        found = SimpleCookie(cookies)
        tokens = (found[name].value for name in _SESSIONS if name in found)
        return any(shop.people.signed_in(token) is not None for token in tokens)
    return False


async def _serve(collector: Collector, screens: Screens, settings: Settings, host: str, port: int) -> None:
    from granian.constants import HTTPModes, Interfaces  # noqa: PLC0415 - heavy; only the process needs it
    from granian.http import HTTP1Settings  # noqa: PLC0415 - see above
    from granian.server.embed import Server as Granian  # noqa: PLC0415 - see above

    try:
        host, port = _place(host, port)
    except OSError as error:
        _say(error.strerror or str(error))
        return
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), ended.set)  # nothing is ever said: it can only be closed
    server = Granian(
        collector,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,  # of the second version, none of the limits below holds
        websockets=False,
        backlog=1_024,
        backpressure=_most_connections(settings.connections),
        http1_settings=HTTP1Settings(header_read_timeout=settings.head_seconds * 1_000, max_buffer_size=_HEAD_BYTES),
        log_enabled=False,
    )
    serving = asyncio.create_task(server.serve())
    await _answers(host, port)
    _say(f"{_LISTENING}{port}")
    beside = (_look(collector.intake), _tell(collector.metrics), screens.run())
    looking = [asyncio.create_task(one) for one in beside]
    await asyncio.wait([serving, asyncio.create_task(ended.wait())], return_when=asyncio.FIRST_COMPLETED)
    for task in looking:
        task.cancel()
    await asyncio.wait(looking)
    server.stop()  # type: ignore[no-untyped-call]  # the library says nothing of it
    await asyncio.wait([serving], timeout=_LAST_SECONDS)
    serving.cancel()  # whoever is slower was promised nothing
    with suppress(asyncio.CancelledError):
        await serving


async def _look(intake: Intake) -> None:
    """See to what is consumed, while nobody sends anything too."""
    while True:
        with suppress(ResaError):  # whoever sends is told
            intake.look()
        await asyncio.sleep(_LOOK_SECONDS)


async def _tell(metrics: Metrics) -> None:
    """Say once a minute what was refused, by reason and nothing more."""
    while True:
        await asyncio.sleep(_TELL_SECONDS)
        if refusals := metrics.refusals():
            _say(json.dumps(refusals))


def _place(host: str, port: int) -> tuple[str, int]:
    """The address and the port to listen at; raises `OSError` where nothing can."""
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind, protocol) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        trial.bind(address)
        found = trial.getsockname()
    return str(found[0]), int(found[1])


def _most_connections(wanted: int) -> int:
    """So many as are wanted and the system lets one process hold, beside its files; idle ones count, too."""
    try:
        import resource  # noqa: PLC0415 - not on every system
    except ImportError:
        return min(wanted, 512)
    endless, needed = resource.RLIM_INFINITY, wanted + _OWN_FILES
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed != endless and allowed < needed:
        allowed = needed if most == endless else min(most, needed)
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, most))
    return wanted if allowed == endless else max(64, min(wanted, allowed - _OWN_FILES))


async def _answers(host: str, port: int) -> None:
    """Wait until a connection is taken."""
    place = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not listened at
    while True:
        with suppress(OSError):
            _, writer = await asyncio.open_connection(place, port)
            writer.close()
            return
        await asyncio.sleep(0.02)

"""The demo's shop in a browser: served, with a link that signs in, while new customers come."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any, Final, Self

from resa import workspace
from resa.base.language import sentence, sentences
from resa.cli.browsing import open_in_browser
from resa.cli.console import OUT, program, say
from resa.cli.serve import serve_until
from resa.web import Sender
from resa.workspace.first_links import FIRST_SECONDS, FirstLink

__all__ = ["Coming", "serve_demo"]

_HOST: Final = "127.0.0.1"
_PORT: Final = 8787

_A_DAY: Final = 12_000
"""Customers who come each day: an event every two seconds or so."""

_PERSON: Final = "demo@example.com"

_SHOWN_SECONDS: Final = 20.0
_LOOK_SECONDS: Final = 0.1


class Coming:
    """Customers who come from now on; another process draws them, beside everything else. A context manager.

    Args:
        today: The day in the shop's zone.
    """

    def __init__(self, today: date) -> None:
        self._command = [sys.executable, "-m", "resa.workspace.made_up_days", "retail", today.isoformat(), str(_A_DAY)]

    def __enter__(self) -> Self:
        """Begin to draw them."""
        self._place = TemporaryDirectory(prefix="resa-demo-")
        self._process = subprocess.Popen(  # noqa: S603 - Python itself, and a day
            self._command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            process_group=0,  # Ctrl+C reaches its parent alone
            env={**os.environ, "TMPDIR": self._place.name},
        )
        return self

    def __exit__(self, *_: object) -> None:
        """Draw no more."""
        self.stop()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._place.cleanup()

    def stop(self) -> None:
        """End it; whoever waits for the next call is told that there is none."""
        self._process.kill()
        self._process.wait()

    def calls(self) -> Iterator[tuple[datetime, Any]]:
        """What they do, in the order of time, from the moment of the first question on."""
        now = datetime.now(UTC)
        if self._process.stdout is None:
            return
        for line in self._process.stdout:
            with suppress(ValueError):  # the last one may be cut
                said = json.loads(line)
                if (at := datetime.fromisoformat(said["at"])) > now:
                    yield at, said["call"]


def serve_demo(folder: Path, coming: Coming, *, port: int | None, browser: bool, seconds: float | None) -> None:
    """Serve the shop until Ctrl+C, or for some seconds, and say what came.

    Args:
        folder: The shop.
        coming: Who comes meanwhile.
        port: To listen at; `None`: the usual one, or one that is free.
        browser: Whether to open one.
        seconds: For so long; `None`: until Ctrl+C.
    """
    senders: list[Sender] = []
    until: list[float] = []
    with workspace.open(folder) as shop:
        token = shop.people.invite(_PERSON, "Demo", "admin", holds=timedelta(seconds=FIRST_SECONDS))
        key = shop.keys.make("live")

        def started(address: str) -> None:
            senders.append(Sender(_HOST, int(address.rpartition(":")[2]), key, coming.calls()))
            senders[0].start()
            until.append(time.monotonic() + (float("inf") if seconds is None else seconds))
            link = f"{address}/demo/{token}"
            _wait_for_screens(address)
            say(sentence("open it in a browser of this machine; it signs you in, once, within an hour:"))
            OUT.print(f"\n  {link}\n", markup=False, highlight=False, soft_wrap=True)
            say(sentence("events come in at their moments; stop with Ctrl+C. In another terminal:"))
            OUT.print(f"  {program()} tail -w {folder}", markup=False)
            if browser:
                Thread(target=open_in_browser, args=(link, folder), name="browser", daemon=True).start()

        def ended() -> bool:
            return time.monotonic() > until[0]

        first = FirstLink.of("demo", token, shop.clock())
        total = serve_until(shop, _HOST, _free_port(port), started=started, ended=ended, first=first)
        coming.stop()
        senders[0].stop()
    say(
        sentence(
            "stopped; {events} came meanwhile. The shop is still there: {program} serve -w {folder}",
            events=sentences("{n} event", "{n} events", total.good),
            program=program(),
            folder=folder,
        )
    )


def _free_port(port: int | None) -> int:
    """The port that is wanted; else the usual one, or any, if that is taken."""
    if port is not None:
        return port
    with socket.socket() as trial:
        try:
            trial.bind((_HOST, _PORT))
        except OSError:
            return 0
    return _PORT


def _wait_for_screens(address: str) -> None:
    """Return once pages are shown: whoever follows the link then waits for nothing."""
    began = time.monotonic()
    while time.monotonic() - began < _SHOWN_SECONDS:
        connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=_SHOWN_SECONDS)
        with suppress(OSError, http.client.HTTPException), closing(connection):
            connection.request("GET", "/sign-in")
            if connection.getresponse().status == http.client.OK:
                return
        time.sleep(_LOOK_SECONDS)

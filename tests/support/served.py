"""A workspace that is served by the real command, in processes of its own."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Self

from resa import workspace
from resa.storage import make_key

__all__ = ["MAP", "NotStarted", "Served", "new_shop"]

MAP = """resa: 1
title: A shop
stages:
  consideration: [product_page]
  conversion: [cart, purchase]
touchpoints:
  product_page: {expect: [{next: cart, within: 1 day}]}
  cart: {expect: [{next: purchase, within: 4 hours}]}
signals:
  product_page: {page: /p/*}
  cart: {event: product_added}
  purchase: {event: order_completed, value: properties.total}
"""

_START_SECONDS = 90


def new_shop(folder: Path) -> str:
    """Make a workspace with a map; the key that sends its events."""
    folder.mkdir(exist_ok=True)
    (folder / "journey.yaml").write_text(MAP, encoding="utf-8")
    with workspace.open(folder) as shop:
        return make_key(shop.store, "web", source_id="web")


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


class NotStarted(AssertionError):
    """It ended before it listened; its error output."""


class Served:
    """`resa serve` of a folder, with further options; a context manager that stops it as Ctrl+C would.

    Args:
        folder: The workspace.
        options: Of the command.
        under: A command that runs it and disturbs it; its process must become the server's own.
        environment: Variables beside the test's.
    """

    def __init__(
        self,
        folder: Path,
        *options: str,
        under: Sequence[str] = (),
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.folder = folder
        self.options = options
        self.under = under
        self.environment = environment
        self.port = _free_port()
        self.output = ""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        """Start it; returns once it listens."""
        command = [*self.under, sys.executable, "-m", "resa.cli", "serve", "-w", str(self.folder)]
        command += ["--port", str(self.port), *self.options]
        environment = {**os.environ, **self.environment}
        self.process = subprocess.Popen(
            command, stderr=subprocess.PIPE, text=True, start_new_session=True, env=environment
        )
        began = time.monotonic()
        while "listening at" not in self.output:
            line = self._line()
            self.output += line
            if not line:
                raise NotStarted(self.output)
            assert time.monotonic() - began < _START_SECONDS, self.output
        return self

    def post(self, path: str, body: bytes, **headers: str) -> int:
        """The status of the answer; 0: there was none."""
        return self.answer(path, body, **headers)[0]

    def answer(self, path: str, body: bytes, **headers: str) -> tuple[int, Mapping[str, str]]:
        """The status of the answer, 0: there was none; and its head, names in lower case."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
        except (OSError, http.client.HTTPException):
            return 0, {}
        else:
            return answer.status, {name.lower(): value for name, value in answer.headers.items()}
        finally:
            connection.close()

    def members(self) -> list[int]:
        """Its processes: that of the command first."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    status = (entry / "stat").read_text()
                except OSError:
                    continue
                if int(re.split(r"\s", status.rpartition(")")[2].strip())[3]) == self.process.pid:
                    found.append(int(entry.name))
        return sorted(found, key=lambda pid: pid != self.process.pid)

    def kill(self, *, only: int | None = None) -> None:
        """SIGKILL to all of it, or to one of its processes; returns once all are gone."""
        members = self.members()
        for place, pid in enumerate(members):
            if only is None or place == only % len(members):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(60)
        while [pid for pid in members if Path(f"/proc/{pid}").exists() and _lives(pid)]:
            time.sleep(0.05)

    def _line(self) -> str:
        """The next line of what it tells, and no letter more: the end reads on from there, and knows of no buffer."""
        assert self.process.stderr is not None
        read = bytearray()
        while not read.endswith(b"\n") and (byte := os.read(self.process.stderr.fileno(), 1)):
            read += byte
        return read.decode()

    def __exit__(self, *_: object) -> None:
        """Stop it, if it was not killed."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.output += self.process.communicate(timeout=90)[1]


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False

"""Sending calls to a collector, each at its moment, as a shop's own systems would."""

from __future__ import annotations

import http.client
import json
import uuid
from collections.abc import Iterable
from contextlib import closing, suppress
from datetime import UTC, datetime
from threading import Event, Thread
from typing import Any, Final

__all__ = ["Sender"]

_EACH_SECONDS: Final = 0.5
_AT_ONCE: Final = 500


class Sender:
    """Sends calls in a thread of its own; a call that is late is sent at once.

    Args:
        host: Of the collector.
        port: Of the collector.
        key: That sends.
        calls: When, UTC, and what; in the order of time. They are asked for as they are needed.
    """

    def __init__(self, host: str, port: int, key: str, calls: Iterable[tuple[datetime, Any]]) -> None:
        self._place = (host, port)
        self._key = key
        self._calls = calls
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="sender", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after what is under way."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        waiting = iter(self._calls)
        following = next(waiting, None)
        while following is not None and not self._stopping.is_set():
            now = datetime.now(UTC)
            batch: list[Any] = []
            while following is not None and following[0] <= now and len(batch) < _AT_ONCE:
                batch.append({"messageId": uuid.uuid4().hex, **following[1]})
                following = next(waiting, None)
            if not batch:
                self._stopping.wait(_EACH_SECONDS)
                continue
            while not self._post({"writeKey": self._key, "batch": batch}) and not self._stopping.is_set():
                self._stopping.wait(1.0)

    def _post(self, body: Any) -> bool:
        """Whether it was taken."""
        content = json.dumps(body).encode()
        connection = http.client.HTTPConnection(*self._place, timeout=10)
        with suppress(OSError, http.client.HTTPException), closing(connection):
            connection.request("POST", "/v1/batch", content)
            return connection.getresponse().status == 200
        return False

"""Running the application, in this process, until it is told to stop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from typing import Any

__all__ = ["serve"]


def serve(application: Any, *, host: str, port: int, started: Callable[[], None], stopped: Callable[[], bool]) -> None:
    """Serve until SIGINT or SIGTERM comes, or `stopped` says so; requests under way are answered first.

    Args:
        application: ASGI.
        host: Address to listen at; 127.0.0.1: only this machine reaches it.
        port: TCP port.
        started: Called once it listens.
        stopped: Asked several times a second.
    """
    from granian.constants import Interfaces  # noqa: PLC0415 - heavy; most commands serve nothing
    from granian.server.embed import Server  # noqa: PLC0415 - see above

    async def run() -> None:
        server = Server(application, address=host, port=port, interface=Interfaces.ASGI, log_enabled=False)
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, ended.set)
        serving = asyncio.create_task(server.serve())
        await asyncio.sleep(0)
        started()
        while not (ended.is_set() or serving.done() or stopped()):
            await asyncio.sleep(0.1)
        server.stop()  # type: ignore[no-untyped-call]  # the library says nothing of it
        await serving

    asyncio.run(run())

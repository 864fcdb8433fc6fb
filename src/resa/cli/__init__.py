"""The command line: one module a verb. Data on stdout, progress and problems on stderr."""

from __future__ import annotations

import signal
import sys
from types import FrameType

__all__ = ["main"]


def main() -> None:
    """Run `resa`; what a person can do wrong ends in a message and an exit code, never in a traceback.

    Exit codes are those of `resa.cli.app.EXIT_CODES`.
    """
    code = -1
    stopped = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal stopped
        stopped = True
        signal.default_int_handler(number, frame)

    signal.signal(signal.SIGINT, stop)
    try:
        from resa.cli.app import run  # noqa: PLC0415 - heavy; `resa.cli` itself imports nothing

        code = run(sys.argv[1:])
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # another press must not cut the ending short
        # Libraries written in C make other errors of Ctrl+C, so it is remembered, not caught.
        if stopped and code != 0:
            from resa.base.language import sentence  # noqa: PLC0415 - heavy as `resa.cli.app` is
            from resa.cli.speaking import told  # noqa: PLC0415

            sys.stderr.write(told(sentence("stopped before the end")) + "\n")
            sys.exit(130)
    sys.exit(code)

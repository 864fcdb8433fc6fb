"""The command line: one module a verb. Data on stdout, progress and problems on stderr."""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run `resa`; what a person can do wrong ends in a message and an exit code, never in a traceback.

    Exit codes: 0 done; 1 something is wrong with what was given or found; 2 the command line itself is wrong.
    """
    from resa.cli.app import run  # noqa: PLC0415 - heavy; `resa.cli` itself imports nothing

    sys.exit(run(sys.argv[1:]))

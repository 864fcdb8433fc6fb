"""The process that tells while a workspace is served: `python -m resa.workspace.telling_process WORKSPACE LOOK`."""

from __future__ import annotations

import sys
from pathlib import Path

from resa.base.errors import ResaError
from resa.workspace.reviewing import finish_reviews
from resa.workspace.telling import tell
from resa.workspace.workspace import Workspace


def main() -> int:
    """Tell once; 1: something could not be told."""
    with Workspace(Path(sys.argv[1])) as shop:
        try:
            finish_reviews(shop)
            return int(tell(shop, measuring=sys.argv[2] == "measuring").unsent > 0)
        except ResaError:  # the files are being edited, for instance
            return 1


if __name__ == "__main__":
    sys.exit(main())

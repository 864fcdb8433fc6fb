"""The process that shows screens: `python -m resa.screens WORKSPACE`, started by the one that takes requests."""

import sys
from pathlib import Path

from resa.screens.serving import run

if __name__ == "__main__":
    run(Path(sys.argv[1]))

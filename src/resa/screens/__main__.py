"""The process that shows screens: `python -m resa.screens WORKSPACE`, started by the one that takes requests."""

import os
import sys
from pathlib import Path

from resa.screens.serving import run

if __name__ == "__main__":
    run(Path(sys.argv[1]))
    sys.stdout.flush()
    os._exit(0)  # all is closed; the server's threads live on, and would panic in an interpreter that ends

"""The process that takes requests: `python -m resa.web WORKSPACE DATA HOST PORT LINK`, started by `resa serve`."""

import os
import sys
from pathlib import Path

from resa.web.serving import run

if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]), sys.argv[5])
    sys.stdout.flush()
    os._exit(0)  # all is closed; the server's threads live on, and would panic in an interpreter that ends

"""`python -m resa.cli`."""

from resa.cli import main

if __name__ == "__main__":
    main()

"""The command as `python -m wherever`."""

from __future__ import annotations

import sys

from wherever.cli.main import main

if __name__ == "__main__":
    sys.exit(main())

"""Runs componentize-py out of its own folder, in a process of its own: python -I maker.py FOLDER.

This file imports nothing of ours.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any


def main() -> None:
    """Take the tool's folder off the arguments, and run the tool with the others."""
    sys.path.insert(0, sys.argv.pop(1))
    sys.argv[0] = "componentize-py"
    tool: Any = importlib.import_module("componentize_py.componentize_py")
    tool.script()


if __name__ == "__main__":
    main()

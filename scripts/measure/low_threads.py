"""A plug-in of coverage: measure threads that start without the module `threading`.

The hot path starts its threads by `_thread`, where coverage does not look.
"""

from __future__ import annotations

import _thread
import sys
import threading
from collections.abc import Callable
from typing import Any

from coverage.plugin_support import Plugins

start = _thread.start_new_thread


def start_measured(function: Callable[..., object], args: tuple[Any, ...], *more: Any) -> int:
    """Start a thread that is traced as one of `threading` would be."""

    def traced(*args: Any, **named: Any) -> None:
        sys.settrace(threading.gettrace())
        function(*args, **named)

    return start(traced, args, *more)


def coverage_init(plugins: Plugins, options: dict[str, str]) -> None:
    """Called by coverage as it starts in a process."""
    _thread.start_new_thread = start_measured

"""A plug-in of coverage: measure threads that start without the module `threading`.

The hot path starts its threads by `_thread`, where coverage does not look. It also leaves by
`os._exit` from whichever thread ends a run, and two may do so: coverage saves what it counted
there, which two threads at once must not. And handlers of signals raise in it anywhere, which must
not leave coverage's own lock taken.
"""

from __future__ import annotations

import _thread
import sys
import threading
from collections.abc import Callable
from typing import Any, cast

from coverage import Coverage
from coverage.collector import Collector
from coverage.plugin_support import Plugins

start = _thread.start_new_thread


def start_measured(function: Callable[..., object], args: tuple[Any, ...], *more: Any) -> int:
    """Start a thread that is traced as one of `threading` would be."""

    def traced(*args: Any, **named: Any) -> None:
        sys.settrace(threading.gettrace())
        function(*args, **named)

    return start(traced, args, *more)


def one_at_a_time(save: Callable[[Coverage], None]) -> Callable[[Coverage], None]:
    """Let a second thread wait that saves while a first one does; the first leaves the process."""
    saving = threading.Lock()

    def save_alone(self: Coverage) -> None:
        with saving:
            save(self)

    return save_alone


def coverage_init(plugins: Plugins, options: dict[str, str]) -> None:
    """Called by coverage as it starts in a process."""
    _thread.start_new_thread = start_measured
    # The lock's own methods: no line of Python lies between, in which a handler could raise.
    cast(Any, Collector).lock_data = property(lambda collector: collector.data_lock.acquire)
    cast(Any, Collector).unlock_data = property(lambda collector: collector.data_lock.release)
    cast(Any, Coverage).save = one_at_a_time(Coverage.save)

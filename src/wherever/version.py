"""Which Wherever this is, and which Python it agrees to run guests on."""

from __future__ import annotations

import sys

__version__ = "0.1.0"


def refuse_free_threading() -> None:
    """Refuse a Python built without the global lock, which nobody has tested with guests.

    The engine room calls this before it loads the library; `import wherever` does not.

    Raises:
        InputError: this Python is a free-threaded build.

    >>> refuse_free_threading()
    """
    if "free-threading" in sys.version:
        from wherever.errors import InputError

        raise InputError(
            f"Wherever does not run guests on a free-threaded Python ({sys.executable})",
            "use the default build of the same version",
        )

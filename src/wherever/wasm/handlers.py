"""What answers HTTP requests, by its exports."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

HANDLERS = ("wasi:http/incoming-handler", "wherever:http/handler")
"""The interfaces that do, without their versions."""


def answers(exports: Iterable[str]) -> bool:
    """Whether one of these names of exports is a handler.

    Example:
        >>> answers(["wasi:http/incoming-handler@0.2.9"]), answers(["_start"])
        (True, False)
    """
    return any(name.partition("@")[0] in HANDLERS for name in exports)

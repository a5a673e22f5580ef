"""What runs inside a site in Python: modules of Python's that a sandbox has no use for.

Some packages do not begin without them, though they only use them for what nobody does here: TLS,
where who connects does so outside, and other interpreters. This file is copied into every site in
Python and imports nothing of ours.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Container

_MISSED = {
    "ssl": ("anyio", "httpx"),
    "concurrent.interpreters": ("anyio",),
}
"""Modules, and the packages that do not begin without them."""


def stand_in(modules: Container[str]) -> None:
    """Put modules that can be imported, and nothing else, in their places, where they are missed.

    Args:
        modules: what the program holds; others find that they are not there, and do without.
    """
    for name, missing in _MISSED.items():
        if name not in sys.modules and any(each in modules for each in missing):
            sys.modules[name] = _Absent(name)


class _Absent(types.ModuleType):
    """A module whose every name is a class of which there are no objects."""

    def __getattr__(self, name: str) -> type[Exception]:
        if name.startswith("__"):
            raise AttributeError(name)
        own = self.__name__

        def refuse(made: type[Exception], *args: object, **options: object) -> Exception:
            raise NotImplementedError(f"there is no {own}.{name} in the sandbox")

        found = type(name, (OSError,), {"__module__": own, "__new__": refuse})
        setattr(self, name, found)
        return found

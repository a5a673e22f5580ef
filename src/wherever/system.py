"""`os` for the modules of a start, without what its import costs: as much as all of ours together.

Where `os` has been imported already, which is everywhere but in the command, it is `os` itself.
In the command it is what lies beneath `os`, and `os` once something is asked for that is not there.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def _whole() -> "Any":
    import os

    return os


class _Environment:
    """What a start asks of `os.environ`."""

    def __init__(self, variables: "dict[bytes, bytes]") -> None:
        self._variables = variables

    def get(self, name: str, default: "Any" = None) -> "Any":
        found = self._variables.get(fsencode(name))
        return default if found is None else found.decode(_CODEC, _ERRORS)

    def __contains__(self, name: str) -> bool:
        return fsencode(name) in self._variables

    def __getitem__(self, name: str) -> str:
        return self._variables[fsencode(name)].decode(_CODEC, _ERRORS)

    def __getattr__(self, name: str) -> "Any":
        return getattr(_whole().environ, name)


class _Path:
    """What a start asks of `os.path`."""

    @staticmethod
    def isfile(path: str) -> bool:
        return _kind(path) == 0o100000

    @staticmethod
    def isdir(path: str) -> bool:
        return _kind(path) == 0o040000

    @staticmethod
    def abspath(path: str) -> str:
        if path[:1] == "/" and not {"", ".", ".."}.intersection(path[1:].split("/")):
            return path
        return str(_whole().path.abspath(path))

    def __getattr__(self, name: str) -> "Any":
        return getattr(_whole().path, name)


class _System:
    def __init__(self, beneath: "Any") -> None:
        self._beneath = beneath
        self.environ = _Environment(beneath.environ)
        self.path = _Path()
        self.fsencode = fsencode

    def __getattr__(self, name: str) -> "Any":
        found = getattr(self._beneath, name, None)
        return getattr(_whole(), name) if found is None else found


_CODEC, _ERRORS = sys.getfilesystemencoding(), sys.getfilesystemencodeerrors()


def fsencode(text: "str | bytes") -> bytes:
    """The bytes by which the system knows a name."""
    return text if isinstance(text, bytes) else text.encode(_CODEC, _ERRORS)


def _kind(path: str) -> int:
    try:
        return int(os.stat(path).st_mode & 0o170000)
    except (OSError, ValueError):
        return 0


def _find() -> "Any":
    known = sys.modules.get("os")
    if known is None and "posix" in sys.builtin_module_names:
        import posix

        return _System(posix)
    return known or _whole()


if TYPE_CHECKING:
    import os as os
else:
    os = _find()

"""Run sandboxed WebAssembly software anywhere.

The names below are all there is; each is loaded when it is first used, so `import wherever`
itself costs next to nothing and loads no engine.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.errors import GuestError as GuestError
    from wherever.errors import InputError as InputError
    from wherever.errors import InternalError as InternalError
    from wherever.errors import LimitReached as LimitReached
    from wherever.errors import NotFound as NotFound
    from wherever.errors import NotGranted as NotGranted
    from wherever.errors import NotRunnable as NotRunnable
    from wherever.errors import RemoteError as RemoteError
    from wherever.errors import Trapped as Trapped
    from wherever.errors import WhereverError as WhereverError
    from wherever.version import __version__ as __version__

__all__ = [
    "GuestError",
    "InputError",
    "InternalError",
    "LimitReached",
    "NotFound",
    "NotGranted",
    "NotRunnable",
    "RemoteError",
    "Trapped",
    "WhereverError",
    "__version__",
]

_ROOMS = {
    "GuestError": "errors",
    "InputError": "errors",
    "InternalError": "errors",
    "LimitReached": "errors",
    "NotFound": "errors",
    "NotGranted": "errors",
    "NotRunnable": "errors",
    "RemoteError": "errors",
    "Trapped": "errors",
    "WhereverError": "errors",
    "__version__": "version",
}
"""Where each name lives, below this package."""


def _fetch(name: str) -> object:
    room = f"wherever.{_ROOMS[name]}"
    __import__(room)
    found: object = getattr(sys.modules[room], name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)


# Static tools read the imports above; they must not be told that any name will do.
if not TYPE_CHECKING:

    def __getattr__(name):
        if name in _ROOMS:
            return _fetch(name)
        raise AttributeError(f"module 'wherever' has no attribute {name!r}")

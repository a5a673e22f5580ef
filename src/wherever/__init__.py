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
    from wherever.policy.grants import Grants as Grants
    from wherever.policy.grants import Mount as Mount
    from wherever.policy.limits import Limits as Limits
    from wherever.policy.outcome import Outcome as Outcome
    from wherever.policy.outcome import Usage as Usage
    from wherever.run.api import arun as arun
    from wherever.run.api import run as run
    from wherever.run.session import Session as Session
    from wherever.run.session import spawn as spawn
    from wherever.version import __version__ as __version__

__all__ = [
    "Grants",
    "GuestError",
    "InputError",
    "InternalError",
    "LimitReached",
    "Limits",
    "Mount",
    "NotFound",
    "NotGranted",
    "NotRunnable",
    "Outcome",
    "RemoteError",
    "Session",
    "Trapped",
    "Usage",
    "WhereverError",
    "__version__",
    "arun",
    "run",
    "spawn",
]

_ROOMS = {
    "Grants": "policy.grants",
    "GuestError": "errors",
    "InputError": "errors",
    "InternalError": "errors",
    "LimitReached": "errors",
    "Limits": "policy.limits",
    "Mount": "policy.grants",
    "NotFound": "errors",
    "NotGranted": "errors",
    "NotRunnable": "errors",
    "Outcome": "policy.outcome",
    "RemoteError": "errors",
    "Session": "run.session",
    "Trapped": "errors",
    "Usage": "policy.outcome",
    "WhereverError": "errors",
    "__version__": "version",
    "arun": "run.api",
    "run": "run.api",
    "spawn": "run.session",
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

    class _Face(type(sys)):
        # `run` is a function here and also the name of a room. Importing anything of the room
        # would put the room in the function's place; a property does not let it.
        @property
        def run(self):
            return self.__dict__.get("run") or _fetch("run")

        @run.setter
        def run(self, room):
            pass

    sys.modules[__name__].__class__ = _Face

"""Run sandboxed WebAssembly software anywhere.

The names below are all there is; each is loaded when it is first used, so `import wherever`
itself costs next to nothing and loads no engine.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.component.python.values import Err as Err
    from wherever.component.python.values import Ok as Ok
    from wherever.component.python.values import Some as Some
    from wherever.engine.memory import Memory as Memory
    from wherever.errors import GuestError as GuestError
    from wherever.errors import InputError as InputError
    from wherever.errors import InternalError as InternalError
    from wherever.errors import LimitReached as LimitReached
    from wherever.errors import NotFound as NotFound
    from wherever.errors import NotGranted as NotGranted
    from wherever.errors import NotRunnable as NotRunnable
    from wherever.errors import RemoteError as RemoteError
    from wherever.errors import ResultError as ResultError
    from wherever.errors import Trapped as Trapped
    from wherever.errors import WhereverError as WhereverError
    from wherever.policy.grants import Grants as Grants
    from wherever.policy.grants import Mount as Mount
    from wherever.policy.limits import Limits as Limits
    from wherever.policy.outcome import Outcome as Outcome
    from wherever.policy.outcome import Usage as Usage
    from wherever.run.api import arun as arun
    from wherever.run.api import run as run
    from wherever.run.asession import AsyncSession as AsyncSession
    from wherever.run.asession import aspawn as aspawn
    from wherever.run.host import f32 as f32
    from wherever.run.host import f64 as f64
    from wherever.run.host import host as host
    from wherever.run.host import i32 as i32
    from wherever.run.host import i64 as i64
    from wherever.run.host import u32 as u32
    from wherever.run.host import u64 as u64
    from wherever.run.load import Library as Library
    from wherever.run.load import aload as aload
    from wherever.run.load import load as load
    from wherever.run.pool import Pool as Pool
    from wherever.run.session import Session as Session
    from wherever.run.session import spawn as spawn
    from wherever.version import __version__ as __version__

__all__ = [
    "AsyncSession",
    "Err",
    "Grants",
    "GuestError",
    "InputError",
    "InternalError",
    "Library",
    "LimitReached",
    "Limits",
    "Memory",
    "Mount",
    "NotFound",
    "NotGranted",
    "NotRunnable",
    "Ok",
    "Outcome",
    "Pool",
    "RemoteError",
    "ResultError",
    "Session",
    "Some",
    "Trapped",
    "Usage",
    "WhereverError",
    "__version__",
    "aload",
    "arun",
    "aspawn",
    "f32",
    "f64",
    "host",
    "i32",
    "i64",
    "load",
    "run",
    "spawn",
    "u32",
    "u64",
]

_ROOMS = {
    "AsyncSession": "run.asession",
    "Err": "component.python.values",
    "Grants": "policy.grants",
    "GuestError": "errors",
    "InputError": "errors",
    "InternalError": "errors",
    "Library": "run.load",
    "LimitReached": "errors",
    "Limits": "policy.limits",
    "Memory": "engine.memory",
    "Mount": "policy.grants",
    "NotFound": "errors",
    "NotGranted": "errors",
    "NotRunnable": "errors",
    "Ok": "component.python.values",
    "Outcome": "policy.outcome",
    "Pool": "run.pool",
    "RemoteError": "errors",
    "ResultError": "errors",
    "Session": "run.session",
    "Some": "component.python.values",
    "Trapped": "errors",
    "Usage": "policy.outcome",
    "WhereverError": "errors",
    "__version__": "version",
    "aload": "run.load",
    "arun": "run.api",
    "aspawn": "run.asession",
    "f32": "run.host",
    "f64": "run.host",
    "host": "run.host",
    "i32": "run.host",
    "i64": "run.host",
    "load": "run.load",
    "run": "run.api",
    "spawn": "run.session",
    "u32": "run.host",
    "u64": "run.host",
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
        def run(self, value):
            if not isinstance(value, type(sys)):
                self.__dict__["run"] = value

    sys.modules[__name__].__class__ = _Face

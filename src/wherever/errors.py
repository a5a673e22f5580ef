"""Every error Wherever raises, by who must act.

    WhereverError
    ├── InputError            the caller: an option, a value, a file (exit 125)
    │   ├── NotFound          nothing of that name or path (exit 127)
    │   ├── NotRunnable       found, but not a program we can start (exit 126)
    │   └── BuildFailed       source that a tool refused (exit 1)
    ├── GuestError            the guest
    │   ├── Trapped           it did something WebAssembly forbids (exit 134)
    │   └── LimitReached      it used up what it was allowed (exit 122, 124 or 137)
    ├── NotGranted            the granter: the guest needs what it was not given (exit 126)
    ├── RemoteError           a registry, a mirror, the network (exit 125)
    └── InternalError         us: a bug worth reporting (exit 125)

An error says what happened, and its `hint` says what to do about it. The command line
prints both on one line and ends with `exit_code`.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class WhereverError(Exception):
    """The root: catch it to catch everything that Wherever raises on purpose.

    Args:
        what: what happened and where, without a full stop at its end.
        hint: what to do about it: a command, an option, or empty.
    """

    code = "error"
    exit_code = 125

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what, hint)
        self.what = what
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.what}; {self.hint}" if self.hint else self.what


class InputError(WhereverError):
    """Something the caller gave cannot be used as it is."""

    code = "input"


class NotFound(InputError):
    """Nothing answers to that name or path."""

    code = "not-found"
    exit_code = 127


class NotRunnable(InputError):
    """The thing exists, but it is not a program that can be started here."""

    code = "not-runnable"
    exit_code = 126


class BuildFailed(InputError):
    """A tool refused the source it was given; `said` holds its own words, line by line."""

    code = "build-failed"
    exit_code = 1

    def __init__(self, what: str, hint: str = "", said: tuple[str, ...] = ()) -> None:
        super().__init__(what, hint)
        self.said = said

    def __str__(self) -> str:
        return "\n".join((super().__str__(), *self.said))


class GuestError(WhereverError):
    """The guest failed by its own doing."""

    code = "guest"


class Trapped(GuestError):
    """The guest did something WebAssembly forbids; `backtrace` names its functions."""

    code = "trap"
    exit_code = 134

    def __init__(self, what: str, hint: str = "", backtrace: tuple[str, ...] = ()) -> None:
        super().__init__(what, hint)
        self.backtrace = backtrace


class ResultError(GuestError):
    """A function of a library came back with its error; `value` is what it says.

    Each library has its own kinds, named after the types of its errors. One that is a record has
    the record's fields instead of `value`.
    """

    # An error that is a record may have fields of these names, of any type.
    code: Any = "result"
    exit_code: Any = 125
    what: Any = ""
    hint: Any = ""
    value: object

    def __init__(self, value: object = None) -> None:
        super().__init__("")
        self.value = value

    def __str__(self) -> str:
        fields = getattr(self, "__dataclass_fields__", None)
        if fields is not None:
            return ", ".join(f"{name}={getattr(self, name)!r}" for name in fields)
        value = self.value
        return value if isinstance(value, str) else str(getattr(value, "name", value))


class LimitReached(GuestError):
    """The guest used up a limit; `limit` is its name, as in `Limits`."""

    code = "limit"

    def __init__(self, limit: str, what: str, hint: str = "") -> None:
        super().__init__(what, hint)
        self.limit = limit
        self.exit_code = LIMIT_EXIT_CODES.get(limit, 122)


class NotGranted(WhereverError):
    """The guest cannot start without something that its grants do not include."""

    code = "not-granted"
    exit_code = 126


class RemoteError(WhereverError):
    """Something outside this machine did not answer, or not with what was promised."""

    code = "remote"


class InternalError(WhereverError):
    """A bug of ours; the message holds what a report needs."""

    code = "internal"


LIMIT_EXIT_CODES = {
    "timeout": 124,
    "cpu_time": 124,
    "fuel": 124,
    "memory": 137,
    "stack": 134,
    "output": 122,
    "disk": 122,
    "open_files": 122,
    "host_calls": 122,
}
"""The command line's exit code for each limit that can end a run."""

"""What a guest may use."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

from wherever.errors import InputError
from wherever.policy.quantity import parse_bytes, parse_count, parse_seconds

_PARSERS = {
    "memory": parse_bytes,
    "timeout": parse_seconds,
    "cpu_time": parse_seconds,
    "fuel": parse_count,
    "stack": parse_bytes,
    "output": parse_bytes,
    "disk": parse_bytes,
    "open_files": parse_count,
    "host_calls": parse_count,
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What a guest may use; reaching one ends the run and names itself in the outcome.

    Attributes:
        memory: bytes of all its memories and tables together.
        timeout: seconds of wall time.
        cpu_time: seconds of processor time.
        fuel: instructions, as the engine counts them.
        stack: bytes of native stack.
        output: bytes written to stdout and stderr together; None has no limit.
        disk: bytes written to files.
        open_files: files and folders open at once.
        host_calls: calls out of the sandbox.

    Example:
        >>> Limits.of(memory="64m", timeout="500ms").memory
        67108864
    """

    memory: int = 1 << 30
    timeout: float | None = None
    cpu_time: float | None = None
    fuel: int | None = None
    stack: int = 1 << 20
    output: int | None = 64 << 20
    disk: int | None = 1 << 30
    open_files: int = 256
    host_calls: int | None = None

    def __post_init__(self) -> None:
        for name in Limits.__slots__:
            value = getattr(self, name)
            if isinstance(value, str):
                raise InputError(
                    f"{name}: {value!r} is text, and Limits(...) takes numbers",
                    f"write Limits.of({name}={value!r})",
                )

    @classmethod
    def of(cls, **values: object) -> Limits:
        """Limits from values as people write them; what is not named keeps its default.

        Raises:
            InputError: an unknown name, or a value that is not what the name needs.
        """
        return cls().but(**values)

    def but(self, **values: object) -> Limits:
        """The same limits with some replaced, written as for `of`."""
        parsed: dict[str, Any] = {}
        for name, value in values.items():
            parser = _PARSERS.get(name)
            if parser is None:
                from difflib import get_close_matches

                known = [field.name for field in fields(Limits)]
                near = get_close_matches(name, known, 1)
                hint = f"did you mean {near[0]}?" if near else f"limits are: {', '.join(known)}"
                raise InputError(f"there is no limit called {name!r}", hint)
            if value is None and name in ("memory", "stack", "open_files"):
                raise InputError(f"{name} always has a limit", f"give {name} a value")
            if not isinstance(value, str | float | int | None):
                raise InputError(
                    f"{name}: {value!r} is not a limit", "write a number, or text like 64m or 5s"
                )
            parsed[name] = None if value is None else parser(value, name)
        return replace(self, **parsed)

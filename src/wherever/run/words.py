"""What is said when a run did not simply exit: one place, for the command and for Python."""

from __future__ import annotations

_OPTIONS = {
    "timeout": "--timeout",
    "cpu_time": "--cpu-time",
    "fuel": "--fuel",
    "memory": "--memory",
    "stack": "--stack",
    "output": "--max-output",
    "disk": "--max-disk",
    "open_files": "--max-open-files",
    "host_calls": "--max-host-calls",
}
"""The option of the command line for each limit of `Limits`."""

_PASSED = {
    "timeout": "stopped after {used} of its {allowed} ({option})",
    "cpu_time": "stopped after {used} of its {allowed} of processor time ({option})",
    "fuel": "stopped after all of its {allowed} instructions ({option})",
    "memory": "needed more than its {allowed} of memory ({option})",
    "stack": "called too deep for its {allowed} of stack ({option})",
    "output": "wrote more than its {allowed} of output ({option})",
    "disk": "wrote more than its {allowed} to files ({option})",
    "open_files": "opened more than its {allowed} files at once ({option})",
    "host_calls": "made more than its {allowed} calls out of the sandbox ({option})",
}
_LARGEST = {"stack": 256 << 20, "memory": 1 << 50}
_TIMES = ("timeout", "cpu_time")
_SIZES = ("memory", "stack", "output", "disk")


def words(
    kind: str,
    limit: str | None = None,
    allowed: float | None = None,
    used: float | None = None,
    detail: str = "",
    python: bool = False,
) -> tuple[str, str]:
    """The message and the hint of an ending; both are empty where there is nothing to say.

    Args:
        kind: how it ended, as in `Outcome.ended`.
        limit: the limit that ended it, as in `Limits`.
        allowed: that limit: seconds, bytes or a count.
        used: what the run had used of it, where that is known.
        detail: what the engine said about a trap, or why the run was ended from outside.
        python: name the argument of `wherever.run` in place of the command's option.

    Example:
        >>> words("limit", "timeout", 1.0, 1.02)
        ('stopped after 1.0 s of its 1 s (--timeout)', 'give it more with --timeout 10')
        >>> words("limit", "memory", 64 << 20, python=True)
        ('needed more than its 64 MiB of memory (memory)', "give it more with memory='256m'")
    """
    if kind == "limit" and limit in _PASSED:
        option = limit if python else _OPTIONS[limit]
        if limit == "memory" and detail.startswith(_AT_START):
            return _too_little(int(detail.split()[2]), allowed, option, python)
        message = _PASSED[limit].format(
            option=option,
            allowed="limit" if allowed is None else _amount(limit, allowed),
            used=_seconds(allowed if used is None else used),
        )
        if allowed is None:
            return message, f"give it more with {option}"
        if allowed * 4 > _LARGEST.get(limit, allowed * 4):
            return message, "no guest can have much more than that"
        return message, f"give it more with {_assign(option, _more(limit, allowed), python)}"
    if kind == "limit":
        return f"reached its limit: {detail or limit or 'unknown'}", ""
    if kind == "trapped":
        return f"stopped by a trap: {detail}" if detail else "stopped by a trap", ""
    if kind == "exited":
        return "", ""
    return (f"{kind}: {detail}" if detail else kind), ""


_AT_START = "it needs "
"""How the engine room begins to say that a program is refused before it starts."""


def _too_little(needed: int, allowed: float | None, option: str, python: bool) -> tuple[str, str]:
    whole = f"{-(-needed >> 20)}m"
    return (
        f"needs {_amount('memory', needed)} of memory to start,"
        f" more than its {_amount('memory', allowed or 0)} ({option})",
        f"give it more with {_assign(option, whole, python)}",
    )


def option_for(limit: str) -> str:
    """The command's option that sets a limit.

    Example:
        >>> option_for("open_files")
        '--max-open-files'
    """
    return _OPTIONS[limit]


def granting(refusal: str, python: bool = True) -> str:
    """What was refused of the network, with the argument of `wherever.run` that grants it.

    Example:
        >>> granting("network access to a.example:443 is not granted; pass --net a.example:443")
        "network access to a.example:443 is not granted; pass net=['a.example:443']"
    """
    said, option, rest = refusal.partition("pass --net ")
    if not option or not python:
        return refusal
    place, _, more = rest.partition(" ")
    return f"{said}pass net=[{place!r}]{' ' if more else ''}{more}"


def _seconds(value: float | None) -> str:
    if value is None:
        return "all"
    return f"{value:.1f} s" if value >= 1 else f"{value:.2f} s"


def _amount(limit: str, value: float) -> str:
    if limit in _TIMES:
        return f"{value:g} s"
    if limit in _SIZES:
        from wherever.policy.quantity import format_bytes

        return format_bytes(value)
    return f"{value:,}"


def _more(limit: str, value: float) -> str:
    if limit in _TIMES:
        return f"{value * 10:g}"
    if limit not in _SIZES:
        return str(int(value) * 10)
    size = int(value) * 4
    for unit, factor in (("g", 1 << 30), ("m", 1 << 20), ("k", 1 << 10)):
        if size >= factor and size % factor == 0:
            return f"{size // factor}{unit}"
    return str(size)


def _assign(option: str, value: str, python: bool) -> str:
    if not python:
        return f"{option} {value}"
    return f"{option}={value if value[-1].isdigit() else repr(value)}"

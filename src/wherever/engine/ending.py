"""How a run ended, in our words: what the library's texts and codes mean."""

from __future__ import annotations

from wherever.engine import abi


class Ending:
    """How a run ended, as plain values.

    Attributes:
        kind: "exited", "trapped", "limit", "interrupted", "killed" or "refused".
        exit_code: the guest's own after "exited", else 0.
        limit: the name of the limit, after "limit".
        message: what happened, one line, guest-made text included as it was.
        backtrace: the guest's functions, innermost first, each with its source line if known.
    """

    __slots__ = ("backtrace", "exit_code", "kind", "limit", "message")

    def __init__(
        self,
        kind: str,
        exit_code: int = 0,
        limit: str = "",
        message: str = "",
        backtrace: tuple[str, ...] = (),
    ) -> None:
        self.kind = kind
        self.exit_code = exit_code
        self.limit = limit
        self.message = message
        self.backtrace = backtrace


def of_text(text: bytes, code: int = -1) -> Ending:
    """What the library's text about an error or a trap means.

    Args:
        text: as the library gave it.
        code: the trap's `wasmtime_trap_code_t`, or -1 where it has none.
    """
    message, backtrace = split(text.rstrip(b"\0").decode("utf-8", "replace"))
    limit = _LIMIT_CODES.get(code) or next(
        (limit for words, limit in _LIMIT_WORDS.items() if words in message), ""
    )
    if limit:
        return Ending("limit", 0, limit, message, backtrace)
    return Ending("trapped", 0, "", message, backtrace)


_LIMIT_CODES = {abi.TRAP_STACK_OVERFLOW: "stack", abi.TRAP_OUT_OF_FUEL: "fuel"}

# A component's trap comes as an error, which has no code.
_LIMIT_WORDS = {
    "call stack exhausted": "stack",
    "all fuel consumed": "fuel",
    "resource limit exceeded": "memory",
    "exceeds memory limits": "memory",
    "forcing trap when growing": "memory",
    "forcing a memory growth failure": "memory",
    "forcing a table growth failure": "memory",
    "GC heap out of memory": "memory",
}

OURS = "wherever"
"""The name of modules of ours, and what the names of functions begin with that we put into those
of others: none of them is told of in backtraces."""

_LONGEST = 500
"""Characters that are kept of what happened, and of each name."""

_HEADING = "error while executing at wasm backtrace:"


def split(text: str) -> tuple[str, tuple[str, ...]]:
    """The library's text as one line that says what happened, and the guest's functions.

    Example:
        >>> split('error while executing at wasm backtrace:\\n    0:  0x2c - m!boom\\n\\n'
        ...       'Caused by:\\n    wasm trap: unreachable')
        ('unreachable', ('boom',))
    """
    lines = text.split("\n")
    frames: list[str] = []
    causes: list[str] = []
    in_frames = ours = False
    for line in lines:
        stripped = line.strip()
        if stripped == _HEADING or stripped.endswith(_HEADING):
            in_frames = True
        elif in_frames and line.startswith("    ") and ": " in line and " - " in line:
            module, _, function = line.partition(" - ")[2].rpartition("!")
            ours = module.strip() == OURS or function.strip().startswith(f"{OURS}:")
            if not ours:
                frames.append(_cut(function.strip()))
        elif in_frames and stripped.startswith("at ") and frames and not ours:
            frames[-1] += f" ({_cut(stripped[3:])})"
        elif stripped in ("", "Caused by:", "Stack backtrace:") or stripped.startswith("note: "):
            in_frames = in_frames and bool(stripped)
        else:
            causes.append(stripped)
    what = causes[-1] if causes else "the guest failed"
    head, _, rest = what.partition(": ")
    if head.isdigit():
        what = rest
    return _cut(what.removeprefix("wasm trap: ").removeprefix("wasm ")), tuple(frames)


def _cut(text: str) -> str:
    """A guest may call its functions by names of many megabytes."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."

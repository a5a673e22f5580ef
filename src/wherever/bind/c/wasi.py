"""Which function of `wasi2.c` is which of WASI 0.2."""

from __future__ import annotations

_FUNCTIONS = {
    "cli/environment get-environment": "empty",
    "cli/environment get-arguments": "empty",
    "cli/environment initial-cwd": "none",
    "cli/exit exit": "exit",
    "cli/exit exit-with-code": "exit_with_code",
    "cli/stdin get-stdin": "stdin",
    "cli/stdout get-stdout": "stdout",
    "cli/stderr get-stderr": "stderr",
    "cli/terminal-stdin get-terminal-stdin": "none",
    "cli/terminal-stdout get-terminal-stdout": "none",
    "cli/terminal-stderr get-terminal-stderr": "none",
    "io/streams [method]output-stream.check-write": "check_write",
    "io/streams [method]output-stream.write": "write",
    "io/streams [method]output-stream.blocking-write-and-flush": "write",
    "io/streams [method]output-stream.flush": "flush",
    "io/streams [method]output-stream.blocking-flush": "flush",
    "io/streams [method]output-stream.subscribe": "subscribe",
    "io/streams [method]input-stream.read": "read",
    "io/streams [method]input-stream.blocking-read": "read",
    "io/streams [method]input-stream.subscribe": "subscribe",
    "io/poll [method]pollable.block": "block",
    "io/poll [method]pollable.ready": "ready",
    "io/poll poll": "poll",
    "clocks/monotonic-clock now": "monotonic",
    "clocks/monotonic-clock resolution": "resolution",
    "clocks/monotonic-clock subscribe-instant": "subscribe_time",
    "clocks/monotonic-clock subscribe-duration": "subscribe_time",
    "clocks/wall-clock now": "wall",
    "clocks/wall-clock resolution": "wall_resolution",
    "filesystem/preopens get-directories": "empty",
    "random/random get-random-bytes": "random",
    "random/random get-random-u64": "random_u64",
    "random/insecure get-insecure-random-bytes": "random",
    "random/insecure get-insecure-random-u64": "random_u64",
    "random/insecure-seed insecure-seed": "seed",
}


def function(interface: str, name: str) -> str:
    """The C function for one of WASI 0.2, or "" where a library has no use for it.

    Args:
        interface: as `wasi:cli/exit@0.2.0`.
        name: as core modules know it.

    >>> function("wasi:cli/stdout@0.2.3", "get-stdout")
    'wasi2_stdout'
    """
    if name.startswith("[resource-drop]"):
        return "wasi2_drop"
    short = interface.removeprefix("wasi:").partition("@")[0]
    found = _FUNCTIONS.get(f"{short} {name}", "")
    return f"wasi2_{found}" if found else ""

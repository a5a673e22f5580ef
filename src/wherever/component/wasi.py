"""WASI 0.2 for a library that was granted nothing: clocks, random bytes, and output that is kept.

It has no files, no network, no input and no terminal; what would need them says so in WASI's own
errors. https://github.com/WebAssembly/WASI/tree/v0.2.12/wasip2
"""

from __future__ import annotations

import os
import random
import time
from itertools import count

from wherever.component.broken import Broken
from wherever.component.handles import Resource
from wherever.errors import GuestError, LimitReached, NotGranted, NotRunnable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from wherever.component.types import FuncType
    from wherever.engine.ticker import Watch

MOST_RANDOM = 16 << 20
"""Random bytes of one call."""

_STDIN, _STDOUT, _STDERR = 0, 1, 2
_OK = (0, None)
_ACCESS_DENIED = (1, 1)
_CLOSED = (1, (1, None))
_SLICE = 0.01
_EPOCH = 1_700_000_000
"""The second at which the clock of a deterministic guest begins."""

_HTTP = ("wasi:http",)


class Wasi:
    """What one guest gets.

    Args:
        name: what messages call the guest.
        args: its arguments, its name first.
        env: its environment.
        output: bytes that it may write, or None.
        host_calls: calls that it may make, or None.
        watch: what may stop it while it sleeps.
        seed: of the random bytes of a deterministic guest, whose clock is virtual too; or None.

    Attributes:
        stdout: what it has written there.
        stderr: what it has written there.
    """

    def __init__(
        self,
        name: str,
        args: Sequence[str],
        env: Sequence[tuple[str, str]],
        output: int | None,
        host_calls: int | None,
        watch: Watch | None,
        seed: int | None,
    ) -> None:
        self._name = name
        self._args = list(args)
        self._env = list(env)
        self._room = output
        self._calls = host_calls
        self._watch = watch
        self._virtual = seed is not None
        self._random = random.Random(seed) if seed is not None else None
        self._now = 0
        self.stdout: list[bytes] = []
        self.stderr: list[bytes] = []
        self._resources: dict[str, Resource] = {}
        self._pollables: dict[int, int] = {}
        self._numbers = count(1)

    def resource(self, interface: str, name: str) -> Resource:
        """WASI's own type of resource; the same for every interface that uses it."""
        key = f"{interface.partition('@')[0]}/{name}"
        if key not in self._resources:
            destroy = self._forget if name == "pollable" else None
            self._resources[key] = Resource(None, destroy, name)
        return self._resources[key]

    def function(self, interface: str, name: str, _: FuncType) -> Callable[..., Any]:
        """What is called for a function of WASI.

        Raises:
            NotGranted: it is of an interface that needs the network.
            NotRunnable: nobody knows it.
        """
        base = interface.partition("@")[0]
        if base.startswith(_HTTP):
            raise NotGranted(
                f"{self._name} imports {base}, and a library has no network",
                "run it with wherever run",
            )
        found = getattr(self, "_" + _label(base, name), None)
        if found is None and base.startswith(("wasi:filesystem/", "wasi:sockets/")):
            denied = name.startswith(("resolve", "create"))
            found = (lambda *_: _ACCESS_DENIED) if denied else _never(name)
        if found is None:
            raise NotRunnable(f"{self._name} imports {interface} {name}, which nothing here gives")
        return found if self._calls is None else self._counted(found)

    def _counted(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*values: Any) -> Any:
            assert self._calls is not None
            if self._calls <= 0:
                raise LimitReached(
                    "host_calls", f"{self._name} made more host calls than it may", "allow more"
                )
            self._calls -= 1
            return function(*values)

        return counted

    # ----- wasi:cli

    def _cli_environment_get_environment(self) -> Any:
        return self._env

    def _cli_environment_get_arguments(self) -> Any:
        return self._args

    def _cli_environment_initial_cwd(self) -> Any:
        return _OK

    def _cli_exit_exit(self, status: Any) -> None:
        self._cli_exit_exit_with_code(status[0])

    def _cli_exit_exit_with_code(self, code: int) -> None:
        raise GuestError(f"{self._name} ended itself with exit code {code}")

    def _cli_stdin_get_stdin(self) -> int:
        return _STDIN

    def _cli_stdout_get_stdout(self) -> int:
        return _STDOUT

    def _cli_stderr_get_stderr(self) -> int:
        return _STDERR

    def _cli_terminal_stdin_get_terminal_stdin(self) -> Any:
        return _OK

    _cli_terminal_stdout_get_terminal_stdout = _cli_terminal_stdin_get_terminal_stdin
    _cli_terminal_stderr_get_terminal_stderr = _cli_terminal_stdin_get_terminal_stdin

    # ----- wasi:io

    def _io_error_error_to_debug_string(self, _: int) -> str:
        return "not granted"

    def _io_streams_input_stream_read(self, *_: int) -> Any:
        return _CLOSED

    _io_streams_input_stream_blocking_read = _io_streams_input_stream_read
    _io_streams_input_stream_skip = _io_streams_input_stream_read
    _io_streams_input_stream_blocking_skip = _io_streams_input_stream_read
    _io_streams_output_stream_splice = _io_streams_input_stream_read
    _io_streams_output_stream_blocking_splice = _io_streams_input_stream_read

    def _io_streams_input_stream_subscribe(self, _: int) -> int:
        return self._pollable(0)

    _io_streams_output_stream_subscribe = _io_streams_input_stream_subscribe

    def _io_streams_output_stream_check_write(self, _: int) -> Any:
        return 0, 1 << 16

    def _io_streams_output_stream_write(self, stream: int, data: bytes) -> Any:
        if self._room is not None:
            if len(data) > self._room:
                raise LimitReached(
                    "output",
                    f"{self._name} wrote more than it may",
                    "allow more with output= in Python, or with --output",
                )
            self._room -= len(data)
        if data:
            (self.stderr if stream == _STDERR else self.stdout).append(data)
        return _OK

    _io_streams_output_stream_blocking_write_and_flush = _io_streams_output_stream_write

    def _io_streams_output_stream_flush(self, _: int) -> Any:
        return _OK

    _io_streams_output_stream_blocking_flush = _io_streams_output_stream_flush

    def _io_streams_output_stream_write_zeroes(self, stream: int, size: int) -> Any:
        if size > 1 << 16:
            raise Broken("wrote more zeroes than it was allowed")
        return self._io_streams_output_stream_write(stream, bytes(size))

    _io_streams_output_stream_blocking_write_zeroes_and_flush = (
        _io_streams_output_stream_write_zeroes
    )

    def _io_poll_pollable_ready(self, number: int) -> bool:
        return self._pollables.get(number, 0) <= self._monotonic()

    def _io_poll_pollable_block(self, number: int) -> None:
        self._sleep(self._pollables.get(number, 0))

    def _io_poll_poll(self, numbers: Sequence[int]) -> Any:
        if not numbers:
            raise Broken("polled nothing at all")
        self._sleep(min(self._pollables.get(number, 0) for number in numbers))
        now = self._monotonic()
        return [at for at, number in enumerate(numbers) if self._pollables.get(number, 0) <= now]

    def _pollable(self, deadline: int) -> int:
        number = next(self._numbers)
        self._pollables[number] = deadline
        return number

    def _forget(self, number: int) -> None:
        self._pollables.pop(number, None)

    # ----- wasi:clocks

    def _monotonic(self) -> int:
        if self._virtual:
            self._now += 1_000
            return self._now
        return time.monotonic_ns()

    def _sleep(self, deadline: int) -> None:
        if self._virtual:
            self._now = max(self._now, deadline)
            return
        while (left := deadline - time.monotonic_ns()) > 0:
            if self._watch is not None and self._watch.expired():
                raise LimitReached(
                    self._watch.why or "timeout", f"{self._name} slept for longer than it may"
                )
            time.sleep(min(_SLICE, left / 1e9))

    def _clocks_monotonic_clock_now(self) -> int:
        return self._monotonic()

    def _clocks_monotonic_clock_resolution(self) -> int:
        return 1_000

    _clocks_monotonic_clock_get_resolution = _clocks_monotonic_clock_resolution

    def _clocks_monotonic_clock_subscribe_instant(self, at: int) -> int:
        return self._pollable(at)

    def _clocks_monotonic_clock_subscribe_duration(self, nanoseconds: int) -> int:
        return self._pollable(self._monotonic() + nanoseconds)

    def _clocks_wall_clock_now(self) -> Any:
        now = _EPOCH * 10**9 + self._monotonic() if self._virtual else time.time_ns()
        return divmod(now, 10**9)

    def _clocks_wall_clock_resolution(self) -> Any:
        return 0, 1_000

    # ----- wasi:random

    def _random_random_get_random_bytes(self, size: int) -> bytes:
        if size > MOST_RANDOM:
            raise Broken(f"asked for {size} random bytes at once")
        return os.urandom(size) if self._random is None else self._random.randbytes(size)

    def _random_random_get_random_u64(self) -> int:
        return int.from_bytes(self._random_random_get_random_bytes(8), "little")

    _random_insecure_get_insecure_random_bytes = _random_random_get_random_bytes
    _random_insecure_get_insecure_random_u64 = _random_random_get_random_u64

    def _random_insecure_seed_insecure_seed(self) -> Any:
        return self._random_random_get_random_u64(), self._random_random_get_random_u64()

    # ----- wasi:filesystem, wasi:sockets

    def _filesystem_preopens_get_directories(self) -> Any:
        return []

    def _filesystem_types_filesystem_error_code(self, _: int) -> Any:
        return _OK

    def _sockets_instance_network_instance_network(self) -> int:
        return 0


def _never(name: str) -> Callable[..., Any]:
    def never(*_: Any) -> Any:
        raise Broken(f"called {name} of something that it cannot have")

    return never


def _label(interface: str, name: str) -> str:
    """The name of the method that plays a function.

    >>> _label("wasi:io/streams", "[method]output-stream.check-write")
    'io_streams_output_stream_check_write'
    """
    plain = name.partition("]")[2] or name
    whole = f"{interface.removeprefix('wasi:')}/{plain}"
    return "".join(each if each.isalnum() else "_" for each in whole)

"""One run as plain values, so that it can cross to another process."""

from __future__ import annotations

import marshal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Job:
    """Everything an executor needs to know about one run; builtin values only.

    Attributes:
        wasm: path of the program's wasm or wat file, or what it holds.
        provide: path of a module that satisfies imports of the program, or "".
        starter: path of a module that starts a program that is not a command, or "".
        name: what messages call the program.
        args: the guest's arguments, argv[0] included.
        env: its environment.
        mounts: (host folder, guest path, read-only) of each granted folder.
        inside: the last of them is the working folder, found to lie inside of another one, all
            links followed; it is not to be taken where it has become a link since.
        network: what it may reach of the network, as `wherever.net.rules` reads it.
        stdin, stdout, stderr: "inherit", "null", a path, or "capture" (stdout and stderr);
            bytes for stdin.
        entry: the export to call, "" for the program's own start.
        invoke: arguments of `entry` as text, or None where it is not called with any.
        memory, stack, open_files: limits in bytes, bytes and files.
        timeout, cpu_time, fuel, output, disk, host_calls: limits, None for none.
        deterministic: virtual clock, seeded random, canonical NaN, fuel.
        seed: what the random bytes of a deterministic run grow from.
        trace: report each call out of the sandbox.
    """

    __slots__ = (
        "args",
        "cpu_time",
        "deterministic",
        "disk",
        "entry",
        "env",
        "fuel",
        "host_calls",
        "inside",
        "invoke",
        "memory",
        "mounts",
        "name",
        "network",
        "open_files",
        "output",
        "provide",
        "seed",
        "stack",
        "starter",
        "stderr",
        "stdin",
        "stdout",
        "timeout",
        "trace",
        "wasm",
    )

    def __init__(self, wasm: str | bytes, args: list[bytes]) -> None:
        self.wasm = wasm
        self.provide = ""
        self.starter = ""
        self.name = ""
        self.args = args
        self.env: list[tuple[bytes, bytes]] = []
        self.mounts: list[tuple[bytes, bytes, bool]] = []
        self.inside = False
        self.network: list[str] = []
        self.stdin: str | bytes = "null"
        self.stdout = "inherit"
        self.stderr = "inherit"
        self.entry = ""
        self.invoke: list[str] | None = None
        self.memory = 1 << 30
        self.stack = 1 << 20
        self.open_files = 256
        self.timeout: float | None = None
        self.cpu_time: float | None = None
        self.fuel: int | None = None
        self.output: int | None = None
        self.disk: int | None = 1 << 30
        self.host_calls: int | None = None
        self.deterministic = False
        self.seed = 0
        self.trace = False

    def working_folder(self) -> bytes:
        """The host's folder of the `inside` mount, or none."""
        return self.mounts[-1][0] if self.inside else b""

    def to_bytes(self) -> bytes:
        """The job as bytes for `from_bytes` of the same version of Wherever."""
        return marshal.dumps([getattr(self, name) for name in self.__slots__])

    @classmethod
    def from_bytes(cls, data: bytes) -> Job:
        """The job that `to_bytes` wrote in another of our processes."""
        job = cls("", [])
        values: list[Any] = marshal.loads(data)
        for name, value in zip(cls.__slots__, values, strict=True):
            setattr(job, name, value)
        return job

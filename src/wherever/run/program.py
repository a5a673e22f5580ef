"""What WHAT stands for: a file to run and all that must go with it, as plain values."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container

    from wherever.package.layout import Opened
    from wherever.run.job import Job


class Program:
    """A program that can be started.

    Attributes:
        wasm: path of its wasm or wat file.
        name: what messages call it.
        provide: path of a module that satisfies imports of the program, or "".
        starter: path of a module that starts a program that is not a command, or "".
        args_before: argv[0], and what comes before the user's own arguments.
        mounts: (host folder, guest path, read-only) of the folders it needs.
        env: variables it brings; one that the user gives takes the place of its own.
        workdir: the guest's folder it starts in, where the user names none.
        limits: its own, by the names of `Limits`; they hold where they are narrower.
        package: what it comes from, where that is a package.
        newer: a source file that changed after the package was built, or "".
        is_script: a script, run by an interpreter of the catalogue.
        empties_stdin: the program itself came from stdin, so the guest finds nothing there.
        passing: folders made for this run alone, to be removed after it.
    """

    __slots__ = (
        "args_before",
        "empties_stdin",
        "env",
        "is_script",
        "limits",
        "mounts",
        "name",
        "newer",
        "package",
        "passing",
        "provide",
        "starter",
        "wasm",
        "workdir",
    )

    def __init__(self, wasm: str, name: str) -> None:
        self.wasm = wasm
        self.name = name
        self.provide = ""
        self.starter = ""
        self.args_before = [name]
        self.mounts: list[tuple[str, str, bool]] = []
        self.env: dict[str, str] = {}
        self.workdir = ""
        self.package: Opened | None = None
        self.newer = ""
        self.limits: dict[str, int | float] = {}
        self.is_script = False
        self.empties_stdin = False
        self.passing: list[str] = []

    def narrow(self, job: Job, given: Container[str]) -> None:
        """Give a job the program's own limits, but not those that the user gave by name."""
        for name, own in self.limits.items():
            allowed = getattr(job, name)
            if name not in given and (allowed is None or own < allowed):
                setattr(job, name, own)

    def clear(self) -> None:
        """Remove what was made for this run alone."""
        if self.passing:
            from shutil import rmtree

            for folder in self.passing:
                rmtree(folder, ignore_errors=True)
            self.passing = []

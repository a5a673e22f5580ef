"""What WHAT stands for: a file to run and all that must go with it, as plain values."""

from __future__ import annotations


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
        is_script: a script, run by an interpreter of the catalogue.
        empties_stdin: the program itself came from stdin, so the guest finds nothing there.
        passing: folders made for this run alone, to be removed after it.
    """

    __slots__ = (
        "args_before",
        "empties_stdin",
        "env",
        "is_script",
        "mounts",
        "name",
        "passing",
        "provide",
        "starter",
        "wasm",
    )

    def __init__(self, wasm: str, name: str) -> None:
        self.wasm = wasm
        self.name = name
        self.provide = ""
        self.starter = ""
        self.args_before = [name]
        self.mounts: list[tuple[str, str, bool]] = []
        self.env: dict[str, str] = {}
        self.is_script = False
        self.empties_stdin = False
        self.passing: list[str] = []

    def clear(self) -> None:
        """Remove what was made for this run alone."""
        if self.passing:
            from shutil import rmtree

            for folder in self.passing:
                rmtree(folder, ignore_errors=True)
            self.passing = []

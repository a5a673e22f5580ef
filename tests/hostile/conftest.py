"""Guests that misbehave, and how each run of them has to end."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

GUESTS = Path(__file__).resolve().parent.parent / "guests"
KINDS = ("preview1", "component")
OPTIONS = {
    "timeout": "--timeout",
    "cpu_time": "--cpu-time",
    "fuel": "--fuel",
    "memory": "--memory",
    "output": "--max-output",
    "open_files": "--max-open-files",
    "disk": "--max-disk",
    "stack": "--stack",
}


@dataclass(frozen=True)
class Case:
    """One guest that misbehaves, and the end that it has to have.

    Attributes:
        guest: its name in guests/bodies.wat.
        given: the limit that it is given, by its name in Python.
        limit: the limit that ends it.
        exit_code: of the command.
        says: what happened, as it is told; times become "T s".
        stdin: "silent" for a pipe that never ends and says nothing, "endless" for one that never
            stops, "" for nothing.
        folder: whether it is granted one, with a file and a FIFO.
        stdout: how many bytes it has written when it ends.
    """

    guest: str
    given: dict[str, str]
    limit: str
    exit_code: int
    says: str
    stdin: str = ""
    folder: bool = False
    stdout: int = 0
    name: str = field(default="", compare=False)

    def __str__(self) -> str:
        return self.name or f"{self.guest}-{self.limit}"

    @property
    def options(self) -> list[str]:
        """The same for the command line."""
        return [word for name, value in self.given.items() for word in (OPTIONS[name], value)]


TIME = {"timeout": "0.2"}
IN_TIME = ("timeout", 124, "stopped after T s of its 0.2 s ({timeout})")
NO_MEMORY = ("memory", 137, "needed more than its 16 MiB of memory ({memory})")
CASES = (
    Case("loops", TIME, *IN_TIME),
    Case(
        "loops",
        {"cpu_time": "0.2"},
        "cpu_time",
        124,
        "stopped after T s of its 0.2 s of processor time ({cpu_time})",
    ),
    Case("loops", {"fuel": "1m"}, "fuel", 124, "stopped after all of its 1,000,000 instructions"),
    Case("starts", TIME, *IN_TIME),
    Case("sleeps", TIME, *IN_TIME),
    Case("waits", TIME, *IN_TIME),
    Case("reads", TIME, *IN_TIME, stdin="silent", name="reads-nothing"),
    Case("reads", TIME, *IN_TIME, stdin="endless", name="reads-without-end"),
    Case("fifo", TIME, *IN_TIME, folder=True),
    Case("memory", {"memory": "16m"}, *NO_MEMORY),
    Case("memories", {"memory": "16m"}, *NO_MEMORY),
    Case("hidden", {"memory": "16m"}, *NO_MEMORY),
    Case("tables", {"memory": "16m"}, *NO_MEMORY),
    Case("objects", {"memory": "16m"}, *NO_MEMORY),
    Case(
        "floods",
        {"output": "1m"},
        "output",
        122,
        "wrote more than its 1 MiB of output ({output})",
        stdout=1 << 20,
    ),
    Case("recurses", {}, "stack", 134, "called too deep for its 1 MiB of stack ({stack})"),
    Case(
        "opens",
        {"open_files": "40"},
        "open_files",
        122,
        "opened more than its 40 files at once ({open_files})",
        folder=True,
    ),
    Case(
        "fills",
        {"disk": "16m"},
        "disk",
        122,
        "wrote more than its 16 MiB to files ({disk})",
        folder=True,
    ),
    Case(
        "scatters",
        {"disk": "16m"},
        "disk",
        122,
        "wrote more than its 16 MiB to files ({disk})",
        folder=True,
    ),
)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" in metafunc.fixturenames:
        metafunc.parametrize("case", CASES, ids=str)


@pytest.fixture(scope="session")
def guest(wat: Callable[..., Path]) -> Callable[[str, str], Path]:
    """The wasm file of a guest of bodies.wat, as "preview1" or as a "component"."""
    parts = (GUESTS / "bodies.wat").read_text().split("\n;;; ")[1:]
    bodies = {part.partition(":")[0]: part.partition("\n")[2] for part in parts}

    def make(name: str, kind: str) -> Path:
        frame = (GUESTS / f"{kind}.wat").read_text()
        return wat(re.sub(r"\n *BODY\n", lambda _: "\n" + bodies[name], frame), name)

    return make


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder to grant: a file, and a FIFO that nobody writes to."""
    path = tmp_path / "granted"
    path.mkdir()
    (path / "file").write_text("hello\n")
    os.mkfifo(path / "pipe")
    return path


@pytest.fixture
def stdin() -> Callable[[str], object]:
    """Opens what a case finds on its stdin, as a descriptor."""

    @contextmanager
    def opened(kind: str) -> Iterator[int]:
        if kind == "endless":
            with subprocess.Popen(["yes"], stdout=subprocess.PIPE) as process:
                assert process.stdout is not None
                yield process.stdout.fileno()
                process.kill()
        elif kind == "silent":
            ours, theirs = os.pipe()
            yield ours
            os.close(ours)
            os.close(theirs)
        else:
            null = os.open(os.devnull, os.O_RDONLY)
            yield null
            os.close(null)

    return opened


@pytest.fixture
def plainly() -> Callable[[str], str]:
    """Takes out of a message what is different on each run."""
    return lambda text: re.sub(r"after [\d.]+ s", "after T s", text)

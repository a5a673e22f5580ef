"""A C library of every type, with a hostile guest in it, under the sanitizers of the compiler."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from wherever.bind.c import generate
from wherever.bind.library import open_library
from wherever.build.building import build
from wherever.build.project import find

HERE = Path(__file__).parent / "c"
SANITIZERS = (
    ("as it is", ("-O2",)),
    ("address,undefined", ("-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover")),
    ("thread", ("-O1", "-g", "-fsanitize=thread")),
)


def cases() -> Iterator[tuple[str, str]]:
    """Each case and what is wrong with it, "" for nothing."""
    compiler = shutil.which("gcc")
    if compiler is None:
        yield "c/every", "needs gcc, which is not here"
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(HERE / "every", folder / "every")
        build(find(str(folder / "every")), lambda _: None)
        library = open_library(str(folder / "every" / "build" / "every.wasm"))
        package = folder / "package"
        package.mkdir()
        generate(library, package, lambda _: None)
        for label, flags in SANITIZERS:
            yield f"c/{label}", _run(compiler, package, folder / "host", flags)


def _run(compiler: str, package: Path, made: Path, flags: tuple[str, ...]) -> str:
    sources = [str(path) for path in (package / "src").glob("*.c")]
    places = [f"-I{package}/include", f"-I{package}/src"]
    words = [compiler, "-std=gnu11", "-w", *flags, *places, *sources, str(HERE / "host.c")]
    built = subprocess.run([*words, "-lm", "-lpthread", "-o", made], capture_output=True, text=True)
    if built.returncode != 0:
        return built.stderr[-1000:]
    ran = subprocess.run([made], capture_output=True, text=True, timeout=300)
    said = ran.stdout + ran.stderr
    return "" if ran.returncode == 0 and said == "0 failures\n" else said[-1000:]

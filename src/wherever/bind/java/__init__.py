"""A component as classes of Java above its C: `wherever bind --lang java`."""

from __future__ import annotations

import platform
import shutil
import sys
import tempfile
from pathlib import Path

from wherever.bind.c import compiling, sources
from wherever.bind.java import readme, text
from wherever.bind.java.spelling import Spelling
from wherever.bind.library import Made
from wherever.bind.native.surface import Surface

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.bind.library import Library, Tell

_IMPORTS = """\
import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
"""


def generate(library: Library, folder: Path, tell: Tell) -> Made:
    """Writes classes of Java, the shared library that they load, and its C.

    Raises:
        InputError: the library has what C bindings cannot say.
        BuildFailed: wasm2c or the C compiler refused it, in their own words.
        RemoteError: a tool could not be fetched.
    """
    native = folder / "native"
    with tempfile.TemporaryDirectory(prefix=".bind-", dir=folder) as name:
        scratch = Path(name)
        made = sources(library, native / "src", scratch)
        own = made.names.own
        surface = Surface(library, made)
        (native / "include").mkdir()
        (native / "src" / f"{own}.h").rename(native / "include" / f"{own}.h")
        (native / "src" / "java.c").write_text(text.c(surface), "utf-8")
        compiling.build(library, own, native, scratch, tell)
    spelling = Spelling(surface)
    place = folder / "resources" / own / _machine()
    place.mkdir(parents=True)
    shared = f"lib{own}{compiling.ending()}"
    (native / "lib" / shared).rename(place / shared)
    shutil.rmtree(native / "lib")
    classes = folder / "src" / own
    classes.mkdir(parents=True)
    for path in text.RUNTIME.glob("*.java"):
        held = path.read_text("utf-8").replace("LIB", own)
        (classes / path.name).write_text(held, "utf-8")
    for name, body in text.classes(surface, spelling).items():
        used = (line for line in _IMPORTS.splitlines() if _is_used(line, body))
        head = "".join(f"{line}\n" for line in used)
        held = f"package {own};\n\n{head}{chr(10) if head else ''}{body}"
        (classes / f"{name}.java").write_text(held, "utf-8")
    (folder / "README.md").write_text(readme.text(surface), "utf-8")
    return Made.of(folder, "javac -d classes -sourcepath {folder}/src Main.java")


def _is_used(line: str, body: str) -> bool:
    return line.rpartition(".")[2].rstrip(";") in body


def _machine() -> str:
    system = "macos" if sys.platform == "darwin" else "linux"
    return f"{system}-{platform.machine().replace('arm64', 'aarch64')}"

"""A component as a header of C++17 above its C library: `wherever bind --lang cpp`."""

from __future__ import annotations

from wherever.bind import c
from wherever.bind.c import compiling
from wherever.bind.c.header import header
from wherever.bind.cpp import readme, text
from wherever.bind.library import Made
from wherever.bind.native.surface import Surface

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

    from wherever.bind.library import Library, Tell


def generate(library: Library, folder: Path, tell: Tell) -> Made:
    """Writes the C library, and a header of C++ beside its own.

    Raises:
        InputError: the library has what C bindings cannot say.
        BuildFailed: wasm2c or the C compiler refused it, in their own words.
        RemoteError: a tool could not be fetched.
    """
    c.generate(library, folder, tell)
    surface = Surface(library, header(library))
    (folder / "include" / f"{surface.own}.hpp").write_text(text.header(surface), "utf-8")
    (folder / "README.md").write_text(readme.text(surface), "utf-8")
    return Made.of(folder, f"c++ -std=c++17 main.cpp {compiling.flags_shown(surface.own)}")

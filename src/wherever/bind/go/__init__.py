"""A component as a package of cgo above its C: `wherever bind --lang go`."""

from __future__ import annotations

import tempfile
from pathlib import Path

from wherever.bind.c import sources
from wherever.bind.go import readme, text
from wherever.bind.go.spelling import Spelling
from wherever.bind.library import Made
from wherever.bind.native.surface import Surface

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.bind.library import Library, Tell

_EXACT = """\
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC optimize("-ffp-contract=off")
#endif
"""
"""What goes before each file of C, since cgo takes no such option."""


def generate(library: Library, folder: Path, tell: Tell) -> Made:
    """Writes a Go package: the library's C, and the Go above it.

    Raises:
        InputError: the library has what C bindings cannot say.
        BuildFailed: wasm2c refused it, in its own words.
        RemoteError: a tool could not be fetched.
    """
    tell(f"making C of {library.name}")
    with tempfile.TemporaryDirectory(prefix=".bind-", dir=folder) as scratch:
        native = Path(scratch) / "native"
        tools = Path(scratch) / "tools"
        tools.mkdir()
        made = sources(library, native, tools)
        for path in native.iterdir():
            path.rename(folder / path.name)
    for path in folder.glob("*.c"):
        path.write_text(_EXACT + path.read_text("utf-8"), "utf-8")
    surface = Surface(library, made)
    spelling = Spelling(surface)
    support = (Path(__file__).parent / "support.go").read_text("utf-8")
    own = surface.own
    support = support.replace("package LIB", f"package {own}").replace('"LIB.h', f'"{own}.h')
    files = {
        "README.md": readme.text(surface),
        "go.mod": f"module example.com/{own}\n\ngo 1.21\n",
        f"{own}.go": text.library(surface, spelling),
        "support.go": support.replace("LIB_", f"{own}_"),
        **text.callbacks(surface),
    }
    for name, held in files.items():
        (folder / name).write_text(held, "utf-8")
    return Made.of(folder, f"go mod edit -replace=example.com/{own}={{folder}}")

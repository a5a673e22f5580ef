"""A component as a package of cgo above its C: `wherever bind --lang go`."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

from wherever.bind.c import compiling, sources
from wherever.bind.go import readme, text
from wherever.bind.go.spelling import Spelling
from wherever.bind.library import Made
from wherever.bind.native.ready import go_target
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

_LINK = """\
package {own}

// The library's code, as `wherever bind` compiled it. Other machines compile the C.

// #cgo LDFLAGS: -L${{SRCDIR}}/lib/{place} -l{name} -lm -lpthread
import "C"
"""


def generate(library: Library, folder: Path, tell: Tell) -> Made:
    """Writes a Go package: the library's C, compiled for this machine, and the Go above it.

    Raises:
        InputError: the library has what C bindings cannot say.
        BuildFailed: wasm2c or the C compiler refused it, in their own words.
        RemoteError: a tool could not be fetched.
    """
    tell(f"making C of {library.name}")
    with tempfile.TemporaryDirectory(prefix=".bind-", dir=folder) as scratch:
        native = Path(scratch) / "native"
        tools = Path(scratch) / "tools"
        tools.mkdir()
        made = sources(library, native, tools)
        head = _ready(library, made.names.own, native, folder, tell) + _EXACT
        for path in native.iterdir():
            path.rename(folder / path.name)
    for path in folder.glob("*.c"):
        path.write_text(head + path.read_text("utf-8"), "utf-8")
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
    following = (
        f"go mod edit -require=example.com/{own}@v0.0.0 -replace=example.com/{own}={{local}}"
    )
    return Made.of(folder, following)


def _ready(library: Library, own: str, native: Path, folder: Path, tell: Tell) -> str:
    """Adds the code for this machine; what keeps the C from being compiled on such machines."""
    target = go_target()
    if target is None:
        return ""
    system, machine = target
    place = folder / "lib" / f"{system}_{machine}"
    made = place / f"lib{own}.a"
    compiling.archive(library, own, native, made, tell)
    # Go looks at no archive, only at how it is called, to see whether a program is still the same.
    name = f"{own}_{hashlib.sha256(made.read_bytes()).hexdigest()[:12]}"
    made.rename(place / f"lib{name}.a")
    link = _LINK.format(own=own, name=name, place=f"{system}_{machine}")
    (folder / f"ready_{system}_{machine}.go").write_text(link, "utf-8")
    return f"//go:build !({system} && {machine})\n\n"

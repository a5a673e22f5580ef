"""A component as a C library without any runtime to install: `wherever bind --lang c`."""

from __future__ import annotations

import tempfile
from pathlib import Path

from wherever.bind.c import compiling, readme
from wherever.bind.c.glue import Glue
from wherever.bind.c.guest import Guest, guest, prefixed, tool, vectors
from wherever.bind.c.header import header
from wherever.bind.c.linking import linked
from wherever.bind.library import Made

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.bind.c.header import Header
    from wherever.bind.library import Library, Tell

RUNTIME = Path(__file__).parent / "runtime"
_PARTS = ("runtime.c", "memory.c", "watch.c", "values.c", "system.c")


def generate(library: Library, folder: Path, tell: Tell) -> Made:
    """Writes a header, a static and a shared library, a pkg-config file and the sources.

    Raises:
        InputError: the library has what C bindings cannot say.
        BuildFailed: wasm2c or the C compiler refused it, in their own words.
        RemoteError: a tool could not be fetched.
    """
    with tempfile.TemporaryDirectory(prefix=".bind-", dir=folder) as name:
        scratch = Path(name)
        made = sources(library, folder / "src", scratch)
        own = made.names.own
        (folder / "include").mkdir()
        (folder / "src" / f"{own}.h").rename(folder / "include" / f"{own}.h")
        compiling.build(library, own, folder, scratch, tell)
    (folder / "README.md").write_text(readme.text(library, made), "utf-8")
    return Made.of(folder, f"cc main.c {compiling.flags_shown(own)}")


def sources(library: Library, folder: Path, scratch: Path) -> Header:
    """Writes a library's C into a new folder: its header, its code, and what both stand on."""
    folder.mkdir(parents=True)
    stands_on = linked(library)
    made = header(library)
    own = made.names.own
    codes: list[Guest] = []
    for number, module in enumerate(stands_on.modules):
        codes.append(guest(module, own, scratch, f"guest{number or ''}"))
    glue = Glue(library, made, stands_on, tuple(codes))
    files = {f"{own}.h": made.text, f"{own}.c": _whole(made, glue, codes)}
    for code in codes:
        files |= code.files
    files["support.h"] = prefixed((RUNTIME / "guest.h").read_text("utf-8"), own)
    files["runtime.h"] = prefixed(_support((RUNTIME / "runtime.h").read_text("utf-8")), own)
    for name in ("wasm-rt.h", "wasm-rt-exceptions.h"):
        files[name] = prefixed((tool() / "wasm2c" / name).read_text("utf-8"), own)
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    vectors("\n".join(files.values()), folder)
    return made


def _whole(made: Header, glue: Glue, codes: list[Guest]) -> str:
    own = made.names.own
    lines = ["#define _GNU_SOURCE", f'#include "{own}.h"']
    lines += [f'#include "guest{number or ""}.h"' for number in range(len(codes))]
    parts = ["\n".join(lines) + "\n"]
    names = [*_PARTS, *(["wasi.c"] if glue.is_alone else []), "wasi2.c"]
    parts += [prefixed(_support((RUNTIME / name).read_text("utf-8")), own) for name in names]
    library = (RUNTIME / "library.c").read_text("utf-8")
    guests = "\n    ".join(f"{code.type} guest{at};" for at, code in enumerate(codes))
    limits = "\n".join(
        f"    h->limits[{at}] = &made->guest{at}.guest_limit;" for at in range(len(codes))
    )
    library = library.replace("LIB_GUESTS", guests).replace("LIB_LIMITS", limits)
    return "\n".join([*parts, library.replace("LIB_", f"{own}_"), glue.text()])


def _support(text: str) -> str:
    return text.replace('#include "guest.h"', '#include "support.h"')

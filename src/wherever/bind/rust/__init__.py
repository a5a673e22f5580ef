"""A component as a crate above its C library: `wherever bind --lang rust`."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from wherever.bind.c import compiling, sources
from wherever.bind.c.compiling import FLAGS
from wherever.bind.library import Made
from wherever.bind.native.ready import rust_target
from wherever.bind.native.surface import Surface
from wherever.bind.rust import ffi, readme, text
from wherever.bind.rust.spelling import Spelling

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.bind.library import Library, Tell

_HERE = Path(__file__).parent

_CARGO = """\
[package]
name = {name}
version = {version}
description = {description}
edition = "2021"
rust-version = "1.86"
build = "build.rs"
links = {own}

[lib]
name = {own}
"""


def generate(library: Library, folder: Path, tell: Tell) -> Made:
    """Writes a crate: the library's C, compiled for this machine, and the Rust above it.

    Raises:
        InputError: the library has what C bindings cannot say.
        BuildFailed: wasm2c or the C compiler refused it, in their own words.
        RemoteError: a tool could not be fetched.
    """
    tell(f"making C of {library.name}")
    with tempfile.TemporaryDirectory(prefix=".bind-", dir=folder) as scratch:
        made = sources(library, folder / "native", Path(scratch))
    own = made.names.own
    ready = folder / "native" / "lib" / rust_target() / f"lib{own}.a"
    compiling.archive(library, own, folder / "native", ready, tell)
    surface = Surface(library, made)
    spelling = Spelling(surface)
    described = " ".join(library.description.split()) or f"{library.name}, sandboxed"
    build = (_HERE / "build.rs").read_text("utf-8").replace("LIB", surface.own)
    files = {
        "Cargo.toml": _CARGO.format(
            name=json.dumps(library.name),
            version=json.dumps(library.version),
            description=json.dumps(described),
            own=json.dumps(surface.own),
        ),
        "README.md": readme.text(surface),
        "build.rs": build.replace("FLAGS_HERE", ", ".join(json.dumps(each) for each in FLAGS)),
        "examples/hello.rs": readme.program(surface),
        "src/ffi.rs": ffi.text(surface, spelling),
        "src/lib.rs": text.library(surface, spelling),
        "src/support.rs": (_HERE / "support.rs").read_text("utf-8"),
    }
    for name, held in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(held, "utf-8")
    return Made.of(folder, "cargo add --path {folder}")

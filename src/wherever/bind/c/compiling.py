"""From a library's C to the files that programs are linked with."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from wherever.build import command, tools

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.bind.library import Library, Tell

FLAGS = (
    *("-std=gnu11", "-O2", "-g0", "-fPIC", "-fvisibility=hidden"),
    *("-fno-math-errno", "-ffp-contract=off"),
    # What wasm2c writes is no C that a person would write.
    *("-Wno-unused", "-Wno-ignored-optimization-argument", "-Wno-unknown-warning-option"),
)

FRAME = 65536
"""Bytes that one frame of the guest may take of the stack, since it is made before it looks."""


class Compiler(NamedTuple):
    """A C compiler.

    Attributes:
        command: how it is started.
        archiver: how its archiver is started.
        label: what messages call it.
        env: variables that it needs.
        frames: the flags by which it refuses larger frames than `FRAME`.
    """

    command: tuple[str, ...]
    archiver: tuple[str, ...]
    label: str
    env: dict[str, str]
    frames: tuple[str, ...]


def compiler() -> Compiler:
    """The C compiler of this machine, as `CC` names it, or the one that comes with zig."""
    path = os.environ.get("PATH", os.defpath)
    named = os.environ.get("CC", "cc").split()
    if named and shutil.which(named[0]) and shutil.which("ar"):
        return Compiler(tuple(named), ("ar",), named[0], {"PATH": path}, _frames(named))
    zig = str(tools.tool("zig") / "ziglang" / "zig")
    kept = command.caches("zig")
    env = {"ZIG_GLOBAL_CACHE_DIR": str(kept / "global"), "ZIG_LOCAL_CACHE_DIR": str(kept / "local")}
    return Compiler((zig, "cc"), (zig, "ar"), "zig cc", env, _CLANG)


_CLANG = (f"-Wframe-larger-than={FRAME}", "-Werror=frame-larger-than")
_GCC = (f"-Werror=frame-larger-than={FRAME}",)


def _frames(named: list[str]) -> tuple[str, ...]:
    """Clang passes over what gcc takes, with a warning, and gcc refuses what clang takes."""
    words = [*named, "-dM", "-E", "-x", "c", os.devnull]
    try:
        said = subprocess.run(words, capture_output=True, text=True, check=False).stdout
    except OSError:
        said = ""
    return _CLANG if "__clang__" in said else _GCC


def build(library: Library, own: str, folder: Path, scratch: Path, tell: Tell) -> None:
    """Compiles `src` into `lib`, with a file for pkg-config.

    Raises:
        BuildFailed: the compiler refused it, in its own words.
    """
    cc = compiler()
    tell(f"compiling {library.name} with {cc.label}")
    src, lib = folder / "src", folder / "lib"
    api = f'-D{own.upper()}_API=__attribute__((visibility("default")))'
    given = [*FLAGS, *cc.frames, f"-ffile-prefix-map={folder}=.", api, "-Iinclude", "-Isrc"]
    sources = sorted(src.glob("*.c"))
    objects = [str(scratch / f"{source.stem}.o") for source in sources]

    def compile_one(source: Path, made: str) -> None:
        words = [*cc.command, *given, "-c", f"src/{source.name}", "-o", made]
        _run(cc, words, folder, scratch)

    pool = ThreadPoolExecutor(os.cpu_count() or 1)
    try:
        for done in [
            pool.submit(compile_one, *pair) for pair in zip(sources, objects, strict=True)
        ]:
            done.result()
    finally:
        pool.shutdown(cancel_futures=True)
    (lib / "pkgconfig").mkdir(parents=True)
    shared = f"lib{own}{ending()}"
    named = (
        f"-Wl,-install_name,@rpath/{shared}"
        if sys.platform == "darwin"
        else (f"-Wl,-soname,{shared}")
    )
    _run(
        cc,
        [*cc.command, "-shared", named, *objects, "-o", f"lib/{shared}", "-lm", "-lpthread"],
        folder,
        scratch,
    )
    names = [Path(each).name for each in objects]
    _run(cc, [*cc.archiver, "rcsD", str(lib / f"lib{own}.a"), *names], scratch, scratch)
    (lib / "pkgconfig" / f"{own}.pc").write_text(_package(library, own), "utf-8")


def ending() -> str:
    """How a shared library's name ends here."""
    return ".dylib" if sys.platform == "darwin" else ".so"


def flags_shown(own: str) -> str:
    """What a program is compiled with, from the folder `{folder}`."""
    return f"-I{{folder}}/include {{folder}}/lib/lib{own}.a -lm -lpthread"


def _run(cc: Compiler, words: list[str], folder: Path, scratch: Path) -> None:
    argv = [shutil.which(words[0]) or words[0], *words[1:]]
    command.run(
        argv, label=cc.label, cwd=folder, scratch=scratch, env=cc.env, forget=[(folder, "")]
    )


def _package(library: Library, own: str) -> str:
    about = " ".join(library.description.split()) or f"{library.name}, sandboxed"
    return f"""\
prefix=${{pcfiledir}}/../..
Name: {own}
Description: {about}
Version: {library.version}
Cflags: -I${{prefix}}/include
Libs: -L${{prefix}}/lib -l{own}
Libs.private: -lm -lpthread
"""

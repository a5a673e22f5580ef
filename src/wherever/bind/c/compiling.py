"""From a library's C to the files that programs are linked with."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import NamedTuple

from wherever.bind.c.objects import Objects
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
    objects = compiled(cc, library.name, own, folder, scratch, tell)
    lib = folder / "lib"
    (lib / "pkgconfig").mkdir(parents=True)
    shared = f"lib{own}{ending()}"
    named = (
        f"-Wl,-install_name,@rpath/{shared}"
        if sys.platform == "darwin"
        else (f"-Wl,-soname,{shared}")
    )
    share(cc, objects, lib / shared, scratch, named)
    _archive(cc, objects, lib / f"lib{own}.a", scratch)
    (lib / "pkgconfig" / f"{own}.pc").write_text(_package(library, own), "utf-8")


def archive(library: Library, own: str, native: Path, made: Path, tell: Tell) -> None:
    """Compiles the C in one folder into a static library.

    Raises:
        BuildFailed: the compiler refused it, in its own words.
    """
    cc = compiler()
    with tempfile.TemporaryDirectory(prefix=".bind-", dir=native) as scratch:
        objects = compiled(cc, library.name, own, native, Path(scratch), tell)
        made.parent.mkdir(parents=True, exist_ok=True)
        _archive(cc, objects, made, Path(scratch))


def compiled(
    cc: Compiler, name: str, own: str, folder: Path, scratch: Path, tell: Tell, *more: str
) -> list[Path]:
    """The objects of all C in `src`, or in the folder itself, in `scratch`.

    `more` are options of the compiler.

    Raises:
        BuildFailed: the compiler refused it, in its own words.
    """
    places = [each for each in (folder / "include", folder / "src") if each.is_dir()] or [folder]
    src = places[-1]
    api = f'-D{own.upper()}_API=__attribute__((visibility("default")))'
    flags = [*FLAGS, *cc.frames, api, *more]
    # Relative, so that no object knows where it was made.
    found = [f"-I{os.path.relpath(each, src)}" for each in places]
    given = [*flags, f"-ffile-prefix-map={src}=.", *found]
    kept = Objects([*_identity(cc), *flags], places)
    # Those that take longest come first, so that no core waits for another at the end.
    sources = sorted(src.glob("*.c"), key=lambda path: (-path.stat().st_size, path.name))

    def compile_one(source: Path) -> Path:
        made = scratch / f"{source.stem}.o"
        if not kept.take(source, made):
            words = [*cc.command, *given, "-c", source.name, "-o", str(made)]
            _run(cc, words, src, scratch)
            kept.keep(source, made)
        return made

    told = f"compiling {name} with {cc.label}"
    tell(told)
    objects: list[Path] = []
    pool = ThreadPoolExecutor(os.cpu_count() or 1)
    try:
        for each in as_completed([pool.submit(compile_one, source) for source in sources]):
            objects.append(each.result())
            tell(f"{told}: {len(objects)} of {len(sources)} files")
    finally:
        pool.shutdown(cancel_futures=True)
    kept.prune()
    return sorted(objects)


def share(cc: Compiler, objects: list[Path], made: Path, scratch: Path, *more: str) -> None:
    """Links objects to a shared library; `more` are the linker's options."""
    paths = map(str, objects)
    words = [*cc.command, "-shared", *more, *paths, "-o", str(made), "-lm", "-lpthread"]
    _run(cc, words, scratch, scratch)


def _identity(cc: Compiler) -> list[str]:
    """What tells a compiler from another one, or from itself before it was replaced."""
    path = os.path.realpath(shutil.which(cc.command[0]) or cc.command[0])
    facts = os.stat(path)
    return [*cc.command, path, str(facts.st_size), str(facts.st_mtime_ns)]


def _archive(cc: Compiler, objects: list[Path], made: Path, scratch: Path) -> None:
    names = [each.name for each in objects]
    _run(cc, [*cc.archiver, "rcsD", str(made), *names], scratch, scratch)


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

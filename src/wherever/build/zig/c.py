"""C and C++: programs of one file or of a folder of them, and components of a world."""

from __future__ import annotations

import hashlib
from pathlib import Path

from wherever.build import flags as given
from wherever.build.command import operand
from wherever.build.deriving import c_header
from wherever.build.detecting import main_of
from wherever.build.needs import need
from wherever.build.toolchain import Built, Need
from wherever.build.zig import archive, begin, bound, cxx, header, library, sources, tool
from wherever.build.zig.words import explained
from wherever.errors import BuildFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.project import Project
    from wherever.build.toolchain import Tell
    from wherever.build.zig.sources import Sources

EMULATED = ("signal", "process-clocks", "mman", "getpid")
"""What WASI's C library can play for a program that is alone; nothing is linked unasked."""

CPP_STANDARDS = ("-std=c++", "-std=gnu++")

STACK = 8 << 20
"""Bytes of stack in the guest's memory, as programs are used to from Linux."""


class C:
    """C and C++, by zig's clang."""

    name = "c"
    languages = ("c", "cpp")
    endings = (*sources.C, *sources.CPP)

    def detect(self, folder: Path) -> Path | None:
        """`main.c` or `main.cpp`, the only source file, the one with `main`, or the first."""
        return main_of(folder, self.endings) or sources.some(folder)

    def needs(self) -> list[Need]:
        """zig, and wasm-tools for components."""
        return [need("zig"), need("wasm-tools"), need("adapters")]

    def build(self, project: Project, target: Path, tell: Tell) -> Built:
        """Compiles what changed, and links all of it."""
        found = sources.of(project)
        core = target / "core.wasm"
        warnings = [f"{path} is left out: {reason}" for path, reason in found.left_out]
        declared, adapter = c_header.of(project), None
        if declared is not None:
            is_cpp = declared.suffix != ".h" or project.main.suffix in sources.CPP
            flags = [*_common(project, found), *(cxx.flags() if is_cpp else ())]
            flags += given.of(project, given.C)
            derived, adapter = header.derived(project, declared, flags, target, is_cpp=is_cpp)
            project = derived.project
            warnings += derived.left_out
        said = compile_and_link(project, found, core, target, tell, adapter)
        if library.has_world(project):
            core = library.component(project, core, target)
        return Built(core, (*warnings, *said.splitlines()))


def compile_and_link(
    project: Project,
    found: Sources,
    out: Path,
    target: Path,
    tell: Tell,
    adapter: list[Path] | None = None,
) -> str:
    """Makes a core module of sources; the compiler's warnings.

    Args:
        adapter: objects for the world, where they are made already.

    Raises:
        BuildFailed: it refused them.
    """
    own = list(given.of(project, given.C))
    tool.root()
    is_cpp = bool(found.cpp)
    archives: list[str | Path] = [
        archive.gaps(target),
        *([cxx.library(target, tell)] if is_cpp else ()),
    ]
    archives += begin.words(project, own, target) if is_cpp else []
    mark = tool.announce(tell, "c", f"compiling {project.name}", "up to a minute: the C library")
    label = "the C++ compiler" if is_cpp else "the C compiler"
    for_world, glue = bound.of(project, found, target) if adapter is None else ([], adapter)
    flags = [*_common(project, found), *for_world, *(cxx.flags() if is_cpp else ())]
    files: list[str | Path] = [*map(operand, (*found.c, *found.cpp))]
    try:
        if is_cpp and found.c and any(flag.startswith("-std=") for flag in own):
            for_c = [flag for flag in own if not flag.startswith(CPP_STANDARDS)]
            made = _objects(project, found.c, [*flags, *for_c], label, target)
            files = [*made, *map(operand, found.cpp)]
            own = [
                flag
                for flag in own
                if flag.startswith(CPP_STANDARDS) or not flag.startswith("-std=")
            ]
        said = tool.run(
            ["cc", *flags, *own, *files, *glue, *archives, "-o", out],
            label=label,
            folder=project.folder,
            scratch=target,
        )
        if is_cpp:
            out.write_bytes(begin.at_ours(out.read_bytes()))
    except BuildFailed as error:
        raise explained(error, (*found.c, *found.cpp)) from None
    mark.touch()
    return said


def _common(project: Project, found: Sources) -> list[str | Path]:
    return [
        *tool.TARGET,
        "-O2",
        "-s",
        "-UNDEBUG",  # zig takes assert() away where it optimises
        "-ffunction-sections",
        "-fdata-sections",
        *("-mllvm", "-wasm-enable-sjlj", "-mllvm", "-wasm-use-legacy-eh=false"),
        *("-Wno-date-time", "-Wno-deprecated-declarations"),
        f"-ffile-prefix-map={project.folder}=.",
        f"-ffile-prefix-map={tool.root()}=zig",
        f"-Wl,-z,stack-size={STACK}",
        *("-include", tool.GUEST / "gaps.h"),
        *(f"-D_WASI_EMULATED_{name.replace('-', '_').upper()}" for name in EMULATED),
        *(f"-lwasi-emulated-{name}" for name in EMULATED),
        *(f"-I{name}" for name in found.includes),
        *(
            ("-mexec-model=reactor", "-Wl,--export=cabi_realloc")
            if library.is_library(project)
            else ()
        ),
    ]


def _objects(
    project: Project, paths: tuple[str, ...], flags: list[str | Path], label: str, target: Path
) -> list[Path]:
    """The C files of a C++ program whose flags name a standard, which only one of both takes."""
    kept = [flag for flag in flags if not str(flag).startswith(("-l", "-Wl,", "-mexec"))]
    made = []
    for path in paths:
        out = target / f"{hashlib.sha256(path.encode()).hexdigest()[:16]}.o"
        tool.run(
            ["cc", *kept, "-c", operand(path), "-o", out],
            label=label,
            folder=project.folder,
            scratch=target,
        )
        made.append(out)
    return made


TOOLCHAIN = C()

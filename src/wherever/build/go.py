"""Go: a package becomes a command, by the user's own Go or by one that is fetched."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from wherever.build import command, flags, tools
from wherever.build.bindings import go as bindings
from wherever.build.bindings import kept, wit
from wherever.build.bindings.go.memory import roomier
from wherever.build.detecting import main_of
from wherever.build.needs import need
from wherever.build.reactor import library
from wherever.build.toolchain import Built, Need
from wherever.errors import InputError, InternalError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.project import Project
    from wherever.build.toolchain import Tell

OLDEST = (1, 24)

_USERS = (
    "GOAUTH", "GOFLAGS", "GOINSECURE", "GONOPROXY", "GONOSUMDB", "GOPRIVATE", "GOPROXY",
    "GOSUMDB", "GOVCS",
)  # fmt: skip
_VERSION = re.compile(r"go(\d+)\.(\d+)")


class Go:
    """Go's own compiler, for WASI preview 1."""

    name = "go"
    languages = ("go", "golang")
    endings = (".go",)

    def detect(self, folder: Path) -> Path | None:
        """`main.go`, or any file of the package in a folder with a go.mod."""
        found = main_of(folder, self.endings)
        if found is None and (folder / "go.mod").is_file():
            sources = sorted(folder.glob("*.go"))
            found = next((path for path in sources if not path.name.endswith("_test.go")), None)
        return found

    def needs(self) -> list[Need]:
        """The user's Go where it is new enough, else ours."""
        own = _own()
        if own is not None:
            return [Need("go", ".".join(map(str, own[1])), "system")]
        return [need("go")]

    def build(self, project: Project, target: Path, tell: Tell) -> Built:
        """Makes a command, or a library where `[build] world` or `wit` is given."""
        manifest = project.manifest
        for_library = bool(manifest.build.world or manifest.build.wit)
        out = target / "core.wasm"
        linking = "-s -w"
        if for_library and kept.included("bindings/world", project.main.parent.glob("*.go")):
            kept.keep(project, bindings.bindings(wit.read(project, target)), target)
            linking += " -checklinkname=0"
        program = _program()
        tell("compiling Go")
        said = command.run(
            [
                program, "build", "-trimpath", "-buildvcs=false", f"-ldflags={linking}",
                *(["-buildmode=c-shared"] if for_library else []),
                *flags.of(project, flags.GO), "-o", out, *_sources(project),
            ],
            label="go",
            cwd=project.main.parent,
            scratch=target,
            env=_environment(),
            forget=[(project.folder, "")],
        )  # fmt: skip
        if not out.is_file():
            raise InputError(
                f"{project.name}: it is not a Go program that can be started",
                "a program is a package main with a func main",
            )
        if for_library:
            roomier(out)
            out = library(out, project, target, "--realloc-via-memory-grow")
        return Built(out, (said,) if said else ())


TOOLCHAIN = Go()


def _sources(project: Project) -> list[str]:
    """The package of a module; files of a folder without one; a lone file."""
    folder = project.main.parent
    if any((each / "go.mod").is_file() for each in (folder, *folder.parents)):
        return ["."]
    if project.manifest.folder is None and project.output.parent == folder:
        return [command.operand(project.main.name)]
    names = sorted(path.name for path in folder.glob("*.go"))
    return [command.operand(name) for name in names if not name.endswith("_test.go")]


def _program() -> Path:
    own = _own()
    if own is not None:
        return own[0]
    found = next(iter(sorted(tools.tool("go").glob("*/bin/go"))), None)
    if found is None:
        raise InternalError("the Go that was fetched has no go in it", "see: wherever doctor")
    return found


def _own() -> tuple[Path, tuple[int, int]] | None:
    """The user's Go and its version, where it is new enough."""
    found = shutil.which("go")
    if found is None:
        return None
    program = Path(found).resolve()
    try:
        told = (program.parent.parent / "VERSION").read_text()
    except (OSError, UnicodeError):
        return None
    match = _VERSION.match(told)
    version = (int(match[1]), int(match[2])) if match else (0, 0)
    return (program, version) if version >= OLDEST else None


def _environment() -> dict[str, str]:
    """The user's settings for modules; caches of our own."""
    kept = command.caches("go")
    found = {name: os.environ[name] for name in _USERS if name in os.environ}
    config = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return {
        **found,
        "GOENV": os.environ.get("GOENV") or os.path.join(config, "go", "env"),
        "GOOS": "wasip1",
        "GOARCH": "wasm",
        "GOTOOLCHAIN": "local",
        "GOTELEMETRY": "off",
        "CGO_ENABLED": "0",
        "GOCACHE": str(kept / "build"),
        "GOMODCACHE": str(kept / "modules"),
        "GOPATH": str(kept / "path"),
    }

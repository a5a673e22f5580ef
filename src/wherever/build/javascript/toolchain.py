"""The toolchains of JavaScript and of TypeScript, which differ in their files' endings only."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from wherever.build.deriving import derived, typescript
from wherever.build.detecting import main_of
from wherever.build.http import world
from wherever.build.javascript import (
    bundling,
    componentizing,
    library,
    packages,
    site,
    spidermonkey,
)
from wherever.build.needs import need
from wherever.build.toolchain import Built, Need

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.project import Project
    from wherever.build.toolchain import Tell


DEFAULT = "quickjs"
SPIDERMONKEY = "spidermonkey"

HTTP = "wasi:http/outgoing-handler@0.2.12"
"""What a program imports that names `fetch`."""


class JavaScript:
    """Programs in JavaScript or TypeScript, on QuickJS or SpiderMonkey.

    Attributes:
        engines: what makes a component, by the names that `[build] engine` takes.
    """

    engines: ClassVar = {
        DEFAULT: componentizing.componentize,
        SPIDERMONKEY: spidermonkey.componentize,
    }

    def __init__(self, name: str, languages: tuple[str, ...], endings: tuple[str, ...]) -> None:
        self.name = name
        self.languages = languages
        self.endings = endings

    def detect(self, folder: Path) -> Path | None:
        """`main`, `app`, `index` or `lib`, or the only file with one of the endings."""
        return main_of(folder, self.endings)

    def needs(self) -> list[Need]:
        """What bundles, what runs that, what makes components, and what reads types."""
        return [need(name) for name in ("esbuild", "node", "componentize-qjs", "typescript")]

    def build(self, project: Project, target: Path, tell: Tell) -> Built:
        """Bundles the program with the prelude, and makes a component of it."""
        wanted = project.manifest.build
        modules, warnings = packages.bring(project.folder, target, tell)
        tell("bundling")
        name, outside, fetch = library.WORLD, list[str](), None
        if world.is_wanted(project):
            made = site.of(project, target, modules)
            wit, entry = made.wit, made.entry
        elif project.manifest.kind == "library" or wanted.world or wanted.wit:
            found = None
            if derived.is_wanted(project):
                tell("deriving the world")
                found = typescript.derive(project, target, modules)
                warnings = (*warnings, *found.warnings)
            made = library.Library(found.project if found else project, target, found)
            outside = [name for name in made.imports if name]
            bundling.bundle(project, made.check, target, modules, outside)
            wit, entry = made.wit, made.entry
        else:
            wit, name, entry = componentizing.WIT, "command", bundling.PRELUDE / "command.js"
            # QuickJS is prepared in a host that knows no resources but its own.
            fetch = bundling.FETCH if wanted.engine == SPIDERMONKEY else None
        bundle, warned = bundling.bundle(project, entry, target, modules, outside, fetch)
        if fetch is not None and HTTP in bundling.imports(target):
            wit, name = componentizing.asking(target), componentizing.ASKS
        tell("making a component")
        wasm = self.engines[wanted.engine or DEFAULT](bundle, wit, name, target)
        return Built(wasm, (*warnings, *warned))


JAVASCRIPT = JavaScript("javascript", ("javascript", "js"), (".js", ".mjs", ".cjs", ".jsx"))
TYPESCRIPT = JavaScript("typescript", ("typescript", "ts"), (".ts", ".mts", ".cts", ".tsx"))

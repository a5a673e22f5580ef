"""Packages without a compiler: an interpreter of the catalogue, and the script's own files."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from wherever.build.detecting import main_of
from wherever.build.toolchain import Built, Need
from wherever.errors import InputError
from wherever.store import catalogue, fetch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.project import Project
    from wherever.build.toolchain import Tell

PLACE = "/package"
"""Where the guest finds the files of its package."""


class Script:
    """Scripts of the languages that have an interpreter in the catalogue."""

    name = "script"
    languages = ("script", "lua", "ruby", "perl")
    endings = (".lua", ".rb", ".pl")

    def detect(self, folder: Path) -> Path | None:
        """`main.lua` and the like."""
        return main_of(folder, self.endings)

    def needs(self) -> list[Need]:
        """Nothing but the interpreter, which is fetched as a program."""
        return [Need("interpreters of the catalogue", "", "kept")]

    def build(self, project: Project, target: Path, tell: Tell) -> Built:
        """Puts the interpreter beside all the files of the folder."""
        main = project.main.relative_to(project.folder).as_posix()
        named = project.manifest.build.interpreter
        wanted = named or catalogue.interpreter_for(project.main.name)
        entry = catalogue.find(wanted) if wanted else None
        if entry is None:
            raise InputError(
                f"no program of the catalogue runs {main}" if not named else
                f"[build] interpreter: there is no program called {named}",
                "name one: interpreter = 'lua' in [build] of wherever.toml; see wherever programs",
            )  # fmt: skip
        if not project.is_package:
            raise InputError(
                f"{main} is a script, which becomes a package of an interpreter and its files",
                "name the package with wherever init; or run it as it is: wherever run FILE",
            )
        if entry.parts:
            raise InputError(f"{entry.name} needs files of its own, and cannot be put in a package")
        tell(f"fetching {entry.label}")
        out = target / "out.wasm"
        shutil.copyfile(fetch.program(entry).path, out)
        build = replace(project.manifest.build, interpreter=entry.label, main=main)
        return Built(out, files={PLACE: "."}, manifest=replace(project.manifest, build=build))


TOOLCHAIN = Script()

"""Python: a script or a package becomes a component, by componentize-py."""

from __future__ import annotations

import marshal
import os
import sys
from pathlib import Path

from wherever.build import command, tools
from wherever.build.detecting import main_of
from wherever.build.needs import need
from wherever.build.python import gather, requirements, words
from wherever.build.toolchain import Built, Need
from wherever.errors import BuildFailed, InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.project import Project
    from wherever.build.toolchain import Tell

HERE = Path(__file__).parent

_INSIDE = "wherever_inside"
_PREPARE = "wherever_prepare"
_ENTRY = "wherever_entry"
_COMMAND = f"""import {_INSIDE}, {_PREPARE}
program = {_PREPARE}.prepare("/0")
from wit_world.imports.exit import exit_with_code
{_PREPARE}.seal()

class Run:
    def run(self):
        code = {_INSIDE}.run(program)
        if code:
            exit_with_code(code)
"""
_LIBRARY = f"""import {_PREPARE}
program = {_PREPARE}.prepare("/0")
import importlib
globals().update(vars(importlib.import_module(program.main)))
{_PREPARE}.seal()
"""
_WORLD = """package wherever:python;
world command { import wasi:cli/exit@0.2.12; export wasi:cli/run@0.2.12; }
"""
_CLI = """package wasi:cli@0.2.12;
interface run { run: func() -> result; }
interface exit { exit: func(status: result); exit-with-code: func(status-code: u8); }
"""


class Python:
    """Python 3.14, as componentize-py brings it."""

    name = "python"
    languages = ("python", "py")
    endings = (".py",)

    def detect(self, folder: Path) -> Path | None:
        """`main.py`, `__main__.py` here or in a package, or the only file."""
        for path in (folder / "__main__.py", *sorted(folder.glob("*/__main__.py"))):
            if path.is_file() and not (folder / "main.py").is_file():
                return path
        return main_of(folder, self.endings)

    def needs(self) -> list[Need]:
        """componentize-py; and pip, for packages."""
        return [need("componentize-py"), need("pip")]

    def build(self, project: Project, target: Path, tell: Tell) -> Built:
        """Makes a command of a script, or a library where `[build] world` or `wit` is given."""
        gathered = gather.program(project.main, project.folder)
        lines = requirements.wanted(project, gathered.missing())
        packages = requirements.installed(lines, target, project, tell)
        if packages is not None:
            gather.add_packages(gathered, packages)
        missing = gathered.missing()
        tell("making a component of Python")
        out = target / "out.wasm"
        _componentize(project, gathered, target, out)
        return Built(out, tuple(_told(missing)))


TOOLCHAIN = Python()


def _componentize(project: Project, gathered: gather.Gathered, target: Path, out: Path) -> None:
    build = project.manifest.build
    library = bool(build.world or build.wit)
    app = _app(gathered, target, _LIBRARY if library else _COMMAND)
    wit = _wit(project, target) if library else _own_wit(target)
    world = build.world if library else "command"
    empty = target / "environment"
    (empty / "lib" / "site-packages").mkdir(parents=True)
    words: list[str | Path] = [
        sys.executable, "-I", HERE / "maker.py", tools.tool("componentize-py"), "--quiet",
        "-d", wit, *(["-w", world] if world else []),
        "componentize", _ENTRY, "-p", app, "-o", out, *build.flags,
    ]  # fmt: skip
    try:
        command.run(
            words,
            label="componentize-py",
            cwd=target,
            scratch=target,
            env={"VIRTUAL_ENV": str(empty)},
            forget=[(project.folder, "")],
        )
    except BuildFailed as error:
        raise _plainly(error) from None


def _app(gathered: gather.Gathered, target: Path, entry: str) -> Path:
    app = target / "app"
    app.mkdir()
    (app / f"{_ENTRY}.py").write_text(entry)
    for name in ("inside", "prepare", "words"):
        source = (HERE / f"{name}.py").read_text()
        (app / f"wherever_{name}.py").write_text(source.replace(f"{__name__}.", "wherever_"))
    parts = {"main": gathered.main, "modules": gathered.modules, "files": gathered.files}
    (app / words.PROGRAM).write_bytes(marshal.dumps(parts, 2))
    for path in (*app.iterdir(), app):
        os.utime(path, (0, 0))
    return app


def _own_wit(target: Path) -> Path:
    wit = target / "wit"
    (wit / "deps").mkdir(parents=True)
    (wit / "world.wit").write_text(_WORLD)
    (wit / "deps" / "cli.wit").write_text(_CLI)
    return wit


def _wit(project: Project, target: Path) -> Path:
    named = project.folder / (project.manifest.build.wit or "wit")
    if not named.exists():
        raise InputError(
            f"{project.name}: there is no {named.name} with the WIT of its world",
            "name it: wit = 'FOLDER' in [build]",
        )
    return named


def _told(missing: list[str]) -> list[str]:
    return [
        f"warning: import {name}: there is no such module in the project, its requirements, or"
        " Python's own library"
        for name in missing
    ]


def _plainly(error: BuildFailed) -> BuildFailed:
    """The user's own mistake out of what the tool says, where that is what it is."""
    parts = "\n".join(error.said).split(words.MARK)
    if len(parts) < 3:
        return error
    return BuildFailed("Python cannot read this:", said=tuple(parts[1].strip().splitlines()))

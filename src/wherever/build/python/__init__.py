"""Python: a script or a package becomes a component, by componentize-py."""

from __future__ import annotations

import marshal
import os
import re
import sys
from pathlib import Path

from wherever.build import command, flags, tools
from wherever.build.detecting import main_of
from wherever.build.needs import need
from wherever.build.python import gather, kept, pip, requirements, words, worlds
from wherever.build.toolchain import Built, Need
from wherever.errors import BuildFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.project import Project
    from wherever.build.toolchain import Tell

HERE = Path(__file__).parent
ENTRY = "wherever_entry"

_OURS = re.compile(r"wherever\.build\.(python|http)\.")
"""What files that go into a component import each other by; there they have no rooms."""

_FLAGS = flags.Settings(re.compile("-s|--stub-wasi"), frozenset(), "-s (--stub-wasi)")
"""Those of componentize-py; others name files, which could also change without our seeing it."""


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
        """Makes a command of a script, or a library of its annotations or of the WIT it has.

        What was made before of the same parts is not made again.
        """
        made = worlds.of(project, target)
        gathered = gather.program(project.main, project.folder)
        wanted = requirements.wanted(project, gathered.missing())
        packages = pip.installed(wanted.lines, wanted.constraints, target, tell)
        if packages is not None:
            gather.add_packages(gathered, packages)
        out = target / "out.wasm"
        _componentize(project, made, gathered, target, out, tell)
        return Built(out, tuple(_told(gathered.missing())))


TOOLCHAIN = Python()


def _componentize(
    project: Project,
    made: worlds.Made,
    gathered: gather.Gathered,
    target: Path,
    out: Path,
    tell: Tell,
) -> None:
    given = flags.of(project, _FLAGS)
    app = _app(gathered, target, made)
    empty = target / "environment"
    (empty / "lib" / "site-packages").mkdir(parents=True)
    tool = tools.tool("componentize-py")
    words: list[str | Path] = [
        sys.executable, "-I", HERE / "maker.py", tool, "--quiet", *made.words,
        "componentize", ENTRY, "-p", app, "-o", out, *given,
    ]  # fmt: skip
    places: list[tuple[str | Path, str]] = [
        (target, ""),
        (project.folder, ""),
        (tool, tool.name),
        (sys.executable, ""),
    ]
    key = kept.key(
        (app, HERE / "maker.py", *made.wit),
        [str(word) for word in words],
        [*places, (HERE, "")],
    )
    usual = all(_FLAGS.alone.fullmatch(flag) for flag in given)
    if usual and kept.find(key, out):
        return
    tell("making a component of Python")
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
    if usual:
        kept.keep(key, out)


def _app(gathered: gather.Gathered, target: Path, made: worlds.Made) -> Path:
    app = target / "app"
    app.mkdir()
    (app / f"{ENTRY}.py").write_text(made.entry)
    for inside in made.inside:
        room, _, name = inside.partition(".")
        source = (HERE.parent / room / f"{name}.py").read_text()
        (app / f"wherever_{name}.py").write_text(_OURS.sub("wherever_", source))
    parts = {
        "main": gathered.main,
        "modules": dict(sorted(gathered.modules.items())),
        "files": dict(sorted(gathered.files.items())),
        "shapes": made.shapes,
    }
    (app / words.PROGRAM).write_bytes(marshal.dumps(parts, 2))
    for path in (*app.iterdir(), app):
        os.utime(path, (0, 0))
    return app


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
    said = tuple(parts[1].strip().splitlines())
    if said[-1].startswith(("SyntaxError", "IndentationError", "TabError", "ValueError: source")):
        return BuildFailed("Python cannot read this:", said=said)
    return BuildFailed("the library cannot be imported:", said=said)

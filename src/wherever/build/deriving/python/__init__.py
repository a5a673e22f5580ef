"""The world of a Python library, derived from the annotations of its public functions."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from wherever.build.deriving import derived
from wherever.build.deriving.python import docs, functions
from wherever.build.deriving.python.annotations import Reader
from wherever.build.deriving.python.kinds import kind_of
from wherever.build.deriving.python.said import Where
from wherever.build.deriving.python.source import Definition, Sources, public
from wherever.build.deriving.python.spelling import camel
from wherever.errors import InputError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from wherever.build.project import Project


@dataclass(frozen=True, slots=True)
class Derived:
    """A library with a world.

    Attributes:
        project: the project, which has that world now.
        home: the interface with its functions: `acme:text/api@0.1.0`.
        shapes: plain data that says how its functions are called, for what runs inside.
        is_script: it can also be started, as a program.
    """

    project: Project
    home: str
    shapes: dict[str, Any]
    is_script: bool


def derive(project: Project, target: Path) -> Derived:
    """The world of a library whose main module is annotated.

    Args:
        project: the library.
        target: the scratch folder of the build.

    Raises:
        InputError: a public function says no types, or more than WIT can; the place is named.
    """
    try:
        return _derive(project, target)
    except RecursionError:
        raise InputError(
            f"{project.main.name}: its types are nested too deep", "make fewer of them"
        ) from None


def _derive(project: Project, target: Path) -> Derived:
    sources = Sources(project.main, project.folder)
    home = derived.home(project)
    reader = Reader(sources, home)
    made = []
    for name, meaning in public(sources):
        if not isinstance(meaning, Definition):
            continue
        if isinstance(meaning.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            made.append(functions.function(reader, name, meaning))
        elif isinstance(meaning.node, ast.ClassDef) and _offers(sources, meaning):
            reader.defined(meaning, Where(meaning.module, meaning.node.lineno, name))
    done = 0
    while done < len(reader.resources):  # methods may lead to more
        made += functions.methods(reader, reader.resources[done])
        done += 1
    whole = derived.world(
        project,
        list(reader.types.values()),
        [function for function, _ in made],
        target,
        docs=docs.text(sources.main.tree),
    )
    types = {
        name: (camel(name), shape, tuple(camel(part) for part, _ in reader.types[name].parts))
        for name, shape in reader.shapes.items()
    }
    shapes = {"types": types, "functions": tuple(shape for _, shape in made)}
    return Derived(whole, home, shapes, sources.main.is_script)


def _offers(sources: Sources, definition: Definition) -> bool:
    """Whether a public class is one whose objects are worked with by its methods."""
    node = definition.node
    return (
        kind_of(sources, definition) == "class"
        and isinstance(node, ast.ClassDef)
        and any(
            isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef))
            and not each.name.startswith("_")
            for each in node.body
        )
    )

"""The modules of a Python library as syntax, and what a name means in one of them.

Nothing of the library is run: names are followed through imports and assignments as they stand.
"""

from __future__ import annotations

import ast
import builtins
import collections.abc
import dataclasses
import enum
import sys
import typing
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from wherever.errors import InputError

_STARS: dict[str, list[str]] = {
    module.__name__: module.__all__ for module in (typing, dataclasses, enum, collections.abc)
}
"""What `from MODULE import *` brings, of Python's modules that annotations need."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import binds: a module, or a name of one."""

    module: str
    name: str = ""


@dataclass(slots=True, eq=False)
class Module:
    """A module of the library.

    Attributes:
        name: as it is imported.
        package: where its relative imports begin.
        shown: its path, as messages name it.
        tree: its syntax.
        bound: what each name at its top level stands for, in the order of the source.
        starred: modules whose names it takes whole.
        is_package: its file is an `__init__.py`.
        is_script: it has a part that only runs when it is started: `if __name__ == "__main__"`.
    """

    name: str
    package: str
    shown: str
    tree: ast.Module
    is_package: bool
    bound: dict[str, ast.stmt | Imported] = field(default_factory=dict)
    starred: list[str] = field(default_factory=list)
    is_script: bool = False


@dataclass(frozen=True, slots=True)
class Definition:
    """A name of the library's own: where it is defined, and by what."""

    module: Module
    name: str
    node: ast.stmt

    @property
    def place(self) -> str:
        """Where it stands: `shapes.py:12`."""
        return f"{self.module.shown}:{self.node.lineno}"

    @property
    def key(self) -> tuple[str, str]:
        """The same for the same definition."""
        return self.module.name, self.name


Meaning = Definition | Module | str
"""What a name means; a text is one from elsewhere: `typing.Optional`, `builtins.int`."""


class Sources:
    """All modules that the main one leads to.

    Args:
        main: the file of the main module.
        folder: the project's; paths are told from there.

    Attributes:
        main: the main module.
        memo: what others have found out about definitions.
    """

    def __init__(self, main: Path, folder: Path) -> None:
        root = main.parent
        while (root / "__init__.py").is_file() and root != folder.parent:
            root = root.parent
        self._roots = (root, folder / "src")
        self._folder = folder
        self.memo: dict[tuple[str, ...], object] = {}
        self._meanings: dict[tuple[str, str], Meaning | None] = {}
        self._modules: dict[str, Module | None] = {}
        parts = main.relative_to(root).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        self.main = self._modules[name] = self._read(name, main)

    def module(self, name: str) -> Module | None:
        """The library's module of that name, or None where it is none of its own."""
        if name not in self._modules:
            self._modules[name] = None
            for root in self._roots:
                stem = root.joinpath(*name.split("."))
                for path in (stem / "__init__.py", stem.with_name(f"{stem.name}.py")):
                    if name and path.is_file():
                        self._modules[name] = self._read(name, path)
                        return self._modules[name]
        return self._modules[name]

    def meaning(self, module: Module, name: str) -> Meaning | None:
        """What a name with dots means in a module; None where nothing is known of it."""
        key = (module.name, name)
        if key not in self._meanings:
            self._meanings[key] = None  # where it stands for itself
            self._meanings[key] = self._meaning(module, name)
        return self._meanings[key]

    def _meaning(self, module: Module, name: str) -> Meaning | None:
        first, _, rest = name.partition(".")
        bound = module.bound.get(first)
        if isinstance(bound, ast.stmt):
            return None if rest else Definition(module, first, bound)
        if bound is not None:
            return self._imported(bound, rest)
        for each in module.starred:
            source = self.module(each)
            if source is None and first in _STARS.get(each, ()):
                return f"{each}.{name}"
            found = None if source is None else self.meaning(source, name)
            if found is not None and not (isinstance(found, str) and found.startswith("builtins.")):
                return found
        return f"builtins.{name}" if hasattr(builtins, first) else None

    def _imported(self, bound: Imported, rest: str) -> Meaning | None:
        source = self.module(bound.module)
        inner = ".".join(part for part in (bound.name, rest) if part)
        if source is None:
            return ".".join(part for part in (bound.module, inner) if part)
        if not inner:
            return source
        first, _, rest = inner.partition(".")
        if first in source.bound or source.starred:
            found = self.meaning(source, inner)
            if found is not None:
                return found
        if self.module(f"{bound.module}.{first}") is not None:
            return self._imported(Imported(f"{bound.module}.{first}"), rest)
        return None

    def _read(self, name: str, path: Path) -> Module:
        try:
            shown = path.relative_to(self._folder).as_posix()
        except ValueError:
            shown = path.name
        try:
            tree = ast.parse(path.read_bytes())
        except SyntaxError as error:
            version = f"{sys.version_info[0]}.{sys.version_info[1]}"
            raise InputError(
                f"{shown}:{error.lineno or 1}: {error.msg}",
                f"the types of a library are read by your Python, which is {version}",
            ) from None
        except (OSError, ValueError, RecursionError, MemoryError) as error:
            words = str(error) or "it is too deep"
            raise InputError(f"{shown} cannot be read: {words}") from None
        is_package = path.name == "__init__.py"
        package = name if is_package else name.rpartition(".")[0]
        module = Module(name, package, shown, tree, is_package)
        _bind(module, tree.body)
        return module


def dotted(node: ast.expr) -> str:
    """A name with dots as text, or nothing where it is something else.

    >>> dotted(ast.parse("typing.Optional", mode="eval").body)
    'typing.Optional'
    """
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        start = dotted(node.value)
        return f"{start}.{node.attr}" if start else ""
    return ""


def public(sources: Sources) -> Iterator[tuple[str, Meaning]]:
    """The public names of the main module with what they mean, in the order of the source.

    Raises:
        InputError: `__all__` cannot be read, or names what is not there.
    """
    module = sources.main
    listed = _all(module)
    if listed is not None:
        for name in listed:
            found = sources.meaning(module, name)
            if found is None:
                raise InputError(
                    f"{module.shown}: __all__ names {name}, which is not there",
                    "define it, import it, or leave it out",
                )
            yield name, found
        return
    for name, bound in module.bound.items():
        if name.startswith("_") or (name == "main" and module.is_script):
            continue
        if isinstance(bound, Imported) and not (module.is_package and _is_own(module, bound)):
            continue
        found = sources.meaning(module, name)
        if found is not None:
            yield name, found
    for each in module.starred if module.is_package else ():
        source = sources.module(each)
        for name in () if source is None else source.bound:
            if not name.startswith("_") and name not in module.bound:
                found = sources.meaning(module, name)
                if isinstance(found, Definition):
                    yield name, found


def _is_own(module: Module, bound: Imported) -> bool:
    return f"{bound.module}.".startswith(f"{module.name}.")


def _bind(module: Module, body: Iterable[ast.stmt]) -> None:
    for node in body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                if not _is_overload(node):
                    module.bound[node.name] = node
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                module.bound[name] = node
            case ast.Import():
                for each in node.names:
                    top = each.name if each.asname else each.name.partition(".")[0]
                    module.bound[each.asname or top] = Imported(top)
            case ast.ImportFrom():
                _bind_from(module, node)
            case ast.If():
                if "__name__" in ast.dump(node.test):
                    module.is_script = True
                else:
                    _bind(module, (*node.body, *node.orelse))
            case ast.Try():
                handled = (each for handler in node.handlers for each in handler.body)
                _bind(module, (*handled, *node.orelse, *node.body))
            case _:
                alias = getattr(node, "name", None)  # `type NAME = ...`, from Python 3.12 on
                if isinstance(alias, ast.Name):
                    module.bound[alias.id] = node


def _bind_from(module: Module, node: ast.ImportFrom) -> None:
    base = node.module or ""
    if node.level:
        above = module.package.split(".") if module.package else []
        above = above[: len(above) - node.level + 1]
        base = ".".join([*above, *([base] if base else [])])
    for alias in node.names:
        if alias.name == "*":
            module.starred.append(base)
        else:
            module.bound[alias.asname or alias.name] = Imported(base, alias.name)


def _is_overload(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> bool:
    return any(dotted(each).rpartition(".")[2] == "overload" for each in node.decorator_list)


def _all(module: Module) -> list[str] | None:
    """The names in `__all__`, where there is one."""
    found: list[str] | None = None
    for node in module.tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id="__all__")], value=value):
                found = []
            case ast.AnnAssign(target=ast.Name(id="__all__"), value=ast.expr() as value):
                found = []
            case ast.AugAssign(target=ast.Name(id="__all__"), value=value):
                pass
            case _:
                continue
        try:
            names = ast.literal_eval(value)
            found = [*(found or []), *map(str, names)]
        except (ValueError, TypeError):
            raise InputError(
                f"{module.shown}:{node.lineno}: __all__ is no plain list of names",
                'write it as __all__ = ["name", "other"]',
            ) from None
    return found

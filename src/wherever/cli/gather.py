"""Writes the files that `wherever.together` loads."""

from __future__ import annotations
import __future__

import ast
import marshal
import os
import sys
import tempfile
from collections.abc import Container
from types import CodeType

from wherever import together

Entry = tuple[str, str, bool, int, int, CodeType]


def save(part: str, names: Container[str]) -> bool:
    """Gather those of these modules that are ours; False where that cannot be kept."""
    sources = {}
    # A module is put at the end of this list when it is loaded whole, so what it needs precedes it.
    for name, module in list(sys.modules.items()):
        if name in names and name.partition(".")[0] == "wherever" and name not in _OURS:
            sources[name] = str(module.__file__)
    try:
        entries = [entry(name, path) for name, path in sources.items() if path.endswith(".py")]
        return _write(part, marshal.dumps((together.STAMP, entries), 4))
    except (OSError, ValueError, SyntaxError):
        return False


_OURS = ("wherever", "wherever.__main__", "wherever.cli.gather", "wherever.together")


def entry(name: str, source: str) -> Entry:
    """A module's name, its source, its size and time, and its code: what runs of it.

    Raises:
        ValueError: the source changes just now.
    """
    before = os.stat(source)
    with open(source, "rb") as file:
        tree = ast.parse(file.read(), source)
    after = os.stat(source)
    if (before.st_mtime_ns, before.st_size) != (after.st_mtime_ns, after.st_size):
        raise ValueError(source)
    code = compile(_lean(tree), source, "exec", __future__.annotations.compiler_flag)
    is_package = source.endswith("/__init__.py")
    return name, source, is_package, before.st_size, before.st_mtime_ns, code


def _lean(tree: ast.Module) -> ast.Module:
    """The same without what is there for people and type checkers."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = _running(node.body) or [ast.Pass(lineno=1, col_offset=0)]
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = None
        if isinstance(node, ast.arg):
            node.annotation = None
    return tree


def _running(body: list[ast.stmt]) -> list[ast.stmt]:
    kept: list[ast.stmt] = []
    for part in body:
        match part:
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                kept += part.orelse
            case ast.Expr(value=ast.Constant()) | ast.ImportFrom(module="__future__"):
                pass
            case _:
                kept.append(part)
    return kept


def _write(part: str, data: bytes) -> bool:
    target = together.path(part)
    handle, passing = tempfile.mkstemp(dir=os.path.dirname(target))
    try:
        with open(handle, "wb") as file:
            file.write(data)
        os.chmod(passing, os.stat(together.__file__).st_mode & 0o644)
        os.replace(passing, target)
    except OSError:
        os.unlink(passing)
        raise
    return True

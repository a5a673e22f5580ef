"""Holds a stub against the module that it describes: every name, type, default and word."""

from __future__ import annotations

import ast
import enum
import importlib
import inspect
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import wherever
from wherever.component.python.resources import Owned

RESERVED = {"acall", "close", "exports", "memory", "opened", "stderr", "stdout"}


class Compared:
    """One module beside its stub.

    Args:
        module: the module.
        instance: what its `Library` describes, or the interface of it.
    """

    def __init__(self, module: ModuleType, instance: Any) -> None:
        source = Path(str(module.__file__)).with_suffix(".pyi")
        self.module = module
        self.instance = instance
        self.tree = ast.parse(source.read_text("utf-8"))
        self.space: dict[str, Any] = {}
        self.count = 0

    def check(self) -> int:
        """Compares everything; the number of things that were."""
        defined = set()
        for node in self.tree.body:
            match node:
                case ast.Import():
                    exec(ast.unparse(node), self.space)
                case ast.ImportFrom(module=None):
                    self._inner(node, defined)
                case ast.ImportFrom():
                    exec(ast.unparse(node), self.space)
                case ast.ClassDef(name="_Interface"):
                    self._instance(node)
                case ast.ClassDef() | ast.FunctionDef():
                    defined.add(node.name)
                    self._top(node)
                case ast.Assign():
                    self._alias(node, defined)
        own = {name for name in dir(self.module) if not name.startswith("_")}
        assert own == defined
        assert ast.get_docstring(self.tree) in (None, inspect.cleandoc(self.module.__doc__))
        return self.count

    def _inner(self, node: ast.ImportFrom, defined: set[str]) -> None:
        for each in node.names:
            inner = importlib.import_module(f"{self.module.__name__.split('.')[0]}.{each.name}")
            self.space[str(each.asname)] = inner
            if each.asname == each.name:
                defined.add(each.name)
                assert getattr(self.module, each.name) is inner

    def _alias(self, node: ast.Assign, defined: set[str]) -> None:
        name = ast.unparse(node.targets[0])
        self.space[name] = self._value(node.value)
        if not name.startswith("_"):
            defined.add(name)
            assert getattr(self.module, name) is self.space[name]

    def _top(self, node: ast.ClassDef | ast.FunctionDef) -> None:
        found = getattr(self.module, node.name)
        if isinstance(node, ast.FunctionDef):
            if node.args.kwonlyargs:
                self._same_parameters(node, found)
            else:
                self._function(node, found)
        elif issubclass(found, wherever.Library):
            self._instance(node)
        else:
            self._class(node, found)

    def _value(self, node: ast.AST) -> Any:
        known = {name: getattr(self.module, name) for name in dir(self.module)}
        builtin = importlib.import_module("builtins")
        return eval(ast.unparse(node), {**vars(builtin), **known, **self.space})

    # ----- classes

    def _class(self, node: ast.ClassDef, found: Any) -> None:
        self.count += 1
        assert found.__name__ == node.name
        assert found.__module__ == self.module.__name__
        said = ast.get_docstring(node)
        assert said is None or said == inspect.cleandoc(found.__doc__), node.name
        if issubclass(found, enum.Enum):
            members = {
                ast.unparse(each.targets[0]): self._value(each.value) for each in assigned(node)
            }
            assert members == {each: made.value for each, made in found.__members__.items()}
            assert [self._value(each) for each in node.bases] == list(found.__bases__)
            return
        bases = [self._value(each) for each in node.bases]
        assert issubclass(found, wherever.ResultError) == (wherever.ResultError in bases)
        fields = {
            ast.unparse(each.target): (self._value(each.annotation), each.value is not None)
            for each in node.body
            if isinstance(each, ast.AnnAssign)
        }
        if hasattr(found, "__dataclass_fields__"):
            assert any("dataclass" in ast.unparse(each) for each in node.decorator_list)
            own = {
                name: (each.type, each.default is None)
                for name, each in found.__dataclass_fields__.items()
            }
            assert fields == own, node.name
        else:
            hints = vars(found).get("__annotations__", {})
            assert {name: hint for name, (hint, _) in fields.items()} == hints, node.name
        for each in node.body:
            if isinstance(each, ast.ClassDef):
                case = vars(found)[each.name]
                assert issubclass(case, found)
                assert case.__qualname__ == f"{node.name}.{each.name}"
                self._case(each, case)
            elif isinstance(each, ast.FunctionDef):
                self._method(each, found)

    def _case(self, node: ast.ClassDef, found: Any) -> None:
        (base,) = found.__bases__
        assert [ast.unparse(each) for each in node.bases] in (
            [base.__name__],
            [f"_{base.__name__}"],
        )
        node.bases = [ast.parse("wherever.ResultError", mode="eval").body] * issubclass(
            found, wherever.ResultError
        )
        self._class(node, found)

    def _method(self, node: ast.FunctionDef, found: Any) -> None:
        if issubclass(found, Owned):
            assert hasattr(found, node.name)
            # Its functions are there in what has an instance.
            found = getattr(self.instance, found.__name__)
            if node.name in vars(found):
                made = vars(found)[node.name]
                is_static = isinstance(made, staticmethod)
                assert is_static == ("staticmethod" in map(ast.unparse, node.decorator_list))
                self._function(node, made.__func__ if is_static else made)
            else:
                assert node.name in ("__init__", "__enter__", "__exit__", "close")
            return
        made = vars(found)[node.name]
        assert issubclass(found, Protocol)
        if isinstance(made, property):
            assert self._value(node.returns) == made.fget.__annotations__["return"]
        else:
            self._function(node, made)

    def _instance(self, node: ast.ClassDef) -> None:
        """The class of instances, or of an interface of theirs."""
        defined = set()
        for each in node.body:
            if isinstance(each, ast.AnnAssign):
                name = ast.unparse(each.target)
                defined.add(name)
                kind = self._value(each.annotation).__args__[0]
                assert kind in getattr(self.instance, name).__mro__
            elif isinstance(each, ast.FunctionDef):
                defined.add(each.name)
                found = getattr(self.instance, each.name)
                if "property" in map(ast.unparse, each.decorator_list):
                    assert isinstance(found, ModuleType)
                else:
                    each.args.args.pop(0)
                    self._function(each, found)
        own = {name for name in dir(self.instance) if not name.startswith("_")} - RESERVED
        assert own == defined

    # ----- functions

    def _function(self, node: ast.FunctionDef, found: Any) -> None:
        self.count += 1
        assert found.__name__ == node.name
        self._same_parameters(node, found)
        assert ast.get_docstring(node) == (inspect.cleandoc(found.__doc__ or "") or None)
        hints = {
            each.arg: self._value(each.annotation)
            for each in (*node.args.posonlyargs, *node.args.args)
            if each.annotation is not None
        }
        assert node.returns is not None
        assert {**hints, "return": self._value(node.returns)} == found.__annotations__, node.name

    def _same_parameters(self, node: ast.FunctionDef, found: Any) -> None:
        given = [
            (each.name, each.default is not inspect.Parameter.empty)
            for each in inspect.signature(found).parameters.values()
        ]
        places = [*node.args.posonlyargs, *node.args.args]
        first = len(places) - len(node.args.defaults)
        told = [(each.arg, at >= first) for at, each in enumerate(places)]
        told += [
            (each.arg, default is not None)
            for each, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        ]
        told += [(node.args.kwarg.arg, False)] if node.args.kwarg else []
        if node.args.kwonlyargs:  # `open`; what has to be given says so when it is not
            told[0] = given[0]
        assert told == given, node.name


def assigned(node: ast.ClassDef) -> list[ast.Assign]:
    """The assignments in a class."""
    return [each for each in node.body if isinstance(each, ast.Assign)]

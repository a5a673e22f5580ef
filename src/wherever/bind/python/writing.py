"""Types as a stub writes them, with the imports that this takes."""

from __future__ import annotations

import builtins
import collections.abc
import types
import typing
from typing import Any

from wherever.component.python.values import Err, Ok, Some
from wherever.errors import ResultError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_OURS = {Some: "Some", Ok: "Ok", Err: "Err", ResultError: "ResultError"}


class Writer:
    """Names for one stub: those of others make way for those of the library.

    Args:
        taken: every name that the stub defines anywhere.
        classes: the library's classes, and how this stub refers to them.
    """

    def __init__(self, taken: Iterable[str], classes: Mapping[Any, str]) -> None:
        self._taken = frozenset(taken)
        self.classes = classes
        self._from: dict[str, set[str]] = {}
        self._modules: set[str] = set()

    def builtin(self, name: str) -> str:
        """A name that Python has by itself."""
        if name not in self._taken:
            return name
        return f"{self._module('builtins')}.{name}"

    def of(self, module: str, name: str) -> str:
        """A name of a module, which is imported."""
        if "." not in module and module in ("enum", "wherever"):
            return f"{self._module(module)}.{name}"
        own = f"_{name}" if name in self._taken else name
        self._from.setdefault(module, set()).add(name if own == name else f"{name} as {own}")
        return own

    def _module(self, module: str) -> str:
        own = f"_{module}" if module in self._taken or module == "builtins" else module
        self._modules.add(module if own == module else f"{module} as {own}")
        return own

    def imports(self) -> list[str]:
        """The lines that import what was named so far."""
        plain = [f"import {each}" for each in sorted(self._modules) if each[:8] != "wherever"]
        ours = [f"import {each}" for each in sorted(self._modules) if each[:8] == "wherever"]
        names = {
            module: f"from {module} import {', '.join(sorted(found, key=str.lower))}"
            for module, found in sorted(self._from.items())
        }
        first = [*plain, *(line for at, line in names.items() if at[:8] != "wherever")]
        last = [*ours, *(line for at, line in names.items() if at[:8] == "wherever")]
        return [*first, *([""] if first and last else []), *last]

    def hint(self, hint: Any) -> str:
        """An annotation."""
        if hint is None or hint is types.NoneType:
            return "None"
        if hint is Any:
            return self.of("typing", "Any")
        if hint in self.classes:
            return self.classes[hint]
        origin, args = typing.get_origin(hint), typing.get_args(hint)
        if origin in (types.UnionType, typing.Union):
            return " | ".join(self.hint(each) for each in args)
        inner = f"[{', '.join(self.hint(each) for each in args)}]" if args else ""
        kind = hint if origin is None else origin
        if kind in _OURS:
            return self.of("wherever", _OURS[kind]) + inner
        if kind is collections.abc.Sequence:
            return self.of("collections.abc", "Sequence") + inner
        assert getattr(builtins, kind.__name__) is kind, kind
        return self.builtin(kind.__name__) + inner


def docstring(text: str, indent: str) -> list[str]:
    """The lines of a docstring, or none."""
    if not text:
        return []
    text = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    first, *rest = text.split("\n")
    if not rest:
        end = "\\" if first.endswith('"') else ""
        return [f'{indent}"""{first[:-1] + end + first[-1] if end else first}"""']
    lines = [f'{indent}"""{first}', *(f"{indent}{line}".rstrip() for line in rest)]
    return [*lines, f'{indent}"""']

"""A component behind a module of Python, which is read and opened when it is wanted."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable, Iterable, Mapping
from types import ModuleType
from typing import Any, Unpack

from wherever.component.python.names import free
from wherever.component.python.outline import Signature, Space
from wherever.policy.limits import Limits
from wherever.run.components import ComponentLibrary, Plan
from wherever.run.design import Design
from wherever.run.host import HostFunction
from wherever.run.modules import forget
from wherever.run.request import LimitValues, limits_for, seed_for


class Source:
    """A component behind a module.

    Args:
        module: what it is imported by.
        file: what messages call it.
        read: gives its bytes.
    """

    def __init__(self, module: str, file: str, read: Callable[[], bytes]) -> None:
        self._module = module
        self._file = file
        self._read = read
        self._lock = threading.RLock()
        self._design: Design | None = None
        self._shared: ComponentLibrary | None = None
        self._kind: Any = None

    @property
    def design(self) -> Design:
        """What is in it.

        Raises:
            NotFound, InputError: it cannot be read.
            NotRunnable: it is no component.
        """
        with self._lock:
            if self._design is None:
                design = Design(self._file, self._read(), self._module)
                own = free("Library", design.outline.top.members)
                space = {"__module__": self._module, "__doc__": ComponentLibrary.__doc__}
                self._kind = type(own, (ComponentLibrary,), space)
                self._design = design
            return self._design

    def open(
        self,
        *,
        imports: Any = None,
        host: Iterable[HostFunction[..., Any]] = (),
        args: Iterable[str] = (),
        env: Mapping[str, str] | None = None,
        deterministic: bool | int = False,
        limits: Limits | None = None,
        **values: Unpack[LimitValues],
    ) -> ComponentLibrary:
        """An instance of its own: with limits, and with the functions that it calls.

        The arguments are those of `wherever.load`. Close it, or use it in a `with` block.
        """
        design = self.design
        allowed = limits_for("open", limits, values)
        seed = seed_for(deterministic)
        plan = Plan(design.name, design, allowed, imports, host, args, env, seed)
        made: ComponentLibrary = self._kind(plan.open())
        return made

    def shared(self) -> ComponentLibrary:
        """The instance of the module's own functions, with the limits that hold by default.

        Where it has ended, the module asks for the next one.
        """
        with self._lock:
            if self._shared is None or self._shared.opened.gate.is_over:
                made = self.open()
                gate = made.opened.gate
                explain = gate.explain

                def ended(name: str, end: Any) -> Any:
                    forget(self._module)
                    return explain(name, end)

                gate.explain = ended
                self._shared = made
            return self._shared

    def member(self, module: ModuleType, name: str) -> Any:
        """What stands in a module under a name.

        Raises:
            AttributeError: nothing, or nothing before the library is opened with what it imports.
        """
        design, top = self.design, module.__name__ == self._module
        space = _space(design, module.__name__)
        item = space.members.get(name)
        if top and name == "open":
            return self.open
        if top and name == self._kind.__name__:
            return self._kind
        if item is None:
            raise AttributeError(_unknown(module.__name__, name, space))
        if isinstance(item, Space):
            return importlib.import_module(item.module)
        kind = space.kinds.get(name)
        is_shared = kind is None or kind.kind != "resource" or bool(design.outline.imports)
        if not isinstance(item, Signature) and is_shared:
            return item
        if design.outline.imports:
            wanted = ", ".join(design.wants[:4]) + (", ..." if len(design.wants) > 4 else "")
            raise AttributeError(
                f"{self._module} calls functions of yours ({wanted}): {name} is there in what"
                f" {self._module}.open(imports=...) gives"
            )
        shared = self.shared()
        return getattr(getattr(shared, space.name) if space.name else shared, name)

    def names(self, module: str, whole: bool = False) -> list[str]:
        """What stands in a module: what the library has, or the `whole` of it."""
        space = _space(self.design, module)
        own = ["open", self._kind.__name__] if whole and module == self._module else []
        imports = self.design.outline.imports
        return [
            *own,
            *(
                name
                for name, item in space.members.items()
                if not (imports and isinstance(item, Signature))
            ),
        ]


def _space(design: Design, module: str) -> Space:
    for space in design.outline.spaces:
        if space.module == module:
            return space
    raise ImportError(f"{design.name} has no interface {module.rpartition('.')[2]}", name=module)


def _unknown(module: str, name: str, space: Space) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, space.members, 1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"module {module!r} has no attribute {name!r}{hint}"

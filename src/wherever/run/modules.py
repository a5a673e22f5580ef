"""Libraries as modules of Python: what an import makes, loaded when it is first used.

Packages that `wherever bind` made call `package` and `interface`, so these two stay as they are.
"""

from __future__ import annotations

import os
import sys
from types import ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wherever.run.load import Library
    from wherever.run.source import Source


class LibraryModule(ModuleType):
    """A module whose members are those of a library."""

    __source__: Any

    def __getattr__(self, name: str) -> Any:
        own = self.__dict__
        if "__source__" not in own or (name.startswith("__") and name != "__all__"):
            raise AttributeError(f"module {own.get('__name__')!r} has no attribute {name!r}")
        source = own["__source__"]()
        if name == "__all__":
            return source.names(self.__name__)
        found = source.member(self, name)
        # From now on it is an ordinary attribute, found without this method.
        own[name] = found
        own.setdefault("__fetched__", set()).add(name)
        return found

    def __dir__(self) -> list[str]:
        own = [name for name in self.__dict__ if name.startswith("__")]
        return sorted({*own, *self.__source__().names(self.__name__, whole=True)})


class CoreModule(ModuleType):
    """A module whose functions are those of a module of WebAssembly."""

    __library__: Library

    def __getattr__(self, name: str) -> Any:
        library = self.__dict__.get("__library__")
        if library is None or name.startswith("__"):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        return getattr(library, name)

    def __dir__(self) -> list[str]:
        own = [name for name in self.__dict__ if name.startswith("__")]
        return sorted({*own, *self.__dict__["__all__"]})


class _Once:
    """A source that is made when it is first asked for: it takes the engine's own modules."""

    def __init__(self, *facts: Any) -> None:
        self._facts = facts
        self._made: Source | None = None

    def __call__(self) -> Source:
        if self._made is None:
            from wherever.run.source import Source

            # Of two threads that come here at once, both go on with the same.
            self._made = vars(self).setdefault("only", Source(*self._facts))
        return self._made


def package(name: str, file: str) -> None:
    """Makes a module that is being imported one whose members are those of a library beside it.

    Args:
        name: the module.
        file: the library's file, in the module's folder.
    """
    module = sys.modules[name]
    path = os.path.join(os.path.dirname(str(module.__file__)), file)
    loader = module.__spec__.loader if module.__spec__ is not None else None
    attach(module, _Once(name, file, lambda: _bytes_of(path, loader)))


def interface(name: str) -> None:
    """The same for a module below it, with the members of one interface."""
    parent = sys.modules[name.rpartition(".")[0]]
    attach(sys.modules[name], vars(parent)["__source__"])


def attach(module: ModuleType, source: Any) -> None:
    """Makes a module one of a library; what it had of another before is forgotten.

    Args:
        module: the module.
        source: gives the `Source`.
    """
    drop(module)
    module.__class__ = LibraryModule
    vars(module)["__source__"] = source


def attach_core(module: ModuleType, library: Library) -> None:
    """Makes a module one of a module of WebAssembly."""
    module.__class__ = CoreModule
    names = [each for each in library.exports if each.isidentifier()]
    vars(module).update({"__library__": library, "__all__": names})


def forget(name: str) -> None:
    """The next use of a module's functions opens the library anew."""
    for own, module in list(sys.modules.items()):
        if own == name or own.startswith(f"{name}."):
            drop(module)


def drop(module: ModuleType) -> None:
    """Has a module ask anew for what it asked for."""
    for name in vars(module).pop("__fetched__", ()):
        vars(module).pop(name, None)


def _bytes_of(path: str, loader: Any) -> bytes:
    get_data = getattr(loader, "get_data", None)
    if get_data is None:
        from wherever.run.components import bytes_at

        return bytes_at(path)
    try:
        data: bytes = get_data(path)  # also out of a zip
    except OSError as error:
        from wherever.errors import NotFound

        hint = "install the package again"
        raise NotFound(f"{path} cannot be read: {error.strerror or error}", hint) from None
    return data

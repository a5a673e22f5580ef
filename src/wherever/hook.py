"""`import wherever.hook`, and `import tool` finds `tool.wasm`: beside the code, in a sandbox.

A library is looked for where modules of Python are: in the folders of `sys.path`, and in those of
a package. It is found where nothing of Python's own has the name; `some_tool` finds
`some-tool.wasm` too. It reaches nothing: no files, no network. `tool.open(timeout=5)` gives an
instance with limits of its own, or with the functions that the library calls.

Example:
    ```
    import wherever.hook
    import text  # text.wasm

    text.slug("Hello, world")
    ```
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

from wherever.errors import WhereverError
from wherever.version import refuse_free_threading

ENDING = ".wasm"


class LibraryLoader(Loader):
    """Makes the module of a file.

    Args:
        path: the file.
    """

    def __init__(self, path: str) -> None:
        self.path = path

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """An ordinary module, to begin with."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Gives it the library's members; called anew by `importlib.reload`.

        Raises:
            ImportError: the file cannot be read, or is no library.
        """
        from wherever.run.components import bytes_at
        from wherever.run.load import load
        from wherever.run.modules import attach, attach_core
        from wherever.run.source import Source
        from wherever.wasm.head import COMPONENT

        name, file = module.__name__, os.path.basename(self.path)
        try:
            refuse_free_threading()
            data = bytes_at(self.path)
            if data[:8] != COMPONENT:
                attach_core(module, load(self.path))
                return
            source = Source(name, file, lambda: data)
            outline = source.design.outline
            attach(module, lambda: source)
        except WhereverError as error:
            raise ImportError(str(error), name=name, path=self.path) from error
        module.__doc__ = outline.top.docs or None
        for space in outline.spaces[1:]:
            inner = sys.modules.get(space.module) or ModuleType(space.module)
            inner.__doc__ = space.docs or None
            attach(inner, lambda: source)
            sys.modules[space.module] = inner

    def get_data(self, path: str) -> bytes:
        """The bytes of a file, for those who ask a module's loader."""
        with open(path, "rb") as file:
            return file.read()

    def is_package(self, name: str) -> bool:
        """A library is a module, also one that has several interfaces."""
        return False


class LibraryFinder(MetaPathFinder):
    """Finds libraries where Python finds nothing."""

    @classmethod
    def find_spec(
        cls,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """The file of a module; a module of Python's own comes first, a bare folder does not."""
        found = PathFinder.find_spec(fullname, path, target)
        if found is not None and found.loader is not None:
            return found
        own = fullname.rpartition(".")[2]
        names = dict.fromkeys((own + ENDING, own.replace("_", "-") + ENDING))
        for entry in sys.path if path is None else path:
            for name in names:
                place = os.path.join(entry or os.getcwd(), name) if isinstance(entry, str) else ""
                if place and os.path.isfile(place):
                    spec = ModuleSpec(fullname, LibraryLoader(place), origin=place)
                    spec.has_location = True
                    return spec
        return found


def install() -> None:
    """Has imports find libraries from now on; importing this module has done so."""
    if not any(isinstance(each, LibraryFinder) for each in sys.meta_path):
        at = sys.meta_path.index(PathFinder) if PathFinder in sys.meta_path else len(sys.meta_path)
        sys.meta_path.insert(at, LibraryFinder())


def remove() -> None:
    """Has imports find none from now on; what is imported stays."""
    sys.meta_path[:] = [each for each in sys.meta_path if not isinstance(each, LibraryFinder)]


install()

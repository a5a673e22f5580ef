"""Components of any world, whose functions do nothing; and the shop, which does."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.bind.typescript.conftest import shop, tools_of_tests
from tests.build.conftest import kept_tools
from wherever.bind.library import Library, open_library
from wherever.bind.python import generate
from wherever.build.bindings import wit
from wherever.build.wat import wasm_tools
from wherever.wit.docs import section_of

__all__ = ["kept_tools", "shop", "tools_of_tests"]


@pytest.fixture
def library(tmp_path: Path) -> Callable[..., Library]:
    """Makes a library of a world: with all its types, and functions that trap."""

    def made(text: str, name: str = "lab-lib", version: str = "1.0.0") -> Library:
        folder = tmp_path / name
        folder.mkdir()
        (folder / "world.wit").write_text(text)
        core, whole = folder / "core.wasm", folder / f"{name}.wasm"
        words: tuple[str | Path, ...] = ("component", "embed", "--dummy", "world.wit", "-o", core)
        wasm_tools(folder, folder, *words)
        wasm_tools(folder, folder, "component", "new", core, "-o", whole)
        read = wasm_tools(folder, folder, "component", "wit", "--json", "world.wit", stdout=True)
        whole.write_bytes(whole.read_bytes() + section_of(wit.parse(read)))
        return open_library(str(whole), name, version, "A library of these tests.")

    return made


@pytest.fixture
def imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., ModuleType]]:
    """Generates a library's package and imports it."""
    before = set(sys.modules)

    def found(library: Library) -> ModuleType:
        folder = tmp_path / f"made-{library.name}"
        folder.mkdir()
        generate(library, folder, lambda text: None)
        monkeypatch.syspath_prepend(folder / "src")
        return importlib.import_module(library.name.replace("-", "_"))

    yield found
    for name in set(sys.modules) - before:
        if getattr(sys.modules[name], "__source__", None) is not None:
            del sys.modules[name]

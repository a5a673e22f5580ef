"""A library of a few lines, as C and compiled; made once for all tests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from wherever.bind.c import generate
from wherever.bind.library import Library, open_library
from wherever.build.wat import wasm_tools

ROOT = Path(__file__).resolve().parents[3]
SMALL = Path(__file__).with_name("small")


@pytest.fixture(scope="session", autouse=True)
def kept_tools() -> Iterator[Path]:
    """The folder of the tools, which are fetched once for the checkout."""
    folder = ROOT / ".cache" / "tools"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WHEREVER_TOOLS", str(folder))
        yield folder


@pytest.fixture(scope="session")
def compiler() -> str:
    """The C compiler of this machine."""
    found = shutil.which("cc")
    if found is None:
        pytest.fail("these tests need a C compiler: install gcc or clang")
    return found


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """The component of `small.wat`."""
    scratch = tmp_path_factory.mktemp("small")
    wasm_tools(scratch, SMALL, "component", "embed", "world.wit", "small.wat", "-o",
               str(scratch / "told.wasm"))  # fmt: skip
    wasm_tools(scratch, SMALL, "component", "new", str(scratch / "told.wasm"), "-o",
               str(scratch / "small.wasm"))  # fmt: skip
    return open_library(str(scratch / "small.wasm"), "small", "0.1.0", "Greets.")


@pytest.fixture(scope="session")
def package(library: Library, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The C library made of it."""
    folder = tmp_path_factory.mktemp("package")
    generate(library, folder, lambda _: None)
    return folder

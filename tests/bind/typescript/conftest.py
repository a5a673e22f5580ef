"""A shop, built and bound once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.build.conftest import kept_tools
from wherever.bind.library import Library, open_library
from wherever.bind.typescript import generate
from wherever.build import building
from wherever.build import project as projects

__all__ = ["kept_tools"]

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def tools_of_tests() -> Iterator[None]:
    """Fixtures of a session come before those of a test, and need the kept tools as well."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WHEREVER_TOOLS", str(HERE.parent.parent.parent / ".cache" / "tools"))
        yield


@pytest.fixture(scope="session")
def shop(tools_of_tests: None, tmp_path_factory: pytest.TempPathFactory) -> Library:
    """The library of `guest`."""
    folder = tmp_path_factory.mktemp("shop") / "guest"
    shutil.copytree(HERE / "guest", folder)
    building.build(projects.find(folder), lambda text: None)
    return open_library(str(folder))


@pytest.fixture(scope="session")
def package(tools_of_tests: None, shop: Library, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its npm package, in a `node_modules`."""
    folder = tmp_path_factory.mktemp("app") / "node_modules" / "shop"
    folder.mkdir(parents=True)
    generate(shop, folder, lambda text: None)
    return folder

"""Packages that need packages: built, locked, put together, and warned about."""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType

import pytest

import wherever
from tests.build.test_compose import ADD, APP
from wherever.build import building
from wherever.build import project as projects
from wherever.errors import InputError
from wherever.package import shelf
from wherever.package.names import Name, Version
from wherever.wasm import facts

LIBRARY = '[package]\nname = "lab:math"\nversion = "1.2.0"\nkind = "library"\n'
TOOL = '[package]\nname = "lab:tool"\nversion = "0.1.0"\n\n[dependencies]\n'


@pytest.fixture
def both(tmp_path: Path, fresh_home: Path) -> Path:
    """A library, and a tool that needs it from the folder beside."""
    for name, text, toml in (
        ("math", ADD, LIBRARY),
        ("tool", APP, TOOL + '"lab:math" = { version = "^1", path = "../math" }\n'),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "main.wat").write_text(text)
        (tmp_path / name / "wherever.toml").write_text(toml)
    return tmp_path


def build(folder: Path, **options: bool) -> building.Result:
    return building.build(projects.find(folder), lambda text: None, **options)


def test_a_dependency_by_path_is_built_and_put_in(both: Path) -> None:
    result = build(both / "tool")
    assert wherever.run(result.wasm).exit_code == 0
    assert wherever.run(both / "tool").exit_code == 0
    assert (both / "math" / "build" / "math.wasm").exists()
    lock = (both / "tool" / "wherever.lock").read_text()
    assert 'name = "lab:math"' in lock and 'source = "path:../math"' in lock
    assert build(both / "tool", frozen=True).package == result.package


def test_a_dependency_on_the_shelf_is_locked_by_its_digest(both: Path) -> None:
    first = build(both / "math")
    (both / "tool" / "wherever.toml").write_text(TOOL + '"lab:math" = "^1.2"\n')
    build(both / "tool")
    assert first.package in (both / "tool" / "wherever.lock").read_text()
    assert shelf.get(Name.parse("lab:tool"), Version.parse("0.1.0")).manifest.dependencies
    (both / "tool" / "wherever.toml").write_text(TOOL + '"lab:math" = "^2"\n')
    for frozen in (True, False):
        with pytest.raises(InputError) as caught:
            build(both / "tool", frozen=frozen)
        assert "lab:math" in str(caught.value)


def test_a_package_that_needs_itself_is_refused(both: Path) -> None:
    toml = LIBRARY + '[dependencies]\n"lab:tool" = { version = "*", path = "../tool" }\n'
    (both / "math" / "wherever.toml").write_text(toml)
    with pytest.raises(InputError) as caught:
        build(both / "tool")
    assert "circle" in str(caught.value)


def test_an_import_that_the_manifest_does_not_ask_for_is_warned_of(
    tmp_path: Path, fresh_home: Path
) -> None:
    (tmp_path / "main.wat").write_text(
        """(module (import "wasi_snapshot_preview1" "random_get"
          (func (param i32 i32) (result i32)))
          (memory (export "memory") 1) (func (export "_start")))"""
    )
    toml = '[package]\nname = "lab:dice"\nversion = "0.1.0"\n[permissions]\nrandom = false\n'
    (tmp_path / "wherever.toml").write_text(toml)
    assert build(tmp_path).warnings == (
        "it imports random_get for random numbers, and permissions.random is false",
    )


def test_a_program_is_read_once(both: Path) -> None:
    seen = 0

    def watch(frame: FrameType, event: str, value: object) -> None:
        nonlocal seen
        seen += event == "call" and frame.f_code is facts.__code__

    sys.setprofile(watch)
    try:
        result = build(both / "math")
    finally:
        sys.setprofile(None)
    assert result.package != ""
    assert seen == 1

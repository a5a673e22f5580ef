"""The real programs of examples/: they stay whole, and the one in C does what it says.

All of them are built and held against others by `scripts/conformance languages`.
"""

from __future__ import annotations

import shutil
from argparse import Namespace
from pathlib import Path

import pytest

import wherever
from tests.build import examples, pictures
from wherever.build import building, project, templates
from wherever.cli import test as verb
from wherever.package import manifest

NAMES = ["fetch", "graphql", "jsonquery", "markdown", "sql", "thumbnail", "webp"]
SERVED = ["serve", "site"]
"""Held by `tests/test_demo_serve.py` and `tests/build/http/example_site.py`."""


def test_every_example_is_a_package_with_tests_and_a_readme() -> None:
    found = sorted(path.parent.name for path in examples.EXAMPLES.glob("*/wherever.toml"))
    assert found == sorted([*NAMES, *SERVED])
    for name in NAMES:
        read = manifest.read(examples.EXAMPLES / name)
        assert (str(read.name), len(read.tests) >= 5) == (f"example:{name}", True)
    for name in found:
        assert (examples.EXAMPLES / name / "README.md").is_file()


def test_the_typescript_example_has_the_types_that_programs_begin_with(tmp_path: Path) -> None:
    templates.make(tmp_path / "new", "typescript", "command")
    ours = examples.EXAMPLES / "jsonquery" / "wherever.d.ts"
    assert ours.read_text() == (tmp_path / "new" / "wherever.d.ts").read_text()


@pytest.mark.timeout(300)  # the first build makes the C library
def test_the_thumbnailer_agrees_with_what_is_reckoned_by_hand(tmp_path: Path) -> None:
    folder = tmp_path / "thumbnail"
    shutil.copytree(examples.EXAMPLES / "thumbnail", folder, ignore=shutil.ignore_patterns("build"))
    result = building.build(project.find(folder), lambda text: None)
    assert result.warnings == ()
    assert verb.main(Namespace(what=str(folder), timeout="60s", json=False)) == 0
    for number, (kind, depth) in enumerate(pictures.KINDS):
        png, pixels = pictures.made(kind, depth, 19, 11, number)
        assert examples.unlike(result.wasm, png, pixels, (7, 5)) == ""
    assert examples.damaged(result.wasm, (folder / "star.png").read_bytes(), count=30) == ""
    photo = (folder / "photo.jpg").read_bytes()
    assert examples.damaged(result.wasm, photo, count=30) == ""
    half = wherever.run(result.wasm, input=(folder / "star.png").read_bytes()[:500])
    assert (half.exit_code, half.stderr) == (1, b"thumbnail: stdin: the image ends too soon\n")

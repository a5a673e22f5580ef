"""A module may import the same function of WASI twice, as Go's do."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from wherever.bind.c import generate
from wherever.bind.library import open_library
from wherever.build import building
from wherever.build import project as projects

TWICE = """(module
  (import "wasi_snapshot_preview1" "random_get" (func $one (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $other (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "lab:twice/twice#both") (result i32)
    (i32.add (call $one (i32.const 0) (i32.const 8)) (call $other (i32.const 8) (i32.const 8)))))
"""
WIT = """package lab:twice;
interface twice { both: func() -> u32; }
world all { export twice; }
"""
MAIN = """#include "twice.h"
int main(void)
{
    twice_t *handle;
    uint32_t result = 7;
    if (twice_open(0, &handle, 0) || twice_both(handle, &result) || twice_close(handle))
        return 1;
    return result;
}
"""


def test_both_are_the_same_function(tmp_path: Path) -> None:
    (tmp_path / "twice.wat").write_text(TWICE)
    (tmp_path / "twice.wit").write_text(WIT)
    (tmp_path / "wherever.toml").write_text('[build]\nwit = "twice.wit"\nworld = "all"\n')
    made = building.build(projects.find(tmp_path), lambda text: None)
    package = tmp_path / "package"
    package.mkdir()
    generate(open_library(str(made.wasm), "twice"), package, lambda text: None)
    (tmp_path / "main.c").write_text(MAIN)
    compiler = shutil.which("cc") or "cc"
    words = [f"-I{package}/include", "main.c", package / "lib/libtwice.a", "-lm", "-lpthread"]
    subprocess.run([compiler, *words, "-o", "main"], cwd=tmp_path, check=True)
    assert subprocess.run([tmp_path / "main"]).returncode == 0

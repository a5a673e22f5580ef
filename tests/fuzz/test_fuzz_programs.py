"""A short, repeatable run of the fuzzer of programs; `make conformance` runs it for longer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.fuzz import fuzz_programs


def test_damaged_programs_are_run_or_refused_and_nothing_else() -> None:
    failed = [(n, wrong) for n, wrong in fuzz_programs.run(7, 12, 60) if wrong]
    assert failed == []


IMPORTS_A_TYPO = b"""(module (import "wasi_snapshot_preview1" "fd_wrate"
    (func (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1) (func (export "_start")))"""


@pytest.mark.parametrize("options", [[], ["--max-output", "1m"], ["--json"]])
def test_what_the_fuzzer_found_is_refused_in_words(
    options: list[str], wherever: Callable[..., Any], tmp_path: Path
) -> None:
    typo, library = tmp_path / "typo.wat", tmp_path / "library.wat"
    typo.write_bytes(IMPORTS_A_TYPO)
    library.write_text('(component (import "wasi:cli/stdin@0.2.0" (instance)))')
    for path, words in (
        (typo, "it imports fd_wrate, which preview 1 does not have"),
        (library, "it is a component without a command"),
    ):
        ran = wherever("run", *options, path)
        assert (ran.exit_code, ran.stdout) == (126, "")
        assert words in ran.stderr
        assert ran.stderr.count("\n") == 1

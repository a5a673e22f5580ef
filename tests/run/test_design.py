"""Components whose code is big begin with the fast compiler, all of their modules or none."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import wasmtime

from wherever.engine import cache, tier
from wherever.engine.settings import DEFAULT_STACK, Settings
from wherever.run.design import Design

BIG = f'(memory 32) (data (i32.const 0) "{"x" * (5 << 18)}")'
SMALL = '(core module $small (func (export "six") (result i32) i32.const 6))'
TAIL = "(func $g (param i32) (result i32) (return_call $g (local.get 0)))"


@pytest.fixture(autouse=True)
def folder(fresh_home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("WHEREVER_CACHE", raising=False)
    monkeypatch.delenv("WHEREVER_BACKGROUND", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr(cache, "RACY_NS", -1)


def design(small: str = SMALL) -> Design:
    """A component of a big module and a small one."""
    text = f"""(component (core module $big {BIG}
      (func (export "seven") (result i32) i32.const 7)) {small}
      (core instance $one (instantiate $big)) (core instance $two (instantiate $small))
      (func (export "seven") (result u32) (canon lift (core func $one "seven")))
      (func (export "six") (result u32) (canon lift (core func $two "six"))))"""
    return Design("numbers", bytes(wasmtime.wat2wasm(text)))


def compilers(made: Design, settings: Settings | None = None) -> set[str]:
    """The settings that the code of its modules was made with."""
    wanted = settings or Settings()
    engine, codes = made.codes(wanted, DEFAULT_STACK)
    return {engine.settings.key, *(code.artifact.settings.key for code in codes.values())}


@pytest.mark.parametrize(("fuel", "first", "then"), [(False, "b", "o"), (True, "bf", "of")])
def test_the_first_load_is_baseline_and_a_later_one_optimised(
    fuel: bool, first: str, then: str
) -> None:
    settings = Settings(fuel)
    assert compilers(design(), settings) == {first}
    end = time.monotonic() + 15
    while compilers(design(), settings) != {then} and time.monotonic() < end:
        time.sleep(0.05)
    assert compilers(design(), settings) == {then}


def test_where_one_module_needs_the_optimising_compiler_all_come_from_it() -> None:
    small = SMALL.replace("$small ", f"$small {TAIL} ")
    assert compilers(design(small)) == {"o"}


def test_what_is_deterministic_is_never_baseline() -> None:
    assert compilers(design(), Settings(deterministic=True)) == {"d"}


def test_baseline_code_is_replaced_though_nobody_came_to_it_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WHEREVER_BACKGROUND", "0")
    assert compilers(design()) == {"b"}
    assert compilers(design()) == {"b"}
    monkeypatch.delenv("WHEREVER_BACKGROUND")
    assert compilers(design()) == {"b"}
    end = time.monotonic() + 15
    while tier._children and time.monotonic() < end:
        tier.reap()
        time.sleep(0.05)
    assert compilers(design()) == {"o"}

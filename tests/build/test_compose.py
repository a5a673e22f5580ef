"""Components become one where each import is met, and it is named where one is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from wasmtime import wat2wasm

import wherever
from wherever.build.compose import compose
from wherever.errors import InputError, NotFound, NotRunnable

ADD = """(component
  (core module $m
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))
  (core instance $i (instantiate $m))
  (func $add (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "add")))
  (instance $math (export "add" (func $add)))
  (export "lab:math/add@1.0.0" (instance $math)))"""
APP = """(component
  (import "lab:math/add@1.0.0" (instance $math
    (export "add" (func (param "a" u32) (param "b" u32) (result u32)))))
  (core func $add (canon lower (func $math "add")))
  (core module $m (import "m" "add" (func $add (param i32 i32) (result i32)))
    (func (export "run") (result i32)
      (if (i32.ne (call $add (i32.const 2) (i32.const 3)) (i32.const 5)) (then unreachable))
      (i32.const 0)))
  (core instance $i (instantiate $m (with "m" (instance (export "add" (func $add))))))
  (func $run (result (result)) (canon lift (core func $i "run")))
  (instance $c (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $c)))"""


@pytest.fixture
def parts(tmp_path: Path) -> Path:
    for name, text in (("add", ADD), ("app", APP), ("old", ADD.replace("1.0.0", "0.9.0"))):
        (tmp_path / f"{name}.wasm").write_bytes(wat2wasm(text))
    (tmp_path / "module.wasm").write_bytes(wat2wasm("(module)"))
    return tmp_path


def test_two_components_become_one_that_runs(parts: Path) -> None:
    done = compose(parts / "app.wasm", [parts / "add.wasm"], parts / "whole.wasm")
    assert (done.met, done.imports) == (("lab:math/add@1.0.0",), ())
    assert done.size == (parts / "whole.wasm").stat().st_size
    assert wherever.run(parts / "whole.wasm").exit_code == 0
    first = (parts / "whole.wasm").read_bytes()
    compose(parts / "app.wasm", [parts / "add.wasm"], parts / "whole.wasm")
    assert (parts / "whole.wasm").read_bytes() == first


def test_a_later_interface_meets_an_earlier_one(parts: Path) -> None:
    for name, version in (("later", "1.4.2"), ("latest", "1.5.0"), ("next", "2.0.0")):
        (parts / f"{name}.wasm").write_bytes(wat2wasm(ADD.replace("1.0.0", version)))
    whole = parts / "whole.wasm"
    given = [parts / f"{name}.wasm" for name in ("later", "latest", "next")]
    compose(parts / "app.wasm", given[:1], whole)
    assert wherever.run(whole).exit_code == 0
    with pytest.raises(InputError) as unused:
        compose(parts / "app.wasm", given, whole)
    assert str(unused.value).startswith("later.wasm exports nothing that is imported")
    with pytest.raises(InputError) as incompatible:
        compose(parts / "app.wasm", given[2:], whole)
    assert "there is lab:math/add@2.0.0" in str(incompatible.value)


def test_an_import_that_is_not_met_is_named(parts: Path) -> None:
    for part, words in (
        ("old", "there is lab:math/add@0.9.0"),
        ("app", "they export wasi:cli/run@0.2.0"),
    ):
        with pytest.raises(InputError) as caught:
            compose(parts / "app.wasm", [parts / f"{part}.wasm"], parts / "whole.wasm")
        assert str(caught.value) == (
            f"app.wasm imports lab:math/add@1.0.0, which none of the parts exports; {words}"
        )
    assert not (parts / "whole.wasm").exists()


def test_what_cannot_be_a_part_is_told_in_words(parts: Path) -> None:
    for part, kind, words in (
        ("module", NotRunnable, "module.wasm is not a component, and only components can be"),
        ("none", NotFound, "there is no such file"),
        ("old", InputError, "old.wasm exports nothing that is imported"),
    ):
        with pytest.raises(kind) as caught:
            given = [parts / "add.wasm", parts / f"{part}.wasm"]
            compose(parts / "app.wasm", given, parts / "whole.wasm")
        assert words in str(caught.value)

"""Names that a module's writer gave to parameters are found, and cost a bounded amount."""

import time

import pytest

from wherever.wasm.localnames import parameter_names


def test_parameters_of_exported_functions_have_names(wasm):
    program = wasm("""(module
      (func (export "add") (export "plus") (param $left i32) (param i32) (param $carry i32)
        (local $sum i64))
      (func $hidden (param $secret i32)) (memory (export "memory") 1)
      (func (export "bare") (param i32)))""")
    assert parameter_names(program) == {
        "add": ["left", "", "carry", "sum"],
        "plus": ["left", "", "carry", "sum"],
    }


def test_without_names_there_are_none(forge):
    assert parameter_names(forge.module()) == {}


@pytest.mark.usefixtures("untraced")
def test_hostile_names_are_given_up_soon(forge):
    gaps = b"".join(forge.leb(n * 1000) + b"\1x" for n in range(1, 40_000))
    locals_ = b"\2" + forge.leb(len(gaps) + 5) + b"\1\0" + forge.leb(39_999) + gaps
    exports = forge.section(7, b"\1\1f\0\0")
    programs = [
        forge.module(b"\0\1\0" * 2_000_000),
        forge.module(exports, forge.section(0, forge.name("name"), locals_)),
        forge.module(exports, forge.custom("name", b"\2\x7f\1")),
    ]
    began = time.thread_time()
    assert [parameter_names(program) for program in programs] == [{}, {}, {}]
    assert time.thread_time() - began < 2

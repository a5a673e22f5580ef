"""The names of parameters, from the name section."""

import pytest
from wasmtime import wat2wasm

from wherever.wasm.localnames import MOST_BYTES, parameter_names

TEXT = """(module
  (import "env" "f" (func $f (param $imported i32)))
  (func $inner (param $hidden i32))
  (func (export "add") (export "plus") (param $left i32) (param i32) (param $right i32)
    (local $sum i32))
  (func (export "bare") (param i32))
  (memory (export "memory") 1))"""


def test_parameters_of_exported_functions_have_their_names():
    assert parameter_names(wat2wasm(TEXT)) == {
        "add": ["left", "", "right", "sum"],
        "plus": ["left", "", "right", "sum"],
    }


@pytest.mark.parametrize("cut", range(8, len(wat2wasm(TEXT)), 7))
def test_a_damaged_module_has_no_names_or_fewer(cut):
    data = wat2wasm(TEXT)
    assert set(parameter_names(data[:cut])) <= {"add", "plus"}
    assert isinstance(parameter_names(data[:cut] + b"\xff" + data[cut + 1 :]), dict)


def test_names_that_take_too_much_are_left_unread():
    names = "".join(f"(param ${'n' * 900}{n} i32)" for n in range(MOST_BYTES // 900 + 1))
    assert parameter_names(wat2wasm(f'(module (func (export "f") {names}))')) == {}

"""A module whose bulk instructions are done in pieces is the same to its guest."""

from __future__ import annotations

import pytest
import wasmtime
from hypothesis import example, given, settings
from hypothesis import strategies as st

from wherever.wasm import dividing
from wherever.wasm.dividing import divided
from wherever.wasm.instructions import Unknown, bulk

PIECE = 256
BYTES = 65536
ELEMENTS = 3000

OPERATIONS = {
    "fill": "(memory.fill $a (i32.wrap_i64 (local.get 0)) (i32.wrap_i64 (local.get 1)) {n})",
    "copy": "(memory.copy $a $a (i32.wrap_i64 (local.get 0)) (i32.wrap_i64 (local.get 1)) {n})",
    "init": "(memory.init $a $bytes (i32.wrap_i64 (local.get 0)) (i32.wrap_i64 (local.get 1)) {n})",
    "fill-wide": "(memory.fill $w (local.get 0) (i32.wrap_i64 (local.get 1)) (local.get 2))",
    "copy-wide": "(memory.copy $w $w (local.get 0) (local.get 1) (local.get 2))",
    "init-wide": "(memory.init $w $bytes (local.get 0) (i32.wrap_i64 (local.get 1)) {n})",
    "copy-to-wide": "(memory.copy $w $a (local.get 0) (i32.wrap_i64 (local.get 1)) {n})",
    "copy-from-wide": "(memory.copy $a $w (i32.wrap_i64 (local.get 0)) (local.get 1) {n})",
    "table-fill": "(table.fill $t (i32.wrap_i64 (local.get 0)) (ref.func $one) {n})",
    "table-copy": "(table.copy $t $t (i32.wrap_i64 (local.get 0))"
    " (i32.wrap_i64 (local.get 1)) {n})",
    "table-init": "(table.init $t $given (i32.wrap_i64 (local.get 0))"
    " (i32.wrap_i64 (local.get 1)) {n})",
}
DROPS = {"drop-bytes": "(data.drop $bytes)", "drop-given": "(elem.drop $given)"}
MODULE = (
    f"""(module $guest
    (memory $a (export "a") 1) (memory $w (export "w") i64 1)
    (table $t {ELEMENTS} funcref)
    (func $one (result i32) (i32.const 1)) (func $two (result i32) (i32.const 2))
    (data $bytes "{"0123456789abcdef" * 100}")
    (elem $given func {"$one $two $two " * 300})
    (elem (table $t) (i32.const 7) func $one $two)
    (func $is (param i32) (result i32)
      (if (result i32) (ref.is_null (table.get $t (local.get 0)))
        (then (i32.const 0)) (else (call_indirect $t (result i32) (local.get 0)))))
    (func (export "table") (result i64) (local $at i32) (local $seen i64)
      (loop $next
        (local.set $seen (i64.add (i64.mul (local.get $seen) (i64.const 0x9e3779b97f4a7c15))
          (i64.extend_i32_u (call $is (local.get $at)))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br_if $next (i32.lt_u (local.get $at) (i32.const {ELEMENTS}))))
      (local.get $seen))
    """
    + "".join(
        f'(func (export "{name}") (param i64 i64 i64) {text})\n'.replace(
            "{n}", "(i32.wrap_i64 (local.get 2))"
        )
        for name, text in {**OPERATIONS, **DROPS}.items()
    )
    + ")"
)


def engine() -> wasmtime.Engine:
    config = wasmtime.Config()
    config.wasm_memory64 = config.wasm_multi_memory = True
    return wasmtime.Engine(config)


ENGINE = engine()


class Guest:
    """An instance, and what can be seen of it."""

    def __init__(self, module: wasmtime.Module) -> None:
        self.store = wasmtime.Store(ENGINE)
        self.exports = wasmtime.Instance(self.store, module, []).exports(self.store)
        for name, byte in ("a", 3), ("w", 5):
            self.memory(name).write(self.store, bytes(n * byte % 251 for n in range(BYTES)), 0)

    def memory(self, name: str) -> wasmtime.Memory:
        found = self.exports[name]
        assert isinstance(found, wasmtime.Memory)
        return found

    def call(self, name: str, *numbers: int) -> object:
        function = self.exports[name]
        assert isinstance(function, wasmtime.Func)
        try:
            return function(self.store, *numbers)
        except wasmtime.Trap as trap:
            return trap.trap_code

    def state(self) -> tuple[object, ...]:
        memories = (bytes(self.memory(name).read(self.store, 0, BYTES)) for name in "aw")
        return *memories, self.call("table")


@pytest.fixture(scope="module")
def modules() -> tuple[wasmtime.Module, wasmtime.Module]:
    """The guest as it is, and in pieces so small that the tests meet all their seams."""
    plain = bytes(wasmtime.wat2wasm(MODULE))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dividing, "BYTES", PIECE)
        patch.setattr(dividing, "ELEMENTS", PIECE)
        made = divided(plain)
    assert made.count(dividing.PREFIX.encode()) == len(OPERATIONS)
    return wasmtime.Module(ENGINE, plain), wasmtime.Module(ENGINE, made)


NUMBERS = st.one_of(
    st.integers(0, 4 * PIECE),
    st.integers(0, BYTES),
    st.integers(ELEMENTS - 2 * PIECE, ELEMENTS + 1),
    st.integers(BYTES - 2 * PIECE, BYTES + 1),
    st.sampled_from([(1 << 31) - 1, 1 << 31, (1 << 32) - 1, (1 << 32) - PIECE - 1, (1 << 63) - 1]),
    st.sampled_from([-1, -PIECE - 1]),
)
CALLS = st.tuples(st.sampled_from([*OPERATIONS, *DROPS]), NUMBERS, NUMBERS, NUMBERS)


@settings(max_examples=60, deadline=None)
@given(calls=st.lists(CALLS, min_size=1, max_size=12))
@example(calls=[("copy", 100, 50, 5 * PIECE), ("copy", 50, 100, 5 * PIECE + 1)])
@example(calls=[("copy-wide", 1, 0, BYTES - 1), ("copy-wide", 1, 0, BYTES)])
@example(calls=[("drop-bytes", 0, 0, 0), ("init", 0, 0, 2 * PIECE), ("init", 0, 0, 0)])
@example(calls=[("fill", -PIECE - 1, 1, 2 * PIECE), ("fill", BYTES - 2 * PIECE, 1, 2 * PIECE)])
@example(calls=[("table-copy", 1, 0, ELEMENTS - 1), ("table-init", 9, 0, 900)])
def test_what_a_guest_sees_is_the_same(
    modules: tuple[wasmtime.Module, wasmtime.Module], calls: list[tuple[str, int, int, int]]
) -> None:
    plain, made = map(Guest, modules)
    for name, *numbers in calls:
        assert plain.call(name, *numbers) == made.call(name, *numbers)
    assert plain.state() == made.state()


@pytest.mark.parametrize(
    "text",
    [
        "(module)",
        "(module (memory 1) (func (drop (i64.const 0x0bfc))))",
        "(module (memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 8191))))",
        "(module (memory 1) (data $d) (func (data.drop $d)))",
    ],
    ids=["nothing", "what only looks so", "a small length", "what takes no length"],
)
def test_what_has_no_long_instruction_stays_as_it_is(text: str) -> None:
    plain = bytes(wasmtime.wat2wasm(text))
    assert divided(plain) == plain


def test_a_constant_that_belongs_to_another_instruction_is_no_length() -> None:
    """The bytes before the fill read as `i32.const 26`, and are the end of `local.get 65`."""
    variables = "(local" + " i32" * 66 + ")"
    text = f"""(module (memory 1) (func {variables}
      i32.const 0 i32.const 0 i32.const 0x1000000 local.get 65 drop memory.fill))"""
    plain = bytes(wasmtime.wat2wasm(text))
    assert b"\x41\x1a\xfc\x0b" in plain
    assert divided(plain) != plain


def test_what_is_not_known_is_left_alone() -> None:
    unknown = b"\x00\x06\x40\xfc\x0b\x00\x0b"  # a try of an older proposal
    with pytest.raises(Unknown):
        list(bulk(unknown, 0, len(unknown)))
    module = (
        b"\0asm\1\0\0\0"
        b"\x01\x04\x01\x60\x00\x00"
        b"\x03\x02\x01\x00"
        b"\x05\x03\x01\x00\x01"
        b"\x0a" + bytes((len(unknown) + 2, 1, len(unknown))) + unknown
    )
    assert divided(module) == module


def test_names_stay_and_ours_are_told_apart() -> None:
    text = """(module $guest (memory 1)
      (func $clear (export "clear") (param $n i32)
        (memory.fill (i32.const 0) (i32.const 0) (local.get $n))))"""
    made = wasmtime.Module(ENGINE, divided(bytes(wasmtime.wat2wasm(text))))
    store = wasmtime.Store(ENGINE)
    clear = wasmtime.Instance(store, made, []).exports(store)["clear"]
    assert isinstance(clear, wasmtime.Func)
    with pytest.raises(wasmtime.Trap) as trapped:
        clear(store, 1 << 20)
    names = [frame.func_name for frame in trapped.value.frames]
    assert names == ["wherever:memory.fill", "clear"]

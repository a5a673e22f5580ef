"""Our one file of layouts against the bindings that the wheel itself carries."""

import ctypes
from importlib.metadata import version

import pytest
from wasmtime import _bindings as theirs
from wasmtime import _ffi

from wherever.engine import abi
from wherever.engine.library import lib

CODES = {
    ctypes.c_size_t: "z",
    ctypes.c_bool: "b",
    ctypes.c_int: "i",
    ctypes.c_int32: "i",
    ctypes.c_uint32: "I",
    ctypes.c_int64: "q",
    ctypes.c_uint64: "Q",
    ctypes.c_uint8: "B",
    ctypes.c_void_p: "p",
    ctypes.POINTER(ctypes.c_char): "s",
    None: "v",
}


def code(kind: object) -> str:
    """Our letter for a type of theirs; on this platform some of them are the same type."""
    if kind in CODES:
        return CODES[kind]
    assert issubclass(kind, ctypes._Pointer | ctypes._CFuncPtr)
    return "p"


def same(ours: str, other: str) -> bool:
    # usize and u64 are one type to ctypes, and a pointer to bytes may be given as a pointer.
    return len(ours) == len(other) and all(
        a == b or {a, b} in ({"z", "Q"}, {"p", "s"}) for a, b in zip(ours, other, strict=True)
    )


def test_the_wheel_is_the_version_we_know() -> None:
    assert version("wasmtime") == abi.VERSION


@pytest.mark.parametrize("name", sorted(abi.PROTOTYPES))
def test_prototype(name: str) -> None:
    function = getattr(theirs, f"_{name}")
    expected = "".join(code(kind) for kind in (function.restype, *function.argtypes))
    assert same(abi.PROTOTYPES[name], expected), expected


@pytest.mark.parametrize(
    ("structure", "size"),
    [
        (theirs.wasmtime_func_t, abi.FUNC_SIZE),
        (theirs.wasmtime_instance_t, abi.INSTANCE_SIZE),
        (theirs.wasmtime_extern_t, abi.EXTERN_SIZE),
        (theirs.wasmtime_val_t, abi.VAL_SIZE),
        (theirs.wasmtime_val_raw_t, abi.VAL_RAW_SIZE),
        (theirs.wasmtime_component_func_t, abi.COMPONENT_FUNC_SIZE),
        (theirs.wasmtime_component_instance_t, abi.COMPONENT_INSTANCE_SIZE),
        (theirs.wasmtime_component_val_t, abi.COMPONENT_VAL_SIZE),
        (theirs.wasm_byte_vec_t, abi.BYTE_VEC_SIZE),
    ],
)
def test_size_of_a_structure(structure: type[ctypes.Structure], size: int) -> None:
    assert ctypes.sizeof(structure) == size


def test_where_the_unions_begin() -> None:
    assert theirs.wasmtime_extern_t.of.offset == abi.EXTERN_OF
    assert theirs.wasmtime_val_t.of.offset == abi.VAL_OF
    assert theirs.wasmtime_component_val_t.of.offset == 8
    assert theirs.wasmtime_component_valresult_t.is_ok.offset == 0
    assert theirs.wasmtime_component_valrecord_entry_t.val.offset == abi.BYTE_VEC_SIZE


def test_the_numbers_of_kinds() -> None:
    assert [
        kind.value
        for kind in (
            _ffi.WASMTIME_EXTERN_FUNC,
            _ffi.WASMTIME_EXTERN_GLOBAL,
            _ffi.WASMTIME_EXTERN_TABLE,
            _ffi.WASMTIME_EXTERN_MEMORY,
            _ffi.WASMTIME_EXTERN_SHAREDMEMORY,
            _ffi.WASMTIME_EXTERN_TAG,
        )
    ] == [
        abi.EXTERN_FUNC,
        abi.EXTERN_GLOBAL,
        abi.EXTERN_TABLE,
        abi.EXTERN_MEMORY,
        abi.EXTERN_SHAREDMEMORY,
        abi.EXTERN_TAG,
    ]
    assert _ffi.WASMTIME_COMPONENT_U8.value == abi.COMPONENT_U8
    assert _ffi.WASMTIME_COMPONENT_U32.value == abi.COMPONENT_U32
    assert _ffi.WASMTIME_COMPONENT_U64.value == abi.COMPONENT_U64
    assert _ffi.WASMTIME_COMPONENT_LIST.value == abi.COMPONENT_LIST
    assert _ffi.WASMTIME_COMPONENT_RECORD.value == abi.COMPONENT_RECORD
    assert _ffi.WASMTIME_COMPONENT_TUPLE.value == abi.COMPONENT_TUPLE


def test_the_numbers_of_traps_and_strategies() -> None:
    traps = theirs.wasmtime_trap_code_enum
    assert traps.WASMTIME_TRAP_CODE_STACK_OVERFLOW.value == abi.TRAP_STACK_OVERFLOW
    assert traps.WASMTIME_TRAP_CODE_UNREACHABLE_CODE_REACHED.value == abi.TRAP_UNREACHABLE
    assert traps.WASMTIME_TRAP_CODE_INTERRUPT.value == abi.TRAP_INTERRUPT
    assert traps.WASMTIME_TRAP_CODE_OUT_OF_FUEL.value == abi.TRAP_OUT_OF_FUEL
    # Theirs are counted from one by Python's enum, where the header counts from zero.
    strategies = theirs.wasmtime_strategy_enum
    assert strategies.WASMTIME_STRATEGY_CRANELIFT.value - 1 == abi.STRATEGY_CRANELIFT
    assert strategies.WASMTIME_STRATEGY_WINCH.value - 1 == abi.STRATEGY_WINCH


def test_every_function_is_in_the_library() -> None:
    assert all(callable(getattr(lib, name)) for name in abi.PROTOTYPES)
